import subprocess
import sys

import pytest
from typer.testing import CliRunner

from editthinker.tools.cli import build_app
from editthinker.tools.errors import ConfigError
from editthinker.tools.serving.cli import app
from editthinker.tools.serving.settings import make_editor


def test_an_option_that_an_editor_does_not_take_is_refused() -> None:
    with pytest.raises(ConfigError, match="'fake' does not take these options"):
        make_editor("fake", {"stepps": 3})


def test_an_unknown_editor_is_refused_before_anything_starts() -> None:
    result = CliRunner().invoke(app, ["editor", "flux-kontex"])
    assert isinstance(result.exception, ConfigError)
    assert "did you mean 'flux-kontext'" in str(result.exception)


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "editthinker.tools.serving.ray_serve", raising=False)
    result = CliRunner().invoke(app, ["editor", "fake"])
    assert "pip install 'editthinker[serve]'" in str(result.exception)


def test_the_help_names_the_servers_and_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom editthinker.tools.serving.cli import app\n"
        "print([m for m in ('ray', 'fastapi', 'torch', 'langgraph') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert "editor" in CliRunner().invoke(app, ["--help"]).output


def test_is_a_command_of_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("typer")
    root = build_app(["serve"])
    result = CliRunner().invoke(root, ["serve", "editor", "flux-kontex"])
    assert result.exit_code == 2
    assert "did you mean" in result.output
