"""How a run ended and why its result won, in plain sentences."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from editthinker.graph.context import EditContext, settings_of
from editthinker.graph.record import RunRecord, TurnRecord

Tone = Literal["good", "fair", "bad"]


class Verdict(NamedTuple):
    """How a run ended."""

    tone: Tone
    """`good`: accepted; `fair`: an edit, not accepted; `bad`: no edit."""
    sentence: str


def is_accepted(turn: TurnRecord, settings: EditContext) -> bool:
    """Whether a turn has an image that the settings accept."""
    return turn.image is not None and settings.accepts(turn.semantic, turn.quality, turn.satisfied)


def find_winner(record: RunRecord) -> TurnRecord | None:
    """Return the turn that was selected, if any."""
    if record.result is None:
        return None
    place = (record.result.turn, record.result.candidate)
    return next((t for t in record.turns if (t.turn, t.candidate) == place), None)


def leading(turns: Sequence[TurnRecord]) -> TurnRecord | None:
    """Return the scored turn with the highest overall score, the earliest of equals."""
    scored = [t for t in turns if t.overall is not None]
    return max(scored, key=lambda t: t.overall or 0.0, default=None)


def place_of(turn: TurnRecord, record: RunRecord) -> str:
    """Name an edit by its turn and candidate, where there are several of them."""
    candidates = sum(t.turn == turn.turn for t in record.turns)
    if candidates == 1:
        return f"turn {turn.turn}"
    candidate = f"candidate {turn.candidate + 1}"
    return candidate if candidates == len(record.turns) else f"turn {turn.turn}, {candidate}"


def scores_of(turn: TurnRecord) -> str:
    """Say the scores of a turn in words."""
    known = [
        f"{name} {score:.1f}"
        for name, score in (("semantic", turn.semantic), ("quality", turn.quality))
        if score is not None
    ]
    return ", ".join(known) or "not scored"


def judge_run(record: RunRecord) -> Verdict:
    """Say in one sentence how a run ended."""
    winner = find_winner(record)
    if winner is None:
        return Verdict("bad", f"No edit was made: {_ending(record)}.")
    if record.stop_reason == "accepted":
        settings = settings_of(record.settings)
        at = _acceptance(winner, record)
        if not is_accepted(winner, settings):
            return Verdict("good", f"Accepted by a person{at}: {scores_of(winner)}.")
        said = scores_of(winner) if winner.overall is not None else "the thinker is satisfied"
        return Verdict("good", f"Accepted{at}: {said}.")
    if len(record.turns) == 1:
        return Verdict("fair", f"{_ending(record)}: {scores_of(winner)}.")
    only = sum(t.image is not None for t in record.turns) == 1
    which = "the only edit" if only else f"the {settings_of(record.settings).select} edit"
    place = place_of(winner, record)
    return Verdict("fair", f"{_ending(record)}; {which} is {place}: {scores_of(winner)}.")


def explain_choice(record: RunRecord) -> str | None:
    """Say in one sentence why the result won; None if there is none."""
    winner, settings = find_winner(record), settings_of(record.settings)
    if winner is None:
        return None
    made = [t for t in record.turns if t.image]
    rivals = [t for t in made if t is not winner]
    score, rival = winner.overall, leading(rivals)
    best = leading(made)
    if not rivals:
        return "It is the only edit that was made."
    if settings.select == "last" and winner is made[-1]:
        return "It is the last edit, and the settings select the last."
    if record.stop_reason == "accepted" and not is_accepted(winner, settings):
        return "A person chose it."
    if score is None:
        return "No edit was scored; this is the first." if best is None else "A person chose it."
    mean = f"{score:.1f}, the geometric mean of {scores_of(winner).replace(',', ' and')}"
    if rival is None:
        return f"Its overall score is {mean}; no other edit was scored."
    other, behind = place_of(rival, record), rival.overall or 0.0
    if behind > score:
        return f"A person chose it, though {other} scored {behind:.1f}."
    if score == behind:
        return f"Its overall score is {mean}; {other} is level with it, but came later."
    shown = f"{behind:.1f}" if f"{behind:.1f}" != f"{score:.1f}" else f"{behind:.2f}"
    return f"It has the highest overall score: {mean}. Next comes {other} with {shown}."


def _acceptance(winner: TurnRecord, record: RunRecord) -> str:
    """Say where in a run its accepted edit came."""
    limit = max(record.turns[-1].turn, settings_of(record.settings).turns)
    turn = f" at turn {winner.turn} of {limit}" if limit > 1 else ""
    if sum(t.turn == winner.turn for t in record.turns) == 1:
        return turn
    return f"{turn}, candidate {winner.candidate + 1}"


def _ending(record: RunRecord) -> str:
    settings = settings_of(record.settings)
    editor = "the editor refused" if _is_refused(record) else "the editor failed"
    made = [t for t in record.turns if t.image]
    if not made:
        return "the run was stopped" if record.stop_reason == "stopped" else editor
    last = record.turns[-1].turn
    at = f" at turn {last} of {max(last, settings.turns)}" if settings.turns > 1 else ""
    if leading(made) is None:
        used_up = f"Finished after {_count(last, 'turn')}"
    elif settings.turns > 1:
        used_up = f"Gave up after {_count(last, 'turn')}"
    else:
        used_up = "The edit was not accepted" if len(made) == 1 else "No candidate was accepted"
    return {
        "accepted": f"Accepted{at}",
        "unchanged": f"Gave up{at} because the thinker had no better prompt",
        "max_turns": used_up,
        "no_gain": f"Gave up{at} because the scores stopped rising",
        "budget": f"Stopped{at} because the budget was used up",
        "unparsable": f"Stopped{at} because the thinker's reply could not be read",
        "editor_failed": f"Stopped{at} because {editor}",
        "thinker_failed": f"Stopped{at} because the thinker failed",
        "stopped": f"Stopped by hand{at}",
    }[record.stop_reason]


def _is_refused(record: RunRecord) -> bool:
    return bool(record.turns) and record.turns[-1].failure == "refused"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
