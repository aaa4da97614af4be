"""A sweep with fakes, run as a script so that it can be killed. Usage: DATA OUT DELAY_S."""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from small_evals import HashJudge, HashThinker, config_for, fake_tools

from editthinker.evals.session import RunFolder, resume_sweep, run_sweep
from editthinker.evals.sweep import Progress
from editthinker.tools.editors.fake import FakeEditor


def sweep(data: Path, out: RunFolder, delay_s: float, watch: Callable[[Progress], None]) -> None:
    """Run a sweep, or go on with it."""
    tools = fake_tools(HashThinker(), HashJudge(), lambda name: FakeEditor(name, delay_s=delay_s))
    if out.config.exists():
        resume_sweep(out, tools=tools, watch=watch)
    else:
        config = config_for(data, modes=("think-while",), concurrency=32)
        run_sweep(config, out, tools=tools, watch=watch)


def tell(progress: Progress) -> None:
    """Say that one more is done."""
    sys.stdout.write(f"{progress.done}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sweep(Path(sys.argv[1]), RunFolder(Path(sys.argv[2])), float(sys.argv[3]), tell)
