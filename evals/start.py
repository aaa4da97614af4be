"""From the flags of `editthinker eval` to a run, with progress on stderr."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from editthinker.evals.config import SweepConfig, make_config, read_config
from editthinker.evals.session import RunFolder, plan, resume_sweep, run_sweep
from editthinker.evals.summary import Summary
from editthinker.evals.sweep import Progress
from editthinker.evals.tables import print_summary
from editthinker.tools.errors import ConfigError

_OWN = ("config", "out", "resume", "dry_run", "as_json", "setting", "no_best_of_n")


def start(given: Mapping[str, Any]) -> None:
    """Run, resume or plan a sweep.

    Raises:
        ConfigError: if the flags cannot work together.
    """
    as_json = bool(given.get("as_json"))
    if resume := given.get("resume"):
        if extra := sorted(given.keys() - {"resume", "as_json"}):
            flag = extra[0].replace("_", "-")
            raise ConfigError(f"--resume goes on with the settings of its run; leave out --{flag}")
        folder = RunFolder(Path(resume))
        _finish(resume_sweep(folder, watch=watcher()), folder, as_json)
        return
    config = _config(given)
    if given.get("dry_run"):
        typer.echo(plan(config).model_dump_json(indent=1))
        return
    folder = RunFolder(Path(given["out"]) if given.get("out") else _free_folder(config))
    _finish(run_sweep(config, folder, watch=watcher()), folder, as_json)


def _config(given: Mapping[str, Any]) -> SweepConfig:
    values = read_config(Path(given["config"])) if given.get("config") else {}
    values |= {name: value for name, value in given.items() if name not in _OWN}
    if given.get("no_best_of_n"):
        values["best_of_n"] = False
    settings = dict(values.get("settings") or {})  # type: ignore[call-overload]
    for pair in given.get("setting") or ():
        name, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"--set {pair!r}: write NAME=VALUE")
        settings[name] = value
    if settings:
        values["settings"] = settings
    if "benchmark" not in values:
        raise ConfigError("name a benchmark: --benchmark pocket")
    return make_config(values)


def _free_folder(config: SweepConfig) -> Path:
    name = "--".join((config.benchmark, "+".join(config.editors), "+".join(config.thinkers)))
    stem = Path("runs") / name / time.strftime("%Y%m%d-%H%M%S")
    return stem if not stem.exists() else stem.with_name(f"{stem.name}-{os.getpid()}")


def watcher() -> Callable[[Progress], None]:
    """Return what tells how far a sweep is: one line, rewritten on a terminal."""
    console = Console(stderr=True)
    shown = [time.monotonic()]

    def watch(progress: Progress) -> None:
        now = time.monotonic()
        over = progress.done + progress.failed >= progress.total
        if not over and now - shown[0] < (0.5 if console.is_terminal else 15):
            return
        shown[0] = now
        seconds = now - progress.started
        text = (
            f"{progress.done}/{progress.total} done, {progress.failed} failed, "
            f"{seconds:.0f} s, ${progress.cost_usd:.2f}"
        )
        console.print(text, end="\r" if console.is_terminal and not over else "\n", markup=False)

    return watch


def _finish(summary: Summary, folder: RunFolder, as_json: bool) -> None:
    if as_json:
        typer.echo(summary.model_dump_json())
    else:
        print_summary(summary)
        typer.echo(f"report  {folder.report}")
    if summary.stopped:
        typer.echo(
            f"editthinker: {summary.stopped}; raise it in config.yaml and --resume", err=True
        )
    refused = next((row.aggregate.refused for row in summary.rows if row.aggregate.refused), None)
    if refused and summary.judge != "none":
        typer.echo(f"editthinker: {refused}", err=True)
        raise typer.Exit(1)
