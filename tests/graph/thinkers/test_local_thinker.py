from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
from langchain_core.messages import HumanMessage
from tiny_qwen3_vl import build_tiny_qwen3_vl

from editthinker.graph.thinkers.base import THINKERS, PlanRequest, Thinker, ThinkRequest
from editthinker.graph.thinkers.conversation import picture_part, text_part
from editthinker.graph.thinkers.local import TransformersChat
from editthinker.graph.thinkers.replies import UnreadableReplyError
from editthinker.tools.errors import ConfigError, ThinkerError
from editthinker.tools.images import Picture

pytestmark = pytest.mark.tiny_real


def picture(value: int, width: int = 64, height: int = 48) -> Picture:
    return Picture.from_pixels(np.full((height, width, 3), value, np.uint8))


REQUEST = ThinkRequest(picture(100), picture(140), "make it brighter", "make it brighter")
MESSAGES = [
    HumanMessage(
        content=[picture_part(picture(10)), picture_part(picture(200)), text_part("score the edit")]
    )
]


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_qwen3_vl(tmp_path_factory.mktemp("tiny"))


async def test_replies_to_two_images_and_counts_tokens(checkpoint: Path) -> None:
    model = TransformersChat(path=str(checkpoint), max_tokens=12, temperature=0)
    message = await model.ainvoke(MESSAGES)
    assert message.usage_metadata is not None
    assert message.usage_metadata["output_tokens"] == 12
    assert message.usage_metadata["input_tokens"] > 20
    assert message.response_metadata["finish_reason"] == "length"


async def test_sees_its_images(checkpoint: Path) -> None:
    model = TransformersChat(path=str(checkpoint), max_tokens=8, temperature=0)
    pictures = [
        Picture.from_pixels(np.random.default_rng(n).integers(0, 256, (64, 64, 3), np.uint8))
        for n in range(2)
    ]
    tops = []
    for one in pictures:
        parts = [picture_part(one), text_part("score")]
        message = await model.ainvoke([HumanMessage(content=parts)], logprobs=True)
        first = message.response_metadata["logprobs"]["content"][0]["top_logprobs"]
        tops.append([each["logprob"] for each in first])
    assert tops[0] != tops[1]


async def test_the_same_seed_gives_the_same_reply(checkpoint: Path) -> None:
    model = TransformersChat(path=str(checkpoint), max_tokens=16, temperature=1.0)
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    texts = [str((await model.ainvoke(MESSAGES, seed=seed)).text) for seed in (1, 2, 1)]
    assert texts[0] == texts[2] != texts[1]
    assert torch.equal(before, torch.random.get_rng_state())


async def test_gives_token_probabilities(checkpoint: Path) -> None:
    model = TransformersChat(path=str(checkpoint), max_tokens=4, temperature=0)
    message = await model.ainvoke(MESSAGES, logprobs=True, top_logprobs=20)
    tokens = message.response_metadata["logprobs"]["content"]
    assert len(tokens) == 4
    for token in tokens:
        best = max(token["top_logprobs"], key=lambda each: each["logprob"])
        assert best["token"] == token["token"]
        assert len(token["top_logprobs"]) == 20
        assert all(each["logprob"] <= 0 for each in token["top_logprobs"])


@pytest.mark.parametrize("protocol", ["tags", "json"])
async def test_random_weights_are_unreadable_and_never_satisfied(
    checkpoint: Path, protocol: str
) -> None:
    thinker: Thinker = THINKERS.load("local")(
        model=str(checkpoint), max_tokens=24, protocol=protocol, history="thumbnails"
    )
    with pytest.raises(UnreadableReplyError) as caught:
        await thinker.think(REQUEST)
    assert caught.value.usage.output_tokens >= 2
    with pytest.raises(ThinkerError):
        await thinker.plan(PlanRequest(picture(1), "make it brighter"))


async def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    thinker = THINKERS.load("local")(model=str(tmp_path))
    with pytest.raises(ThinkerError, match="cannot be loaded"):
        await thinker.think(REQUEST)


def test_needs_a_model() -> None:
    with pytest.raises(ConfigError, match="model"):
        THINKERS.load("local")()
