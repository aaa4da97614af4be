"""The wheel, installed alone, edits a photo."""

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNTRACKED = [*(ROOT / ".gitignore").read_text().replace("/", "").split(), ".git"]

pytestmark = [pytest.mark.packaging, pytest.mark.xdist_group("packaging")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # setuptools writes beside what it builds, and two builds there would undo each other.
    tree = folder / "tree"
    shutil.copytree(ROOT, tree, symlinks=True, ignore=shutil.ignore_patterns(*UNTRACKED))
    command = [sys.executable, "-m", "build", "--outdir", str(folder), str(tree)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_every_module_and_every_data_file(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    for floor in ("tools", "graph", "evals", "training"):
        for path in (ROOT / floor).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
                assert f"editthinker/{path.relative_to(ROOT)}" in held


def test_the_installed_wheel_edits_a_photo(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "env"
    # The wheel is installed alone; its dependencies come from the environment that runs the tests.
    venv.create(home, with_pip=True, symlinks=os.name != "nt")
    python = home / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel],
        check=True,
        timeout=120,
    )
    site = subprocess.run(
        [sys.executable, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    own = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    done = subprocess.run(
        [
            home / "bin" / "editthinker",
            "edit",
            Path(own) / "editthinker" / "tools" / "photos" / "cat.jpg",
            "make it brighter",
            "--out",
            tmp_path / "result",
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([own, site])},
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "result" / "result.jpg").stat().st_size > 1000
    assert (tmp_path / "result" / "index.html").exists()
