"""Lines of text up to their ends: a reader's box may leave out signs such as `>>>` or a dash."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.tools.editors.darkroom.corners import moved
from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.editors.darkroom.strips import Known, Seen, look_at

_SPACE = 0.9
"""Width of the widest space between words, in heights of a line."""

_FAINT = 0.15
"""Share of ink from which a pixel is part of a sign: in the shade there is less of it to see."""

_PLAIN = 12.0
"""Difference in CIELAB of the ground under a sign from that of the end of the line."""

_TALLEST, _LEAST = 1.15, 0.12
"""Height of a sign at the end of a line, in heights of its letters."""


def up_to_ends(pixels: Floats, known: Sequence[Known]) -> list[Known]:
    """Return lines with the signs before and after them that are set as their letters are.

    Args:
        pixels: The photo, sRGB in [0, 1].
        known: The lines as they were read.
    """
    return [_longer(pixels, one, [other for other in known if other is not one]) for one in known]


def _longer(pixels: Floats, one: Known, others: Sequence[Known]) -> Known:
    seen = look_at(pixels, one, others, None)
    if seen is None or not seen.own.any():
        return one
    width = seen.size[0] // 3
    signs = _signs(seen, [moved(other.corners, seen.upright) for other in others])
    reach = _SPACE * (seen.body[1] - seen.body[0])
    start, end = _chained(signs, (width, 2 * width), reach)
    if (start, end) == (width, 2 * width):
        return one
    goal = moved(one.corners, seen.upright)
    goal[[0, 3], 0], goal[[1, 2], 0] = start, end
    back = moved(floats(goal), np.asarray(np.linalg.inv(seen.upright), np.float64))
    return Known(one.words, back)


def _chained(
    signs: Sequence[tuple[int, int]], span: tuple[int, int], reach: float
) -> tuple[int, int]:
    """Return where a line ends, sign by sign, none further from the last than a space."""
    start, end = span
    for left, right in sorted(signs, key=lambda sign: -sign[1]):
        if left < start and start - right < reach:
            start = left
    for left, right in sorted(signs):
        if right > end and left - end < reach:
            end = right
    return start, end


def _signs(seen: Seen, others: Sequence[Floats]) -> list[tuple[int, int]]:
    """Return the columns of what is beside a line, in its ink and no taller than its letters."""
    rows = np.nonzero(seen.own.any(axis=1))[0]
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    bare = seen.found.share < _FAINT
    free = ~seen.own & ~_taken(others, seen.own.shape)
    _, _, stats, _ = cv2.connectedComponentsWithStats((~bare & free).astype(np.uint8))
    found, high, width = [], bottom - top, seen.size[0] // 3

    def ground(left: int, right: int) -> Floats:
        """Return the colour between the letters of some columns."""
        around = (slice(top, bottom), slice(max(0, left), right))
        under = seen.lab[around][bare[around]]
        return floats(np.median(under, axis=0) if len(under) else np.full(3, np.inf))

    # Light may fall off along the line: the ground at its end counts.
    ends = ground(width, width + high), ground(2 * width - high, 2 * width)
    for x, y, wide, tall, area in stats[1:].tolist():
        level = top - 0.2 * high <= y and y + tall <= bottom + 0.2 * high
        sized = _LEAST * high <= max(wide, tall) and tall <= _TALLEST * high and wide < 2 * high
        inside = x > 1 and x + wide < seen.size[0] - 1
        under = ground(x - high // 4, x + wide + high // 4)
        plain = float(np.linalg.norm(under - ends[x > 1.5 * width])) < _PLAIN
        if level and sized and inside and plain and area > (0.1 * high) ** 2:
            found.append((x, x + wide))
    return found


def _taken(others: Sequence[Floats], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return where other lines are."""
    plane = np.zeros(shape, np.uint8)
    for corners in others:
        cv2.fillPoly(plane, [np.rint(corners).astype(np.int32)], 1)
    return np.asarray(plane > 0)
