"""Means with their uncertainty: sums per category, resampled within categories.

A formula sees only sums and counts of each value per category, as arrays: one number for the
estimate itself, and one for each bootstrap draw.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

Values = Mapping[str, float | None]
"""What a formula reads of one sample, by name; None where a reply could not be read, no key where
the value does not apply."""

DRAWS = 2000
"""Bootstrap draws; 95 % limits then move by a few hundredths of their distance."""

_CHUNK = 4_000_000


@dataclass(frozen=True)
class Sums:
    """Sum and count of one value in one category."""

    total: Array
    n: Array

    @property
    def mean(self) -> Array:
        """Mean; NaN of nothing."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.total / self.n)

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(self.total + other.total, self.n + other.n)


NOTHING = Sums(np.zeros(()), np.zeros(()))

Cells = Mapping[tuple[str, str], Sums]
"""Sums by category and value."""


def pooled(cells: Cells, categories: Sequence[str], name: str) -> Sums:
    """Add up one value over categories."""
    return sum((cells[c, name] for c in categories if (c, name) in cells), NOTHING)


def macro(parts: Sequence[Array]) -> Array:
    """Average means without weights; a part without values is left out."""
    if not parts:
        return np.asarray(np.nan)
    stacked = np.stack(np.broadcast_arrays(*parts))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.nansum(stacked, 0) / np.isfinite(stacked).sum(0))


def sums(samples: Mapping[str, Sequence[Values]]) -> Cells:
    """Add up the values of each category."""
    return next(_resampled(samples, 0, None))


def bootstrap(
    samples: Mapping[str, Sequence[Values]], seed: int = 0, draws: int = DRAWS
) -> Iterator[Cells]:
    """Yield the sums of resampled samples, some draws at a time.

    Samples are drawn with replacement within each category, since categories are chosen by the
    benchmark's makers and their sizes are fixed. The same seed draws the same places: two runs
    over the same samples, in the same order, can be compared pairwise.
    """
    most = max((len(group) for group in samples.values()), default=1)
    size = max(1, min(draws, _CHUNK // max(1, most)))
    for start in range(0, draws, size):
        rng = np.random.default_rng((seed, start))
        yield from _resampled(samples, min(size, draws - start), rng)


def limits(values: Array) -> tuple[float, float] | None:
    """Return the 95 % percentile interval, or None where it cannot be had."""
    finite = values[np.isfinite(values)]
    if finite.size < 2:
        return None
    low, high = np.percentile(finite, [2.5, 97.5])
    return float(low), float(high)


def _resampled(
    samples: Mapping[str, Sequence[Values]], draws: int, rng: np.random.Generator | None
) -> Iterator[Cells]:
    cells: dict[tuple[str, str], Sums] = {}
    for category in sorted(samples):
        group = samples[category]
        if not group:
            continue
        names = sorted({name for values in group for name in values})
        table = np.array(
            [[np.nan if (v := each.get(name)) is None else v for name in names] for each in group],
            dtype=np.float64,
        ).reshape(len(group), len(names))
        there = np.isfinite(table).astype(np.float64)
        known = np.nan_to_num(table)
        if rng is None:
            # Exact, so that the order of the samples never decides how a mean is rounded.
            totals = np.array([math.fsum(column) for column in known.T])
            counts = there.sum(0)
        else:
            weights = rng.multinomial(
                len(group), np.full(len(group), 1 / len(group)), size=draws
            ).astype(np.float64)
            totals, counts = weights @ known, weights @ there
        for at, name in enumerate(names):
            cells[category, name] = Sums(totals[..., at], counts[..., at])
    yield cells
