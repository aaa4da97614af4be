"""Benchmark numbers from scores: official formulas, counts and intervals beside every mean."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from editthinker.evals.estimates import Cells, Values, bootstrap, limits, sums
from editthinker.evals.formula import OVERALL, Compat, Formula, Metric
from editthinker.evals.scores import ScoreLine
from editthinker.tools.errors import ConfigError

MAX_FAILED = 0.25
"""Share of missing and unparsed samples above which no aggregate is given."""

UNPARSED_WARNING = 0.01
"""Share of unparsed samples above which a table is flagged."""


class Counts(BaseModel):
    """How many samples a number stands on."""

    model_config = ConfigDict(frozen=True)

    n_expected: int = 0
    n_scored: int = 0
    n_missing: int = Field(0, description="No edit or no judgement: never scored.")
    n_unparsed: int = Field(0, description="The judge's reply could not be read: never scored.")


class Estimate(Counts):
    """A mean with its 95 % bootstrap interval and its counts."""

    value: float | None = Field(None, description="Null where nothing can be said.")
    low: float | None = None
    high: float | None = None


class Table(Counts):
    """The numbers of one selection of samples, such as GEdit's English full set."""

    refused: str | None = Field(None, description="Why there are no numbers, if there are none.")
    overall: dict[str, Estimate] = {}
    groups: dict[str, dict[str, Estimate]] = {}
    categories: dict[str, dict[str, Estimate]] = {}


class Aggregate(Counts):
    """All tables of a benchmark; `overall` repeats the values of the first one."""

    benchmark: str
    compat: Compat
    max_failed: float
    refused: str | None = None
    warnings: list[str] = []
    overall: dict[str, float | None] = {}
    tables: dict[str, Table] = {}


def aggregate(
    benchmark: str,
    formula: Formula,
    lines: Iterable[ScoreLine],
    *,
    compat: Compat = "strict",
    max_failed: float = MAX_FAILED,
    expected: Mapping[str, int] | None = None,
    seed: int = 0,
) -> Aggregate:
    """Aggregate scores.

    Args:
        benchmark: Name for the result.
        formula: The benchmark's.
        lines: The scores; every sample once.
        compat: Whether to repeat the official scripts' quirks.
        max_failed: Refuse if a larger share of samples is missing or unparsed.
        expected: How many samples each category should have; by default those that are there.
        seed: Of the bootstrap.

    Raises:
        ConfigError: if a category is unknown or a sample stands twice.
    """
    selections = _select(formula, lines, compat)
    tables: dict[str, Table] = {}
    warnings: list[str] = []
    for name, (samples, missing) in selections.items():
        # How many samples a benchmark's intersection has is told by its rows alone.
        for category, size in ({} if "intersection" in name else expected or {}).items():
            samples.setdefault(category, [])
            missing[category] += max(0, size - len(samples[category]) - missing[category])
        counts = _count(samples, missing)
        share = (counts.n_missing + counts.n_unparsed) / max(1, counts.n_expected)
        if share > max_failed:
            refused = (
                f"{share:.0%} of the samples of {name!r} are missing or unparsed, more than the "
                f"{max_failed:.0%} that are allowed; judge them again, or allow more (--max-failed)"
            )
            tables[name] = Table(refused=refused, **_only_counts(counts))
        else:
            tables[name] = _table(formula, samples, missing, counts, compat, seed)
        warnings += _warnings(name, formula, samples, counts)
    first = next(iter(tables.values()), Table(refused="there are no scores"))
    return Aggregate(
        benchmark=benchmark,
        compat=compat,
        max_failed=max_failed,
        refused=next((t.refused for t in (first, *tables.values()) if t.refused), None),
        warnings=warnings,
        overall={name: each.value for name, each in first.overall.items()},
        tables=tables,
        **_only_counts(first),
    )


def paired_difference(
    formula: Formula,
    first: Iterable[ScoreLine],
    second: Iterable[ScoreLine],
    *,
    compat: Compat = "strict",
    seed: int = 0,
) -> dict[str, Table]:
    """Compare two sets of scores on the samples that both have: `second` minus `first`."""
    result: dict[str, Table] = {}
    ours, theirs = (_keyed(formula, lines) for lines in (first, second))
    common = sorted(
        key
        for key in ours.keys() & theirs.keys()
        if not (ours[key].is_missing or theirs[key].is_missing)
    )
    sides = [_select(formula, (side[key] for key in common), compat) for side in (ours, theirs)]
    for name in sides[0]:
        pairs: list[dict[str, list[Values]]] = [{}, {}]
        for category in sides[0][name][0]:
            both = zip(*(side[name][0].get(category, []) for side in sides), strict=False)
            kept = [(a, b) for a, b in both if _complete(a) and _complete(b)]
            for at in (0, 1):
                pairs[at][category] = [pair[at] for pair in kept]
        n = sum(map(len, pairs[0].values()))
        table = Table(n_expected=len(common), n_scored=n)
        points = [{m.name: m for m in _overall(formula, sums(side), compat)} for side in pairs]
        draws = [_draws(formula, bootstrap(side, seed), compat) for side in pairs]
        for metric in points[0].keys() & points[1].keys():
            value = float(points[1][metric].value - points[0][metric].value)
            between = limits(draws[1][OVERALL, metric] - draws[0][OVERALL, metric])
            table.overall[metric] = Estimate(
                value=_finite(value),
                low=between and between[0],
                high=between and between[1],
                n_expected=len(common),
                n_scored=n,
            )
        result[name] = table
    return result


