"""Reads clauses about things as a whole: remove, cut out, move, duplicate, leave in colour."""

from dataclasses import replace

from editthinker.tools.editors.darkroom.adjusting import (
    Carry,
    Reading,
    amount_of,
    read_adjustments,
    things,
)
from editthinker.tools.editors.darkroom.clauses import Clause
from editthinker.tools.editors.darkroom.recipe import Step
from editthinker.tools.editors.darkroom.target import BACKGROUND, PHOTO, SUBJECT, Target

_PLAIN_WAY = 0.25
"""How far something is moved where no word says how far, as a share of the photo."""

_WAYS = {
    "left": "left",
    "right": "right",
    "up": "up",
    "down": "down",
    "top": "up",
    "bottom": "down",
}


def read_remove(clause: Clause, _: Carry) -> Reading | None:
    """Read "remove the man on the left", "erase the text", "get rid of the background"."""
    named = things(clause)
    if len(named) != 1 or not clause.only("direction", "region") or not clause.has("direction"):
        return None
    if any(word.meaning.value != "off" for word in clause.all("direction")):
        return None
    step = removal(named[0])
    return _reading(clause, step) if step else None


def removal(target: Target) -> Step | None:
    """Return the step that takes something away, None where nothing would be left of the photo."""
    if target.kind == "text":
        return Step("erase-text", region=target)
    if target == BACKGROUND:
        return Step("cutout", region=SUBJECT)
    if target.kind in {"photo", "sky", "ground"}:
        return None
    return Step("remove", region=target)


def read_cutout(clause: Clause, _: Carry) -> Reading | None:
    """Read "cut out the cat", "make the background transparent"."""
    named = things(clause)
    if len(named) > 1 or not clause.only("act", "region", "clear"):
        return None
    if _acts(clause) == {"cut-out"} and not clause.has("clear"):
        return _reading(clause, Step("cutout", region=named[0] if named else SUBJECT))
    if clause.has("clear") and not clause.has("act") and named == [BACKGROUND]:
        return _reading(clause, Step("cutout", region=SUBJECT))
    return None


def read_move(clause: Clause, _: Carry) -> Reading | None:
    """Read "move the cup to the right", "duplicate the balloon"."""
    acts, named = _acts(clause), things(clause)
    kinds = ("act", "region", "side", "vertical-place", "direction", "degree", "percent")
    if len(acts) != 1 or len(named) != 1 or not clause.only(*kinds):
        return None
    if named[0].kind in {"background", "sky", "ground"}:
        return None
    words = clause.all("side", "vertical-place", "direction")
    ways = {
        _WAYS.get(word.text if word.kind == "direction" else str(word.meaning.value), "")
        for word in words
    }
    copies = acts == {"duplicate"}
    if "" in ways or len(ways) > 1 or acts == {"cut-out"} or not (ways or copies):
        return None
    share = amount_of(clause.words)
    if share is None:
        share = _PLAIN_WAY
    elif not clause.has("percent"):
        share = round(share * _PLAIN_WAY / 0.5, 4)
    if not share:
        return None
    way = ways.pop() if ways else "right"
    operation = "duplicate" if copies else "move"
    return _reading(clause, Step(operation, share, named[0], {"direction": way}))


def read_rest(clause: Clause, carry: Carry) -> Reading | None:
    """Read "make everything except the flower black and white", "blur all but the cat"."""
    named = things(clause)
    if not clause.has("except") or len(named) != 1:
        return None
    words = tuple(word for word in clause.words if word.kind not in {"except", "region"})
    found = read_adjustments(replace(clause, words=words), carry)
    if found is None or any(step.region != PHOTO for step in found.steps):
        return None
    if all(_drains(step) for step in found.steps) and named[0] not in (BACKGROUND, SUBJECT):
        return _reading(clause, Step("isolate", region=named[0]))
    if named[0] in (BACKGROUND, SUBJECT):
        other = SUBJECT if named[0] == BACKGROUND else BACKGROUND
        return replace(found, steps=[replace(step, region=other) for step in found.steps])
    return replace(found, spared=(named[0],))


def _drains(step: Step) -> bool:
    return step.operation == "black-and-white" or (
        step.operation == "saturation" and step.amount < 0
    )


def _acts(clause: Clause) -> set[str]:
    return {str(word.meaning.value) for word in clause.all("act")}


def _reading(clause: Clause, step: Step) -> Reading:
    step = replace(step, clause=clause.text)
    return Reading([step], Carry(steps=(step,), region=step.region))
