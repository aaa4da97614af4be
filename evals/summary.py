"""What came of a sweep: one row for each editor, thinker and mode, with every smaller limit."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from editthinker.evals.aggregate import Aggregate, Estimate, aggregate, paired_difference
from editthinker.evals.benchmarks.base import Benchmark
from editthinker.evals.config import SweepConfig
from editthinker.evals.drift import Drift, Rejudged
from editthinker.evals.judges import same_family
from editthinker.evals.records import Record
from editthinker.evals.replay import Ended, best_of, replay
from editthinker.evals.scores import ScoreLine
from editthinker.graph.context import Mode

EQUAL_CALLS = "best-of-n (equal edits)"
"""The row of best-of-n where each sample gets as many candidates as the loop made edits."""

LOOPS: Mapping[Mode, Mode] = {
    "think-while": "single",
    "think-before-and-while": "think-before",
}
"""Modes with several turns, and the mode that their first turn is."""


NEVER_REJUDGED = Rejudged({})


class Row(BaseModel):
    """One line of the table."""

    model_config = ConfigDict(frozen=True)

    editor: str
    thinker: str
    mode: str
    max_turns: int = Field(description="Most turns, or candidates.")
    derived: bool = Field(description="Whether it was replayed from a longer run.")
    edits: float = Field(description="Calls of the editor per sample.")
    thoughts: float = Field(description="Calls of the thinker per sample.")
    cost_usd: float = Field(description="Of editing and thinking, all samples.")
    stop_reasons: dict[str, int]
    aggregate: Aggregate
    gain: dict[str, Estimate] = Field({}, description="Against one edit, paired by sample.")
    against_equal_calls: dict[str, Estimate] = Field(
        {}, description="Against best-of-n with as many edits for each sample, paired."
    )


class Summary(BaseModel):
    """Everything that `summary.json` holds."""

    model_config = ConfigDict(frozen=True)

    benchmark: str
    headline: str
    judge: str
    judge_model: str
    rubrics: str
    n_samples: int
    n_failed: int = Field(description="Samples whose last record is a failure.")
    n_open: int = Field(description="Samples without a record.")
    cost_usd: float
    judge_calls: int
    judge_tokens: int
    drift: dict[str, Drift] = Field({}, description="The judge's first images, judged again.")
    spread: dict[str, float] = Field({}, description="Mean standard deviation over passes.")
    errors: dict[str, int] = Field(description="What failed, and how often.")
    stopped: str | None = None
    wall_s: float = 0.0
    warnings: list[str]
    rows: list[Row]
    curves: list[Row] = Field(description="The loops at every smaller limit.")


@dataclass(frozen=True)
class _Spec:
    editor: str
    thinker: str
    mode: str
    limit: int
    derived: bool


@dataclass
class _Kept:
    scores: dict[str, dict[str, JsonValue] | None] = field(default_factory=dict)
    edits: list[int] = field(default_factory=list)
    thoughts: list[int] = field(default_factory=list)
    cost_usd: float = 0.0
    stops: Counter[str] = field(default_factory=Counter)


def summarise(
    config: SweepConfig,
    benchmark: Benchmark,
    lines: Sequence[ScoreLine],
    records: Iterable[Record],
    *,
    judge: str,
    judge_model: str,
    rubrics: str,
    rejudged: Rejudged = NEVER_REJUDGED,
    stopped: str | None = None,
    wall_s: float = 0.0,
) -> Summary:
    """Make the tables of a run.

    Args:
        config: Of the run.
        benchmark: Its benchmark.
        lines: The chosen samples, without scores.
        records: The last record of each sample; read once.
        judge: Its name, or none.
        judge_model: Its dated model.
        rubrics: Which rubrics it went by.
        rejudged: How the judge's scores moved, and what it took to know.
        stopped: Why the run ended early, if it did.
        wall_s: How long the run took.
    """
    kept: dict[_Spec, _Kept] = defaultdict(_Kept)
    totals = _Totals()
    edits_of_loop: dict[tuple[str, str], int] = {}
    candidates: dict[tuple[str, str], Record] = {}
    for record in records:
        totals.add(record)
        editor, thinker, mode = record["cell"].split("|")
        for spec, ended in _endings(config, record):
            _keep(kept[spec], record, ended)
        place = (f"{editor}|{thinker}", record["sample"])
        if mode == "think-while":
            longest = replay(record, config.context("think-while"), config.max_turns)
            edits_of_loop[place] = len(longest.attempts)
        if mode == "best-of-n":
            candidates[place] = record
        if place in edits_of_loop and place in candidates:
            spec = _Spec(editor, thinker, EQUAL_CALLS, config.max_turns, True)
            other = candidates.pop(place)
            _keep(kept[spec], other, best_of(other, max(1, edits_of_loop.pop(place))))
    rows, curves = [], []
    by_key = {line.key: line for line in lines}
    cells = {(spec.editor, spec.thinker) for spec in kept}
    for editor, thinker in sorted(cells, key=lambda c: _position(config, c)):
        mine = {s: k for s, k in kept.items() if (s.editor, s.thinker) == (editor, thinker)}
        shown = {
            spec: _row(config, benchmark, by_key, spec, mine)
            for spec in sorted(mine, key=lambda s: (_ORDER.index(s.mode), s.limit))
        }
        rows += [row for spec, row in shown.items() if _is_main(config, spec)]
        curves += [row for spec, row in shown.items() if spec.mode in (*LOOPS, "best-of-n")]
    total_cells = len(config.editors) * len(config.thinkers) * len(config.executions)
    return Summary(
        benchmark=config.benchmark,
        headline=benchmark.headline,
        judge=judge,
        judge_model=judge_model,
        rubrics=rubrics,
        n_samples=len(lines),
        n_failed=totals.failed,
        n_open=len(lines) * total_cells - totals.records,
        cost_usd=totals.cost_usd + rejudged.cost_usd,
        judge_calls=totals.judge_calls + rejudged.calls,
        judge_tokens=totals.judge_tokens + rejudged.tokens,
        drift=dict(rejudged.drift),
        spread={name: round(mean(values), 4) for name, values in totals.spread.items()},
        errors=dict(totals.errors.most_common(20)),
        stopped=stopped,
        wall_s=wall_s,
        warnings=_warnings(config, judge_model, rows, rejudged.drift),
        rows=rows,
        curves=curves,
    )


def row_scores(
    config: SweepConfig, records: Iterable[Record]
) -> dict[str, dict[str, dict[str, JsonValue] | None]]:
    """Return the scores of every sample in each main row, by the row's name."""
    kept: dict[_Spec, _Kept] = defaultdict(_Kept)
    for record in records:
        for spec, ended in _endings(config, record):
            if _is_main(config, spec):
                _keep(kept[spec], record, ended)
    return {f"{s.editor}|{s.thinker}|{s.mode}": each.scores for s, each in kept.items()}


