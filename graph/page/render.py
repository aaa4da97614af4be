"""Put the page of a run together."""

import base64
import hashlib
import json
import math
from importlib import resources
from pathlib import PurePath
from string import Template

from editthinker.graph.context import settings_of
from editthinker.graph.page.cards import (
    Previews,
    dollars,
    duration,
    image_of,
    show_turns,
)
from editthinker.graph.page.markup import Child, Html, join, quoted, tag
from editthinker.graph.page.plot import plot_scores
from editthinker.graph.page.preview import make_preview
from editthinker.graph.page.verdict import (
    explain_choice,
    find_winner,
    judge_run,
    place_of,
)
from editthinker.graph.record import RunRecord
from editthinker.tools.blobs import BlobStore

LARGEST = 900
"""Pixels of the longer side of a preview; the source and the result always have them."""

SMALLEST = 240
"""Pixels of the longer side that a preview has in the longest runs."""

FULL_SIZED = 4
"""Edits that are all shown as large as the result; of more, each gets a smaller preview."""

FLATTEST = 3.0
"""Widest and, upside down, tallest shape of the box that both pictures are fitted into."""


def render_page(record: RunRecord, blobs: BlobStore) -> str:
    """Show a run as one HTML file that needs nothing else, not even a network.

    Pictures lie in it as previews, made smaller where they are large. A picture that is missing or
    broken is shown as missing.

    Args:
        record: The run.
        blobs: The store that holds its pictures.

    Raises:
        ConfigError: if the store cannot be read.
    """
    previews = _previews(record, blobs)
    styles = _asset("page.css") + f":root{{--shape:{_shape(record):.4f}}}\n"
    script = _asset("page.js")
    return Template(_asset("page.html")).substitute(
        policy=join(_policy(styles, script)),
        title=join(_shortened(record.instruction, 80)),
        styles=styles,
        script=script,
        headline=_headline(record),
        compare=join(_compare(record, previews)),
        scores=join(_scores(record)),
        turns=show_turns(record, previews),
        details=_details(record),
    )


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _policy(styles: str, script: str) -> str:
    """Allow our own style and script by their hashes, pictures inside the page, and no more."""
    return (
        f"default-src 'none'; img-src data:; style-src '{_hash(styles)}'; "
        f"script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _previews(record: RunRecord, blobs: BlobStore) -> Previews:
    edits = {turn.image["sha256"]: turn.image for turn in record.turns if turn.image}
    large = {record.source["sha256"]: record.source}
    if record.result:
        large[record.result.image["sha256"]] = record.result.image
    count = sum(turn.image is not None for turn in record.turns)
    share = FULL_SIZED / max(count, FULL_SIZED)
    side = max(SMALLEST, int(LARGEST * math.sqrt(share)))
    return {
        sha256: make_preview(ref, blobs, LARGEST if sha256 in large else side)
        for sha256, ref in {**edits, **large}.items()
    }


def _shape(record: RunRecord) -> float:
    """Return width by height of the box for both pictures: between their shapes."""
    after = record.result.image if record.result else record.source
    before = record.source
    both = (before["width"] / before["height"]) * (after["width"] / after["height"])
    return min(max(math.sqrt(both), 1 / FLATTEST), FLATTEST)


def _headline(record: RunRecord) -> Html:
    verdict = judge_run(record)
    usage, settings = record.usage, settings_of(record.settings)
    several = settings.candidates_per_turn > 1
    editors = list(dict.fromkeys(turn.editor for turn in record.turns)) or ["none"]
    names = join(quoted(editors[0]), ((", ", quoted(name)) for name in editors[1:]))
    facts: dict[str, Child] = {
        "Photo": record.source_file and quoted(PurePath(record.source_file).name),
        "Editor" if len(editors) == 1 else "Editors": names,
        "Thinker": quoted(str(record.settings.get("thinker", "none"))),
        "Mode": settings.mode,
        "Time": duration(usage.latency_s) + (", all candidates summed" if several else ""),
        "Cost": dollars(usage.cost_usd),
    }
    length = len(record.instruction)
    size = "long" if length > 220 else "medium" if length > 70 else None
    return join(
        quoted(record.instruction, "h1", class_=size),
        tag("p", verdict.sentence, class_=f"verdict {verdict.tone}"),
        quoted(record.error, "p", class_="problem") if record.error else None,
        tag(
            "dl",
            (tag("div", tag("dt", k), tag("dd", v)) for k, v in facts.items() if v),
            class_="summary",
        ),
    )


def _compare(record: RunRecord, previews: Previews) -> Html | None:
    winner = find_winner(record)
    before = previews[record.source["sha256"]]
    after = previews[record.result.image["sha256"]] if record.result else None
    if winner is None or before is None or after is None:
        return None
    place = place_of(winner, record)
    stage = tag(
        "div",
        tag("div", image_of(before, "The photo before editing"), class_="layer before"),
        tag("div", image_of(after, f"The edit of {place}"), class_="layer after"),
        tag("span", class_="divider"),
        tag(
            "input",
            type="range",
            min=0,
            max=100,
            step=1,
            value=50,
            aria_label="Divider between the photo and the edit",
        ),
        class_="stage",
    )
    caption = tag(
        "p",
        tag("span", "Before"),
        tag("span", "After: ", tag("span", place, id="shown")),
        class_="caption",
    )
    return tag("section", stage, caption, class_="compare", aria_label="Before and after")


def _scores(record: RunRecord) -> Html | None:
    plot, winner, why = plot_scores(record), find_winner(record), explain_choice(record)
    if len(record.turns) < 2:
        return None  # the one card says it all
    won = winner and join(tag("h3", f"★ The result is {place_of(winner, record)}"), tag("p", why))
    return tag(
        "section",
        tag("h2", "Scores"),
        tag(
            "div",
            plot or tag("p", "No edit was scored."),
            tag("div", won, class_="won") if won else None,
            class_="scores-at-a-glance",
        ),
    )


def _details(record: RunRecord) -> Html:
    usage = record.usage
    spent = {
        "edits": f"{usage.edits:,}",
        "thoughts": f"{usage.thoughts:,}",
        "tokens in": f"{usage.input_tokens:,}",
        "tokens out": f"{usage.output_tokens:,}",
        "cost": dollars(usage.cost_usd),
        "time": duration(usage.latency_s),
        "unreadable replies": f"{usage.format_failures:,}",
    }
    settings = {k: v if isinstance(v, str) else json.dumps(v) for k, v in record.settings.items()}
    tables = [
        tag("div", tag("h3", title), _table(rows), class_="block")
        for title, rows in (
            ("Usage", spent),
            ("Settings", settings),
            ("Versions", record.versions),
        )
        if rows
    ]
    links = [tag("a", "run.json", href="run.json")]
    if record.result and record.result.file:
        links.append(tag("a", record.result.file, href=f"./{record.result.file}"))
    return join(
        tag(
            "details",
            tag("summary", "Settings, versions and usage"),
            tag("div", tables, class_="blocks"),
        ),
        tag("p", "Beside this page: ", links[0], *((" · ", link) for link in links[1:])),
    )


def _table(rows: dict[str, str]) -> Html:
    return tag(
        "table",
        (tag("tr", tag("th", key, scope="row"), tag("td", quoted(v))) for key, v in rows.items()),
    )


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
