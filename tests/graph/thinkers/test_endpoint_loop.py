"""The whole loop with a thinker behind HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openai_server import TAGS, VERDICT, OpenAIServer, Reply, Status

from editthinker.graph import EditContext, Policies, build_graph
from editthinker.graph.thinkers.base import THINKERS
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.fake import FakeEditor
from editthinker.tools.images import Picture

QUICK = Policies(first_wait_s=0.001)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with OpenAIServer() as running:
        yield running


async def run(
    name: str, server: OpenAIServer, folder: Path, max_turns: int = 4, **options: object
) -> Any:
    thinker = THINKERS.load(name)(base_url=server.base_url, max_retries=0, **options)
    blobs = BlobStore(folder)
    pixels = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    photo = blobs.put_image(Picture.from_pixels(pixels).data)
    graph = build_graph([FakeEditor()], thinker, blobs, policies=QUICK).compile()
    given: Any = {"image": photo, "instruction": "turn the sky orange"}
    return await graph.ainvoke(given, context=EditContext(max_turns=max_turns))


def tags(semantic: int, prompt: str) -> Reply:
    return Reply(TAGS.replace("5", str(semantic)).replace("Turn the whole sky orange", prompt))


def verdict(semantic: int, prompt: str, **more: object) -> Reply:
    values = {**VERDICT, "semantic": semantic, "quality": 9, "refined_prompt": prompt, **more}
    return Reply(json.dumps(values))


async def test_the_loop_runs_on_tags_until_accepted(server: OpenAIServer, tmp_path: Path) -> None:
    server.script = [tags(3, "More orange"), tags(9, "Perfect")]
    out = await run("editthinker-8b", server, tmp_path)
    assert out["stop_reason"] == "accepted"
    assert [a["semantic"] for a in out["attempts"]] == [3, 9]
    assert out["attempts"][1]["prompt"] == "More orange, clouds included."
    assert sum(a["input_tokens"] for a in out["attempts"]) == 2000


async def test_the_loop_runs_on_json_until_accepted(server: OpenAIServer, tmp_path: Path) -> None:
    server.script = [verdict(3, "More orange."), verdict(9, "x", satisfied=True)]
    out = await run("gpt-4.1", server, tmp_path)
    assert out["stop_reason"] == "accepted"
    assert out["attempts"][1]["prompt"] == "More orange."
    assert sum(a["cost_usd"] for a in out["attempts"]) == pytest.approx(2 * 0.0028)


@pytest.mark.parametrize("code", [503, 401])
async def test_an_outage_in_turn_3_keeps_the_best_of_turn_2(
    code: int, server: OpenAIServer, tmp_path: Path
) -> None:
    server.script = [tags(3, "A"), tags(6, "B")]
    server.brain = lambda body: Status(code, {"Retry-After": "0.01"}, "machine room on fire")
    out = await run("editthinker-8b", server, tmp_path)
    assert out["stop_reason"] == "thinker_failed"
    assert out["chosen"] == (2, 0)
    assert out["result"] == out["attempts"][1]["image"]
    assert "machine room on fire" in out["error"]


async def test_an_unreadable_reply_is_no_success(server: OpenAIServer, tmp_path: Path) -> None:
    server.script = [tags(3, "A")]
    server.brain = lambda body: Reply("I am satisfied, the edit is perfect: 10/10!")
    out = await run("editthinker-8b", server, tmp_path)
    assert out["stop_reason"] == "unparsable"
    assert out["chosen"] == (1, 0)


async def test_every_turn_sends_the_source_first(server: OpenAIServer, tmp_path: Path) -> None:
    server.script = [tags(3, "A"), tags(4, "B"), tags(5, "C")]
    await run("editthinker-8b", server, tmp_path, max_turns=3)
    assert len({call.images[0] for call in server.calls}) == 1
    assert len({call.images[1] for call in server.calls}) == 3
