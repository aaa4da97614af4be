"""A person's decision between two turns, asked for in the terminal."""

import queue
import re
import sys
import threading
from collections.abc import Callable
from typing import TextIO

from rich.console import Console
from rich.text import Text

from editthinker.graph.instruction import check_instruction
from editthinker.graph.review import ReviewAnswer, ReviewPayload
from editthinker.graph.state import Attempt
from editthinker.tools.errors import ConfigError
from editthinker.tools.plain import plain_text, printable_text

HELP = (
    "[enter] let the loop decide   a accept   a 2 accept turn 2   s stop   "
    "or write what to try instead"
)

TIMEOUT_S = 600.0
"""How long a terminal waits for a person before it stops the loop."""


def ask_reviewer(
    payload: ReviewPayload,
    *,
    console: Console | None = None,
    lines: TextIO | None = None,
    timeout_s: float = TIMEOUT_S,
) -> ReviewAnswer:
    """Show a turn and return what the person decides, as `Command(resume=...)` takes it.

    Without an answer in time, or at the end of the input, the answer is `stop`, which keeps the
    best edit so far. Call it from a worker thread, and with no live display on the console.

    Args:
        payload: What the loop's interrupt carries.
        console: Where to ask.
        lines: Where answers come from; by default the terminal.
        timeout_s: How long to wait.
    """
    console = console or Console(stderr=True)
    console.print(describe_turn(payload))
    console.print(HELP, style="dim", markup=False, highlight=False)
    while line := read_line((lines or sys.stdin).readline, timeout_s):
        try:
            return read_answer(line)
        except ConfigError as exc:
            console.print(str(exc), style="red", markup=False, highlight=False)
    if line is None:
        console.print(f"no answer in {timeout_s:g} s: stopping with the best edit so far")
    return ReviewAnswer(action="stop")


def read_answer(line: str) -> ReviewAnswer:
    """Understand a typed answer; what is no command is a prompt.

    Raises:
        ConfigError: if the prompt is too long, or holds the code of a key such as an arrow.
    """
    typed = plain_text(line)
    if typed.lower() in ("", "c", "continue"):
        return ReviewAnswer(action="continue")
    if typed.lower() in ("s", "stop", "q", "quit"):
        return ReviewAnswer(action="stop")
    if accepted := re.fullmatch(r"(?:a|accept)(?:\s+(\d+)(?:[.\s]+(\d+))?)?", typed, re.IGNORECASE):
        turn, candidate = accepted.groups()
        return ReviewAnswer(
            action="accept",
            turn=max(1, int(turn)) if turn else None,
            candidate=max(1, int(candidate)) - 1 if candidate else 0,
        )
    return ReviewAnswer(action="prompt", prompt=check_instruction(typed))


def describe_turn(payload: ReviewPayload) -> Text:
    """Say what the turn made and what would come next."""
    text = Text()
    if payload["error"]:
        text.append(f"{payload['error']}\n", style="red")
    for attempt in payload["attempts"]:
        if attempt["turn"] == payload["turn"]:
            text.append(f"turn {_place(attempt)}: ", style="bold")
            text.append(f"{_scores(attempt)}\n")
            said = printable_text(attempt["error"] or attempt["reasoning"])
            text.append(f"  {said}\n", style="dim")
    text.append("next: ", style="bold")
    text.append(printable_text(payload["next_prompt"]))
    return text


def read_line(readline: Callable[[], str], timeout_s: float) -> str | None:
    """Read a line, or return None if none comes in time; empty at the end of the input."""
    answers: queue.Queue[str] = queue.Queue()

    def wait() -> None:
        try:
            answers.put(readline())
        except (OSError, ValueError):  # a closed terminal
            answers.put("")

    # A daemon, because nothing can wake a thread that waits for a keyboard.
    threading.Thread(target=wait, daemon=True).start()
    try:
        return answers.get(timeout=timeout_s)
    except queue.Empty:
        return None


def _place(attempt: Attempt) -> str:
    candidate = attempt["candidate"]
    return f"{attempt['turn']}.{candidate + 1}" if candidate else str(attempt["turn"])


def _scores(attempt: Attempt) -> str:
    if attempt["semantic"] is None or attempt["quality"] is None:
        return "not scored"
    return f"semantic {attempt['semantic']:.1f}, quality {attempt['quality']:.1f} of 10"
