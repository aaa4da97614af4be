"""Recipes: what ships can be run by the TRL that is installed, and mistakes are named."""

import json
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from editthinker.tools.cli import build_app
from editthinker.tools.errors import ConfigError
from editthinker.training.recipe import (
    KINDS,
    GrpoRecipe,
    Recipe,
    SftRecipe,
    load_recipe,
    recipe_names,
    write_recipe,
)
from editthinker.training.reward_recipe import RELEASED

SHIPPED = [(stage, name) for stage in KINDS for name in recipe_names(stage)]
BIG = [(stage, name) for stage, name in SHIPPED if name != "pocket"]


def train(*arguments: str) -> Any:
    return CliRunner().invoke(build_app(["train"]), ["train", *arguments])


def test_the_recipes_that_the_paper_needs_ship() -> None:
    assert recipe_names("sft") == ["lora-1gpu", "paper", "pocket"]
    assert recipe_names("grpo") == ["lora-1gpu", "paper", "pocket", "released"]


@pytest.mark.parametrize(("stage", "name"), SHIPPED)
def test_a_shipped_recipe_is_valid_and_survives_being_written(
    stage: str, name: str, tmp_path: Path
) -> None:
    recipe = load_recipe(KINDS[stage], name)
    write_recipe(recipe, tmp_path / "recipe.yaml")
    assert load_recipe(KINDS[stage], str(tmp_path / "recipe.yaml")) == recipe


@pytest.mark.parametrize(("stage", "name"), BIG)
def test_a_dry_run_builds_the_configuration_and_the_estimate_fits(stage: str, name: str) -> None:
    pytest.importorskip("trl")
    done = train(stage, name, "--dry-run")
    assert done.exit_code == 0, done.output
    plan = json.loads(done.stdout)
    assert plan["memory_total_gb"] < plan["available_gb"]
    assert plan.get("warnings") == []
    assert plan["launch"].startswith("accelerate" if plan["gpus"] > 1 else "editthinker")


@pytest.mark.parametrize("sharding", ["zero3", "fsdp2", "none"])
def test_the_printed_command_is_one_that_accelerate_takes(sharding: str, tmp_path: Path) -> None:
    pytest.importorskip("trl")
    from accelerate.commands.config.config_args import ClusterConfig, load_config_from_file
    from accelerate.commands.launch import launch_command_parser

    settings = [f"hardware.sharding={sharding}", "about=it's mine"]
    given = [word for setting in settings for word in ("--set", setting)]
    done = train("sft", "paper", "--dry-run", "--data", "a b", "--model", "m", *given)
    plan = json.loads(done.stdout)
    program, verb, *words = shlex.split(plan["launch"])
    assert (program, verb) == ("accelerate", "launch")
    asked = launch_command_parser().parse_args(words)
    assert (asked.module, asked.training_script) == (True, "editthinker.training")
    # Every key of the file is one that this version knows; it refuses others.
    config = load_config_from_file(asked.config_file)
    assert isinstance(config, ClusterConfig)
    kinds = {"zero3": "DEEPSPEED", "fsdp2": "FSDP", "none": "MULTI_GPU"}
    assert str(config.distributed_type).endswith(kinds[sharding])
    again = train(*asked.training_script_args, "--dry-run")
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout) == plan


def test_what_a_run_needs_and_is_not_here_is_named() -> None:
    pytest.importorskip("trl")
    given = ["--set", 'trainer.report_to=["tensorboard", "trackio"]']
    named = json.loads(train("grpo", "paper", "--dry-run", *given).stdout)["not_installed"]
    wanted = ("tensorboard", "trackio", "deepspeed", "vllm")
    assert named == [name for name in wanted if find_spec(name) is None]
    assert json.loads(train("sft", "pocket", "--dry-run").stdout)["not_installed"] == []


@pytest.mark.parametrize("tracker", ["tensorboard", "trackio", "wandb", "none"])
def test_metrics_go_to_the_tracker_that_is_named(tracker: str) -> None:
    pytest.importorskip("trl")
    done = train("sft", "paper", "--dry-run", "--set", f"trainer.report_to={tracker}")
    assert done.exit_code == 0, done.output


def test_the_paper_s_numbers_are_the_recipes_numbers() -> None:
    sft = load_recipe(SftRecipe, "paper")
    assert sft.model == "Qwen/Qwen3-VL-8B-Instruct"
    assert set(sft.freeze) == {"vision_tower", "projector"}
    assert sft.max_pixels == 1024 * 1024
    assert (sft.trainer["learning_rate"], sft.trainer["max_length"]) == (2e-5, 16384)
    assert replies(sft) == 32
    grpo = load_recipe(GrpoRecipe, "paper")
    assert (grpo.trainer["num_generations"], grpo.trainer["learning_rate"]) == (8, 2e-5)
    assert (grpo.trainer["beta"], replies(grpo)) == (1e-3, 128)
    released = load_recipe(GrpoRecipe, "released")
    assert (released.trainer["learning_rate"], released.trainer["beta"]) == (2e-6, 0)
    assert (released.trainer["generation_batch_size"], replies(released)) == (128, 64)
    assert released.reward.weights == RELEASED


