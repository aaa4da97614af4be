"""The lines of text that a photo has, and the letters in them."""

from collections.abc import Sequence

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.editors.darkroom.lines import Known, Line, read_lines
from editthinker.tools.editors.darkroom.matte import dilated
from editthinker.tools.images import Pixels
from editthinker.tools.vision.reader import read_text
from editthinker.tools.vision.writing import guess_lines

_LEAST = 0.004
"""Share of what a mask of text covers that letters take up at least."""


def known_lines(pixels: Pixels) -> list[Known]:
    """Return the lines of text that a photo has, read or guessed."""
    read = read_text(pixels)
    if read is None:
        return [Known("", floats(corners)) for corners in guess_lines(pixels)]
    return [Known(line.text, floats(line.corners)) for line in read]


def letters_in(pixels: Pixels, mask: Floats) -> Floats:
    """Return the letters of the lines that a mask means, soft; the mask where none are told.

    Args:
        pixels: `(H, W, 3) uint8`.
        mask: Whole lines, or words in them, `(H, W)` in [0, 1].
    """
    lines = read_lines(floats(pixels / np.float32(255)), mask, known_lines(pixels))
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
