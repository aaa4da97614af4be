"""Text that others wrote, as people see it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editthinker.tools.plain import is_control, plain_text, printable_text


@pytest.mark.parametrize("space", ["\u00a0", "\u202f", "\u3000", "\u2028", "\x85", "\x0b"])
def test_every_kind_of_space_is_a_space(space: str) -> None:
    assert plain_text(f"{space}make it{space}warmer{space}") == "make it warmer"


@pytest.mark.parametrize(
    "invisible", ["\u200b", "\ufeff", "\u00ad", "\u200f", "\u202e", "\U000e0041"]
)
def test_what_nobody_sees_is_left_out(invisible: str) -> None:
    assert plain_text(f"make{invisible} it warmer") == "make it warmer"


@pytest.mark.parametrize("text", ["👩‍🚀", "نمی‌خواهم", "☀️", "\U0001fae8", "a\n\tb", "让照片更暖"])
def test_languages_and_emoji_stay_as_they_are(text: str) -> None:
    assert printable_text(text) == text


def test_a_terminal_is_told_nothing() -> None:
    assert printable_text("good\x1b[2J\x07 \x9b31mnews\ud800") == "good[2J 31mnews"


@given(st.text())
def test_a_printable_text_can_be_written_anywhere(text: str) -> None:
    shown = printable_text(text)
    shown.encode()
    assert not any(map(is_control, shown))
    assert printable_text(shown) == shown
