"""What the loop tells while it works: typed events on LangGraph's `custom` stream.

Read them with `graph.astream(..., stream_mode="custom")`; a parent graph needs `subgraphs=True` as
well, or the events of an embedded loop stay inside it (langgraph 1.2).
"""

import asyncio
from collections.abc import Callable
from typing import Literal

from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from editthinker.graph.context import EditContext
from editthinker.graph.state import Attempt, EditTask, StopReason


class Planned(TypedDict):
    """The instruction was rewritten before an edit."""

    event: Literal["planned"]
    prompt: str
    reasoning: str


class EditStarted(TypedDict):
    """An editor begins."""

    event: Literal["edit_started"]
    task: EditTask


class EditStep(TypedDict):
    """A slow editor made a step."""

    event: Literal["edit_step"]
    turn: int
    candidate: int
    step: int
    steps: int


class EditFinished(TypedDict):
    """An editor is done, or failed (`attempt["error"]`)."""

    event: Literal["edit_finished"]
    attempt: Attempt


class CritiqueStarted(TypedDict):
    """The thinker looks at the edits of a turn."""

    event: Literal["critique_started"]
    turn: int


class CritiqueFinished(TypedDict):
    """The thinker scored an edit, or failed (`attempt["error"]`)."""

    event: Literal["critique_finished"]
    attempt: Attempt


class Selected(TypedDict):
    """The loop ended."""

    event: Literal["selected"]
    chosen: tuple[int, int] | None
    stop_reason: StopReason


Event = (
    Planned | EditStarted | EditStep | EditFinished | CritiqueStarted | CritiqueFinished | Selected
)
"""Any event of the loop."""


def emit(runtime: Runtime[EditContext], event: Event) -> None:
    """Send an event to whoever streams."""
    runtime.stream_writer(event)


def step_reporter(runtime: Runtime[EditContext], task: EditTask) -> Callable[[int, int], None]:
    """Return a callback for editors, safe to call from their worker threads."""
    loop = asyncio.get_running_loop()

    def report(step: int, steps: int) -> None:
        event = EditStep(
            event="edit_step",
            turn=task["turn"],
            candidate=task["candidate"],
            step=step,
            steps=steps,
        )
        loop.call_soon_threadsafe(emit, runtime, event)
        loop.call_soon_threadsafe(runtime.heartbeat)

    return report
