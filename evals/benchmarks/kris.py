"""KRIS-Bench (mercurystraw/Kris_Bench, several commits of 2025): 1,267 samples, 20 categories.

Scores from 1 to 5 become percentages. The official repository has no aggregator, and two
conventions are in use. `A` (the paper's tables, StepFun): the metrics of a dimension are averaged,
and dimensions weigh as many samples as they have. `B` (BAGEL, EditThinker): every single score
weighs the same, so that dimensions with a knowledge score weigh more. Numbers of A and B do not
compare. The annotation's own keys are used, and anomaly items get their own prompt, which the
official scripts do not.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from editthinker.evals.benchmarks.base import Ask, Evidence, Hidden, Original, Sample, Shown
from editthinker.evals.benchmarks.hub import data_folder, existing, read_json
from editthinker.evals.estimates import Array, Cells, Sums, Values, macro, pooled
from editthinker.evals.formula import OVERALL, Compat, Metric, find_category
from editthinker.evals.replies import keyed_scores
from editthinker.evals.scores import ScoreLine, number
from editthinker.tools.errors import ConfigError

HUB_ID = "hisheep/kris_outputs"

NAMES = {"VC": "consistency", "VQ": "quality", "IF": "instruction", "KP": "knowledge"}
"""The scores, by the paper's abbreviations."""

SIZES: Mapping[str, Mapping[str, int]] = {
    "attribute_perception": {
        "count_change": 50,
        "color_change": 50,
        "size_adjustment": 50,
        "part_completion": 50,
        "anomaly_correction": 75,
    },
    "spatial_perception": {"viewpoint_change": 50, "position_movement": 50},
    "temporal_prediction": {"temporal_prediction": 74},
    "social_science": {"humanities": 75, "practical_knowledge": 50},
    "natural_science": {
        "biology": 68,
        "chemistry": 75,
        "geography": 75,
        "medicine": 50,
        "mathematics": 50,
        "physics": 75,
    },
    "logical_reasoning": {"abstract_reasoning": 75, "rule-based_reasoning": 75},
    "instruction_decomposition": {
        "multi-element_composition": 75,
        "multi-instruction_execution": 75,
    },
}
"""Categories and their sizes, by dimension."""

DIMENSIONS = {
    f"dimension/{dimension}": tuple(categories) for dimension, categories in SIZES.items()
}

KNOWLEDGE = frozenset(
    category
    for dimension in ("social_science", "natural_science", "logical_reasoning")
    for category in SIZES[dimension]
)
"""Categories with a knowledge score."""

META = {
    "FK": ("attribute_perception", "spatial_perception", "temporal_prediction"),
    "CK": ("social_science", "natural_science"),
    "PK": ("logical_reasoning", "instruction_decomposition"),
}
"""Factual, conceptual and procedural knowledge."""

OLD_NAMES = {
    "abnormality_correction": "anomaly_correction",
    "daily_life": "practical_knowledge",
    "object_count": "count_change",
    "rule_reasoning": "rule-based_reasoning",
    "view_pair": "viewpoint_change",
}


