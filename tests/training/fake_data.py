"""Training data from fakes, run as a script so that it can be killed. Usage: POOL OUT DELAY_S."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from small_evals import HashThinker, draw, picture

from editthinker.evals.benchmarks.base import Benchmark, Evidence, Sample
from editthinker.evals.cells import Tools
from editthinker.evals.judges import Judgement
from editthinker.evals.sweep import Progress
from editthinker.tools.editors.fake import FakeEditor
from editthinker.training.data_build import (
    Built,
    DataFolder,
    build,
    make_data_config,
    reopen,
)


class TwoScores:
    """A fake judge: its scores depend on the edit alone; a share of calls fails."""

    name, model, rubrics = "hash", "hash-2026-01-01", "own"

    def __init__(self, failing: float = 0.0) -> None:
        self.failing = failing
        self.calls = 0

    async def judge(
        self, benchmark: Benchmark, sample: Sample, evidence: Evidence, *, asking: int = 0
    ) -> Judgement:
        self.calls += 1
        sha256 = evidence.edited.ref["sha256"]
        if draw(sha256, "luck") < self.failing:
            return Judgement(None, calls=1, error="the judge did not answer")
        semantic, quality = (round(10 * draw(sha256, at), 2) for at in ("s", "q"))
        return Judgement({"semantics": semantic, "quality": quality}, calls=1)


def write_pool(folder: Path, count: int) -> Path:
    """Write images, each with a text file of one instruction."""
    folder.mkdir()
    for at in range(count):
        (folder / f"{at:02}.png").write_bytes(picture(at))
        (folder / f"{at:02}.txt").write_text(f"edit {at}\n")
    return folder


def fake_data(
    pool: Path,
    out: Path,
    *,
    delay_s: float = 0.0,
    watch: Callable[[Progress], None] = lambda progress: None,
    judge: TwoScores | None = None,
    selection: dict[str, object] | None = None,
    max_turns: int = 4,
    **more: Any,
) -> Built:
    """Build a data set with fakes, or go on with it."""
    tools = Tools(
        editor=lambda name, config: FakeEditor(name, delay_s=delay_s),
        thinker=lambda name, config: HashThinker(),
        judge=lambda config, has_program: judge or TwoScores(),
    )
    folder = DataFolder(out)
    if folder.config.exists():
        config = reopen(folder, selection or {})
        return build(config, folder, resumed=True, tools=tools, watch=watch)
    given = {
        "pool": {
            "benchmark": "folder",
            "data_dir": pool,
            "editors": ("fake",),
            "thinkers": ("hash",),
            "max_turns": max_turns,
            "concurrency": 8,
        },
        "selection": selection or {},
        **more,
    }
    return build(make_data_config(given), folder, tools=tools, watch=watch)


def tell(progress: Progress) -> None:
    """Say that one more is done."""
    sys.stdout.write(f"{progress.done}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    fake_data(Path(sys.argv[1]), Path(sys.argv[2]), delay_s=float(sys.argv[3]), watch=tell)