_ORDER = [
    "single",
    "think-before",
    "think-while",
    "think-before-and-while",
    "best-of-n",
    EQUAL_CALLS,
]


@dataclass
class _Totals:
    records: int = 0
    failed: int = 0
    cost_usd: float = 0.0
    judge_calls: int = 0
    judge_tokens: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    spread: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, record: Record) -> None:
        self.records += 1
        self.failed += record["failed"]
        self.cost_usd += record["cost_usd"]
        self.judge_calls += record["judge_calls"]
        self.judge_tokens += record["judge_tokens"]
        problems = [record["error"]] if record["error"] else []
        problems += [each["error"] for each in record["judged"].values() if each["error"]]
        self.errors.update({_brief(str(problem)) for problem in problems})
        for each in record["judged"].values():
            for name, value in each["spread"].items():
                self.spread[name].append(value)


def _endings(config: SweepConfig, record: Record) -> Iterator[tuple[_Spec, Ended]]:
    """Yield every row that a record tells something about."""
    editor, thinker, mode = record["cell"].split("|")
    if mode in LOOPS:
        context = config.context(mode)  # type: ignore[arg-type]
        first = LOOPS[mode]  # type: ignore[index]
        for limit in range(1, config.max_turns + 1):
            ended = replay(record, context, limit)
            derived = limit < config.max_turns
            yield _Spec(editor, thinker, mode, limit, derived), ended
            if limit == 1 and first in config.modes:
                yield _Spec(editor, thinker, first, 1, True), ended
    elif mode == "best-of-n":
        for n in range(1, config.max_turns + 1):
            yield _Spec(editor, thinker, mode, n, n < config.max_turns), best_of(record, n)
    else:
        yield _Spec(editor, thinker, mode, 1, False), replay(record, config.context(mode), 1)  # type: ignore[arg-type]


