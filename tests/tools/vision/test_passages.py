"""Words among lines that were read: which lines they are in, and what of them."""

import pytest

from editthinker.tools.vision.passages import find_passages, texts
from editthinker.tools.vision.reader import TextBox


def line(text: str, left: float, top: float, height: float = 20.0) -> TextBox:
    right, bottom = left + 0.5 * height * len(text), top + height
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return TextBox(text, corners, 1.0)


BUS = [line("cero", 50, 100), line("emisiones", 50, 122), line("10", 400, 40, 12)]
PAGE = [
    line("These markers are pixels that we can", 10, 10),
    line("label as either object or background.", 10, 32),
    line("A category of its own", 10, 54),
]


def said(lines: list[TextBox], words: str) -> list[list[str]]:
    return [[piece.text for piece in passage.pieces] for passage in find_passages(lines, words)]


def test_words_that_run_over_two_lines_are_found_as_both() -> None:
    assert said(BUS, "zero emisiones") == [["cero", "emisiones"]]
    assert said(PAGE, "we can label as") == [["we can", "label as"]]


def test_the_order_of_the_lines_given_does_not_matter() -> None:
    assert said(BUS[::-1], "cero emisiones") == [["cero", "emisiones"]]


def test_words_of_one_line_are_taken_from_it_alone() -> None:
    assert said(BUS, "emisiones") == [["emisiones"]]
    assert said(PAGE, "markers are") == [["markers are"]]


def test_marks_around_words_stay_where_they_were_not_asked_for() -> None:
    assert said(PAGE, "background") == [["background"]]
    assert said(PAGE, "background.") == [["background."]]


def test_misread_letters_accents_and_case_are_forgiven() -> None:
    assert said([line("SEUILLA", 0, 0)], "Sevilla") == [["SEUILLA"]]
    assert said([line("eléctrico", 0, 0)], "Electrico") == [["eléctrico"]]


def test_a_line_that_is_much_shorter_than_the_words_is_not_them() -> None:
    assert said([line("emisiones", 50, 122)], "cero emisiones totales") == []


def test_a_headline_and_the_small_line_below_it_are_one_sign() -> None:
    sign = [line("github", 0, 0, 50), line("SOCIAL CODING", 20, 52, 20)]
    assert said(sign, "github social coding") == [["github", "SOCIAL CODING"]]
    assert said(sign[1:], "github social coding") == []


def test_whole_words_count_before_parts_of_words() -> None:
    lines = [line("category", 0, 0), line("cat", 0, 200)]
    assert said(lines, "cat") == [["cat"]]
    assert said(lines[:1], "cat") == [["cat"]]  # where there is nothing else


def test_every_place_of_the_same_words_is_found() -> None:
    assert said([line("SALE", 0, 0), line("SALE", 0, 300)], "sale") == [["SALE"], ["SALE"]]


@pytest.mark.parametrize(
    "other",
    [line("emisiones", 50, 300), line("emisiones", 300, 122), line("emisiones", 50, 122, 70)],
)
def test_lines_far_apart_or_of_other_size_are_not_one_text(other: TextBox) -> None:
    assert len(texts([BUS[0], other])) == 2
    assert said([BUS[0], other], "cero emisiones") != [["cero", "emisiones"]]
