"""The page of a sweep: one file, nothing loaded from elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

from editthinker.evals.aggregate import Estimate
from editthinker.evals.benchmarks.base import Benchmark
from editthinker.evals.charts import Point, curve_chart
from editthinker.evals.gallery import show_extremes
from editthinker.evals.summary import LOOPS, Row, Summary
from editthinker.evals.tables import interval, number, with_interval
from editthinker.graph.page.markup import Html, tag

if TYPE_CHECKING:
    from editthinker.evals.session import RunFolder

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def write_report(folder: "RunFolder", summary: Summary, benchmark: Benchmark) -> None:
    """Write `report.html`, atomically."""
    styles = (files("editthinker.evals") / "report.css").read_text("utf-8")
    body = tag(
        "body",
        tag(
            "h1", f"{summary.benchmark}: {', '.join(dict.fromkeys(r.editor for r in summary.rows))}"
        ),
        _facts(summary),
        _notes(summary),
        tag("h2", "Results"),
        tag("p", _how_to_read(summary), class_="soft"),
        _table(summary),
        _equal_calls(summary),
        tag("h2", f"{summary.headline} against edits per sample"),
        tag(
            "p",
            "Each dot is a limit of turns (loops) or of candidates (best-of-n), all from one run.",
            class_="soft",
        ),
        [_curves(summary, editor, thinker) for editor, thinker in _pairs(summary)],
        tag("h2", "By category"),
        [_categories(summary, editor, thinker) for editor, thinker in _pairs(summary)],
        tag("h2", "Worst and best samples"),
        show_extremes(folder, summary, benchmark),
        tag("h2", "What failed"),
        _failures(summary),
        tag("h2", "Settings"),
        tag("pre", folder.config.read_text(encoding="utf-8")),
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        tag("link", rel="icon", href="data:,"),
        tag("title", f"{summary.benchmark} · EditThinker"),
        tag("style", Html(styles)),
    )
    fresh = folder.path / ".report.html.new"
    page = Html("<!doctype html>\n") + tag("html", head, body, lang="en")
    fresh.write_text(page, encoding="utf-8")
    fresh.replace(folder.report)


def _facts(summary: Summary) -> Html:
    judge = (
        "not judged"
        if summary.judge == "none"
        else f"judge {summary.judge_model}, rubrics: {summary.rubrics}"
    )
    return tag(
        "p",
        f"{summary.n_samples:,} samples · {judge} · {summary.judge_calls:,} calls of the judge, "
        f"{summary.judge_tokens:,} tokens · ${summary.cost_usd:.2f} in all · "
        f"{summary.wall_s:.0f} s · {summary.n_failed} failed, {summary.n_open} open",
        class_="soft",
    )


def _notes(summary: Summary) -> Html | None:
    notes = ([summary.stopped] if summary.stopped else []) + summary.warnings
    notes += [
        f"{name}: the judge's passes differ by {value:.2f} on average (standard deviation)"
        for name, value in summary.spread.items()
    ]
    notes += [
        f"{name}: {each.n} images judged twice differ by {each.difference:+.2f} on average, "
        f"standard deviation {each.sd:.2f}"
        for name, each in summary.drift.items()
    ]
    return tag("div", [tag("p", note) for note in notes], class_="warnings") if notes else None


def _how_to_read(summary: Summary) -> str:
    return (
        f"{summary.headline} is the benchmark's official mean, with a 95 % bootstrap interval over "
        "samples. Gain is against one edit of the same editor, paired by sample. Missing (no edit "
        "or no judgement) and unparsed samples are counted and never scored."
    )


def _estimate(row: Row, metric: str) -> Estimate | None:
    table = next(iter(row.aggregate.tables.values()), None)
    return table.overall.get(metric) if table else None


def _table(summary: Summary) -> Html:
    mean = ("turns", "edits", "thoughts", summary.headline, "95 %")
    counts = ("scored", "missing", "unparsed")
    others = _other_metrics(summary)
    head = tag(
        "tr",
        [tag("th", name, class_="name") for name in ("editor", "thinker", "mode")],
        [tag("th", name) for name in (*mean, *counts, "gain", "95 %", *others, "$", "ended by")],
    )
    return tag(
        "div",
        tag("table", head, [_line(summary, row, others) for row in summary.rows]),
        class_="wide",
    )


def _other_metrics(summary: Summary) -> list[str]:
    names = {
        name: None
        for row in summary.rows
        for table in row.aggregate.tables.values()
        for name in table.overall
        if name != summary.headline
    }
    return list(names)


def _line(summary: Summary, row: Row, others: Sequence[str]) -> Html:
    each = _estimate(row, summary.headline)
    gain = row.gain.get(summary.headline)
    counts = each or row.aggregate
    ended = ", ".join(f"{name} {n}" for name, n in sorted(row.stop_reasons.items()))
    refused = row.aggregate.refused and summary.judge != "none"
    return tag(
        "tr",
        [tag("td", name, class_="name") for name in (row.editor, row.thinker, row.mode)],
        tag("td", str(row.max_turns)),
        tag("td", f"{row.edits:.2f}"),
        tag("td", f"{row.thoughts:.2f}"),
        tag("td", tag("strong", number(each.value) if each else "refused" if refused else "-")),
        tag("td", interval(each) if each else ""),
        tag("td", f"{counts.n_scored}/{counts.n_expected}"),
        tag("td", str(counts.n_missing)),
        tag("td", str(counts.n_unparsed)),
        tag("td", number(gain.value) if gain else "", class_=_direction(gain)),
        tag("td", interval(gain) if gain else ""),
        [tag("td", number(found.value) if (found := _estimate(row, m)) else "") for m in others],
        tag("td", f"{row.cost_usd:.2f}"),
        tag("td", ended, class_="name"),
    )


def _direction(gain: Estimate | None) -> str | None:
    """Colour only what the interval supports."""
    if gain is None or gain.low is None or gain.high is None:
        return None
    return "up" if gain.low > 0 else "down" if gain.high < 0 else None


def _equal_calls(summary: Summary) -> Iterator[Html]:
    for row in summary.rows:
        if each := row.against_equal_calls.get(summary.headline):
            sure = each.low is not None and each.high is not None and not each.low <= 0 <= each.high
            yield tag(
                "p",
                f"{row.editor}, {row.mode} against best-of-n with as many edits for each sample: "
                f"{with_interval(each)}{'' if sure else ', which may be chance'}.",
            )


def _pairs(summary: Summary) -> list[tuple[str, str]]:
    return list(dict.fromkeys((row.editor, row.thinker) for row in summary.rows))


def _curves(summary: Summary, editor: str, thinker: str) -> Html | None:
    series: dict[str, list[Point]] = {}
    for row in summary.curves:
        each = _estimate(row, summary.headline)
        if (row.editor, row.thinker) != (editor, thinker) or each is None or each.value is None:
            continue
        label = f"{row.mode}, at most {row.max_turns}: {with_interval(each)}"
        point = Point(row.edits, each.value, each.low, each.high, label)
        series.setdefault(row.mode, []).append(point)
    chart = curve_chart(series, "edits per sample", summary.headline)
    if chart is None:
        return None
    return tag("section", tag("h3", f"{editor}, {thinker}"), tag("div", chart, class_="wide"))


def _categories(summary: Summary, editor: str, thinker: str) -> Html | None:
    rows = [
        row
        for row in summary.rows
        if (row.editor, row.thinker) == (editor, thinker) and row.aggregate.tables
    ]
    if not rows:
        return None
    first = next(iter(rows[0].aggregate.tables.values()))
    name = next((n for metrics in first.categories.values() for n in _by_rank(metrics)), None)
    if name is None:
        return None
    base = next((row for row in rows if row.mode in LOOPS.values()), rows[0])
    loop = next((row for row in rows if row.mode in LOOPS), None)
    lines = []
    for category in first.categories:
        values = {row.mode: _category(row, category, name) for row in rows}
        before, after = values[base.mode], values[loop.mode] if loop else None
        gain = after - before if before is not None and after is not None else None
        size = first.categories[category][name].n_expected
        lines.append(
            tag(
                "tr",
                tag("td", category),
                tag("td", str(size)),
                [tag("td", number(value)) for value in values.values()],
                tag("td", f"{gain:+.2f}" if gain is not None else ""),
            )
        )
    head = [tag("th", text) for text in ("category", "n", *(row.mode for row in rows), "gain")]
    title = tag("h3", f"{editor}, {thinker}: mean {name}")
    return tag("section", title, tag("div", tag("table", tag("tr", head), lines), class_="wide"))


def _by_rank(metrics: Mapping[str, Estimate]) -> list[str]:
    """Order a category's values, those that sum up a sample first."""
    first = [name for name in ("O", "score", "accuracy") if name in metrics]
    return [*first, *(name for name in metrics if name not in first)]


def _category(row: Row, category: str, name: str) -> float | None:
    table = next(iter(row.aggregate.tables.values()))
    return table.categories.get(category, {}).get(name, Estimate()).value


def _failures(summary: Summary) -> Html:
    if not summary.errors:
        return tag("p", "Nothing.", class_="soft")
    lines = [
        tag("tr", tag("td", e, class_="text"), tag("td", str(n))) for e, n in summary.errors.items()
    ]
    head = tag("tr", tag("th", "what"), tag("th", "samples"))
    return tag("div", tag("table", head, lines), class_="wide")
