"""Text in a photo: where lines of it stand, and words in them."""

import difflib

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.editors.darkroom.typeface import font
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.images import Pixels
from editthinker.tools.vision.masks import Part, part_of
from editthinker.tools.vision.reader import TextBox, read_text
from editthinker.tools.vision.writing import Corners, guess_lines

_PULL = "`editthinker models pull`"

_ALIKE = 0.75
"""How alike words must be, in [0, 1], for misread letters to be forgiven."""


def find_text(pixels: Pixels, words: str, *, placed: bool = False) -> tuple[list[Part], str]:
    """Return the lines of text, or where given words stand, and a sentence about what was guessed.

    Args:
        pixels: The photo.
        words: What the text says; empty for any.
        placed: Whether a place tells which line is meant, where the words cannot be read.

    Raises:
        EditRefusedError: if there is no text, or not these words.
    """
    lines = read_text(pixels)
    if lines is None:
        return _unread(pixels, words, placed=placed)
    if not lines:
        raise EditRefusedError("there is no text to be read in this photo")
    boxes = [line.corners for line in lines]
    if words:
        boxes = [corners for line in lines if (corners := _place_of(line, words)) is not None]
        if not boxes:
            read = ", ".join(f"'{line.text}'" for line in lines[:6])
            raise EditRefusedError(f"the text '{words}' is not in this photo; it reads {read}")
    return [part_of(text_mask(pixels.shape[:2], corners)) for corners in boxes], ""


def _unread(pixels: Pixels, words: str, *, placed: bool) -> tuple[list[Part], str]:
    """Return what looks like text, where nothing can read it."""
    lines = guess_lines(pixels)
    reading = f"text is read with the model pack: pip install 'editthinker[darkroom]' and {_PULL}"
    if not lines:
        raise EditRefusedError(f"nothing in this photo looks like text; {reading}")
    if words and len(lines) > 1 and not placed:
        raise EditRefusedError(
            f"cannot tell which of {len(lines)} lines of text says '{words}'; say where it is "
            f"('the top text'), or: {reading}"
        )
    parts = [part_of(text_mask(pixels.shape[:2], corners)) for corners in lines]
    return parts, f"Went by the look of letters, which were not read; {reading}."


def _place_of(line: TextBox, words: str) -> Corners | None:
    """Return where words stand in a line, by the widths of its letters; None if they do not."""
    text, wanted = line.text.casefold(), words.casefold().strip()
    start = text.find(wanted)
    length = len(wanted)
    if start < 0:
        ratios = {
            at: difflib.SequenceMatcher(None, text[at : at + length], wanted).ratio()
            for at in range(max(1, len(text) - length + 1))
        }
        start = max(ratios, key=lambda at: ratios[at])
        if ratios[start] < _ALIKE:
            return None
        length = min(length, len(text) - start)
    if length >= 0.9 * len(text):
        return line.corners
    whole = font(40).getlength(line.text)
    begin, end = (font(40).getlength(line.text[:at]) / whole for at in (start, start + length))
    upper_left, upper_right, lower_right, lower_left = np.array(line.corners)
    top, bottom = upper_right - upper_left, lower_right - lower_left
    return tuple(
        (float(x), float(y))
        for x, y in (
            upper_left + begin * top,
            upper_left + end * top,
            lower_left + end * bottom,
            lower_left + begin * bottom,
        )
    )


def text_mask(shape: tuple[int, ...], corners: Corners) -> Floats:
    """Return the mask of four corners, a little wider, since letters stand over their boxes."""
    points = np.array(corners, np.float32)
    height = float(np.linalg.norm(points[3] - points[0]))
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.rint(points).astype(np.int32)], 1)
    size = max(1, round(0.12 * height))
    grown = cv2.dilate(mask, np.ones((2 * size + 1, 2 * size + 1), np.uint8))
    return floats(cv2.GaussianBlur(grown.astype(np.float32), (0, 0), max(0.6, 0.04 * height)))
