"""Reads everyday wishes for a whole look: "make it look vintage", "a more dramatic sky"."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from editthinker.tools.editors.darkroom.adjusting import Carry, Reading, things
from editthinker.tools.editors.darkroom.clauses import Clause
from editthinker.tools.editors.darkroom.recipe import Operation, Recipe, Step
from editthinker.tools.editors.darkroom.words import looks

_SHOWING = frozenset({"make", "making", "give", "giving", "let", "get", "render"})
"""Verbs after which a look is how a part of the photo is shown, not what it shows."""

_DRAINING = _SHOWING | {"turn", "convert", "apply", "add", "use"}
"""Verbs after which "old sepia" is a look, and not what the photo is."""

_COLOURING: frozenset[Operation] = frozenset(
    {"black-and-white", "sepia", "saturation", "warmth", "tint"}
)
"""Steps of a look that a photo without colours has no use for."""

_FRAMED: frozenset[Operation] = frozenset({"vignette", "grain"})
"""Steps that a part of a photo is not given."""


def read_look(clause: Clause, parse: Callable[[str], Recipe]) -> Reading | None:
    """Read a wish by the sentences that stand for it, as `parse` reads them."""
    found, named = clause.all("look"), things(clause)
    clause, drained = _without_drained(clause)
    if len(found) != 1 or not clause.only("look", "region", "direction", "degree"):
        return None
    if len(named) > 1 or any(word.meaning.sign < 0 for word in clause.words):
        return None
    scale = min((float(w.meaning.value) for w in clause.all("degree")), default=0.5) / 0.5
    steps: Sequence[Step] = parse(looks()[str(found[0].meaning.value)]).steps
    if drained:
        steps = [drained, *(step for step in steps if step.operation not in _COLOURING)]
    if named:
        if not all(word.text in _SHOWING for word in clause.all("verb")):
            return None  # "add an old man", "replace the sky with a sunset"
        steps = [replace(s, region=named[0]) for s in steps if s.operation not in _FRAMED]
    steps = [replace(step, amount=_scaled(step, scale), clause=clause.text) for step in steps]
    done = ", ".join(step.sentence() for step in steps)
    return Reading(steps, Carry(), (f"Read {found[0].text!r} as: {done}.",))


def _without_drained(clause: Clause) -> tuple[Clause, Step | None]:
    """Take "sepia" from "an old sepia look", and return it apart."""
    words, verbs = clause.all("operation"), {word.text for word in clause.all("verb")}
    if len(words) != 1 or words[0].meaning.value not in {"black-and-white", "sepia"}:
        return clause, None
    told = any(word.definite for word in clause.all("look"))  # "fix the old sepia photo"
    if words[0].meaning.role != "name" or told or clause.has("direction") or verbs - _DRAINING:
        return clause, None
    rest = tuple(word for word in clause.words if word is not words[0])
    operation: Operation = words[0].meaning.value  # type: ignore[assignment]
    return replace(clause, words=rest), Step(operation)


def _scaled(step: Step, factor: float) -> float:
    if step.operation == "black-and-white":
        return step.amount
    return round(max(-1.0, min(1.0, step.amount * factor)), 4)
