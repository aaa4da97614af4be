"""What the main thing of a photo lies, sits or stands on, told by where it is: a rock, a branch."""

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.images import Pixels
from editthinker.tools.vision.proposals import Proposal, propose
from editthinker.tools.vision.segmenter import LOW

_SURE, _LEAST = 0.85, 0.01
"""Score of SAM 2 from which it is believed, and share of the photo that it takes up at least."""

_APART = 0.15
"""Share of it that may lie in the main thing."""

_UNDER = 0.25
"""Share of the main thing's lower outline along which the two touch."""

_TOUCH = 9
"""Pixels of a small mask, doubled and one more, within which they do."""


def find_rest(pixels: Pixels, main: Floats) -> Floats | None:
    """Return the mask of what the main thing rests on; None where no one thing is below it.

    Args:
        pixels: `(H, W, 3) uint8`.
        main: The mask of the main thing, `(H, W)` in [0, 1].
    """
    small = np.asarray(cv2.resize(main, (LOW, LOW), interpolation=cv2.INTER_AREA) > 0.5, np.uint8)
    lower = _lower_outline(small)
    if not lower.any():
        return None
    below = [one for one in propose(pixels) if _lies_below(one, main, lower)]
    best = max(below, key=lambda one: one.score * one.area**0.5, default=None)
    return None if best is None else floats(best.part(pixels).mask * (1 - main))


def _lower_outline(small: np.ndarray) -> np.ndarray:
    """Return the lowest pixel of each column of a mask, those on the frame left out."""
    outline = np.zeros(small.shape, bool)
    columns = np.nonzero(small.any(axis=0))[0]
    rows = len(small) - 1 - np.argmax(small[::-1, columns], axis=0)
    free = rows < len(small) - 2
    outline[rows[free], columns[free]] = True
    return outline


def _lies_below(one: Proposal, main: Floats, lower: np.ndarray) -> bool:
    if one.score < _SURE or one.area < _LEAST or "top" in one.sides:
        return False
    near = cv2.dilate(one.low.astype(np.uint8), np.ones((_TOUCH, _TOUCH), np.uint8)) > 0
    touching = float(near[lower].mean())
    lowest = one.centre[1] > float(np.nonzero(lower)[0].mean()) / LOW
    return touching > _UNDER and lowest and one.inside(main) < _APART
