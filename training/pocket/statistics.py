"""Means over scenes with intervals that know that crops of one photo are alike."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from editthinker.evals.estimates import limits

Values = Mapping[tuple[str, str], float]
"""By photo and scene."""


class Mean(BaseModel):
    """A mean with its 95 % interval."""

    model_config = ConfigDict(frozen=True)

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0

    def __str__(self) -> str:
        if self.value is None:
            return "-"
        if self.low is None or self.high is None:
            return f"{self.value:.2f}"
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def mean_of(values: Values, draws: int, seed: int = 0) -> Mean:
    """Average values; photos are drawn again, then the scenes of each."""
    if not values:
        return Mean(value=None)
    photos = sorted({photo for photo, _ in values})
    groups = [
        np.array([values[key] for key in sorted(values) if key[0] == photo]) for photo in photos
    ]
    between = limits(_drawn(groups, draws, seed)) if len(values) > 1 else None
    return Mean(
        value=float(np.mean([value for value in values.values()])),
        low=between and between[0],
        high=between and between[1],
        n=len(values),
    )


def difference(second: Values, first: Values, draws: int, seed: int = 0) -> Mean:
    """Average `second - first` over the scenes that both have."""
    both = {key: second[key] - first[key] for key in second.keys() & first.keys()}
    return mean_of(both, draws, seed)


def average(several: Sequence[Values]) -> Values:
    """Average the seeds of one arm, scene by scene, where all of them have a value."""
    common = set.intersection(*(set(values) for values in several)) if several else set()
    return {key: float(np.mean([values[key] for values in several])) for key in common}


def _drawn(groups: Sequence[NDArray[np.float64]], draws: int, seed: int) -> NDArray[np.float64]:
    chance = np.random.default_rng(seed)
    means = np.empty(draws)
    for at in range(draws):
        chosen = chance.integers(len(groups), size=len(groups))
        drawn = [chance.choice(groups[which], size=len(groups[which])) for which in chosen]
        means[at] = np.concatenate(drawn).mean()
    return means
