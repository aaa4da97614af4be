"""A smooth surface, such as paper or porcelain, continued to where something lay on it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.tools.editors.darkroom.light import Floats, floats

_ROUNDS = 12
"""Times that each pixel takes the mean of its four neighbours, on each size of the picture."""

_NEIGHBOURS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4


def continued(pixels: Floats, unknown: NDArray[np.bool_], seed: int = 0) -> Floats:
    """Fill unknown pixels of `(H, W, 3)` as a membrane hung on all that is known around them.

    Light that falls off towards one side goes on falling off. The fill has as much noise as what
    lies around it.
    """
    if not unknown.any() or unknown.all():
        return pixels
    rows, columns = np.nonzero(unknown)
    reach = 16
    part = (
        slice(max(0, rows.min() - reach), rows.max() + reach + 1),
        slice(max(0, columns.min() - reach), columns.max() + reach + 1),
    )
    hole = unknown[part]
    if hole.all():
        part, hole = (slice(None), slice(None)), unknown
    filled = pixels.copy()
    smooth = _membrane(pixels[part], hole)
    noise = _noise(pixels[part], hole, seed)
    filled[part] = np.where(hole[..., None], np.clip(smooth + noise, 0, 1), pixels[part])
    return filled


def _membrane(pixels: Floats, hole: NDArray[np.bool_]) -> Floats:
    """Fill on a picture of half the size first, then let the fill settle on this one."""
    height, width = hole.shape
    if not hole.any():
        return pixels
    if max(height, width) <= 4:
        rest = pixels[~hole]
        return floats(np.where(hole[..., None], rest.mean(axis=0) if len(rest) else 0.5, pixels))
    size = (-(-width // 2), -(-height // 2))
    weight = floats(~hole)
    share = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    half = cv2.resize(pixels * weight[..., None], size, interpolation=cv2.INTER_AREA)
    half = floats(half / np.maximum(share, 1e-6)[..., None])
    coarse = cv2.resize(_membrane(half, share < 1e-3), (width, height))
    filled = floats(np.where(hole[..., None], coarse, pixels))
    for _ in range(_ROUNDS):
        around = cv2.filter2D(filled, -1, _NEIGHBOURS, borderType=cv2.BORDER_REPLICATE)
        filled = floats(np.where(hole[..., None], around, filled))
    return filled


def _noise(pixels: Floats, hole: NDArray[np.bool_], seed: int) -> Floats:
    """Return noise, `(H, W, 1)`, as strong as that of the smooth parts around a hole."""
    known = cv2.erode(floats(~hole), np.ones((5, 5), np.uint8)) > 0.5
    if known.sum() < 50:
        return np.zeros((*hole.shape, 1), np.float32)
    light = floats(pixels.mean(axis=2))
    rest = np.abs(light - cv2.GaussianBlur(light, (0, 0), 1.5))[known]
    sigma = float(np.percentile(rest, 35)) / 0.45  # low: edges are no noise
    rough = np.random.default_rng(seed).standard_normal(hole.shape).astype(np.float32)
    soft = cv2.GaussianBlur(rough, (0, 0), 0.7)
    return floats(min(sigma, 0.03) * soft / max(float(soft.std()), 1e-6))[..., None]
