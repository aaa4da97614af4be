"""Rows of a data set on disk, split into those to train on and those held out."""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

from datasets import Dataset, DatasetDict, load_from_disk

from editthinker.tools.errors import ConfigError
from editthinker.training.recipe import Recipe

NEEDED = {
    "sft": ("images", "prompt", "completion"),
    "grpo": ("images", "prompt", "instruction", "prompt_before"),
}
"""Columns that a stage cannot do without."""


class Rows(NamedTuple):
    """What is trained on, and what only measures."""

    train: Dataset
    held_out: Dataset | None


def load_rows(recipe: Recipe, stage: str) -> Rows:
    """Load the data set of a recipe.

    Raises:
        ConfigError: if there is none, or it lacks a column.
    """
    if recipe.data is None:
        raise ConfigError("the recipe names no data; add --data FOLDER (editthinker train data)")
    return split_rows(_load(recipe.data, recipe.split, stage), recipe, stage)


def split_rows(rows: Dataset, recipe: Recipe, stage: str) -> Rows:
    """Hold out whole trajectories, chosen by their names, and cut the rest to the recipe's limit.

    Raises:
        ConfigError: if a column is missing, or nothing is left to train on.
    """
    if missing := [name for name in NEEDED[stage] if name not in rows.column_names]:
        raise ConfigError(
            f"the data lacks the column {missing[0]!r}, which {stage} needs; it has "
            f"{', '.join(rows.column_names)}"
        )
    if stage == "sft":  # TRL takes further columns for its own
        rows = rows.select_columns(list(NEEDED["sft"]) + _named(rows, "trajectory"))
    held, kept = _hold_out(rows, recipe.held_out)
    if recipe.limit is not None:
        kept = kept[: recipe.limit]
    if not kept:
        raise ConfigError(f"{len(rows)} rows with {len(held)} held out leave none to train on")
    return Rows(rows.select(kept), rows.select(held) if held else None)


def _hold_out(rows: Dataset, wanted: int) -> tuple[list[int], list[int]]:
    if not wanted:
        return [], list(range(len(rows)))
    names = rows["trajectory"] if _named(rows, "trajectory") else range(len(rows))
    keys = [hashlib.sha256(str(name).encode()).hexdigest() for name in names]
    chosen: set[str] = set()
    count = 0
    for key in sorted(set(keys)):
        if count >= wanted:
            break
        chosen.add(key)
        count += keys.count(key)
    held = [at for at, key in enumerate(keys) if key in chosen]
    return held, [at for at, key in enumerate(keys) if key not in chosen]


def _load(folder: Path, split: str | None, stage: str) -> Dataset:
    try:
        found: Any = load_from_disk(str(folder))
    except (FileNotFoundError, ValueError, OSError) as exc:
        raise ConfigError(f"{str(folder)!r} holds no data set: {exc}") from exc
    if not isinstance(found, DatasetDict):
        return found
    name = split or (stage if stage in found else "train")
    if name == "grpo" or (name == "train" and name not in found):
        name = "rl" if "rl" in found else name
    if name not in found:
        raise ConfigError(f"{str(folder)!r} has no split {name!r}; it has {', '.join(found)}")
    return found[name]


def _named(rows: Dataset, name: str) -> list[str]:
    return [name] if name in rows.column_names else []
