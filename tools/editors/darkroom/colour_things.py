"""The things of one colour in a photo, and the colours that it has."""

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.colours import colour_mask, hues_of, lab_of
from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab
from editthinker.tools.images import Pixels
from editthinker.tools.vision.masks import Part, clean, part_of, shrunk, split

_SIDE = 400
"""Longest side on which the things are told apart, in pixels."""

_NAMES = (
    "red",
    "orange",
    "yellow",
    "green",
    "cyan",
    "blue",
    "purple",
    "pink",
    "brown",
    "black",
    "white",
    "grey",
)

_LEAST = 0.001
"""Share of the photo below which a colour counts as not there."""

_NEUTRAL = 10.0
"""Chroma below which a colour has no hue worth naming."""

_SAME_HUE = 4.0
"""Difference of hue, in degrees, up to which a fleck is of the colour of the large parts."""

_VERGE = 6.0
"""Degrees from the end of a colour's hues within which things may go by another name."""


def coloured_things(pixels: Pixels, name: str) -> list[Part]:
    """Return the things of a named colour in `(H, W, 3) uint8` pixels, the largest first.

    Patches that only thin lines or small gaps divide are one thing.
    """
    lab = to_lab(floats(pixels / np.float32(255)))
    mask = colour_mask(lab, name)
    rough = colour_mask(to_lab(floats(shrunk(pixels, _SIDE) / np.float32(255))), name)
    parts = []
    for blob in split(clean(rough), _LEAST, 0.08):
        height, width = mask.shape
        near = cv2.dilate(blob.mask, np.ones((5, 5), np.uint8))
        area = cv2.resize(near, (width, height), interpolation=cv2.INTER_LINEAR)
        own = floats(mask * np.clip(2 * area, 0, 1))
        if own.max() > 0.5 and own.mean() >= _LEAST:
            parts.append(part_of(own))
    return sorted(parts, key=lambda part: -part.area)


def matching(lab: Floats, name: str) -> Floats:
    """Return where a picture, `(H, W, 3)` CIELAB, has a colour, without flecks that verge on it.

    Wood under a red cup has flecks that are nearly brown: they have not the hue of the cup.
    """
    mask = colour_mask(lab, name)
    solid = (cv2.blur(mask, (3, 3)) > 0.3).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid)
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    areas[0] = 0
    if count < 3 or np.hypot(*lab_of(name)[1:]) < _NEUTRAL:
        return mask
    large = areas >= 0.12 * areas.max()
    # The hue of each part, weighted by chroma.
    sums = [
        np.bincount(labels.ravel(), (mask * lab[..., i]).ravel().astype(np.float64), count)
        for i in (1, 2)
    ]
    main = np.arctan2(sums[1][large].sum(), sums[0][large].sum())
    off = np.abs((np.degrees(np.arctan2(sums[1], sums[0]) - main) + 180) % 360 - 180)
    low, high = hues_of(name)
    aside = np.abs((np.degrees(np.arctan2(sums[1], sums[0])) - (low + high) / 2 + 180) % 360 - 180)
    kept = large | (off < _SAME_HUE) | (aside < (high - low) / 2 - _VERGE)
    return floats(mask * kept[labels])


def colours_in(pixels: Pixels) -> list[str]:
    """Return the names of the colours that a photo has, the most frequent first."""
    lab = to_lab(floats(shrunk(pixels, 128) / np.float32(255)))
    shares = {name: float((colour_mask(lab, name) > 0.5).mean()) for name in _NAMES}
    return [name for name in sorted(shares, key=lambda n: -shares[n]) if shares[name] > 0.03]
