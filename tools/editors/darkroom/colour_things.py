"""The things of one colour in a photo, and the colours that it has."""

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.colours import colour_mask
from editthinker.tools.editors.darkroom.light import floats, to_lab
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


def colours_in(pixels: Pixels) -> list[str]:
    """Return the names of the colours that a photo has, the most frequent first."""
    lab = to_lab(floats(shrunk(pixels, 128) / np.float32(255)))
    shares = {name: float((colour_mask(lab, name) > 0.5).mean()) for name in _NAMES}
    return [name for name in sorted(shares, key=lambda n: -shares[n]) if shares[name] > 0.03]
