"""GRPO: a thinker learns from what its own prompts do to the photo.

    editthinker train grpo paper --data data/thinkedit --model runs/sft/model --out runs/grpo

TRL's `GRPOTrainer` does the work; the reward runs the graph (`rewards.py`). Rows are prompts about
two pictures with the instruction, the prompt that made the edit, and its judged scores. The
finished model, the best by held-out reward where the recipe asks for it, lies in `<out>/model`.
"""

from collections.abc import Sequence
from pathlib import Path

from datasets import Dataset, concatenate_datasets
from transformers import TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from editthinker.tools.blobs import BlobStore
from editthinker.training.arguments import build_arguments
from editthinker.training.policy import load_policy, lora_config
from editthinker.training.recipe import GrpoRecipe, write_recipe
from editthinker.training.rewards import EditReward
from editthinker.training.rows import load_rows, split_rows
from editthinker.training.runs import finish, last_checkpoint
from editthinker.training.sample_pages import SamplePages
from editthinker.training.two_turns import TwoTurns, number_rows


def main(
    recipe: GrpoRecipe,
    out: Path,
    *,
    resume: bool = False,
    rows: Dataset | None = None,
    reward: EditReward | None = None,
    callbacks: Sequence[TrainerCallback] = (),
) -> Path:
    """Train, and return the folder of the finished model.

    Args:
        recipe: What to train on what, and how.
        out: Folder of the run: checkpoints, metrics, samples, the recipe and the model.
        resume: Go on from the last checkpoint in `out`.
        rows: Rows in place of the recipe's data.
        reward: In place of the recipe's, such as one with an editor of your own.
        callbacks: Called by the trainer.

    Raises:
        ConfigError: if the recipe, the data or the folder cannot be used.
    """
    checkpoint = last_checkpoint(out, resume=resume)
    arguments = build_arguments(GRPOConfig, recipe, out)
    data = load_rows(recipe, "grpo") if rows is None else split_rows(rows, recipe, "grpo")
    reward = reward or EditReward(recipe.reward, BlobStore(out / "blobs"))
    train, held_out, episodes = data.train, data.held_out, None
    if recipe.two_turns:
        # Both parts are numbered as one, so that a roll-out finds a row by its number.
        whole = number_rows(concatenate_datasets([part for part in data if part is not None]))
        train = whole.select(range(len(data.train)))
        held_out = held_out and whole.select(range(len(data.train), len(whole)))
        episodes = TwoTurns(reward, whole)
    model, processor = load_policy(recipe)
    trainer = GRPOTrainer(
        model,
        reward_funcs=episodes or reward,
        rollout_func=episodes and episodes.roll_out,
        args=arguments,
        train_dataset=train,
        eval_dataset=held_out,
        processing_class=processor,
        peft_config=lora_config(recipe.lora),
        callbacks=[SamplePages(reward, out / "samples", recipe.samples_every), *callbacks],
    )
    if arguments.process_index == 0:
        write_recipe(recipe, out / "recipe.yaml")
    trainer.train(resume_from_checkpoint=checkpoint)
    return finish(trainer, processor, out)
