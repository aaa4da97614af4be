"""Expert trajectories of the pocket world, made by the graph and scored by the judge."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from editthinker.graph.build import build_graph
from editthinker.graph.context import EditContext
from editthinker.graph.state import Attempt
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.quirky import QuirkyEditor
from editthinker.tools.images import Picture
from editthinker.training.pocket.expert import PocketExpert
from editthinker.training.pocket.targets import make_pocket_scorer, read_changes
from editthinker.training.pocket.world import Scene, Split, scenes
from editthinker.training.samples import StepSample

_CHUNK = 100
_SIDE_BY_SIDE = 4


@dataclass(frozen=True)
class Step:
    """An edit, and what the expert and the judge said of it."""

    scene: Scene
    edited: Picture
    sample: StepSample
    changes: Mapping[str, float]
    """What the judge read of it; see `read_changes`."""

    @property
    def shares(self) -> list[float]:
        """How much of each wish the edit has made; 1 is all of it."""
        targets = self.scene.targets
        return [self.changes[name] / targets.changes[name] for name in targets.asked]


def make_steps(
    split: Split, count: int, blobs: Path, *, seed: int = 0, turns: int = 3, processes: int = 2
) -> list[Step]:
    """Draw scenes, let the expert work on each, and return every step.

    Args:
        split: Which photos and pairs of wishes.
        count: Scenes.
        blobs: Folder for the pictures of the runs.
        seed: Another one draws other scenes and words.
        turns: Most turns of a trajectory.
        processes: How many work side by side.
    """
    sizes = [min(_CHUNK, count - start) for start in range(0, count, _CHUNK)]
    jobs = [(split, size, str(blobs), seed * 1000 + at, turns) for at, size in enumerate(sizes)]
    if processes == 1:
        made = [_make_chunk(*job) for job in jobs]
    else:
        with ProcessPoolExecutor(processes) as pool:
            made = list(pool.map(_make_chunk, *zip(*jobs, strict=True)))
    return [step for chunk in made for step in chunk]


def _make_chunk(split: Split, count: int, blobs: str, seed: int, turns: int) -> list[Step]:
    return asyncio.run(_run_all(split, count, BlobStore(blobs), seed, turns))


async def _run_all(split: Split, count: int, blobs: BlobStore, seed: int, turns: int) -> list[Step]:
    graph = build_graph([QuirkyEditor()], PocketExpert(seed), blobs).compile()
    context = EditContext(max_turns=turns, patience=turns)
    scorer = make_pocket_scorer()
    gate = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def run(scene: Scene) -> list[Step]:
        async with gate:
            given: Any = {
                "image": blobs.put_image(scene.source.data),
                "instruction": scene.instruction,
            }
            state = await graph.ainvoke(given, context=context)
            found = []
            for attempt in _usable(state["attempts"]):
                edited = blobs.get_image(attempt["image"])
                scores = await scorer.score(
                    scene.source, edited, scene.instruction, targets=scene.targets.as_json()
                )
                changes = read_changes(scene.source.pixels, edited.pixels)
                found.append(Step(scene, edited, _sample(scene, attempt, *scores), changes))
            return found

    made = await asyncio.gather(*map(run, await scenes(split, count, seed)))
    return [step for each in made for step in each]


def _usable(attempts: Sequence[Attempt]) -> Iterator[Any]:
    for attempt in attempts:
        if attempt["image"] is not None and attempt["refined_prompt"] is not None:
            yield attempt


def _sample(scene: Scene, attempt: Any, semantic: float, quality: float) -> StepSample:
    return StepSample(
        trajectory=scene.id,
        task="+".join(wish.figure for wish in scene.wishes),
        turn=attempt["turn"],
        instruction=scene.instruction,
        prompt_before=attempt["prompt"],
        notes=tuple(attempt["notes"]),
        source=scene.source.ref,
        edited=attempt["image"],
        semantic=semantic,
        quality=quality,
        reasoning=attempt["reasoning"],
        answer=attempt["refined_prompt"],
        final=attempt["refined_prompt"] == attempt["prompt"],
    )
