"""Words set on a photo: where they stand, and how they look."""

import asyncio

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from editthinker.tools.editors.base import EditRequest
from editthinker.tools.editors.darkroom.editor import Darkroom
from editthinker.tools.editors.darkroom.manner import manner_of
from editthinker.tools.images import Picture, Pixels

GROUND = (70, 90, 120)


def photo(thing: tuple[int, int, int, int] | None = None) -> Pixels:
    image = Image.new("RGB", (640, 420), GROUND)
    if thing:
        ImageDraw.Draw(image).ellipse(thing, fill=(205, 80, 40))
    return np.asarray(image)


def written(pixels: Pixels, instruction: str) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Return where a photo changed, and the notes."""
    edit = asyncio.run(Darkroom().edit(EditRequest((Picture.from_pixels(pixels),), instruction)))
    after = Picture.from_bytes(edit.image).pixels
    return np.abs(after.astype(int) - pixels).max(axis=2) > 20, edit.notes


@pytest.mark.parametrize("place", ["at the top", "at the bottom", "in the bottom right corner"])
@pytest.mark.parametrize("manner", ["", " in bold letters", " in italics"])
def test_words_stay_inside_the_photo(place: str, manner: str) -> None:
    marks, _ = written(photo(), f'write "A rather long title for it"{manner} {place}')
    assert marks.any()
    assert not marks[[0, 1, -2, -1]].any()
    assert not marks[:, [0, 1, -2, -1]].any()


def test_words_keep_off_the_main_thing_where_there_is_room() -> None:
    thing = (270, 20, 420, 400)
    pixels = photo(thing)
    marks, _ = written(pixels, 'write "NOON" at the top')
    on_it = pixels[..., 0] > 150
    assert (marks & on_it).sum() < 0.05 * marks.sum()
    assert np.nonzero(marks)[0].mean() < 0.3 * marks.shape[0]


def test_words_stay_in_the_middle_where_nothing_is_in_their_way() -> None:
    marks, _ = written(photo((270, 220, 420, 400)), 'write "NOON" at the top')
    assert np.nonzero(marks)[1].mean() == pytest.approx(320, abs=8)


def test_bold_words_have_more_ink_for_their_height() -> None:
    def weight(instruction: str) -> float:
        marks, _ = written(photo(), instruction)
        return float(marks.sum()) / float(np.ptp(np.nonzero(marks)[0])) ** 2

    assert weight('write "NOON" in bold letters') > 1.08 * weight('write "NOON" in big letters')


def test_slanted_words_lean_to_the_right() -> None:
    marks, _ = written(photo(), 'write "IIII" in italics')
    rows, columns = np.nonzero(marks)
    assert np.corrcoef(rows, columns)[0, 1] < -0.1


def test_what_the_typeface_cannot_do_is_said() -> None:
    _, notes = written(photo(), 'write "Hello" in an elegant handwritten font')
    assert any("'elegant' and 'handwritten'" in note for note in notes)


@pytest.mark.parametrize(
    "instruction",
    [
        'write "an elegant script" at the top',
        'write "Hello" in white letters',
        'write "Hello" in a sans serif font',
    ],
)
def test_what_is_quoted_or_plain_needs_no_word_about_it(instruction: str) -> None:
    assert manner_of(instruction).note == ""
