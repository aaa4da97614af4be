"""Runs one pipeline: one call at a time, several candidates in one call, stopped when unwanted."""

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from diffusers import DiffusionPipeline
from PIL import Image

from editthinker.tools.editors.diffusion.loading import OUT_OF_MEMORY, denoiser, load_pipeline
from editthinker.tools.editors.diffusion.options import DiffusionOptions
from editthinker.tools.editors.diffusion.presets import Preset
from editthinker.tools.editors.diffusion.reuse import Remembered, remember_encodings
from editthinker.tools.errors import EditorError, EditThinkerError

GATHER_S = 0.02
"""How long a call waits for others that can be made with it; candidates come within milliseconds of
each other, and calls take seconds."""


@dataclass(frozen=True, eq=False)
class Job:
    """One image to make. Cancelling `image` stops the work on it at the next step."""

    key: Hashable
    """Jobs of one key differ in their seed at most, and may be made in one call."""
    arguments: Callable[[], Mapping[str, Any]]
    """What the pipeline is called with, without seeds."""
    seed: int
    on_step: Callable[[int, int], None]
    image: Future[Image.Image] = field(default_factory=Future)


class _Unwanted(Exception):
    """Nobody waits for these images any more."""


class Runner:
    """Runs a preset's pipeline, which is loaded at the first call.

    Candidates of the same prompt and image that wait at the same time are made in one call, each
    with its own generator, so that a seed means the same noise alone and in company.

    Args:
        preset: What to run.
        options: How.
        load: What loads the pipeline, in place of the preset's weights.
    """

    def __init__(
        self,
        preset: Preset,
        options: DiffusionOptions,
        load: Callable[[Preset, DiffusionOptions], DiffusionPipeline] = load_pipeline,
    ) -> None:
        self._load_pipeline = load
        self._preset = preset
        self._options = options
        self._waiting: deque[Job] = deque()
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=preset.name)
        self.remembered: list[Remembered] = []
        self.calls: int = 0

    @cached_property
    def pipeline(self) -> DiffusionPipeline:
        """The loaded pipeline."""
        pipeline = self._load_pipeline(self._preset, self._options)
        self.remembered = remember_encodings(pipeline, self._options.reuse)
        return pipeline

    def load(self) -> "Future[DiffusionPipeline]":
        """Load the pipeline in the thread that runs it."""
        return self._thread.submit(lambda: self.pipeline)

    def submit(self, job: Job) -> None:
        """Have a job done; its `image` tells when."""
        with self._lock:
            self._waiting.append(job)
        self._thread.submit(self._work)

    def _work(self) -> None:
        jobs = self._next()
        if not jobs:
            return
        try:
            images = self._run(jobs)
        except _Unwanted:
            return
        except Exception as exc:
            for job in jobs:
                with suppress(InvalidStateError):
                    job.image.set_exception(exc)
        else:
            for job, image in zip(jobs, images, strict=True):
                with suppress(InvalidStateError):
                    job.image.set_result(image)

    def _next(self) -> list[Job]:
        """Take the oldest job that is still wanted, and those that can be done with it."""
        most = self._options.max_batch if self._preset.batches else 1
        if most > 1 and 0 < len(self._waiting) < most:
            time.sleep(GATHER_S)
        with self._lock:
            wanted = [job for job in self._waiting if not job.image.cancelled()]
            jobs = [job for job in wanted if job.key == wanted[0].key][:most]
            self._waiting = deque(job for job in wanted if job not in jobs)
        return jobs

    def _run(self, jobs: Sequence[Job]) -> list[Image.Image]:
        try:
            return self._call(jobs)
        except torch.OutOfMemoryError as exc:
            torch.cuda.empty_cache()
            if len(jobs) == 1:
                raise EditorError(f"{self._preset.name} {OUT_OF_MEMORY}") from exc
        half = len(jobs) // 2
        return [*self._run(jobs[:half]), *self._run(jobs[half:])]

    def _call(self, jobs: Sequence[Job]) -> list[Image.Image]:
        pipeline = self.pipeline
        seeds = list(dict.fromkeys(job.seed for job in jobs))  # the same wish is made once
        generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
        many = len(seeds) > 1
        arguments = {
            **jobs[0].arguments(),
            "generator": generators if many else generators[0],
            **({"num_images_per_prompt": len(seeds)} if many else {}),
        }
        # Every pipeline of diffusers goes through its progress bar, but not through a callback.
        pipeline.progress_bar = lambda iterable=None, total=None: _Steps(jobs, iterable, total)
        self.calls += 1
        try:
            with self._cache_context(pipeline), self._randomness(seeds[0]):
                images: list[Image.Image] = list(pipeline(**arguments).images)
        except Exception as exc:
            # Caches of steps must not leak into the next call where this one broke off.
            pipeline.maybe_free_model_hooks()
            if isinstance(exc, torch.OutOfMemoryError | _Unwanted | EditThinkerError):
                raise
            raise EditorError(f"{self._preset.name}: {type(exc).__name__}: {exc}"[:400]) from exc
        return [images[seeds.index(job.seed)] for job in jobs]

    def _randomness(self, seed: int) -> AbstractContextManager[object]:
        return _seeded(seed) if self._preset.draws_globally else nullcontext()

    def _cache_context(self, pipeline: DiffusionPipeline) -> AbstractContextManager[object]:
        """Name a context for the step cache, since not every pipeline does it (diffusers 0.42)."""
        if self._options.step_cache is None:
            return nullcontext()
        context: AbstractContextManager[object] = denoiser(pipeline).cache_context("call")
        return context


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed the random numbers of the process, and put their state back afterwards."""
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        yield


class _Steps:
    """Stands in for a progress bar: reports steps, and ends the work that nobody wants."""

    def __init__(
        self, jobs: Sequence[Job], iterable: Iterable[Any] | None, total: int | None
    ) -> None:
        self._jobs = jobs
        self._items = list(iterable or ())
        self._total = total or len(self._items)
        self._step = 0

    def __enter__(self) -> "_Steps":
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def __iter__(self) -> Iterator[Any]:
        for item in self._items:
            yield item
            self.update()

    def update(self, n: int = 1) -> None:
        self._step += n
        if all(job.image.cancelled() for job in self._jobs):
            raise _Unwanted
        for job in self._jobs:
            job.on_step(self._step, self._total)
