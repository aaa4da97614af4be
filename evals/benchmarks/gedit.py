"""GEdit-Bench (stepfun-ai/Step1X-Edit, code read at 570eba6): 606 English, 606 Chinese samples.

Semantic consistency (two scores, the smaller counts) sees source and edit; perceptual quality sees
the edit alone. A sample's overall score is the root of their product, a table's the unweighted
mean over the eleven groups.
"""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from pydantic import JsonValue

from editthinker.evals.benchmarks.base import Ask, Evidence, Hidden, Original, Sample, Shown
from editthinker.evals.benchmarks.hub import hub_rows, image_bytes
from editthinker.evals.estimates import Cells, Values, macro
from editthinker.evals.formula import OVERALL, Compat, Metric, find_category
from editthinker.evals.pictures import resized_like
from editthinker.evals.replies import score_list
from editthinker.evals.scores import ScoreLine, number
from editthinker.tools.errors import ConfigError

HUB_ID = "stepfun-ai/GEdit-Bench"

LOW, HIGH = 0.0, 10.0

UNCHECKED = 1e9
"""The official script takes numbers above its scale as they are."""

LANGUAGES = {"en": "en", "cn": "cn", "zh": "cn"}
"""Tables by language; the official scripts' flag calls Chinese `zh`, the data `cn`."""

VALUES = {"SC": "G_SC", "PQ": "G_PQ", "O": "G_O"}


class GEdit:
    """GEdit-Bench, English and Chinese, full set and intersection."""

    name = "gedit"
    rubrics: tuple[str, ...] = ("gedit_semantics", "gedit_quality")
    questions = 2.0
    headline = "G_O"
    digits: int | None = None
    sizes: Mapping[str, int] = {
        "background_change": 40,
        "color_alter": 40,
        "material_alter": 40,
        "motion_change": 40,
        "ps_human": 70,
        "style_change": 60,
        "subject-add": 60,
        "subject-remove": 57,
        "subject-replace": 60,
        "text_change": 99,
        "tone_transfer": 40,
    }

    def tables(self, line: ScoreLine) -> Sequence[str]:
        """Tell language and set; only rows of the intersection count in both.

        Raises:
            ConfigError: if the language is another.
        """
        language = LANGUAGES.get((line.language or "en").lower())
        if language is None:
            raise ConfigError(
                f"sample {line.id!r}: language {line.language!r} is neither en nor cn"
            )
        full = f"{language}/full"
        return (full, f"{language}/intersection") if line.intersection else (full,)

    def category(self, line: ScoreLine) -> str:
        """Return the official name of the group."""
        return find_category(line.category, self.sizes, {})

    def read(self, line: ScoreLine, compat: Compat) -> Values:
        """Take the smaller of several sub-scores, and the root of the product."""
        semantic = _smallest(line.score("semantics"), compat)
        quality = _smallest(line.score("quality"), compat)
        if semantic is None or quality is None:
            return {"SC": None, "PQ": None, "O": None}
        return {"SC": semantic, "PQ": quality, "O": math.sqrt(semantic * quality)}

    def combine(self, cells: Cells, compat: Compat) -> list[Metric]:
        """Average the groups without weights; `official` gives nothing if one has no rows."""
        present = [c for c in self.sizes if (c, "O") in cells]
        metrics = []
        for source, name in VALUES.items():
            means = [cells[c, source].mean for c in present]
            value = macro(means)
            if compat == "official" and len(present) < len(self.sizes):
                value = np.full_like(value, np.nan)
            metrics.append(Metric(OVERALL, name, value, source, tuple(self.sizes)))
        return metrics

    def load(self, data_dir: Path | None) -> Iterator[Sample]:
        """Yield the rows of the data set (parquet or arrow files), from a folder or the hub."""
        rows = hub_rows(HUB_ID, data_dir, split="train")
        light = rows.select_columns(
            ["task_type", "key", "instruction", "instruction_language", "Intersection_exist"]
        )
        for at, row in enumerate(light):
            yield Sample(
                id=str(row["key"]),
                category=str(row["task_type"]),
                instruction=str(row["instruction"]),
                images=(Original(f"{row['key']}", image_bytes(rows, at, "input_image")),),
                language=str(row["instruction_language"]),
                intersection=bool(row["Intersection_exist"]),
                hidden=Hidden(),
            )

    def asks(self, sample: Sample, evidence: Evidence) -> list[Ask]:
        """Ask for semantics with both images, and for quality with the edit alone."""
        source = evidence.sources[0]
        edited = resized_like(evidence.edited, source)
        values = {"instruction": sample.instruction}

        def semantics(reply: str) -> dict[str, list[float]]:
            return {"semantics": [min(score_list(reply, LOW, HIGH, least=2))]}

        def quality(reply: str) -> dict[str, list[float]]:
            return {"quality": [min(score_list(reply, LOW, HIGH, least=2))]}

        return [
            Ask(
                "gedit_semantics",
                values,
                (Shown("", source), Shown("", edited)),
                ("semantics",),
                semantics,
            ),
            Ask("gedit_quality", {}, (Shown("", edited),), ("quality",), quality),
        ]

    def places(self, sample: Sample) -> tuple[str, ...]:
        """Return the place below the model's folder."""
        return (f"fullset/{sample.category}/{sample.language}/{sample.id}.png",)

    def read_judgements(self, folder: Path, compat: Compat) -> Iterator[ScoreLine]:
        """Yield the rows of `*_gpt_score.csv`, one file for each group."""
        for path in sorted(folder.rglob("*_gpt_score.csv")):
            if path.name.endswith("_combined_gpt_score.csv"):
                continue
            group = _group_of(path.name, self.sizes)
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    yield ScoreLine(
                        id=Path(row["edited_image"]).stem,
                        category=group,
                        language=row["instruction_language"],
                        intersection=row["intersection_exist"] == "True",
                        # Cells of a table are text, and text is no score to the official script.
                        scores={
                            "semantics": number(row["sementics_score"], LOW, UNCHECKED),
                            "quality": number(row["quality_score"], LOW, UNCHECKED),
                        },
                    )


def _smallest(value: JsonValue, compat: Compat) -> float | None:
    items = value if isinstance(value, list) else [value]
    official = compat == "official"
    scores = [
        None
        if official and isinstance(item, str)
        else number(item, LOW, UNCHECKED if official else HIGH)
        for item in items
    ]
    known = [score for score in scores if score is not None]
    return min(known) if known and len(known) == len(scores) else None


def _group_of(name: str, known: Mapping[str, int]) -> str:
    for group in known:
        if name.endswith(f"_{group}_gpt_score.csv"):
            return group
    raise ConfigError(f"{name!r} names no group of GEdit-Bench: {', '.join(known)}")
