"""The lines of text that a photo has, and the letters in them."""

from collections.abc import Sequence

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.editors.darkroom.line_ends import up_to_ends
from editthinker.tools.editors.darkroom.lines import Line, read_lines
from editthinker.tools.editors.darkroom.matte import dilated
from editthinker.tools.editors.darkroom.strips import Known
from editthinker.tools.images import Pixels
from editthinker.tools.vision.reader import TextBox, read_closely, read_text
from editthinker.tools.vision.writing import guess_lines

_LEAST = 0.004
"""Share of what a mask of text covers that letters take up at least."""


def known_lines(pixels: Pixels, mask: Floats | None = None) -> list[Known]:
    """Return the lines of text that a photo has, read or guessed.

    Args:
        pixels: `(H, W, 3) uint8`.
        mask: What is meant, `(H, W)`: small letters that it covers are read closely, and lines go
            up to the ends that it covers.
    """
    read = read_text(pixels)
    if read is None:
        return [Known("", floats(corners)) for corners in guess_lines(pixels)]
    if mask is not None and mask.max() > 0.5 and not any(_shown(mask, one) for one in read):
        read = read_closely(pixels) or read
    known = [Known(line.text, floats(line.corners)) for line in read]
    if mask is None:
        return known
    whole = up_to_ends(floats(pixels / np.float32(255)), known)
    return [
        longer if _covered(mask, longer.corners) > 0.9 else one
        for one, longer in zip(known, whole, strict=True)
    ]


def whole_lines(pixels: Pixels, lines: Sequence[TextBox]) -> list[Floats]:
    """Return the corners of lines that were read, up to their ends."""
    known = [Known(line.text, floats(line.corners)) for line in lines]
    return [one.corners for one in up_to_ends(floats(pixels / np.float32(255)), known)]


def _shown(mask: Floats, line: TextBox) -> bool:
    return _covered(mask, floats(line.corners)) > 0.04


def _covered(mask: Floats, corners: Floats) -> float:
    """Return the share of a line that a mask covers."""
    plane = np.zeros(mask.shape, np.uint8)
    cv2.fillPoly(plane, [np.rint(corners).astype(np.int32)], 1)
    return float((mask[plane > 0] > 0.5).mean()) if plane.any() else 0.0


def letters_in(pixels: Pixels, mask: Floats) -> Floats:
    """Return the letters of the lines that a mask means, soft; the mask where none are told.

    Args:
        pixels: `(H, W, 3) uint8`.
        mask: Whole lines, or words in them, `(H, W)` in [0, 1].
    """
    lines = read_lines(floats(pixels / np.float32(255)), mask, known_lines(pixels, mask))
    cover = ink_of(lines, mask.shape)
    return cover if cover.sum() > _LEAST * mask.sum() else mask


def ink_of(lines: Sequence[Line], shape: tuple[int, ...]) -> Floats:
    """Return how much of each pixel of a photo is ink of some lines, `(H, W)` in [0, 1]."""
    cover = np.zeros(shape[:2], np.float32)
    for line in lines:
        inverse = np.linalg.inv(line.upright)
        size = shape[1], shape[0]
        share = cv2.warpPerspective(line.ink, inverse, size, flags=cv2.INTER_AREA)
        cover = np.maximum(cover, share)
    # An edge that is part letter takes the new ground with it, and shows a pale rim.
    return floats(np.maximum(cover, 0.6 * dilated(floats(cover > 0.5), 1)))
