"""Trajectories: what an expert thinker did with a sample, step by step, and what a judge said.

They are made by the sweep of `editthinker.evals`, one cell for each seed: many samples under way,
one line in `records.jsonl` for each finished one, a killed run goes on where it was.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from editthinker.evals.benchmarks.gedit import GEdit
from editthinker.evals.cells import TOOLS, Cell, Tools, make_cells
from editthinker.evals.config import SweepConfig, write_config
from editthinker.evals.estimate import estimate_sweep
from editthinker.evals.judges import Judge
from editthinker.evals.records import Judged, Record
from editthinker.evals.scores import ScoreLine
from editthinker.evals.session import RunFolder
from editthinker.evals.sweep import Progress, Sweep
from editthinker.graph.attempts import MAX_REASONING
from editthinker.graph.context import EditContext
from editthinker.graph.routes import is_accepted
from editthinker.graph.state import Attempt, geometric_mean
from editthinker.graph.thinkers.replies import parse_reply
from editthinker.tools.blobs import BlobStore
from editthinker.tools.errors import ConfigError, EditThinkerError
from editthinker.tools.images import ImageRef
from editthinker.training.pool import Pool, load_pool

SEED_STEP = 1000
"""Between the first seeds of two repeats: a loop counts up from its first seed."""


@dataclass(frozen=True)
class Step:
    """One edit, what the expert said of it, and what the judge gave it."""

    turn: int
    """From 1."""
    prompt: str
    """What made the image."""
    prompt_by: str
    image: ImageRef
    notes: tuple[str, ...]
    """What the editor said about its work; the thinker saw it."""
    reasoning: str
    """The expert's."""
    refined_prompt: str | None
    """What the expert would try next."""
    accepted: bool
    """Whether the expert was content."""
    semantic: float | None
    """The judge's, in [0, 10]; None if it gave none."""
    quality: float | None
    """The judge's, in [0, 10]; None if it gave none."""

    @property
    def score(self) -> float | None:
        """Geometric mean of the judge's two scores."""
        return geometric_mean(self.semantic, self.quality)


@dataclass(frozen=True)
class Trajectory:
    """What an expert did with one sample, with one seed."""

    id: str
    """Cell and sample."""
    task: str
    """Category of the sample."""
    instruction: str
    source: ImageRef
    steps: tuple[Step, ...]
    """Edits that were made, in order of turns."""
    targets: str | None = None
    """JSON that only a judge that is a program sees."""

    @property
    def scores(self) -> tuple[float, ...]:
        """The judge's overall scores, of the steps that have one."""
        return tuple(step.score for step in self.steps if step.score is not None)


class Generated(NamedTuple):
    """How far generating came."""

    pool: Pool
    progress: Progress
    judge: Judge


@dataclass(frozen=True)
class _SeededCell(Cell):
    """A repeat of a cell with other seeds."""

    @property
    def name(self) -> str:
        """Name in records."""
        return f"{super().name}|seed {self.context.seed}"


def generate(
    config: SweepConfig,
    repeats: int,
    folder: RunFolder,
    *,
    tools: Tools = TOOLS,
    watch: Callable[[Progress], None] = lambda progress: None,
) -> Generated:
    """Let the expert edit every sample that has no good record yet, and the judge score each edit.

    Raises:
        ConfigError: if a setting cannot work.
    """
    pool = load_pool(config)
    judge = tools.judge(config, pool.has_program)
    if judge is None:
        raise ConfigError("training data needs the scores of a judge; --judge none cannot work")
    if judge.name == "program" and not pool.has_program:
        raise ConfigError(f"{config.benchmark} has no program to judge by; choose a model")
    cells = _cells(config, repeats, folder.blobs, tools)
    folder.path.mkdir(parents=True, exist_ok=True)
    _describe(folder, config, pool, judge)
    estimate = estimate_sweep(config, pool.scorer, pool.samples, judge.model)
    sweep = Sweep(
        pool.scorer,
        cells,
        judge,
        folder.blobs,
        folder.records,
        concurrency=config.concurrency,
        budget_usd=config.budget_usd,
        expected_usd=estimate.cost_usd / max(1, estimate.samples * estimate.cells),
        watch=watch,
    )
    return Generated(pool, asyncio.run(sweep.run(pool.samples)), judge)


