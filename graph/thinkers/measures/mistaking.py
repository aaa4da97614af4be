"""One thing taken for another: which of several was edited, and how to ask for the one meant."""

from dataclasses import replace

import numpy as np

from editthinker.graph.thinkers.measures.choice import Choice
from editthinker.graph.thinkers.measures.finding import Finding
from editthinker.graph.thinkers.measures.scene import Scene
from editthinker.tools.editors.darkroom.recipe import Operation

_KEEPING: frozenset[Operation] = frozenset({"isolate", "cutout"})
"""Steps that change everything but the thing."""

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


def _name(choice: Choice, index: int) -> str:
    names = choice.names(index)
    return f"the {names[0]} one" if names else "another one"
