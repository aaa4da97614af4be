"""The driver: one process, one event loop, many samples under way, bounded memory.

Samples are taken from the benchmark one by one, images are carried as the bytes they came in, and
each finished sample is one line in `records.jsonl`. A killed run loses what was under way.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from editthinker.evals.benchmarks.base import Benchmark, Evidence, Sample
from editthinker.evals.cells import Cell
from editthinker.evals.judges import Judge
from editthinker.evals.records import Judged, Record, Records
from editthinker.evals.references import FURTHER_IMAGES
from editthinker.graph.state import EditState
from editthinker.tools.blobs import BlobStore
from editthinker.tools.errors import EditThinkerError
from editthinker.tools.images import ImageRef, Picture
from editthinker.tools.ingest import ingest_image

STATE_KEYS = ["attempts", "prompt", "prompt_by", "stop_reason", "error"]
"""What a record keeps of the loop's state."""

MENDABLE = frozenset({"editor_failed", "thinker_failed"})
"""Endings that another run may not have; a refusal and an unreadable reply are results."""


@dataclass
class Progress:
    """How far a sweep is."""

    total: int
    done: int = 0
    failed: int = 0
    cost_usd: float = 0.0
    stopped: str | None = None
    """Why it ended early."""
    started: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Sweep:
    """Everything a run works with."""

    benchmark: Benchmark
    cells: Sequence[Cell]
    judge: Judge | None
    blobs: BlobStore
    records: Records
    concurrency: int = 64
    budget_usd: float | None = None
    expected_usd: float = 0.0
    """What a sample is expected to cost, until the first are done."""
    watch: Callable[[Progress], None] = lambda progress: None

    async def run(self, samples: Sequence[Sample]) -> Progress:
        """Run every cell on every sample that has no good record yet."""
        earlier = self._earlier()
        progress = Progress(len(samples) * len(self.cells))
        progress.done = sum(not failed for failed in earlier.values())
        progress.cost_usd = sum(r["cost_usd"] for r in self.records.read())
        jobs = self._jobs(samples, earlier)
        under_way = 0

        async def work() -> None:
            nonlocal under_way
            for cell, sample in jobs:  # one iterator for all workers
                if self._is_spent(progress, under_way):
                    progress.stopped = f"the budget of ${self.budget_usd:g} is used up"
                    return
                under_way += 1
                record = await self._run_one(cell, sample)
                under_way -= 1
                self.records.append(record)
                progress.cost_usd += record["cost_usd"]
                progress.done += not record["failed"]
                progress.failed += record["failed"]
                self.watch(progress)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.concurrency):
                    group.create_task(work())
        finally:
            self.records.close()
        return progress

    def _earlier(self) -> dict[tuple[str, str], bool]:
        """Tell which samples have a record, and whether it failed."""
        return {(r["cell"], r["sample"]): r["failed"] for r in self.records.read()}

    def _jobs(
        self, samples: Sequence[Sample], earlier: Mapping[tuple[str, str], bool]
    ) -> Iterator[tuple[Cell, Sample]]:
        for sample in samples:
            for cell in self.cells:
                if earlier.get((cell.name, sample.key), True):
                    yield cell, sample

    def _is_spent(self, progress: Progress, under_way: int) -> bool:
        """Whether one sample more could pass the budget, if all cost what they did on average."""
        if self.budget_usd is None:
            return False
        finished = progress.done + progress.failed
        each = progress.cost_usd / finished if finished else self.expected_usd
        return progress.cost_usd + (under_way + 1) * each > self.budget_usd

    async def _run_one(self, cell: Cell, sample: Sample) -> Record:
        started = time.perf_counter()
        record = blank_record(cell.name, sample)
        try:
            pictures = [await self.ingest(image.read) for image in sample.images]
            record["source"] = pictures[0].ref
            await self._edit(cell, sample, pictures, record)
            if self.judge:
                await self.judge_record(sample, pictures, record)
        except EditThinkerError as exc:
            record["failed"], record["error"] = True, str(exc)
        except Exception as exc:  # one sample never ends a sweep; the record says what broke
            logging.getLogger(__name__).exception("sample %s", sample.key)
            record["failed"], record["error"] = True, f"{type(exc).__name__}: {exc}"
        record["wall_s"] = round(time.perf_counter() - started, 4)
        return record

    async def ingest(self, read: Callable[[], bytes]) -> Picture:
        """Take in an image of the benchmark."""

        def take_in() -> Picture:
            try:
                data = read()
            except OSError as exc:
                raise EditThinkerError(f"an image of the benchmark cannot be read: {exc}") from exc
            return self.blobs.get_image(ingest_image(data, self.blobs).ref)

        return await asyncio.to_thread(take_in)

    async def _edit(
        self, cell: Cell, sample: Sample, pictures: Sequence[Picture], record: Record
    ) -> None:
        FURTHER_IMAGES.set(pictures[1:])  # seen by this sample's tasks alone
        start = {"image": pictures[0].ref, "instruction": sample.instruction}
        state = cast(
            "EditState",
            await cell.loop.ainvoke(
                cast("Any", start), context=cell.context, output_keys=STATE_KEYS
            ),
        )
        record["attempts"] = state["attempts"]
        record["prompt"], record["prompt_by"] = state["prompt"], state["prompt_by"]
        record["stop_reason"] = state["stop_reason"]
        record["cost_usd"] = sum(a["cost_usd"] for a in state["attempts"])
        refused = all(a["failure"] == "refused" for a in state["attempts"] if not a["image"])
        broken = state["stop_reason"] in MENDABLE
        record["failed"] = broken and not (state["stop_reason"] == "editor_failed" and refused)
        record["error"] = state.get("error")

    async def judge_record(
        self, sample: Sample, pictures: Sequence[Picture], record: Record
    ) -> None:
        """Judge every image once, whatever turn it is from."""
        assert self.judge
        images: dict[str, ImageRef] = {
            a["image"]["sha256"]: a["image"] for a in record["attempts"] if a["image"]
        }
        hidden = {
            name: await self.ingest(image.read) for name, image in sample.hidden.images.items()
        }
        for sha256, ref in images.items():
            edited = await asyncio.to_thread(self.blobs.get_image, ref)
            evidence = Evidence(tuple(pictures), edited, hidden)
            judgement = await self.judge.judge(self.benchmark, sample, evidence)
            replies = [
                await asyncio.to_thread(self.blobs.put, text.encode()) for text in judgement.replies
            ]
            record["judged"][sha256] = Judged(
                scores=None if judgement.scores is None else dict(judgement.scores),
                spread=dict(judgement.spread),
                replies=replies,
                error=judgement.error,
            )
            record["judge_calls"] += judgement.calls
            usage = judgement.usage
            record["judge_tokens"] += usage.input_tokens + usage.output_tokens
            record["cost_usd"] += usage.cost_usd
            if judgement.scores is None:
                record["failed"], record["error"] = True, judgement.error


def blank_record(cell: str, sample: Sample) -> Record:
    """Return the record of a sample before anything was done."""
    line = sample.line(None)
    return Record(
        cell=cell,
        sample=sample.key,
        id=sample.id,
        category=sample.category,
        language=sample.language,
        intersection=sample.intersection,
        consistency_free=line.consistency_free,
        instruction=sample.instruction,
        source=None,
        attempts=[],
        prompt=sample.instruction,
        prompt_by="user",
        stop_reason=None,
        judged={},
        judge_calls=0,
        judge_tokens=0,
        cost_usd=0.0,
        wall_s=0.0,
        failed=False,
        error=None,
    )
