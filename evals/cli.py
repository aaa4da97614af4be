"""`editthinker eval`: sweeps over benchmarks, and what is done with scores and runs."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from editthinker.tools.errors import ConfigError

LISTS = frozenset({"--editors", "--thinkers", "--modes", "--endpoint"})
"""Options that take several values, as in `--modes single think-while`."""


class _SpreadGroup(TyperGroup):
    """Lets an option take several values without naming it each time."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        spread: list[str] = []
        option = ""
        for arg in args:
            if arg.startswith("-"):
                option = arg if arg in LISTS else ""
            elif option and spread[-1] != option:
                if arg in self.commands:
                    option = ""
                else:
                    spread.append(option)
            spread.append(arg)
        return super().parse_args(ctx, spread)


app = typer.Typer(
    cls=_SpreadGroup,
    invoke_without_command=True,
    no_args_is_help=True,
    subcommand_metavar="[COMMAND]",
    rich_markup_mode=None,
    help="Run editors, thinkers and modes over a benchmark, and print a table to trust.",
)

_Benchmark = Annotated[str, typer.Argument(help="gedit, imgedit, rise, kris, pocket, ...")]


@app.callback()
def sweep(
    ctx: typer.Context,
    benchmark: Annotated[
        str | None, typer.Option(help="gedit, imgedit, rise, kris, pocket.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="YAML file of settings; flags win.")] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="The benchmark in its official folder layout.")
    ] = None,
    editors: Annotated[list[str] | None, typer.Option(help="One or more editors.")] = None,
    endpoint: Annotated[
        list[str] | None, typer.Option(help="Addresses of the editors behind HTTP.")
    ] = None,
    thinkers: Annotated[list[str] | None, typer.Option(help="One or more thinkers.")] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Address of the thinker's API, with /v1.")
    ] = None,
    thinker_model: Annotated[str | None, typer.Option(help="Model of the thinker.")] = None,
    modes: Annotated[
        list[str] | None,
        typer.Option(help="single think-before think-while think-before-and-while best-of-n"),
    ] = None,
    max_turns: Annotated[int | None, typer.Option(help="Most turns, 1-32. [default: 4]")] = None,
    no_best_of_n: Annotated[
        bool, typer.Option("--no-best-of-n", help="Run no best-of-n next to a loop.")
    ] = False,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting of the loop as NAME=VALUE, such as patience=4."),
    ] = None,
    judge: Annotated[
        str | None, typer.Option(help="gpt-4.1, gpt-4o, chat, program or none. [default: auto]")
    ] = None,
    judge_model: Annotated[str | None, typer.Option(help="Model of the judge.")] = None,
    judge_url: Annotated[str | None, typer.Option(help="Address of the judge's API.")] = None,
    judge_passes: Annotated[
        int | None, typer.Option(help="Replies per question, averaged. [default: 1]")
    ] = None,
    judge_expected_scores: Annotated[
        bool, typer.Option("--judge-expected-scores", help="Score by token probabilities.")
    ] = False,
    judge_cache: Annotated[Path | None, typer.Option(help="Folder of judges' replies.")] = None,
    rejudge: Annotated[
        int | None, typer.Option(help="Images judged again at the end, for drift. [default: 20]")
    ] = None,
    rubric_dir: Annotated[
        Path | None, typer.Option(help="Official rubrics, for numbers that compare.")
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option(help="Samples under way at once. [default: 64]")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="A seeded stratified sample of this size.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of the sample and of intervals.")] = None,
    budget_usd: Annotated[
        float | None, typer.Option(help="Stop before this many dollars are spent.")
    ] = None,
    compat: Annotated[
        str | None, typer.Option(help="strict or official. [default: strict]")
    ] = None,
    max_failed: Annotated[
        float | None, typer.Option(help="Refuse aggregates above this share. [default: 0.25]")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run. [default: runs/...]")] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Go on with a run; takes no other setting.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print samples, calls, tokens and cost.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print summary.json on stdout.")] = False,
) -> None:
    """Run editors, thinkers and modes over a benchmark, and print a table to trust."""
    given = {
        name: value for name, value in ctx.params.items() if value not in (None, [], (), False)
    }
    if ctx.invoked_subcommand:
        if given:
            raise ConfigError(
                f"--{min(given).replace('_', '-')} belongs to a sweep, not to a command"
            )
        return
    from editthinker.evals.start import start

    start(given)


