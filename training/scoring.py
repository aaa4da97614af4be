"""Judged scores of any edit, from the judges and rubrics that benchmarks use."""

import json
from collections.abc import Mapping

from pydantic import JsonValue

from editthinker.evals.benchmarks.base import BENCHMARKS, Benchmark, Evidence, Hidden, Sample
from editthinker.evals.judges import JUDGES, Judge
from editthinker.graph.choices import make
from editthinker.graph.thinkers.scores import HIGHEST, Scores
from editthinker.tools.errors import JudgeError
from editthinker.tools.images import Picture


class Scorer:
    """Lets a judge score edits by the rubrics of a benchmark.

    Args:
        judge: A judge; it sees the instruction and the pictures, never a thinker's reply.
        benchmark: Whose scores are called `semantics` and `quality`, as GEdit-Bench's are.
    """

    def __init__(self, judge: Judge, benchmark: Benchmark) -> None:
        self._judge = judge
        self._benchmark = benchmark

    async def score(
        self,
        source: Picture,
        edited: Picture,
        instruction: str,
        *,
        task: str = "",
        targets: str | None = None,
    ) -> Scores:
        """Score an edit against the user's instruction.

        Args:
            source: The photo.
            edited: What was made of it.
            instruction: The user's own words.
            task: Kind of the task, for judges whose questions depend on it.
            targets: JSON that only a judge may see, for judges that are programs.

        Raises:
            JudgeError: if there is no score that can be used.
        """
        hidden = Hidden(targets=_read_targets(targets))
        sample = Sample("training", task, instruction, (), hidden=hidden)
        judgement = await self._judge.judge(self._benchmark, sample, Evidence((source,), edited))
        if judgement.scores is None:
            raise JudgeError(judgement.error or f"{self._judge.name} gave no scores")
        return Scores(
            *(_read(judgement.scores, name, judgement.error) for name in ("semantics", "quality"))
        )


def make_scorer(judge: str, benchmark: str, options: Mapping[str, object]) -> Scorer:
    """Make a scorer of a judge and a benchmark by their names in the registries.

    Raises:
        ConfigError: if there is no such judge or benchmark, or it does not take one of the options.
    """
    return Scorer(make(JUDGES, judge, options), BENCHMARKS.load(benchmark)())


def _read(scores: Mapping[str, JsonValue], name: str, error: str | None) -> float:
    """Take the smaller of several sub-scores, as GEdit-Bench does."""
    value = scores.get(name)
    numbers = value if isinstance(value, list) else [value]
    found = [n for n in numbers if isinstance(n, int | float) and 0 <= n <= HIGHEST]
    if not found or len(found) < len(numbers):
        raise JudgeError(error or f"the judge gave {value!r} as {name}, not a number from 0 to 10")
    return float(min(found))


def _read_targets(targets: str | None) -> dict[str, JsonValue]:
    if not targets:
        return {}
    try:
        read = json.loads(targets)
    except ValueError as exc:
        raise JudgeError(f"the targets of a row are no JSON: {targets[:80]!r}") from exc
    if not isinstance(read, dict):
        raise JudgeError(f"the targets of a row are no JSON object: {targets[:80]!r}")
    return read
