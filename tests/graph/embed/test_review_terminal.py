"""Answers that a person types between two turns."""

import io
import os
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from editthinker.graph.review import ANSWERS, ReviewAnswer
from editthinker.graph.review_terminal import ask_reviewer, read_answer


@pytest.fixture
def payload(attempt: Callable[..., Any]) -> Any:
    return {
        "instruction": "make it warmer",
        "turn": 1,
        "attempts": [attempt(reasoning="too [bold]cold[/bold]")],
        "next_prompt": "much warmer",
        "answers": ANSWERS,
        "error": None,
    }


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("\n", {"action": "continue"}),
        ("c\n", {"action": "continue"}),
        ("a\n", {"action": "accept"}),
        ("A 2\n", {"action": "accept", "turn": 2}),
        ("accept 2.3\n", {"action": "accept", "turn": 2, "candidate": 2}),
        ("s\n", {"action": "stop"}),
        ("a bit warmer\n", {"action": "prompt", "prompt": "a bit warmer"}),
        ("stop the colour cast\n", {"action": "prompt", "prompt": "stop the colour cast"}),
    ],
)
def test_reads_what_is_typed(typed: str, answer: Any) -> None:
    assert read_answer(typed) == ReviewAnswer.model_validate(answer)


def test_shows_the_turn_and_asks(payload: Any) -> None:
    console = Console(file=io.StringIO(), width=100)
    answer = ask_reviewer(payload, console=console, lines=io.StringIO("a\n"))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert answer.action == "accept"
    assert "semantic 5.0, quality 5.0 of 10" in shown and "next: much warmer" in shown
    assert "[bold]cold[/bold]" in shown


def test_a_key_that_is_no_word_is_asked_again(payload: Any) -> None:
    console = Console(file=io.StringIO(), width=100)
    answer = ask_reviewer(payload, console=console, lines=io.StringIO("wa\x1b[Armer\nwarmer\n"))
    assert answer == ReviewAnswer(action="prompt", prompt="warmer")
    assert "control character" in console.file.getvalue()  # type: ignore[attr-defined]


def test_words_of_others_do_not_steer_the_terminal(payload: Any) -> None:
    payload["attempts"][0]["reasoning"] = "fine\x1b[2J"
    payload["next_prompt"] = "warmer\x1b]0;x\x07"
    console = Console(file=io.StringIO(), width=100)
    ask_reviewer(payload, console=console, lines=io.StringIO("a\n"))
    assert "\x1b" not in console.file.getvalue()  # type: ignore[attr-defined]


def test_no_answer_in_time_stops_with_the_best_so_far(payload: Any) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as lines, os.fdopen(writing, "w") as keyboard:
        console = Console(file=io.StringIO())
        answer = ask_reviewer(payload, console=console, lines=lines, timeout_s=0.05)
        keyboard.write("\n")
        keyboard.flush()
    assert answer == ReviewAnswer(action="stop")
    assert "no answer in 0.05 s" in console.file.getvalue()  # type: ignore[attr-defined]


def test_the_end_of_the_input_stops(payload: Any) -> None:
    console = Console(file=io.StringIO())
    assert ask_reviewer(payload, console=console, lines=io.StringIO("")).action == "stop"
