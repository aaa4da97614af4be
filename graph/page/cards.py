"""Source and turns side by side."""

from collections.abc import Iterator, Mapping
from typing import Literal

from editthinker.graph.context import settings_of
from editthinker.graph.page.markup import Html, join, quoted, tag
from editthinker.graph.page.preview import Preview
from editthinker.graph.page.prompt_diff import diff_prompts
from editthinker.graph.page.verdict import (
    find_winner,
    is_accepted,
    place_of,
)
from editthinker.graph.record import RunRecord, TurnRecord
from editthinker.graph.state import PromptBy

WROTE: Mapping[PromptBy, str] = {
    "user": "your words",
    "plan": "planned by the thinker",
    "thinker": "refined by the thinker",
    "person": "written by a person",
}
"""Who wrote a prompt, in words."""

FAILED: Mapping[str, str] = {
    "refused": "The editor refused",
    "editor": "The editor failed",
    "thinker": "The thinker failed",
    "unparsable": "The thinker's reply could not be read",
}
"""What went wrong, in words."""

TINY = 160
"""Pixels of the longer side below which a picture is shown with crisp pixels."""

MARKS = {
    "done": ("✓", "done"),
    "partly": ("◐", "partly"),
    "not": ("✕", "open"),
    None: ("–", "open"),
}
"""How each mark of a checklist is shown."""

LONG_REASONING = 360
"""Characters above which reasoning is folded."""

Previews = Mapping[str, Preview | None]
"""By SHA-256; None where the picture could not be read."""


def image_of(preview: Preview, alt: str, **attributes: str) -> Html:
    """Show a picture; transparency lies on a checkerboard."""
    classes = [
        name
        for name, holds in (
            ("alpha", preview.has_alpha),
            ("tiny", max(preview.width, preview.height) < TINY),
        )
        if holds
    ]
    return tag(
        "img",
        src=preview.uri,
        alt=alt,
        width=preview.width,
        height=preview.height,
        class_=" ".join(classes) or None,
        **attributes,
    )


def show_turns(record: RunRecord, previews: Previews) -> Html:
    """Show the source, then every edit, in a grid; several candidates of a turn in one each."""
    numbers = sorted({turn.turn for turn in record.turns})
    source = _source_card(record, previews)
    if len(numbers) == len(record.turns):
        cards = [_card(turn, record, previews, level="h3") for turn in record.turns]
        return tag("div", source, cards, class_="sheet few" if len(cards) < 3 else "sheet")
    groups = []
    for number in numbers:
        of_turn = [turn for turn in record.turns if turn.turn == number]
        cards = [_card(turn, record, previews, level="h4") for turn in of_turn]
        heading = tag("h3", f"Turn {number}")
        first = source if number == numbers[0] else None
        grid = tag("div", first, cards, class_="sheet")
        groups.append(tag("section", heading, _prompt(of_turn[0], record), grid, class_="turn"))
    return join(groups)


def _source_card(record: RunRecord, previews: Previews) -> Html:
    ref = record.source
    lines = [tag("p", f"{ref['width']} × {ref['height']} pixels", class_="meta")]
    if record.source_note:
        lines.append(quoted(record.source_note, "p", class_="meta"))
    frame = _frame(previews[ref["sha256"]], "The photo before editing", "the photo is missing")
    return tag("article", frame, tag("div", tag("h3", "Source"), lines), class_="card source")


def _card(
    turn: TurnRecord, record: RunRecord, previews: Previews, *, level: Literal["h3", "h4"]
) -> Html:
    place = place_of(turn, record)
    won = turn == find_winner(record)
    title = place[0].upper() + place[1:] if level == "h3" else f"Candidate {turn.candidate + 1}"
    preview = previews[turn.image["sha256"]] if turn.image else None
    missing = "the picture is missing" if turn.image else "no picture was made"
    frame = _frame(preview, f"The edit of {place}", missing, place)
    body = [
        tag("header", tag(level, title), _badges(turn, record)),
        _prompt(turn, record) if level == "h3" else None,
        _scores(turn, record),
        _problem(turn),
        _checklist(turn),
        _reasoning(turn),
        quoted("\n".join(turn.notes), "p", class_="note") if turn.notes else None,
        _facts(turn),
    ]
    return tag(
        "article",
        frame,
        tag("div", body),
        id=f"t{turn.turn}c{turn.candidate}",
        class_="card winner" if won else "card",
    )