class Kris:
    """KRIS-Bench: factual, conceptual and procedural knowledge."""

    name = "kris"
    rubrics: tuple[str, ...] = (
        "kris_consistency",
        "kris_quality",
        "kris_instruction",
        "kris_anomaly",
        "kris_viewpoint",
        "kris_temporal",
        "kris_composition",
        "kris_knowledge",
    )
    questions = 3.0
    headline = "overall_A"
    digits = None
    sizes: Mapping[str, int] = {
        category: n for categories in SIZES.values() for category, n in categories.items()
    }

    def tables(self, line: ScoreLine) -> Sequence[str]:
        """There is one table."""
        return ("all",)

    def category(self, line: ScoreLine) -> str:
        """Return the category; folder names of older commits work too."""
        return find_category(line.category, self.sizes, OLD_NAMES)

    def read(self, line: ScoreLine, compat: Compat) -> Values:
        """Turn the scores of the category into percentages."""
        knows = self.category(line) in KNOWLEDGE
        scores = {
            short: number(line.score(name), 1, 5)
            for short, name in NAMES.items()
            if short != "KP" or knows
        }
        return {name: None if x is None else (x - 1) * 25 for name, x in scores.items()}

    def combine(self, cells: Cells, compat: Compat) -> list[Metric]:
        """Give both conventions, for all, for the three kinds of knowledge and per dimension.

        Convention A weighs dimensions by the samples that are there, which are the official sizes
        for a full run; `overall_A_official` always uses those.
        """
        everything = tuple(DIMENSIONS)
        metrics = [
            Metric(OVERALL, "overall_A", _weighted(cells, everything), "sample", tuple(self.sizes)),
            Metric(OVERALL, "overall_B", _pool(cells, everything), "sample", tuple(self.sizes)),
            Metric(
                OVERALL,
                "overall_A_official",
                _weighted(cells, everything, official=True),
                "sample",
                tuple(self.sizes),
            ),
        ]
        for kind, members in META.items():
            names = tuple(f"dimension/{member}" for member in members)
            inside = tuple(category for name in names for category in DIMENSIONS[name])
            for suffix, value in (("A", _weighted(cells, names)), ("B", _pool(cells, names))):
                metrics.append(Metric(OVERALL, f"{kind}_{suffix}", value, "sample", inside))
        for name, inside in DIMENSIONS.items():
            if any((category, "VC") in cells for category in inside):
                metrics += _dimension(cells, name, inside)
        return metrics

    def load(self, data_dir: Path | None) -> Iterator[Sample]:
        """Yield the entries of `<category>/annotation.json`, all twenty categories."""
        root = data_folder(HUB_ID, data_dir, "*/annotation.json", "KRIS_Bench.zip")
        for path in sorted(root.glob("*/annotation.json")):
            folder = path.parent
            category = find_category(folder.name, self.sizes, OLD_NAMES)
            for key, entry in read_json(path).items():
                images = entry["ori_img"]
                names = images if isinstance(images, list) else [images]
                truth = entry.get("gt_img")
                yield Sample(
                    id=str(key),
                    category=category,
                    instruction=str(entry["ins_en"]),
                    images=tuple(existing(folder, name) for name in names),
                    hidden=Hidden(
                        texts={"explanation": str(entry.get("explain_en") or "")},
                        images={"truth": existing(folder, truth)} if truth else {},
                    ),
                )

    def asks(self, sample: Sample, evidence: Evidence) -> list[Ask]:
        """Ask for consistency, instruction (with knowledge where it counts) and quality."""
        sources = evidence.sources
        edited = Shown("edited image", evidence.edited)
        many = len(sources) > 1
        before = tuple(
            Shown(f"{_called(sample)} {at}" if many else "original image", picture)
            for at, picture in enumerate(sources, 1)
        )
        together = _frames(sample, before, edited) if many else (*before, edited)
        values = {
            "instruction": sample.instruction,
            "explanation": sample.hidden.texts.get("explanation", ""),
        }
        rubric, names = _instruction_rubric(sample.category)
        pictures = together
        if sample.category == "viewpoint_change" and (truth := evidence.hidden.get("truth")):
            pictures = (*together, Shown("ground truth", truth))
        return [
            _ask("kris_consistency", values, together, ("consistency",)),
            _ask(rubric, values, pictures, names),
            _ask("kris_quality", {}, (edited,), ("quality",)),
        ]

    def places(self, sample: Sample) -> tuple[str, ...]:
        """Return the official place, then the forks'."""
        stem = f"{sample.category}/{sample.id}"
        return (f"{stem}.jpg", f"{stem}.png")

    def read_judgements(self, folder: Path, compat: Compat) -> Iterator[ScoreLine]:
        """Yield the entries of `<category>/metrics.json`.

        Raises:
            ConfigError: if there is none.
        """
        found = sorted(folder.rglob("metrics.json"))
        if not found:
            raise ConfigError(f"{str(folder)!r} holds no metrics.json")
        for path in found:
            for key, entry in read_json(path).items():
                scores = {name: entry.get(f"{name}_score") for name in NAMES.values()}
                yield ScoreLine(id=key, category=path.parent.name, scores=scores)


