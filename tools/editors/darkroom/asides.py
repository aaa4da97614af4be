"""What is told beside the orders of an instruction, until it is known what these are."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from editthinker.tools.editors.darkroom.clauses import Clause
from editthinker.tools.editors.darkroom.recipe import Step
from editthinker.tools.editors.darkroom.remarks import TONES, remedy, settled


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

    def cures(self, steps: Sequence[Step]) -> list[Step]:
        """Return what helps against the complaints and is not ordered in another way."""
        return settled(self.complaints, list(steps))

    def balance(self, steps: Sequence[Step]) -> tuple[list[Step], list[str]]:
        """Take "more natural" for how a tone is changed, or else for balanced colours.

        Returns:
            What is still to be done, and notes.
        """
        if any(step.operation in TONES for step in steps):
            return [], [f"Took {clause.text!r} for how it is done." for clause in self.qualities]
        return [Step("white-balance", clause=clause.text) for clause in self.qualities[:1]], []
