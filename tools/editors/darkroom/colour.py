"""Which colours a picture has: saturation, warmth, tint, hue, monochrome, recolouring."""

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.colour_things import matching
from editthinker.tools.editors.darkroom.dye import dye
from editthinker.tools.editors.darkroom.light import (
    Floats,
    Work,
    floats,
    fold,
    from_lab,
    luminance,
    solve,
    thrice,
    to_lab,
    to_linear,
    to_srgb,
)
from editthinker.tools.errors import EditRefusedError

VESSELS = frozenset(
    {"cup", "bowl", "wine glass", "saucer", "plate", "dish", "pot", "jug", "bucket"}
)
"""Things that hold others, which keep their colour when the vessel gets another."""

_VIVID = 14.0
"""Chroma from which a vessel has a colour that tells it from white."""

_CONTACT, _LEAST_OUTSIDE = 0.05, 0.1
"""Share of the edge of a vessel that its outside has, and share of all that it is."""

_RIM = 0.025
"""Thickness, in sides of a vessel, of what its outside must be thicker than."""

_PATCH, _MOSTLY = 0.02, 0.25
"""Share of a thing up to which it has not the colour it was said to have, and from which all of it
is meant: between them are the red stripes of a flag."""

_LEAST_SHARE = 0.001
"""Share of the photo below which a colour counts as not there."""


def saturation(work: Work) -> Floats:
    """Multiply the mean chroma by 1 + 1.2 times the amount, or by 1 + a negative amount."""
    amount = work.step.amount
    sample = work.sample()
    share = 1 + 1.2 * amount if amount > 0 else 1 + amount
    goal = _mean_chroma(sample) * share
    factor = solve(lambda f: _mean_chroma(_with_colour(sample, f)), goal, 0, 6) if share else 0.0
    return _with_colour(work.pixels, factor)


def warmth(work: Work) -> Floats:
    """Move the mean b* by 24 times the amount, as another colour of the light would."""
    return _balanced(work, np.array([0.35, 0.0, -1.0], np.float32), 2, 24 * work.step.amount)


def tint(work: Work) -> Floats:
    """Move the mean a* by 20 times the amount: magenta is positive, green negative."""
    return _balanced(work, np.array([0.5, -0.5, 0.5], np.float32), 1, 20 * work.step.amount)


def hue(work: Work) -> Floats:
    """Turn all hues by an angle in CIELAB."""
    angle = np.radians(float(work.step.options["degrees"]))
    lab = to_lab(work.pixels)
    a, b = lab[..., 1].copy(), lab[..., 2].copy()
    lab[..., 1] = a * np.cos(angle) - b * np.sin(angle)
    lab[..., 2] = a * np.sin(angle) + b * np.cos(angle)
    return from_lab(lab)


def black_and_white(work: Work) -> Floats:
    """Keep L, drop the colours."""
    grey = to_srgb(luminance(to_linear(work.pixels)))
    return np.repeat(grey[..., None], 3, axis=2)


def sepia(work: Work) -> Floats:
    """Tone in one warm brown, strongest in the mid-tones, by the amount."""
    lab = to_lab(work.pixels)
    x = lab[..., 0] / 100
    depth = np.sqrt(np.clip(4 * x * (1 - x), 0, 1)) * work.step.amount * 2
    lab[..., 1], lab[..., 2] = 8 * depth, 24 * depth
    return from_lab(lab)


