"""One thing taken for another: which of several was edited, and how to ask for the one meant."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from editthinker.graph.thinkers.measures.choice import Choice
from editthinker.graph.thinkers.measures.finding import Finding
from editthinker.graph.thinkers.measures.scene import Scene
from editthinker.graph.thinkers.measures.traces import look_alikes, solid
from editthinker.tools.editors.darkroom.recipe import Operation, Step

_KEEPING: frozenset[Operation] = frozenset({"isolate", "cutout"})
"""Steps that change everything but the thing."""

_WAYS: Mapping[str, tuple[int, int]] = {
    "left": (1, -1),
    "right": (1, 1),
    "top": (0, -1),
    "bottom": (0, 1),
}
"""Axis, and direction along it, of a place."""

_LEAST, _ALIKE, _APART = 20, 0.25, 0.1
"""Pixels of a thing that can be judged; how large another must be beside it to be one of its kind;
and how far apart, as a share of the photo, for a place to tell them."""

_MISTAKEN = 0.2
"""Most that is done of a step when another thing was edited."""


def tell_which(scene: Scene, finding: Finding) -> Finding:
    """Say which of several things was edited; where it is not the one meant, name that one anew."""
    step = finding.step
    sight = scene.sights.get(step.region)
    if sight is None or sight.choice is None or step.operation == "duplicate":
        return finding
    choice = sight.choice
    changed = scene.changed
    if step.operation in _KEEPING:
        changed = np.asarray(1 - changed, np.float32)
    edited = choice.edited(changed)
    if edited is None:
        return finding
    if choice.meant is None:
        told = f"{len(choice.things)} things fit '{step.region.phrase()}'; {_name(choice, edited)}"
        return replace(finding, sentence=f"{finding.sentence} {told} was taken.")
    if edited == choice.meant or choice.share(choice.meant, changed) > 0.5 * choice.share(
        edited, changed
    ):
        return finding
    places = tuple(place for place in choice.names(choice.meant) if place != step.region.place)
    told = f"{_name(choice, edited)} was edited, not {step.region.phrase()}"
    return replace(
        finding,
        done=min(finding.done, _MISTAKEN),
        sentence=f"{finding.sentence} {told[0].upper()}{told[1:]}.",
        instead=places,
    )


def picks_one(scene: Scene, step: Step) -> bool:
    """Whether what changed is one of several things alike, and the one that the place names.

    That bears out words for a thing that these eyes do not know: `the flower at the bottom`.
    """
    place = step.region.place
    area = solid(scene.changed)
    if place not in _WAYS or area.sum() < _LEAST:
        return False
    like = look_alikes(scene.before, area)
    if like.sum() < _ALIKE * area.sum():
        return False
    axis, way = _WAYS[place]
    own, others = (float(np.mean(np.nonzero(plane > 0.5)[axis])) for plane in (area, like))
    return bool(way * (own - others) > _APART * area.shape[axis])


def _name(choice: Choice, index: int) -> str:
    names = choice.names(index)
    return f"the {names[0]} one" if names else "another one"
