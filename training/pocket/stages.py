"""The stages of the pocket experiment; what lies in the folder already is not made again."""

from collections.abc import Sequence
from pathlib import Path

from editthinker.training.pocket.batches import encode
from editthinker.training.pocket.imitation import Watch, imitate, look
from editthinker.training.pocket.kept import kept
from editthinker.training.pocket.model import (
    TEMPLATE,
    make_model,
    make_processor,
    make_tokenizer,
    save,
)
from editthinker.training.pocket.settings import Settings
from editthinker.training.pocket.steps import Step, make_steps
from editthinker.training.pocket.world import Split


def load_steps(out: Path, settings: Settings, split: Split) -> list[Step]:
    """Return the expert's steps of a split."""
    count = settings.scenes if split == "train" else settings.test_scenes

    def make() -> list[Step]:
        return make_steps(split, count, out / "blobs", processes=settings.processes)

    return kept(out / f"{split}.pickle", make)


def train_imitation(out: Path, settings: Settings, watch: Watch = print) -> dict[str, Path]:
    """Make the untrained thinker and the one that imitates the expert; returns their folders."""
    folders = {"untrained": out / "untrained", "SFT": out / "sft"}
    if (folders["SFT"] / "model.safetensors").exists():
        return folders
    steps = load_steps(out, settings, "train")
    tokenizer = make_tokenizer(training_texts(steps))
    processor = make_processor(tokenizer)
    model = make_model(tokenizer, seed=0)
    save(model, processor, folders["untrained"])
    data = encode(steps, processor)
    watch(f"{len(steps)} steps, {len(tokenizer)} tokens")
    look(model, data, steps, settings.look_steps, 0, watch)
    imitate(model, data, steps, 0, settings.stages, watch)
    save(model, processor, folders["SFT"])
    return folders


def training_texts(steps: Sequence[Step]) -> list[str]:
    """Return everything that is said to the thinker and by it."""
    prompts = [
        TEMPLATE.format(
            original_instruction=step.sample.instruction,
            rewritten_prompt=step.sample.prompt_before,
        )
        for step in steps
    ]
    return [*prompts, *(step.reply for step in steps)]
