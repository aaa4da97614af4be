"""Steps as tensors, made once: the processor is slow beside a model of this size."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

import numpy as np
import torch

from editthinker.graph.thinkers.pictures import subtract
from editthinker.tools.images import Picture, Pixels
from editthinker.training.pocket.lessons import LEVELS, STATES, is_whole
from editthinker.training.pocket.model import PATCH, PICTURES, TEMPLATE
from editthinker.training.pocket.steps import Step
from editthinker.training.pocket.world import SIDE

IGNORED = -100

_TEXT = "(text)"

_ROWS = SIDE // PATCH
"""Of patches, as many as columns."""

_TOKENS = (_ROWS // 2) ** 2
"""Of a picture: four patches are one."""


@dataclass(frozen=True)
class Encoded:
    """Steps, ready for batches."""

    prompts: list[list[int]]
    replies: list[list[int]]
    pictures: torch.Tensor
    """Pixels in the order of patches, `(n, PICTURES, patches, 3 * PATCH * PATCH) uint8`."""
    grid: torch.Tensor
    """`(1, 3)`: time, rows and columns of patches of every picture."""
    heavy: torch.Tensor
    """Which tokens of the vocabulary are scores or findings, `(vocabulary,) bool`."""
    pad: int
    image: int
    """Token of a picture's place."""
    answer: int
    """Token that starts an answer."""


@dataclass(frozen=True)
class Batch:
    """What a model takes."""

    inputs: dict[str, torch.Tensor]
    labels: torch.Tensor
    """The replies; elsewhere `IGNORED`."""


def encode(
    steps: Sequence[Step], replies_to_learn: Sequence[str], processor: Any, *, blind: bool = False
) -> Encoded:
    """Encode steps with the processor that the thinker will use.

    Args:
        steps: What is replied to.
        replies_to_learn: One for each; without its answer it ends without the token for the end.
        processor: The thinker's.
        blind: Whether to put the source in place of the edit.
    """
    tokenizer = processor.tokenizer
    prompts, replies, pictures = [], [], []
    asked = processor.apply_chat_template(
        [message(_TEXT)], add_generation_prompt=True, tokenize=False
    ).replace(processor.image_token, processor.image_token * _TOKENS)
    for step, reply in zip(steps, replies_to_learn, strict=True):
        sample = step.sample
        text = TEMPLATE.format(
            original_instruction=sample.instruction, rewritten_prompt=sample.prompt_before
        )
        prompts.append(tokenizer(asked.replace(_TEXT, text)).input_ids)
        shown = show(step.scene.source, step.scene.source if blind else step.edited)
        pictures.append(torch.from_numpy(np.stack([_patches(pixels) for pixels in shown])))
        end = [tokenizer.eos_token_id] if is_whole(reply) else []
        replies.append([*tokenizer(reply).input_ids, *end])
    heavy = np.zeros(len(tokenizer), bool)
    for text in [*map(str, range(11)), *LEVELS, *STATES]:
        heavy[tokenizer(text).input_ids[-1]] = True
    image = tokenizer.convert_tokens_to_ids("<|image_pad|>")
    grid = torch.tensor([[1, _ROWS, _ROWS]])
    pad = tokenizer.pad_token_id
    answer = tokenizer.convert_tokens_to_ids("<answer>")
    return Encoded(
        prompts, replies, torch.stack(pictures), grid, torch.tensor(heavy), pad, image, answer
    )


def without_answers(data: Encoded) -> Encoded:
    """Return the same steps with replies that end before the answer."""
    cut = [list(takewhile(lambda token: token != data.answer, reply)) for reply in data.replies]
    return replace(data, replies=cut)


def message(text: str) -> dict[str, Any]:
    """Return what the `tags` protocol sends, in the shape of chat templates."""
    pictures = [{"type": "image"}] * PICTURES
    return {"role": "user", "content": [*pictures, {"type": "text", "text": text}]}


def show(source: Picture, edited: Picture) -> list[Pixels]:
    """Return the pixels of all pictures that the thinker is shown."""
    before, after = source.pixels[..., :3], edited.pixels[..., :3]
    return [before, after, subtract(before, after)]


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
    """Return the pictures of some steps as the vision tower takes them."""
    values = data.pictures[list(chosen)].float() / 127.5 - 1
    frames = values.view(*values.shape[:3], 3, 1, PATCH * PATCH)
    # A video has two frames in a patch, a picture has the same one twice.
    return frames.expand(-1, -1, -1, -1, 2, -1).reshape(-1, 3 * 2 * PATCH * PATCH)


def _patches(pixels: Pixels) -> Pixels:
    """Cut a picture into patches, the four of a token one after the other."""
    cut = pixels.reshape(_ROWS // 2, 2, PATCH, _ROWS // 2, 2, PATCH, 3)
    return cut.transpose(0, 3, 1, 4, 6, 2, 5).reshape(_ROWS**2, 3 * PATCH * PATCH)
