"""What somebody stands at, and no model knows: a camera on a tripod, an easel, a crutch."""

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.editors.darkroom.seeking import thin_things
from editthinker.tools.images import Pixels
from editthinker.tools.vision.detector import find_objects
from editthinker.tools.vision.proposals import Proposal, propose
from editthinker.tools.vision.segmenter import LOW

_LEAST, _MOST, _SPARSE = 0.02, 0.2, 0.4
"""Shares of the photo that it takes up, and share of its hull: bars leave most of it free."""

_STANDS = 0.75
"""Share of the photo's height down to which it reaches."""

_SURE, _SMALL = 0.7, 0.03
"""Score of SAM 2 from which a thing is believed, and share of the photo of what is in hand."""

_NEAR = 7
"""Pixels of a small mask, doubled and one more, within which things touch."""


def find_held(pixels: Pixels, main: Floats) -> Floats | None:
    """Return what stands before somebody and touches them, with what they hold on it.

    Args:
        pixels: `(H, W, 3) uint8`.
        main: The mask of who the photo shows, `(H, W)` in [0, 1].
    """
    if not any(thing.name == "person" for thing in find_objects(pixels) or []):
        return None
    small = cv2.resize(main, (LOW, LOW), interpolation=cv2.INTER_AREA) > 0.5
    near = _grown(np.asarray(small))
    stands = [one for one in thin_things(pixels, main) if _stands(one) and (one.low & near).any()]
    best = max(stands, key=lambda one: one.score * one.area**0.5, default=None)
    if best is None:
        return None
    beside = _grown(best.low)
    parts = [best]
    for one in propose(pixels):
        touches = (one.low & near).any() and (one.low & beside).any()
        if touches and one.area < _SMALL and one.score > _SURE and one.inside(main) < 0.5:
            parts.append(one)
    return floats(np.max([one.part(pixels).mask for one in parts], axis=0))


def _stands(one: Proposal) -> bool:
    """Whether it is made of bars and stands on the ground, off the sides of the photo."""
    sparse = _LEAST < one.area < _MOST and one.solidity < _SPARSE
    free = not one.sides & {"left", "right", "top"}
    return sparse and free and one.score > _SURE and one.box[3] > _STANDS * LOW


def _grown(mask: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((_NEAR, _NEAR), np.uint8)) > 0)
