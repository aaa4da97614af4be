"""Named colours: their values, and where a photo has them."""

import cv2
import numpy as np
from PIL import ImageColor

from editthinker.tools.editors.darkroom.light import (
    Floats,
    floats,
    from_lab,
    to_lab,
    to_linear,
    to_srgb,
)
from editthinker.tools.editors.darkroom.words import shades

_NEUTRAL = 10.0
"""Chroma below which a colour has no hue worth naming."""

_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)

_HUES = {
    "red": (-8, 46),
    "orange": (38, 80),
    "yellow": (70, 112),
    "green": (102, 175),
    "teal": (165, 235),
    "cyan": (165, 235),
    "blue": (230, 316),
    "purple": (295, 345),
    "pink": (325, 378),
    "brown": (25, 80),
}
"""Hue angles, in CIELAB degrees, that people mean by a word; other names: 25 around their own."""


def rgb_of(name: str) -> tuple[int, int, int]:
    """Return the sRGB values, 0 to 255, of a colour of `words.toml`: its shade, or else CSS's."""
    red, green, blue = ImageColor.getrgb(shades().get(name) or name.replace(" ", ""))[:3]
    return red, green, blue


def lab_of(name: str) -> Floats:
    """Return the CIELAB values of a named colour."""
    pixel = floats(np.array([[rgb_of(name)]]) / 255)
    return floats(to_lab(pixel)[0, 0])


def paler(lab: Floats, shares: Floats) -> Floats:
    """Return a colour with less and less colour, `(N, 3)` CIELAB, of the same hue to the eye.

    Oklab keeps hues where CIELAB turns blue to purple; its matrices are Ottosson's (2020).

    Args:
        lab: CIELAB values, `(3,)`.
        shares: What share of its colour to keep, `(N,)`.
    """
    light, a, b = _OKLAB @ np.cbrt(_LMS @ to_linear(from_lab(lab[None, None]))[0, 0])
    ok = np.stack([np.full_like(shares, light), shares * a, shares * b], axis=1)
    linear = (ok @ np.linalg.inv(_OKLAB).T) ** 3 @ np.linalg.inv(_LMS).T
    return floats(to_lab(to_srgb(floats(linear[None])))[0])


def hues_of(name: str) -> tuple[float, float]:
    """Return the least and greatest hue, in CIELAB degrees, that go by a name."""
    goal = lab_of(name)
    own = float(np.degrees(np.arctan2(goal[2], goal[1])))
    return _HUES.get(name, (own - 25, own + 25))


def colour_mask(lab: Floats, name: str) -> Floats:
    """Return where a picture, `(H, W, 3)` CIELAB, has a named colour: `(H, W)` in [0, 1].

    A colour word means more than its CSS value: red includes brick and wine. So hue decides for
    chromatic colours and lightness for the others, both with soft limits. Beside strong reds,
    faint ones such as skin do not count.
    """
    goal = lab_of(name)
    # Hue is noise where chroma is low, and JPEG stores it coarsely: look at it a little blurred.
    a, b = (cv2.GaussianBlur(lab[..., i], (0, 0), 1.0) for i in (1, 2))
    chroma = np.hypot(a, b)
    if float(np.hypot(goal[1], goal[2])) < _NEUTRAL:
        off = np.abs(lab[..., 0] - goal[0])
        mask = np.interp(chroma, [9, 18], [1, 0]) * np.interp(off, [22, 38], [1, 0])
        return floats(cv2.GaussianBlur(mask, (0, 0), 0.8))
    low, high = hues_of(name)
    middle, half = (low + high) / 2, (high - low) / 2
    off = np.abs((np.degrees(np.arctan2(b, a)) - middle + 180) % 360 - 180)
    mask = np.interp(off, [half - 3, half + 7], [1, 0]) * np.interp(chroma, [9, 16], [0, 1])
    if name == "brown":
        mask = mask * np.interp(lab[..., 0], [55, 68], [1, 0])
    if name == "yellow":  # a dull yellow that leans to red is tan, as fur and wood are
        hue = np.degrees(np.arctan2(b, a))
        tan = np.interp(hue, [71, 77], [1, 0]) * np.interp(lab[..., 0], [66, 78], [1, 0])
        mask = mask * (1 - tan)
    if name == "red":  # pale red is skin or pink
        mask = mask * np.interp(chroma / np.maximum(lab[..., 0], 1), [0.45, 0.65], [0, 1])
    if (mask > 0.5).any():
        strong = float(np.percentile(chroma[mask > 0.5], 90))
        # Of a vivid thing in deep shade little chroma is left.
        shaded = strong * np.interp(lab[..., 0], [4, 18], [0.4, 1])
        mask = mask * np.interp(chroma / shaded, [0.36, 0.52], [0, 1])
    return floats(cv2.GaussianBlur(mask, (0, 0), 0.8))
