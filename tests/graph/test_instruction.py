"""What may be asked."""

import pytest

from editthinker.graph.instruction import MAX_CHARACTERS, check_instruction
from editthinker.tools.errors import ConfigError


def test_pasted_text_is_taken_as_it_looks() -> None:
    pasted = "\ufeff make\u00a0it\u2009warmer\u200b,\r\nplease\u200f "
    assert check_instruction(pasted) == "make it warmer,\nplease"


def test_an_emoji_younger_than_python_is_no_control_character() -> None:
    assert check_instruction("add \U0001fae9") == "add \U0001fae9"


@pytest.mark.parametrize(
    "text", ["", " \u00a0\u200b ", "x" * (MAX_CHARACTERS + 1), "a\x1bb", "\ud800"]
)
def test_what_nobody_can_read_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        check_instruction(text)
