"""RISEBench (PhoenixZ810/RISEBench, code read at 5f22651): 360 samples that need reasoning.

Accuracy is the share of samples with full marks in every dimension, over all samples. The score
weighs the dimensions; the official script tests a missing flag for truth and so leaves consistency
out of every score, which `--compat official` repeats.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from pathlib import Path

from pydantic import JsonValue

from editthinker.evals.benchmarks.base import Ask, Evidence, Hidden, Original, Sample, Shown
from editthinker.evals.benchmarks.hub import (
    data_folder,
    existing,
    read_json,
    read_plain_pickle,
)
from editthinker.evals.estimates import Cells, Values, pooled
from editthinker.evals.formula import OVERALL, Compat, Metric, find_category
from editthinker.evals.pictures import shrunk
from editthinker.evals.replies import final_score, final_score_official
from editthinker.evals.scores import ScoreLine, number
from editthinker.tools.errors import ConfigError, ReplyParseError

HUB_ID = "PhoenixZ/RISEBench"

TEMPORAL, CAUSAL = "temporal_reasoning", "causal_reasoning"
SPATIAL, LOGICAL = "spatial_reasoning", "logical_reasoning"

FULL = 5.0

LONGEST = 768
"""Pixels of the longer side that the judge sees."""

METRICS = {
    "accuracy": "accuracy",
    "score": "score",
    "IR": "instruction_reasoning",
    "AC": "appearance_consistency",
    "VP": "visual_plausibility",
}


class Rise:
    """RISEBench: temporal, causal, spatial and logical reasoning."""

    name = "rise"
    rubrics: tuple[str, ...] = (
        "rise_consistency",
        "rise_reasoning",
        "rise_plausibility",
        "rise_logical_consistency",
        "rise_logical_reasoning",
    )
    questions = 2.75
    headline = "accuracy"
    digits = None
    sizes: Mapping[str, int] = {TEMPORAL: 85, CAUSAL: 90, SPATIAL: 100, LOGICAL: 85}

    def tables(self, line: ScoreLine) -> Sequence[str]:
        """There is one table."""
        return ("all",)

    def category(self, line: ScoreLine) -> str:
        """Return the kind of reasoning; the short names work too."""
        short = {name.removesuffix("_reasoning"): name for name in self.sizes}
        return find_category(line.category, self.sizes, short)

    def read(self, line: ScoreLine, compat: Compat) -> Values:
        """Turn the scores into percentages; nothing is read of a score that is not there.

        Logical scores of 0 and 1 stand for 1 and 5. Without a consistency score, or with the flag,
        a sample is free of consistency. In `official`, a sample that could not be read is not
        complete; in `strict` it does not count.
        """
        logical = self.category(line) == LOGICAL
        names = line.scores if isinstance(line.scores, dict) else {}
        free = not logical and (
            bool(line.consistency_free)
            or bool(names.get("consistency_free"))
            or ("consistency" not in names and line.consistency_free is None)
        )
        read = _logical if logical else _graded
        reasoning = read(line.score("reasoning"))
        given = {"IR": reasoning}
        if not free:
            given["AC"] = read(line.score("consistency"))
        if not logical:
            given["VP"] = _graded(line.score("plausibility"))
        weights = {"AC": 0.3, "IR": 0.7} if logical else {"AC": 0.3, "IR": 0.5, "VP": 0.2}
        if free or (compat == "official" and not logical):
            weights = {"IR": 0.8, "VP": 0.2}
        score = _weighted(given, weights)
        if score is not None and reasoning == 1:
            score = max(1.0, score / 2)
        known = None not in given.values()
        accuracy = 100.0 * all(value == FULL for value in given.values()) if known else None
        if compat == "official" and accuracy is None:
            accuracy = 0.0
        parts = {name: _percent(value) for name, value in given.items()}
        return {"accuracy": accuracy, "score": _percent(score), **parts}

    def combine(self, cells: Cells, compat: Compat) -> list[Metric]:
        """Average over all samples, not over the four kinds."""
        kinds = tuple(self.sizes)
        return [
            Metric(OVERALL, name, pooled(cells, kinds, source).mean, source, kinds)
            for source, name in METRICS.items()
        ]

    def load(self, data_dir: Path | None) -> Iterator[Sample]:
        """Yield the entries of the 360 set, or of the 64 set, which knows fewer fields."""
        names = ("datav2_total_w_subtask.json", "data_total.json")
        root = data_folder(HUB_ID, data_dir, "*.json", "data.zip", names[0])
        path = next((root / name for name in names if (root / name).is_file()), None)
        if path is None:
            raise ConfigError(f"{str(root)!r} holds neither {names[0]} nor {names[1]}")
        for entry in read_json(path):
            yield Sample(
                id=str(entry["index"]),
                category=str(entry["category"]),
                instruction=str(entry["instruction"]),
                images=(_image(root, entry["image"]),),
                hidden=Hidden(
                    texts={
                        name: str(entry[name])
                        for name in (
                            "reference",
                            "reference_txt",
                            "consistency_free",
                            "reasoning_img",
                            "reasoning_wo_ins",
                            "subtask",
                        )
                        if _given(entry.get(name))
                    },
                    images={"reference": _image(root, entry["reference_img"])}
                    if _given(entry.get("reference_img"))
                    else {},
                ),
            )

    def asks(self, sample: Sample, evidence: Evidence) -> list[Ask]:
        """Ask for consistency, reasoning and plausibility, as the kind and its references need."""
        source, edited = (shrunk(p, LONGEST) for p in (evidence.sources[0], evidence.edited))
        reference = evidence.hidden.get("reference")
        reference = shrunk(reference, LONGEST) if reference else None
        texts = sample.hidden.texts
        before, after = Shown("source image", source), Shown("edited image", edited)
        target = Shown("reference image", reference) if reference else None
        words = texts.get("reference_txt") or texts.get("reference", "")
        values = {"instruction": sample.instruction, "reference": words}
        if sample.category == LOGICAL:
            first = (target, after) if target and "reference_txt" not in texts else (before, after)
            second = (target, after) if target and not words else (after,)
            if "reasoning_wo_ins" in texts:
                values["instruction"] = "(not shown)"
            return [
                _ask("rise_logical_consistency", values, first, "consistency", (0.0, 1.0)),
                _ask("rise_logical_reasoning", values, second, "reasoning", (0.0, 1.0)),
            ]
        asks = []
        grades = (1.0, 2.0, 3.0, 4.0, 5.0)
        if "consistency_free" not in texts:
            first = (target if target and sample.category == SPATIAL else before, after)
            asks.append(_ask("rise_consistency", values, first, "consistency", grades))
        if "reasoning_img" in texts:
            second = (before, after)
        elif target and sample.category == SPATIAL:
            second = (target, after)
        else:
            second = (after,)
        asks.append(_ask("rise_reasoning", values, second, "reasoning", grades))
        asks.append(_ask("rise_plausibility", values, (after,), "plausibility", grades))
        return asks

    def places(self, sample: Sample) -> tuple[str, ...]:
        """Return the official place, then the forks'."""
        stem = f"{sample.category}/{sample.id}"
        return tuple(f"{top}{stem}{end}" for top in ("images/", "") for end in _ENDS)

    def read_judgements(self, folder: Path, compat: Compat) -> Iterator[ScoreLine]:
        """Yield the raw replies in the official `*.pkl`, or in a `*_judge.json` of the same shape.

        That is index to `{judge1, judge2, judge3}`; what was not asked is null or absent.

        Raises:
            ConfigError: if there is none.
        """
        path = next(iter(sorted((*folder.rglob("*_judge.json"), *folder.rglob("*.pkl")))), None)
        if path is None:
            raise ConfigError(f"{str(folder)!r} holds no *.pkl or *_judge.json")
        replies = read_json(path) if path.suffix == ".json" else read_plain_pickle(path)
        for index, entry in replies.items():
            category = index.rpartition("_")[0]
            if category not in self.sizes:
                raise ConfigError(f"{str(path)!r} is of another shape: {index!r} has no category")
            allowed = (0.0, 1.0) if category == LOGICAL else (1.0, 2.0, 3.0, 4.0, 5.0)
            names = ("consistency", "reasoning", "plausibility")
            scores: dict[str, JsonValue] = {}
            for name, key in zip(names, ("judge1", "judge2", "judge3"), strict=True):
                if entry.get(key) is not None:
                    scores[name] = _read(str(entry[key]), allowed, compat)
            yield ScoreLine(
                id=index,
                category=category,
                consistency_free="consistency" not in scores,
                scores=scores or None,
            )


