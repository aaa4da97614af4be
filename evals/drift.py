"""Whether a judge still says what it said: its first images are judged again at the end of a run.

Hosted models change under the same name, and sampling alone moves scores. Both show in the same
images judged twice: the mean difference is drift, its spread is the judge's own noise.
"""

import asyncio
import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev

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


async def judge_again(sweep: Sweep, samples: Mapping[str, Sample], count: int, path: Path) -> None:
    """Judge the first images of a run a second time, and write both scores, a line for each."""
    if sweep.judge is None:
        return
    lines: list[str] = []
    for record in sweep.records.read():
        if len(lines) == count:
            break
        pair = await _again(sweep, samples, record)
        if pair:
            lines.append(json.dumps(pair) + "\n")
    await asyncio.to_thread(path.write_text, "".join(lines), encoding="utf-8")


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
    return {"sample": sample.key, "first": dict(first["scores"]), "second": dict(second.scores)}


def read_drift(path: Path) -> dict[str, Drift]:
    """Return how each score moved, from the lines that `judge_again` wrote."""
    differences: dict[str, list[float]] = defaultdict(list)
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            pair = json.loads(line)
            for name in pair["first"]:
                before, after = _level(pair["first"][name]), _level(pair["second"].get(name))
                if before is not None and after is not None:
                    differences[name].append(after - before)
    return {name: _drift(values) for name, values in differences.items() if len(values) > 1}


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
