"""An expert and a judge behind OpenAI's API make data from a folder of images."""

import json
from pathlib import Path
from typing import Any

import pytest

datasets = pytest.importorskip("datasets")

from openai_server import OpenAIServer, Reply  # noqa: E402
from small_evals import draw, picture  # noqa: E402
from typer.testing import CliRunner  # noqa: E402

from editthinker.graph.attempts import MAX_REASONING  # noqa: E402
from editthinker.tools.cli import build_app  # noqa: E402

REASONING = "The sky is still grey. " * 100


def expert_and_judge(body: dict[str, Any]) -> Reply:
    """Answer both: the expert is asked for a JSON schema, the judge is not."""
    content = body["messages"][-1]["content"]
    images = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
    if "response_format" not in body:
        score = int(11 * draw(images[-1], len(images)))
        return Reply(json.dumps({"score": [score, 10], "reasoning": "seen"}))
    verdict = {
        "reasoning": REASONING,
        "semantic": 4,
        "quality": 9,
        "satisfied": False,
        "refined_prompt": f"Turn the sky orange, try {draw(images[-1]):.6f}.",
    }
    return Reply(json.dumps(verdict))


def test_an_expert_behind_http_makes_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret-key")
    pool = tmp_path / "photos"
    pool.mkdir()
    for at in range(6):
        (pool / f"{at}.png").write_bytes(picture(at))
        (pool / f"{at}.txt").write_text("an orange sky")
    out = tmp_path / "data"
    with OpenAIServer(brain=expert_and_judge) as server:
        got = CliRunner().invoke(
            build_app(["train"]),
            [
                *("train", "data", "--folder", str(pool), "--editor", "fake"),
                *("--thinker", "gpt-4.1", "--base-url", server.base_url),
                *("--judge", "chat", "--judge-url", server.base_url, "--judge-model", "eyes"),
                *("--judge-cache", str(tmp_path / "cache"), "--max-turns", "3"),
                *("--rl-variance", "4", "--out", str(out), "--json"),
            ],
        )
    assert got.exit_code == 0, got.output
    built = json.loads(got.stdout)
    assert built["failed"] == 0
    assert built["ledger"]["filters"][0]["kept"] == 6
    data = datasets.load_from_disk(str(out / "dataset"))
    rows = [row for split in data.values() for row in split]
    assert len(rows) == sum(built["rows"].values()) > 0
    for row in rows:
        reply = row["completion"][0]["content"][0]["text"]
        assert REASONING.strip() in reply
        assert len(REASONING.strip()) > MAX_REASONING
        assert row["answer"].startswith("Turn the sky orange, try ")
        scores = f'{{"semantic": {row["semantic"]:g}, "quality": {row["quality"]:g}}}'
        assert f"<score>{scores}</score>" in reply
        assert row["targets"] is None
    card = (out / "dataset" / "README.md").read_text()
    assert "| judge | `chat (eyes, rubrics: own)` |" in card
    assert "Pool: not stated" in card
    everything = [p for p in out.rglob("*") if p.is_file()]
    assert not any(b"secret-key" in path.read_bytes() for path in everything)
