"""Moving a thing to another place in the photo, or putting a second one there."""

from typing import NamedTuple

import numpy as np

from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.editors.darkroom.matte import foreground, mixed, refined
from editthinker.tools.errors import EditRefusedError

_LEAST = 0.02
"""Share of the width below which a thing has not been moved."""

_WAYS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


class Shift(NamedTuple):
    """How far a thing goes, in pixels, right and down."""

    x: int
    y: int


def shift_for(mask: Floats, direction: str, share: float, what: str) -> Shift:
    """Return how far a thing can go in a direction, at most a share of the photo's size.

    It stays inside the frame. What the frame cuts off at one edge can go along that edge only:
    elsewhere its cut side would show.

    Raises:
        EditRefusedError: if it cannot go that way.
    """
    height, width = mask.shape
    rows, columns = np.nonzero(mask.max(axis=1) > 0.5)[0], np.nonzero(mask.max(axis=0) > 0.5)[0]
    if not len(rows):
        raise EditRefusedError(f"nothing of {what} is there to move")
    x, y = _WAYS[direction]
    room = {
        "left": columns[0],
        "right": width - 1 - columns[-1],
        "up": rows[0],
        "down": height - 1 - rows[-1],
    }
    full = width if x else height
    behind = {"left": "right", "right": "left", "up": "down", "down": "up"}[direction]
    if room[behind] < 2 < room[direction]:
        raise EditRefusedError(
            f"{what} is cut off by the frame; moved {direction} it would show the cut"
        )
    distance = min(round(share * full), int(room[direction]))
    if distance < max(2, _LEAST * full):
        raise EditRefusedError(f"{what} is already at the edge; it cannot go further {direction}")
    return Shift(x * distance, y * distance)


def moved(pixels: Floats, behind: Floats, mask: Floats, shift: Shift) -> Floats:
    """Take a thing from its place and put it elsewhere.

    Args:
        pixels: The photo, `(H, W, 3)`.
        behind: The photo without the thing.
        mask: The thing, `(H, W)`.
        shift: Where to.
    """
    share = refined(pixels, mask)
    thing = foreground(pixels, share)
    return mixed(behind, shifted(thing, shift), shifted(share, shift))


def duplicated(pixels: Floats, mask: Floats, shift: Shift) -> Floats:
    """Put a second thing behind the first, where they overlap."""
    share = refined(pixels, mask)
    copy = floats(shifted(share, shift) * (1 - share))
    return mixed(pixels, shifted(foreground(pixels, share), shift), copy)


def shifted(plane: Floats, shift: Shift) -> Floats:
    """Return a picture or mask moved by whole pixels; 0 comes in from the edges."""
    height, width = plane.shape[:2]
    x, y = shift
    result = np.zeros_like(plane)
    result[max(y, 0) : height + min(y, 0), max(x, 0) : width + min(x, 0)] = plane[
        max(-y, 0) : height - max(y, 0), max(-x, 0) : width - max(x, 0)
    ]
    return result
