"""From the flags of `editthinker train data` to a data set, with progress on stderr."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from editthinker.evals.estimate import estimate_sweep
from editthinker.evals.judges import JUDGES
from editthinker.evals.start import watcher
from editthinker.tools.errors import ConfigError
from editthinker.training.data_cli import FILTERS, config_values
from editthinker.training.pool import load_pool

_IMPORT = {"from_released", "image_dir", "prompt_template", "licence", "out", "as_json"}


def start(given: Mapping[str, Any]) -> None:
    """Generate, resume or import.

    Raises:
        ConfigError: if the flags cannot work together.
    """
    if given.get("dry_run"):
        typer.echo(_plan(given))
        return
    try:
        from editthinker.training import data_build, released_import
    except ImportError as exc:
        raise ConfigError(f"{exc}; pip install 'editthinker[train]'") from exc

    if resume := given.get("resume"):
        _only(given, {"resume", "as_json", *FILTERS}, "--resume goes on with its own settings")
        folder = data_build.DataFolder(Path(resume))
        filters = {name: given[name] for name in FILTERS if name in given}
        config = data_build.reopen(folder, filters)
        built = data_build.build(config, folder, resumed=True, watch=watcher())
    elif "out" not in given:
        raise ConfigError("name the folder of the data set: --out DIR")
    elif source := given.get("from_released"):
        _only(given, _IMPORT, "--from-released only reads files")
        folder = data_build.DataFolder(Path(given["out"]))
        built = released_import.import_released(
            Path(source),
            folder,
            image_dir=given.get("image_dir"),
            template=given.get("prompt_template"),
            licence=given.get("licence"),
        )
    else:
        folder = data_build.DataFolder(Path(given["out"]))
        config = data_build.make_data_config(config_values(given))
        built = data_build.build(config, folder, watch=watcher())
    _finish(built, folder, as_json=bool(given.get("as_json")))


def _plan(given: Mapping[str, Any]) -> str:
    from editthinker.evals.config import make_config

    values = config_values(given)
    pool = values["pool"]
    assert isinstance(pool, dict)
    config = make_config({**pool, "modes": ("think-while",), "best_of_n": False})
    found = load_pool(config)
    judge = None
    if not (found.has_program and config.judge in ("auto", "program")):
        JUDGES.check(config.judge)
        judge = config.judge_model or config.judge
    estimate = estimate_sweep(config, found.scorer, found.samples, judge)
    repeats = int(given.get("repeats", 1))
    counts = {
        name: value if name == "samples" else value * repeats
        for name, value in estimate.model_dump().items()
    }
    return estimate.model_validate(counts).model_dump_json(indent=1)


def _only(given: Mapping[str, Any], allowed: set[str], why: str) -> None:
    if extra := sorted(given.keys() - allowed):
        raise ConfigError(f"{why}; leave out --{extra[0].replace('_', '-')}")


def _finish(built: Any, folder: Any, *, as_json: bool) -> None:
    if as_json:
        typer.echo(built.model_dump_json())
    else:
        built.ledger.print(Console())
        for split, rows in built.rows.items():
            typer.echo(f"{split}  {rows} steps")
        typer.echo(f"data set  {folder.dataset}")
    if built.stopped:
        typer.echo(f"editthinker: {built.stopped}; raise it in data.yaml and --resume", err=True)
    if built.failed:
        typer.echo(f"editthinker: {built.failed} trajectories broke; --resume them", err=True)
    if built.too_many_failed:
        raise typer.Exit(1)
