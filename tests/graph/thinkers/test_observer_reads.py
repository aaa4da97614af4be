"""The observer reads the place of words: what is left of the old, and what the new ones say."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from editthinker.graph.thinkers.measures.assessment import assess
from editthinker.tools.editors.darkroom.parse import parse
from editthinker.tools.editors.darkroom.typeface import font
from editthinker.tools.images import Pixels

pytestmark = pytest.mark.pack

WISH = 'replace "cero emisiones" with "clean driving"'

WHITE, YELLOW = (245, 245, 245), (240, 220, 30)


def bus(*lines: tuple[str, int], size: int = 60, colour: tuple[int, int, int] = WHITE) -> Pixels:
    """Write lines at some heights on the side of a bus."""
    image = Image.fromarray(np.full((400, 900, 3), (20, 90, 170), np.uint8))
    for text, top in lines:
        ImageDraw.Draw(image).text((200, top), text, colour, font(size))
    return np.asarray(image)


BEFORE = bus(("cero", 120), ("emisiones", 190))


def score(after: Pixels, wish: str = WISH) -> float:
    return assess(BEFORE, after, parse(wish)).semantic


def test_words_replaced_line_by_line_are_accepted() -> None:
    assert score(bus(("clean", 120), ("driving", 190))) > 9


def test_a_line_of_the_old_words_that_stays_is_a_failure() -> None:
    assert score(bus(("cero", 120), ("driving", 190))) < 6
    assert score(bus(("cero", 120), ("clean driving", 190))) < 6


def test_new_words_over_the_old_ones_are_a_failure() -> None:
    over = np.maximum(BEFORE, bus(("clean driving", 200), size=36))
    assert score(over) < 6


def test_other_letters_beside_the_new_words_are_a_failure() -> None:
    assert score(bus(("clean qwxz", 120), ("driving kfjhg", 190))) < 7.5


def test_other_words_than_those_asked_for_are_a_failure() -> None:
    assert score(bus(("smoky", 120), ("engines", 190))) < 6


def test_letters_in_another_colour_are_seen_without_the_ground_between_them() -> None:
    yellow = bus(("cero", 120), ("emisiones", 190), colour=YELLOW)
    assert score(yellow, 'make the text "cero emisiones" yellow') > 9
    assert score(BEFORE, 'make the text "cero emisiones" yellow') < 3


def test_erased_words_leave_nothing_to_read() -> None:
    assert score(bus(), 'erase the text "cero emisiones"') > 9
    assert score(bus(("cero", 120)), 'erase the text "cero emisiones"') < 6
    assert score(bus(("emisiones", 190)), 'erase the text "cero emisiones"') < 6
