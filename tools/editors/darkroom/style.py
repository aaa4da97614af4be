"""Looks of other media: posterize, pencil sketch, watercolour, oil, cartoon, pixels."""

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.light import (
    Floats,
    Work,
    floats,
    from_lab,
    lightness,
    luminance,
    to_lab,
    to_linear,
)

_ROUGH = (0.4, 0.65)
"""Shares of an area that differs from pixel to pixel: the least, and from which it is rough."""

_CROWDED = 0.03
"""Mean darkness of lines, 0 to 1, from which there are too many of them for a drawing."""


def posterize(work: Work) -> Floats:
    """Leave few tones, from six at a slight amount to three at the strongest, and flat colours."""
    levels = round(3 + 7 * (1 - work.step.amount) ** 2)
    lab = to_lab(_flattened(work.pixels, 8))
    low, high = np.percentile(lab[..., 0], [1, 99])
    x = np.clip((lab[..., 0] - low) / max(float(high - low), 1.0), 0, 0.9999)
    lab[..., 0] = low + (high - low) * np.floor(x * levels) / max(levels - 1, 1)
    lab[..., 1:] = np.rint(lab[..., 1:] * 1.25 / 14) * 14
    return from_lab(lab)


def sketch(work: Work) -> Floats:
    """Draw edges and dark parts in pencil on white paper; the amount is the pressure."""
    light = lightness(luminance(to_linear(work.pixels))) / 100
    size = max(1.0, 0.006 * min(light.shape))
    around = cv2.GaussianBlur(light, (0, 0), size)
    lines = _thinned(np.clip((light + 0.12) / (around + 0.12), 0, 1))
    tones = np.clip(cv2.GaussianBlur(light, (0, 0), size), 0, 1)
    rng = np.random.default_rng(0)
    # Pencil strokes: noise drawn out along one diagonal.
    strokes = rng.standard_normal(light.shape).astype(np.float32)
    strokes = floats(cv2.filter2D(strokes, -1, np.eye(9, dtype=np.float32)[::-1] / 9))
    hatching = 1 - (1 - tones) ** 1.3 * (0.45 + 0.5 * strokes) * work.step.amount
    grey = np.clip(lines ** (3 + 7 * work.step.amount) * hatching, 0, 1).astype(np.float32)
    return np.repeat(grey[..., None] * np.float32(0.97), 3, axis=2)


def _thinned(lines: Floats) -> Floats:
    """Draw fewer lines where a texture would fill the paper with them.

    Args:
        lines: How light each pixel is beside those around it, 1 for paper.
    """
    dark = 1 - lines
    crowd = cv2.GaussianBlur(dark, (0, 0), max(2.0, 0.02 * min(dark.shape)))
    # Of a texture the strongest lines are drawn, the rest is left to the hatching.
    over = np.maximum(crowd - _CROWDED, 0)
    left = np.maximum(dark - 1.6 * over, 0) / (1 + 0.25 * over / _CROWDED)
    return floats(1 - left)


def watercolour(work: Work) -> Floats:
    """Run colours together in washes, darker at their rims, on a rough white paper."""
    amount = work.step.amount
    short = min(work.pixels.shape[:2])
    washes = _flattened(work.pixels, 6 + 0.05 * short * amount, 0.3 + 0.2 * amount)
    lab = to_lab(washes)
    light = lab[..., 0].copy()
    fine = max(0.8, 0.0018 * short)
    soft = cv2.GaussianBlur(light, (0, 0), fine)
    rim = np.hypot(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1))
    rim = cv2.GaussianBlur(np.minimum(rim, 50), (0, 0), fine)
    rng = np.random.default_rng(0)
    grain = rng.standard_normal(light.shape).astype(np.float32)
    paper = cv2.GaussianBlur(grain, (0, 0), 1.0)
    pools = floats(cv2.GaussianBlur(grain, (0, 0), max(2.0, 0.03 * short)))
    pools /= max(float(pools.std()), 1e-6)
    steps = np.rint(light / 14) * 14
    lab[..., 0] = 100 - (100 - 0.5 * (light + steps)) * 0.85
    lab[..., 0] += 2.5 * pools + 5 * paper - (0.25 + 0.5 * amount) * rim
    lab[..., 1:] *= 1.3
    return from_lab(lab)


