"""SFT and GRPO for real, small: TRL's trainers, a tiny Qwen3-VL, the graph, the embedded pair."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl")
pytest.importorskip("peft")

import numpy as np
import torch
from safetensors.torch import load_file
from tiny_training import WISHES, grpo_recipe, make_rows, photo, sft_recipe, tiny_model

from editthinker.graph.thinkers.base import THINKERS, ThinkRequest
from editthinker.graph.thinkers.local import load_processor
from editthinker.tools.editors.base import Capabilities, EditRequest, EditResult
from editthinker.tools.errors import ConfigError, EditorError
from editthinker.tools.images import Picture
from editthinker.training import grpo, sft
from editthinker.training.export import export_checkpoint
from editthinker.training.recipe import SftRecipe, load_recipe, make_recipe
from editthinker.training.reward_parts import read_strictly
from editthinker.training.rewards import EditReward

pytestmark = [pytest.mark.tiny_real, pytest.mark.xdist_group("training")]

STEPS, KILLED_AT = 120, 60
SUPPORT = Path(__file__).parents[1] / "support"

KILLED_RUN = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from transformers import TrainerCallback
import tiny_training
from editthinker.training import {stage}

class Kill(TrainerCallback):
    def on_save(self, args, state, control, **kwargs):
        if state.global_step == {step}:
            os.kill(os.getpid(), signal.SIGKILL)

recipe = tiny_training.{stage}_recipe(Path(sys.argv[2]), **{trainer!r})
{stage}.main(recipe, Path(sys.argv[3]), rows=tiny_training.make_rows(), callbacks=[Kill()])
"""


def run_until_killed(stage: str, step: int, model: Path, out: Path, trainer: dict[str, Any]) -> int:
    """Start a training run in a process of its own, which dies at a step; returns its exit code."""
    script = KILLED_RUN.format(stage=stage, step=step, trainer=trainer)
    command = [sys.executable, "-c", script, str(SUPPORT), str(model), str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, env=environment, capture_output=True, timeout=300).returncode


