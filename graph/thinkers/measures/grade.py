"""Steps with an amount of tone or colour: how far the photo moved of what was wanted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from editthinker.graph.thinkers.measures.finding import Finding, credit, together
from editthinker.graph.thinkers.measures.lab import Floats, chroma, deviation, mean
from editthinker.graph.thinkers.measures.rendition import corners, third
from editthinker.graph.thinkers.measures.scene import Scene
from editthinker.tools.editors.darkroom.recipe import Operation, Step
from editthinker.tools.editors.darkroom.target import PHOTO

Reading = Callable[[Floats, Floats], float]
"""From CIELAB of a picture and weights."""

Part = Callable[[Floats, Floats], Floats]
"""From L* of the source and weights to the weights that matter."""


@dataclass(frozen=True)
class Figure:
    """A number that an operation moves."""

    name: str
    read: Reading
    least: float
    """A change that nobody would notice; no target is smaller."""
    part: Part = lambda _, weights: weights
    """Where it is read."""


def _lightness(lab: Floats, weights: Floats) -> float:
    return mean(lab[..., 0], weights)


def _contrast(lab: Floats, weights: Floats) -> float:
    return deviation(lab[..., 0], weights)


def _colourfulness(lab: Floats, weights: Floats) -> float:
    return mean(chroma(lab), weights)


def _warmth(lab: Floats, weights: Floats) -> float:
    return mean(lab[..., 2], weights)


def _tint(lab: Floats, weights: Floats) -> float:
    return mean(lab[..., 1], weights)


def _corner_fall(lab: Floats, weights: Floats) -> float:
    out = corners(lab.shape)
    middle, edge = ((weights * part).astype(np.float32) for part in (out <= 0, out > 0.6))
    return mean(lab[..., 0], middle) - mean(lab[..., 0], edge)


FIGURES: Mapping[Operation, Figure] = {
    "brightness": Figure("brightness", _lightness, 1.5),
    "exposure": Figure("exposure", _lightness, 1.5),
    "contrast": Figure("contrast", _contrast, 1.0),
    "saturation": Figure("colourfulness", _colourfulness, 1.0),
    "warmth": Figure("warmth", _warmth, 1.0),
    "tint": Figure("tint", _tint, 1.0),
    "shadows": Figure("the dark third", _lightness, 1.5, partial(third, darkest=True)),
    "highlights": Figure("the bright third", _lightness, 1.5, partial(third, darkest=False)),
    "vignette": Figure("the fall of light to the corners", _corner_fall, 1.5),
}
"""The figure that tells how far each graded operation went."""


_NOTICED = 4.0
"""Loss of L* of white that people see."""

_SHIFTED: frozenset[Operation] = frozenset({"contrast", "saturation"})
"""Steps whose figure other steps of tone move along."""


def measure_grade(scene: Scene, step: Step) -> Finding:
    """Compare how far a figure moved with how far it should, the other steps as far as they got."""
    figure = FIGURES[step.operation]
    coloured = step.operation in ("saturation", "warmth", "tint")
    if coloured and scene.also(step, "sepia", "black-and-white", "sketch"):  # one tone anyway
        name = f"{figure.name[0].upper()}{figure.name[1:]}"
        return Finding(step, 1.0, f"{name}: that of the one tone that was asked for as well.")
    weights = figure.part(scene.before[..., 0], scene.weights(step.region))

    def read(lab: Floats) -> float:
        return figure.read(lab, weights)

    others = scene.without(step)
    start, without, goal, end = map(read, (scene.before, others, scene.ideal, scene.after))
    rest = _others(scene, others, weights)
    alone = read(scene.only(step)) - start
    if rest.alike:  # such as brighter and lighter shadows: only the sum can be seen
        wanted, moved = goal - start, end - start
    else:
        wanted = alone + min(rest.share, 1.0) * (goal - without - alone)
        moved = end - start - rest.share * (without - start)
        # How much contrast and colour another step costs hangs on its curve, which may be another
        # one here: what has moved as far as this step by itself moves it is done as well.
        bare = end - start
        if step.operation in _SHIFTED and _off(bare, alone) < _off(moved, wanted):
            wanted, moved = alone, bare
    full = abs(wanted) < figure.least
    if full:
        wanted = float(np.copysign(figure.least, step.amount))
    ratio = moved / wanted
    done = credit(ratio, step)
    # Grey is as grey as can be; what has no colour to strengthen has not become colourful.
    lacking = step.amount > 0 and step.operation in ("saturation", "contrast", "vignette")
    if full and not lacking and abs(end - goal) < figure.least:
        done = 1.0
    if coloured and ratio > 1 and scene.also(step, "wash"):
        ratio = together(ratio)
        done = credit(ratio, step)
    greyed = _greyed(scene, step, others)
    if greyed > _NOTICED:
        done *= float(np.interp(greyed, [_NOTICED, 10], [0.9, 0.3]))
    where = "" if step.region == PHOTO else f" of {step.region.phrase()}"
    name = f"{figure.name[0].upper()}{figure.name[1:]}{where}"
    sentence = f"{name}: {moved:+.0f} of {wanted:+.0f} asked ({start:.0f} to {end:.0f})"
    room = " The photo has hardly any room for it." if full else ""
    if greyed > _NOTICED:
        room += f" Its whites went grey, by {greyed:.0f}."
    steerable = not full or abs(ratio) > 0.15
    return Finding(
        step, done, f"{sentence}{_verdict(ratio, done)}.{room}", ratio if steerable else None
    )


def _greyed(scene: Scene, step: Step, others: Floats) -> float:
    """Return by how much L* of the whites fell where more contrast was asked for, which keeps them.

    What the other steps take from them is theirs.
    """
    if step.operation != "contrast" or step.amount < 0:
        return 0.0
    inside = scene.weights(step.region) > 0.5
    if inside.sum() < 50:
        return 0.0
    whites = [float(np.percentile(lab[..., 0][inside], 98)) for lab in (scene.before, others)]
    return min(whites) - float(np.percentile(scene.after[..., 0][inside], 98))


class _Others(NamedTuple):
    """The other steps, as the edit shows them."""

    share: float
    """How much of their change is there, in [0, 1.3]."""
    alike: bool
    """Whether they do nearly the same to the photo as the step in question."""


def _others(scene: Scene, others: Floats, weights: Floats) -> _Others:
    """Fit the edit's change, pixel by pixel, by so much of the others' and of the step's own."""
    other, own, found = (
        (change * weights[..., None]).ravel()
        for change in (others - scene.before, scene.ideal - others, scene.after - scene.before)
    )
    products = np.array([[other @ other, other @ own], [other @ own, own @ own]], np.float64)
    if products[0, 0] < weights.sum():  # less than one unit of colour: there are no others
        return _Others(1.0, alike=False)
    sizes = np.sqrt(np.diag(products))
    alike = bool(products[0, 1] > 0.75 * sizes[0] * sizes[1])
    # Where the two cannot be told apart, the others are taken for done.
    trust = 0.05 * np.diag(products)
    sums = np.array([other @ found, own @ found]) + trust
    share = np.linalg.solve(products + np.diag(trust), sums)[0]
    return _Others(float(np.clip(share, 0, 1.3)), alike)