def read_trajectories(
    folder: RunFolder, context: EditContext, targets: Mapping[str, str] | None = None
) -> list[Trajectory]:
    """Return what is recorded and did not fail, in the order of ids.

    The order does not depend on which sample was finished first, so that the same records make the
    same data set. `targets` holds what a program judges by, by the key of the sample.
    """
    blobs = folder.blobs
    good = (record for record in folder.records.latest() if not record["failed"])
    found = (
        _trajectory(record, context, blobs, (targets or {}).get(record["sample"]))
        for record in good
    )
    return sorted(found, key=lambda trajectory: trajectory.id)


def _cells(config: SweepConfig, repeats: int, blobs: BlobStore, tools: Tools) -> list[Cell]:
    context = config.context("think-while")
    if context.candidates != 1:
        raise ConfigError(f"candidates = {context.candidates}: a trajectory has one edit a turn")
    if context.edit_from != "source":
        raise ConfigError(f"edit_from = {context.edit_from!r}: step samples edit the source")
    cells = make_cells(config, blobs, tools)
    repeated = [
        _SeededCell(
            cell.editor,
            cell.thinker,
            cell.mode,
            cell.context.model_copy(update={"seed": cell.context.seed + SEED_STEP * at}),
            cell.loop,
        )
        for at in range(1, repeats)
        for cell in cells
    ]
    return [*cells, *repeated]


def _describe(folder: RunFolder, config: SweepConfig, pool: Pool, judge: Judge) -> None:
    """Write what was chosen, as a sweep does, so that `editthinker eval report` can show it."""
    lines = (sample.line(None).model_dump_json(exclude_none=True) for sample in pool.samples)
    folder.samples.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    about = {"judge": judge.name, "judge_model": judge.model, "rubrics": judge.rubrics}
    write_config(folder.config, config, about)


def _trajectory(
    record: Record, context: EditContext, blobs: BlobStore, targets: str | None
) -> Trajectory:
    assert record["source"] is not None
    steps = tuple(
        _step(attempt, attempt["image"], record, context, blobs)
        for attempt in record["attempts"]
        if attempt["image"] is not None
    )
    return Trajectory(
        id=f"{record['cell']}/{record['sample']}",
        task=record["category"],
        instruction=record["instruction"],
        source=record["source"],
        steps=steps,
        targets=targets,
    )


def _step(
    attempt: Attempt, image: ImageRef, record: Record, context: EditContext, blobs: BlobStore
) -> Step:
    semantic, quality = _scores(record["judged"].get(image["sha256"]))
    return Step(
        turn=attempt["turn"],
        prompt=attempt["prompt"],
        prompt_by=attempt["prompt_by"],
        image=image,
        notes=tuple(attempt["notes"]),
        reasoning=_whole_reasoning(attempt, blobs),
        refined_prompt=attempt["refined_prompt"],
        accepted=is_accepted(attempt, context),
        semantic=semantic,
        quality=quality,
    )


def _scores(judged: Judged | None) -> tuple[float | None, float | None]:
    """Read both scores of an edit, as GEdit-Bench does: the smallest of several counts."""
    if judged is None:
        return None, None
    values = GEdit().read(ScoreLine(id="-", category="-", scores=judged["scores"]), "strict")
    return values["SC"], values["PQ"]


def _whole_reasoning(attempt: Attempt, blobs: BlobStore) -> str:
    """Return the expert's reasoning; the state cuts long ones, the raw reply has them whole."""
    cut = attempt["reasoning"]
    if len(cut) < MAX_REASONING or not attempt["reply"]:
        return cut
    try:
        return parse_reply(blobs.get(attempt["reply"]).decode()).reasoning
    except EditThinkerError:
        return cut


def cut_after(trajectory: Trajectory, count: int) -> Trajectory:
    """Return a trajectory of its first steps."""
    return replace(trajectory, steps=trajectory.steps[:count])
