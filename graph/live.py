"""What a person sees in the terminal while the loop works."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from editthinker.graph.events import Event
from editthinker.graph.state import Attempt, merge_attempts
from editthinker.tools.plain import printable_text


class View(Protocol):
    """Shows events; a context manager around the run."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def show(self, event: Event) -> None:
        """Show one event."""
        ...

    def paused(self) -> AbstractContextManager[None]:
        """Leave the terminal to somebody else for a while."""
        ...


def open_view(console: Console) -> View:
    """Return a live table on a terminal, else plain lines."""
    return LiveView(console) if console.is_terminal else PlainView(console)


def describe_attempt(attempt: Attempt) -> str:
    """Say in one line what came of an attempt."""
    if attempt["error"]:
        return attempt["error"]
    if attempt["semantic"] is None or attempt["quality"] is None:
        return attempt["reasoning"] or "not scored"
    scores = f"semantic {attempt['semantic']:.1f}, quality {attempt['quality']:.1f}"
    return f"{scores}. {attempt['reasoning']}".strip()


class PlainView:
    """One line per event, for pipes and logs."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def paused(self) -> AbstractContextManager[None]:
        """Do nothing: lines do not move."""
        return nullcontext()

    def show(self, event: Event) -> None:
        """Print what a reader of a log wants to know."""
        if event["event"] == "planned":
            self._say(f"plan: {event['prompt']}")
        elif event["event"] == "edit_started":
            task = event["task"]
            self._say(
                f"{_place(task['turn'], task['candidate'])}: {task['editor']}: {task['prompt']}"
            )
        elif event["event"] == "critique_finished" or (
            event["event"] == "edit_finished" and event["attempt"]["error"]
        ):
            attempt = event["attempt"]
            place = _place(attempt["turn"], attempt["candidate"])
            self._say(f"{place}: {describe_attempt(attempt)}")

    def _say(self, line: str) -> None:
        self._console.print(printable_text(line), markup=False, highlight=False, soft_wrap=True)


class LiveView:
    """A table that fills up, with a spinner for what is under way."""

    def __init__(self, console: Console) -> None:
        self._attempts: list[Attempt] = []
        self._doing = "looking at the photo"
        self._live = Live(console=console, refresh_per_second=8, get_renderable=self._render)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._doing = ""
        self._live.stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take the table away and put it back."""
        self._live.stop()
        yield
        self._live.start()

    def show(self, event: Event) -> None:
        """Update the table."""
        if event["event"] == "planned":
            self._doing = "planned"
        elif event["event"] == "edit_started":
            task = event["task"]
            place = _place(task["turn"], task["candidate"])
            self._doing = f"{place}: {task['editor']} edits: {task['prompt']}"
        elif event["event"] == "edit_step":
            place = _place(event["turn"], event["candidate"])
            self._doing = f"{place}: step {event['step']} of {event['steps']}"
        elif event["event"] == "critique_started":
            self._doing = f"turn {event['turn']}: the thinker looks at it"
        elif event["event"] == "selected":
            self._doing = ""
        else:
            self._attempts = merge_attempts(self._attempts, [event["attempt"]])

    def _render(self) -> Table:
        table = Table(box=None, pad_edge=False)
        for column in ("turn", "editor", "semantic", "quality"):
            table.add_column(column, style="dim" if column == "editor" else "")
        table.add_column("prompt and what the thinker says", ratio=1)
        for a in self._attempts:
            said = Text(printable_text(a["prompt"]))
            remark = printable_text(a["error"] or a["reasoning"])
            if remark:
                said.append(f"\n{remark}", style="red" if a["error"] else "dim")
            turn = f"{a['turn']}.{a['candidate'] + 1}" if a["candidate"] else str(a["turn"])
            table.add_row(turn, a["editor"], _score(a["semantic"]), _score(a["quality"]), said)
        if self._doing:
            table.add_row(
                Spinner("dots"), "", "", "", Text(printable_text(self._doing), style="italic")
            )
        return table


def _place(turn: int, candidate: int) -> str:
    return f"turn {turn}, candidate {candidate + 1}" if candidate else f"turn {turn}"


def _score(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
