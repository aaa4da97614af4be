"""How much of an edit a photo can take before anyone has edited it."""

from dataclasses import replace

import numpy as np

from editthinker.graph.thinkers.measures.lab import Floats, mean, shrink, to_lab
from editthinker.graph.thinkers.measures.rendition import lift, render
from editthinker.tools.editors.darkroom.light import from_lab
from editthinker.tools.editors.darkroom.recipe import Recipe, Step
from editthinker.tools.images import Pixels

_CLIPPED = 0.05
"""Share of pixels that an edit may newly push to pure black or white."""

_DARK = 20.0
"""Mean L* below which a photo needs a firmer push to look brighter."""


def fit_to_photo(pixels: Pixels, recipe: Recipe) -> Recipe:
    """Return the recipe with the amounts of tone fitted to what the photo has room for."""
    lab = to_lab(shrink(np.ascontiguousarray(pixels[..., :3]), 256))
    whole: Floats = np.ones(lab.shape[:2], np.float32)
    regions = dict.fromkeys((step.region for step in recipe.steps), whole)
    dark = mean(lab[..., 0], whole) < _DARK

    def fitted(step: Step) -> Step:
        if step.operation not in ("brightness", "exposure", "contrast"):
            return step
        if dark and step.amount > 0 and step.operation != "contrast":
            return replace(step, amount=round(min(1.0, 1.3 * step.amount), 2))
        if step.operation == "brightness":
            light = mean(lab[..., 0], whole)
            left = 100 - light if step.amount > 0 else light
            size = round(lift(abs(step.amount), left) / 40, 2)
            step = replace(step, amount=float(np.copysign(size, step.amount)))
        for factor in (1.0, 0.9, 0.8, 0.7):
            smaller = replace(step, amount=round(step.amount * factor, 2))
            shown, first = from_lab(render(lab, (smaller,), regions)), from_lab(lab)
            white = (shown.min(axis=2) > 0.99) & (first.min(axis=2) <= 0.99)
            black = (shown.max(axis=2) < 0.015) & (first.max(axis=2) >= 0.015)
            if float((white | black).mean()) <= _CLIPPED:
                return step if factor == 1.0 else smaller
        return smaller

    return replace(recipe, steps=tuple(fitted(step) for step in recipe.steps))
