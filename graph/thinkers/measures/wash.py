"""Colour laid over a whole picture: washes, neutral whites, the negative."""

import numpy as np
from numpy.typing import NDArray

from editthinker.graph.thinkers.measures.finding import Finding, credit, together
from editthinker.graph.thinkers.measures.lab import Floats, chroma, mean, shrink, to_lab
from editthinker.graph.thinkers.measures.rendition import third
from editthinker.graph.thinkers.measures.scene import COARSE_SIDE, Scene
from editthinker.tools.editors.darkroom.colours import lab_of
from editthinker.tools.editors.darkroom.recipe import Step

_NEUTRAL = 2.5
"""A cast, in units of colour, that nobody sees."""

_HAS = 0.5
"""Share of a full wash from which a photo has a colour anyway."""

_DEPTH = 0.6
"""Share of a named colour's chroma that the mid-tones of a full wash have."""


def measure_wash(scene: Scene, step: Step) -> Finding:
    """Measure how far the tones went towards a colour, or the dark and light ones to their own."""
    weights, light = scene.weights(step.region), scene.before[..., 0]
    parts = [(str(step.options["colour"]), weights)]
    if "dark" in step.options:
        parts = [
            (str(step.options["dark"]), third(light, weights, darkest=True)),
            (str(step.options["colour"]), third(light, weights, darkest=False)),
        ]
    # What other steps take from a colour, as fading does, or add to it is not the wash's.
    starts = [scene.before, scene.without(step)]
    ratios = [min(_share(scene, lab, *part, step.amount) for part in parts) for lab in starts]
    ratio = min(ratios, key=lambda ratio: abs(ratio - 1))
    if scene.also(step, "warmth", "saturation"):
        ratio = together(ratio)
    done = credit(ratio, step)
    names = " and ".join(name for name, _ in parts)
    verdict = "done" if done >= 0.8 else "too little" if ratio < 1 else "too much"
    sentence = f"A wash of {names}: {ratio:.0%} of what was asked, {verdict}."
    return Finding(step, done, sentence, ratio)


def _share(scene: Scene, first: Floats, name: str, weights: Floats, amount: float) -> float:
    goal = np.array(lab_of(name)[1:])
    size = float(np.hypot(*goal))
    way = goal / max(size, 1e-6)
    start, end = (
        mean(np.asarray(lab[..., 1:] @ way, np.float32), weights) for lab in (first, scene.after)
    )
    wanted = amount * (_DEPTH * size - 0.6 * start)
    if size < 10:  # grey washes take colour away
        start, end = (mean(chroma(lab), weights) for lab in (first, scene.after))
        wanted = -0.6 * amount * start
    ratio = (end - start) / (wanted if abs(wanted) > 3 else float(np.copysign(3, wanted or 1)))
    has = start > _HAS * _DEPTH * size and end > 0.8 * start
    return max(ratio, 1.0) if has else ratio


def measure_white_balance(scene: Scene, step: Step) -> Finding:
    """Measure what is left of the cast of the palest tones."""
    pale = _palest(scene.before, scene.weights(step.region))
    start, end = (
        float(np.hypot(*lab[pale][:, 1:].mean(axis=0))) for lab in (scene.before, scene.after)
    )
    if start < _NEUTRAL:
        done = float(np.interp(end, [_NEUTRAL, 3 * _NEUTRAL], [1, 0]))
        return Finding(step, done, f"The whites have hardly any cast ({end:.1f} now).")
    fall = (start - end) / start
    ratio = fall / (0.8 * min(1.0, 2 * step.amount))
    done = max(credit(min(ratio, 1.2), step), float(end < _NEUTRAL))
    verdict = "done" if done >= 0.8 else "too little"
    sentence = f"The cast of the whites fell from {start:.1f} to {end:.1f}, {verdict}."
    return Finding(step, done, sentence, ratio)


def _palest(lab: Floats, weights: Floats) -> NDArray[np.bool_]:
    """Return the third of the mid-tones that has least colour."""
    middle = (weights > 0.5) & (lab[..., 0] > 20) & (lab[..., 0] < 97)
    middle = middle if middle.any() else np.ones_like(middle)
    strength = chroma(lab)
    return middle & (strength <= np.percentile(strength[middle], 33))


def measure_invert(scene: Scene, step: Step) -> Finding:
    """Compare with the negative of the source."""
    negative = to_lab(255 - shrink(scene.source, COARSE_SIDE))
    weights = scene.weights(step.region)
    off = mean(np.asarray(np.linalg.norm(scene.after - negative, axis=2), np.float32), weights)
    done = float(np.interp(off, [8, 30], [1, 0]))
    verdict = "done" if done >= 0.8 else "not there yet"
    return Finding(step, done, f"The negative, {verdict}: it is off by {off:.0f} units of colour.")