_ENDS = (".png", ".jpg", ".jpeg")


def _ask(
    rubric: str,
    values: Mapping[str, str],
    pictures: Sequence[Shown],
    name: str,
    allowed: Sequence[float],
) -> Ask:
    def parse(reply: str) -> dict[str, list[float]]:
        return {name: [final_score(reply, allowed)]}

    return Ask(rubric, values, tuple(pictures), (name,), parse, temperature=0.0)


def _read(reply: str, allowed: Sequence[float], compat: Compat) -> float | None:
    if compat == "official":
        return final_score_official(reply)
    try:
        return final_score(reply, allowed)
    except ReplyParseError:
        return None


def _graded(value: JsonValue) -> float | None:
    return number(value, 1, 5)


def _logical(value: JsonValue) -> float | None:
    score = number(value, 0, 5)
    return None if score is None else 4 * min(score, 1.0) + 1


def _weighted(given: Mapping[str, float | None], weights: Mapping[str, float]) -> float | None:
    total = 0.0
    for name, weight in weights.items():
        value = given.get(name)
        if value is None:
            return None
        total += weight * value
    return total


def _percent(score: float | None) -> float | None:
    return None if score is None else 25 * (score - 1)


def _given(value: object) -> bool:
    return value not in (None, "", False) and not (isinstance(value, float) and isnan(value))


def _image(root: Path, name: str) -> Original:
    folder = root if (root / name).is_file() else root / "data"
    return existing(folder, name)
