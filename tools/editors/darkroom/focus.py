"""How sharp a picture is: sharpen, blur, denoise, grain."""

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.light import (
    Floats,
    Work,
    floats,
    from_lab,
    to_lab,
    to_linear,
    to_srgb,
)
from editthinker.tools.editors.darkroom.matte import eroded, feather
from editthinker.tools.images import Pixels


def sharpen(work: Work) -> Floats:
    """Strengthen edges of L, sparing noise and without bright halos."""
    lab = to_lab(work.pixels)
    light = lab[..., 0]
    sigma = max(0.9, 0.0018 * min(light.shape))
    detail = light - cv2.GaussianBlur(light, (0, 0), sigma)
    detail *= np.abs(detail) / (np.abs(detail) + 0.6)
    kernel = np.ones((3, 3), np.uint8)
    low, high = cv2.erode(light, kernel) - 5, cv2.dilate(light, kernel) + 5
    lab[..., 0] = np.clip(light + 4 * work.step.amount * detail, low, high)
    return from_lab(lab)


def blur(work: Work) -> Floats:
    """Blur light, not numbers, so that small lights stay bright; sigma grows with the amount.

    What lies outside the mask does not bleed into it, nor do pixels along the edge, which hold
    some of it.
    """
    sigma = 0.012 * min(work.pixels.shape[:2]) * work.step.amount / 0.5
    if sigma < 0.2:
        return work.pixels
    linear = to_linear(work.pixels)
    if work.mask is None:
        return to_srgb(_gaussian(linear, sigma))
    core = eroded(floats(work.mask > 0.97), feather(work.mask.shape))
    inside = np.maximum(core, 1e-4 * work.mask + 1e-7)[..., None]
    return to_srgb(_gaussian(linear * inside, sigma) / _gaussian(inside, sigma)[..., None])


def denoise(work: Work) -> Floats:
    """Average alike patches (non-local means), as strongly as the noise that is there needs."""
    amount = work.step.amount
    pixels = np.rint(work.pixels * 255).astype(np.uint8)
    if min(pixels.shape[:2]) < 8:
        return work.pixels
    strength = (0.5 + 1.6 * amount) * max(_noise(pixels), 5.0)
    clean = cv2.fastNlMeansDenoisingColored(
        np.ascontiguousarray(pixels), None, strength, 1.3 * strength, 5, 15
    )
    return floats(clean / np.float32(255))


def grain(work: Work) -> Floats:
    """Add the monochrome grain of film, finest in highlights and deep shadows; uses the seed."""
    lab = to_lab(work.pixels)
    height, width = lab.shape[:2]
    size = max(0.5, min(height, width) / 1400)
    noise = np.random.default_rng(work.seed).standard_normal((height, width)).astype(np.float32)
    noise = floats(cv2.GaussianBlur(noise, (0, 0), size))
    noise /= max(float(noise.std()), 1e-6)
    x = lab[..., 0] / 100
    lab[..., 0] += 14 * work.step.amount * noise * (0.35 + 2.6 * x * (1 - x))
    return from_lab(lab)


def _noise(pixels: Pixels) -> float:
    """Return the standard deviation of the noise in grey values, by a filter blind to edges."""
    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    rough = np.abs(cv2.filter2D(grey, cv2.CV_32F, kernel))
    return float(np.median(rough)) / 0.6745 / 6


def _gaussian(plane: Floats, sigma: float) -> Floats:
    return floats(cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REFLECT))
