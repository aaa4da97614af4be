"""Benchmarks' files: from a folder that the user has, or from the hub (extra `evals`)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from editthinker.evals.benchmarks.base import Original
from editthinker.tools.errors import ConfigError

_NEEDS = "pip install 'editthinker[evals]'"


def hub_rows(hub_id: str, data_dir: Path | None, split: str) -> Any:
    """Open a data set of rows with `datasets`, images left encoded.

    Args:
        hub_id: Its name on the hub.
        data_dir: A folder with its parquet or arrow files, or one that `save_to_disk` wrote.
        split: Which rows.

    Raises:
        ConfigError: if it cannot be opened.
    """
    try:
        from datasets import Dataset, DatasetDict, Image, load_dataset, load_from_disk
    except ImportError as exc:
        raise ConfigError(f"{hub_id} needs the package datasets ({exc}); {_NEEDS}") from exc
    try:
        if data_dir is None:
            rows = load_dataset(hub_id, split=split)
        elif any(data_dir.rglob("state.json")):
            rows = load_from_disk(str(data_dir))
            rows = rows[split] if isinstance(rows, DatasetDict) else rows
        else:
            files = sorted(map(str, data_dir.rglob("*.parquet")))
            if not files:
                raise ConfigError(f"{str(data_dir)!r} holds no parquet files of {hub_id}")
            rows = Dataset.from_parquet(files)
    except ConfigError:
        raise
    except Exception as exc:  # the hub's client and arrow raise many kinds
        raise ConfigError(
            f"{hub_id} cannot be opened ({exc}); check the connection, or give --data-dir"
        ) from exc
    for name, feature in rows.features.items():
        if isinstance(feature, Image):
            rows = rows.cast_column(name, Image(decode=False))
    return rows


def image_bytes(rows: Any, at: int, column: str) -> Callable[[], bytes]:
    """Return what reads one image of a row."""

    def read() -> bytes:
        image = rows[at][column]
        return bytes(image["bytes"]) if image["bytes"] else Path(image["path"]).read_bytes()

    return read


def data_folder(
    hub_id: str, data_dir: Path | None, marker: str, archive: str | None = None
) -> Path:
    """Return the folder that holds a file or folder `marker`, fetched from the hub if need be.

    Raises:
        ConfigError: if it is not there.
    """
    root = data_dir if data_dir is not None else _fetched(hub_id, archive)
    for place in (root, *sorted(path for path in root.glob("*") if path.is_dir())):
        if any(place.glob(marker)):
            return place
    raise ConfigError(f"{str(root)!r} holds no {marker}; give --data-dir the official folder")


def read_json(path: Path) -> Any:
    """Read a file of JSON.

    Raises:
        ConfigError: if it cannot be read.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise ConfigError(f"{str(path)!r} cannot be read: {exc}") from exc


def existing(root: Path, name: str) -> Original:
    """Return an image file below a folder.

    Raises:
        ConfigError: if it leads out of the folder or is not there.
    """
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()):
        raise ConfigError(f"the image {name!r} lies outside {str(root)!r}")
    if not path.is_file():
        raise ConfigError(f"there is no image {str(path)!r}; the data is incomplete")
    return Original.at(path)


def _fetched(hub_id: str, archive: str | None) -> Path:
    try:
        from huggingface_hub import snapshot_download
    except ImportError as exc:
        raise ConfigError(f"{hub_id} needs huggingface_hub ({exc}); {_NEEDS}") from exc
    try:
        folder = Path(snapshot_download(hub_id, repo_type="dataset"))
    except Exception as exc:  # the hub's client raises many kinds
        raise ConfigError(
            f"{hub_id} cannot be fetched ({exc}); check the connection, or give --data-dir"
        ) from exc
    return _unpacked(folder, archive) if archive else folder


def _unpacked(folder: Path, archive: str) -> Path:
    import shutil

    target = folder / "unpacked"
    if not target.is_dir():
        fresh = folder / ".unpacking"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.unpack_archive(folder / archive, fresh)
        for file in folder.glob("*.json"):
            shutil.copy(file, fresh)
        fresh.replace(target)
    return target
