"""How the record of an attempt grows: made by an editor, scored by a thinker, or failed."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from langgraph.errors import NodeError, NodeTimeoutError

from editthinker.graph.planning import usage_of_failure
from editthinker.graph.state import Attempt, EditTask, Failure, RequirementMark
from editthinker.graph.thinkers.base import Requirement, Thought
from editthinker.tools.errors import EditThinkerError, ReplyParseError
from editthinker.tools.plain import printable_text

MAX_REASONING = 1000
"""Characters of reasoning kept in the state; the whole reply is in the blob store."""

MAX_MARK = 200
"""Characters kept of a checklist's entry, and of the thinker's note on it."""

MAX_NOTES = 20
"""Remarks of an editor that are kept, each as long as reasoning may be."""

MAX_DETAILS = 2000
"""Bytes of an editor's details kept in the state, as JSON; longer ones are left out."""


def new_attempt(task: EditTask) -> Attempt:
    """Return the record of a task before anything came of it."""
    return Attempt(
        turn=task["turn"],
        candidate=task["candidate"],
        editor=task["editor"],
        prompt=task["prompt"],
        prompt_by=task["prompt_by"],
        seed=task["seed"],
        seeded=False,
        image=None,
        notes=[],
        details={},
        semantic=None,
        quality=None,
        satisfied=None,
        reasoning="",
        refined_prompt=None,
        checklist=[],
        scoring=None,
        next_editor=None,
        reply=None,
        repairs=[],
        edit_s=0.0,
        think_s=0.0,
        input_tokens=0,
        output_tokens=0,
        cost_usd=0.0,
        failure=None,
        error=None,
    )


def keep_details(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return an editor's details as JSON holds them; nothing if too long or not JSON."""
    try:
        text = json.dumps(dict(details), allow_nan=False)
    except (TypeError, ValueError):
        return {}
    return dict(json.loads(text)) if len(text) <= MAX_DETAILS else {}


def keep_notes(notes: Sequence[str]) -> list[str]:
    """Return an editor's remarks: a service may send any number of any length."""
    return [printable_text(note)[:MAX_REASONING] for note in notes[:MAX_NOTES]]


def scored_attempt(
    attempt: Attempt, thought: Thought, reply: str | None, think_s: float
) -> Attempt:
    """Return an attempt with what the thinker said of it."""
    return {
        **attempt,
        "semantic": thought.semantic,
        "quality": thought.quality,
        "satisfied": thought.satisfied,
        "reasoning": thought.reasoning[:MAX_REASONING],
        "refined_prompt": thought.refined_prompt,
        "checklist": [write_mark(requirement) for requirement in thought.checklist],
        "scoring": thought.scoring,
        "next_editor": thought.editor,
        "reply": reply,
        "repairs": list(thought.repairs),
        "think_s": think_s,
        "input_tokens": thought.usage.input_tokens,
        "output_tokens": thought.usage.output_tokens,
        "cost_usd": attempt["cost_usd"] + thought.usage.cost_usd,
    }


def unscored(
    attempt: Attempt, error: BaseException, message: str | None = None, reply: str | None = None
) -> Attempt:
    """Return an attempt whose edit could not be scored; it is never given a number."""
    failure: Failure = "unparsable" if isinstance(error, ReplyParseError) else "thinker"
    usage = usage_of_failure(error)
    return {
        **attempt,
        "failure": failure,
        "error": (message or printable_text(str(error)))[:MAX_REASONING],
        "reply": reply,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cost_usd": attempt["cost_usd"] + usage.cost_usd,
    }


def write_mark(requirement: Requirement) -> RequirementMark:
    """Return a requirement as JSON."""
    return RequirementMark(
        text=requirement.text[:MAX_MARK],
        keep=requirement.keep,
        status=requirement.status,
        note=requirement.note[:MAX_MARK],
        region=list(requirement.region) if requirement.region else None,
    )


def read_checklist(attempts: Sequence[Attempt]) -> tuple[Requirement, ...]:
    """Return the list that a thinker made in an earlier turn; empty if there is none."""
    marks: list[RequirementMark] = next((a["checklist"] for a in attempts if a["checklist"]), [])
    return tuple(Requirement(text=mark["text"], keep=mark["keep"]) for mark in marks)


def describe(error: NodeError) -> str:
    """Say in one sentence what failed in a node."""
    if isinstance(error.error, NodeTimeoutError):
        return f"{error.node} gave no answer within {error.error.timeout:g} s"
    text = " ".join(printable_text(str(error.error)).split()) or type(error.error).__name__
    known = isinstance(error.error, EditThinkerError)
    return (text if known else f"{error.node}: {type(error.error).__name__}: {text}")[
        :MAX_REASONING
    ]
