"""Rows of a data set on disk, split into those to train on and those held out."""

import hashlib
from collections import Counter
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

SPLITS = {"sft": "sft", "grpo": "rl"}
"""What a stage trains on where a data set has several splits."""

UNITS = ("source_sha256", "trajectory")
"""What is held out as a whole: rows of one photo are not strangers to each other."""


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
    """Hold out whole photos or trajectories, and cut the rest to the recipe's limit.

    They are chosen by their names, so the same rows are held out in every run.

    Raises:
        ConfigError: if a column is missing, or nothing is left to train on.
    """
    if missing := [name for name in NEEDED[stage] if name not in rows.column_names]:
        raise ConfigError(
            f"the data lacks the column {missing[0]!r}, which {stage} needs; it has "
            f"{', '.join(rows.column_names)}"
        )
    if stage == "sft":  # TRL takes further columns for its own
        units = [name for name in UNITS if name in rows.column_names]
        rows = rows.select_columns([*NEEDED["sft"], *units])
    held, kept = _hold_out(rows, recipe.held_out)
    if recipe.limit is not None:
        kept = kept[: recipe.limit]
    if not kept:
        raise ConfigError(f"{len(rows)} rows with {len(held)} held out leave none to train on")
    return Rows(rows.select(kept), rows.select(held) if held else None)


def _hold_out(rows: Dataset, wanted: int) -> tuple[list[int], list[int]]:
    if not wanted:
        return [], list(range(len(rows)))
    unit = next((name for name in UNITS if name in rows.column_names), None)
    names = rows[unit] if unit else range(len(rows))
    keys = [hashlib.sha256(str(name).encode()).hexdigest() for name in names]
    chosen: set[str] = set()
    count = 0
    for key, size in sorted(Counter(keys).items()):
        if count >= wanted:
            break
        chosen.add(key)
        count += size
    held = [at for at, key in enumerate(keys) if key in chosen]
    return held, [at for at, key in enumerate(keys) if key not in chosen]


def _load(folder: Path, split: str | None, stage: str) -> Dataset:
    try:
        found: Any = load_from_disk(str(folder))
    except (FileNotFoundError, ValueError, OSError) as exc:
        raise ConfigError(f"{str(folder)!r} holds no data set: {exc}") from exc
    if not isinstance(found, DatasetDict):
        return found
    name = split or SPLITS[stage]
    if name not in found:
        raise ConfigError(f"{str(folder)!r} has no split {name!r}; it has {', '.join(found)}")
    return found[name]
