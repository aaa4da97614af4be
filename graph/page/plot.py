"""The scores of a run as an inline SVG.

Places along the x axis are percentages and sizes are pixels, so that the plot fills any width while
its text keeps its size.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from editthinker.graph.context import settings_of
from editthinker.graph.page.markup import Html, join, tag
from editthinker.graph.page.verdict import (
    find_winner,
    leading,
    place_of,
    scores_of,
)
from editthinker.graph.record import RunRecord, TurnRecord

HEIGHT = 200
"""Of the plot, in pixels."""

MOST_TICKS = 12
"""Columns that are all labelled; of more, some are."""

SPREAD = 0.7
"""Share of a column over which its candidates lie."""


class Series(NamedTuple):
    """One score, turn by turn."""

    name: str
    score: Callable[[TurnRecord], float | None]
    mark: Callable[[str, float], Html]
    """Draws a point at x (a percentage) and y (pixels)."""


class Column(NamedTuple):
    """What stands above one label of the x axis."""

    label: int
    turns: tuple[TurnRecord, ...]


def _disc(x: str, y: float) -> Html:
    return tag("circle", cx=x, cy=y, r=5)


def _square(x: str, y: float) -> Html:
    corner = tag("rect", x=-4, y=-4, width=8, height=8, transform="rotate(45)")
    return tag("svg", corner, x=x, y=y, overflow="visible")


def _bullet(x: str, y: float) -> Html:
    return tag("circle", cx=x, cy=y, r=4)


SERIES = (
    Series("semantic", lambda turn: turn.semantic, _bullet),
    Series("quality", lambda turn: turn.quality, _square),
    Series("overall", lambda turn: turn.overall, _disc),
)


def plot_scores(record: RunRecord) -> Html | None:
    """Draw semantic, quality and overall score; None if nothing was scored.

    A single turn of several candidates has one column per candidate, else there is one per turn,
    whose lines go through the candidate with the highest overall score. Where a score is missing,
    the line has a gap.
    """
    if all(turn.semantic is None and turn.quality is None for turn in record.turns):
        return None
    by_turn = sorted({turn.turn for turn in record.turns})
    if len(by_turn) == 1 and len(record.turns) > 1:
        of, columns = "candidate", [Column(t.candidate + 1, (t,)) for t in record.turns]
    else:
        of = "turn"
        columns = [
            Column(number, tuple(t for t in record.turns if t.turn == number)) for number in by_turn
        ]
    figure = tag(
        "svg",
        _axes(columns, of),
        _winning_column(columns, record),
        _thresholds(record),
        _lines(columns) if of == "turn" else None,
        (_points(i, columns, record) for i in range(len(columns))),
        role="group",
        aria_label=f"Scores by {of}",
        width="100%",
        height=HEIGHT + 40,
    )
    caption = tag("figcaption", _legend(columns, record))
    size = " few" if len(columns) < 6 else " many" if len(record.turns) > 24 else ""
    return tag("figure", tag("div", figure, class_=f"plot{size}"), caption)


def _y(score: float) -> float:
    return round(HEIGHT * (1 - min(max(score, 0.0), 10.0) / 10), 1)


def _x(column: int, columns: Sequence[Column], offset: float = 0.0) -> str:
    return f"{100 * (column + 0.5 + offset) / len(columns):.2f}%"


def _axes(columns: Sequence[Column], of: str) -> Iterator[Html]:
    for score in range(0, 11, 2):
        yield tag("line", x1="0", x2="100%", y1=_y(score), y2=_y(score), class_="grid")
        yield tag("text", str(score), x=-10, y=_y(score), dy="0.35em", class_="tick y")
    step = -(-len(columns) // MOST_TICKS)
    for i, column in enumerate(columns):
        if i % step == 0:
            yield tag("text", str(column.label), x=_x(i, columns), y=HEIGHT + 18, class_="tick x")
    yield tag("text", of, x="50%", y=HEIGHT + 36, class_="tick x")


def _winning_column(columns: Sequence[Column], record: RunRecord) -> Html | None:
    winner = find_winner(record)
    for i, column in enumerate(columns):
        if winner in column.turns and len(columns) > 1:
            left, width = f"{100 * i / len(columns):.2f}%", f"{100 / len(columns):.2f}%"
            return tag("rect", x=left, y=0, width=width, height=HEIGHT, class_="column")
    return None


def _thresholds(record: RunRecord) -> Iterator[Html]:
    settings = settings_of(record.settings)
    asked = {"semantic": settings.accept_semantic, "quality": settings.accept_quality}
    shared = settings.accept_semantic == settings.accept_quality
    for name, score in list(asked.items())[: 1 if shared else 2]:
        y = _y(score)
        series = "" if shared else f" {name}"
        yield tag("line", x1="0", x2="100%", y1=y, y2=y, class_=f"asked{series}")


def _lines(columns: Sequence[Column]) -> Iterator[Html]:
    """Join neighbouring turns that both have the score."""
    heads = [leading(column.turns) or column.turns[0] for column in columns]
    for series in SERIES:
        for i in range(len(columns) - 1):
            start, end = series.score(heads[i]), series.score(heads[i + 1])
            if start is not None and end is not None:
                yield tag(
                    "line",
                    x1=_x(i, columns, _offset(heads[i], columns[i])),
                    x2=_x(i + 1, columns, _offset(heads[i + 1], columns[i + 1])),
                    y1=_y(start),
                    y2=_y(end),
                    class_=f"line {series.name}",
                )


def _offset(turn: TurnRecord, column: Column) -> float:
    """Return how far a candidate lies from the middle of its column, as a share of its width."""
    size = len(column.turns)
    return SPREAD * (column.turns.index(turn) - (size - 1) / 2) / size


def _points(i: int, columns: Sequence[Column], record: RunRecord) -> Iterator[Html]:
    column, winner = columns[i], find_winner(record)
    head = leading(column.turns)
    for turn in sorted(column.turns, key=lambda t: t is head):
        x = _x(i, columns, _offset(turn, column))
        shown = SERIES if head in (turn, None) else SERIES[2:]
        marks = [
            tag("g", series.mark(x, _y(score)), class_=f"point {series.name}")
            for series in shown
            if (score := series.score(turn)) is not None
        ]
        if not marks:
            marks = [tag("text", "×", x=x, y=HEIGHT - 6, class_="unscored")]
        score = turn.overall
        if turn == winner and score is not None:
            marks.append(tag("circle", cx=x, cy=_y(score), r=9, class_="ring"))
            top = min(_y(s) for s in (turn.semantic, turn.quality) if s is not None)
            marks.append(tag("text", f"{score:.1f}", x=x, y=top - 14, class_="value"))
        place = place_of(turn, record)
        said = f"{place[0].upper()}{place[1:]}: {scores_of(turn)}"
        yield tag(
            "a",
            tag("title", said),
            marks,
            href=f"#t{turn.turn}c{turn.candidate}",
            aria_label=said,
            class_=None if head in (turn, None) else "other",
        )


def _legend(columns: Sequence[Column], record: RunRecord) -> Iterator[Html]:
    settings = settings_of(record.settings)
    for series in SERIES:
        mark = tag("g", series.mark("50%", 7), class_=f"point {series.name}")
        line = tag("line", x1="0", x2="100%", y1=7, y2=7, class_=f"line {series.name}")
        yield _key(line, mark, series.name)
    if any(len(column.turns) > 1 for column in columns):
        other = tag("g", tag("g", _disc("50%", 7), class_="point overall"), class_="other")
        yield _key(other, None, "overall of other candidates")
    if any(t.semantic is None and t.quality is None for t in record.turns):
        yield _key(tag("text", "×", x="50%", y=12, class_="unscored"), None, "not scored")
    wanted = f"asked: semantic {settings.accept_semantic:g}, quality {settings.accept_quality:g}"
    yield _key(tag("line", x1="0", x2="100%", y1=7, y2=7, class_="asked"), None, wanted)


def _key(first: Html, second: Html | None, label: str) -> Html:
    drawing = tag("svg", first, second, width=28, height=14, aria_hidden="true")
    return tag("span", join(drawing, " ", label), class_="key")
