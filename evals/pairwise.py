"""Pairwise comparison, a second view: which of two rows does a judge prefer, sample by sample?"""

import asyncio
import random
from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from editthinker.evals.benchmarks.base import Ask, Parsed, Sample, Shown
from editthinker.evals.chat_judge import ChatJudge
from editthinker.evals.config import reopen_config
from editthinker.evals.estimates import limits
from editthinker.evals.layouts import ended_of
from editthinker.evals.records import Record
from editthinker.evals.session import RunFolder, load_samples
from editthinker.graph.thinkers.objects import find_objects
from editthinker.tools.blobs import BlobStore
from editthinker.tools.errors import ConfigError, ReplyParseError
from editthinker.tools.images import ImageRef

DRAWS = 2000

POINTS = {"A": 1.0, "tie": 0.5, "B": 0.0}


class Preference(BaseModel):
    """How often one row is preferred to another."""

    model_config = ConfigDict(frozen=True)

    first: str
    second: str
    n_expected: int
    n_judged: int
    n_same: int = Field(description="Samples where both are the same image; they count as ties.")
    n_failed: int = Field(description="Missing edits, calls that failed, replies not read.")
    wins: int
    ties: int
    losses: int
    share: float | None = Field(description="Wins and half the ties, of those judged.")
    low: float | None
    high: float | None
    cost_usd: float


async def prefer(
    run: RunFolder, first: str, second: str, judge: ChatJudge, concurrency: int = 32
) -> Preference:
    """Let a judge compare two cells of a run; which is shown as A is drawn for each sample.

    Raises:
        ConfigError: if the run has no such cell.
    """
    config = reopen_config(run.config)
    _, samples = load_samples(config)
    found: dict[str, dict[str, Record]] = {first: {}, second: {}}
    for record in run.records.latest():
        if record["cell"] in found:
            found[record["cell"]][record["sample"]] = record
    if missing := [cell for cell, records in found.items() if not records]:
        raise ConfigError(f"the run has no cell {missing[0]!r}")
    gate = asyncio.Semaphore(concurrency)

    async def one(sample: Sample) -> tuple[float | None, float, bool]:
        refs = []
        for cell in (first, second):
            record = found[cell].get(sample.key)
            chosen = record and ended_of(config, record, config.max_turns).chosen
            refs.append(chosen["image"] if chosen else None)
        if refs[0] is None or refs[1] is None:
            return None, 0.0, False
        if refs[0] == refs[1]:
            return 0.5, 0.0, True
        async with gate:
            return *await _ask(judge, run.blobs, sample, (refs[0], refs[1])), False

    outcomes = await asyncio.gather(*(one(sample) for sample in samples))
    points = [point for point, _, _ in outcomes if point is not None]
    low, high = _limits(points)
    return Preference(
        first=first,
        second=second,
        n_expected=len(samples),
        n_judged=len(points),
        n_same=sum(same for _, _, same in outcomes),
        n_failed=len(outcomes) - len(points),
        wins=points.count(1.0),
        ties=points.count(0.5),
        losses=points.count(0.0),
        share=sum(points) / len(points) if points else None,
        low=low,
        high=high,
        cost_usd=sum(cost for _, cost, _ in outcomes),
    )


async def _ask(
    judge: ChatJudge, blobs: BlobStore, sample: Sample, refs: tuple[ImageRef, ImageRef]
) -> tuple[float | None, float]:
    swapped = random.Random(sample.key).random() < 0.5
    pictures = [await asyncio.to_thread(blobs.get_image, ref) for ref in refs]
    source = await asyncio.to_thread(sample.images[0].read)
    ref = await asyncio.to_thread(blobs.put_image, source)
    before = await asyncio.to_thread(blobs.get_image, ref)
    a, b = pictures[::-1] if swapped else pictures
    shown = (Shown("original", before), Shown("A", a), Shown("B", b))
    question = Ask(
        "pairwise", {"instruction": sample.instruction}, shown, ("winner",), parse_winner
    )
    judgement = await judge.answer([question])
    point = judgement.scores and judgement.scores["winner"]
    if not isinstance(point, int | float):
        return None, judgement.usage.cost_usd
    return (1 - point if swapped else point), judgement.usage.cost_usd


def parse_winner(reply: str) -> Parsed:
    """Read who won: 1 for A, 0 for B, 0.5 for a tie.

    Raises:
        ReplyParseError: if that is not clearly said.
    """
    for found in reversed(find_objects(reply)):
        if (winner := found.values.get("winner")) in POINTS:
            return {"winner": [POINTS[str(winner)]]}
    raise ReplyParseError('"winner" must be A, B or tie')


def _limits(points: Sequence[float]) -> tuple[float | None, float | None]:
    if len(points) < 2:
        return None, None
    drawn = np.random.default_rng(0).choice(np.array(points), (DRAWS, len(points))).mean(1)
    return limits(drawn) or (None, None)
