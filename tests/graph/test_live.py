"""What a terminal shows while the loop works."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from editthinker.graph.live import LiveView, PlainView


@pytest.mark.parametrize("kind", [PlainView, LiveView])
def test_words_of_others_do_not_steer_the_terminal(kind: Any, attempt: Callable[..., Any]) -> None:
    console = Console(file=io.StringIO(), width=100, force_terminal=False)
    hostile = attempt(prompt="warm\x1b[2J", reasoning="good\x1b]0;owned\x07\u202e")
    view = kind(console)
    with view:
        view.show({"event": "edit_started", "task": hostile})
        view.show({"event": "critique_finished", "attempt": hostile})
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "good" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
