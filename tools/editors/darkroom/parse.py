"""Plain English to a `Recipe`.

The instruction is split into clauses (`clauses`), each clause is offered to a few readers, and the
first that can explain all its words wins. A clause with words that no reader can explain is listed
as unknown, never guessed at. What English leaves out in a list ("increase the contrast and
saturation", "a bit brighter and warmer") is carried over from the clause before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from editthinker.tools.editors.darkroom.adjusting import Carry, Reading, read_adjustments, things
from editthinker.tools.editors.darkroom.clauses import Clause, split
from editthinker.tools.editors.darkroom.placing import (
    read_border,
    read_crop,
    read_flip,
    read_hue,
    read_rotate,
    read_text,
)
from editthinker.tools.editors.darkroom.recipe import SIGNED, Recipe, Step
from editthinker.tools.editors.darkroom.recolouring import read_fill, read_recolour, read_repaint
from editthinker.tools.editors.darkroom.removing import (
    read_cutout,
    read_move,
    read_remove,
    read_rest,
    removal,
)
from editthinker.tools.editors.darkroom.target import BACKGROUND, SUBJECT, Target
from editthinker.tools.editors.darkroom.wording import read_rewording
from editthinker.tools.editors.darkroom.words import looks

_READERS: Sequence[Callable[[Clause, Carry], Reading | None]] = (
    read_text,
    read_rewording,
    read_rest,
    read_remove,
    read_cutout,
    read_move,
    read_fill,
    read_repaint,
    read_recolour,
    read_border,
    read_crop,
    read_flip,
    read_rotate,
    read_hue,
    read_adjustments,
)

_KEEPS = {
    "background": "background",
    "subject": "subject",
    "photo": "everything else",
    "saturation": "colours",
    "hue": "colours",
    "warmth": "colours",
    "tint": "colours",
    "brightness": "brightness",
    "exposure": "brightness",
}
"""What "keep ... unchanged" keeps, by region or operation named; else `everything else`."""


def parse(instruction: str) -> Recipe:
    """Read an instruction; whatever the text, nothing is raised."""
    return _Reader().read(instruction)


@dataclass
class _Reader:
    """What has been read so far."""

    steps: list[Step] = field(default_factory=list)
    keep: list[str] = field(default_factory=list)
    spared: list[Target] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    from_looks: list[Step] = field(default_factory=list)

    def read(self, instruction: str) -> Recipe:
        carry, last = Carry(), 0
        for clause in split(instruction):
            if clause.joined_by in {".", ";", "!", "?", "\n", "then", "and then"}:
                carry = Carry()
            if (kept := _read_keep(clause, carry)) is not None:
                self.keep += [name for name in kept if name not in self.keep]
                self.spared += [thing for thing in _spared(clause) if thing not in self.spared]
                carry = Carry(keeping=True)
            elif clause.only() or (clause.only("region") and not things(clause)):
                continue  # politeness, "make it", "I want the photo to be"
            elif reading := _read_look(clause, carry):
                self.from_looks += reading.steps
                self.notes += reading.notes
                carry = reading.carry
            elif reading := self._read_steps(clause, carry):
                self._share_back(reading, last)
                last = len(self.steps)
                self.steps += reading.steps
                self.notes += reading.notes
                self.spared += [thing for thing in reading.spared if thing not in self.spared]
                carry = reading.carry
            else:
                self.unknown.append(clause.text)
                carry = Carry()
        steps = self._with_looks()
        self.notes += _contradictions(steps)
        return Recipe(
            tuple(steps),
            tuple(self.keep),
            tuple(self.unknown),
            tuple(self.notes),
            tuple(self.spared),
        )

    def _read_steps(self, clause: Clause, carry: Carry) -> Reading | None:
        places = things(clause)
        if places and clause.only("region") and carry.steps and not clause.orders:
            steps = [replace(_onto(step, places[0]), clause=clause.text) for step in carry.steps]
            return Reading(steps, replace(carry, steps=tuple(steps), region=places[0]))
        return next((found for read in _READERS if (found := read(clause, carry))), None)

    def _share_back(self, reading: Reading, first: int) -> None:
        """Give the clause before what this one says for both: "... and saturation by 20%"."""
        if reading.shares_region:
            place = reading.carry.region
            self.steps[first:] = [replace(step, region=place) for step in self.steps[first:]]
        if reading.shares_amount and reading.carry.amount is not None:
            size = reading.carry.amount
            self.steps[first:] = [
                replace(step, amount=-size if step.amount < 0 else size)
                for step in self.steps[first:]
            ]

    def _with_looks(self) -> list[Step]:
        """Add the steps of everyday wishes, where the user did not say it otherwise."""
        said = {(step.operation, step.region) for step in self.steps}
        extra = [step for step in self.from_looks if (step.operation, step.region) not in said]
        return extra + self.steps


def _onto(step: Step, target: Target) -> Step:
    """Return what is asked of one thing for another one: "remove the cat and the text"."""
    taken = removal(target) if step.operation in {"remove", "erase-text"} else None
    return taken or replace(step, region=target)


def _spared(clause: Clause) -> list[Target]:
    """Return what is to be kept besides background and subject."""
    return [thing for thing in things(clause) if thing not in (BACKGROUND, SUBJECT)]


def _read_keep(clause: Clause, carry: Carry) -> list[str] | None:
    allowed = clause.only("keep", "closer", "keepable", "region", "operation", "degree")
    named = [w for w in clause.all("keepable", "region", "operation")]
    listed = carry.keeping and not clause.orders and clause.only("keepable", "region", "operation")
    listed = listed and all(word.meaning.role in {"", "name"} for word in named)
    if not allowed or not named or not (clause.has("keep", "closer") or listed):
        return None
    places = things(clause)
    if any(
        word.meaning.role not in {"", "name", "hosts"}
        and not (places and _is_focus(word.meaning.value))
        for word in named
    ):
        return None
    if len(named) > 1:  # "keep the colours of the photo"
        named = [word for word in named if word.meaning.value != "photo"] or named
    return [
        str(w.meaning.value)
        if w.kind == "keepable"
        else _KEEPS.get(str(w.meaning.value), "everything else")
        for w in named
        if not (places and _is_focus(w.meaning.value)) and w.meaning.target not in _spared(clause)
    ]


def _is_focus(value: str | float) -> bool:
    return value == "sharpen"


def _read_look(clause: Clause, _: Carry) -> Reading | None:
    found = clause.all("look")
    if len(found) != 1 or not clause.only("look", "region", "direction", "degree"):
        return None
    if things(clause) or any(word.meaning.sign < 0 for word in clause.words):
        return None
    scale = min((float(w.meaning.value) for w in clause.all("degree")), default=0.5) / 0.5
    meant = looks()[str(found[0].meaning.value)]
    steps = [
        replace(step, amount=_scaled(step.amount, scale), clause=clause.text)
        for step in parse(meant).steps
    ]
    done = ", ".join(sentence for step in steps if (sentence := step.sentence()))
    return Reading(steps, Carry(), (f"Read {found[0].text!r} as: {done}.",))


def _scaled(amount: float, factor: float) -> float:
    return round(max(-1.0, min(1.0, amount * factor)), 4)


def _contradictions(steps: Sequence[Step]) -> list[str]:
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
