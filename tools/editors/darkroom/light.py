"""Light as numbers: sRGB, linear light, luminance and CIELAB, and how to stay within the gamut.

Pictures are `(H, W, 3) float32` in [0, 1]. `Y` is relative luminance in [0, 1], `L` is CIELAB
lightness in [0, 100], both D65.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from editthinker.tools.editors.darkroom.recipe import Step

Floats = NDArray[np.float32]

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
_FROM_XYZ = np.array(
    [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]], np.float32
)
_WHITE = np.array([0.95047, 1.0, 1.08883], np.float32)
_FINE = 65535
_STEPS = 32768
"""Lightnesses for which a curve is worked out."""

_CHUNK = 32_768
"""Values looked up at once: what lies between stays in the processor's cache, at half the time."""

_SAMPLE = 20_000
"""Pixels that are enough to find out how strong an effect must be."""


@dataclass(frozen=True)
class Work:
    """One step on one picture."""

    pixels: Floats
    """sRGB, `(H, W, 3)` in [0, 1]."""
    step: Step
    mask: Floats | None = None
    """Where the step applies, `(H, W)` in [0, 1]; None for everywhere."""
    seed: int = 0

    def sample(self) -> Floats:
        """Return some of the pixels that the step is about, `(N, 1, 3)`."""
        pixels = self.pixels.reshape(-1, 1, 3)
        if self.mask is not None and (self.mask > 0.5).any():
            pixels = pixels[(self.mask > 0.5).ravel()]
        return pixels[:: max(1, len(pixels) // _SAMPLE)]


def floats(values: npt.ArrayLike) -> Floats:
    """Return values as float32."""
    return np.asarray(values, np.float32)


def to_linear(srgb: Floats) -> Floats:
    """Return linear light of sRGB values."""
    return _look_up(_linear_table(), srgb)


def to_srgb(linear: Floats) -> Floats:
    """Return sRGB values of linear light; what lies outside [0, 1] is clipped."""
    return _look_up(_srgb_table(), linear)


def luminance(linear: Floats) -> Floats:
    """Return Y of linear light."""
    return floats(linear @ _LUMINANCE)


def lightness(y: Floats) -> Floats:
    """Return L of Y."""
    return _look_up(_lightness_table(), y)


def from_lightness(light: Floats) -> Floats:
    """Return Y of L."""
    f = (light + 16) / 116
    return floats(np.where(light > 8, f**3, light / 903.3))


def to_lab(srgb: Floats) -> Floats:
    """Return CIELAB of sRGB."""
    return floats(cv2.cvtColor(srgb, cv2.COLOR_RGB2Lab))


def from_lab(lab: Floats) -> Floats:
    """Return sRGB of CIELAB; colours that no screen can show lose chroma, not lightness."""
    light, a, b = np.clip(lab[..., 0], 0, 100), lab[..., 1], lab[..., 2]
    middle = (light + 16) / 116
    f = np.stack([middle + a / 500, middle, middle - b / 200], axis=-1)
    xyz = np.where(f > 6 / 29, f * f * f, (f - 4 / 29) * (108 / 841)) * _WHITE
    return to_srgb(fold(floats(xyz @ _FROM_XYZ.T)))


def fold(linear: Floats) -> Floats:
    """Pull colours outside the gamut towards the grey of their own luminance."""
    red, green, blue = linear[..., 0], linear[..., 1], linear[..., 2]
    high = np.maximum(np.maximum(red, green), blue)
    low = np.minimum(np.minimum(red, green), blue)
    out = np.flatnonzero((high > 1) | (low < 0))
    if not len(out):
        return linear
    folded = linear.reshape(-1, 3).copy()
    colours, high, low = folded[out], high.ravel()[out], low.ravel()[out]
    y = np.clip(luminance(colours), 0, 1)
    over = (1 - y) / np.maximum(high - y, 1e-6)
    under = y / np.maximum(y - low, 1e-6)
    keep = np.minimum(1, np.minimum(over, under))[:, None]
    folded[out] = y[:, None] + (colours - y[:, None]) * keep
    return folded.reshape(linear.shape)


def relight(pixels: Floats, curve: Callable[[Floats], Floats]) -> Floats:
    """Change L by a curve over L, keeping hue.

    The curve is worked out once for every lightness and looked up, which is fast on large photos.
    """
    linear = to_linear(pixels)
    # Closer together where it is dark, as lightness is.
    steps = np.linspace(0, 1, _STEPS, dtype=np.float32) ** 2
    gain, grey = _relighting(steps, curve(lightness(steps)))
    place = np.sqrt(np.maximum(luminance(linear), 0))
    return _relit(linear, _look_up(gain, place), _look_up(grey, place))


def shade(pixels: Floats, curve: Callable[[Floats], Floats]) -> Floats:
    """Change L by a curve that knows of each pixel's place, keeping hue.

    The curve takes and returns L of the whole picture, `(H, W)`.
    """
    linear = to_linear(pixels)
    y = luminance(linear)
    return _relit(linear, *_relighting(y, curve(lightness(y))))


def _relighting(y: Floats, light: Floats) -> tuple[Floats, Floats]:
    """Return what to multiply colours of luminance Y by, and the grey to add, for a new L.

    Colour follows the light, but less than fully: lifted shadows would glow and show their noise,
    darkened photos would go grey. The difference is made up with grey.
    """
    target = from_lightness(np.clip(light, 0, 100))
    gain = np.minimum(target / np.maximum(y, 1e-5), 5)
    gain = gain ** np.where(gain > 1, np.float32(0.7), np.float32(0.85))
    return floats(gain), floats(target - y * gain)


def _relit(linear: Floats, gain: Floats, grey: Floats) -> Floats:
    return to_srgb(fold(floats(linear * thrice(gain) + thrice(grey))))


def thrice(plane: Floats) -> Floats:
    """Return `(H, W, 3)` of one plane; numpy is slow with a last axis that it must stretch."""
    return floats(cv2.merge([plane, plane, plane]))


def solve(measure: Callable[[float], float], goal: float, low: float, high: float) -> float:
    """Return where a rising function reaches `goal`, or the nearer end of `[low, high]`."""
    for _ in range(18):
        middle = (low + high) / 2
        if measure(middle) < goal:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _look_up(table: Floats, values: Floats) -> Floats:
    flat, found = np.ravel(values), np.empty(values.size, np.float32)
    for start in range(0, flat.size, _CHUNK):
        index = flat[start : start + _CHUNK] * np.float32(len(table) - 1)
        index += np.float32(0.5)
        part = found[start : start + _CHUNK]
        np.take(table, index.astype(np.intp), mode="clip", out=part)
    return found.reshape(values.shape)


@lru_cache(maxsize=1)
def _linear_table() -> Floats:
    x = np.arange(_FINE + 1) / _FINE
    return np.where(x > 0.04045, ((x + 0.055) / 1.055) ** 2.4, x / 12.92).astype(np.float32)


@lru_cache(maxsize=1)
def _srgb_table() -> Floats:
    x = np.arange(_FINE + 1) / _FINE
    return np.where(x > 0.0031308, 1.055 * x ** (1 / 2.4) - 0.055, x * 12.92).astype(np.float32)


@lru_cache(maxsize=1)
def _lightness_table() -> Floats:
    y = np.arange(_FINE + 1) / _FINE
    return np.where(y > 216 / 24389, 116 * np.cbrt(y) - 16, y * 24389 / 27).astype(np.float32)
