"""A sweep that is killed at any moment goes on as if nothing had happened."""

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from fake_sweep import sweep

from editthinker.evals.session import RunFolder

SCRIPT = Path(__file__).with_name("fake_sweep.py")


def start(data: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(SCRIPT), str(data), str(out), "0.002"]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def test_killed_at_random_and_resumed_every_sample_is_there_once(
    imgedit_data: Callable[[int], Path], tmp_path: Path
) -> None:
    data = imgedit_data(60)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    chance = random.Random(1)
    process = start(data, cut)
    assert process.stdout
    for _ in range(chance.randint(5, 100)):
        process.stdout.readline()
    process.kill()
    process.communicate()
    written = sum(1 for _ in RunFolder(cut).records.read())
    for out in (whole, cut):
        sweep(data, RunFolder(out), delay_s=0.0, watch=lambda progress: None)
    seen = Counter((r["cell"], r["sample"]) for r in RunFolder(cut).records.read())
    assert set(seen.values()) == {1}
    assert 5 <= written < len(seen) == 120
    assert RunFolder(cut).read_summary().rows == RunFolder(whole).read_summary().rows
