"""GRPO on the editor's habits: `editthinker.training.grpo` with the world's editor and judge."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets import Dataset, Image, List

from editthinker.graph.thinkers.conversation import TagsWording
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.quirky import QuirkyEditor
from editthinker.training.grpo import main
from editthinker.training.outcomes import Row
from editthinker.training.pocket.model import TEMPLATE, write_template
from editthinker.training.pocket.settings import Settings
from editthinker.training.pocket.steps import Step
from editthinker.training.pocket.targets import make_pocket_scorer
from editthinker.training.recipe import GrpoRecipe, load_recipe
from editthinker.training.reward_recipe import RewardRecipe
from editthinker.training.rewards import EditReward
from editthinker.training.samples import user_message

# Half of the reward for a form that SFT has taught leaves the rest too little weight; a KL term and
# unscaled rewards keep the scores calibrated, since one advantage counts for the whole reply.
_SETTINGS = (
    "reward.weights.format=0.2",
    "reward.weights.critic=0.2",
    "reward.weights.semantic=0.4",
    "reward.weights.quality=0.2",
    "trainer.loss_type=dr_grpo",
    "trainer.scale_rewards=none",
    "trainer.beta=0.01",
    "trainer.learning_rate=3e-4",
    "trainer.max_completion_length=56",
    "trainer.save_strategy=no",
    "trainer.disable_tqdm=true",
    "samples_every=40",
)

GROUP = 8
"""Replies to one prompt."""


def make_recipe(model: Path, settings: Settings, seed: int) -> GrpoRecipe:
    """Return the shipped `pocket` recipe with the settings of the experiment."""
    more = (
        f"model={json.dumps(str(model))}",
        f"trainer.max_steps={settings.grpo_steps}",
        f"trainer.per_device_train_batch_size={settings.grpo_batch}",
        f"trainer.num_generations={GROUP}",
        f"trainer.seed={seed}",
        f"reward.seed={seed}",
    )
    return load_recipe(GrpoRecipe, "pocket", [*_SETTINGS, *more])


def reinforce(model: Path, steps: Sequence[Step], settings: Settings, seed: int, out: Path) -> Path:
    """Train by GRPO; returns the folder of the new checkpoint."""
    recipe = make_recipe(model, settings, seed)
    rows = make_rows(steps[: settings.prompts], seed)
    trained = main(recipe, out, rows=rows, reward=make_reward(recipe.reward, out / "blobs"))
    write_template(trained)
    return trained


def make_reward(recipe: RewardRecipe, blobs: Path) -> EditReward:
    """Return the reward that runs the graph with this world's editor and judge."""
    return EditReward(recipe, BlobStore(blobs), editor=QuirkyEditor(), scorer=make_pocket_scorer())


def make_rows(steps: Sequence[Step], seed: int) -> Dataset:
    """Return steps in the form that GRPO takes."""
    wording = TagsWording(TEMPLATE, difference=True)
    rows: list[dict[str, Any]] = []
    for step in steps:
        sample = step.sample
        prompt, images = user_message(sample, step.scene.source, step.edited, wording)
        rows.append(
            {
                "images": images,
                "prompt": [prompt],
                "instruction": sample.instruction,
                "prompt_before": sample.prompt_before,
                "semantic": sample.semantic,
                "quality": sample.quality,
                "targets": step.scene.targets.as_json(),
                "trajectory": sample.trajectory,
            }
        )
    return Dataset.from_list(rows).cast_column("images", List(Image())).shuffle(seed=seed)


def reward_row(step: Step) -> Row:
    """Return what the reward knows of a step."""
    sample = step.sample
    return Row(
        source=step.scene.source,
        edited=step.edited,
        instruction=sample.instruction,
        prompt=sample.prompt_before,
        targets=step.scene.targets.as_json(),
    )
