"""The frame of a picture: rotate, flip, crop, straighten, border.

These functions take and return `(H, W, C) float32` in [0, 1]; C = 4 with alpha.
"""

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.colours import rgb_of
from editthinker.tools.editors.darkroom.light import Floats
from editthinker.tools.errors import EditRefusedError

_MOST_TILT = 10.0
"""Degrees by which a photo may lean to be straightened."""


def rotate(pixels: Floats, degrees: float) -> Floats:
    """Turn clockwise; quarter turns are exact.

    For other angles the largest upright part of the same proportions is kept, in the old size.
    """
    quarters = round(degrees / 90)
    pixels = np.ascontiguousarray(np.rot90(pixels, -quarters))
    rest = degrees - 90 * quarters
    if not rest:
        return pixels
    height, width = pixels.shape[:2]
    sine, cosine = abs(np.sin(np.radians(rest))), np.cos(np.radians(rest))
    zoom = max((width * cosine + height * sine) / width, (width * sine + height * cosine) / height)
    centre = ((width - 1) / 2, (height - 1) / 2)
    turn = cv2.getRotationMatrix2D(centre, -rest, zoom)
    moved = cv2.warpAffine(
        pixels, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.clip(moved, 0, 1).reshape(pixels.shape).astype(np.float32)


def flip(pixels: Floats, axis: str) -> Floats:
    """Mirror left to right (`horizontal`) or top to bottom (`vertical`)."""
    return np.ascontiguousarray(pixels[:, ::-1] if axis == "horizontal" else pixels[::-1])


def crop(pixels: Floats, ratio: float, subject: Floats) -> Floats:
    """Keep the largest part with a ratio of width to height, around the subject's mask."""
    height, width = pixels.shape[:2]
    wide = min(width, max(1, round(height * ratio)))
    high = min(height, max(1, round(width / ratio)))
    total = float(subject.sum())
    x = float((subject.sum(axis=0) * np.arange(width)).sum()) / total if total else width / 2
    y = float((subject.sum(axis=1) * np.arange(height)).sum()) / total if total else height / 2
    left = int(np.clip(round(x - wide / 2), 0, width - wide))
    top = int(np.clip(round(y - high / 2), 0, height - high))
    return np.ascontiguousarray(pixels[top : top + high, left : left + wide])


def straighten(pixels: Floats) -> Floats:
    """Level lines that should be level or upright.

    Raises:
        EditRefusedError: if the photo has no straight lines to go by.
    """
    lean = find_lean(pixels[..., :3])
    if lean is None:
        raise EditRefusedError("found no horizon or upright lines to straighten the photo by")
    return rotate(pixels, -lean) if abs(lean) >= 0.15 else pixels


def find_lean(pixels: Floats) -> float | None:
    """Return the lean of near-level and near-upright lines, degrees clockwise; None if few."""
    scale = min(1.0, 800 / max(pixels.shape[:2]))
    grey = (pixels.mean(axis=2) * 255).astype(np.uint8)
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    short = min(grey.shape)
    if short < 32:
        return None
    edges = cv2.Canny(cv2.GaussianBlur(grey, (0, 0), 1.0), 15, 45)
    lines = cv2.HoughLinesP(
        edges, 1, np.pi / 1440, 40, minLineLength=short // 8, maxLineGap=max(3, short // 100)
    )
    if lines is None:
        return None
    ends = lines.reshape(-1, 4).astype(np.float64)
    run, rise = ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]
    lean = (np.degrees(np.arctan2(rise, run)) + 45) % 90 - 45
    length = np.hypot(run, rise)
    near = np.abs(lean) <= _MOST_TILT
    if length[near].sum() < short / 2:
        return None
    # The angle where most length agrees: a histogram smoothed by half a degree.
    angles = np.arange(-_MOST_TILT, _MOST_TILT + 0.01, 0.05)
    votes = np.exp(-(((angles[:, None] - lean[None, near]) / 0.5) ** 2)) @ length[near]
    best = float(angles[int(votes.argmax())])
    close = near & (np.abs(lean - best) < 1)
    if length[close].sum() < 0.3 * length[near].sum():
        return None
    return float(np.average(lean[close], weights=length[close]))


def border(pixels: Floats, share: float, colour: str) -> Floats:
    """Put a plain border around the picture, as wide as a share of its short side."""
    width = max(1, round(min(pixels.shape[:2]) * share))
    value = np.ones(pixels.shape[2], np.float32)
    value[:3] = np.array(rgb_of(colour), np.float32) / 255
    height, wide, channels = pixels.shape
    framed = np.empty((height + 2 * width, wide + 2 * width, channels), np.float32)
    framed[...] = value
    framed[width:-width, width:-width] = pixels
    return framed
