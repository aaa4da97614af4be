"""`editthinker train data`: from a pool of photos and instructions to a data set for training."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from editthinker.tools.arguments import read_pairs
from editthinker.tools.errors import ConfigError

POOL = {
    "editor": "editors",
    "endpoint": "endpoint",
    "thinker": "thinkers",
    "base_url": "base_url",
    "thinker_model": "thinker_model",
    "max_turns": "max_turns",
    "judge": "judge",
    "judge_model": "judge_model",
    "judge_url": "judge_url",
    "judge_cache": "judge_cache",
    "rubric_dir": "rubric_dir",
    "concurrency": "concurrency",
    "limit": "limit",
    "seed": "seed",
    "budget_usd": "budget_usd",
}
"""Flags that are settings of a sweep, and their names there."""

FILTERS = (
    "stop_score",
    "rl_variance",
    "steady_score",
    "per_cell",
    "sft_steps",
    "rl_steps",
    "agree",
    "holdout",
    "score_step",
)
"""Flags that are numbers of the filters; the only ones that `--resume` takes."""


def build_data(
    ctx: typer.Context,
    out: Annotated[Path | None, typer.Option(help="Folder of the new data set.")] = None,
    resume: Annotated[
        Path | None,
        typer.Option(help="Go on with a data set's folder; takes numbers of filters alone."),
    ] = None,
    benchmark: Annotated[
        str | None, typer.Option(help="Pool: pocket, gedit, imgedit, rise, kris.")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="Pool: images with instructions.jsonl, or a .txt beside each."),
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="The benchmark's data.")] = None,
    editor: Annotated[
        list[str] | None, typer.Option(help="Editors; again for more. [default: darkroom]")
    ] = None,
    endpoint: Annotated[
        list[str] | None, typer.Option(help="Addresses of editors behind HTTP.")
    ] = None,
    thinker: Annotated[
        list[str] | None, typer.Option(help="The expert. [default: observer]")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Address of the expert's API, with /v1.")
    ] = None,
    thinker_model: Annotated[str | None, typer.Option(help="Model of the expert.")] = None,
    max_turns: Annotated[int | None, typer.Option(help="Most turns, 1-32. [default: 4]")] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting of the loop as NAME=VALUE, such as patience=4."),
    ] = None,
    repeats: Annotated[
        int | None, typer.Option(help="Loops per sample, each with its own seeds. [default: 1]")
    ] = None,
    judge: Annotated[
        str | None, typer.Option(help="gpt-4.1, gpt-4o, chat, program, observer. [default: auto]")
    ] = None,
    judge_model: Annotated[str | None, typer.Option(help="Model of the judge.")] = None,
    judge_url: Annotated[str | None, typer.Option(help="Address of the judge's API.")] = None,
    judge_cache: Annotated[Path | None, typer.Option(help="Folder of judges' replies.")] = None,
    rubric_dir: Annotated[Path | None, typer.Option(help="Official rubrics.")] = None,
    concurrency: Annotated[
        int | None, typer.Option(help="Samples under way at once. [default: 64]")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="A stratified sample of this size.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the sample and of draws.")] = None,
    budget_usd: Annotated[
        float | None, typer.Option(help="Stop before this many dollars are spent.")
    ] = None,
    stop_score: Annotated[
        float | None,
        typer.Option(help="Both scores of a step at which to stop, 0-10. [default: 8]"),
    ] = None,
    rl_variance: Annotated[
        float | None,
        typer.Option(help="Variance of scores above which a trajectory is for RL. [default: 1]"),
    ] = None,
    steady_score: Annotated[
        float | None,
        typer.Option(help="Trajectories with no lower score are for SFT. [default: 8]"),
    ] = None,
    per_cell: Annotated[
        int | None,
        typer.Option(help="Most steps of a task and score level. [default: twice the median]"),
    ] = None,
    sft_steps: Annotated[int | None, typer.Option(help="Most steps for SFT.")] = None,
    rl_steps: Annotated[int | None, typer.Option(help="Most steps for RL.")] = None,
    agree: Annotated[
        bool,
        typer.Option(
            "--agree", help="Leave out steps where the judge would stop and the expert goes on."
        ),
    ] = False,
    holdout: Annotated[
        float | None, typer.Option(help="Share of source images put aside as `test`. [default: 0]")
    ] = None,
    score_step: Annotated[
        float | None, typer.Option(help="Scores in replies are multiples of this. [default: 1]")
    ] = None,
    prompt_template: Annotated[
        Path | None, typer.Option(help="A wording other than our own.")
    ] = None,
    licence: Annotated[str | None, typer.Option(help="Of the pool, for the card.")] = None,
    released_files: Annotated[
        bool, typer.Option("--released-files", help="Write sft_train.json and rl_train.jsonl too.")
    ] = False,
    from_released: Annotated[
        Path | None, typer.Option(help="Folder with sft_train.json or rl_train.jsonl to read.")
    ] = None,
    image_dir: Annotated[
        Path | None, typer.Option(help="What image paths of released files are relative to.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print samples, calls, tokens and cost.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was kept, and why, as JSON on stdout.")
    ] = False,
) -> None:
    """Let an expert edit a pool of photos, and keep what is worth learning from."""
    given = {
        name: value for name, value in ctx.params.items() if value not in (None, [], (), False)
    }
    from editthinker.training.data_start import start

    start(given)


def config_values(given: Mapping[str, Any]) -> dict[str, object]:
    """Turn flags into settings of a data set.

    Raises:
        ConfigError: if the flags cannot work together.
    """
    pool: dict[str, object] = {name: given[flag] for flag, name in POOL.items() if flag in given}
    if "folder" in given:
        if "benchmark" in given or "data_dir" in given:
            raise ConfigError("--folder is a pool of its own; leave out --benchmark and --data-dir")
        pool |= {"benchmark": "folder", "data_dir": given["folder"].resolve()}
    elif "benchmark" in given:
        pool["benchmark"] = given["benchmark"]
    else:
        raise ConfigError("name a pool: --benchmark pocket, or --folder DIR")
    if "data_dir" in given:  # a data set may be resumed from elsewhere
        pool["data_dir"] = given["data_dir"].resolve()
    if settings := read_pairs("--set", given.get("setting", ())):
        pool["settings"] = settings
    selection = {name: given[name] for name in (*FILTERS, "seed") if name in given}
    values: dict[str, object] = {"pool": pool, "selection": selection}
    for name in ("repeats", "licence", "released_files"):
        if name in given:
            values[name] = given[name]
    if "prompt_template" in given:
        values["prompt_template"] = given["prompt_template"].resolve()
    return values
