"""Two runs of one benchmark side by side, paired by sample."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table as Grid

from editthinker.evals.aggregate import Estimate, paired_difference
from editthinker.evals.benchmarks.base import BENCHMARKS, Benchmark
from editthinker.evals.config import SweepConfig, reopen_config
from editthinker.evals.scores import ScoreLine
from editthinker.evals.session import RunFolder, chosen_samples
from editthinker.evals.summary import row_scores
from editthinker.evals.tables import with_interval
from editthinker.tools.errors import ConfigError


class Pair(BaseModel):
    """One row of each run."""

    model_config = ConfigDict(frozen=True)

    first: str
    second: str
    difference: dict[str, Estimate] = Field(description="Second minus first, by metric.")


class Comparison(BaseModel):
    """What two runs have in common, and how they differ."""

    model_config = ConfigDict(frozen=True)

    benchmark: str
    headline: str
    warnings: list[str] = Field(description="Why the difference may not be the editors'.")
    pairs: list[Pair]


def compare(first: RunFolder, second: RunFolder) -> Comparison:
    """Compare the rows of two runs, by the samples that both scored.

    Rows of the same name are compared; where there are none, every row of one with every row of
    the other.

    Raises:
        ConfigError: if the runs are of different benchmarks.
    """
    configs = [reopen_config(folder.config) for folder in (first, second)]
    if configs[0].benchmark != configs[1].benchmark:
        raise ConfigError(
            f"the runs are of {configs[0].benchmark} and {configs[1].benchmark}, which do not "
            "compare"
        )
    benchmark = BENCHMARKS.load(configs[0].benchmark)()
    rows = [
        dict(_rows(folder, config, benchmark))
        for folder, config in zip((first, second), configs, strict=True)
    ]
    same = [(name, name) for name in rows[0] if name in rows[1]]
    names = same or [(a, b) for a in rows[0] for b in rows[1]]
    pairs = []
    for a, b in names:
        tables = paired_difference(benchmark, rows[0][a], rows[1][b], compat=configs[0].compat)
        difference = next(iter(tables.values())).overall if tables else {}
        pairs.append(Pair(first=a, second=b, difference=difference))
    return Comparison(
        benchmark=benchmark.name,
        headline=benchmark.headline,
        warnings=_warnings(first, second, configs),
        pairs=pairs,
    )


def print_comparison(result: Comparison) -> None:
    """Print one line for each pair of rows."""
    console = Console(width=max(Console().width, 140))
    grid = Grid(box=SIMPLE)
    for heading in ("first", "second"):
        grid.add_column(heading, no_wrap=True)
    for heading in (f"{result.headline}: second - first (95 %)", "samples"):
        grid.add_column(heading, justify="right", no_wrap=True)
    for pair in result.pairs:
        each = pair.difference.get(result.headline, Estimate())
        grid.add_row(pair.first, pair.second, with_interval(each), str(each.n_scored))
    console.print(grid)
    for warning in result.warnings:
        console.print(f"warning: {warning}", markup=False)


def _rows(
    folder: RunFolder, config: SweepConfig, benchmark: Benchmark
) -> Iterator[tuple[str, list[ScoreLine]]]:
    lines = list(chosen_samples(folder))
    for name, scores in row_scores(config, folder.records.latest()).items():
        yield (
            name,
            [line.model_copy(update={"scores": scores.get(line.key)}) for line in lines],
        )


def _warnings(first: RunFolder, second: RunFolder, configs: list[SweepConfig]) -> list[str]:
    found = []
    ours, theirs = first.read_summary(), second.read_summary()
    for what in ("judge_model", "rubrics"):
        a, b = getattr(ours, what), getattr(theirs, what)
        if a != b:
            found.append(f"the runs differ in {what.replace('_', ' ')}: {a!r} and {b!r}")
    if configs[0].compat != configs[1].compat:
        found.append("one run is strict and the other official; both were aggregated as the first")
    return found
