"""Clauses to a recipe, one after the other.

The words that name a thing are put together (`things`). Each clause is offered to a few readers,
and the first that can explain all its words wins. A clause with words that no reader can explain is
listed as unknown, never guessed at. What English leaves out in a list ("increase the contrast and
saturation", "a bit brighter and warmer") is carried over from the clause before.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from editthinker.tools.editors.darkroom.adjusting import LISTS, Carry, Reading, things
from editthinker.tools.editors.darkroom.asides import Asides
from editthinker.tools.editors.darkroom.clauses import Clause, split
from editthinker.tools.editors.darkroom.joining import (
    heads,
    introduces,
    named_again,
    onto,
    paired,
    resolved,
    shared,
    takes_all,
    topic,
    waits,
)
from editthinker.tools.editors.darkroom.keeping import read_keep
from editthinker.tools.editors.darkroom.looking import read_look
from editthinker.tools.editors.darkroom.partial import halves, shortened, stands
from editthinker.tools.editors.darkroom.phrases import phrase
from editthinker.tools.editors.darkroom.readers import read_clause
from editthinker.tools.editors.darkroom.recipe import DYEING, REDRAWING, Operation, Recipe, Step
from editthinker.tools.editors.darkroom.remarks import (
    contrasts,
    details,
    explains,
    likens,
    mends,
    narrates,
    qualifies,
    spares,
    tells,
    without_end,
    without_likeness,
    without_use,
)
from editthinker.tools.editors.darkroom.removing import (
    points,
    read_all_but,
    read_only,
    removal,
    with_every_line,
)
from editthinker.tools.editors.darkroom.settling import (
    contradictions,
    inked,
    isolated,
    left_over,
    placed,
    shared_back,
    torn,
    with_looks,
    without_repeats,
)
from editthinker.tools.editors.darkroom.target import BACKGROUND, PHOTO, SUBJECT, Place, Target

_ENDS = frozenset({".", ";", "!", "?", "\n"})
"""Breaks after which "it" is the photo again."""

_GONE: frozenset[Operation] = frozenset(
    {"remove", "cutout", "erase-text", "replace-text", "fill", "isolate"}
)
"""After these, "it" is not what they were about."""

_ERASING: frozenset[Operation] = frozenset({"remove", "erase-text"})

_STYLES: frozenset[Operation] = REDRAWING | {"sepia", "black-and-white", "text"}
"""Operations of which the user may tell more: "a cartoon, with bold outlines"."""

_REDONE: frozenset[Operation] = _STYLES | {"invert"}
"""Operations of which the result may be told: "black stars on white"."""

_EXCEPT = frozenset({"except", "except for", "but not", "apart from", "other than"})
"""Words before what is left out of an edit of all the rest."""

_REST = frozenset(
    {"everything else", "rest", "all else", "rest of photo", "rest of image", "rest of picture"}
)

_AROUND = re.compile(r"\b(behind|around)\b", re.IGNORECASE)


def read_recipe(instruction: str) -> Recipe:
    """Read an instruction in which every word must have a meaning."""
    return _Reader().read(instruction)


@dataclass
class _Reader:
    """What has been read so far."""

    steps: list[Step] = field(default_factory=list)
    keep: list[str] = field(default_factory=list)
    spared: list[Target] = field(default_factory=list)
    excepted: list[Target] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    from_looks: list[Step] = field(default_factory=list)
    carry: Carry = field(default_factory=Carry)
    strange: list[str] = field(default_factory=list)
    last: int = 0
    """Where the steps of the clause before begin."""
    it: Target = PHOTO
    """What "it" stands for."""
    introduced: bool = False
    """Whether the clause before only said what "it" is: "the car, make it blue"."""
    asides: Asides = field(default_factory=Asides)
    told: bool = False
    """Whether the clause before was such a remark."""
    gone: bool = False
    """Whether the clause before took something away."""
    styled: bool = False
    """Whether it asked for a style or a look, so that more may be said of that."""
    heading: Place = ""
    """Where the text of the next clause stands: "in the line at the bottom, ..."."""
    waiting: Clause | None = None
    """The first half of "make the cat and the dog brighter"."""

    def read(self, instruction: str) -> Recipe:
        clauses = paired(split(instruction))
        for at, clause in enumerate(clauses):
            if clause.joined_by in _ENDS | {"then", "and then"}:
                self.carry = Carry()
            after = clauses[at + 1] if at + 1 < len(clauses) else None
            if clause.joined_by in _ENDS and not self.introduced:
                self.it = PHOTO
            self.introduced = introduces(clause, after) and not narrates(clause)
            told = self.asides.count()
            if self.introduced:
                self.it = things(clause)[0]
            else:
                self._take(clause, after)
            self.told = self.asides.count() > told
        if self.waiting:
            self.unknown.append(self.waiting.text)
        for step in torn(self.steps, self.spared):
            self.steps.remove(step)
            self.unknown.append(step.clause)
        self._settle_asides()
        steps, self.spared = isolated(
            without_repeats(with_looks(self.steps, self.from_looks)), self.spared
        )
        self.notes += contradictions(steps)
        return Recipe(
            tuple(steps),
            tuple(self.keep),
            tuple(self.unknown),
            tuple(dict.fromkeys(self.notes)),
            tuple(dict.fromkeys(self.strange)),
            tuple(self.spared),
            tuple(self.excepted),
        )

    def _take(self, clause: Clause, after: Clause | None) -> None:
        reading = read_only(clause) or self._read_rest(clause)
        if narrates(clause):
            self.asides.remarks.append(clause)
        elif self.gone and left_over(clause, self.steps[self.last :]):
            self.notes.append(f"Took {clause.text!r} for what is left.")
        elif reading:
            self._add(clause, reading)
        elif kept := read_keep(clause, self.carry):
            self.keep += [name for name in kept.names if name not in self.keep]
            self._spare(kept.things)
            if clause.words[0].text in _EXCEPT:
                self.excepted += kept.things
            self.notes += clause.notes
            self.carry = Carry(keeping=True)
        elif (
            clause.has("clear")
            and clause.only("keep", "clear", "region")
            and not things(clause)
            and [s.operation for s in self.steps[-1:]] == ["cutout"]
        ):
            return  # "remove the background and leave it transparent"
        elif clause.only() or (clause.only("region") and not things(clause) and not self.waiting):
            return  # politeness, "make it", "I want the photo to be"
        elif waits(clause, after):
            self.waiting = clause
        elif heads(clause, after):
            self.notes.append(f"Took {clause.text!r} for where the text stands.")
            self.heading = things(clause)[0].place
        elif points(clause) and self.asides.complaints and self.it == PHOTO:
            self.asides.remarks.append(clause)  # "it is hazy, can you clear that up?"
        elif likens(clause) and any(step.operation in DYEING for step in self.steps):
            self.notes.append(f"Took {clause.text!r} for a comparison.")
        elif qualifies(clause):
            self.asides.qualities.append(clause)
        elif self._shows(clause):
            self.notes.append(f"Took {clause.text!r} for what comes of it.")
        elif self.steps and (inks := inked(self.steps[-1], clause)):
            self.steps[-1] = inks
        elif after and phrase("begun").match(clause.text) and after.orders:
            self.asides.remarks.append(clause)  # "making a poster here, could you write ..."
        elif reading := self._read(clause):
            if self.styled and not clause.orders and (likens(clause) or self._repeats(reading)):
                self.notes.append(f"Took {clause.text!r} for a detail of the style.")
                return
            self._add(clause, reading)
        elif (tells(clause) or likens(clause) or explains(clause)) and not self.waiting:
            self._remark(clause)
        elif reading := self._read_shortened(clause):
            self._add(clause, reading)
        elif self.told and not clause.orders and clause.joined_by in LISTS:
            self.asides.remarks.append(clause)  # "this scan is grey and uneven"
        elif self.styled and details(clause):
            self.notes.append(f"Took {clause.text!r} for a detail of the style.")
        elif spares(clause) and (self.steps or self.from_looks):
            self.notes.append(f"Left {clause.text!r} out of account.")
        elif self.gone and mends(clause):
            self.notes.append(f"Took {clause.text!r} for how the gap is filled.")
        elif named_again(clause, self.steps):
            return  # "... just the eyes"
        else:
            self.unknown += [self.waiting.text] if self.waiting else []
            self._miss(clause)
            if clause.joined_by == "keep" and takes_all(self.steps):
                self.unknown.append(self.steps.pop().clause)  # "... except the one in the middle"
            self.carry, self.waiting, self.it = Carry(), None, PHOTO

    def _remark(self, clause: Clause) -> None:
        """Note what a statement is about: it is what the next clause calls "it"."""
        self.asides.remarks.append(clause)
        if about := topic(clause):
            self.it, self.introduced = about, True

    def _shows(self, clause: Clause) -> bool:
        """Return whether a clause only tells what a style gives: "black stars on white"."""
        styled = self.styled or any(step.operation in _REDONE for step in self.steps[self.last :])
        return styled and contrasts(clause)

    def _repeats(self, reading: Reading) -> bool:
        """Return whether a style is only asked for again: "an oil painting, thick paint"."""
        done = {step.operation for step in self.steps[self.last :]}
        return bool(reading.steps) and {step.operation for step in reading.steps} <= done & _STYLES

    def _add(self, clause: Clause, reading: Reading) -> None:
        if self.heading:
            reading = replace(reading, steps=[placed(s, self.heading) for s in reading.steps])
            self.heading = ""
        if tells(clause) and self.gone and not things(clause) and clause.has("region"):
            self.asides.remarks.append(clause)  # "remove the lamp, it is too bright"
            return
        gone = any(step.operation in _GONE for step in reading.steps)
        regions = {step.region for step in reading.steps}
        if tells(clause) and not self.waiting and reading.steps and not likens(clause):
            self.asides.complain(clause, reading.steps)
            reading, regions = replace(reading, steps=(), notes=()), set()
            if about := topic(clause):
                self.it, self.introduced = about, True
                self.carry = Carry()
                return
        steps = self._with_waiting(reading.steps)
        if reading.look:
            there = {(step.operation, step.region) for step in self.from_looks}
            self.from_looks += [s for s in steps if (s.operation, s.region) not in there]
        else:
            if reading.instead:
                del self.steps[self.last :]
            self.steps[self.last :] = shared_back(self.steps[self.last :], reading)
            self.last = len(self.steps)
            self.steps += steps
        self._spare(reading.spared)
        if reading.carry.but:
            self.excepted += reading.spared
        self.notes += [*clause.notes, *reading.notes]
        self.carry = reading.carry
        cut = [step.operation for step in reading.steps] == ["cutout"]
        if cut and regions == {SUBJECT}:
            self.it, self.introduced = BACKGROUND, True  # "... and make it white"
        else:
            self.it = regions.pop() if len(regions) == 1 and not gone else PHOTO
        self.gone = gone
        self.styled = reading.look or any(s.operation in _STYLES for s in reading.steps)

    def _with_waiting(self, steps: Sequence[Step]) -> list[Step]:
        waiting, self.waiting = self.waiting, None
        if waiting and any(s.operation == "fill" and s.region == BACKGROUND for s in steps):
            self.notes.append(f"Took {waiting.text!r} for a part of the background.")
            return list(steps)
        return [*shared(waiting, steps), *steps]

    def _settle_asides(self) -> None:
        self.steps, self.from_looks, notes, unknown = self.asides.settle(
            self.steps, self.from_looks
        )
        self.notes += notes
        for clause in unknown:
            self._miss(clause)

    def _miss(self, clause: Clause) -> None:
        self.unknown.append(clause.text)
        self.strange += [word.text for word in clause.all("unknown") if word.text.isalpha()]

    def _spare(self, targets: Sequence[Target]) -> None:
        self.spared += [target for target in targets if target not in self.spared]

    def _read(self, clause: Clause) -> Reading | None:
        if points(clause) and self.it != PHOTO and (step := removal(self.it)):
            step = replace(step, clause=clause.text)  # "there's a stain, can you take that out?"
            return Reading([step], Carry(steps=(step,), region=step.region))
        if self.waiting:
            verbs = tuple(w for w in self.waiting.words if w.kind in {"verb", "noun", "direction"})
            clause = replace(clause, words=verbs + clause.words)
        likeness = without_likeness(clause) or without_end(clause)
        return (
            self._read_part(without_use(clause), "its purpose")
            or self._read_one(resolved(clause, self.it))
            or self._read_one(clause)
            or self._read_halves(clause)
            or self._read_part(likeness, "a comparison or a reason")
        )

    def _read_part(self, part: tuple[Clause, str] | None, what: str) -> Reading | None:
        """Read a clause without its end, which only tells what the rest is for or like."""
        if part is None or not (found := self._read_one(resolved(part[0], self.it))):
            return None
        return replace(found, notes=(*found.notes, f"Took {part[1]!r} for {what}."))

    def _read_shortened(self, clause: Clause) -> Reading | None:
        """Read "remove the tower in the distance" without what nobody understands of it."""
        for part in shortened(clause):
            listed = clause.joined_by in LISTS and self.carry.steps
            found = self._read(part.clause)
            styled = found and (found.look or all(s.operation in _STYLES for s in found.steps))
            if not (part.clause.orders or listed or styled):
                continue
            if found and found.steps and stands(found.steps, part.lost[-1]):
                note = f"Left {' and '.join(map(repr, part.lost))} out of account."
                return replace(found, notes=(*found.notes, note))
        return None

    def _read_one(self, clause: Clause) -> Reading | None:
        if not clause.orders and {s.operation for s in self.carry.steps} & _ERASING:
            clause = with_every_line(clause)  # "remove the cat and the text"
        places = things(clause)
        if places and clause.only("region") and self.carry.steps and not clause.orders:
            if self.carry.but:
                return self._read_more_left(places)
            filled = [step.operation for step in self.carry.steps] == ["fill"]
            if clause.joined_by == "plus" and filled and self.carry.region == BACKGROUND:
                note = f"Took {clause.text!r} for a part of the background."
                return Reading((), self.carry, (note,))  # "including the chairs"
            listed = clause.joined_by in {"and", "&", ","}  # and not "including the cat"
            if (
                listed
                and self.carry.region == BACKGROUND
                and _AROUND.search(self.carry.steps[0].clause)
            ):
                return Reading((), self.carry, spared=tuple(places))  # "... and the mug"
            steps = [onto(step, thing) for thing in places for step in self.carry.steps]
            steps = [replace(step, clause=clause.text) for step in steps]
            return Reading(steps, replace(self.carry, steps=tuple(steps), region=places[0]))
        if look := read_look(clause, read_recipe):
            return replace(look, look=True)
        return read_clause(clause, self.carry)

    def _read_more_left(self, places: Sequence[Target]) -> Reading | None:
        """Read the cat of "black and white except the dog and the cat"."""
        last = self.steps[-1]
        if last.operation == "isolate":
            self.steps[-1] = replace(last, operation="black-and-white", region=PHOTO)
            places = [last.region, *places]
        return Reading((), self.carry, spared=tuple(places))

    def _read_halves(self, clause: Clause) -> Reading | None:
        """Read "a pencil sketch with a white border" as two clauses, if both can be read."""
        for first, second in () if self.waiting else halves(clause):
            one = self._read_one(resolved(first, self.it))
            if one and (two := self._read_one(second)):
                return replace(two, steps=[*one.steps, *two.steps], notes=one.notes + two.notes)
        return None

    def _read_rest(self, clause: Clause) -> Reading | None:
        """Read "the rest" as all but what was spoken of last."""
        spared = self.spared[-1:] or ([self.it] if self.it != PHOTO else [])
        kept = {"background": BACKGROUND, "subject": SUBJECT}
        spared = spared or [kept[name] for name in self.keep if name in kept]
        said = any(word.text in _REST for word in clause.words)
        if said and self.steps and self.steps[-1].operation == "isolate":
            drained = [word.meaning.value for word in clause.all("operation", "colour")]
            if drained in (["grey"], ["black-and-white"]):
                return Reading((), self.carry)  # it was said before
        if not spared or not said or not clause.has("operation"):
            return None
        words = tuple(w for w in clause.words if w.text not in _REST and w.kind != "keep")
        return read_all_but(replace(clause, words=words), self.carry, spared[0])
