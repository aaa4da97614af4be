"""Colour as such: hue turned, colour taken away, sepia."""

import numpy as np

from editthinker.graph.thinkers.measures.finding import Finding, credit
from editthinker.graph.thinkers.measures.lab import Floats, chroma, mean
from editthinker.graph.thinkers.measures.scene import Scene
from editthinker.tools.editors.darkroom.recipe import Step

_FAINT = 2.5
"""Mean chroma below which a person sees grey."""


def measure_black_and_white(scene: Scene, step: Step) -> Finding:
    """Check that no colour is left."""
    weights = scene.weights(step.region)
    start, left = mean(chroma(scene.before), weights), mean(chroma(scene.after), weights)
    if left < _FAINT:
        return Finding(step, 1.0, "Black and white, done.")
    less = float(np.clip(1 - left / max(start, 1.0), 0, 1))
    done = (float(np.interp(left, [_FAINT, 14], [1, 0])) + less) / 2 if less > 0.05 else 0.0
    return Finding(step, done, f"Not black and white: colourfulness {start:.0f}, now {left:.0f}.")


def measure_sepia(scene: Scene, step: Step) -> Finding:
    """Check for one warm brown tone in place of the photo's own colours."""
    weights = scene.weights(step.region)
    middle = weights * ((scene.after[..., 0] > 15) & (scene.after[..., 0] < 90))
    yellow, own = mean(scene.after[..., 2], middle), _own_colour(scene.after, weights)
    toned = float(np.clip(yellow / max(20 * step.amount, 4.0), 0, 1)) if yellow > 0 else 0.0
    room = max(_own_colour(scene.before, weights) - _FAINT, 1.0)
    plain = float(np.clip(1 - (own - _FAINT) / room, 0, 1))
    done = min(toned, plain)
    verdict = "done" if done >= 0.8 else "not there yet"
    return Finding(
        step,
        done,
        f"Sepia, {verdict}: yellow tone {yellow:.0f}, other colours left {own:.0f}.",
    )


def measure_hue(scene: Scene, step: Step) -> Finding:
    """Measure how far hues turned, weighted by how colourful the pixels are."""
    weights = scene.weights(step.region)
    asked = float(step.options["degrees"])
    before, after = (lab[..., 1] + 1j * lab[..., 2] for lab in (scene.before, scene.after))
    strength = weights * np.sqrt(np.abs(before) * np.abs(after))
    if mean(strength, weights) < _FAINT:
        return Finding(step, 0.0, "Hue: the photo has no colours to turn.", 0.0)
    spin = np.exp(1j * (np.angle(after) - np.angle(before)))
    turned = float(np.degrees(np.angle((spin * strength).sum())))
    turned = asked + (turned - asked + 180) % 360 - 180
    if abs(turned - 360 * np.sign(asked)) < 0.2 * abs(asked) and abs(asked) > 180:
        turned = asked
    ratio = turned / asked if asked else 1.0
    done = credit(ratio, Step("hue"))
    return Finding(step, done, f"Hues turned by {turned:.0f} of {asked:.0f} degrees asked.", ratio)


def _own_colour(lab: Floats, weights: Floats) -> float:
    """Return the spread of colour among pixels of equal lightness."""
    bins = np.clip(lab[..., 0] // 10, 0, 9).astype(int)
    spread = total = 0.0
    for level in range(10):
        inside = (weights * (bins == level)).astype(np.float32)
        share = float(inside.sum())
        if share < 1:
            continue
        centre = [mean(lab[..., channel], inside) for channel in (1, 2)]
        distance = np.hypot(lab[..., 1] - centre[0], lab[..., 2] - centre[1])
        spread += share * mean(distance, inside)
        total += share
    return spread / total if total else 0.0
