"""A line of text seen upright: the strip of the photo around it, and which ink in it is its own.

Where the text was read, each line has its own box; it only says roughly where to look.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.tools.editors.darkroom.corners import Corners, height_of, meets, moved
from editthinker.tools.editors.darkroom.ink import Ink, ink_on
from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab

_PAD = 0.5
"""Share of its height by which a strip reaches over and under the line: letters stand over boxes"""


class Known(NamedTuple):
    """A line of text that was read, or looks like one."""

    words: str
    """Empty where nothing could read it."""
    corners: Corners


class Seen(NamedTuple):
    """A strip of a photo, and the letters in it."""

    upright: NDArray[np.float64]
    size: tuple[int, int]
    body: tuple[int, int]
    lab: Floats
    found: Ink
    own: NDArray[np.bool_]


def look_at(
    pixels: Floats, one: Known, others: Sequence[Known], covered: NDArray[np.bool_] | None
) -> Seen | None:
    """Look for the letters of a line; None where its ground is too rough."""
    upright, size, body = strip_of(one.corners)
    width = size[0] // 3
    strip, lab = upright_of(pixels, upright, size)
    middle = (slice(*body), slice(width, 2 * width))
    beside = [moved(other.corners, upright) for other in others]
    beside = [corners for corners in beside if meets(corners, size)]
    found = ink_on(lab, strip, middle, max([height_of(c) for c in beside], default=0.0))
    if found is None:
        return None
    own = _own(found.share, middle, beside)
    if covered is not None and not covered.all():
        own = _chosen(own, covered, width)
    return Seen(upright, size, body, lab, found, own)


def upright_of(
    pixels: Floats, upright: NDArray[np.float64], size: tuple[int, int]
) -> tuple[Floats, Floats]:
    """Return a strip of a photo, sRGB and CIELAB."""
    how = cv2.INTER_LINEAR
    seen = cv2.warpPerspective(pixels, upright, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
    return floats(seen), to_lab(floats(seen))


def strip_of(corners: Corners) -> tuple[NDArray[np.float64], tuple[int, int], tuple[int, int]]:
    """Return the way to the upright strip of a line, its size, and the rows of the line."""
    high = height_of(corners)
    wide = float(np.linalg.norm(corners[1] - corners[0]))
    scale = float(np.clip(48 / max(high, 1), 1, 6))
    width, height = max(4, round(wide * scale)), max(4, round(high * scale))
    pad = round(_PAD * height)
    goal = np.array(
        [[width, pad], [2 * width, pad], [2 * width, pad + height], [width, pad + height]]
    )
    upright = cv2.getPerspectiveTransform(corners, goal.astype(np.float32))
    return np.asarray(upright, np.float64), (3 * width, height + 2 * pad), (pad, pad + height)


def _own(
    share: Floats, middle: tuple[slice, slice], others: Sequence[Corners]
) -> NDArray[np.bool_]:
    """Return the letters that stand in a line and not rather in one of the others."""
    count, labels, stats, centres = cv2.connectedComponentsWithStats(
        floats(share > 0.4).astype(np.uint8)
    )
    areas = np.maximum(stats[:, cv2.CC_STAT_AREA], 1)

    def fits(plane: NDArray[np.bool_], level: NDArray[np.float64], high: float) -> Floats:
        """Return how well each letter stands in a line: inside, and on the level of its middle."""
        within = np.bincount(labels[plane], minlength=count) / areas
        return floats(within - 0.5 * np.abs(centres[:, 1] - level) / max(high, 1))

    box = np.zeros(share.shape, bool)
    box[middle] = True
    rows = middle[0]
    own = fits(box, np.full(count, (rows.start + rows.stop) / 2), rows.stop - rows.start)
    chosen = np.bincount(labels[box], minlength=count) / areas > 0.5
    for corners in others:
        plane = np.zeros(share.shape, np.uint8)
        cv2.fillPoly(plane, [np.rint(corners).astype(np.int32)], 1)
        if plane.any():
            chosen &= (
                own
                >= fits(
                    plane > 0, _level(corners, np.asarray(centres, np.float64)), height_of(corners)
                )
                - 1e-6
            )
    chosen[0] = False
    return np.asarray(chosen[labels])


def _level(corners: Corners, centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far down the middle of a line runs at each of some places."""
    left, right = (corners[0] + corners[3]) / 2, (corners[1] + corners[2]) / 2
    share = (centres[:, 0] - left[0]) / max(float(right[0] - left[0]), 1e-6)
    return np.asarray(left[1] + np.clip(share, 0, 1) * (right[1] - left[1]))


def _chosen(own: NDArray[np.bool_], covered: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    """Keep the letters of some words, from one gap between words to another."""
    first, last = (int(place) for place in np.nonzero(covered)[0][[0, -1]])
    down = np.asarray(own.any(axis=0))
    start = 0 if first <= 2 else _gap(down, width + round(first * width / 100), width)
    end = own.shape[1] if last >= 97 else _gap(down, width + round((last + 1) * width / 100), width)
    labels = cv2.connectedComponentsWithStats(own.astype(np.uint8))
    middles = labels[3][:, 0]
    kept = (middles >= start) & (middles < end)
    kept[0] = False
    return np.asarray(kept[labels[1]])


def _gap(down: NDArray[np.bool_], near: int, width: int) -> int:
    """Return the middle of the widest gap between letters near a column."""
    reach = max(4, round(0.08 * width))
    best, place, at = -np.inf, near, max(0, near - reach)
    end = min(len(down), near + reach)
    while at < end:
        if down[at]:
            at += 1
            continue
        stop = at
        while stop < len(down) and not down[stop]:
            stop += 1
        start = at
        while start > 0 and not down[start - 1]:
            start -= 1
        middle = (start + stop) // 2
        worth = (stop - start) - 0.4 * abs(middle - near)
        if worth > best:
            best, place = worth, middle
        at = stop
    return place
