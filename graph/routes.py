"""What happens next: pure functions of state and settings."""

from dataclasses import dataclass

from langgraph.types import Send

from editthinker.graph.context import EditContext
from editthinker.graph.state import (
    Attempt,
    EditState,
    EditTask,
    StopReason,
    best_attempt,
    overall,
)


@dataclass(frozen=True)
class Stop:
    """End the loop."""

    reason: StopReason


@dataclass(frozen=True)
class Edit:
    """Make another turn."""

    turn: int
    editor: str


def decide(state: EditState, context: EditContext) -> Stop | Edit:
    """Say whether to edit again, and with which editor.

    A person's waiting prompt comes first, then acceptance, failures, limits, and last whether
    trying again still helps. Escalation moves to the next editor of `state["editors"]` where the
    current one failed, brought no gain for `patience` turns, or the thinker has no better prompt.
    """
    attempts = state.get("attempts", [])
    editors = state["editors"]
    if reason := state.get("stop_reason"):
        return Stop(reason)
    if not attempts:
        return Edit(turn=1, editor=editors[0])

    turn = attempts[-1]["turn"]
    latest = [a for a in attempts if a["turn"] == turn]
    editor = latest[0]["editor"]
    if state["prompt_by"] == "person" and _may_ask(turn, state, context):
        return Edit(turn + 1, editor)
    if any(is_accepted(a, context) for a in latest):
        return Stop("accepted")

    following = _following(editor, editors)
    is_last = turn >= context.turns
    can_go_on = not is_last and not _is_spent(state, context)
    prompt_changed = not _same_words(state["prompt"], latest[0]["prompt"])
    if all(a["image"] is None for a in latest):
        if can_go_on and following:
            return Edit(turn + 1, following)
        if can_go_on and prompt_changed:
            return Edit(turn + 1, editor)
        return Stop("editor_failed")
    if (context.judge_last or not is_last) and not any(_is_judged(a) for a in latest):
        unread = any(a["failure"] == "unparsable" for a in latest)
        return Stop("unparsable" if unread else "thinker_failed")
    if is_last:
        return Stop("max_turns")
    if not can_go_on:
        return Stop("budget")

    best = best_attempt(latest)
    asked = best["next_editor"] if best else None
    if asked in editors and asked != editor:
        return Edit(turn + 1, asked)
    stalled = turns_without_gain(attempts, editor, context.min_gain) >= context.patience
    # The same words with another seed are worth a try where the seed makes another image.
    changes = prompt_changed or (latest[0]["seeded"] and context.retry_unchanged)
    if changes and not stalled:
        return Edit(turn + 1, editor)
    if following:
        return Edit(turn + 1, following)
    return Stop("no_gain" if changes else "unchanged")


def is_accepted(attempt: Attempt, context: EditContext) -> bool:
    """Whether an attempt has an image that the settings accept."""
    return attempt["image"] is not None and context.accepts(
        attempt["semantic"], attempt["quality"], attempt["satisfied"]
    )


def turns_without_gain(attempts: list[Attempt], editor: str, min_gain: float) -> int:
    """Count the latest turns of an editor since the best overall score last rose by `min_gain`."""
    best, since = None, 0
    for turn in sorted({a["turn"] for a in attempts}):
        made = [a for a in attempts if a["turn"] == turn]
        top = max((s for a in made if (s := overall(a)) is not None), default=None)
        gained = top is not None and (best is None or top >= best + min_gain)
        if gained:
            best = top
        since = 0 if gained or made[0]["editor"] != editor else since + 1
    return since


def route_start(state: EditState, context: EditContext) -> list[Send] | str:
    """Plan first where the mode says so, else edit."""
    return "plan" if context.plans else edit_sends(state, context, Edit(1, state["editors"][0]))


def route_critique(state: EditState, context: EditContext) -> list[Send] | str:
    """Let a person look at the turn where the settings say so, else go on."""
    has_image = any(
        a["image"] for a in state["attempts"] if a["turn"] == state["attempts"][-1]["turn"]
    )
    if context.review and has_image:
        return "review"
    return route_next(state, context)


def route_next(state: EditState, context: EditContext) -> list[Send] | str:
    """Start the next turn, or select the result."""
    decision = decide(state, context)
    return "select" if isinstance(decision, Stop) else edit_sends(state, context, decision)


def edit_sends(state: EditState, context: EditContext, decision: Edit) -> list[Send]:
    """Make one task per candidate, each with its own seed."""
    attempts = state.get("attempts", [])
    image = state["source"]
    if context.edit_from != "source":
        made = [a for a in attempts if a["image"]]
        chosen = made[-1] if made and context.edit_from == "last" else best_attempt(made)
        image = (chosen and chosen["image"]) or image
    # The same words to the same editor must not make the same image again.
    repeats = sum(
        a["editor"] == decision.editor and _same_words(a["prompt"], state["prompt"])
        for a in attempts
    )
    tasks = [
        EditTask(
            image=image,
            turn=decision.turn,
            candidate=candidate,
            editor=decision.editor,
            prompt=state["prompt"],
            prompt_by=state["prompt_by"],
            seed=(context.seed + repeats + candidate) % 2**31,
        )
        for candidate in range(context.candidates_per_turn)
    ]
    if marked := state.get("marked"):
        for task in tasks:
            task["mask"] = marked
    return [Send(decision.editor, task) for task in tasks]


def _same_words(one: str, other: str) -> bool:
    return one.split() == other.split()


def _is_judged(attempt: Attempt) -> bool:
    return overall(attempt) is not None or attempt["satisfied"] is not None


def _may_ask(turn: int, state: EditState, context: EditContext) -> bool:
    """Whether a person gets another turn: their own settings do not bind them, a server's do."""
    turns, seconds = context.largest("max_turns"), context.largest("budget_s")
    return (turns is None or turn < turns) and (seconds is None or _seconds(state) < seconds)


def _is_spent(state: EditState, context: EditContext) -> bool:
    """Whether a budget is used up."""
    planning = state.get("planning")
    cost = sum(a["cost_usd"] for a in state["attempts"])
    cost += planning["cost_usd"] if planning else 0.0
    return (context.budget_s is not None and _seconds(state) >= context.budget_s) or (
        context.budget_usd is not None and cost >= context.budget_usd
    )


def _seconds(state: EditState) -> float:
    """Return the seconds of editing and thinking; candidates of a turn run side by side."""
    seconds: dict[int, float] = {}
    for a in state["attempts"]:
        seconds[a["turn"]] = max(seconds.get(a["turn"], 0.0), a["edit_s"] + a["think_s"])
    planning = state.get("planning")
    return sum(seconds.values()) + (planning["think_s"] if planning else 0.0)


def _following(editor: str, editors: list[str]) -> str | None:
    place = editors.index(editor) + 1 if editor in editors else len(editors)
    return editors[place] if place < len(editors) else None