def history(out: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((out / "trainer_state.json").read_text())[
        "log_history"
    ]
    return found


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def taught(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of SFT that was killed once and resumed."""
    out = tmp_path_factory.mktemp("runs") / "sft"
    trainer = {"max_steps": STEPS, "save_steps": KILLED_AT, "logging_steps": 20}
    assert run_until_killed("sft", KILLED_AT, tiny, out, trainer) == -signal.SIGKILL
    assert not (out / "model").exists()
    (out / "checkpoint-90").mkdir()  # as if the next one had been cut off
    sft.main(sft_recipe(tiny, **trainer), out, resume=True, rows=make_rows())
    return out


def test_sft_killed_and_resumed_learns_the_form(taught: Path) -> None:
    losses = {line["step"]: line["loss"] for line in history(taught) if "loss" in line}
    assert list(losses) == [20, 40, 60, 80, 100, 120]
    assert losses[120] < 0.1 * losses[20]
    loaded = load_recipe(SftRecipe, str(taught / "recipe.yaml"))
    assert loaded.trainer["max_steps"] == STEPS


def test_a_run_is_not_overwritten_by_another(taught: Path, tiny: Path) -> None:
    with pytest.raises(ConfigError, match="--resume"):
        sft.main(sft_recipe(tiny, max_steps=1), taught, rows=make_rows())


async def test_the_taught_model_is_a_thinker(taught: Path, tmp_path: Path) -> None:
    template = tmp_path / "template.txt"
    template.write_text("Judge: {original_instruction}{rewritten_prompt}")
    options = {"model": str(taught / "model"), "temperature": 0, "max_tokens": 60}
    thinker = THINKERS.load("local")(**options, prompt_template=template)
    picture = Picture.from_pixels(np.asarray(photo(0)))
    thought = await thinker.think(ThinkRequest(picture, picture, WISHES[0], ""))
    assert read_strictly(thought.raw)
    assert (thought.semantic, thought.quality) == (2, 9)


def test_the_checkpoint_is_one_that_the_stock_processor_reads(taught: Path) -> None:
    config = json.loads((taught / "model" / "processor_config.json").read_text())
    assert config["processor_class"] == "Qwen3VLProcessor"
    assert config["video_processor"]["video_processor_type"] == "Qwen3VLVideoProcessor"
    load_processor(str(taught / "model"))


@pytest.fixture(scope="session")
def reinforced(taught: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of GRPO that was killed once and resumed."""
    out = tmp_path_factory.mktemp("runs") / "grpo"
    trainer = {
        "held_out": 2,
        "max_steps": 4,
        "save_steps": 2,
        "eval_strategy": "steps",
        "eval_steps": 2,
        "per_device_eval_batch_size": 2,
        "num_generations_eval": 2,
        "metric_for_best_model": "eval_reward",
        "greater_is_better": True,
        "load_best_model_at_end": True,
        "report_to": "tensorboard",
        "beta": 0.01,
    }
    model = taught / "model"
    assert run_until_killed("grpo", 2, model, out, trainer) == -signal.SIGKILL
    grpo.main(grpo_recipe(model, **trainer), out, resume=True, rows=make_rows())
    return out


def test_grpo_killed_and_resumed_edits_with_the_embedded_pair(reinforced: Path) -> None:
    steps = [line for line in history(reinforced) if "reward" in line]
    assert [line["step"] for line in steps] == [1, 2, 3, 4]
    assert sum(line["reward_share/edited"] for line in steps) > 1
    assert max(line["reward"] for line in steps) > 0.5
    assert all(line["reward_share/masked"] == 0 for line in steps)
    assert any((reinforced / "blobs").rglob("*"))


def test_the_best_model_by_held_out_reward_is_kept(reinforced: Path) -> None:
    state = json.loads((reinforced / "trainer_state.json").read_text())
    rewards = {
        line["step"]: line["eval_reward"] for line in history(reinforced) if "eval_reward" in line
    }
    assert set(rewards) == {2, 4}
    assert state["best_metric"] == max(rewards.values())
    best = load_file(Path(state["best_model_checkpoint"]) / "model.safetensors")
    kept = load_file(reinforced / "model" / "model.safetensors")
    assert all(torch.equal(kept[name], best[name]) for name in kept)


def test_every_step_has_a_page_of_samples_that_needs_nothing_else(reinforced: Path) -> None:
    pages = sorted((reinforced / "samples").glob("*.html"))
    assert [page.name for page in pages] == [f"step-{n:06}.html" for n in (1, 2, 3, 4)]
    text = pages[-1].read_text()
    assert text.count("data:image/") >= 8
    assert "&lt;think&gt;" in text and "reward" in text
    assert "http" not in text.replace("http-equiv", "")


def test_metrics_go_where_report_to_says(reinforced: Path) -> None:
    assert list(reinforced.rglob("events.out.tfevents.*"))


class BrokenEditor:
    """An editor that is out of order."""

    name = "broken"
    capabilities = Capabilities(supports_seed=True)

    async def edit(self, request: EditRequest) -> EditResult:
        raise EditorError("out of order")


def test_a_step_without_any_reward_moves_no_weight(taught: Path, tmp_path: Path) -> None:
    recipe = grpo_recipe(taught / "model", max_steps=1, save_strategy="no", weight_decay=0.0)
    reward = EditReward(recipe.reward, str(tmp_path / "blobs"), editor=BrokenEditor())
    model = grpo.main(recipe, tmp_path / "run", rows=make_rows(), reward=reward)
    assert reward.counts["masked"] > 0
    before, after = (load_file(f / "model.safetensors") for f in (taught / "model", model))
    assert all(torch.equal(after[name], before[name]) for name in after)


def test_two_turns_in_one_episode_go_on_from_the_thinker_s_own_edit(
    taught: Path, tmp_path: Path
) -> None:
    recipe = grpo_recipe(
        taught / "model",
        held_out=2,
        max_steps=2,
        save_strategy="no",
        eval_strategy="steps",
        eval_steps=2,
        per_device_eval_batch_size=4,
    ).model_copy(update={"two_turns": True})
    out = tmp_path / "run"
    grpo.main(recipe, out, rows=make_rows())
    steps = [line for line in history(out) if "reward" in line]
    assert len(steps) == 2
    assert all("reward_share/masked" in line for line in steps)
    shown = (out / "samples" / "step-000001.html").read_text()
    assert shown.count("&lt;think&gt;") > 4  # four episodes, most with two replies


def test_adapters_are_trained_merged_and_exported(taught: Path, tmp_path: Path) -> None:
    base = grpo_recipe(taught / "model", max_steps=2, save_steps=2, beta=0.01, learning_rate=1e-2)
    recipe = base.model_copy(
        update={"lora": make_recipe(SftRecipe, _with_lora()).lora, "freeze": ("vision_tower",)}
    )
    model = grpo.main(recipe, tmp_path / "run", rows=make_rows())
    assert (tmp_path / "run" / "adapter" / "adapter_model.safetensors").exists()
    before = load_file(taught / "model" / "model.safetensors")
    after = load_file(model / "model.safetensors")
    assert after.keys() == before.keys()
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    assert changed and all("language_model" in name for name in changed)
    again = export_checkpoint(tmp_path / "run" / "checkpoint-2", tmp_path / "again")
    same = load_file(again / "model.safetensors")
    assert all(torch.equal(same[name], after[name]) for name in after)


def test_frozen_parts_do_not_change(tiny: Path, tmp_path: Path) -> None:
    recipe = sft_recipe(tiny, max_steps=2, save_strategy="no").model_copy(
        update={"freeze": ("vision_tower", "projector")}
    )
    model = sft.main(recipe, tmp_path / "run", rows=make_rows())
    before, after = (load_file(f / "model.safetensors") for f in (tiny, model))
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    assert changed and not any("visual" in name for name in changed)


def _with_lora() -> dict[str, Any]:
    return {"about": "a test", "model": "x", "lora": {"rank": 2, "alpha": 4}}
