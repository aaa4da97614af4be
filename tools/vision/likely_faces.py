"""Faces guessed without a model: ovals of skin with two dark eyes in them.

It finds a large face that looks into the camera and has room around it, and no other.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.tools.images import Pixels
from editthinker.tools.vision.masks import Box, shrunk

_SIDE = 200
"""Longest side of the copy on which faces are looked for, in pixels."""

_WIDTHS = (14, 18, 24, 32, 42, 56, 74)
"""Of a face on it, in pixels."""

_LEAST = 0.2
"""Share of the short side from which a face is believed: smaller ovals are found in any wood."""

_TALL = 1.35
"""Height of a face, in widths."""

_SKIN = ((40, 137, 80), (250, 175, 125))
"""Y, Cr and Cb of skin under usual light: the least and the most."""

_INSIDE, _AROUND = 0.72, 0.4
"""Least share of skin in the oval, and most beside and above it."""

_EYES_DARKER = 18.0
"""Difference in grey by which eyes are darker than cheeks."""

Plane = NDArray[np.float32]


def guess_faces(pixels: Pixels) -> list[Box]:
    """Return what looks like faces in `(H, W, 3) uint8` pixels, the likeliest first."""
    small = shrunk(pixels, _SIDE)
    scale = pixels.shape[1] / small.shape[1]
    tones = cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb)
    skin = np.asarray(cv2.inRange(tones, *_SKIN), np.float32) / 255
    found: list[tuple[float, Box]] = []
    short = min(small.shape[:2])
    for width in (w for w in _WIDTHS if w >= _LEAST * short and 1.2 * _TALL * w <= short):
        inside, around = (cv2.filter2D(skin, -1, kernel) for kernel in _kernels(width))
        score = np.where((inside > _INSIDE) & (around < _AROUND), inside - around, 0)
        peaks = (score > 0) & (score == cv2.dilate(score, np.ones((5, 5), np.uint8)))
        for y, x in np.argwhere(peaks):
            half = width / 2, _TALL * width / 2
            box = x - half[0], y - half[1], x + half[0], y + half[1]
            if min(box[:2]) >= 0 and box[2] <= skin.shape[1] and box[3] <= skin.shape[0]:
                left, top, right, bottom = (round(value) for value in box)
                if _has_eyes(np.asarray(tones[top:bottom, left:right, 0], np.uint8)):
                    sides = tuple(round(float(value) * scale) for value in box)
                    found.append((float(score[y, x]), (sides[0], sides[1], sides[2], sides[3])))
    kept: list[Box] = []
    for _, box in sorted(found, key=lambda face: -face[0]):
        if all(_apart(box, other) for other in kept):
            kept.append(box)
    return kept


def _kernels(width: int) -> tuple[Plane, Plane]:
    """Return what averages the oval of a face, and what averages the rim beside and above it."""
    reach = round(0.75 * _TALL * width)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    off = np.hypot(x / (width / 2), y / (_TALL * width / 2))
    oval, rim = off <= 1, (off > 1.12) & (off <= 1.45) & (y < 0.25 * width)
    planes = (oval / oval.sum(), rim / rim.sum())
    return np.asarray(planes[0], np.float32), np.asarray(planes[1], np.float32)


def _has_eyes(grey: NDArray[np.uint8]) -> bool:
    """Whether there is something dark to the left and to the right, where eyes are."""
    face = cv2.resize(grey, (24, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    eyes = [np.percentile(face[9:16, side], 12) for side in (slice(3, 11), slice(13, 21))]
    cheeks = [np.median(face[17:23, side]) for side in (slice(4, 10), slice(14, 20))]
    brow = float(np.median(face[4:8, 7:17]))
    darker = min(cheek - eye for cheek, eye in zip(cheeks, eyes, strict=True))
    even = abs(eyes[0] - eyes[1]) < 45
    return bool(darker > _EYES_DARKER and brow - max(eyes) > _EYES_DARKER and even)


def _apart(one: Box, other: Box) -> bool:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return wide <= 0 or high <= 0 or wide * high < 0.3 * smaller
