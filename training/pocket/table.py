"""The table of the pocket experiment, as data, as text and as a page."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from pydantic import BaseModel, ConfigDict, Field

from editthinker.training.pocket.answers import Answer
from editthinker.training.pocket.loops import Run
from editthinker.training.pocket.statistics import Mean, Values, average, difference, mean_of

STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:80rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    "td,th{padding:.3rem .8rem;border-bottom:1px solid #8884;text-align:left}pre{overflow:auto}"
)


CLAIMS = (
    ("SFT beats untrained", "SFT - untrained", "gain"),
    ("GRPO beats SFT", "GRPO - SFT", "gain"),
    ("the semantic score comes from the picture", "SFT: text only - seeing", "semantic error"),
    ("the quality score comes from the picture", "SFT: text only - seeing", "quality error"),
)
"""What is expected: a paired difference that is above 0 beyond its interval."""


class Line(BaseModel):
    """One row: an arm, and what was measured of it."""

    model_config = ConfigDict(frozen=True)

    name: str
    cells: dict[str, Mean]


class Report(BaseModel):
    """All that was measured."""

    model_config = ConfigDict(frozen=True)

    critics: list[Line] = Field(description="Replies to the first edits of unseen scenes.")
    loops: list[Line] = Field(description="Whole loops; overall score of the result, judged.")
    differences: list[Line] = Field(description="Paired, scene by scene.")
    habits: dict[str, dict[str, float]] = Field({}, description="Words in replies, as shares.")
    facts: dict[str, str] = {}


def critic_values(answers: Iterable[Answer]) -> dict[str, Values]:
    """Return what is measured of replies, by name and scene."""
    values: dict[str, dict[tuple[str, str], float]] = {
        name: {} for name in ("format", "semantic error", "quality error", "semantic bias", "gain")
    }
    for answer in answers:
        key = (answer.photo, answer.id)
        values["format"][key] = float(answer.stated is not None)
        values["gain"][key] = answer.gain
        if answer.stated:
            off = answer.stated.semantic - answer.judged.semantic
            values["semantic error"][key] = abs(off)
            values["semantic bias"][key] = off
            values["quality error"][key] = abs(answer.stated.quality - answer.judged.quality)
    return dict(values)


def constant_values(
    answers: Sequence[Answer], semantic: float, quality: float
) -> dict[str, Values]:
    """Return the errors of a critic that says the same of every edit."""
    return {
        "semantic error": {(a.photo, a.id): abs(semantic - a.judged.semantic) for a in answers},
        "quality error": {(a.photo, a.id): abs(quality - a.judged.quality) for a in answers},
    }


def loop_values(runs: Iterable[Run], turns: Sequence[int]) -> dict[str, Values]:
    """Return the score of each scene after so many turns."""
    found = list(runs)
    return {
        f"{count} turns": {
            (run.photo, run.id): run.scores[min(count, len(run.scores)) - 1] for run in found
        }
        for count in turns
    }


def seeds_together(several: Sequence[Mapping[str, Values]]) -> dict[str, Values]:
    """Average arms that differ in their seed."""
    return {name: average([each[name] for each in several]) for name in several[0]}


def line(name: str, values: Mapping[str, Values], draws: int) -> Line:
    """Make a row of means."""
    return Line(name=name, cells={what: mean_of(each, draws) for what, each in values.items()})


def paired(
    name: str, second: Mapping[str, Values], first: Mapping[str, Values], draws: int
) -> Line:
    """Make a row of differences, `second - first`."""
    shared = [what for what in second if what in first]
    cells = {what: difference(second[what], first[what], draws) for what in shared}
    return Line(name=name, cells=cells)


def habits(answers: Sequence[Answer]) -> dict[str, float]:
    """Count words that this editor likes or not, as shares of the prompts."""
    prompts = [f" {answer.prompt} " for answer in answers if answer.prompt]
    double = [p for p in prompts if " and " in p or ", then " in p or p.count(", ") > 0]
    unknown = ("saturate ", "darken ", "raise ")

    def share(hits: int, of: int) -> float:
        return hits / of if of else 0.0

    return {
        "joined by and": share(sum(" and " in p for p in double), len(double)),
        "an unknown word": share(sum(any(w in p for w in unknown) for p in prompts), len(prompts)),
        "keep the details": share(sum("keep the details" in p for p in prompts), len(prompts)),
    }


def check(report: Report) -> dict[str, str]:
    """Say of every claim whether the differences bear it out."""
    cells = {each.name: each.cells for each in report.differences}
    return {
        claim: _verdict(cells.get(name, {}).get(what, Mean(value=None)))
        for claim, name, what in CLAIMS
    }


def _verdict(found: Mean) -> str:
    if found.low is None or found.high is None:
        return "not measured"
    if found.low > 0:
        return f"yes: {found}"
    return f"the opposite: {found}" if found.high < 0 else f"not beyond the interval: {found}"


def as_markdown(report: Report) -> str:
    """Write the report as Markdown tables."""
    parts = []
    for title, lines in _sections(report):
        names = list(dict.fromkeys(what for each in lines for what in each.cells))
        rows = [
            f"| {each.name} | {' | '.join(str(each.cells.get(n, '')) for n in names)} |"
            for each in lines
        ]
        head = f"| | {' | '.join(names)} |\n|{'---|' * (len(names) + 1)}"
        parts.append(f"## {title}\n\n{head}\n" + "\n".join(rows))
    if report.habits:
        names = list(next(iter(report.habits.values())))
        head = f"| | {' | '.join(names)} |\n|{'---|' * (len(names) + 1)}"
        rows = [
            f"| {arm} | {' | '.join(f'{shares[n]:.2f}' for n in names)} |"
            for arm, shares in report.habits.items()
        ]
        parts.append("## Words in the replies, as shares\n\n" + head + "\n" + "\n".join(rows))
    facts = "\n".join(f"- {n}: {v}" for n, v in {**report.facts, **check(report)}.items())
    return "# The pocket experiment\n\n" + facts + "\n\n" + "\n\n".join(parts) + "\n"


def as_page(report: Report) -> str:
    """Write the report as one HTML file that needs nothing else."""
    parts = ["<h1>The pocket experiment</h1>"]
    said = {**report.facts, **check(report)}
    facts = "".join(f"<li>{escape(n)}: {escape(v)}</li>" for n, v in said.items())
    parts.append(f"<p>The editor is a simulation.</p><ul>{facts}</ul>")
    for title, lines in _sections(report):
        names = list(dict.fromkeys(what for each in lines for what in each.cells))
        head = "".join(f"<th>{escape(name)}</th>" for name in ("", *names))
        rows = "".join(
            f"<tr><td>{escape(each.name)}</td>"
            + "".join(f"<td>{escape(str(each.cells.get(n, '')))}</td>" for n in names)
            + "</tr>"
            for each in lines
        )
        parts.append(f"<h2>{escape(title)}</h2><table><tr>{head}</tr>{rows}</table>")
    title = "<meta charset=utf-8><title>The pocket experiment</title>"
    return f"<!doctype html><html lang=en>{title}<style>{STYLE}</style>{''.join(parts)}</html>\n"


def _sections(report: Report) -> list[tuple[str, list[Line]]]:
    return [
        ("Replies to first edits of unseen photos", report.critics),
        ("Score of the result, judged (0-10)", report.loops),
        ("Paired differences", report.differences),
    ]