@app.command("aggregate")
def aggregate_scores(
    benchmark: _Benchmark,
    scores: Annotated[
        Path, typer.Option(help="Lines of scores; their form is in evals/scores.py.")
    ],
    compat: Annotated[
        str, typer.Option(help="strict, or official for the official scripts' quirks.")
    ] = "strict",
    max_failed: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Largest share of samples missing or unparsed; 0.25."),
    ] = None,
    expect: Annotated[
        str, typer.Option(help="given: the samples in the file; official: the whole benchmark.")
    ] = "given",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Aggregate scores with the benchmark's official formula."""
    from editthinker.evals.aggregate import MAX_FAILED, aggregate, dump
    from editthinker.evals.benchmarks.base import BENCHMARKS
    from editthinker.evals.formula import check_choice
    from editthinker.evals.scores import read_scores
    from editthinker.evals.tables import print_aggregate

    formula = BENCHMARKS.load(benchmark)()
    result = aggregate(
        benchmark,
        formula,
        read_scores(scores),
        compat="official"
        if check_choice("--compat", compat, ("strict", "official")) == "official"
        else "strict",
        max_failed=MAX_FAILED if max_failed is None else max_failed,
        expected=formula.sizes
        if check_choice("--expect", expect, ("given", "official")) == "official"
        else None,
    )
    if as_json:
        typer.echo(dump(result))
    else:
        print_aggregate(result)
    if result.refused:
        typer.echo(f"editthinker: {result.refused}", err=True)
        raise typer.Exit(1)


