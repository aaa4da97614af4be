"""A plain border around a picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from editthinker.graph.thinkers.measures.lab import shrink, to_lab
from editthinker.tools.images import Pixels

_SMOOTH = 6.0
"""Colour difference within which a border counts as one colour."""


@dataclass(frozen=True)
class Border:
    """A plain frame around the picture, in pixels."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0
    colour: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """CIELAB."""

    def inside(self, pixels: Pixels) -> Pixels:
        """Return the picture without the border."""
        height, width = pixels.shape[:2]
        return pixels[self.top : height - self.bottom, self.left : width - self.right]


def find_border(pixels: Pixels) -> Border:
    """Return the plain frame around a picture; empty where there is none on all four sides."""
    small = shrink(pixels, 1024)
    lab = to_lab(small)
    edge = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    colour = np.median(edge, axis=0)
    same = np.linalg.norm(lab - colour, axis=2) < _SMOOTH
    height, width = same.shape
    rows, columns = same.mean(axis=1) > 0.98, same.mean(axis=0) > 0.98
    ends = [_run(columns), _run(rows), _run(columns[::-1]), _run(rows[::-1])]
    if min(ends) == 0 or ends[0] + ends[2] > width - 16 or ends[1] + ends[3] > height - 16:
        return Border()
    scale = pixels.shape[1] / small.shape[1]
    left, top, right, bottom = (round(end * scale) for end in ends)
    return Border(left, top, right, bottom, (float(colour[0]), float(colour[1]), float(colour[2])))


def _run(plain: NDArray[np.bool_]) -> int:
    stops = np.flatnonzero(~plain)
    return int(stops[0]) if stops.size else len(plain)
