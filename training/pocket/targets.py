"""The judge of the pocket world: a program that measures edits against hidden targets.

It shares no code with the observer. What a wish should do to a crop is what the plain darkroom,
which has no quirks, makes of it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import cv2
import numpy as np

from editthinker.evals.benchmarks.base import Evidence, Sample
from editthinker.evals.benchmarks.pocket import Pocket
from editthinker.evals.benchmarks.pocket_measures import WHOLE, Look, clean, measure_change
from editthinker.evals.program_judge import ProgramJudge
from editthinker.tools.errors import JudgeError
from editthinker.tools.images import Pixels
from editthinker.training.scoring import Scorer

_READINGS = {
    "brightness": "light",
    "contrast": "contrast",
    "saturation": "chroma",
    "warmth": "warmth",
}
"""What `measure_change` calls each figure."""

_FACTORS = frozenset({"contrast", "chroma"})

_LEAST = {"light": 3.0, "contrast": 0.1, "chroma": 0.1, "warmth": 2.5}
"""Smallest target: L*, logarithm of a factor, or b*. Less would hardly be seen."""

_FREE = {"light": 6.0, "contrast": 0.2, "chroma": 0.25, "warmth": 5.0}
"""What may change unasked without a loss; twice as much costs half of the score."""

_ENOUGH, _LIMIT, _FAR = 0.8, 1.25, 2.25
"""Shares of the target: fully done from and up to, and nothing worth from."""


@dataclass(frozen=True)
class Targets:
    """How each reading should change."""

    asked: tuple[str, ...]
    changes: Mapping[str, float]
    """By reading; of factors the logarithm."""
    lines: float
    """How striped the target picture is, in L*."""

    def as_json(self) -> str:
        """Return what `Sample.hidden` and rows carry."""
        return json.dumps(asdict(self))


def set_targets(before: Pixels, after: Pixels, figures: Sequence[str]) -> Targets | None:
    """Take targets from a model edit; None where it changes too little of what was asked."""
    changes = read_changes(before, after)
    asked = tuple(_READINGS[figure] for figure in figures)
    if any(abs(changes[name]) < _LEAST[name] for name in asked):
        return None
    return Targets(asked, changes, _lines(after))


def read_changes(before: Pixels, after: Pixels) -> dict[str, float]:
    """Measure how an edit changed every reading."""
    looks = Look(before), Look(after)
    changes = {name: measure_change(name, *looks, WHOLE) for name in _READINGS.values()}
    return {n: float(np.log(c)) if n in _FACTORS else float(c) for n, c in changes.items()}


def share_done(ratio: float) -> float:
    """Return the worth of a share of the wanted change, in [0, 1]."""
    return float(np.interp(ratio, (0.0, _ENOUGH, _LIMIT, _FAR), (0.0, 1.0, 1.0, 0.0)))


class PocketTargets(Pocket):
    """Measures edits against `Targets`, in place of the benchmark's own requests."""

    name = "pocket-world"

    def measure(self, sample: Sample, evidence: Evidence) -> dict[str, float]:
        """Score an edit; both scores in [0, 10]."""
        hidden = sample.hidden.targets
        asked, changes, lines = (hidden.get(name) for name in ("asked", "changes", "lines"))
        if not (isinstance(asked, list) and isinstance(changes, dict) and isinstance(lines, float)):
            raise JudgeError(f"a row of the pocket world has the targets {str(hidden)[:80]!r}")
        goals = {name: float(str(value)) for name, value in changes.items()}
        before, after = evidence.sources[0].pixels, evidence.edited.pixels
        found = read_changes(before, after)
        done = np.mean([share_done(found[str(name)] / goals[str(name)]) for name in asked])
        kept = min(
            (
                1 - max(0.0, min(abs(found[name] - goals[name]) / free - 1, 2.0)) / 2
                for name, free in _FREE.items()
                if name not in asked
            ),
            default=1.0,
        )
        even = 1 - min(1.0, max(0.0, _lines(after) - lines - 0.5) / 5)
        return {
            "semantics": round(10 * float(done) * kept, 3),
            "quality": round(10 * even * clean(Look(before), Look(after)), 3),
        }


def make_pocket_scorer() -> Scorer:
    """Make the judge of the pocket world, in the form that the reward takes."""
    return Scorer(ProgramJudge(), PocketTargets())


def _lines(pixels: Pixels) -> float:
    """Measure lines across a picture: how much mean L* jumps from row to row."""
    rows = Look(pixels).lab[..., 0].mean(axis=1, keepdims=True)
    smooth = cv2.GaussianBlur(rows, (1, 9), 0, sigmaY=2)
    return float(np.std(rows - smooth))
