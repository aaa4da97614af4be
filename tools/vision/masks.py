"""Masks as `(H, W) float32` in [0, 1]: cleaned, split into parts, and fitted to the edges."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from editthinker.tools.images import Pixels

Mask = NDArray[np.float32]
Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom lie just outside."""


@dataclass(frozen=True)
class Part:
    """One connected region."""

    mask: Mask
    box: Box
    area: float
    """Pixels, soft ones in part."""
    centre: tuple[float, float]
    """Its centre of mass, x and y as shares of width and height."""


def part_of(mask: Mask) -> Part:
    """Describe a mask that has at least one pixel over a half."""
    height, width = mask.shape
    rows, columns = np.nonzero(mask.max(axis=1) > 0.5)[0], np.nonzero(mask.max(axis=0) > 0.5)[0]
    total = max(float(mask.sum()), 1e-6)
    x = float(mask.sum(axis=0) @ np.arange(width)) / total / width
    y = float(mask.sum(axis=1) @ np.arange(height)) / total / height
    box = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    return Part(mask, box, total, (x, y))


def common(one: Box, other: Box) -> int:
    """Return how many pixels two boxes share."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    return max(wide, 0) * max(min(one[3], other[3]) - max(one[1], other[1]), 0)


def split(mask: Mask, least: float = 0.001, relative: float = 0.1) -> list[Part]:
    """Return the connected regions of a mask, the largest first.

    Args:
        mask: What to split; over a half counts as in it.
        least: Leave out regions below this share of the picture ...
        relative: ... and below this share of the largest region.
    """
    solid = (mask > 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid)
    areas = stats[1:count, cv2.CC_STAT_AREA]
    if not len(areas):
        return []
    limit = max(least * mask.size, relative * float(areas.max()))
    order = [i for i in np.argsort(-areas) if areas[i] >= limit]
    grown = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    parts = []
    for i in order:
        near = cv2.dilate((labels == i + 1).astype(np.uint8), grown).astype(np.float32)
        parts.append(part_of(np.asarray(mask * near, np.float32)))
    return parts


def fill_holes(mask: Mask, largest: float = 1.0) -> Mask:
    """Fill what a mask surrounds, up to a share of the picture."""
    solid = (mask > 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - solid)
    filled = mask.copy()
    height, width = mask.shape
    for i in range(1, count):
        x, y, w, h, area = stats[i]
        inside = x > 0 and y > 0 and x + w < width and y + h < height
        if inside and area <= largest * mask.size:
            filled[labels == i] = 1
    return filled


def clean(mask: Mask, share: float = 0.006) -> Mask:
    """Drop specks and close gaps that are narrow against the picture."""
    size = max(1, round(share * min(mask.shape)))
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * size + 1, 2 * size + 1))
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, shape)
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, shape), np.float32)


def fit_to_edges(mask: Mask, pixels: Pixels, radius: int) -> Mask:
    """Let a rough mask follow the edges of a photo within a few pixels (a guided filter).

    Args:
        mask: `(H, W)` of the photo's size.
        pixels: `(H, W, 3) uint8`.
        radius: How far the outline may move, in pixels.
    """
    guide = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2Lab), np.float32) / 255
    size = (2 * radius + 1, 2 * radius + 1)

    def mean(plane: npt.ArrayLike) -> Mask:
        blurred = cv2.blur(np.asarray(plane, np.float32), size, borderType=cv2.BORDER_REFLECT)
        return np.asarray(blurred, np.float32)

    # One channel at a time; the one with the strongest edge across the outline has its way.
    fitted, sure = np.zeros_like(mask), np.full_like(mask, 1e-6)
    mean_mask = mean(mask)
    for channel in range(3):
        light = np.ascontiguousarray(guide[..., channel])
        mean_light = mean(light)
        spread = mean(light * light) - mean_light * mean_light
        slope = (mean(light * mask) - mean_light * mean_mask) / (spread + 1e-4)
        offset = mean_mask - slope * mean_light
        weight = mean(slope * slope * spread)
        fitted += weight * (mean(slope) * light + mean(offset))
        sure += weight
    even = (fitted + 1e-6 * mean_mask) / sure
    return np.asarray(np.interp(even, [0.12, 0.88], [0, 1]), np.float32)


def enlarge(rough: Mask, pixels: Pixels) -> Mask:
    """Bring a mask found on a smaller picture to full size, along the photo's edges."""
    height, width = pixels.shape[:2]
    factor = max(height, width) / max(rough.shape)
    full = cv2.resize(rough, (width, height), interpolation=cv2.INTER_LINEAR)
    mask = np.asarray(full, np.float32)
    fitted = fit_to_edges(mask, pixels, max(2, round(1.5 * factor)))
    # Far from the rough outline nothing changes: an edge filter must not invent regions.
    reach = 2 * max(2, round(1.5 * factor)) + 1
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    fitted = np.where(cv2.erode(mask, shape) > 0.5, 1, fitted)
    return np.asarray(np.where(cv2.dilate(mask, shape) < 0.5, 0, fitted), np.float32)


def shrunk(pixels: Pixels, longest: int) -> Pixels:
    """Return pixels whose longer side has at most so many pixels."""
    height, width = pixels.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return np.ascontiguousarray(pixels)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


Order = Literal[
    "left",
    "right",
    "top",
    "bottom",
    "top left",
    "top right",
    "bottom left",
    "bottom right",
    "middle",
    "largest",
    "smallest",
]

_KEYS: dict[Order, Callable[[Part], float]] = {
    "left": lambda part: part.centre[0],
    "right": lambda part: -part.centre[0],
    "top": lambda part: part.centre[1],
    "bottom": lambda part: -part.centre[1],
    "top left": lambda part: part.centre[1] + part.centre[0],
    "top right": lambda part: part.centre[1] - part.centre[0],
    "bottom left": lambda part: part.centre[0] - part.centre[1],
    "bottom right": lambda part: -part.centre[0] - part.centre[1],
    "middle": lambda part: (part.centre[0] - 0.5) ** 2 + (part.centre[1] - 0.5) ** 2,
    "largest": lambda part: -part.area,
    "smallest": lambda part: part.area,
}


def first(parts: list[Part], order: Order) -> Part:
    """Return the part that comes first in an order, such as the leftmost."""
    return min(parts, key=_KEYS[order])
