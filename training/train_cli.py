"""`editthinker train sft | grpo | export`: what their flags say; nothing heavy is imported here."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from editthinker.tools.errors import ConfigError

_TAKEN_FROM_RUN = ("name", "data", "model", "out", "setting", "dry_run")
"""What `--resume` does not take."""


def stage_command(stage: str, about: str) -> Callable[..., None]:
    """Return the command of a stage; both stages have the same flags."""

    def train(
        name: Annotated[
            str | None,
            typer.Argument(
                metavar="RECIPE", help="A recipe that ships, or a YAML file; see --list."
            ),
        ] = None,
        data: Annotated[
            Path | None, typer.Option(help="Folder that `editthinker train data` made.")
        ] = None,
        model: Annotated[
            str | None, typer.Option(help="Folder of a checkpoint, or a name on the hub.")
        ] = None,
        out: Annotated[
            Path | None, typer.Option(help="Folder of the run. [default: runs/STAGE-RECIPE]")
        ] = None,
        setting: Annotated[
            list[str] | None,
            typer.Option(
                "--set", help="A setting as NAME=VALUE, such as trainer.learning_rate=1e-5."
            ),
        ] = None,
        resume: Annotated[
            Path | None, typer.Option(help="Go on with a run; takes no other setting.")
        ] = None,
        dry_run: Annotated[
            bool,
            typer.Option("--dry-run", help="Check every argument, estimate memory, print JSON."),
        ] = False,
        list_recipes: Annotated[
            bool, typer.Option("--list", help="List the recipes that ship.")
        ] = False,
    ) -> None:
        _start(stage, locals())

    train.__doc__ = about
    return train


def export_model(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint of a run, also of adapters.")],
    out: Annotated[Path, typer.Option(help="Folder of the whole model.")],
    dtype: Annotated[str, typer.Option(help="auto, bfloat16, float16 or float32.")] = "auto",
) -> None:
    """Merge adapters and write a checkpoint that vLLM and transformers read."""
    export = _load("export").export_checkpoint
    typer.echo(export(checkpoint, out, dtype=dtype))


def _start(stage: str, given: dict[str, Any]) -> None:
    from editthinker.training.recipe import KINDS, load_recipe, recipe_names

    kind = KINDS[stage]
    if given["list_recipes"]:
        for each in recipe_names(stage):
            typer.echo(f"{each:12} {load_recipe(kind, each).about}")
        return
    if given["resume"]:
        if extra := [name for name in _TAKEN_FROM_RUN if given[name]]:
            flags = {"name": "a recipe", "setting": "--set"}
            flag = flags.get(extra[0], f"--{extra[0].replace('_', '-')}")
            raise ConfigError(f"--resume goes on with the settings of its run; leave out {flag}")
        out, recipe = given["resume"], load_recipe(kind, str(given["resume"] / "recipe.yaml"))
    else:
        if not given["name"]:
            raise ConfigError(f"name a recipe: {', '.join(recipe_names(stage))}")
        named = {"data": given["data"], "model": given["model"]}
        settings = [f"{key}={value}" for key, value in named.items() if value]
        settings += given["setting"] or ()
        recipe = load_recipe(kind, given["name"], settings)
        out = given["out"] or Path("runs") / f"{stage}-{Path(given['name']).stem}"
    if given["dry_run"]:
        plan = _load("plan").plan(recipe, given["name"], out, settings)
        typer.echo(plan.model_dump_json(indent=1, exclude_none=True))
        return
    _load(stage).main(recipe, out, resume=bool(given["resume"]))
    typer.echo(out / "model")


def _load(name: str) -> Any:
    try:
        return import_module(f"editthinker.training.{name}")
    except ImportError as exc:
        raise ConfigError(
            f"training needs a package that is not installed ({exc}); "
            "pip install 'editthinker[train]'"
        ) from exc
