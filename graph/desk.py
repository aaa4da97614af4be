"""Work on photos in a page: start, answer, branch, look back; all of it kept in a file.

Nothing here knows about the page itself.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.types import Command

from editthinker.graph.build import build_graph
from editthinker.graph.context import EditContext
from editthinker.graph.embed import MAX_STEPS, STATE_KEYS
from editthinker.graph.events import Event
from editthinker.graph.instruction import check_instruction
from editthinker.graph.review import ReviewAnswer
from editthinker.graph.state import Attempt, EditState, best_attempt, merge_attempts
from editthinker.graph.thinkers.base import Thinker
from editthinker.graph.tracing import keep_pictures_out
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.base import Editor
from editthinker.tools.errors import ConfigError
from editthinker.tools.images import EXTENSIONS, ImageRef
from editthinker.tools.ingest import ingest_image

MARK = "editthinker-desk"
"""Metadata by which the checkpoints of a desk are found."""


@dataclass(frozen=True)
class Sheet:
    """What lies on the desk: one photo and what came of it so far."""

    thread: str
    instruction: str
    source: ImageRef
    attempts: tuple[Attempt, ...] = ()
    chosen: tuple[int, int] | None = None
    stop_reason: str | None = None
    doing: str = ""
    """What is under way; empty when nothing is."""
    waits: bool = False
    """Whether a person must decide."""
    next_prompt: str = ""
    """What the loop would try next, while it waits."""
    error: str | None = None

    @property
    def halted(self) -> bool:
        """Whether it was stopped or killed in the middle, and can go on."""
        return not (self.doing or self.waits or self.stop_reason)

    @property
    def best(self) -> Attempt | None:
        """The chosen attempt, or the best so far."""
        for attempt in self.attempts:
            if (attempt["turn"], attempt["candidate"]) == self.chosen:
                return attempt
        return best_attempt(self.attempts)


@dataclass(frozen=True)
class Entry:
    """A line of the history."""

    thread: str
    label: str


class Desk:
    """Runs the loop for a page and keeps every run.

    Args:
        folder: Where runs and pictures are kept.
        editors: As for `build_graph`.
        thinker: As for `build_graph`.
    """

    def __init__(
        self,
        folder: Path,
        editors: Sequence[str | Editor] = ("darkroom",),
        thinker: str | Thinker = "observer",
    ) -> None:
        keep_pictures_out()
        self._folder = folder
        self.blobs = BlobStore(folder / "blobs")
        self._builder = build_graph(editors, thinker, self.blobs)
        self._runs: dict[str, asyncio.Task[None]] = {}

    async def start(
        self, photo: str, instruction: str, settings: EditContext
    ) -> AsyncIterator[Sheet]:
        """Edit a photo, step by step.

        Raises:
            ConfigError: if the instruction cannot be used.
            MediaError: if the photo cannot be used.
        """
        instruction = check_instruction(instruction)
        ingested = await asyncio.to_thread(ingest_image, Path(photo), self.blobs)
        sheet = Sheet(str(uuid4()), instruction, ingested.ref)
        given = {"image": ingested.ref, "instruction": instruction}
        async for step in self._follow(sheet, given, settings):
            yield step

    async def answer(self, thread: str, answer: ReviewAnswer) -> AsyncIterator[Sheet]:
        """Go on with what a person decided."""
        sheet, settings = await self._load(thread)
        resume: Command[Any] = Command(resume=answer.model_dump(mode="json"))
        async for step in self._follow(replace(sheet, waits=False), resume, settings):
            yield step

    async def resume(self, thread: str) -> AsyncIterator[Sheet]:
        """Go on with a run that was stopped or killed; finished edits are not repeated."""
        sheet, settings = await self._load(thread)
        async for step in self._follow(sheet, None, settings):
            yield step

    def stop(self, thread: str) -> None:
        """Stop a run where it is; what it made is kept, and `resume` goes on from there."""
        if run := self._runs.get(thread):
            run.cancel()

    async def branch(self, thread: str, turn: int, prompt: str) -> AsyncIterator[Sheet]:
        """Go on from an earlier turn with another prompt, as a new run; the old one stays.

        Raises:
            ConfigError: if there is no such turn, or the prompt cannot be used.
        """
        prompt = check_instruction(prompt)
        sheet, settings = await self._load(thread)
        kept = [a for a in sheet.attempts if a["turn"] <= turn]
        if not kept:
            raise ConfigError(f"there is no turn {turn} to go on from")
        async with self._graph() as graph:
            old = await graph.aget_state({"configurable": {"thread_id": thread}})
            fresh = replace(sheet, thread=str(uuid4()), attempts=tuple(kept), chosen=None)
            state = {
                **old.values,
                "attempts": kept,
                "prompt": prompt,
                "prompt_by": "person",
                **dict.fromkeys(("chosen", "result", "stop_reason", "error")),
            }
            await graph.aupdate_state(self._config(fresh), state, as_node="critique")
        # The person asked for one more turn, whatever the limit was.
        more = settings.model_copy(update={"max_turns": min(32, max(turn + 1, settings.max_turns))})
        fresh = replace(fresh, stop_reason=None, waits=False, error=None)
        async for step in self._follow(fresh, None, more):
            yield step

    async def open(self, thread: str) -> Sheet:
        """Return a run of the history.

        Raises:
            ConfigError: if there is none of this name.
        """
        return (await self._load(thread))[0]

    async def history(self, limit: int = 50) -> list[Entry]:
        """Return the latest runs, newest first."""
        entries: dict[str, Entry] = {}
        async with self._saver() as saver:
            async for saved in saver.alist(None, filter={"desk": MARK}):
                thread = saved.config["configurable"]["thread_id"]
                if thread not in entries:
                    about = cast("Mapping[str, Any]", saved.metadata)
                    entries[thread] = Entry(thread, str(about.get("label", thread)))
                if len(entries) == limit:
                    break
        return list(entries.values())

    @property
    def picture_folder(self) -> str:
        """Where `file_of` puts its files."""
        return str(self._folder / "pictures")

    def file_of(self, ref: ImageRef) -> str:
        """Return a file with the picture, for a page to show and a person to download."""
        folder = Path(self.picture_folder)
        path = folder / f"{ref['sha256'][:16]}{EXTENSIONS[ref['media_type']]}"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            new = path.with_name(f".{uuid4().hex}")
            new.write_bytes(self.blobs.get_image(ref).data)
            new.replace(path)
        return str(path)

    async def _follow(
        self, sheet: Sheet, given: Any, settings: EditContext
    ) -> AsyncIterator[Sheet]:
        steps: asyncio.Queue[Sheet | None] = asyncio.Queue()
        sheet = replace(sheet, doing="looking at the photo")
        run = asyncio.create_task(self._run(sheet, given, settings, steps))
        self._runs[sheet.thread] = run
        try:
            yield sheet
            while step := await steps.get():
                sheet = step
                yield sheet
            await asyncio.wait({run})
        finally:
            run.cancel()
            del self._runs[sheet.thread]
        if not run.cancelled():
            run.result()
        yield replace(sheet, doing="")

    async def _run(
        self, sheet: Sheet, given: Any, settings: EditContext, steps: "asyncio.Queue[Sheet | None]"
    ) -> None:
        """Put what the sheet becomes into `steps`, and None at the end, however it ends."""
        try:
            async with self._graph() as graph:
                stream = graph.astream(
                    given,
                    self._config(sheet),
                    context=settings,
                    stream_mode=["custom", "values"],
                    output_keys=STATE_KEYS,
                    durability="sync",
                )
                async for mode, chunk in stream:
                    show = show_event if mode == "custom" else show_state
                    sheet = show(sheet, chunk)
                    steps.put_nowait(sheet)
        finally:
            steps.put_nowait(None)

    async def _load(self, thread: str) -> tuple[Sheet, EditContext]:
        async with self._graph() as graph:
            saved = await graph.aget_state({"configurable": {"thread_id": thread}})
        values = cast("EditState", saved.values)
        if "settings" not in values:
            raise ConfigError(f"there is no run {thread!r} in {self._folder}")
        settings = EditContext.model_validate(
            {name: values["settings"][name] for name in EditContext.model_fields}
        )
        sheet = Sheet(thread, values["instruction"], values["source"])
        waiting = [i.value for task in saved.tasks for i in task.interrupts]
        sheet = show_state(sheet, {**values, "__interrupt__": waiting})
        return sheet, settings

    @asynccontextmanager
    async def _saver(self) -> AsyncIterator[AsyncSqliteSaver]:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = str(self._folder / "runs.sqlite")
        async with AsyncSqliteSaver.from_conn_string(path) as saver:
            yield saver

    @asynccontextmanager
    async def _graph(self) -> AsyncIterator[Any]:
        async with self._saver() as saver:
            yield self._builder.compile(checkpointer=saver, name="edit_thinker")

    def _config(self, sheet: Sheet) -> RunnableConfig:
        return {
            "configurable": {"thread_id": sheet.thread},
            "metadata": {"desk": MARK, "label": sheet.instruction[:80]},
            "recursion_limit": MAX_STEPS,
        }


def show_state(sheet: Sheet, values: Mapping[str, Any]) -> Sheet:
    """Bring a sheet up to the state of the graph."""
    waiting = values.get("__interrupt__") or ()
    chosen = values.get("chosen")
    sheet = replace(
        sheet,
        attempts=tuple(merge_attempts(sheet.attempts, values.get("attempts"))),
        chosen=(chosen[0], chosen[1]) if chosen else None,
        stop_reason=values.get("stop_reason"),
        error=values.get("error"),
        waits=bool(waiting),
    )
    if waiting:
        payload = getattr(waiting[0], "value", waiting[0])
        asked = json.loads(json.dumps(payload))
        sheet = replace(sheet, next_prompt=asked["next_prompt"], error=asked["error"], doing="")
    return sheet


def show_event(sheet: Sheet, event: Event) -> Sheet:
    """Bring a sheet up to an event of the loop."""
    if event["event"] == "planned":
        return replace(sheet, doing="planned")
    if event["event"] == "edit_started":
        task = event["task"]
        return replace(sheet, doing=f"turn {task['turn']}: {task['editor']} edits")
    if event["event"] == "edit_step":
        return replace(
            sheet, doing=f"turn {event['turn']}: step {event['step']} of {event['steps']}"
        )
    if event["event"] == "critique_started":
        return replace(sheet, doing=f"turn {event['turn']}: the thinker looks at it")
    if event["event"] == "selected":
        return replace(sheet, chosen=event["chosen"], stop_reason=event["stop_reason"], doing="")
    return replace(sheet, attempts=tuple(merge_attempts(sheet.attempts, [event["attempt"]])))
