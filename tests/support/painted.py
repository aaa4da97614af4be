"""A world in which a prompt says what its edit will be worth: `paint 7 3`.

The editor paints a picture whose colour holds the two scores, the judge reads them off. Both are
real implementations of their protocols, made for the reward's laws.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from editthinker.evals.benchmarks.base import Benchmark, Evidence, Sample
from editthinker.evals.benchmarks.gedit import GEdit
from editthinker.evals.judges import Judgement
from editthinker.graph.thinkers.scores import Scores
from editthinker.tools.editors.base import Capabilities, EditRequest, EditResult
from editthinker.tools.errors import EditorError, EditRefusedError, TransientEditorError
from editthinker.tools.images import Picture
from editthinker.training.outcomes import Row
from editthinker.training.reward_recipe import RewardRecipe
from editthinker.training.rewards import EditReward
from editthinker.training.scoring import Scorer

STEPS = 20
"""A score of 10 is a channel of 200, so that scores are kept to 0.05."""


def painting(semantic: float, quality: float, mood: int = 0) -> Picture:
    """Return the picture that is worth so much; a mood makes the judge fail on it."""
    colour = [round(semantic * STEPS), round(quality * STEPS), mood]
    return Picture.from_pixels(np.full((16, 16, 3), colour, np.uint8))


@dataclass
class PaintingEditor:
    """Paints `paint SEMANTIC QUALITY [MOOD]`; `refuse`, `break`, `flicker` and `sleep` do so."""

    name: str = "painting"
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(supports_seed=True))
    calls: list[EditRequest] = field(default_factory=list)
    delay_s: float = 0.0
    slots: asyncio.Semaphore | None = None
    most: int = 0
    """Most calls that were under way at once."""
    under_way: int = 0

    async def edit(self, request: EditRequest) -> EditResult:
        self.calls.append(request)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            return await self._edit(request)
        finally:
            self.under_way -= 1

    async def _edit(self, request: EditRequest) -> EditResult:
        word, *numbers = request.prompt.split()
        if word == "refuse":
            raise EditRefusedError("it paints and does nothing else")
        if word == "break":
            raise EditorError("out of paint")
        if word == "flicker":
            raise TransientEditorError("no answer")
        if word == "crash":
            raise ZeroDivisionError("a bug")
        if word == "sleep":
            await asyncio.Event().wait()
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        values = [float(n) for n in numbers[:3] if n.replace(".", "").isdigit()]
        semantic, quality, mood = (*values, *[0.0] * (3 - len(values)))
        return EditResult(painting(semantic, quality, int(mood)).data)


SILENT, UNREADABLE, SLOW = 1, 2, 3
"""Moods of the judge: no answer, an answer without scores, an answer that never comes."""


@dataclass
class ColourJudge:
    """Reads scores off a painting; keeps what it was asked."""

    name = "colour"
    model = "colour-1"
    rubrics = "own"
    calls: list[tuple[Sample, Evidence]] = field(default_factory=list)

    async def judge(
        self, benchmark: Benchmark, sample: Sample, evidence: Evidence, *, asking: int = 0
    ) -> Judgement:
        self.calls.append((sample, evidence))
        semantic, quality, mood = (int(c) for c in evidence.edited.pixels[0, 0, :3])
        if mood == SILENT:
            return Judgement(None, error="the judge did not answer")
        if mood == UNREADABLE:
            return Judgement({"semantics": None, "quality": 5.0}, error="no scores in the reply")
        if mood == SLOW:
            await asyncio.Event().wait()
        scores = {"semantics": [semantic / STEPS, 10.0], "quality": quality / STEPS}
        return Judgement(scores, calls=1)


SOURCE = painting(0, 0)
WISH = "make it nicer"


def a_row(semantic: float = 4, quality: float = 4, **changes: Any) -> Row:
    """Return a prompt about an edit that is worth so much."""
    given: dict[str, Any] = {
        "source": SOURCE,
        "edited": painting(semantic, quality),
        "instruction": WISH,
        "prompt": WISH,
        "before": Scores(semantic, quality),
        **changes,
    }
    return Row(**given)


def a_reply(semantic: object = 4, quality: object = 4, answer: str = "paint 4 4") -> str:
    """Return a reply in the protocol."""
    scores = f'{{"semantic": {semantic}, "quality": {quality}}}'
    return f"<think>Not yet.</think>\n<score>{scores}</score>\n<answer>{answer}</answer>"


def a_reward(
    blobs: Any,
    editor: PaintingEditor | None = None,
    judge: ColourJudge | None = None,
    **changes: Any,
) -> EditReward:
    """Return the reward of the painted world."""
    recipe = RewardRecipe.model_validate({"deadline_s": 20, **changes})
    scorer = Scorer(judge or ColourJudge(), GEdit())
    return EditReward(recipe, blobs, editor=editor or PaintingEditor(), scorer=scorer)
