"""Where a cup or bowl has its colour: on the outside, for what it holds keeps its own."""

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.choice import parts_of
from editthinker.graph.thinkers.measures.lab import Floats, chroma

CORE = 0.6
"""Share of the sides of a detector's box that the observer takes for the middle of a thing."""

_PALE, _BRIGHT = 14.0, 40.0
"""Chroma below which, and L* from which, a rim is white."""

_WIDE, _HIGH = 0.6, 0.4
"""Share of a vessel's width that its rim has, and of its height within which a rim begins."""

_LEAST = 0.06
"""Share of a vessel's box that its outside takes up."""


def outside_of(before: Floats, core: Floats) -> Floats | None:
    """Return the coloured outside of a vessel, below a white rim that runs across it.

    Args:
        before: The source as CIELAB.
        core: The middle of the detector's box, `(H, W)` in [0, 1]; one for each vessel meant.

    Returns:
        A mask of the same size; None where no such rim is seen.
    """
    found = [_below_rim(before, part) for part in parts_of(core)]
    seen = [part for part in found if part is not None]
    return (
        np.asarray(np.max(seen, axis=0), np.float32) if seen and len(seen) == len(found) else None
    )


def _below_rim(before: Floats, core: Floats) -> Floats | None:
    rows, columns = (np.nonzero((core > 0.5).any(axis=axis))[0] for axis in (1, 0))
    (top, bottom), (left, right) = (
        _stretched(places, size) for places, size in zip((rows, columns), core.shape, strict=True)
    )
    lab = before[top:bottom, left:right]
    height, width = lab.shape[:2]
    white = (chroma(lab) < _PALE) & (lab[..., 0] > _BRIGHT)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(white.astype(np.uint8))
    if len(stats) < 2:
        return None
    index = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    across, start = stats[index, cv2.CC_STAT_WIDTH], stats[index, cv2.CC_STAT_TOP]
    if across < _WIDE * width or start > _HIGH * height:
        return None
    rim = labels == index
    lowest = height - 1 - np.argmax(rim[::-1], axis=0)
    middle = np.abs(np.linspace(-1, 1, width)) < CORE
    below = (np.arange(height)[:, None] > lowest[None] + 1) & (rim.any(axis=0) & middle)[None]
    outside = np.zeros(core.shape, np.float32)
    outside[top:bottom, left:right] = below & (chroma(lab) > _PALE)
    return outside if outside.sum() > _LEAST * height * width else None


def _stretched(places: np.ndarray, size: int) -> tuple[int, int]:
    """Return where the box begins and ends of which the middle is known."""
    first, last = int(places[0]), int(places[-1]) + 1
    more = round((last - first) * (1 / CORE - 1) / 2)
    return max(0, first - more), min(size, last + more)
