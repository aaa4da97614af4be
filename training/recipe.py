"""Recipes: everything that decides a training run, in one checked YAML file."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from editthinker.tools.arguments import read_pairs
from editthinker.tools.errors import ConfigError
from editthinker.training.reward_recipe import RewardRecipe

STRICT = ConfigDict(frozen=True, extra="forbid")

Part = Literal["vision_tower", "projector"]
"""What can be frozen; `projector` is all that turns visual features into the text's size."""


class Lora(BaseModel):
    """Low-rank adapters in place of full training."""

    model_config = STRICT

    rank: int = Field(16, ge=1, description="Rank of the adapters.")
    alpha: int = Field(32, ge=1, description="Scale; alpha / rank multiplies their output.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Of the adapters' input.")
    target_modules: str = Field(
        r".*language_model.*\.(q|k|v|o|gate|up|down)_proj",
        description="Expression that the full name of a module must match.",
    )


class Size(BaseModel):
    """What an estimate of memory needs to know of a model that is not on this disk."""

    model_config = STRICT

    parameters: float = Field(gt=0, description="All of them.")
    vision: float = Field(0, ge=0, description="Those of the vision tower and the projector.")
    hidden: int = Field(ge=1, description="Width of the language model.")
    layers: int = Field(ge=1, description="Layers of the language model.")
    vocabulary: int = Field(ge=1, description="Tokens.")


class Hardware(BaseModel):
    """What a recipe was written for."""

    model_config = STRICT

    gpus: int = Field(0, ge=0, description="Processes that train; 0 is one on the CPU.")
    gpu_gb: float = Field(80.0, gt=0, description="Memory of each, in GB.")
    sharding: Literal["none", "zero3", "fsdp2"] = Field(
        "none", description="How weights, gradients and optimizer are spread over the GPUs."
    )
    tokens: int = Field(
        3000, ge=1, description="Tokens of a typical row with both images, for the estimate."
    )


class Recipe(BaseModel):
    """What both stages have in common."""

    model_config = STRICT

    about: str = Field(description="What it is for, in a sentence.")
    model: str = Field(description="A folder with a checkpoint, or a name on the hub.")
    data: Path | None = Field(None, description="Folder that `editthinker train data` made.")
    split: str | None = Field(None, description="Which part of it, where it has several.")
    held_out: int = Field(0, ge=0, description="Rows kept for evaluation, whole trajectories.")
    limit: int | None = Field(None, ge=1, description="Train on so many rows at most.")
    max_pixels: int | None = Field(
        1_048_576, ge=1024, description="Pixels of an image at most; null: as the checkpoint says."
    )
    dtype: Literal["float32", "bfloat16"] = Field("bfloat16", description="Of the weights.")
    freeze: tuple[Part, ...] = Field((), description="Parts that are not trained.")
    lora: Lora | None = Field(None, description="Adapters; null trains the model itself.")
    hardware: Hardware = Field(Hardware(), description="What it was written for.")
    size: Size | None = Field(None, description="Of the model, where it is not on this disk.")
    trainer: dict[str, JsonValue] = Field({}, description="Arguments of TRL's configuration.")


class SftRecipe(Recipe):
    """Supervised fine-tuning on replies."""


class GrpoRecipe(Recipe):
    """Reinforcement learning on rewards that run the graph."""

    reward: RewardRecipe = Field(RewardRecipe(), description="What is rewarded.")
    samples_every: int = Field(
        50, ge=0, description="Steps between pages of samples; 0 writes none."
    )
    two_turns: bool = Field(
        False, description="An experiment: two turns in one episode, see docs/training.md."
    )


R = TypeVar("R", bound=Recipe)

KINDS: Mapping[str, type[Recipe]] = {"sft": SftRecipe, "grpo": GrpoRecipe}


def recipe_names(stage: str) -> list[str]:
    """Return the names of the recipes that ship."""
    folder = files("editthinker.training") / "recipes" / stage
    return sorted(file.name.removesuffix(".yaml") for file in folder.iterdir())


def load_recipe(kind: type[R], name: str, settings: Sequence[str] = ()) -> R:
    """Read a recipe that ships, or a file, and put settings in place.

    Args:
        kind: `SftRecipe` or `GrpoRecipe`.
        name: Such as `paper`, or the path of a YAML file.
        settings: `NAME=VALUE`, with dots into sections: `trainer.learning_rate=1e-5`.

    Raises:
        ConfigError: naming what is wrong, its value and what it may be.
    """
    stage = next(stage for stage, each in KINDS.items() if each is kind)
    values = _read(stage, name)
    for path, value in read_pairs("--set", settings).items():
        _put(values, path, value)
    return make_recipe(kind, values)


def make_recipe(kind: type[R], values: Mapping[str, object]) -> R:
    """Check the values of a recipe.

    Raises:
        ConfigError: naming what is wrong, its value and what it may be.
    """
    try:
        return kind.model_validate(dict(values))
    except ValidationError as exc:
        problem = exc.errors()[0]
        where = ".".join(map(str, problem["loc"])) or "recipe"
        value = str(problem.get("input"))[:80]
        raise ConfigError(f"{where} = {value!r}: {problem['msg']}") from exc


def write_recipe(recipe: Recipe, path: Path) -> None:
    """Write a recipe beside its results, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    path.write_text(text, encoding="utf-8")


def _read(stage: str, name: str) -> dict[str, Any]:
    if name in recipe_names(stage):
        shipped = files("editthinker.training") / "recipes" / stage / f"{name}.yaml"
        text = shipped.read_text("utf-8")
    elif Path(name).suffix in (".yaml", ".yml"):
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigError(f"recipe {name!r} cannot be read: {exc}") from exc
    else:
        raise ConfigError(
            f"unknown recipe {name!r}; there are {', '.join(recipe_names(stage))}, or name a "
            "file that ends in .yaml"
        )
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise ConfigError(f"recipe {name!r} is no YAML: {exc}") from exc
    if not isinstance(found, dict):
        raise ConfigError(f"recipe {name!r} must be names and values")
    return {str(key): value for key, value in found.items()}


def _put(values: dict[str, Any], path: str, value: JsonValue) -> None:
    *sections, last = path.split(".")
    for section in sections:
        inner = values.setdefault(section, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"--set {path}: {section!r} is {inner!r}, which has no settings")
        values = inner
    values[last] = value
