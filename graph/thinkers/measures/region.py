"""One colour, or the colour of one thing, turned into another."""

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.alignment import correlation
from editthinker.graph.thinkers.measures.finding import Finding
from editthinker.graph.thinkers.measures.lab import Floats, mean, to_lab
from editthinker.graph.thinkers.measures.palette import LOOSE, belongs, told_as
from editthinker.graph.thinkers.measures.scene import Scene
from editthinker.graph.thinkers.measures.vessels import outside_of
from editthinker.tools.editors.darkroom.colour import VESSELS
from editthinker.tools.editors.darkroom.recipe import Step

_LEAST_COLOUR, _LEAST_THING = 0.002, 0.0002
"""Shares of the photo below which a colour, or a thing, is not there to be judged."""


def recoloured(scene: Scene, step: Step) -> Floats:
    """Return the soft mask of the source pixels that a recolouring is about."""
    weights = scene.weights(step.region)
    if "source" not in step.options:
        seen = step.region in scene.sights and step.region.name in VESSELS
        outside = outside_of(scene.before, weights) if seen and not step.region.colour else None
        return weights if outside is None else outside
    mask = told_as(scene.before, str(step.options["source"]))
    return np.asarray(mask * weights, np.float32)


def measure_recolour(scene: Scene, step: Step) -> Finding:
    """Measure how many pixels of one colour took on the other, with their shading."""
    target = str(step.options["target"])
    source = str(step.options.get("source", step.region.phrase()))
    if step.region.kind == "text" and "source" not in step.options:
        return _measure_letters(scene, step, target)
    mask = recoloured(scene, step)
    if mask.mean() < _LEAST_COLOUR and step.region.kind == "object":
        mask = scene.weights(step.region)  # what was called navy may be black
    area = float(mask.mean())
    if area < (_LEAST_COLOUR if "source" in step.options else _LEAST_THING):
        return Finding(step, 0.0, f"The photo has hardly anything {source} to recolour.")
    share = mean(belongs(scene.after, target, LOOSE), mask)
    done = float(np.interp(share, [0.1, 0.75], [0, 1]))
    # Near the colour already, as teeth are near white, it must have come nearer.
    moved = mean(np.linalg.norm(scene.after - scene.before, axis=2), mask)
    done *= float(np.interp(moved, [0.5, 2.5], [0, 1]))
    # Along the outline another thing lies under a soft edge.
    solid = cv2.erode((mask > 0.7).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if solid.sum() > 50:
        before, after = (lab[..., 0][solid] for lab in (scene.before, scene.after))
        # Where there is hardly any light and shade, little can be lost of it.
        there = float(np.interp(before.std(), [3, 9], [0, 1]))
        done *= 1 - there * float(np.interp(correlation(before, after), [0.2, 0.6], [0.5, 0]))
    verdict = "done" if done >= 0.8 else "not enough"
    name = f"the {source} parts" if "source" in step.options else source
    return Finding(step, done, f"{share:.0%} of {name} went {target}, {verdict}.")


def _measure_letters(scene: Scene, step: Step, target: str) -> Finding:
    """Measure how much ink took on a colour: strokes are thin, so it is looked at closely."""
    ink = np.asarray(scene.fine_weights(step.region) > 0.6, np.float32)
    name = step.region.phrase()
    if ink.sum() < 20:
        return Finding(step, 0.0, f"No letters can be told of {name}.")
    before, after = to_lab(scene.source), to_lab(scene.edited)
    share = mean(belongs(after, target, LOOSE), ink)
    moved = mean(np.linalg.norm(after - before, axis=2), ink)
    done = float(np.interp(share, [0.1, 0.6], [0, 1]) * np.interp(moved, [0.5, 2.5], [0, 1]))
    verdict = "done" if done >= 0.8 else "not enough"
    return Finding(step, done, f"{share:.0%} of the letters of {name} went {target}, {verdict}.")
