"""What a judge is: something that scores an edit for a benchmark, and never steers the loop."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import JsonValue

from editthinker.evals.benchmarks.base import Benchmark, Evidence, Sample
from editthinker.graph.thinkers.base import Usage
from editthinker.tools.registry import Registry


@dataclass(frozen=True)
class Judgement:
    """What a judge said about one edit."""

    scores: Mapping[str, JsonValue] | None
    """By the benchmark's names; a null is a reply that could not be read. None if a call failed:
    nothing is known then, and a resumed run asks again."""
    spread: Mapping[str, float] = field(default_factory=dict)
    """Standard deviation over the passes, where there were several."""
    replies: tuple[str, ...] = ()
    """Raw replies, as they came."""
    calls: int = 0
    """Calls that were made; none for what the cache knew."""
    usage: Usage = field(default_factory=Usage)
    error: str | None = None
    """What failed or could not be read, in a sentence."""


class Judge(Protocol):
    """Scores edits; `judge` may run concurrently with itself."""

    name: str
    model: str
    """The dated name of the model, or what takes its place."""
    rubrics: str
    """Which rubrics it goes by: `own`, a folder's name, or `program`."""

    async def judge(
        self, benchmark: Benchmark, sample: Sample, evidence: Evidence, *, asking: int = 0
    ) -> Judgement:
        """Score one edit; failures are part of the judgement, never raised.

        Another `asking` gets a reply of its own where a cache would know one: does the judge
        still agree with itself?
        """
        ...


JUDGES: Registry[Judge] = Registry(
    kind="judge",
    group="editthinker.judges",
    builtin={
        "chat": "editthinker.evals.chat_judge:chat",
        "gpt-4.1": "editthinker.evals.chat_judge:gpt_4_1",
        "gpt-4o": "editthinker.evals.chat_judge:gpt_4o",
        "observer": "editthinker.evals.thinker_judge:observer",
        "program": "editthinker.evals.program_judge:ProgramJudge",
    },
)
"""Judges that can be chosen by name."""

_FAMILIES = ("gpt", "gemini", "claude", "qwen", "internvl", "llama", "editthinker")


def same_family(thinker: str, judge: str) -> str | None:
    """Name the family of models that thinker and judge share, if they do.

    EditThinker is a Qwen3-VL underneath.
    """
    found = []
    for name in (thinker, judge):
        families = [each for each in _FAMILIES if re.search(rf"\b{each}|{each}", name.lower())]
        found.append({"qwen" if each == "editthinker" else each for each in families})
    return next(iter(sorted(found[0] & found[1])), None)