def _off(moved: float, wanted: float) -> float:
    """Return by how much a ratio differs from 1."""
    return abs(moved / wanted - 1) if abs(wanted) > 1e-6 else float("inf")


def _verdict(ratio: float, done: float) -> str:
    if done >= 0.8:
        return ", done"
    if ratio < -0.1:
        return ", the wrong way"
    if ratio < 0.15:
        return ", missed"
    return ", too little" if ratio < 1 else ", too much"


def unexplained(before: Floats, after: Floats, shared: Floats) -> Floats:
    """Return how far each pixel is from what a smooth change of tone and colour would make of it.

    The change is fitted to the two pictures, CIELAB, where `shared` is 1; the result is a colour
    difference.
    """
    terms, goal = _terms(before), after.reshape(-1, 3)
    sample = np.flatnonzero(shared.ravel() > 0.5)
    sample = sample[:: max(1, len(sample) // 10_000)]
    if len(sample) < 100:
        return np.zeros(before.shape[:2], np.float32)
    known, aim = terms[sample], goal[sample]
    weighted, little = known, 1e-3 * np.eye(known.shape[1], dtype=np.float32)
    for _ in range(3):  # what does not follow the rest counts less and less in the fit
        fit = np.linalg.solve(weighted.T @ known + little, weighted.T @ aim)
        off = np.linalg.norm(known @ fit - aim, axis=1, keepdims=True)
        weighted = known / (1 + (off / 8) ** 2)
    rest = np.linalg.norm(terms @ fit - goal, axis=1)
    return np.asarray(rest.reshape(before.shape[:2]), np.float32)


def _terms(lab: Floats) -> Floats:
    light, a, b = (lab.reshape(-1, 3) / np.array([100, 60, 60], np.float32)).T
    ones = np.ones_like(light)
    columns = (ones, light, light**2, light**3, a, b, a * light, b * light, np.hypot(a, b))
    return np.stack(columns, axis=1).astype(np.float32)
