"""What a benchmark's formula is: how scores become values, and values the published numbers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from editthinker.evals.estimates import Array, Cells, Values
from editthinker.evals.scores import ScoreLine
from editthinker.tools.errors import ConfigError

Compat = Literal["strict", "official"]
"""`official` repeats known quirks of the official scripts, so that their numbers come out;
`strict` follows what the benchmarks' papers say."""

OVERALL = "overall"
"""The group of metrics over all categories."""


@dataclass(frozen=True)
class Metric:
    """One published number."""

    group: str
    """`overall`, or a set of categories that the benchmark reports."""
    name: str
    value: Array
    """One number, or one for each draw."""
    source: str
    """The value it is made of; its counts are shown with the metric."""
    categories: Sequence[str]
    """What it is made over."""


class Formula(Protocol):
    """The official formula of one benchmark."""

    headline: str
    """The metric that tables show first."""
    sizes: Mapping[str, int]
    """Official number of samples of each category (and language); empty if any category goes."""
    digits: int | None
    """Decimals that the official script keeps of a category's mean; None for all."""

    def tables(self, line: ScoreLine) -> Sequence[str]:
        """Name the tables that a sample counts in."""
        ...

    def category(self, line: ScoreLine) -> str:
        """Return the category under its official name.

        Raises:
            ConfigError: if there is no such category.
        """
        ...

    def read(self, line: ScoreLine, compat: Compat) -> Values:
        """Turn the scores of a sample into values; None where a score cannot be read."""
        ...

    def combine(self, cells: Cells, compat: Compat) -> list[Metric]:
        """Turn sums per category into the published numbers; pure, over arrays."""
        ...


def find_category(name: str, known: Mapping[str, int], aliases: Mapping[str, str]) -> str:
    """Return a category under its official name; `-`, `_`, blanks and case do not matter.

    Raises:
        ConfigError: if there is no such category.
    """
    plain = {_plain(each): each for each in known}
    plain |= {_plain(each): official for each, official in aliases.items()}
    if found := plain.get(_plain(name)):
        return found
    raise ConfigError(f"unknown category {name[:60]!r}; known: {', '.join(known)}")


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def check_choice(option: str, value: str, allowed: Sequence[str]) -> str:
    """Return the value of an option that knows only some.

    Raises:
        ConfigError: if it is another.
    """
    if value not in allowed:
        raise ConfigError(f"{option} {value[:40]!r}: it must be {' or '.join(allowed)}")
    return value
