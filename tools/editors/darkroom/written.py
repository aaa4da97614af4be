"""Text in a photo: where lines of it stand, and words in them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.letters import whole_lines
from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.editors.darkroom.typeface import font
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.images import Pixels
from editthinker.tools.vision.masks import Part, part_of
from editthinker.tools.vision.passages import Piece, compact, find_passages, texts
from editthinker.tools.vision.reader import TextBox, read_closely, read_text
from editthinker.tools.vision.writing import Corners, guess_lines

_PULL = "`editthinker models pull`"

_PAGE, _MOST = 2.5, 0.7
"""Gap between the lines of a page, in their height, and the share of lines that belong to it."""


class Written(NamedTuple):
    """Text that was found."""

    parts: list[Part]
    """The lines, or where the words stand."""
    note: str = ""
    """What was guessed."""
    one: bool = False
    """Whether these are the lines of one text, as on a page, and not signs here and there."""


def find_text(pixels: Pixels, words: str, *, placed: bool = False) -> Written:
    """Return the lines of text, or where given words stand, over several lines if they go on.

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
    shape = pixels.shape[:2]
    passages = find_passages(lines, words)
    if not passages and (words or not lines):
        lines = read_closely(pixels) or []
        passages = find_passages(lines, words)
    if not lines:
        raise EditRefusedError("there is no text to be read in this photo")
    if not words:
        ends = [_points(corners) for corners in whole_lines(pixels, lines)]
        return Written([part_of(text_mask(shape, line)) for line in ends], one=one_text(lines))
    if not passages:
        read = ", ".join(f"'{line.text}'" for line in lines[:6])
        raise EditRefusedError(f"the text '{words}' is not in this photo; it reads {read}")
    masks = [
        np.max([text_mask(shape, _place_of(piece)) for piece in passage.pieces], axis=0)
        for passage in passages
    ]
    best = passages[0]
    misread = compact(best.text) != compact(words)
    note = f"Took '{best.text}', as it reads, for '{words}'." if misread else ""
    return Written([part_of(floats(mask)) for mask in masks], note)


def one_text(lines: Sequence[TextBox]) -> bool:
    """Whether all lines but few belong to one text, set alike: a page, not signs in a street."""
    longest = max(texts(lines, _PAGE), key=len)
    return len(longest) > 1 and len(longest) >= _MOST * len(lines)


def _unread(pixels: Pixels, words: str, *, placed: bool) -> Written:
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
    note = f"Went by the look of letters, which were not read; {reading}."
    boxes = [TextBox("", corners, 0.0) for corners in lines]
    return Written(parts, note, one=not words and one_text(boxes))


def _place_of(piece: Piece) -> Corners:
    """Return where letters of a line stand, by their widths."""
    text = piece.line.text
    if len(piece.text) >= 0.9 * len(text):
        return piece.line.corners
    whole = font(40).getlength(text)
    begin, end = (font(40).getlength(text[:at]) / whole for at in (piece.start, piece.end))
    upper_left, upper_right, lower_right, lower_left = np.array(piece.line.corners)
    top, bottom = upper_right - upper_left, lower_right - lower_left
    along = (
        *(upper_left + begin * top, upper_left + end * top),
        *(lower_left + end * bottom, lower_left + begin * bottom),
    )
    return _points(along)


def _points(corners: Iterable[Floats]) -> Corners:
    return tuple((float(x), float(y)) for x, y in corners)


def text_mask(shape: tuple[int, ...], corners: Corners) -> Floats:
    """Return the mask of four corners, a little wider, since letters stand over their boxes."""
    points = np.array(corners, np.float32)
    height = float(np.linalg.norm(points[3] - points[0]))
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.rint(points).astype(np.int32)], 1)
    size = max(1, round(0.12 * height))
    grown = cv2.dilate(mask, np.ones((2 * size + 1, 2 * size + 1), np.uint8))
    return floats(cv2.GaussianBlur(grown.astype(np.float32), (0, 0), max(0.6, 0.04 * height)))
