"""Benchmarks' files: from a folder that the user has, or from the hub (extra `evals`)."""

import json
import pickle
import shutil
from collections.abc import Callable, Sequence
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
        from datasets import (
            Dataset,
            DatasetDict,
            Image,
            concatenate_datasets,
            load_dataset,
            load_from_disk,
        )
    except ImportError as exc:
        raise ConfigError(f"{hub_id} needs the package datasets ({exc}); {_NEEDS}") from exc
    try:
        if data_dir is None:
            rows = load_dataset(hub_id, split=split)
        elif any(data_dir.rglob("state.json")):
            rows = load_from_disk(str(data_dir))
            rows = rows[split] if isinstance(rows, DatasetDict) else rows
        elif files := sorted(map(str, data_dir.rglob("*.parquet"))):
            rows = Dataset.from_parquet(files)
        elif files := sorted(map(str, data_dir.rglob("*.arrow"))):
            rows = concatenate_datasets([Dataset.from_file(file) for file in files])
        else:
            raise ConfigError(f"{str(data_dir)!r} holds no parquet or arrow files of {hub_id}")
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
    hub_id: str, data_dir: Path | None, marker: str, archive: str, *beside: str
) -> Path:
    """Return the folder that holds a file or folder `marker`, fetched from the hub if need be.

    Args:
        hub_id: Where the data is on the hub.
        data_dir: A folder that the user has.
        marker: What tells the right folder.
        archive: The packed data on the hub.
        beside: Other files that are needed from there.

    Raises:
        ConfigError: if it is not there.
    """
    root = data_dir if data_dir is not None else _fetched(hub_id, archive, beside)
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


class _PlainUnpickler(pickle.Unpickler):
    """Reads texts, numbers, lists and dictionaries, and nothing that runs code."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"it holds {module}.{name}, which is no plain data")


def read_plain_pickle(path: Path) -> Any:
    """Read a pickle of plain data.

    Raises:
        ConfigError: if it cannot be read, or holds anything else.
    """
    try:
        with path.open("rb") as file:
            return _PlainUnpickler(file).load()
    except (OSError, EOFError, ValueError, IndexError, pickle.UnpicklingError) as exc:
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


def _fetched(hub_id: str, archive: str, beside: Sequence[str]) -> Path:
    try:
        import huggingface_hub
    except ImportError as exc:
        raise ConfigError(f"{hub_id} needs huggingface_hub ({exc}); {_NEEDS}") from exc
    try:
        # The repositories hold much more, such as ImgEdit's training set.
        snapshot = huggingface_hub.snapshot_download(
            hub_id, repo_type="dataset", allow_patterns=[archive, *beside]
        )
        return _unpacked(Path(snapshot), archive, beside)
    except Exception as exc:  # the hub's client and archives raise many kinds
        raise ConfigError(
            f"{hub_id} cannot be fetched ({exc}); check the connection, or give --data-dir"
        ) from exc


def _unpacked(folder: Path, archive: str, beside: Sequence[str]) -> Path:
    target = folder / "unpacked"
    if not target.is_dir():
        fresh = folder / ".unpacking"
        shutil.rmtree(fresh, ignore_errors=True)
        safely = {"filter": "data"} if archive.endswith(".tar") else {}
        shutil.unpack_archive(folder / archive, fresh, **safely)  # type: ignore[arg-type]
        for name in beside:
            shutil.copy(folder / name, fresh)
        fresh.replace(target)
    return target
