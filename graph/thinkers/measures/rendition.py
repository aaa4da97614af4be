"""What a careful person would expect the asked edit to look like, in numbers.

The rendition is small and in CIELAB. It is a yardstick, not an editor: it sets the wanted change of
every measured figure on this very photo, with its headroom and with the other steps in place.
"""

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.lab import Floats, displayable, mean
from editthinker.tools.editors.darkroom.colours import lab_of
from editthinker.tools.editors.darkroom.light import from_lab
from editthinker.tools.editors.darkroom.recipe import Operation, Step
from editthinker.tools.editors.darkroom.target import Target

_WASHED = 0.6
"""Share of its own chroma that a full wash gives to the tones, and takes from what they had."""

_SHOULDER = 45.0
"""Distance in L* from white, or black, within which brightening, or darkening, moves tones less."""


def render(before: Floats, steps: tuple[Step, ...], regions: Mapping[Target, Floats]) -> Floats:
    """Return `before` (CIELAB) with the steps that change tone or colour of whole regions."""
    lab = before
    for step in steps:
        if rule := _RULES.get(step.operation):
            mask = regions[step.region][..., None]
            changed = lab + mask * (rule(lab, step, regions[step.region]) - lab)
            lab = displayable(np.asarray(changed, np.float32))
    return lab


def lift(amount: float, left: float) -> float:
    """Return by how much mean L* should move on a photo that is `left` from white, or from black.

    A photo that is bright already goes no further than a part of the way.
    """
    return min(40 * amount, (0.25 + 0.4 * amount) * left)


def corners(shape: tuple[int, ...]) -> Floats:
    """Return how far out each pixel lies: 0 up to half way to the corners, 1 in the corners."""
    height, width = shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.asarray(np.clip(np.hypot(x, y) / np.sqrt(2) * 2 - 1, 0, 1), np.float32)


def third(plane: Floats, weights: Floats, *, darkest: bool) -> Floats:
    """Return weights of the darkest or brightest third of the pixels that have weight."""
    share = 100 / 3 if darkest else 200 / 3
    values = plane[weights > 0.5]
    if not values.size:
        return weights
    edge = np.percentile(values, share)
    inside = plane <= edge if darkest else plane >= edge
    return weights * inside.astype(np.float32)


def _with_lightness(lab: Floats, lightness: Floats) -> Floats:
    return np.dstack([np.clip(lightness, 0, 100), lab[..., 1:]]).astype(np.float32)


def _brightness(lab: Floats, step: Step, mask: Floats) -> Floats:
    """Shift the tones; those near the end that they go to move less and keep their differences."""
    plane = lab[..., 0]
    left = 100 - plane if step.amount > 0 else plane
    room = np.clip(left / _SHOULDER, 0, 1)
    share = mean(np.asarray(room, np.float32), mask)
    shift = float(np.copysign(lift(abs(step.amount), mean(left, mask)), step.amount))
    moved = plane + shift * room / max(share, 0.3)
    # With the light goes colour, though less of it.
    faded = np.sqrt(np.clip(moved / np.maximum(plane, 1), 0.1, 1))[..., None]
    return _with_lightness(np.asarray(lab * faded, np.float32), moved)


def _exposure(lab: Floats, step: Step, _: Floats) -> Floats:
    rgb = np.power(from_lab(lab), 2.2) * 2 ** (2 * step.amount)
    shown = np.power(np.clip(rgb, 0, 1), 1 / 2.2).astype(np.float32)
    return np.asarray(cv2.cvtColor(shown, cv2.COLOR_RGB2LAB), np.float32)


def _contrast(lab: Floats, step: Step, mask: Floats) -> Floats:
    factor = 1 + step.amount if step.amount > 0 else 1 - abs(step.amount)
    middle = mean(lab[..., 0], mask)
    return _with_lightness(lab, middle + (lab[..., 0] - middle) * factor)


