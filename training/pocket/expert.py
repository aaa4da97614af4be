"""The expert of the pocket world: the observer, in few and varied words."""

import asyncio
import random
from hashlib import sha256

from editthinker.graph.thinkers.base import Plan, PlanRequest, ThinkRequest, Thought
from editthinker.graph.thinkers.measures.assessment import Assessment, assess
from editthinker.graph.thinkers.measures.finding import Finding
from editthinker.graph.thinkers.measures.refinement import refine
from editthinker.graph.thinkers.observer import ACCEPTABLE
from editthinker.tools.editors.darkroom.parse import parse
from editthinker.tools.errors import ThinkerError
from editthinker.training.pocket.wording import order

_DAMAGED = 0.3
"""Points of quality from which damage is mentioned."""


class PocketExpert:
    """The observer's measurements and amounts, said in words drawn by chance.

    The words are those that `wording` has, connectors and the wish to keep details included. The
    expert does not know which of them the editor likes: it gives a learner something to choose
    from. The same request is answered alike.

    Args:
        seed: Of the words.
    """

    name = "pocket-expert"

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    async def think(self, request: ThinkRequest) -> Thought:
        """Measure an edit as the observer does.

        Raises:
            ThinkerError: if no clause of the instruction can be measured.
        """
        return await asyncio.to_thread(self._think, request)

    async def plan(self, request: PlanRequest) -> Plan:
        """Leave the instruction as it is: this expert works on edits."""
        return Plan(request.prompt or request.instruction)

    def _think(self, request: ThinkRequest) -> Thought:
        asked = parse(request.instruction)
        if not asked.steps:
            raise ThinkerError(f"the expert cannot measure {request.instruction[:120]!r}")
        found = assess(request.source.pixels, request.edited.pixels, asked)
        prompt = request.prompt
        if found.semantic < ACCEPTABLE or found.quality < ACCEPTABLE:
            steps = refine(asked, parse(request.prompt), found).steps
            prompt = order(steps, self._chance(request))
        return Thought(found.semantic, found.quality, describe(found), prompt)

    def _chance(self, request: ThinkRequest) -> random.Random:
        pictures = request.source.ref["sha256"], request.edited.ref["sha256"]
        key = "\n".join((str(self._seed), *pictures, request.instruction, request.prompt))
        return random.Random(sha256(key.encode()).digest())


def describe(found: Assessment) -> str:
    """Say in a few words what came of each wish, and whether the picture was harmed."""
    parts = [f"{finding.step.operation} {_verdict(finding)}" for finding in found.findings]
    harmed = any(harm.points >= _DAMAGED for harm in found.damage)
    return ", ".join([*parts, "damaged" if harmed else "clean"])


def _verdict(finding: Finding) -> str:
    ratio = finding.ratio
    if finding.done >= 0.8:
        return "done"
    if ratio is None or ratio < 0.15:
        return "missed"
    return "too weak" if ratio < 1 else "too strong"