Selection = tuple[dict[str, list[Values]], dict[str, int]]
"""Values of the samples that have scores, and the number of those that have none, by category."""


def _select(formula: Formula, lines: Iterable[ScoreLine], compat: Compat) -> dict[str, Selection]:
    selections: dict[str, Selection] = {}
    for (_, category, _), line in _keyed(formula, lines).items():
        for name in formula.tables(line):
            samples, missing = selections.setdefault(name, ({}, defaultdict(int)))
            group = samples.setdefault(category, [])
            if line.is_missing:
                missing[category] += 1
            else:
                group.append(formula.read(line, compat))
    return dict(sorted(selections.items(), key=lambda item: _rank(item[0])))


def _keyed(formula: Formula, lines: Iterable[ScoreLine]) -> dict[tuple[str, str, str], ScoreLine]:
    keyed: dict[tuple[str, str, str], ScoreLine] = {}
    for line in lines:
        key = (formula.tables(line)[0], formula.category(line), line.id)
        if key in keyed:
            raise ConfigError(
                f"sample {line.id!r} of {line.category!r} stands twice; keep one of the lines"
            )
        keyed[key] = line
    return keyed


def _rank(table: str) -> tuple[bool, bool, str]:
    return ("cn" in table, "intersection" in table, table)


def _table(
    formula: Formula,
    samples: Mapping[str, list[Values]],
    missing: Mapping[str, int],
    counts: Counts,
    compat: Compat,
    seed: int,
) -> Table:
    point = sums(samples)
    metrics = [*_metrics(formula, point, compat)]
    draws = _draws(formula, bootstrap(samples, seed), compat)
    table = Table(**_only_counts(counts))
    for metric in metrics:
        # One sample says nothing about its own spread.
        spread = max((len(samples.get(c, ())) for c in metric.categories), default=0) > 1
        between = limits(draws[metric.group, metric.name]) if spread else None
        estimate = Estimate(
            value=_finite(float(metric.value)),
            low=between and between[0],
            high=between and between[1],
            **_only_counts(_count(samples, missing, metric.categories, metric.source)),
        )
        place = (
            table.overall
            if metric.group == OVERALL
            else (table.categories if metric.group in samples else table.groups).setdefault(
                metric.group, {}
            )
        )
        place[metric.name] = estimate
    return table


def _metrics(formula: Formula, cells: Cells, compat: Compat) -> list[Metric]:
    """Return the formula's metrics, and the mean of each value in each category."""
    categories = [
        Metric(category, name, _rounded(cell.mean, formula.digits), name, (category,))
        for (category, name), cell in cells.items()
        if name != SAMPLE
    ]
    return [*formula.combine(cells, compat), *categories]


def _overall(formula: Formula, cells: Cells, compat: Compat) -> list[Metric]:
    return [m for m in formula.combine(cells, compat) if m.group == OVERALL]


def _draws(
    formula: Formula, drawn: Iterable[Cells], compat: Compat
) -> dict[tuple[str, str], np.ndarray]:
    values: dict[tuple[str, str], list[np.ndarray]] = defaultdict(list)
    for cells in drawn:
        for metric in _metrics(formula, cells, compat):
            values[metric.group, metric.name].append(np.atleast_1d(metric.value))
    return {key: np.concatenate(parts) for key, parts in values.items()}


SAMPLE = "sample"
"""As the source of a metric: its counts are of samples with every score."""


def _count(
    samples: Mapping[str, list[Values]],
    missing: Mapping[str, int],
    categories: Iterable[str] | None = None,
    source: str = SAMPLE,
) -> Counts:
    scored = unparsed = lost = 0
    for category in samples if categories is None else categories:
        lost += missing.get(category, 0)
        for values in samples.get(category, ()):
            if source != SAMPLE and source not in values:
                continue
            fine = _complete(values) if source == SAMPLE else values[source] is not None
            scored += fine
            unparsed += not fine
    return Counts(
        n_expected=scored + unparsed + lost, n_scored=scored, n_missing=lost, n_unparsed=unparsed
    )


def _warnings(
    name: str, formula: Formula, samples: Mapping[str, list[Values]], counts: Counts
) -> list[str]:
    found = []
    if counts.n_unparsed > UNPARSED_WARNING * counts.n_expected:
        found.append(f"{name}: {counts.n_unparsed} of {counts.n_expected} samples are unparsed")
    if counts.n_missing:
        found.append(f"{name}: {counts.n_missing} of {counts.n_expected} samples are missing")
    without = [each for each in formula.sizes if not samples.get(each)]
    if without:
        found.append(f"{name}: no scores for {', '.join(without)}; means are over the others")
    return found


def _complete(values: Values) -> bool:
    return all(value is not None for value in values.values())


def _only_counts(counts: Counts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in Counts.model_fields}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _rounded(value: np.ndarray, digits: int | None) -> np.ndarray:
    return value if digits is None else round_like_python(value, digits)


def round_like_python(values: np.ndarray, digits: int) -> np.ndarray:
    """Round as the official scripts do; NumPy's own rounding differs in the last place."""
    return np.asarray(
        np.vectorize(lambda x: round(x, digits) if math.isfinite(x) else x, otypes=[float])(values)
    )


def dump(result: Aggregate) -> str:
    """Write an aggregate as one JSON object."""
    return json.dumps(result.model_dump(mode="json"), ensure_ascii=False)
