"""Reads everyday wishes for a whole look: "make it look vintage", "a more dramatic sky"."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from editthinker.tools.editors.darkroom.adjusting import (
    Carry,
    Reading,
    read_adjustments,
    things,
)
from editthinker.tools.editors.darkroom.clauses import Clause
from editthinker.tools.editors.darkroom.recipe import Operation, Recipe, Step
from editthinker.tools.editors.darkroom.washing import read_wash
from editthinker.tools.editors.darkroom.words import Word, looks

_TURNS = frozenset({"turn", "change", "convert", "transform", "switch", "shift", "alter", "take"})

_REPAIRS = frozenset({"fix", "correct", "restore", "repair"})

_MOST = 3
"""Looks that one clause may name."""

_SHOWING = frozenset({"make", "making", "give", "giving", "let", "get", "render"})
"""Verbs after which a look is how a part of the photo is shown, not what it shows."""

_DRAINING = _SHOWING | {"turn", "convert", "apply", "add", "use"}
"""Verbs after which "old sepia" is a look, and not what the photo is."""

_SOFT = frozenset({"soft", "softly", "light", "gentle", "small"})
"""Words that say how a look is, and not how much of it: "a dreamy soft glow"."""

_COLOURING: frozenset[Operation] = frozenset(
    {"black-and-white", "sepia", "saturation", "warmth", "tint", "wash", "recolour"}
)
"""Steps of a look that a photo without colours has no use for."""

_FRAMED: frozenset[Operation] = frozenset({"vignette", "grain"})
"""Steps that a part of a photo is not given."""


def read_look(clause: Clause, parse: Callable[[str], Recipe]) -> Reading | None:
    """Read a wish by the sentences that stand for it, as `parse` reads them.

    What else the clause says counts too: "a warm, faded film look", "a purple cyberpunk mood".
    """
    found, named = clause.all("look"), things(clause)
    clause, drained = _without_drained(clause)
    rest = replace(clause, words=tuple(word for word in clause.words if word.kind != "look"))
    others = [word for word in rest.words if word.kind == "keepable"]
    if len(found) == 2 and _turns(clause, found):
        found = found[1:]  # "turn summer into autumn"
    told = any(word.definite for word in found)
    if told and any(word.text in _REPAIRS for word in clause.words):
        return None  # "fix the old black and white photo"
    if not 1 <= len(found) <= _MOST or any(word.meaning.value != "brightness" for word in others):
        return None
    if any(_lessened(clause, word) for word in found):
        return None  # "make the shadows less harsh"
    said = _said_besides(rest)
    if said is None or len(named) > 1:
        return None
    if not said and any(word.meaning.sign < 0 for word in clause.words):
        return None
    degrees = [] if said else [word for word in clause.all("degree") if word.text not in _SOFT]
    scale = min((float(word.meaning.value) for word in degrees), default=0.5) / 0.5
    steps: list[Step] = [drained] if drained else []
    for word in found:
        own = parse(looks()[str(word.meaning.value)]).steps
        own = tuple(s for s in own if not (drained and s.operation in _COLOURING))
        steps += [s for s in own if s.operation not in {step.operation for step in steps}]
    if named and _clears(clause, found):
        named = []
    if named:
        if not all(word.text in _SHOWING for word in clause.all("verb")):
            return None  # "add an old man", "replace the sky with a sunset"
        steps = [replace(s, region=named[0]) for s in steps if s.operation not in _FRAMED]
    steps = [replace(step, amount=_scaled(step, scale), clause=clause.text) for step in steps]
    steps = [s for s in steps if s.operation not in {other.operation for other in said}]
    done = ", ".join(step.sentence() for step in steps)
    text = " ".join(word.text for word in found)
    return Reading([*steps, *said], Carry(), (f"Read {text!r} as: {done}.",))


def _clears(clause: Clause, found: Sequence[Word]) -> bool:
    """Return whether haze is to go, of which a thing tells where it is: "over the lake"."""
    at = next(at for at, word in enumerate(clause.words) if word.meaning.target)
    joint = clause.words[at - 1].kind in {"filler", "relation"} if at else False
    return joint and not clause.all("verb") and all(w.meaning.value == "clear" for w in found)


def _lessened(clause: Clause, look: Word) -> bool:
    """Return whether less of a look is asked for."""
    at = clause.words.index(look) if look in clause.words else 0
    before = clause.words[at - 1] if at else None
    return bool(before and before.kind == "direction" and before.meaning.sign < 0)


def _turns(clause: Clause, found: Sequence[Word]) -> bool:
    """Return whether a clause says what a look is now, and what it shall become."""
    first, last = (clause.words.index(word) for word in found)
    verbs = {word.text for word in clause.all("verb")}
    between = {word.text for word in clause.words[first:last]}
    return bool(verbs & _TURNS and between & {"to", "into"})


def _said_besides(rest: Clause) -> Sequence[Step] | None:
    """Return what a clause asks for besides its look; None where it says more than that."""
    if rest.only("region", "direction", "degree", "aspect", "noun", "keepable"):
        return ()
    words = tuple(word for word in rest.words if word.kind not in {"aspect", "keepable", "noun"})
    plain = replace(rest, words=words)
    if rest.has("colour"):
        reading = read_wash(replace(rest, words=rest.words), Carry()) or _tinted(plain)
    else:
        reading = read_adjustments(plain, Carry())
    return tuple(reading.steps) if reading else None


def _tinted(clause: Clause) -> Reading | None:
    """Read the purple of "a purple cyberpunk look"."""
    colours = clause.all("colour")
    if not clause.only("colour", "region") or len(colours) > 2 or things(clause):
        return None
    if any(word.definite for word in colours):
        return None  # "pop the red"
    names = [str(word.meaning.value) for word in colours]
    options: dict[str, str | float] = {"colour": names[-1]}
    if len(set(names)) == 2:
        options["dark"] = names[0]
    return Reading([Step("wash", options=options, clause=clause.text)], Carry())


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
    if step.operation in {"black-and-white", "recolour"}:
        return step.amount
    return round(max(-1.0, min(1.0, step.amount * factor)), 4)
