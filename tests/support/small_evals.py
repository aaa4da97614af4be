"""A benchmark, a judge and tools that are small and never real."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from editthinker.evals.benchmarks.base import Benchmark, Evidence, Sample
from editthinker.evals.cells import Tools
from editthinker.evals.config import SweepConfig, make_config
from editthinker.evals.judges import Judgement
from editthinker.graph.thinkers.base import Plan, PlanRequest, ThinkRequest, Thought
from editthinker.tools.editors.base import Editor
from editthinker.tools.editors.fake import FakeEditor
from editthinker.tools.images import Picture


def picture(seed: int, side: int = 16) -> bytes:
    """Return a small PNG."""
    noise = np.random.default_rng(seed).integers(0, 255, (side, side, 3), dtype=np.uint8)
    return Picture.from_pixels(noise).data


def draw(*parts: object) -> float:
    """Return a number in [0, 1) that depends on the parts alone."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32


class HashThinker:
    """A fake: its scores depend on the edit alone; it keeps every request."""

    name = "hash"

    def __init__(self) -> None:
        self.calls: list[ThinkRequest] = []

    async def think(self, request: ThinkRequest) -> Thought:
        self.calls.append(request)
        sha256 = request.edited.ref["sha256"]
        semantic, quality = (round(10 * draw(sha256, at), 1) for at in (0, 1))
        prompt = f"{request.instruction} #{request.turn}" if draw(sha256, 2) > 0.1 else None
        return Thought(semantic, quality, "because", prompt)

    async def plan(self, request: PlanRequest) -> Plan:
        return Plan(f"planned {request.instruction}")


class HashJudge:
    """A fake: scores depend on the edit alone; a share of calls fails or makes no sense."""

    name, model, rubrics = "hash", "hash-2026-01-01", "own"

    def __init__(self, failing: float = 0.0, nonsense: float = 0.0, drift: float = 0.0) -> None:
        self.failing, self.nonsense, self.drift = failing, nonsense, drift
        self.calls = 0

    async def judge(
        self, benchmark: Benchmark, sample: Sample, evidence: Evidence, *, asking: int = 0
    ) -> Judgement:
        self.calls += 1
        sha256 = evidence.edited.ref["sha256"]
        chance = draw(sha256, "luck")
        if chance < self.failing:
            return Judgement(None, calls=1, error="the judge did not answer")
        if chance < self.failing + self.nonsense:
            return Judgement({"scores": None}, calls=1, error="imgedit: no scores in the reply")
        score = 1 + int(4 * draw(sha256, "judge")) + self.drift * asking
        return Judgement({"scores": [score, score, score]}, calls=1, replies=("fine",))


def fake_tools(
    thinker: HashThinker,
    judge: HashJudge | None = None,
    editor: Callable[[str], Editor] = lambda name: FakeEditor(name),
) -> Tools:
    """Return tools that make fakes."""
    return Tools(
        editor=lambda name, config: editor(name),
        thinker=lambda name, config: thinker,
        judge=lambda config, has_program: judge,
    )


def config_for(data: Path, **more: Any) -> SweepConfig:
    """Return a small sweep over ImgEdit's layout."""
    given = {
        "benchmark": "imgedit",
        "data_dir": data,
        "editors": ("fake",),
        "thinkers": ("hash",),
        "max_turns": 3,
        "concurrency": 8,
    }
    return make_config({**given, **more})
