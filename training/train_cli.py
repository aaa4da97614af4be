"""`editthinker train sft | grpo | export`: what their flags say; nothing heavy is imported here."""

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from editthinker.tools.errors import ConfigError

_Name = Annotated[
    str | None,
    typer.Argument(metavar="RECIPE", help="A recipe that ships, or a YAML file; see --list."),
]
_Data = Annotated[Path | None, typer.Option(help="Data set, as `editthinker train data` made.")]
_Model = Annotated[str | None, typer.Option(help="Folder of a checkpoint, or a name on the hub.")]
_Out = Annotated[Path | None, typer.Option(help="Folder of the run. [default: runs/STAGE-RECIPE]")]
_Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="A setting as NAME=VALUE, such as trainer.learning_rate=1e-5."),
]
_Resume = Annotated[Path | None, typer.Option(help="Go on with a run; takes no other setting.")]
_Dry = Annotated[
    bool, typer.Option("--dry-run", help="Check every argument, estimate memory, print JSON.")
]
_List = Annotated[bool, typer.Option("--list", help="List the recipes that ship.")]


def train_sft(
    name: _Name = None,
    data: _Data = None,
    model: _Model = None,
    out: _Out = None,
    setting: _Set = None,
    resume: _Resume = None,
    dry_run: _Dry = False,
    list_recipes: _List = False,
) -> None:
    """Teach a thinker the form of a reply and what an expert would say (TRL's SFTTrainer)."""
    from editthinker.training.recipe import SftRecipe

    _start("sft", SftRecipe, locals())


def train_grpo(
    name: _Name = None,
    data: _Data = None,
    model: _Model = None,
    out: _Out = None,
    setting: _Set = None,
    resume: _Resume = None,
    dry_run: _Dry = False,
    list_recipes: _List = False,
) -> None:
    """Let a thinker learn from what its prompts do to photos (TRL's GRPOTrainer)."""
    from editthinker.training.recipe import GrpoRecipe

    _start("grpo", GrpoRecipe, locals())


def export_model(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint of a run, also of adapters.")],
    out: Annotated[Path, typer.Option(help="Folder of the whole model.")],
    dtype: Annotated[str, typer.Option(help="auto, bfloat16, float16 or float32.")] = "auto",
) -> None:
    """Merge adapters and write a checkpoint that vLLM and transformers read."""
    from editthinker.training.export import export_checkpoint

    typer.echo(export_checkpoint(checkpoint, out, dtype=dtype))


def _start(stage: str, kind: Any, given: dict[str, Any]) -> None:
    from editthinker.training.recipe import load_recipe, recipe_names

    if given["list_recipes"]:
        for each in recipe_names(stage):
            typer.echo(f"{each:12} {load_recipe(kind, each).about}")
        return
    if given["resume"]:
        extra = [n for n in ("name", "data", "model", "out", "setting", "dry_run") if given[n]]
        if extra:
            flag = "a recipe" if extra[0] == "name" else f"--{extra[0].replace('_', '-')}"
            raise ConfigError(f"--resume goes on with the settings of its run; leave out {flag}")
        out, recipe = given["resume"], load_recipe(kind, str(given["resume"] / "recipe.yaml"))
    else:
        if not given["name"]:
            raise ConfigError(f"name a recipe: {', '.join(recipe_names(stage))}")
        named = {"data": given["data"], "model": given["model"]}
        settings = [f"{key}={value}" for key, value in named.items() if value]
        recipe = load_recipe(kind, given["name"], [*settings, *(given["setting"] or ())])
        out = given["out"] or Path("runs") / f"{stage}-{Path(given['name']).stem}"
    if given["dry_run"]:
        from editthinker.training.plan import plan

        typer.echo(plan(recipe, given["name"], out).model_dump_json(indent=1, exclude_none=True))
        return
    _main(stage)(recipe, out, resume=bool(given["resume"]))
    typer.echo(out / "model")


def _main(stage: str) -> Any:
    try:
        return import_module(f"editthinker.training.{stage}").main
    except ImportError as exc:
        raise ConfigError(
            f"training needs a package that is not installed ({exc}); "
            "pip install 'editthinker[train]'"
        ) from exc
