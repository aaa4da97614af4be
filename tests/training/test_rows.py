"""What a stage trains on, and what only measures it."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("datasets")

from datasets import Dataset
from fake_data import fake_data, write_pool

from editthinker.tools.errors import ConfigError
from editthinker.training.recipe import GrpoRecipe, SftRecipe
from editthinker.training.rows import load_rows, split_rows


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `editthinker train data` leaves behind."""
    folder = tmp_path_factory.mktemp("made")
    fake_data(write_pool(folder / "photos", 20), folder / "out", selection={"holdout": 0.2})
    return folder / "out"


def recipe(**values: Any) -> SftRecipe:
    return SftRecipe(about="a test", model="x", **values)


def test_the_folder_that_train_data_wrote_is_data_for_both_stages(made: Path) -> None:
    for data in (made, made / "dataset"):
        taught = load_rows(recipe(data=data), "sft").train
        assert taught.column_names[:3] == ["images", "prompt", "completion"]
        given = GrpoRecipe(about="a test", model="x", data=data)
        assert "prompt_before" in load_rows(given, "grpo").train.column_names


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_folder_without_data_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no data set"):
        load_rows(recipe(data=tmp_path / name), "sft")


def test_photos_put_aside_for_tests_are_the_ones_held_out(made: Path) -> None:
    data = load_rows(recipe(data=made, held_out=3), "sft")
    assert data.held_out is not None
    assert len(data.held_out) == 3
    assert not set(data.train["source_sha256"]) & set(data.held_out["source_sha256"])
    assert load_rows(recipe(data=made), "sft").held_out is None


def test_whole_photos_are_held_out_and_the_same_ones_in_every_run() -> None:
    values = {
        "images": [[]] * 30,
        "prompt": [[]] * 30,
        "completion": [[]] * 30,
        "source_sha256": [f"photo {at % 6}" for at in range(30)],
    }
    rows = Dataset.from_dict(values)
    first, again = (split_rows(rows, recipe(held_out=7), "sft") for _ in range(2))
    assert first.held_out is not None and again.held_out is not None
    assert (len(first.train), len(first.held_out)) == (20, 10)
    assert not set(first.train["source_sha256"]) & set(first.held_out["source_sha256"])
    assert list(first.held_out["source_sha256"]) == list(again.held_out["source_sha256"])
    with pytest.raises(ConfigError, match="leave none"):
        split_rows(rows, recipe(held_out=30), "sft")


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ConfigError, match="completion"):
        split_rows(Dataset.from_dict({"images": [[]], "prompt": [[]]}), recipe(), "sft")
