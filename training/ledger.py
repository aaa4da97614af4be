"""What every filter kept and why: counts, as a table for people and JSON for programs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

T = TypeVar("T")


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FilterLine(_Line):
    """What one filter did."""

    name: str
    rule: str = Field(description="What it keeps, with its numbers.")
    unit: Literal["samples", "trajectories", "steps"]
    before: int
    kept: int
    dropped: dict[str, int] = Field({}, description="How many were left out, by reason.")
    notes: tuple[str, ...] = Field((), description="What else it did.")


class BalanceCell(_Line):
    """Steps of one task and score level of a split."""

    split: str
    task: str
    level: str = Field(description="Of the judge's overall score.")
    before: int
    kept: int


class Ledger(_Line):
    """Every filter of a data set, in order."""

    filters: tuple[FilterLine, ...]
    balance: tuple[BalanceCell, ...] = ()

    def print(self, console: Console) -> None:
        """Print what was kept and why."""
        grid = Table(box=SIMPLE)
        grid.add_column("filter", no_wrap=True)
        grid.add_column("before", justify="right")
        grid.add_column("kept", justify="right")
        grid.add_column("of", no_wrap=True)
        grid.add_column("why")
        for line in self.filters:
            why = [line.rule, *(f"- {count} {reason}" for reason, count in line.dropped.items())]
            numbers = (str(line.before), str(line.kept), line.unit)
            grid.add_row(line.name, *numbers, "\n".join([*why, *line.notes]))
        console.print(grid)
        if self.balance:
            console.print(_cells(self.balance))


@dataclass(frozen=True)
class Filtered(Generic[T]):
    """What a filter let through, and its line in the ledger."""

    kept: tuple[T, ...]
    line: FilterLine


def sort_out(
    judged: Iterable[tuple[T, str | None]],
    *,
    name: str,
    rule: str,
    unit: Literal["samples", "trajectories", "steps"],
) -> Filtered[T]:
    """Keep what has no reason to be left out, and count the reasons."""
    pairs = list(judged)
    kept = tuple(item for item, reason in pairs if reason is None)
    dropped = Counter(reason for _, reason in pairs if reason is not None)
    counts: Mapping[str, int] = dict(sorted(dropped.items()))
    line = FilterLine(
        name=name, rule=rule, unit=unit, before=len(pairs), kept=len(kept), dropped=dict(counts)
    )
    return Filtered(kept, line)


def _cells(cells: Sequence[BalanceCell]) -> Table:
    levels = sorted({cell.level for cell in cells}, key=lambda level: float(level.split("-")[0]))
    grid = Table(box=SIMPLE, title="steps kept of those there were, by task and score")
    grid.add_column("split", no_wrap=True)
    grid.add_column("task", no_wrap=True)
    for level in levels:
        grid.add_column(level, justify="right", no_wrap=True)
    by_place = {(cell.split, cell.task, cell.level): cell for cell in cells}
    for split, task in dict.fromkeys((cell.split, cell.task) for cell in cells):
        found = [by_place.get((split, task, level)) for level in levels]
        grid.add_row(split, task, *(f"{c.kept}/{c.before}" if c else "" for c in found))
    return grid