def _dimension(cells: Cells, name: str, inside: Sequence[str]) -> list[Metric]:
    metrics = [
        Metric(name, short, pooled(cells, inside, short).mean, short, inside)
        for short in NAMES
        if any((category, short) in cells for category in inside)
    ]
    return [
        *metrics,
        Metric(name, "A", _mean_of_metrics(cells, inside), "sample", inside),
        Metric(name, "B", _pooled_all(cells, inside).mean, "sample", inside),
    ]


def _mean_of_metrics(cells: Cells, inside: Sequence[str]) -> Array:
    return macro(
        [
            pooled(cells, inside, short).mean
            for short in NAMES
            if any((category, short) in cells for category in inside)
        ]
    )


def _pooled_all(cells: Cells, inside: Sequence[str]) -> Sums:
    parts = [pooled(cells, inside, short) for short in NAMES]
    return sum(parts[1:], parts[0])


def _pool(cells: Cells, dimensions: Sequence[str]) -> Array:
    return _pooled_all(cells, [c for name in dimensions for c in DIMENSIONS[name]]).mean


def _weighted(cells: Cells, dimensions: Sequence[str], official: bool = False) -> Array:
    """Average dimensions by samples; the samples of a dimension are those with most scores."""
    total: Array = np.zeros(())
    weight: Array = np.zeros(())
    for name in dimensions:
        inside = DIMENSIONS[name]
        counts = [pooled(cells, inside, short).n for short in NAMES]
        n = np.maximum.reduce(np.broadcast_arrays(*counts))
        if official:
            size = float(sum(SIZES[name.removeprefix("dimension/")].values()))
            n = np.where(n > 0, size, 0.0)
        mean = np.nan_to_num(_mean_of_metrics(cells, inside))
        total, weight = total + n * mean, weight + n
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total / weight)


def _instruction_rubric(category: str) -> tuple[str, tuple[str, ...]]:
    if category in KNOWLEDGE:
        return "kris_knowledge", ("instruction", "knowledge")
    special = {
        "anomaly_correction": "kris_anomaly",
        "viewpoint_change": "kris_viewpoint",
        "temporal_prediction": "kris_temporal",
        "multi-element_composition": "kris_composition",
    }
    return special.get(category, "kris_instruction"), ("instruction",)


def _called(sample: Sample) -> str:
    return "frame" if sample.category == "temporal_prediction" else "reference image"


def _frames(sample: Sample, before: Sequence[Shown], edited: Shown) -> tuple[Shown, ...]:
    """Put the frames of a temporal item in their order; the edit stands where one is missing."""
    if sample.category != "temporal_prediction":
        return (*before, edited)
    numbers = [_frame_number(image) for image in sample.images]
    if None in numbers:
        return (*before, edited)
    known = [n for n in numbers if n is not None]
    missing = next((n for n in range(1, len(known) + 2) if n not in known), len(known) + 1)
    order = sorted(
        [(n, Shown(f"frame {n}", shown.picture)) for n, shown in zip(known, before, strict=True)]
        + [(missing, Shown(f"frame {missing} (generated)", edited.picture))],
        key=lambda each: each[0],
    )
    return tuple(shown for _, shown in order)


def _frame_number(image: Original) -> int | None:
    digits = re.findall(r"\d+", Path(image.name).stem)
    return int(digits[-1]) if digits else None


def _ask(
    rubric: str, values: Mapping[str, str], pictures: Sequence[Shown], names: tuple[str, ...]
) -> Ask:
    keys = [f"{name}_score" for name in names]

    def parse(reply: str) -> dict[str, list[float]]:
        scores = keyed_scores(reply, keys, 1, 5)
        return {name: [score] for name, score in zip(names, scores, strict=True)}

    return Ask(rubric, values, tuple(pictures), names, parse)
