"""One run from a photo on disk to a folder of results; what the command line and demos call."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.types import Command
from platformdirs import user_data_path

from editthinker.graph.build import Builder, build_graph
from editthinker.graph.choices import Choices
from editthinker.graph.context import EditContext, settings_of
from editthinker.graph.events import Event
from editthinker.graph.instruction import check_instruction
from editthinker.graph.page import render_page
from editthinker.graph.record import RunRecord, record_run
from editthinker.graph.review import ReviewAnswer, ReviewPayload
from editthinker.graph.state import EditInput, EditState, best_attempt, merge_attempts
from editthinker.graph.thinkers.base import Thinker
from editthinker.graph.tracing import keep_pictures_out
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.base import Editor
from editthinker.tools.errors import ConfigError
from editthinker.tools.images import EXTENSIONS, Format, Picture, encode_like
from editthinker.tools.ingest import ingest_image
from editthinker.tools.vision.marking import Marking, draw_marking

STATE_KEYS = list(EditState.__annotations__)
"""What is streamed: the whole state, where a caller of the graph sees only its output."""

Ask = Callable[[ReviewPayload], ReviewAnswer]
"""Shows a person a turn and returns the decision."""

_DONE = object()

ABOUT = ("out", "photo", "format", "note")
"""What is kept with every checkpoint about the photo and its folder."""


@dataclass(frozen=True)
class Job:
    """What to edit, with what, and where the results go."""

    photo: str
    instruction: str
    out: Path
    editors: tuple[str | Editor, ...] = ("darkroom",)
    thinker: str | Thinker = "observer"
    context: EditContext = field(default_factory=EditContext)
    thread: str | None = None
    """Name under which checkpoints are kept, so that a killed run can be resumed."""
    marking: Marking | None = None
    """What the user points at in the photo; the edit happens there."""


def free_folder(wanted: Path) -> Path:
    """Return the first of `wanted`, `wanted-2`, ... that is missing or empty."""
    folder, number = wanted, 1
    while folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        number += 1
        folder = wanted.with_name(f"{wanted.name}-{number}")
    return folder


@dataclass(frozen=True)
class Outcome:
    """What came of a job."""

    record: RunRecord
    folder: Path


async def run_job(job: Job, watch: Callable[[Event], None], ask: Ask | None = None) -> Outcome:
    """Run a job and write `result.*`, `run.json` and `index.html` into its folder.

    What is finished is written after every turn; if the run is cancelled, the best edit so far is
    written as its result before the cancellation goes on.

    Args:
        job: What to edit.
        watch: Called with every event.
        ask: Asks a person between turns, where the settings want a review; runs in a thread.

    Raises:
        ConfigError: if the folder or a setting cannot be used, or the thread exists already.
        MediaError: if the photo cannot be used.
    """
    instruction = check_instruction(job.instruction)
    prepare_folder(job.out)
    blobs = BlobStore(job.out / "blobs")
    ingested = await asyncio.to_thread(ingest_image, job.photo, blobs)
    start = EditInput(image=ingested.ref, instruction=instruction)
    notes = list(ingested.notes)
    if job.marking:
        photo = await asyncio.to_thread(blobs.get_image, ingested.ref)
        marked = await asyncio.to_thread(draw_marking, job.marking, photo.pixels, blobs)
        start["mask"] = blobs.put_image(Picture.from_pixels(marked.pixels).data)
        notes += [marked.note] if marked.note else []
    about = {
        "out": str(job.out.resolve()),
        "photo": job.photo,
        "format": ingested.format,
        "note": " ".join(notes),
    }
    async with open_threads(job.thread) as saver:
        config = thread_config(job.thread, about)
        if job.thread and await saver.aget_tuple(config):
            raise ConfigError(
                f"the thread {job.thread!r} exists already; add --resume to go on with it, or "
                "choose another name"
            )
        builder = build_graph(job.editors, job.thinker, blobs, context=job.context)
        loop = Loop(builder, saver, config, job.context)
        return await follow(loop, start, watch, ask, Results(blobs, about))


async def resume_job(
    thread: str,
    watch: Callable[[Event], None],
    ask: Ask | None = None,
    *,
    expect: Mapping[str, object],
    choices: Choices,
) -> Outcome:
    """Go on with a killed run; finished edits and thoughts are not repeated.

    Args:
        thread: The name that the run was given.
        watch: Called with every event.
        ask: Asks a person between turns, where the thread's settings want a review.
        expect: Settings that the caller named again; each must equal what the thread has.
        choices: How to reach the thread's editors and thinker.

    Raises:
        ConfigError: if there is no such thread, or an expectation is not met.
    """
    async with open_threads(thread) as saver:
        saved = await saver.aget_tuple(thread_config(thread, {}))
        if saved is None or "settings" not in saved.checkpoint["channel_values"]:
            raise ConfigError(f"there is no thread {thread!r} to resume; run it without --resume")
        values = saved.checkpoint["channel_values"]
        about = {name: str(saved.metadata.get(name, "")) for name in ABOUT}
        settings = values["settings"]
        known = {**settings, **about, "instruction": values["instruction"]}
        for name, value in expect.items():
            if known.get(name) != value:
                raise ConfigError(
                    f"the thread {thread!r} has {name} = {known.get(name)!r}, not {value!r}; "
                    "resume takes no other settings"
                )
        blobs = BlobStore(Path(about["out"]) / "blobs")
        context = settings_of(settings)
        editors = [choices.editor(name) for name in settings["editors"]]
        thinker = choices.thinker(settings["thinker"])
        builder = build_graph(editors, thinker, blobs, context=context)
        loop = Loop(builder, saver, thread_config(thread, about), context)
        results = Results(blobs, about, cast("EditState", values))
        return await follow(loop, None, watch, ask, results)


class Loop:
    """A compiled graph and how it is run."""

    def __init__(
        self,
        builder: Builder,
        saver: BaseCheckpointSaver[str],
        config: RunnableConfig,
        context: EditContext,
    ) -> None:
        self._graph = builder.compile(checkpointer=saver, name="edit_thinker")
        self._config = config
        self._context = context

    def stream(self, given: object) -> AsyncIterator[Any]:
        """Run until the end or an interrupt; yields `(mode, chunk)`."""
        return self._graph.astream(
            cast("Any", given),
            self._config,
            context=self._context,
            stream_mode=["custom", "values"],
            output_keys=STATE_KEYS,
            durability="sync",
        )


class Results:
    """What a run has made so far, and its folder."""

    def __init__(
        self, blobs: BlobStore, about: Mapping[str, str], state: EditState | None = None
    ) -> None:
        self._blobs = blobs
        self._about = about
        self._state = state

    def take_event(self, event: Event) -> None:
        """Keep an attempt before its turn is complete."""
        attempt: Any = event.get("attempt")
        if self._state and attempt:
            attempts = merge_attempts(self._state.get("attempts"), [attempt])
            self._state = {**self._state, "attempts": attempts}
            self.save()

    def take_state(self, state: EditState) -> None:
        """Keep the state after a step."""
        self._state = state
        self.save()

    def save(self) -> None:
        """Write the record as it stands, once there is an attempt."""
        if self._state and self._state.get("attempts"):
            write_results(self._state, self._blobs, self._about, final=False)

    def stop(self) -> None:
        """Write the best so far as the result of a run that is broken off."""
        if self._state and self._state.get("attempts"):
            best = best_attempt(self._state["attempts"])
            chosen = (best["turn"], best["candidate"]) if best else None
            state: EditState = {**self._state, "chosen": chosen, "stop_reason": "stopped"}
            write_results(state, self._blobs, self._about)

    def finish(self) -> Outcome:
        """Write everything."""
        assert self._state is not None
        record = write_results(self._state, self._blobs, self._about)
        return Outcome(record, Path(self._about["out"]))


async def follow(
    loop: Loop, given: object, watch: Callable[[Event], None], ask: Ask | None, results: Results
) -> Outcome:
    """Run a loop to its end: pass events on, ask a person where it pauses, keep the results."""
    keep_pictures_out()
    try:
        while given is not _DONE:
            stream, given = loop.stream(given), _DONE
            async for mode, chunk in stream:
                if mode == "custom":
                    watch(chunk)
                    results.take_event(chunk)
                elif "__interrupt__" not in chunk:
                    results.take_state(chunk)
                elif ask:
                    (waiting,) = chunk["__interrupt__"]
                    answer = await asyncio.to_thread(ask, waiting.value)
                    given = Command(resume=answer.model_dump(exclude_none=True))
    except asyncio.CancelledError:
        results.stop()
        raise
    return results.finish()


def write_results(
    state: EditState, blobs: BlobStore, about: Mapping[str, str], *, final: bool = True
) -> RunRecord:
    """Write the record, and at the end the result in the source's format and the page."""
    out = Path(about["out"])
    record = record_run(state, source_file=about["photo"], source_note=about["note"])
    if final and record.result:
        name = "result" + EXTENSIONS[f"image/{about['format']}"]
        picture = blobs.get_image(record.result.image)
        (out / name).write_bytes(encode_like(picture, cast("Format", about["format"])))
        record = record_run(
            state, source_file=about["photo"], source_note=about["note"], result_file=name
        )
    record.write(out / "run.json")
    if final:
        (out / "index.html").write_text(render_page(record, blobs), encoding="utf-8")
    return record


def prepare_folder(out: Path) -> None:
    """Make the folder for results.

    Raises:
        ConfigError: if it cannot be made or written, or has something in it already.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise ConfigError(f"the folder {out} is not empty; choose another --out")
        (out / ".new").touch()
        (out / ".new").unlink()
    except OSError as exc:
        raise ConfigError(
            f"cannot write to the folder {out}: {exc.strerror}; choose another --out"
        ) from exc


def thread_config(thread: str | None, about: Mapping[str, str]) -> RunnableConfig:
    """Return LangGraph's configuration of a thread; `about` is kept with every checkpoint."""
    return {"configurable": {"thread_id": thread or "unnamed"}, "metadata": dict(about)}


@asynccontextmanager
async def open_threads(thread: str | None) -> AsyncIterator[BaseCheckpointSaver[str]]:
    """Open the user's file of checkpoints; without a name, checkpoints are kept in memory."""
    if thread is None:
        yield InMemorySaver()
        return
    path = user_data_path("editthinker", ensure_exists=True) / "threads.sqlite"
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        yield saver
