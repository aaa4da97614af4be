"""A judge that measures: for benchmarks that bring a program instead of rubrics."""

import asyncio
from typing import Protocol, runtime_checkable

from editthinker.evals.benchmarks.base import Benchmark, Evidence, Sample
from editthinker.evals.judges import Judgement
from editthinker.tools.errors import ConfigError, JudgeError


@runtime_checkable
class Measuring(Protocol):
    """A benchmark that measures edits itself."""

    def measure(self, sample: Sample, evidence: Evidence) -> dict[str, float]:
        """Return the scores of an edit, by the benchmark's names.

        Raises:
            JudgeError: if the edit cannot be measured.
        """
        ...


class ProgramJudge:
    """Lets the benchmark measure."""

    name = "program"
    model = "program"
    rubrics = "program"

    async def judge(
        self, benchmark: Benchmark, sample: Sample, evidence: Evidence, *, asking: int = 0
    ) -> Judgement:
        """Measure one edit."""
        if not isinstance(benchmark, Measuring):
            raise ConfigError(f"{benchmark.name} has no program to judge by; choose a model")
        try:
            scores = await asyncio.to_thread(benchmark.measure, sample, evidence)
        except JudgeError as exc:
            return Judgement(None, error=str(exc))
        return Judgement({name: round(score, 4) for name, score in scores.items()})
