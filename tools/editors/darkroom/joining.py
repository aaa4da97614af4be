"""How the clauses of an instruction belong together: lists, and what "it" stands for."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from editthinker.tools.editors.darkroom.adjusting import LISTS, things
from editthinker.tools.editors.darkroom.clauses import Clause
from editthinker.tools.editors.darkroom.recipe import Step
from editthinker.tools.editors.darkroom.removing import removal
from editthinker.tools.editors.darkroom.target import BACKGROUND, PHOTO, Place, Target
from editthinker.tools.editors.darkroom.washing import lays_two
from editthinker.tools.editors.darkroom.words import Meaning, Word

IT = frozenset({"it", "them", "itself", "that one"})
"""Words that stand for a thing named before."""

_ITS = frozenset({"its", "their"})


def resolved(clause: Clause, it: Target) -> Clause:
    """Put what it stands for in place of "it"."""
    if it == PHOTO:
        return clause
    meaning = Meaning("region", it.kind, target=it)
    said = IT if clause.has("region") else IT | _ITS
    words = (replace(w, meaning=meaning) if w.text in said else w for w in clause.words)
    return replace(clause, words=tuple(words))


def paired(clauses: list[Clause]) -> list[Clause]:
    """Put two colours that belong together into one clause: "a gradient of orange and pink"."""
    joined: list[Clause] = []
    for clause in clauses:
        last = joined[-1] if joined else None
        both = last and clause.joined_by in {"and", "&"} and lays_two(last, clause)
        if last and both:
            text = f"{last.text} and {clause.text}"
            notes = last.notes + clause.notes
            joined[-1] = Clause(last.words + clause.words, text, last.joined_by, notes)
        else:
            joined.append(clause)
    return joined


def introduces(clause: Clause, after: Clause | None) -> bool:
    """Return whether a clause only names what the next one calls "it"."""
    if after is None or not after.orders or not any(w.text in IT for w in after.words):
        return False
    return clause.only("region") and len(things(clause)) == 1 and not clause.orders


def waits(clause: Clause, after: Clause | None) -> bool:
    """Return whether a clause only names the first of the things that the next one is about."""
    if after is None or after.joined_by not in LISTS or after.orders or not things(clause):
        return False
    verbs = clause.all("verb")
    adds = any(word.meaning.value == "add" for word in verbs)
    return bool(verbs) and not adds and clause.only("region", "noun")


def heads(clause: Clause, after: Clause | None) -> bool:
    """Return whether a clause only tells where the text of the next one is: "in the heading"."""
    named = things(clause)
    if after is None or not after.orders or clause.orders or not clause.only("region"):
        return False
    return any(thing.kind == "text" for thing in things(after)) and all(
        thing.kind in {"text", "object"} for thing in named
    )


def onto(step: Step, target: Target) -> Step:
    """Return what is asked of one thing for another one: "remove the cat and the text"."""
    taken = removal(target) if step.operation in {"remove", "erase-text"} else None
    options = dict(step.options)
    if step.operation == "recolour" and target == BACKGROUND:  # "the background and the shelf"
        return Step(
            "fill", region=target, options={"colour": options["target"]}, clause=step.clause
        )
    if step.operation == "recolour" and step.region.kind == target.kind == "object":
        options.pop("source", "")
        options |= {"source": target.colour} if target.colour else {}
    return replace(taken or replace(step, region=target, options=options), clause=step.clause)


def shared(waiting: Clause | None, steps: Sequence[Step]) -> list[Step]:
    """Give the things that were named before the same: "make the cat and the dog brighter"."""
    first = things(waiting) if waiting else []
    return [onto(step, thing) for thing in first for step in steps]


def takes_all(steps: Sequence[Step]) -> bool:
    """Return whether the last step takes away several things."""
    return any(s.operation == "remove" and s.region.place == "all" for s in steps[-1:])


def named_again(clause: Clause, steps: Sequence[Step]) -> bool:
    """Return whether a clause only names once more what has been edited."""
    named = {target.name for target in things(clause)}
    done = {step.region.name for step in steps}
    return bool(named) and named <= done and clause.only("region", "quantifier")


def topic(clause: Clause) -> Target | None:
    """Return what a statement is about, which is what "it" means in the next clause."""
    named = [word for word in clause.all("region") if word.meaning.target in things(clause)]
    every = clause.all("region")
    if named and every[0].meaning.target == PHOTO:  # "this was taken with my phone"
        return None
    if not named or any(w.kind in {"unknown", "body", "look"} for w in _before(clause, named[0])):
        return None
    first = clause.words[: clause.words.index(named[0])]
    if any(w.kind == "operation" and w.meaning.value == "shadows" for w in first):
        return None  # "there is a shadow on the wall"
    target = named[0].meaning.target
    places = [word.meaning.value for word in clause.all("side", "vertical-place")]
    if target and len(places) == 1 and not target.place and target.kind in {"object", "colour"}:
        return replace(target, place=cast("Place", places[0]))
    return target


def _before(clause: Clause, word: Word) -> list[Word]:
    """Return the words right before a thing that may name another: "the blade of the knife"."""
    at = clause.words.index(word)
    return [other for other in clause.words[max(at - 2, 0) : at] if word.text != "half"]
