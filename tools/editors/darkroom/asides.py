"""What is told beside the orders of an instruction, until it is known what these are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from editthinker.tools.editors.darkroom.clauses import Clause
from editthinker.tools.editors.darkroom.recipe import Step
from editthinker.tools.editors.darkroom.remarks import TONES, opposed, remedy, settled


class Settled(NamedTuple):
    """What is to be done once all has been told."""

    steps: list[Step]
    looks: list[Step]
    notes: list[str]
    unknown: list[Clause]
    """What was told where nothing was ordered."""


@dataclass
class Asides:
    """What the user says is wrong, what is so, and how natural the result should be."""

    complaints: list[Step] = field(default_factory=list)
    """What helps against what the user says is wrong."""
    remarks: list[Clause] = field(default_factory=list)
    """What was told about the photo, and is no order."""
    qualities: list[Clause] = field(default_factory=list)
    """What was only said of how natural the result should be."""

    def count(self) -> int:
        """Return how much was told of the photo."""
        return len(self.remarks) + len(self.complaints)

    def complain(self, clause: Clause, steps: Sequence[Step]) -> None:
        """Note what is wrong, by the steps that would bring it about."""
        cures = [remedy(clause, step) for step in steps]
        self.complaints += [step for step in cures if step]
        if not any(cures):
            self.remarks.append(clause)

    def settle(self, steps: Sequence[Step], looks: Sequence[Step]) -> "Settled":
        """Take what was only told for the reason of the rest, if there is a rest.

        Args:
            steps: What was ordered.
            looks: What was ordered by the name of a look.
        """
        cures = settled(self.complaints, list(steps))
        kept = [look for look in looks if not opposed(look, cures)]
        done = [*steps, *settled(cures, kept)]
        balanced, notes = self._balance([*done, *kept])
        done += balanced
        if not done and not kept:
            return Settled(done, kept, notes, self.remarks)
        notes += [f"Took {clause.text!r} for the reason." for clause in self.remarks]
        return Settled(done, kept, notes, [])

    def _balance(self, steps: Sequence[Step]) -> tuple[list[Step], list[str]]:
        """Take "more natural" for how a tone is changed, or else for balanced colours.

        Returns:
            What is still to be done, and notes.
        """
        if any(step.operation in TONES for step in steps):
            return [], [f"Took {clause.text!r} for how it is done." for clause in self.qualities]
        return [Step("white-balance", clause=clause.text) for clause in self.qualities[:1]], []
