"""Whether a judge still says what it said: its first images are judged again at the end of a run.

Hosted models change under the same name, and sampling alone moves scores. Both show in the same
images judged twice: the mean difference is drift, its spread is the judge's own noise.
"""

import asyncio
import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import mean, stdev
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from editthinker.evals.benchmarks.base import Evidence, Sample
from editthinker.evals.records import Record
from editthinker.evals.sweep import Sweep

NORMAL_95 = 1.96


class Drift(BaseModel):
    """How a score moved between the start and the end of a run."""

    model_config = ConfigDict(frozen=True)

    n: int = Field(description="Images judged twice.")
    difference: float = Field(description="Second minus first, on average.")
    low: float
    high: float
    sd: float = Field(description="Spread of the differences: the judge's own noise.")

    @property
    def is_sure(self) -> bool:
        """Whether the interval excludes no change."""
        return not self.low <= 0 <= self.high


class Rejudged(NamedTuple):
    """What came of judging twice, and what it took."""

    drift: Mapping[str, Drift]
    calls: int = 0
    tokens: int = 0
    cost_usd: float = 0.0


async def judge_again(
    sweep: Sweep, samples: Mapping[str, Sample], count: int, path: Path, left_usd: float
) -> None:
    """Judge the first images of a run a second time, and add a line with both scores for each.

    What an earlier attempt at the run has done is kept, and no more is spent than is left.
    """
    if sweep.judge is None:
        return
    earlier = list(_read(path))
    done = {(line["cell"], line["sample"]) for line in earlier}
    dearest = sweep.expected_usd
    for record in sweep.records.read():
        if len(done) >= count or dearest > left_usd:
            return
        if (record["cell"], record["sample"]) in done:
            continue
        pair = await _again(sweep, samples, record)
        if pair:
            done.add((record["cell"], record["sample"]))
            cost = float(str(pair["cost_usd"]))
            dearest, left_usd = max(dearest, cost), left_usd - cost
            await asyncio.to_thread(_append, path, json.dumps(pair))


def _append(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")  # a line that was cut off ends here


async def _again(
    sweep: Sweep, samples: Mapping[str, Sample], record: Record
) -> dict[str, JsonValue] | None:
    sample = samples.get(record["sample"])
    image = next((a["image"] for a in record["attempts"] if a["image"]), None)
    first = record["judged"].get(image["sha256"]) if image else None
    if not sample or not image or not first or not first["scores"] or not sweep.judge:
        return None
    sources = [await sweep.ingest(each.read) for each in sample.images]
    hidden = {name: await sweep.ingest(each.read) for name, each in sample.hidden.images.items()}
    evidence = Evidence(tuple(sources), sweep.blobs.get_image(image), hidden)
    second = await sweep.judge.judge(sweep.benchmark, sample, evidence, asking=1)
    if not second.scores:
        return None
    return {
        "cell": record["cell"],
        "sample": sample.key,
        "first": dict(first["scores"]),
        "second": dict(second.scores),
        "calls": second.calls,
        "tokens": second.usage.input_tokens + second.usage.output_tokens,
        "cost_usd": second.usage.cost_usd,
    }


def read_rejudged(path: Path) -> Rejudged:
    """Return how each score moved, from the lines that `judge_again` wrote, and what they cost."""
    differences: dict[str, list[float]] = defaultdict(list)
    pairs = list(_read(path))
    for pair in pairs:
        for name in pair["first"]:
            before, after = _level(pair["first"][name]), _level(pair["second"].get(name))
            if before is not None and after is not None:
                differences[name].append(after - before)
    drift = {name: _drift(values) for name, values in differences.items() if len(values) > 1}
    calls, tokens, cost = (sum(p[key] for p in pairs) for key in ("calls", "tokens", "cost_usd"))
    return Rejudged(drift, calls, tokens, cost)


def _read(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines; one that a crash cut off is passed over."""
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        with suppress(ValueError):
            yield json.loads(line)


def _drift(values: Sequence[float]) -> Drift:
    middle, sd = mean(values), stdev(values)
    reach = NORMAL_95 * sd / math.sqrt(len(values))
    low, high = round(middle - reach, 4), round(middle + reach, 4)
    return Drift(n=len(values), difference=round(middle, 4), low=low, high=high, sd=round(sd, 4))


def _level(score: object) -> float | None:
    """Return a score, or the mean of a list of scores."""
    if isinstance(score, list):
        known = [float(each) for each in score if isinstance(each, int | float)]
        return mean(known) if known else None
    return float(score) if isinstance(score, int | float) else None
