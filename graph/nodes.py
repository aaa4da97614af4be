"""The nodes of the loop; each returns only what it changed."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Literal, NotRequired

from langgraph.errors import NodeError
from langgraph.runtime import Runtime
from langgraph.types import Command, Overwrite
from typing_extensions import TypedDict

from editthinker.graph.attempts import (
    describe,
    keep_details,
    keep_notes,
    new_attempt,
    read_checklist,
    scored_attempt,
    unscored,
)
from editthinker.graph.blocks import take_in
from editthinker.graph.context import EditContext, resolve_context
from editthinker.graph.events import (
    CritiqueFinished,
    CritiqueStarted,
    EditFinished,
    EditStarted,
    Planned,
    Selected,
    emit,
    step_reporter,
)
from editthinker.graph.instruction import check_instruction
from editthinker.graph.planning import Planning, add_planning, usage_of_failure
from editthinker.graph.routes import Stop, decide, route_next
from editthinker.graph.state import (
    Attempt,
    EditState,
    EditTask,
    PromptBy,
    StopReason,
    best_attempt,
)
from editthinker.graph.thinkers.base import PastAttempt, PlanRequest, ThinkRequest
from editthinker.graph.thinkers.replies import UnreadableReplyError
from editthinker.graph.toolbox import Toolbox
from editthinker.tools.editors.base import EditRequest
from editthinker.tools.errors import (
    ConfigError,
    EditRefusedError,
    EditThinkerError,
    MediaError,
    ThinkerError,
    TransientError,
)
from editthinker.tools.images import ImageRef
from editthinker.tools.ingest import Limits

Run = Runtime[EditContext]


class Ingested(TypedDict):
    """What `ingest_request` changes."""

    image: ImageRef
    instruction: str
    source: ImageRef
    marked: ImageRef | None
    editors: list[str]
    settings: dict[str, Any]
    prompt: str
    prompt_by: PromptBy
    planning: None
    attempts: Overwrite
    chosen: None
    result: None
    stop_reason: None
    error: None


class Prompted(TypedDict, total=False):
    """What `plan_prompt` changes."""

    prompt: str
    prompt_by: PromptBy
    planning: Planning


class Edited(TypedDict):
    """What an editor node changes."""

    attempts: list[Attempt]


class Critiqued(TypedDict):
    """What `critique_edits` changes."""

    attempts: list[Attempt]
    prompt: str
    prompt_by: PromptBy
    planning: NotRequired[Planning]


class Selection(TypedDict):
    """What `select_best` changes."""

    chosen: tuple[int, int] | None
    result: ImageRef | None
    stop_reason: StopReason
    error: str | None


class Nodes:
    """The nodes, bound to their tools and default settings."""

    def __init__(self, tools: Toolbox, defaults: EditContext, limits: Limits | None = None) -> None:
        self._tools = tools
        self._defaults = defaults
        self._limits = limits

    async def ingest_request(self, state: EditState, runtime: Run) -> Ingested:
        """Check what the caller gave and turn the photo into a reference."""
        context = resolve_context(runtime, self._defaults)
        tools = self._tools
        editors = list(context.editors) or tools.editor_names
        if strangers := [name for name in editors if name not in tools.editor_names]:
            raise ConfigError(
                f"this graph was built without the editor {strangers[0]!r}; it has "
                f"{', '.join(tools.editor_names)} (build_graph(editors=[...]))"
            )
        instruction = check_instruction(state["instruction"])
        source = await asyncio.to_thread(take_in, state["image"], tools.blobs, self._limits)
        marked = await asyncio.to_thread(self._take_in_mask, state.get("mask"), source)
        return {
            "image": source,
            "instruction": instruction,
            "source": source,
            "marked": marked,
            "editors": editors,
            "settings": {
                **context.model_dump(mode="json"),
                "editors": editors,
                "thinker": tools.thinker_name,
            },
            "prompt": instruction,
            "prompt_by": "user",
            "planning": None,
            # A thread may be used again: a new request starts without the old one's attempts.
            "attempts": Overwrite([]),
            "chosen": None,
            "result": None,
            "stop_reason": None,
            "error": None,
        }

    def _take_in_mask(self, given: str | ImageRef | None, source: ImageRef) -> ImageRef | None:
        if given is None:
            return None
        mask = take_in(given, self._tools.blobs, self._limits)
        if (mask["width"], mask["height"]) != (source["width"], source["height"]):
            raise MediaError(
                f"the mask is {mask['width']} x {mask['height']} pixels, the photo "
                f"{source['width']} x {source['height']}; they must be of one size"
            )
        return mask

    async def plan_prompt(self, state: EditState, runtime: Run) -> Prompted:
        """Rewrite the instruction from the source image alone (think before edit)."""
        source = await asyncio.to_thread(self._tools.blobs.get_image, state["source"])
        thinker = await asyncio.to_thread(self._tools.thinker)
        started = time.perf_counter()
        plan = await thinker.plan(PlanRequest(source, state["instruction"]))
        took = add_planning(None, plan.usage, time.perf_counter() - started)
        emit(runtime, Planned(event="planned", prompt=plan.prompt, reasoning=plan.reasoning))
        return {"prompt": plan.prompt, "prompt_by": "plan", "planning": took}

    async def skip_plan(self, state: EditState, error: NodeError, runtime: Run) -> Command[str]:
        """Go on with the user's own words where planning failed."""
        emit(
            runtime,
            Planned(event="planned", prompt=state["prompt"], reasoning=describe(error)),
        )
        return Command(
            update={"planning": add_planning(None, usage_of_failure(error.error), 0.0)},
            goto=route_next(state, resolve_context(runtime, self._defaults)),
        )

    async def edit_image(self, state: EditTask, runtime: Run) -> Edited:
        """Make one candidate."""
        emit(runtime, EditStarted(event="edit_started", task=state))
        started = time.perf_counter()
        blobs = self._tools.blobs
        picture = await asyncio.to_thread(blobs.get_image, state["image"])
        mask = await asyncio.to_thread(blobs.get_image, state["mask"]) if "mask" in state else None
        editor = await asyncio.to_thread(self._tools.editor, state["editor"])
        result = await editor.edit(
            EditRequest(
                images=(picture,),
                prompt=state["prompt"],
                seed=state["seed"],
                mask=mask,
                on_step=step_reporter(runtime, state),
            )
        )
        image = await asyncio.to_thread(blobs.put_image, result.image)
        attempt = new_attempt(state)
        attempt["image"] = image
        attempt["seeded"] = editor.capabilities.supports_seed
        attempt["notes"] = keep_notes(result.notes)
        attempt["details"] = keep_details(result.details)
        attempt["cost_usd"] = result.cost_usd
        attempt["edit_s"] = time.perf_counter() - started
        emit(runtime, EditFinished(event="edit_finished", attempt=attempt))
        return {"attempts": [attempt]}

    async def record_edit_failure(
        self, state: EditTask, error: NodeError, runtime: Run
    ) -> Command[Literal["critique"]]:
        """Keep the failure of an editor as an attempt without an image."""
        attempt = new_attempt(state)
        attempt["failure"] = "refused" if isinstance(error.error, EditRefusedError) else "editor"
        attempt["error"] = describe(error)
        emit(runtime, EditFinished(event="edit_finished", attempt=attempt))
        return Command(update={"attempts": [attempt]}, goto="critique")

    async def critique_edits(self, state: EditState, runtime: Run) -> Critiqued:
        """Let the thinker score every edit of the turn, side by side, and write the next prompt."""
        context = resolve_context(runtime, self._defaults)
        turn = state["attempts"][-1]["turn"]
        latest = [a for a in state["attempts"] if a["turn"] == turn]
        made = [a for a in latest if a["image"] is not None]
        update = Critiqued(attempts=[], prompt=latest[0]["prompt"], prompt_by="thinker")
        if not made:
            if turn < context.turns and latest[0]["failure"] == "refused":
                update["prompt"], update["planning"] = await self._plan_again(state, latest[0])
            return update
        if turn >= context.turns and not context.judge_last:
            return update

        emit(runtime, CritiqueStarted(event="critique_started", turn=turn))
        outcomes = await asyncio.gather(
            *(self._think(state, attempt) for attempt in made), return_exceptions=True
        )
        failures = [o for o in outcomes if isinstance(o, BaseException)]
        if len(failures) == len(made) and isinstance(failures[0], TransientError):
            raise failures[0]
        scored: list[Attempt] = []
        for attempt, outcome in zip(made, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                if not isinstance(outcome, EditThinkerError):
                    raise outcome
                outcome = await self._give_up(attempt, outcome)
            emit(runtime, CritiqueFinished(event="critique_finished", attempt=outcome))
            scored.append(outcome)
        update["attempts"] = scored
        best = best_attempt(scored)
        if best and best["refined_prompt"]:
            update["prompt"] = best["refined_prompt"]
        return update

    async def record_critique_failure(
        self, state: EditState, error: NodeError, runtime: Run
    ) -> Command[Literal["select"]]:
        """Keep the failure of the thinker with the edits that it left unscored."""
        turn = state["attempts"][-1]["turn"]
        failed = [
            unscored(a, error.error, describe(error))
            for a in state["attempts"]
            if a["turn"] == turn and a["image"] is not None
        ]
        for attempt in failed:
            emit(runtime, CritiqueFinished(event="critique_finished", attempt=attempt))
        return Command(update={"attempts": failed, "stop_reason": "thinker_failed"}, goto="select")

    async def select_best(self, state: EditState, runtime: Run) -> Selection:
        """Choose the result and say why the loop ended."""
        context = resolve_context(runtime, self._defaults)
        decision = decide(state, context)
        reason = decision.reason if isinstance(decision, Stop) else "stopped"
        attempts = state["attempts"]
        made = [a for a in attempts if a["image"] is not None]
        best = (made[-1] if made else None) if context.select == "last" else best_attempt(made)
        chosen = state.get("chosen") or (best and (best["turn"], best["candidate"]))
        result = next((a for a in made if (a["turn"], a["candidate"]) == chosen), None)
        error = None
        if reason in ("editor_failed", "thinker_failed", "unparsable"):
            turn = attempts[-1]["turn"]
            error = next((a["error"] for a in attempts if a["turn"] == turn and a["error"]), None)
        emit(runtime, Selected(event="selected", chosen=chosen, stop_reason=reason))
        return {
            "chosen": chosen,
            "result": result and result["image"],
            "stop_reason": reason,
            "error": error,
        }

    async def _think(self, state: EditState, attempt: Attempt) -> Attempt:
        started = time.perf_counter()
        assert attempt["image"] is not None
        blobs = self._tools.blobs
        source, edited = await asyncio.gather(
            asyncio.to_thread(blobs.get_image, state["source"]),
            asyncio.to_thread(blobs.get_image, attempt["image"]),
        )
        marked = state.get("marked")
        mask = await asyncio.to_thread(blobs.get_image, marked) if marked else None
        thinker = await asyncio.to_thread(self._tools.thinker)
        thought = await thinker.think(
            ThinkRequest(
                source=source,
                edited=edited,
                instruction=state["instruction"],
                prompt=attempt["prompt"],
                turn=attempt["turn"],
                mask=mask,
                notes=tuple(attempt["notes"]),
                editors=tuple(state["editors"]),
                checklist=read_checklist(state["attempts"]),
                history=await self._history(state["attempts"], attempt["turn"]),
            )
        )
        reply = await self._keep_reply(thought.raw)
        return scored_attempt(attempt, thought, reply, time.perf_counter() - started)

    async def _give_up(self, attempt: Attempt, error: EditThinkerError) -> Attempt:
        raw = error.raw if isinstance(error, UnreadableReplyError) else ""
        return unscored(attempt, error, reply=await self._keep_reply(raw))

    async def _keep_reply(self, raw: str) -> str | None:
        return await asyncio.to_thread(self._tools.blobs.put, raw.encode()) if raw else None

    async def _history(self, attempts: Sequence[Attempt], turn: int) -> tuple[PastAttempt, ...]:
        blobs = self._tools.blobs
        past = []
        for a in attempts:
            if a["turn"] < turn:
                image = await asyncio.to_thread(blobs.get_image, a["image"]) if a["image"] else None
                past.append(
                    PastAttempt(
                        turn=a["turn"],
                        prompt=a["prompt"],
                        image=image,
                        semantic=a["semantic"],
                        quality=a["quality"],
                        reasoning=a["reasoning"],
                        error=a["error"],
                    )
                )
        return tuple(past)

    async def _plan_again(self, state: EditState, refused: Attempt) -> tuple[str, Planning]:
        source = await asyncio.to_thread(self._tools.blobs.get_image, state["source"])
        thinker = await asyncio.to_thread(self._tools.thinker)
        started = time.perf_counter()
        try:
            plan = await thinker.plan(
                PlanRequest(
                    source=source,
                    instruction=state["instruction"],
                    prompt=refused["prompt"],
                    refusal=refused["error"] or "",
                )
            )
            prompt, usage = plan.prompt, plan.usage
        except ThinkerError as exc:
            # The editor's refusal is what ends the loop, and what its record shows.
            prompt, usage = refused["prompt"], usage_of_failure(exc)
        took = time.perf_counter() - started
        return prompt, add_planning(state.get("planning"), usage, took)
