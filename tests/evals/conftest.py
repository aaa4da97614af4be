"""What tests of sweeps share: a data set of ImgEdit's shape and a thinker that is none."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from small_evals import HashThinker, picture


@pytest.fixture
def imgedit_data(tmp_path: Path) -> Callable[[int], Path]:
    """Write a data set of ImgEdit's shape with so many samples."""

    def write(count: int) -> Path:
        folder = tmp_path / "imgedit"
        folder.mkdir()
        kinds = ("add", "style", "remove")
        entries = {}
        for at in range(count):
            (folder / f"{at}.png").write_bytes(picture(at))
            kind = kinds[at % len(kinds)]
            entries[str(at)] = {"id": f"{at}.png", "prompt": f"edit {at}", "edit_type": kind}
        (folder / "basic_edit.json").write_text(json.dumps(entries))
        return folder

    return write


@pytest.fixture
def thinker() -> HashThinker:
    return HashThinker()
