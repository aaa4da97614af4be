"""Pages that follow from the code are up to date."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRINT = (
    "import runpy, sys\n"
    "pages = runpy.run_path('docs/generate.py')['PAGES']\n"
    "sys.stdout.write(pages[sys.argv[1]]())"
)


@pytest.mark.parametrize("page", ["cli.md", "graph.md"])
def test_a_generated_page_is_up_to_date(page: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PRINT, page],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == (ROOT / "docs" / page).read_text(), "run python docs/generate.py"
