"""The stages of the pocket experiment; what lies in the folder already is not made again."""

from collections.abc import Sequence
from pathlib import Path

from editthinker.training.pocket.batches import encode
from editthinker.training.pocket.imitation import Watch, imitate, look
from editthinker.training.pocket.kept import kept
from editthinker.training.pocket.lessons import teach
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


def make_untrained(out: Path, settings: Settings) -> Path:
    """Make the thinker that has learnt nothing; returns its folder."""
    folder = out / "untrained"
    if not (folder / "model.safetensors").exists():
        tokenizer = make_tokenizer(training_texts(load_steps(out, settings, "train")))
        save(make_model(tokenizer, seed=0), make_processor(tokenizer), folder)
    return folder


def train_imitation(
    out: Path, settings: Settings, seed: int, *, blind: bool = False, watch: Watch = print
) -> Path:
    """Make a thinker that imitates the expert; returns its folder.

    Args:
        out: Folder of the experiment.
        settings: Of the experiment.
        seed: Of the weights and of the order of the steps.
        blind: Whether it never sees an edit, so that all it can learn is the text.
        watch: Takes lines of progress.
    """
    folder = out / ("text-only" if blind else f"sft-{seed}")
    if (folder / "model.safetensors").exists():
        return folder
    steps = load_steps(out, settings, "train")
    tokenizer = make_tokenizer(training_texts(steps))
    processor = make_processor(tokenizer)
    model = make_model(tokenizer, seed)
    data = encode(steps, teach(steps), processor, blind=blind)
    if not blind:
        look(model, data, steps, settings.look_steps, seed, watch)
    imitate(model, data, steps, seed, settings.stages, watch)
    save(model, processor, folder)
    return folder


def training_texts(steps: Sequence[Step]) -> list[str]:
    """Return everything that is said to the thinker and by it."""
    prompts = [
        TEMPLATE.format(
            original_instruction=step.sample.instruction,
            rewritten_prompt=step.sample.prompt_before,
        )
        for step in steps
    ]
    return [*prompts, *teach(steps)]