def replies(recipe: Recipe) -> int:
    given: dict[str, Any] = recipe.trainer
    device = given["per_device_train_batch_size"] * given["gradient_accumulation_steps"]
    return int(device) * recipe.hardware.gpus


def test_a_setting_reaches_any_section() -> None:
    recipe = load_recipe(
        GrpoRecipe,
        "pocket",
        [
            "trainer.learning_rate=1e-5",
            "reward.editor.name=fake",
            "reward.skip_at=null",
            "held_out=7",
        ],
    )
    assert recipe.trainer["learning_rate"] == 1e-5
    assert (recipe.reward.editor.name, recipe.reward.skip_at, recipe.held_out) == ("fake", None, 7)


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("trainer.learning_rat=1", "learning_rate"),
        ("trainer.output_dir=x", "--out"),
        ("trainer.bf16=maybe", "bf16"),
        ("trainer.num_generations=7", "7"),
        ("trainer.save_steps=many", "save_steps"),
        ("trainer.generation_batch_size=100", "100"),
        ("trainer.report_to=tensorbord", "tensorboard"),
        ("reward.editor.name=darkrom", "darkroom"),
        ("reward.judge.name=gpt-41", "gpt-4.1"),
        ("reward.judge.benchmark=gedi", "gedit"),
        ("reward.weights.format=0.9", "add up"),
        ("reward.weight=1", "reward.weight"),
        ("reward.deadline_s=0", "reward.deadline_s"),
        ("dtype=int8", "dtype"),
        ("model.name=x", "model"),
        ("nothing", "NAME=VALUE"),
    ],
)
def test_a_mistake_is_named_before_anything_runs(setting: str, named: str) -> None:
    pytest.importorskip("trl")
    done = train("grpo", "paper", "--dry-run", "--set", setting)
    assert done.exit_code == 2, done.output
    assert named in done.output
    assert len(done.output.strip().splitlines()) <= 3


def test_a_reward_that_can_outlast_the_processes_patience_is_warned_of() -> None:
    pytest.importorskip("trl")
    done = train("grpo", "paper", "--dry-run", "--set", "reward.deadline_s=900")
    assert any("ddp_timeout" in line for line in json.loads(done.stdout)["warnings"])


def test_more_memory_than_there_is_is_warned_of() -> None:
    pytest.importorskip("trl")
    done = train("sft", "paper", "--dry-run", "--set", "hardware.sharding=none")
    assert any("memory" in line for line in json.loads(done.stdout)["warnings"])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["grpo"], "paper"),
        (["grpo", "papper"], "paper"),
        (["sft", "missing.yaml"], "missing.yaml"),
        (["sft", "paper", "--resume", "x"], "leave out"),
    ],
)
def test_wrong_usage_says_what_is_right(arguments: list[str], named: str) -> None:
    done = train(*arguments)
    assert done.exit_code == 2
    assert named in done.output


def test_the_recipes_can_be_listed() -> None:
    listed = train("grpo", "--list").stdout
    assert [line.split()[0] for line in listed.splitlines()] == recipe_names("grpo")


def test_a_recipe_of_one_s_own_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"about": "mine", "model": "x"}))
    assert load_recipe(SftRecipe, str(path)).about == "mine"
    path.write_text("- no mapping")
    with pytest.raises(ConfigError, match="names and values"):
        load_recipe(SftRecipe, str(path))
    path.write_text("a: [")
    with pytest.raises(ConfigError, match="no YAML"):
        load_recipe(SftRecipe, str(path))


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom editthinker.tools.cli import build_app\n"
        "try:\n    build_app(['train'])(['train', 'grpo', '--help'])\n"
        "except SystemExit:\n    pass\n"
        "print(*sorted({m.split('.')[0] for m in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert "--dry-run" in done.stdout
    heavy = {"torch", "transformers", "trl", "datasets", "langgraph", "numpy"}
    assert not loaded.intersection(heavy)


def test_a_number_that_yaml_takes_for_text_is_a_number() -> None:
    trl = pytest.importorskip("trl")
    from editthinker.training.arguments import read_arguments

    given = yaml.safe_load("learning_rate: 1e-5\nbf16: true\nmax_length: null")
    assert isinstance(given["learning_rate"], str)
    read = read_arguments(trl.SFTConfig, given)
    assert read == {"learning_rate": 1e-5, "bf16": True, "max_length": None}


@pytest.mark.tiny_real
@pytest.mark.parametrize("stage", ["sft", "grpo"])
def test_a_model_on_this_disk_is_counted(stage: str, tmp_path: Path) -> None:
    pytest.importorskip("trl")
    from tiny_training import tiny_model

    model = tiny_model(tmp_path / "tiny")
    done = train(stage, "pocket", "--dry-run", "--model", str(model))
    assert done.exit_code == 0, done.output
    plan = json.loads(done.stdout)
    weights = (model / "model.safetensors").stat().st_size / 1e9
    assert plan["memory_gb"]["weights"] == pytest.approx(weights, abs=0.01)
    assert plan.get("warnings") == []
