"""Tables for people, on the terminal."""

from collections.abc import Mapping

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table as Grid

from editthinker.evals.aggregate import Aggregate, Estimate
from editthinker.evals.summary import Summary


def print_aggregate(result: Aggregate) -> None:
    """Print every table of an aggregate: metrics with intervals and counts, means by category."""
    console = Console()
    for name, table in result.tables.items():
        console.print(f"{result.benchmark} {name} ({result.compat})", markup=False)
        if table.refused:
            console.print(f"  refused: {table.refused}", markup=False)
            continue
        grid = Grid(box=SIMPLE)
        grid.add_column("metric", no_wrap=True)
        for heading in ("mean", "95 %", "scored", "of", "missing", "unparsed"):
            grid.add_column(heading, justify="right", no_wrap=True)
        for metric, each in table.overall.items():
            counts = (each.n_scored, each.n_expected, each.n_missing, each.n_unparsed)
            grid.add_row(metric, number(each.value), interval(each), *map(str, counts))
        console.print(grid)
        console.print(_parts({**table.groups, **table.categories}))
    for warning in result.warnings:
        console.print(f"warning: {warning}", markup=False)


def _parts(parts: Mapping[str, Mapping[str, Estimate]]) -> Grid:
    names = list(dict.fromkeys(name for metrics in parts.values() for name in metrics))
    grid = Grid(box=SIMPLE)
    grid.add_column("category", no_wrap=True)
    for name in (*names, "scored", "of"):
        grid.add_column(name, justify="right", no_wrap=True)
    for part, metrics in parts.items():
        means = [number(metrics[name].value) if name in metrics else "" for name in names]
        first = next(iter(metrics.values()))
        grid.add_row(part, *means, str(first.n_scored), str(first.n_expected))
    return grid


def number(value: float | None) -> str:
    """Write a mean."""
    return "-" if value is None else f"{value:.2f}"


def interval(each: Estimate) -> str:
    """Write a 95 % interval."""
    return "-" if each.low is None else f"{number(each.low)} to {number(each.high)}"


def print_summary(summary: Summary) -> None:
    """Print the table of a sweep: one line for each row, and what to know about it."""
    console = Console(width=max(Console().width, 150))
    console.print(
        f"{summary.benchmark}: {summary.headline}, {summary.n_samples} samples, judge "
        f"{summary.judge_model}, rubrics {summary.rubrics}, ${summary.cost_usd:.2f}, "
        f"{summary.wall_s:.0f} s",
        markup=False,
    )
    is_judged = summary.judge != "none"
    grid = Grid(box=SIMPLE)
    for heading in ("editor", "thinker", "mode"):
        grid.add_column(heading, no_wrap=True)
    for heading in (
        "turns",
        "edits",
        f"{summary.headline} (95 %)",
        "gain (95 %)",
        "scored",
        "missing",
        "unparsed",
    ):
        grid.add_column(heading, justify="right", no_wrap=True)
    for row in summary.rows:
        table = next(iter(row.aggregate.tables.values()), None)
        each = table.overall.get(summary.headline) if table else None
        counts = each or table or Estimate()
        gain = row.gain.get(summary.headline)
        grid.add_row(
            row.editor,
            row.thinker,
            row.mode,
            str(row.max_turns),
            f"{row.edits:.2f}",
            with_interval(each) if each else "refused" if is_judged else "-",
            with_interval(gain) if gain else "",
            f"{counts.n_scored}/{counts.n_expected}",
            str(counts.n_missing),
            str(counts.n_unparsed),
        )
    console.print(grid)
    for row in summary.rows:
        if each := row.against_equal_calls.get(summary.headline):
            console.print(
                f"{row.editor}, {row.mode} against best-of-n at equal calls: {with_interval(each)}",
                markup=False,
            )
    for error, count in summary.errors.items():
        console.print(f"{count} x {error}", markup=False)
    for warning in summary.warnings:
        console.print(f"warning: {warning}", markup=False)


def with_interval(each: Estimate) -> str:
    """Write a mean with its interval."""
    return f"{number(each.value)} ({interval(each)})"
