"""How near the reward of one GRPO step comes to the ideal on a stub editor that only spends time.

Editor: 8 slots of 0.2 s. 128 replies to 16 prompts about 512 x 512 photos, all prompts different,
judged at once: at best 128 * 0.2 / 8 = 3.2 s. Run with `make bench`.
"""

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import typer
from PIL import Image

from editthinker.evals.benchmarks.base import Benchmark, Evidence, Sample
from editthinker.evals.benchmarks.gedit import GEdit
from editthinker.evals.judges import Judgement
from editthinker.tools.editors.base import Capabilities, EditRequest, EditResult
from editthinker.training.reward_recipe import RewardRecipe
from editthinker.training.rewards import EditReward
from editthinker.training.scoring import Scorer

SAMPLES, GROUP = 128, 8
EDIT_S, SLOTS = 0.2, 8
IDEAL_S = SAMPLES * EDIT_S / SLOTS
GOAL = 1.2


@dataclass
class StubEditor:
    """Takes a slot and its time, and returns the photo as it came."""

    name: str = "stub"
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(supports_seed=True))
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SLOTS))
    edits: int = 0

    async def edit(self, request: EditRequest) -> EditResult:
        """Spend the time."""
        async with self.slots:
            await asyncio.sleep(EDIT_S)
        self.edits += 1
        return EditResult(request.images[0].data)


class StubJudge:
    """Judges at once."""

    name = model = rubrics = "stub"

    async def judge(
        self, benchmark: Benchmark, sample: Sample, evidence: Evidence, *, asking: int = 0
    ) -> Judgement:
        """Give the same scores to everything."""
        return Judgement({"semantics": 5.0, "quality": 5.0})


def photo(seed: int) -> Image.Image:
    """Return a noisy photo of 512 x 512."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:512, 0:512]
    ramp = np.stack([x * rng.random() / 2, y * rng.random() / 2, (x + y) * rng.random() / 4], -1)
    return Image.fromarray((ramp + rng.normal(0, 8, ramp.shape) + 40).clip(0, 255).astype(np.uint8))


def columns() -> dict[str, list[Any]]:
    """Return a step's columns as TRL hands them over: each prompt with its pictures 8 times."""
    prompts = SAMPLES // GROUP
    pairs = [[photo(2 * at), photo(2 * at + 1)] for at in range(prompts)]
    return {
        "images": [[image.copy() for image in pairs[at // GROUP]] for at in range(SAMPLES)],
        "instruction": [f"make sky {at // GROUP} pink" for at in range(SAMPLES)],
        "prompt_before": [f"make sky {at // GROUP} pink" for at in range(SAMPLES)],
        "semantic": [4.0] * SAMPLES,
        "quality": [6.0] * SAMPLES,
    }


def measure(slots: int) -> float:
    """Return the seconds that one step's reward takes."""
    replies = [
        '<think>Pale.</think><score>{"semantic": 4, "quality": 6}</score>'
        f"<answer>Make the whole sky a strong pink, try {at}.</answer>"
        for at in range(SAMPLES)
    ]
    given = columns()
    with tempfile.TemporaryDirectory() as folder:
        editor = StubEditor()
        recipe = RewardRecipe(editor_slots=slots)
        scorer = Scorer(StubJudge(), GEdit())
        reward = EditReward(recipe, str(Path(folder)), editor=editor, scorer=scorer)
        started = time.perf_counter()
        values = asyncio.run(reward([None] * SAMPLES, replies, **given))
        took = time.perf_counter() - started
    assert editor.edits == SAMPLES, editor.edits
    assert None not in values
    return took


if __name__ == "__main__":
    took = measure(slots=2 * SLOTS)  # some wait at the editor's door, so that no slot is idle
    ratio = took / IDEAL_S
    typer.echo(
        f"reward of {SAMPLES} replies         {took:6.2f} s   (ideal {IDEAL_S}, {ratio:.2f} of it, "
        f"goal {GOAL})"
    )
    sys.exit(ratio > GOAL)
