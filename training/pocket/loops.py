"""Whole loops on scenes that nobody has trained on, judged turn by turn."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from editthinker.graph.build import build_graph
from editthinker.graph.context import EditContext
from editthinker.graph.state import best_attempt, geometric_mean
from editthinker.graph.thinkers.base import Plan, PlanRequest, Thinker, ThinkRequest, Thought
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.quirky import QuirkyEditor
from editthinker.training.pocket.targets import make_pocket_scorer
from editthinker.training.pocket.world import Scene

_SIDE_BY_SIDE = 4


@dataclass(frozen=True)
class Run:
    """How one scene ended under one thinker."""

    id: str
    photo: str
    scores: tuple[float, ...]
    """Judged overall score of what would be the result after 1, 2, ... turns."""
    calls: int
    """Of the editor."""
    stop_reason: str


class Blind:
    """A thinker that is shown the source in place of the edit."""

    def __init__(self, thinker: Thinker) -> None:
        self.name = f"{thinker.name}-blind"
        self._thinker = thinker

    async def think(self, request: ThinkRequest) -> Thought:
        """Think of a picture on which nothing was done."""
        return await self._thinker.think(replace(request, edited=request.source))

    async def plan(self, request: PlanRequest) -> Plan:
        """Plan as the thinker does; a plan sees no edit anyway."""
        return await self._thinker.plan(request)


def run_loops(
    thinker: Thinker, scenes: Sequence[Scene], context: EditContext, blobs: Path
) -> list[Run]:
    """Run the graph on scenes and judge the result after every turn.

    The result after fewer turns is what the same run would have chosen there, so that one run
    gives the scores of all.
    """
    return asyncio.run(_run_loops(thinker, scenes, context, BlobStore(blobs)))


async def _run_loops(
    thinker: Thinker, scenes: Sequence[Scene], context: EditContext, blobs: BlobStore
) -> list[Run]:
    graph = build_graph([QuirkyEditor()], thinker, blobs).compile()
    scorer = make_pocket_scorer()
    gate = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def run(scene: Scene) -> Run:
        async with gate:
            given: Any = {
                "image": blobs.put_image(scene.source.data),
                "instruction": scene.instruction,
            }
            state = await graph.ainvoke(given, context=context)
            attempts = state["attempts"]
            scores = []
            for turn in range(1, context.turns + 1):
                best = best_attempt([a for a in attempts if a["turn"] <= turn])
                if best is None or best["image"] is None:
                    scores.append(0.0)
                    continue
                judged = await scorer.score(
                    scene.source,
                    blobs.get_image(best["image"]),
                    scene.instruction,
                    targets=scene.targets.as_json(),
                )
                scores.append(geometric_mean(*judged) or 0.0)
            return Run(
                scene.id, scene.photo, tuple(scores), len(attempts), str(state["stop_reason"])
            )

    return list(await asyncio.gather(*map(run, scenes)))
