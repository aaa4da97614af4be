"""Harm to the picture itself: lost highlights and shadows, lost detail, noise, halos, banding."""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.graph.thinkers.measures.finding import Damage
from editthinker.graph.thinkers.measures.focus import detail_gain, flat_areas, noise
from editthinker.graph.thinkers.measures.lab import Floats, mean
from editthinker.graph.thinkers.measures.patches import find_traces
from editthinker.graph.thinkers.measures.preservation import EXCHANGED
from editthinker.graph.thinkers.measures.scene import Scene
from editthinker.graph.thinkers.measures.style import flatness
from editthinker.tools.editors.darkroom.light import from_lab
from editthinker.tools.editors.darkroom.recipe import REDRAWING, Operation
from editthinker.tools.editors.darkroom.target import PHOTO
from editthinker.tools.images import Pixels

_SOFTENING: frozenset[Operation] = REDRAWING | {"blur", "denoise", "fill"}
_BRIGHTER: frozenset[Operation] = frozenset({"brightness", "exposure", "contrast", "highlights"})
_DARKER: frozenset[Operation] = frozenset(
    {"brightness", "exposure", "contrast", "shadows", "vignette"}
)


_NEARLY, _DRAWN = 95.5, 88.0
"""L* from which on hardly any drawing is seen, and up to which all of it is."""


_DETAIL = (0.7, 2.0)
"""Deviation of L* within a few pixels of what has no drawing, and of what has one."""


def find_damage(scene: Scene) -> list[Damage]:
    """Return every kind of harm that the steps do not explain."""
    asked = {step.operation for step in scene.recipe.steps}
    damage: list[Damage] = []
    if not asked & (REDRAWING | EXCHANGED | {"grain", "invert"}):
        damage += _clipping(scene)
    if not asked & (_SOFTENING | EXCHANGED):
        damage += _softness(scene)
    elif "denoise" in asked and not asked & ((_SOFTENING | EXCHANGED) - {"denoise"}):
        damage += _lost_outlines(scene)
    if not asked & (REDRAWING | EXCHANGED | {"grain"}):
        damage += _noise(scene)
    if not asked & (REDRAWING | EXCHANGED | {"grain", "invert"}):
        damage += _halos(scene)
    if not asked & (REDRAWING | EXCHANGED | {"border"}):
        damage += _banding(scene)
    damage += _resolution(scene)
    damage += find_traces(scene)
    return [harm for harm in damage if harm.points >= 0.1]


class _Extremes(NamedTuple):
    """Weakest and strongest channel of each pixel."""

    low: Pixels
    high: Pixels


def _extremes(pixels: Pixels) -> _Extremes:
    red, green, blue = cv2.split(pixels)
    low, high = (
        np.asarray(choose(choose(red, green), blue), np.uint8) for choose in (cv2.min, cv2.max)
    )
    return _Extremes(low, high)


def _clipping(scene: Scene) -> Iterator[Damage]:
    weights = scene.fine_weights()
    # What was nearly white or nearly black loses little when it becomes so.
    light = scene.fine_before
    bright = (weights * np.interp(light, [86, 98], [1, 0.15])).astype(np.float32)
    dark = (weights * np.interp(light, [2, 14], [0.15, 1])).astype(np.float32)
    area = max(float(weights.sum()), 1.0)
    before, after = (_extremes(pixels) for pixels in (scene.source, scene.edited))
    white = _new(before.low >= 252, after.low >= 252, bright) / area
    black = _new(before.high <= 4, after.high <= 4, dark) / area
    one = _new(before.high >= 254, after.high >= 254, weights) / area - white
    shown = from_lab(scene.ideal)
    # A strong edit that was asked for may cost a little of both ends.
    free_white = 0.005 + 0.5 * mean((shown.min(axis=2) > 0.99).astype(np.float32), scene.weights())
    free_black = 0.01 + 0.5 * mean((shown.max(axis=2) < 0.015).astype(np.float32), scene.weights())
    yield Damage(
        _points(white - free_white),
        f"{white:.1%} of the pixels are newly blown out.",
        _BRIGHTER,
    )
    if not {step.operation for step in scene.recipe.steps} & {"recolour", "hue", "wash", "sepia"}:
        yield Damage(
            # One full channel is seen only where much is lost to it.
            _points(0.25 * (one - 0.03)),
            f"{one:.1%} of the pixels newly have one colour at its limit.",
            _BRIGHTER | {"saturation", "warmth", "tint"},
        )
    yield Damage(
        _points(black - free_black),
        f"{black:.1%} of the pixels are newly pure black.",
        _DARKER,
    )
    yield from _drowned(scene)


def _drowned(scene: Scene) -> Iterator[Damage]:
    """Look for parts that are nearly white or black now, and have lost their drawing."""
    weights, shown = scene.fine_weights(), scene.weights()
    before, after, ideal = scene.fine_before, scene.fine_after, scene.ideal[..., 0]
    fine = cv2.blur((before - cv2.blur(before, (9, 9))) ** 2, (9, 9))
    # A pale sky has little to lose.
    drawn = np.interp(np.sqrt(np.maximum(fine, 0)), _DETAIL, [0.25, 1]).astype(np.float32)
    for name, near, far, causes in (
        ("white", _NEARLY, _DRAWN, _BRIGHTER),
        ("black", 100 - _NEARLY, 100 - _DRAWN, _DARKER),
    ):
        sign = 1 if name == "white" else -1
        gone = (sign * (after - near) > 0) & (sign * (far - before) > 0)
        new = np.asarray(gone * drawn, np.float32)
        # A part of what the edit would drown if it were done with care is no fault of it.
        free = 0.25 * mean(np.asarray(sign * (ideal - near) > 0, np.float32), shown)
        share = mean(new, weights) - free - 0.012
        yield Damage(
            float(np.interp(share, [0, 0.06, 0.15, 0.4], [0, 1.5, 3, 6])),
            f"{mean(new, weights):.0%} of the photo drowned in {name}.",
            causes,
        )


