"""What a checkpoint replies to edits it has not seen, and what comes of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForImageTextToText

from editthinker.graph.state import geometric_mean
from editthinker.graph.thinkers.local import load_processor
from editthinker.graph.thinkers.scores import Scores
from editthinker.training.pocket.batches import message, show
from editthinker.training.pocket.model import TEMPLATE
from editthinker.training.pocket.reinforce import make_reward, reward_row
from editthinker.training.pocket.steps import Step
from editthinker.training.reward_parts import read_strictly
from editthinker.training.reward_recipe import RewardRecipe

_TOKENS = 64
_BATCH = 50


@dataclass(frozen=True)
class Answer:
    """One reply, judged."""

    id: str
    """Of the scene."""
    photo: str
    reply: str
    judged: Scores
    """Of the edit that the reply is about."""
    stated: Scores | None
    """What the reply says of it; None where it cannot be read."""
    prompt: str | None
    after: Scores
    """Of the next edit, by the reply's prompt; as before where there was none."""

    @property
    def gain(self) -> float:
        """By how much the overall score of the edit rose, in points of ten."""
        return (geometric_mean(*self.after) or 0.0) - (geometric_mean(*self.judged) or 0.0)


def answer_all(
    folder: Path,
    steps: Sequence[Step],
    blobs: Path,
    *,
    blind: bool = False,
    sampled: bool = False,
) -> list[Answer]:
    """Let a checkpoint reply to steps, and judge what comes of it.

    Args:
        folder: The checkpoint.
        steps: What to reply to.
        blobs: Folder for pictures.
        blind: Whether to show the source in place of the edit.
        sampled: Whether to draw replies at temperature 1, as training does, and not take the
            likeliest.
    """
    replies = write_replies(folder, steps, blind=blind, sampled=sampled)
    return judge_replies(replies, steps, blobs)


def judge_replies(replies: Sequence[str], steps: Sequence[Step], blobs: Path) -> list[Answer]:
    """Run the graph from replies to steps, and judge what comes of it."""
    # Nothing is left out for being good enough: the gain is over all edits.
    reward = make_reward(RewardRecipe(skip_at=None, editor_slots=2, judge_slots=2), blobs)
    outcomes = asyncio.run(reward.score([reward_row(step) for step in steps], replies))
    answers = []
    for step, reply, outcome in zip(steps, replies, outcomes, strict=True):
        judged = Scores(step.sample.semantic, step.sample.quality)
        read = read_strictly(reply)
        answers.append(
            Answer(
                id=step.scene.id,
                photo=step.scene.photo,
                reply=reply,
                judged=judged,
                stated=read.scores if read else None,
                prompt=read.prompt if read else None,
                after=outcome.after or judged,
            )
        )
    return answers


def write_replies(
    folder: Path, steps: Sequence[Step], *, blind: bool = False, sampled: bool = False
) -> list[str]:
    """Generate replies, many at a time; see `answer_all`."""
    torch.manual_seed(0)
    sampling = {"do_sample": True, "top_k": 0} if sampled else {"do_sample": False}
    model: Any = AutoModelForImageTextToText.from_pretrained(str(folder), dtype=torch.float32)
    processor = load_processor(str(folder))
    processor.tokenizer.padding_side = "left"
    replies: list[str] = []
    for start in range(0, len(steps), _BATCH):
        chosen = steps[start : start + _BATCH]
        texts = [
            processor.apply_chat_template(
                [
                    message(
                        TEMPLATE.format(
                            original_instruction=step.sample.instruction,
                            rewritten_prompt=step.sample.prompt_before,
                        )
                    )
                ],
                add_generation_prompt=True,
                tokenize=False,
            )
            for step in chosen
        ]
        images = [
            show(step.scene.source, step.scene.source if blind else step.edited) for step in chosen
        ]
        inputs = processor(text=texts, images=images, padding=True, return_tensors="pt")
        with torch.inference_mode():
            made = model.generate(**inputs, **sampling, max_new_tokens=_TOKENS)
        told = inputs["input_ids"].shape[1]
        replies += processor.batch_decode(made[:, told:], skip_special_tokens=True)
    return replies
