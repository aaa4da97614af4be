"""Pixels as CIELAB: lightness L* in [0, 100], a* towards red, b* towards yellow."""

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.tools.editors.darkroom.light import from_lab
from editthinker.tools.images import Pixels

Floats = NDArray[np.float32]
"""A plane `(H, W)` or planes `(H, W, 3)`."""


def to_lab(pixels: Pixels) -> Floats:
    """Convert `(H, W, 3) uint8` sRGB pixels to `(H, W, 3)` CIELAB."""
    return np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def displayable(lab: Floats) -> Floats:
    """Return what a screen can show of `lab`; the rest loses chroma, not lightness."""
    return np.asarray(cv2.cvtColor(from_lab(lab), cv2.COLOR_RGB2LAB), np.float32)


def lightness(pixels: Pixels) -> Floats:
    """Return the L* plane of sRGB pixels, through their grey value."""
    grey = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 256, 3)
    table = to_lab(grey)[0, :, 0]
    return np.asarray(table[cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)], np.float32)


def chroma(lab: Floats) -> Floats:
    """Return the colourfulness plane."""
    return np.hypot(lab[..., 1], lab[..., 2])


def mean(plane: Floats, weights: Floats) -> float:
    """Return the weighted mean; 0 where nothing has weight."""
    total = float(weights.sum())
    return float((plane * weights).sum()) / total if total > 0 else 0.0


def deviation(plane: Floats, weights: Floats) -> float:
    """Return the weighted standard deviation."""
    return float(np.sqrt(mean((plane - mean(plane, weights)) ** 2, weights)))


def shrink(pixels: Pixels, longest: int) -> Pixels:
    """Return pixels with a longest side of at most `longest`, averaged down."""
    height, width = pixels.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
