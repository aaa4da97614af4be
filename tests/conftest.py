"""What holds for every test: no models of the user's, so that tests say the same everywhere."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no fault of the code: how long an example takes is never asserted.
# Examples are the same in every run, so that a failure is of the change that it appears with.
settings.register_profile("same", deadline=None, derandomize=True)
settings.load_profile("same")

_OWN = os.environ.get("EDITTHINKER_MODELS")


def pytest_configure() -> None:
    """Hide the models that the user has pulled."""
    os.environ["EDITTHINKER_MODELS"] = str(Path(tempfile.gettempdir()) / "editthinker-no-models")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a long text by its beginning, so that a report can be read; bytes by their number.

    What bytes are may depend on the second, as in a colour profile, and workers must agree.
    """
    if isinstance(val, bytes):
        return f"{len(val)} bytes"
    if isinstance(val, str) and len(val) > 60:
        return f"{val[:30]!a}... ({len(val)} characters)"
    return None


@pytest.fixture(autouse=True)
def _pack(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Show them to tests with the marker `pack`, and skip these where they are missing."""
    if request.node.get_closest_marker("pack") is None:
        return
    if _OWN is None:
        monkeypatch.delenv("EDITTHINKER_MODELS")
    else:
        monkeypatch.setenv("EDITTHINKER_MODELS", _OWN)
    from editthinker.tools.models import file_names, model_path

    if missing := [name for name in file_names() if model_path(name) is None]:
        pytest.skip(f"not pulled: {', '.join(missing)} (make test-pack)")