def _shadows(lab: Floats, step: Step, mask: Floats) -> Floats:
    return _partial(lab, step, mask, darkest=True)


def _highlights(lab: Floats, step: Step, mask: Floats) -> Floats:
    return _partial(lab, step, mask, darkest=False)


def _partial(lab: Floats, step: Step, mask: Floats, *, darkest: bool) -> Floats:
    plane = lab[..., 0]
    low, high = np.percentile(plane[mask > 0.5], [33, 67]) if (mask > 0.5).any() else (33, 67)
    spread = max(float(high - low), 5.0)
    distance = (high - plane) / spread if darkest else (plane - low) / spread
    # Nothing can be brought back from pure black, nor from pure white.
    left = plane if darkest else 100 - plane
    brought_back = np.clip((left + 2) / 12, 0.25, 1) if (step.amount > 0) == darkest else 1.0
    return _with_lightness(lab, plane + 30 * step.amount * np.clip(distance, 0, 1) * brought_back)


def _saturation(lab: Floats, step: Step, _: Floats) -> Floats:
    factor = 1 + 1.2 * step.amount if step.amount > 0 else 1 + step.amount
    return lab * np.array([1, factor, factor], np.float32)


def _warmth(lab: Floats, step: Step, _: Floats) -> Floats:
    return lab + np.array([0, 0, 24 * step.amount], np.float32)


def _tint(lab: Floats, step: Step, _: Floats) -> Floats:
    return lab + np.array([0, 20 * step.amount, 0], np.float32)


def _hue(lab: Floats, step: Step, _: Floats) -> Floats:
    angle = np.radians(float(step.options["degrees"]))
    a, b = lab[..., 1], lab[..., 2]
    turned = (a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle))
    return np.dstack([lab[..., 0], *turned]).astype(np.float32)


def _black_and_white(lab: Floats, _: Step, __: Floats) -> Floats:
    return lab * np.array([1, 0, 0], np.float32)


def _sepia(lab: Floats, _: Step, __: Floats) -> Floats:
    depth = np.sin(np.pi * lab[..., 0] / 100)
    return np.dstack([lab[..., 0], 4 * depth, 20 * depth]).astype(np.float32)


def _wash(lab: Floats, step: Step, _: Floats) -> Floats:
    """Take a part of the colours for one, or for one in the dark and one in the light tones."""
    over = np.array(lab_of(str(step.options["colour"]))[1:], np.float32)
    under = np.array(lab_of(str(step.options.get("dark", step.options["colour"])))[1:], np.float32)
    share = np.interp(lab[..., 0], [25, 75], [0, 1])[..., None]
    goal = _WASHED * (under + share * (over - under))
    laid = lab[..., 1:] + step.amount * (goal - _WASHED * lab[..., 1:])
    return np.dstack([lab[..., 0], laid]).astype(np.float32)


def _vignette(lab: Floats, step: Step, _: Floats) -> Floats:
    # On a dark photo there is less to take: corners never lose more than most of their light.
    loss = np.minimum(60 * step.amount, 0.8 * lab[..., 0])
    return _with_lightness(lab, lab[..., 0] - loss * corners(lab.shape))


def _blur(lab: Floats, step: Step, _: Floats) -> Floats:
    sigma = 0.024 * step.amount * min(lab.shape[:2])
    return np.asarray(cv2.GaussianBlur(lab, (0, 0), max(sigma, 0.05)), np.float32)


_RULES: Mapping[Operation, Callable[[Floats, Step, Floats], Floats]] = {
    "brightness": _brightness,
    "exposure": _exposure,
    "contrast": _contrast,
    "shadows": _shadows,
    "highlights": _highlights,
    "saturation": _saturation,
    "warmth": _warmth,
    "tint": _tint,
    "hue": _hue,
    "black-and-white": _black_and_white,
    "sepia": _sepia,
    "wash": _wash,
    "vignette": _vignette,
    "blur": _blur,
}

RENDERED = frozenset(_RULES)
"""Steps that the rendition shows."""
