"""The boxes of lines of text, leaning as the text leans: their corners, sizes and places."""

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.editors.darkroom.matte import dilated

Corners = NDArray[np.float32]
"""Four points (x, y), from the upper left, clockwise along the text."""


def meets(corners: Corners, size: tuple[int, int]) -> bool:
    """Whether a line reaches into a strip."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    return bool((high > 0).all() and low[0] < size[0] and low[1] < size[1])


def ends_of(corners: Corners) -> tuple[float, float]:
    """Return where a line begins and ends, in columns."""
    return float(corners[[0, 3], 0].mean()), float(corners[[1, 2], 0].mean())


def level_of(corners: Corners) -> float:
    """Return how far down the middle of a line is."""
    return float(corners[:, 1].mean())


def height_of(corners: Corners) -> float:
    """Return the height of a line."""
    return float(np.linalg.norm(corners[3] - corners[0]))


def moved(corners: Corners, way: NDArray[np.float64]) -> Corners:
    """Return corners seen another way, by a 3 x 3 matrix."""
    points = cv2.perspectiveTransform(corners[None].astype(np.float64), way)[0]
    return np.asarray(points, np.float32)


def grown(corners: Corners, share: float) -> Corners:
    """Return corners moved outwards by a share of the line's height."""
    down = (corners[3] - corners[0]) * share
    along = (corners[1] - corners[0]) / max(float(np.linalg.norm(corners[1] - corners[0])), 1e-6)
    side = along * height_of(corners) * share
    return floats(
        [
            corners[0] - down - side,
            corners[1] - down + side,
            corners[2] + down + side,
            corners[3] + down - side,
        ]
    )


def back(
    plane: Floats, upright: NDArray[np.float64], shape: tuple[int, ...], grow: int
) -> NDArray[np.bool_]:
    """Return where marks of the strip lie in the photo, grown by some pixels."""
    inverse = np.linalg.inv(upright)
    there = cv2.warpPerspective(plane, inverse, shape[1::-1], flags=cv2.INTER_AREA)
    return np.asarray(dilated(floats(there > 0.05), grow) > 0)


def columns_inside(
    upright: NDArray[np.float64],
    size: tuple[int, int],
    body: tuple[int, int],
    shape: tuple[int, ...],
) -> NDArray[np.bool_]:
    """Return which columns of a strip lie within the photo."""
    x = np.arange(size[0], dtype=np.float64)
    ends = np.concatenate([np.stack([x, np.full_like(x, y)], 1) for y in (body[0], body[1] - 1)])
    places = cv2.perspectiveTransform(ends[None], np.linalg.inv(upright))[0]
    within = ((places >= -1) & (places <= np.array(shape[1::-1]))).all(axis=1)
    return np.asarray(within.reshape(2, -1).all(axis=0))


def corners_of(region: NDArray[np.bool_]) -> Corners:
    """Return the corners of the narrowest box, from the upper left, clockwise along the text."""
    points = np.argwhere(region)[:, ::-1].astype(np.float32)
    centre, (wide, high), angle = cv2.minAreaRect(points)
    if angle > 45:  # OpenCV turns up to a quarter; text leans less
        wide, high, angle = high, wide, angle - 90
    corners = cv2.boxPoints((centre, (wide + 1, high + 1), angle))
    start = int(corners.sum(axis=1).argmin())
    corners = np.roll(corners, -start, axis=0)
    if (
        np.cross(np.append(corners[1] - corners[0], 0), np.append(corners[2] - corners[1], 0))[2]
        < 0
    ):
        corners = corners[[0, 3, 2, 1]]
    return corners.astype(np.float32)
