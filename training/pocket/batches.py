"""Steps as tensors, made once: the processor is slow beside a model of this size."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from editthinker.training.pocket.model import PATCH, TEMPLATE
from editthinker.training.pocket.steps import Step

IGNORED = -100
_FINDING = (" done", " missed", " weak", " strong", " clean", " damaged")


@dataclass(frozen=True)
class Encoded:
    """Steps, ready for batches."""

    prompts: list[list[int]]
    replies: list[list[int]]
    pictures: torch.Tensor
    """Pixels in the order of patches, `(n, 2, patches, 3 * PATCH * PATCH) uint8`: source, edit."""
    grid: torch.Tensor
    """`(1, 3)`: time, rows and columns of patches of every picture."""
    heavy: torch.Tensor
    """Which tokens of the vocabulary are scores or findings, `(vocabulary,) bool`."""
    pad: int
    image: int
    """Token of a picture's place."""


@dataclass(frozen=True)
class Batch:
    """What a model takes."""

    inputs: dict[str, torch.Tensor]
    labels: torch.Tensor
    """The replies; elsewhere `IGNORED`."""


def encode(steps: Sequence[Step], processor: Any) -> Encoded:
    """Encode steps with the processor that the thinker will use."""
    tokenizer = processor.tokenizer
    prompts, replies, pictures = [], [], []
    grid = torch.empty(0)
    for step in steps:
        sample = step.sample
        text = TEMPLATE.format(
            original_instruction=sample.instruction, rewritten_prompt=sample.prompt_before
        )
        inputs = processor.apply_chat_template(
            [message(text)], add_generation_prompt=True, tokenize=False
        )
        images = [step.scene.source.pixels[..., :3], step.edited.pixels[..., :3]]
        made = processor(text=[inputs], images=images, return_tensors="pt")
        prompts.append(made["input_ids"][0].tolist())
        replies.append([*tokenizer(step.reply).input_ids, tokenizer.eos_token_id])
        values = made["pixel_values"].view(2, -1, 3, 2, PATCH * PATCH)[:, :, :, 0]
        pictures.append((values.flatten(2) * 127.5 + 127.5).round().to(torch.uint8))
        grid = made["image_grid_thw"][:1]
    heavy = np.zeros(len(tokenizer), bool)
    for text in [*map(str, range(11)), *_FINDING]:
        heavy[tokenizer(text).input_ids[-1]] = True
    image = tokenizer.convert_tokens_to_ids("<|image_pad|>")
    stacked = torch.stack(pictures)
    pad = tokenizer.pad_token_id
    return Encoded(prompts, replies, stacked, grid, torch.tensor(heavy), pad, image)


def message(text: str) -> dict[str, Any]:
    """Return what the `tags` protocol sends, in the shape of chat templates."""
    parts = [{"type": "image"}, {"type": "image"}, {"type": "text", "text": text}]
    return {"role": "user", "content": parts}


def make_batch(data: Encoded, chosen: Sequence[int]) -> Batch:
    """Put some steps into one batch, padded on the left."""
    rows = [data.prompts[at] + data.replies[at] for at in chosen]
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), data.pad)
    labels = torch.full((len(rows), longest), IGNORED)
    mask = torch.zeros(len(rows), longest, dtype=torch.long)
    for at, (row, which) in enumerate(zip(rows, chosen, strict=True)):
        reply = data.replies[which]
        ids[at, -len(row) :] = torch.tensor(row)
        labels[at, -len(reply) :] = torch.tensor(reply)
        mask[at, -len(row) :] = 1
    inputs = {
        "input_ids": ids,
        "attention_mask": mask,
        "pixel_values": pixel_values(data, chosen),
        "image_grid_thw": data.grid.repeat(data.pictures.shape[1] * len(rows), 1),
        "mm_token_type_ids": (ids == data.image).long(),
    }
    return Batch(inputs, labels)


def pixel_values(data: Encoded, chosen: Sequence[int]) -> torch.Tensor:
    """Return the pictures of some steps as the vision tower takes them, source before edit."""
    values = data.pictures[list(chosen)].float() / 127.5 - 1
    frames = values.view(*values.shape[:3], 3, 1, PATCH * PATCH)
    # A video has two frames in a patch, a picture has the same one twice.
    return frames.expand(-1, -1, -1, -1, 2, -1).reshape(-1, 3 * 2 * PATCH * PATCH)
