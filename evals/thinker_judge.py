"""A judge that is a thinker: it measures where there is neither a rubric nor a hidden target.

Meant for rewards and data of one's own, where the embedded `observer` needs no model. It must not
judge a benchmark run that it also steered: a thinker does not grade itself.
"""

from editthinker.evals.benchmarks.base import Benchmark, Evidence, Sample
from editthinker.evals.judges import Judgement
from editthinker.graph.thinkers.base import THINKERS, Thinker, ThinkRequest
from editthinker.tools.errors import EditThinkerError


class ThinkerJudge:
    """Takes the two scores that a thinker gives to an edit."""

    rubrics = "thinker"

    def __init__(self, thinker: Thinker) -> None:
        self._thinker = thinker
        self.name = self.model = thinker.name

    async def judge(
        self, benchmark: Benchmark, sample: Sample, evidence: Evidence, *, asking: int = 0
    ) -> Judgement:
        """Score one edit by the user's own words."""
        request = ThinkRequest(
            evidence.sources[0], evidence.edited, sample.instruction, sample.instruction
        )
        try:
            thought = await self._thinker.think(request)
        except EditThinkerError as exc:
            return Judgement(None, error=str(exc))
        scores = {"semantics": thought.semantic, "quality": thought.quality}
        return Judgement(scores, replies=(thought.raw,) if thought.raw else (), calls=1)


def observer() -> ThinkerJudge:
    """Make a judge of the embedded observer."""
    return ThinkerJudge(THINKERS.load("observer")())