def oil(work: Work) -> Floats:
    """Lay short, flat strokes along the edges; the amount is the size of the brush.

    Each pixel takes the mean of the calmest of four neighbouring squares (Kuwahara 1976).
    """
    size = max(2, round((0.004 + 0.012 * work.step.amount) * min(work.pixels.shape[:2])))
    light = luminance(work.pixels)
    box = (size + 1, size + 1)
    best = np.full(light.shape, np.inf, np.float32)
    painted = work.pixels.copy()
    for anchor in ((0, 0), (size, 0), (0, size), (size, size)):
        mean = cv2.blur(light, box, anchor=anchor)
        spread = cv2.blur(light * light, box, anchor=anchor) - mean * mean
        calmer = spread < best
        best = np.where(calmer, spread, best)
        painted = np.where(calmer[..., None], cv2.blur(work.pixels, box, anchor=anchor), painted)
    lab = to_lab(floats(painted))
    lab[..., 1:] *= 1.2
    return from_lab(lab)


def cartoon(work: Work) -> Floats:
    """Leave flat, strong colours between dark outlines; the amount is the weight of the lines."""
    # Leaves and fur are drawn as patches: what is smaller than these goes first.
    lab = to_lab(_flattened(_patched(work.pixels), 30, 0.35))
    light = lab[..., 0].copy()
    size = max(0.8, 0.003 * min(light.shape))
    fine, coarse = (cv2.GaussianBlur(light, (0, 0), size * scale) for scale in (1.0, 1.6))
    lines = np.clip((coarse - fine - 0.6) * (0.2 + 0.7 * work.step.amount), 0, 1)
    lab[..., 0] = np.rint(light / 12) * 12 * (1 - 0.9 * lines)
    lab[..., 1:] *= 1.35
    return from_lab(lab)


def _patched(pixels: Floats) -> Floats:
    """Draw rough areas in patches: each pixel is the middle one of those around it.

    A line that stands alone, such as a mast before the sky, stays.
    """
    short = min(pixels.shape[:2])
    fine = np.rint(pixels * 255).astype(np.uint8)
    patches = floats(cv2.medianBlur(fine, max(3, round(0.006 * short)) | 1) / np.float32(255))
    light = to_lab(pixels)[..., 0]
    rough = np.abs(light - cv2.GaussianBlur(light, (0, 0), max(1.0, 0.006 * short)))
    crowd = cv2.GaussianBlur(floats(rough > 5), (0, 0), max(2.0, 0.025 * short))
    share = floats(np.interp(crowd, _ROUGH, [0, 1]))
    return floats(pixels + share[..., None] * (patches - pixels))


def pixelate(work: Work) -> Floats:
    """Show the picture in square blocks of one colour; the amount is their size."""
    height, width = work.pixels.shape[:2]
    size = max(2, round((0.01 + 0.05 * work.step.amount) * min(height, width)))
    across, down = -(-width // size), -(-height // size)
    padded = cv2.copyMakeBorder(
        *(work.pixels, 0, down * size - height, 0, across * size - width, cv2.BORDER_REPLICATE)
    )
    blocks = cv2.resize(padded, (across, down), interpolation=cv2.INTER_AREA)
    return floats(np.repeat(np.repeat(blocks, size, 0), size, 1)[:height, :width])


def _flattened(pixels: Floats, size: float, tolerance: float = 0.25) -> Floats:
    """Smooth away texture, keep edges."""
    if min(pixels.shape[:2]) < 8:
        return pixels
    fine = np.rint(pixels * 255).astype(np.uint8)
    flat = cv2.edgePreservingFilter(fine, flags=cv2.RECURS_FILTER, sigma_s=size, sigma_r=tolerance)
    return floats(flat / np.float32(255))