def _frame(preview: Preview | None, alt: str, missing: str, place: str | None = None) -> Html:
    if preview is None:
        return tag("div", tag("p", missing), class_="frame empty")
    button = place and tag(
        "button",
        "Compare",
        type="button",
        hidden=True,
        aria_label=f"Compare {place} with the photo",
    )
    return tag("div", image_of(preview, alt), button, class_="frame", data_place=place)


def _badges(turn: TurnRecord, record: RunRecord) -> Iterator[Html]:
    if turn == find_winner(record):
        yield tag("span", "★ Result", class_="badge result")
    if is_accepted(turn, settings_of(record.settings)):
        yield tag("span", "✓ Accepted", class_="badge good")
    if turn.image is None:
        yield tag("span", "✕ No edit", class_="badge bad")
    elif turn.overall is None:
        yield tag("span", "– Not scored", class_="badge")


def _prompt(turn: TurnRecord, record: RunRecord) -> Html:
    """Show a prompt as the changes from the one before: of the last turn, or the user's own."""
    earlier = [t for t in record.turns if t.turn < turn.turn]
    old = earlier[-1].prompt if earlier else record.instruction
    against = f"turn {earlier[-1].turn}" if earlier else "your words"
    by = WROTE[turn.prompt_by]
    if old.split() == turn.prompt.split():
        same = "your words" if old == record.instruction else f"as in {against}"
        shown, label = join(turn.prompt), same
    elif marked := diff_prompts(old, turn.prompt):
        shown, label = marked, f"{by}, against {against}"
    else:
        shown, label = join(turn.prompt), f"{by}, all new"
    return tag(
        "div",
        tag("p", "Prompt ", tag("small", label), class_="label"),
        tag("p", shown, dir="auto", class_="prompt"),
    )


def _scores(turn: TurnRecord, record: RunRecord) -> Html | None:
    settings = settings_of(record.settings)
    rows = [
        _score("semantic", turn.semantic, settings.accept_semantic),
        _score("quality", turn.quality, settings.accept_quality),
        _score("overall", turn.overall, None),
    ]
    return tag("dl", rows, class_="scores") if any(rows) else None


def _score(name: str, score: float | None, asked: float | None) -> Html | None:
    if score is None:
        return None
    at = f"{asked * 10:g}%" if asked is not None else None
    bar = tag(
        "svg",
        tag("rect", width="100%", height=6, rx=3, class_="track"),
        tag("rect", width=f"{score * 10:.1f}%", height=6, rx=3, class_=f"fill {name}"),
        at
        and tag(
            "line", tag("title", f"asked: {asked:g}"), x1=at, x2=at, y1=-3, y2=9, class_="goal"
        ),
        width="100%",
        height=6,
        aria_hidden="true",
    )
    return tag("div", tag("dt", name), tag("dd", f"{score:.1f}"), tag("dd", bar))


def _checklist(turn: TurnRecord) -> Html | None:
    """Show the thinker's list as it stands after this turn."""
    marks = []
    for mark in turn.checklist:
        sign, status = MARKS[mark["status"]]
        text = f"{sign} {mark['text']}" + (f": {mark['note']}" if mark["note"] else "")
        marks.append(quoted(text, "li", class_=status))
    return tag("ul", marks, class_="checklist") if marks else None


def _problem(turn: TurnRecord) -> Html | None:
    if not (turn.failure or turn.error):
        return None
    what = FAILED[turn.failure] if turn.failure else "Error"
    said = (": ", quoted(turn.error)) if turn.error else None
    return tag("p", tag("strong", what), said, class_="problem")


def _reasoning(turn: TurnRecord) -> Html | None:
    if not turn.reasoning.strip():
        return None
    text = quoted(turn.reasoning, "p", class_="reasoning")
    if len(turn.reasoning) <= LONG_REASONING:
        return tag("div", tag("p", "Reasoning", class_="label"), text)
    return tag("details", tag("summary", "Reasoning", class_="label"), text)


def _facts(turn: TurnRecord) -> Html:
    facts = [
        turn.editor,
        f"seed {turn.seed}",
        f"editing {duration(turn.edit_s)}",
        f"thinking {duration(turn.think_s)}" if turn.think_s else None,
        f"{turn.tokens:,} tokens" if turn.tokens else None,
        dollars(turn.cost_usd) if turn.cost_usd else None,
        f"reply mended: {'; '.join(turn.repairs)}" if turn.repairs else None,
    ]
    return tag("ul", (tag("li", quoted(fact)) for fact in facts if fact), class_="facts")


def duration(seconds: float) -> str:
    """Write a time for people."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


def dollars(cost: float) -> str:
    """Write an amount of US dollars for people."""
    return "$0" if cost == 0 else f"${cost:.4f}" if cost < 1 else f"${cost:,.2f}"
