"""Worst and best samples of a sweep, all turns side by side."""

from collections.abc import Iterator
from heapq import nlargest, nsmallest
from statistics import mean
from typing import TYPE_CHECKING

from editthinker.evals.benchmarks.base import Benchmark
from editthinker.evals.records import Record
from editthinker.evals.scores import ScoreLine
from editthinker.evals.summary import LOOPS, Summary
from editthinker.graph.page.markup import Html, quoted, tag
from editthinker.graph.page.preview import make_preview
from editthinker.graph.state import Attempt, best_attempt, overall
from editthinker.tools.blobs import BlobStore

if TYPE_CHECKING:
    from editthinker.evals.session import RunFolder

SHOWN = 3
"""Samples of each kind, for each cell."""

SIDE = 240
"""Pixels of the longer side of a picture."""

MAX_TEXT = 300


def show_extremes(folder: "RunFolder", summary: Summary, benchmark: Benchmark) -> Iterator[Html]:
    """Show the samples with the lowest and the highest scores of each loop."""
    blobs = folder.blobs
    cells = dict.fromkeys(f"{row.editor}|{row.thinker}|{row.mode}" for row in summary.rows)
    loops = [cell for cell in cells if cell.split("|")[2] in LOOPS] or list(cells)[:2]
    for cell in loops:
        scored = [
            (value, record["sample"])
            for record in folder.records.latest()
            if record["cell"] == cell and (value := sample_value(benchmark, record)) is not None
        ]
        worst = nsmallest(SHOWN, scored)
        best = [each for each in nlargest(SHOWN, scored) if each not in worst]
        wanted = {sample: value for value, sample in (*worst, *best)}
        found = {
            record["sample"]: record
            for record in folder.records.latest()
            if record["cell"] == cell and record["sample"] in wanted
        }
        for title, group in (("worst", worst), ("best", best)):
            if group:
                yield tag("h3", f"{cell.replace('|', ', ')}: {title}")
            for value, sample in group:
                yield _sample(found[sample], value, blobs)


def sample_value(benchmark: Benchmark, record: Record) -> float | None:
    """Return the benchmark's value of a sample's result; None if it has none."""
    scores = _judged(record, best_attempt(record["attempts"]))
    if not scores:
        return None
    line = ScoreLine(
        id=record["id"],
        category=record["category"],
        language=record["language"],
        consistency_free=record["consistency_free"],
        scores=scores,
    )
    values = benchmark.read(line, "strict")
    for name in ("O", "score"):
        if name in values:
            return values[name]
    known = [value for value in values.values() if value is not None]
    return mean(known) if known else None


def _judged(record: Record, attempt: Attempt | None) -> dict[str, object] | None:
    image = attempt["image"] if attempt else None
    judged = record["judged"].get(image["sha256"]) if image else None
    return judged["scores"] if judged else None  # type: ignore[return-value]


def _sample(record: Record, value: float, blobs: BlobStore) -> Html:
    chosen = best_attempt(record["attempts"])
    source = record["source"]
    preview = make_preview(source, blobs, SIDE) if source else None
    figures = [
        tag("figure", _image(preview.uri if preview else None, "source"), _caption("source"))
    ]
    figures += [
        _figure(record, attempt, attempt is chosen, blobs) for attempt in record["attempts"]
    ]
    return tag(
        "div",
        tag("p", quoted(record["instruction"], "strong")),
        tag(
            "p",
            f"{record['sample']} · {value:.2f} · ended by {record['stop_reason']}",
            class_="soft",
        ),
        tag("div", figures, class_="turns"),
        class_="sample",
    )


def _figure(record: Record, attempt: Attempt, is_chosen: bool, blobs: BlobStore) -> Html:
    preview = make_preview(attempt["image"], blobs, SIDE) if attempt["image"] else None
    score = overall(attempt)
    thinker = "" if score is None else f"thinker {score:.1f}"
    judged = _judged(record, attempt) or {}
    judge = ", ".join(
        f"{name} {value:.1f}" if isinstance(value, int | float) else f"{name} {value}"
        for name, value in judged.items()
    )
    title = f"turn {attempt['turn']}" + (", chosen" if is_chosen else "")
    return tag(
        "figure",
        _image(preview.uri if preview else None, title, attempt["error"] or "no image"),
        _caption(title, thinker, judge, attempt["prompt"]),
        class_="chosen" if is_chosen else None,
    )


def _image(uri: str | None, alt: str, problem: str = "missing") -> Html:
    if uri:
        return tag("img", src=uri, alt=alt)
    return tag("div", problem[:MAX_TEXT], class_="none")


def _caption(title: str, *lines: str) -> Html:
    texts = [tag("div", quoted(line[:MAX_TEXT])) for line in lines if line]
    return tag("figcaption", tag("strong", title), texts)
