"""What is settled between the steps of a recipe once all its clauses are read."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from editthinker.tools.editors.darkroom.adjusting import Reading
from editthinker.tools.editors.darkroom.clauses import Clause
from editthinker.tools.editors.darkroom.recipe import SIGNED, Step
from editthinker.tools.editors.darkroom.remarks import leaves, leaves_alone
from editthinker.tools.editors.darkroom.target import BACKGROUND, PHOTO, SUBJECT, Place, Target
from editthinker.tools.editors.darkroom.words import vocabulary

_COMPLAINTS = frozenset({"too", "enough"})


_FLAT = frozenset({"posterize", "cartoon", "pixelate"})
"""Looks of flat colours, which have no grain."""

_TABLE = "dining table"


def without_repeats(steps: list[Step]) -> list[Step]:
    """Leave out a cut-out that is asked for twice, or whose background is filled anyway."""
    filled = any(step.operation == "fill" and step.region == BACKGROUND for step in steps)
    cut = [step for step in steps if step.operation == "cutout"]
    named = [step.region for step in cut if step.region != SUBJECT]
    again = [
        step  # "cut out the cat and remove the background"
        for at, step in enumerate(cut)
        if step.region in [s.region for s in cut[:at]] or (named and step.region == SUBJECT)
    ]
    spare = cut if filled else again
    if filled:  # "remove the table and show the cup on white"
        spare = [*spare, *(s for s in steps if s.operation == "remove" and s.region.name == _TABLE)]
    level = [step for step in steps if step.operation == "straighten"]
    if any("straighten" in step.clause.lower() for step in level):  # "it is crooked, straighten it"
        spare = [*spare, *(s for s in level if "straighten" not in s.clause.lower() and s.clause)]
    for step, after in pairwise(steps):  # "the sky is too bright, darken it"
        alike = (step.operation, step.region) == (after.operation, after.region)
        complains = bool(_COMPLAINTS.intersection(step.clause.lower().split()))
        if alike and complains and step.amount * after.amount > 0:
            spare = [*spare, step]
    spare = [*spare, *_described(steps)]
    return [step for step in steps if not any(step is other for other in spare)]


def _described(steps: list[Step]) -> list[Step]:
    """Return what only says how a photo is: "it looks grey and flat, give it more contrast".

    That is a bare adjective, where an order after it asks for the opposite.
    """
    return [
        step
        for at, step in enumerate(steps)
        if step.operation in SIGNED
        and _is_adjective(step.clause)
        and any(
            (step.operation, step.region) == (other.operation, other.region)
            and step.amount * other.amount < 0
            and not _is_adjective(other.clause)
            for other in steps[at + 1 :]
        )
    ]


def _is_adjective(clause: str) -> bool:
    """Whether a clause is no more than "flat" or "dark", which may name a fault or a wish."""
    meaning = vocabulary().get(tuple(clause.lower().split()))
    return meaning is not None and meaning.kind == "operation" and meaning.role in {"low", "high"}


def contradictions(steps: Sequence[Step]) -> list[str]:
    """Return a sentence for each pair of steps that take each other back."""
    notes = []
    for at, step in enumerate(steps):
        for other in steps[:at]:
            same = (step.operation, step.region) == (other.operation, other.region)
            if same and step.operation in SIGNED and step.amount * other.amount < 0:
                notes.append(
                    f"{other.clause!r} and {step.clause!r} contradict each other; "
                    "both were carried out, in this order."
                )
    return notes


def shared_back(steps: Sequence[Step], reading: Reading) -> list[Step]:
    """Give the clause before what this one says for both: "... and saturation by 20%"."""
    shared = list(steps)
    if reading.shares_region:
        shared = [replace(step, region=reading.carry.region) for step in shared]
    size = reading.carry.amount
    if reading.shares_amount and size is not None:
        shared = [replace(step, amount=-size if step.amount < 0 else size) for step in shared]
    return shared


def isolated(steps: list[Step], spared: list[Target]) -> tuple[list[Step], list[Target]]:
    """Read "black and white, except the red" as one step; returns what is still spared, too."""
    wide = [step for step in steps if step.region == PHOTO]
    if not wide:
        alone = {step.region for step in steps if step.operation == "isolate"}
        spared = [target for target in spared if target not in alone]
    if len(spared) != 1 or [step.operation for step in wide] != ["black-and-white"]:
        return steps, spared
    one = replace(wide[0], operation="isolate", region=spared[0])
    return [one if step is wide[0] else step for step in steps], []


def placed(step: Step, place: Place) -> Step:
    """Return a step about a text at a place."""
    text = step.region
    if text.kind != "text" or text.place not in ("", "all"):
        return step
    return replace(step, region=replace(text, place=place))


def inked(step: Step, clause: Clause) -> Step | None:
    """Return a text in the colour that a clause after it names: "..., in yellow"."""
    colours = clause.all("colour")
    only = len(colours) == 1 and clause.only("colour", "noun") and not clause.orders
    if step.operation != "text" or not only:
        return None
    return replace(step, options={**step.options, "colour": str(colours[0].meaning.value)})


def left_over(clause: Clause, taken: Sequence[Step]) -> bool:
    """Return whether a clause only tells what stays where something was taken away."""
    lines = any(word.meaning.value == "text" for word in clause.words)
    if lines and any(step.region == Target("text", place="all") for step in taken):
        return False  # a part of what is to go: "erase the text, I only need the first line"
    erased = all(step.operation in {"remove", "erase-text"} for step in taken)
    return leaves(clause) or (erased and leaves_alone(clause))


def torn(steps: Sequence[Step], spared: Sequence[Target]) -> list[Step]:
    """Return what cannot be told apart: "remove everyone except the woman"."""
    kept = {target.name for target in spared if target.kind == "object"}
    return [step for step in steps if step.operation == "remove" and step.region.name in kept]


def with_looks(steps: Sequence[Step], from_looks: Sequence[Step]) -> list[Step]:
    """Add the steps of everyday wishes, where the user did not say it otherwise."""
    said = {(step.operation, step.region) for step in steps}
    extra = [step for step in from_looks if (step.operation, step.region) not in said]
    if any(step.operation in _FLAT for step in [*extra, *steps]):
        extra = [step for step in extra if step.operation != "grain"]  # "a retro poster"
    return [*extra, *steps]
