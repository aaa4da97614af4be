"""The pocket benchmark: about 300 requests for eight real photos, offline, judged by a program.

The targets are hidden numbers (see `pocket_tasks`), measured by code that shares nothing with the
embedded thinker. Categories are named after GEdit-Bench's, and so is the formula: `semantics` is
the smaller of success and preservation, `quality` says how little was clipped, a sample's score is
the root of their product, the overall score the unweighted mean over categories.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from PIL import Image

from editthinker.evals.benchmarks.base import Ask, Evidence, Hidden, Original, Sample
from editthinker.evals.benchmarks.gedit import GEdit
from editthinker.evals.benchmarks.pocket_measures import Look, check, clean, kept
from editthinker.evals.benchmarks.pocket_tasks import BOXES, Task, tasks
from editthinker.evals.formula import Compat
from editthinker.evals.scores import ScoreLine
from editthinker.tools.errors import ConfigError
from editthinker.tools.images import Picture

LONGEST = 384
"""Pixels of the longer side: enough to measure, quick to edit."""


class Pocket(GEdit):
    """Offline, programmatic, minutes on two cores."""

    name = "pocket"
    rubrics: tuple[str, ...] = ()
    questions = 0.0
    sizes: Mapping[str, int] = dict(
        sorted(Counter(task.category for task in tasks() for _ in task.photos).items())
    )

    def tables(self, line: ScoreLine) -> Sequence[str]:
        """There is one table."""
        return ("all",)

    def load(self, data_dir: Path | None) -> Iterator[Sample]:
        """Yield the samples; the photos ship with the package."""
        if data_dir is not None:
            raise ConfigError("the pocket benchmark brings its own photos; leave out --data-dir")
        for at, task in enumerate(tasks()):
            for turn, photo in enumerate(task.photos):
                yield Sample(
                    id=f"{at:02}-{photo}",
                    category=task.category,
                    instruction=task.words[turn % len(task.words)],
                    images=(_photo(photo),),
                    hidden=_hidden(task, photo),
                )

    def asks(self, sample: Sample, evidence: Evidence) -> list[Ask]:
        """Ask nothing: a program judges."""
        return []

    def measure(self, sample: Sample, evidence: Evidence) -> dict[str, float]:
        """Measure an edit against the hidden target; scores in [0, 10]."""
        targets = sample.hidden.targets
        before, after = Look(evidence.sources[0].pixels), Look(evidence.edited.pixels)
        boxes = BOXES.get(str(targets["photo"]), {})
        checks, free = targets["checks"], targets["free"]
        assert isinstance(checks, list)
        assert isinstance(free, list)
        each = [check(c, before, after, boxes) for c in checks if isinstance(c, dict)]
        success = sum(each) / len(each)
        preservation = kept([str(name) for name in free], before, after, boxes)
        bleached = {"border", "filled", "sketch", "text", "levels"} & {
            str(c["kind"]) for c in checks if isinstance(c, dict)
        }
        return {
            "semantics": 10 * min(success, preservation),
            "quality": 10 * (1.0 if bleached else clean(before, after)),
        }

    def places(self, sample: Sample) -> tuple[str, ...]:
        """Return the place below a folder of edits."""
        return (f"{sample.category}/{sample.id}.png",)

    def read_judgements(self, folder: Path, compat: Compat) -> Iterator[ScoreLine]:
        """Yield nothing: there are no judge files of others."""
        return iter(())


def _hidden(task: Task, photo: str) -> Hidden:
    return Hidden(
        targets={"photo": photo, "checks": [dict(c) for c in task.checks], "free": list(task.free)}
    )


def _photo(name: str) -> Original:
    return Original(f"{name}.jpg", lambda: _small_photo(name))


@cache
def _small_photo(name: str) -> bytes:
    with as_file(files("editthinker.tools") / "photos" / f"{name}.jpg") as path:
        image = Image.open(path).convert("RGB")
    image.thumbnail((LONGEST, LONGEST))
    return Picture.from_pixels(np.asarray(image)).data
