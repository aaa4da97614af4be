"""Supervised fine-tuning: a thinker learns the form of a reply and what an expert would say.

    editthinker train sft paper --data data/thinkedit --out runs/sft

TRL's `SFTTrainer` does the work. Rows are conversations about two pictures (`prompt`, `completion`,
`images`); only the completion counts. The finished model lies in `<out>/model`.
"""

from collections.abc import Sequence
from pathlib import Path

from datasets import Dataset
from transformers import TrainerCallback
from trl import SFTConfig, SFTTrainer

from editthinker.training.arguments import build_arguments
from editthinker.training.policy import load_policy, lora_config
from editthinker.training.recipe import SftRecipe, write_recipe
from editthinker.training.rows import load_rows, split_rows
from editthinker.training.runs import finish, last_checkpoint


def main(
    recipe: SftRecipe,
    out: Path,
    *,
    resume: bool = False,
    rows: Dataset | None = None,
    callbacks: Sequence[TrainerCallback] = (),
) -> Path:
    """Train, and return the folder of the finished model.

    Args:
        recipe: What to train on what, and how.
        out: Folder of the run: checkpoints, metrics, the recipe and the model.
        resume: Go on from the last checkpoint in `out`.
        rows: Rows in place of the recipe's data.
        callbacks: Called by the trainer.

    Raises:
        ConfigError: if the recipe, the data or the folder cannot be used.
    """
    checkpoint = last_checkpoint(out, resume=resume)
    arguments = build_arguments(SFTConfig, recipe, out)
    data = load_rows(recipe, "sft") if rows is None else split_rows(rows, recipe, "sft")
    model, processor = load_policy(recipe)
    trainer = SFTTrainer(
        model,
        args=arguments,
        train_dataset=data.train,
        eval_dataset=data.held_out,
        processing_class=processor,
        peft_config=lora_config(recipe.lora),
        callbacks=list(callbacks),
    )
    if arguments.process_index == 0:
        write_recipe(recipe, out / "recipe.yaml")
    trainer.train(resume_from_checkpoint=checkpoint)
    return finish(trainer, processor, out)
