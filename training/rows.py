"""Rows of a data set on disk, split into those to train on and those held out."""

import hashlib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from datasets import Dataset, DatasetDict, load_from_disk

from editthinker.tools.errors import ConfigError
from editthinker.training.dataset_folder import DATASET
from editthinker.training.recipe import Recipe

NEEDED = {
    "sft": ("images", "prompt", "completion"),
    "grpo": ("images", "prompt", "instruction", "prompt_before"),
}
"""Columns that a stage cannot do without."""

HELD_OUT = "test"
"""The split that is held out, where a data set has it."""

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
    found = _load(recipe.data)
    if not isinstance(found, DatasetDict):
        return split_rows(found, recipe, stage)
    name = recipe.split or SPLITS[stage]
    if name not in found:
        raise ConfigError(f"{str(recipe.data)!r} has no split {name!r}; it has {', '.join(found)}")
    return split_rows(found[name], recipe, stage, found.get(HELD_OUT))


def split_rows(rows: Dataset, recipe: Recipe, stage: str, strangers: Dataset | None = None) -> Rows:
    """Hold out whole photos or trajectories, and cut the rest to the recipe's limit.

    They are chosen by their names, so the same rows are held out in every run.

    Args:
        rows: All rows.
        recipe: How many to hold out and to keep.
        stage: `sft` or `grpo`.
        strangers: Rows that were set apart already; then those are the ones held out.

    Raises:
        ConfigError: if a column is missing, or nothing is left to train on.
    """
    rows = _needed(rows, stage)
    if strangers is not None and recipe.held_out:
        strangers = _needed(strangers, stage)
        held_out = strangers.select(range(min(recipe.held_out, len(strangers))))
        held: list[int] = []
        kept = list(range(len(rows)))
    else:
        held, kept = _hold_out(rows, recipe.held_out)
        held_out = rows.select(held) if held else None
    if recipe.limit is not None:
        kept = kept[: recipe.limit]
    if not kept:
        raise ConfigError(f"{len(rows)} rows with {len(held)} held out leave none to train on")
    return Rows(rows.select(kept), held_out)


def _needed(rows: Dataset, stage: str) -> Dataset:
    if missing := [name for name in NEEDED[stage] if name not in rows.column_names]:
        raise ConfigError(
            f"the data lacks the column {missing[0]!r}, which {stage} needs; it has "
            f"{', '.join(rows.column_names)}"
        )
    if stage == "sft":  # TRL takes further columns for its own
        units = [name for name in UNITS if name in rows.column_names]
        rows = rows.select_columns([*NEEDED["sft"], *units])
    return rows


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


def _load(folder: Path) -> Dataset | DatasetDict:
    """Load the data set in a folder, or in the folder that `editthinker train data` made."""
    inner = folder / DATASET
    try:
        return load_from_disk(str(inner if inner.is_dir() else folder))
    except (FileNotFoundError, ValueError, OSError) as exc:
        raise ConfigError(f"{str(folder)!r} holds no data set: {exc}") from exc