def _keep(kept: _Kept, record: Record, ended: Ended) -> None:
    image = ended.chosen["image"] if ended.chosen else None
    judged = record["judged"].get(image["sha256"]) if image else None
    kept.scores[record["sample"]] = judged["scores"] if judged else None
    kept.edits.append(len(ended.attempts))
    thoughts = sum(a["think_s"] > 0 or a["semantic"] is not None for a in ended.attempts)
    kept.thoughts.append(thoughts)
    kept.cost_usd += sum(a["cost_usd"] for a in ended.attempts)
    kept.stops[ended.stop_reason] += 1


def _row(
    config: SweepConfig,
    benchmark: Benchmark,
    by_key: Mapping[str, ScoreLine],
    spec: _Spec,
    mine: Mapping[_Spec, _Kept],
) -> Row:
    def scored(kept: _Kept) -> Iterator[ScoreLine]:
        for key, line in by_key.items():
            yield line.model_copy(update={"scores": kept.scores.get(key)})

    def gain(other: _Spec | None) -> dict[str, Estimate]:
        if config.judge == "none" or other is None or other == spec:
            return {}
        tables = paired_difference(
            benchmark, scored(mine[other]), scored(mine[spec]), compat=config.compat
        )
        return next(iter(tables.values())).overall if tables else {}

    kept = mine[spec]
    before = spec.mode in ("think-before-and-while", "think-before")
    baseline = next(
        (s for s in mine if s.mode == ("single" if not before else "think-before")),
        next((s for s in mine if s.mode in LOOPS and s.limit == 1), None),
    )
    equal = next((s for s in mine if s.mode == EQUAL_CALLS), None)
    longest = spec.mode in LOOPS and spec.limit == config.max_turns
    return Row(
        editor=spec.editor,
        thinker=spec.thinker,
        mode=spec.mode,
        max_turns=spec.limit,
        derived=spec.derived,
        edits=round(mean(kept.edits), 3) if kept.edits else 0.0,
        thoughts=round(mean(kept.thoughts), 3) if kept.thoughts else 0.0,
        cost_usd=round(kept.cost_usd, 6),
        stop_reasons=dict(kept.stops),
        aggregate=aggregate(
            config.benchmark,
            benchmark,
            scored(kept),
            compat=config.compat,
            max_failed=config.max_failed,
            seed=config.seed,
        ),
        gain=gain(baseline if baseline and (spec.mode, spec.limit) != ("single", 1) else None),
        against_equal_calls=gain(equal) if longest else {},
    )


def _is_main(config: SweepConfig, spec: _Spec) -> bool:
    if spec.mode in LOOPS or spec.mode == "best-of-n":
        return spec.limit == config.max_turns and (
            spec.mode in config.modes or spec.mode == "best-of-n"
        )
    return True


def _warnings(
    config: SweepConfig, judge_model: str, rows: Sequence[Row], drift: Mapping[str, Drift]
) -> list[str]:
    found = [
        f"the judge drifted: {name} of the same {each.n} images moved by {each.difference:+.2f} "
        f"({each.low:+.2f} to {each.high:+.2f}) during the run"
        for name, each in drift.items()
        if each.is_sure
    ]
    for thinker in config.thinkers:
        named = f"{thinker} {config.thinker_model or ''}"
        if family := same_family(named, judge_model):
            found.append(
                f"thinker {thinker!r} and judge {judge_model!r} are both of the family {family}: "
                "a judge prefers its own kind; show another judge beside it"
            )
    if config.benchmark == "pocket":
        found.append("pocket's judge is a program; its numbers compare with pocket alone")
    if any(row.editor == "simulated" for row in rows):
        found.append(
            "the editor 'simulated' fails on purpose: a simulation, not an editor's result"
        )
    if config.limit:
        found.append(f"a stratified sample of {config.limit}; published numbers are of all samples")
    told: dict[str, list[str]] = defaultdict(list)
    for row in rows if config.judge != "none" else ():
        for warning in row.aggregate.warnings:
            told[warning].append(f"{row.editor} {row.mode}")
    return found + [f"{text} ({', '.join(names)})" for text, names in told.items()]


def _position(config: SweepConfig, cell: tuple[str, str]) -> tuple[int, int]:
    return config.editors.index(cell[0]), config.thinkers.index(cell[1])


def _brief(text: str) -> str:
    return text if len(text) <= 160 else f"{text[:159]}…"