def recolour(work: Work) -> Floats:
    """Turn a thing, or what has one named colour, into another colour.

    Raises:
        EditRefusedError: if the photo has nothing of that colour.
    """
    options = work.step.options
    target = str(options["target"])
    mask = np.ones(work.pixels.shape[:2], np.float32) if work.mask is None else work.mask
    own = work.step.region.colour
    if not own and work.step.region.name in VESSELS and "source" not in options:
        mask = _outside_of(work.pixels, mask)
    source = str(options.get("source", own))
    if not source:
        return dye(work.pixels, floats(mask), target)
    part = mask * matching(to_lab(work.pixels), source)
    share = float(part.sum() / max(mask.sum(), 1e-6))
    if work.step.region.kind == "object" and not _PATCH < share < _MOSTLY:
        # A red cup is red in its shade, too, and what was called navy may be black.
        if own and work.step.region.name in VESSELS:
            mask = _outside_of(work.pixels, mask)
        return dye(work.pixels, floats(mask), target, floats(part) if share > _PATCH else None)
    if part.mean() < _LEAST_SHARE and "source" in options:
        raise EditRefusedError(f"there is nothing {source} in the photo to turn {target}")
    return dye(work.pixels, floats(part), target)


def _outside_of(pixels: Floats, mask: Floats) -> Floats:
    """Return the coloured outside of a vessel: what lies within a white rim is what it holds.

    All of a vessel that has no colour, or holds nothing that can be told from it.
    """
    lab = cv2.GaussianBlur(to_lab(pixels), (0, 0), 1.2)
    inside = mask > 0.5
    # What lies in the shade has less colour than what is lit.
    least = np.minimum(_VIVID, 0.6 * lab[..., 0] + 3)
    vivid = inside & (np.hypot(lab[..., 1], lab[..., 2]) > least)
    edge = inside & (cv2.erode(mask, np.ones((7, 7), np.uint8), borderValue=0) <= 0.5)
    count, labels = cv2.connectedComponents(vivid.astype(np.uint8))
    touching = np.bincount(labels[edge], minlength=count) > _CONTACT * edge.sum()
    touching[0] = False
    # What is thin runs along the rim: there the mask took in what lies behind.
    size = max(3, round(_RIM * float(inside.sum()) ** 0.5)) | 1
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    solid = cv2.morphologyEx(touching[labels].astype(np.uint8), cv2.MORPH_OPEN, shape)
    outside = touching[labels] & (cv2.dilate(solid, shape) > 0)
    if outside.sum() < _LEAST_OUTSIDE * inside.sum() or outside.sum() > 0.9 * vivid.sum():
        return mask
    near = cv2.dilate(outside.astype(np.uint8), np.ones((3, 3), np.uint8))
    return floats(mask * cv2.GaussianBlur(floats(near), (0, 0), 0.8))


def _with_colour(pixels: Floats, factor: float) -> Floats:
    """Scale the distance from grey in linear light, ever less towards the edge of the gamut."""
    linear = to_linear(pixels)
    y = luminance(linear)
    if factor > 1:
        red, green, blue = linear[..., 0], linear[..., 1], linear[..., 2]
        high = np.maximum(np.maximum(red, green), blue) - y
        low = y - np.minimum(np.minimum(red, green), blue)
        most = np.minimum((1 - y) / np.maximum(high, 1e-6), y / np.maximum(low, 1e-6))
        room = np.clip(most - 1, 1e-3, 1e3)
        scale = floats(1 + room * (1 - np.exp((1 - factor) / room)))
    else:
        scale = np.full_like(y, factor)
    grey = thrice(y)
    return to_srgb(floats(grey + (linear - grey) * thrice(scale)))


def _mean_chroma(pixels: Floats) -> float:
    lab = to_lab(pixels)
    return float(np.hypot(lab[..., 1], lab[..., 2]).mean())


def _balanced(work: Work, direction: Floats, channel: int, shift: float) -> Floats:
    """Scale the channels of light along `direction` until a Lab channel's mean has moved."""

    def balance(linear: Floats, strength: float) -> Floats:
        scaled = floats(cv2.transform(linear, np.diag(np.exp(direction * np.float32(strength)))))
        y = floats(luminance(linear) / np.maximum(luminance(scaled), 1e-6))
        return to_srgb(fold(floats(scaled * thrice(y))))

    sample = to_linear(work.sample())

    def measure(strength: float) -> float:
        return float(to_lab(balance(sample, strength))[..., channel].mean())

    strength = solve(measure, measure(0) + shift, -2.5, 2.5)
    return balance(to_linear(work.pixels), strength)
