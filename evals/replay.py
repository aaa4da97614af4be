"""What a shorter run would have ended with, from the record of the longest one.

The stop rule is a pure function of state and settings, so a run of `max_turns` tells the result of
every smaller limit: the same rule is asked again after each turn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from editthinker.evals.records import Record
from editthinker.graph.context import EditContext
from editthinker.graph.routes import Stop, decide
from editthinker.graph.state import Attempt, EditState, PromptBy, best_attempt
from editthinker.tools.errors import ConfigError


@dataclass(frozen=True)
class Ended:
    """How a run ended, or would have."""

    chosen: Attempt | None
    attempts: Sequence[Attempt]
    """Those that were made until then."""
    stop_reason: str


def replay(record: Record, context: EditContext, max_turns: int) -> Ended:
    """Stop a loop at a smaller limit.

    Raises:
        ConfigError: if the record is not long enough to tell.
    """
    shorter = context.model_copy(update={"max_turns": max_turns})
    turns = sorted({a["turn"] for a in record["attempts"]})
    if not turns:
        return Ended(None, (), record["stop_reason"] or "stopped")
    for turn in turns:
        attempts = [a for a in record["attempts"] if a["turn"] <= turn]
        if turn >= shorter.turns and not shorter.judge_last:
            attempts = [_without_scores(a) if a["turn"] == turn else a for a in attempts]
        following = next((a for a in record["attempts"] if a["turn"] == turn + 1), None)
        state: EditState = {
            "image": "",
            "instruction": record["instruction"],
            "editors": list(dict.fromkeys(a["editor"] for a in record["attempts"])),
            "attempts": attempts,
            "prompt": following["prompt"] if following else record["prompt"],
            "prompt_by": following["prompt_by"]
            if following
            else cast("PromptBy", record["prompt_by"]),
        }
        if following is None and record["stop_reason"] == "thinker_failed":
            state["stop_reason"] = "thinker_failed"
        decision = decide(state, shorter)
        if isinstance(decision, Stop):
            return Ended(_select(attempts, shorter), attempts, decision.reason)
    if len(turns) < shorter.turns:  # the run ended for a reason that the state does not hold
        return Ended(
            _select(record["attempts"], shorter),
            record["attempts"],
            record["stop_reason"] or "stopped",
        )
    raise ConfigError(f"a run of {len(turns)} turns does not tell the result of {max_turns}")


def best_of(record: Record, n: int) -> Ended:
    """Keep the best of the first `n` candidates, by the thinker's scores."""
    attempts = [a for a in record["attempts"] if a["candidate"] < n]
    return Ended(
        best_attempt(attempts), attempts, "max_turns" if attempts else record["stop_reason"] or ""
    )


def _select(attempts: Sequence[Attempt], context: EditContext) -> Attempt | None:
    made = [a for a in attempts if a["image"] is not None]
    if context.select == "last":
        return made[-1] if made else None
    return best_attempt(made)


def _without_scores(attempt: Attempt) -> Attempt:
    bare: Attempt = {**attempt, "semantic": None, "quality": None, "satisfied": None}
    return bare