@app.command("compare")
def compare_runs(
    first: Annotated[Path, typer.Argument(help="A run's folder.")],
    second: Annotated[Path, typer.Argument(help="Another run of the same benchmark.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare the rows that two runs share, paired by sample: second minus first."""
    from editthinker.evals.compare import compare, print_comparison
    from editthinker.evals.session import RunFolder

    result = compare(RunFolder(first), RunFolder(second))
    if as_json:
        typer.echo(result.model_dump_json())
    else:
        print_comparison(result)


@app.command("pairwise")
def compare_pairwise(
    run: Annotated[Path, typer.Argument(help="A run's folder.")],
    first: Annotated[str, typer.Argument(help="A cell, as 'editor|thinker|mode'.")],
    second: Annotated[str, typer.Argument(help="Another cell.")],
    judge: Annotated[str, typer.Option(help="gpt-4.1, gpt-4o or chat.")] = "gpt-4.1",
    judge_model: Annotated[str | None, typer.Option(help="Model of the judge.")] = None,
    judge_url: Annotated[str | None, typer.Option(help="Address of the judge's API.")] = None,
) -> None:
    """Let a judge say, sample by sample, which of two cells it prefers; prints JSON."""
    import asyncio

    from editthinker.evals.chat_judge import ChatJudge
    from editthinker.evals.judges import JUDGES
    from editthinker.evals.pairwise import prefer
    from editthinker.evals.session import RunFolder

    given = {"model": judge_model, "base_url": judge_url}
    model = JUDGES.load(judge)(**{name: value for name, value in given.items() if value})
    if not isinstance(model, ChatJudge):
        raise ConfigError(f"judge {judge!r} is no chat model; it cannot compare")
    result = asyncio.run(prefer(RunFolder(run), first, second, model))
    typer.echo(result.model_dump_json(indent=1))


@app.command("export")
def export_images(
    run: Annotated[Path, typer.Argument(help="A run's folder.")],
    out: Annotated[Path, typer.Option(help="Where the model folders are made.")],
    cell: Annotated[
        str | None, typer.Option(help="Only this one, as 'editor|thinker|mode'.")
    ] = None,
    max_turns: Annotated[
        int | None, typer.Option(min=1, help="As if the run had this limit.")
    ] = None,
) -> None:
    """Write a run's images as the benchmark's official scripts want them."""
    from editthinker.evals.layouts import export_run
    from editthinker.evals.session import RunFolder

    for each in export_run(RunFolder(run), out, cell=cell, max_turns=max_turns):
        typer.echo(f"{each.folder}  {each.images} images, {each.missing} missing")


@app.command("import")
def import_others(
    benchmark: _Benchmark,
    edits: Annotated[Path, typer.Argument(help="A model's folder in the official layout.")],
    out: Annotated[Path, typer.Option(help="Folder of the new run.")],
    name: Annotated[str, typer.Option(help="What to call the model.")] = "imported",
    data_dir: Annotated[Path | None, typer.Option(help="The benchmark's data.")] = None,
    judge: Annotated[str, typer.Option(help="gpt-4.1, gpt-4o, chat or program.")] = "auto",
    judge_model: Annotated[str | None, typer.Option(help="Model of the judge.")] = None,
    judge_url: Annotated[str | None, typer.Option(help="Address of the judge's API.")] = None,
    rubric_dir: Annotated[Path | None, typer.Option(help="Official rubrics.")] = None,
    limit: Annotated[int | None, typer.Option(help="A stratified sample of this size.")] = None,
) -> None:
    """Judge edits that others made, also those of EditThinker's own harness."""
    from editthinker.evals.config import make_config
    from editthinker.evals.imported import import_edits
    from editthinker.evals.session import RunFolder
    from editthinker.evals.tables import print_summary

    given = {
        "benchmark": benchmark,
        "editors": (name,),
        "thinkers": ("none",),
        "modes": ("single",),
        "max_turns": 1,
        "data_dir": data_dir,
        "judge": judge,
        "judge_model": judge_model,
        "judge_url": judge_url,
        "rubric_dir": rubric_dir,
        "limit": limit,
    }
    print_summary(import_edits(make_config(given), edits, RunFolder(out)))


@app.command("import-scores")
def import_judgements(
    benchmark: _Benchmark,
    folder: Annotated[Path, typer.Argument(help="Where the official scripts wrote.")],
    compat: Annotated[str, typer.Option(help="How replies are read: strict, official.")] = "strict",
) -> None:
    """Print the judge files of official scripts as lines for `aggregate`."""
    from editthinker.evals.benchmarks.base import BENCHMARKS
    from editthinker.evals.formula import check_choice
    from editthinker.evals.imported import import_scores

    check_choice("--compat", compat, ("strict", "official"))
    for line in import_scores(BENCHMARKS.load(benchmark)(), folder, compat):
        typer.echo(line)


@app.command("report")
def write_report_again(
    run: Annotated[Path, typer.Argument(help="A run's folder.")],
) -> None:
    """Write a run's tables and page anew from its records."""
    from editthinker.evals.benchmarks.base import BENCHMARKS
    from editthinker.evals.config import reopen_config
    from editthinker.evals.session import RunFolder, write_results
    from editthinker.evals.tables import print_summary

    folder = RunFolder(run)
    config = reopen_config(folder.config)
    benchmark = BENCHMARKS.load(config.benchmark)()
    earlier = folder.read_summary() if folder.summary.exists() else None
    told = (earlier.stopped, earlier.wall_s) if earlier else (None, 0.0)
    print_summary(write_results(folder, config, benchmark, *told))
    typer.echo(f"report  {folder.report}")


def main(args: list[str] | None = None) -> Any:
    """Run `editthinker eval` alone, as `python evals/run.py` does."""
    from editthinker.tools.cli import build_app

    return build_app(["eval"])(["eval", *args] if args is not None else None)