def _points(share: float) -> float:
    return float(np.interp(share, [0, 0.02, 0.06, 0.15, 0.4], [0, 0.8, 2, 3.5, 6]))


def _new(before: NDArray[np.bool_], after: NDArray[np.bool_], weights: Floats) -> float:
    return float(weights[after & ~before].sum())


def _softness(scene: Scene) -> Iterator[Damage]:
    asked = {step.operation for step in scene.recipe.steps}
    moved = bool(asked & {"rotate", "straighten", "crop"})
    gain = detail_gain(scene)
    points = float(np.interp(gain, [0.3, 0.6, 0.65 if moved else 0.85], [6, 3, 0]))
    yield Damage(points, f"Fine detail fell to {gain:.0%}.", _DARKER | {"denoise", "blur"})


def _lost_outlines(scene: Scene) -> Iterator[Damage]:
    """Look at what is too strong and too wide to be noise."""
    start, end = (
        cv2.GaussianBlur(plane, (0, 0), 1.5) - cv2.GaussianBlur(plane, (0, 0), 4.0)
        for plane in (scene.fine_before, scene.fine_after)
    )
    strong = np.asarray(np.abs(start) >= np.percentile(np.abs(start), 90), np.float32)
    strong *= scene.fine_weights()
    left = mean(np.abs(end), strong) / max(mean(np.abs(start), strong), 0.5)
    points = float(np.interp(left, [0.4, 0.6, 0.8], [6, 3, 0]))
    yield Damage(points, f"Outlines fell to {left:.0%}.", frozenset({"denoise"}))


def _noise(scene: Scene) -> Iterator[Damage]:
    areas = flat_areas(scene)
    start, end = noise(scene.fine_before, areas), noise(scene.fine_after, areas)
    # Lifting dark areas and raising contrast lift their noise as well.
    added = end - 1.6 * start
    points = float(np.interp(added, [0.8, 2, 5, 10], [0, 1.5, 4, 6]))
    yield Damage(
        points,
        f"Noise in smooth areas rose from {start:.1f} to {end:.1f} L*.",
        frozenset({"sharpen", "contrast", "shadows", "brightness", "exposure"}),
    )


def _halos(scene: Scene) -> Iterator[Damage]:
    window = np.ones((7, 7), np.uint8)
    before, after = scene.fine_before, scene.fine_after
    if all(step.region == PHOTO for step in scene.recipe.steps):
        before = _as_toned(before, after)
    high, low = cv2.dilate(before, window), cv2.erode(before, window)
    contrast = max(float(after.std()) / max(float(before.std()), 1.0), 1.0)
    shift = cv2.blur(after, (31, 31)) - cv2.blur(before, (31, 31))
    room = 10 * contrast + (contrast - 1) * np.abs(before - before.mean())
    over = np.maximum(after - shift - high, low - (after - shift)) > room
    steep = (high - low) > 15
    share = mean((over & steep).astype(np.float32), scene.fine_weights())
    yield Damage(
        float(np.interp(share, [0.01, 0.04, 0.12], [0, 2, 5])),
        f"Bright or dark rims stand along {share:.1%} of the photo.",
        frozenset({"sharpen", "shadows", "highlights"}),
    )


def _as_toned(before: Floats, after: Floats) -> Floats:
    """Return the source with the curve of tones that the edit has: what one explains is no rim."""
    levels = np.rint(before).astype(np.intp).ravel()
    counts = np.bincount(levels, minlength=101)
    sums = np.bincount(levels, weights=after.ravel().astype(np.float64), minlength=101)
    known = np.nonzero(counts > 0)[0]
    curve = np.maximum.accumulate(sums[known] / counts[known])
    return np.asarray(np.interp(before, known, curve), np.float32)


def _banding(scene: Scene) -> Iterator[Damage]:
    rise = flatness(scene.edited) - flatness(scene.source)
    asked = {step.operation for step in scene.recipe.steps}
    free = 0.45 if asked & {"contrast", "brightness", "exposure", "black-and-white"} else 0.3
    points = float(np.interp(rise, [free, free + 0.3], [0, 4]))
    yield Damage(points, "Smooth tones broke into steps.", frozenset({"contrast"}))


def _resolution(scene: Scene) -> Iterator[Damage]:
    if {step.operation for step in scene.recipe.steps} & {"crop", "rotate", "straighten"}:
        return
    smaller = (
        scene.size_after[0] * scene.size_after[1] / (scene.size_before[0] * scene.size_before[1])
    ) ** 0.5
    points = float(np.interp(smaller, [0.3, 0.6, 0.9], [5, 2, 0]))
    yield Damage(points, f"The picture is smaller: {scene.size_after[0]} pixels wide.")
