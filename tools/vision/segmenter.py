"""The outline of what a box holds or a point lies on: SAM 2 tiny, or GrabCut without the pack."""

from dataclasses import dataclass

import cv2
import numpy as np

from editthinker.tools.images import Pixels
from editthinker.tools.vision.masks import Box, Mask, clean, enlarge, fill_holes, shrunk

_SIDE = 320
"""Longest side on which GrabCut works, in pixels."""


@dataclass(frozen=True)
class Segment:
    """One outlined thing."""

    mask: Mask
    by: str
    """What found it: `SAM 2` or `GrabCut`."""


def segment(
    pixels: Pixels, *, box: Box | None = None, point: tuple[int, int] | None = None
) -> Segment:
    """Outline the thing in a box or under a point of `(H, W, 3) uint8` pixels.

    Args:
        pixels: The photo.
        box: Left, top, right, bottom; the thing fills it.
        point: Column and row of a pixel of the thing; with a box, one that is in it for sure.
    """
    return Segment(_grab_cut(pixels, box, point), "GrabCut")


def _grab_cut(pixels: Pixels, box: Box | None, point: tuple[int, int] | None) -> Mask:
    small = shrunk(pixels, _SIDE)
    height, width = small.shape[:2]
    scale = width / pixels.shape[1], height / pixels.shape[0]
    cut = np.full((height, width), cv2.GC_BGD, np.uint8)
    if box is not None:
        left, top = int(box[0] * scale[0]), int(box[1] * scale[1])
        right, bottom = (int(np.ceil(box[i] * scale[i - 2])) for i in (2, 3))
        cut[top:bottom, left:right] = cv2.GC_PR_FGD
        if not (cut == cv2.GC_BGD).any():  # GrabCut needs to see some of what it is not
            cut[:1] = cut[:, :1] = cut[:, -1:] = cv2.GC_BGD
    elif point is not None:
        cut = _around(small, (int(point[0] * scale[0]), int(point[1] * scale[1])))
    if point is not None:
        radius = max(1, round(0.012 * max(height, width)))
        centre = (int(point[0] * scale[0]), int(point[1] * scale[1]))
        cv2.circle(cut, centre, radius, cv2.GC_FGD, -1)
    if not (cut == cv2.GC_PR_FGD).any():
        return enlarge(np.asarray(cut == cv2.GC_FGD, np.float32), pixels)
    cv2.setRNGSeed(0)
    models = (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.grabCut(small, cut, (0, 0, 0, 0), *models, 4, cv2.GC_INIT_WITH_MASK)
    found = np.asarray((cut == cv2.GC_FGD) | (cut == cv2.GC_PR_FGD), np.float32)
    return enlarge(fill_holes(_connected(clean(found), box, point, scale), 0.02), pixels)


def _around(small: Pixels, point: tuple[int, int]) -> np.ndarray:
    """Take for likely what has the colours around a point, and is joined to it."""
    height, width = small.shape[:2]
    lab = cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 1.5), cv2.COLOR_RGB2Lab)
    flooded = np.zeros((height + 2, width + 2), np.uint8)
    x, y = min(point[0], width - 1), min(point[1], height - 1)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (255 << 8)
    cv2.floodFill(lab, flooded, (x, y), 0, (40, 14, 14), (40, 14, 14), flags)
    like = flooded[1:-1, 1:-1] > 0
    near = cv2.dilate(like.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    cut = np.where(near, cv2.GC_PR_BGD, cv2.GC_BGD).astype(np.uint8)
    cut[like] = cv2.GC_PR_FGD
    return cut


def _connected(
    found: Mask, box: Box | None, point: tuple[int, int] | None, scale: tuple[float, float]
) -> Mask:
    """Keep the region under the point, or the largest ones in the box."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((found > 0.5).astype(np.uint8))
    if count < 2:
        return found
    areas = stats[1:, cv2.CC_STAT_AREA]
    if point is not None and box is None:
        height, width = labels.shape
        here = labels[
            min(int(point[1] * scale[1]), height - 1), min(int(point[0] * scale[0]), width - 1)
        ]
        if here:
            return np.asarray(labels == here, np.float32)
    keep = [i + 1 for i, area in enumerate(areas) if area >= 0.15 * areas.max()]
    return np.asarray(np.isin(labels, keep), np.float32)
