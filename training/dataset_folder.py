"""Rows as a Hugging Face data set on disk, readable by `datasets.load_from_disk`."""

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import datasets
from datasets.arrow_writer import ArrowWriter

from editthinker.training.samples import Row, row_hash
from editthinker.training.selection import level_name, level_of

_PART = {"type": datasets.Value("string"), "text": datasets.Value("string")}
_MESSAGE = {"role": datasets.Value("string"), "content": datasets.List(_PART)}
FEATURES = datasets.Features(
    {
        "id": datasets.Value("string"),
        "images": datasets.List(datasets.Image()),
        "prompt": datasets.List(_MESSAGE),
        "completion": datasets.List(_MESSAGE),
        "instruction": datasets.Value("string"),
        "prompt_before": datasets.Value("string"),
        "answer": datasets.Value("string"),
        "semantic": datasets.Value("float64"),
        "quality": datasets.Value("float64"),
        "task": datasets.Value("string"),
        "trajectory": datasets.Value("string"),
        "turn": datasets.Value("int32"),
        "final": datasets.Value("bool"),
        "targets": datasets.Value("string"),
        "source_sha256": datasets.Value("string"),
        "edited_sha256": datasets.Value("string"),
    }
)
"""Columns of `samples.Row`."""

DATASET = "dataset"
"""Name of the data set in the folder that `editthinker train data` makes."""

WRITER_BATCH = 16
"""Rows in memory at once: two megapixel images each."""


@dataclass
class SplitCounts:
    """What a split holds."""

    rows: int = 0
    final: int = 0
    trajectories: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    tasks: Counter[str] = field(default_factory=Counter)
    levels: Counter[str] = field(default_factory=Counter)
    sha256: str = ""
    """Of every row in order, images by their bytes: the same data has the same."""


def write_dataset(splits: Mapping[str, Iterable[Row]], folder: Path) -> dict[str, SplitCounts]:
    """Write the splits that have rows, in place of what the folder held; returns their counts.

    Rows are streamed; the folder appears when it is whole.
    """
    fresh, scratch = (folder.with_name(f".{folder.name}.{end}") for end in ("new", "rows"))
    for left in (fresh, scratch):  # of a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    scratch.mkdir(parents=True)
    counts = {name: SplitCounts() for name in splits}
    parts = datasets.DatasetDict()
    for name, rows in splits.items():
        path = scratch / f"{name}.arrow"
        if _write_rows(rows, path, counts[name]):
            parts[name] = datasets.Dataset.from_file(str(path), split=name)
    _save(parts, fresh)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.replace(folder)
    shutil.rmtree(scratch)
    return {name: found for name, found in counts.items() if found.rows}


def file_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file below a folder, by its name there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): file_hash(path) for path in files}


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _save(parts: datasets.DatasetDict, folder: Path) -> None:
    hidden = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        parts.save_to_disk(str(folder))
    finally:
        if not hidden:
            datasets.enable_progress_bars()


def _write_rows(rows: Iterable[Row], path: Path, counts: SplitCounts) -> int:
    digest = hashlib.sha256()
    writer = ArrowWriter(features=FEATURES, path=str(path), writer_batch_size=WRITER_BATCH)
    try:
        for row in rows:
            writer.write(dict(row))
            digest.update(row_hash(row).encode())
            _count(row, counts)
        if counts.rows:
            writer.finalize()
    finally:
        writer.close()
    counts.sha256 = digest.hexdigest()
    return counts.rows


def _count(row: Row, counts: SplitCounts) -> None:
    counts.rows += 1
    counts.final += row["final"]
    counts.trajectories.add(row["trajectory"])
    counts.sources.add(row["source_sha256"])
    counts.tasks[row["task"]] += 1
    score = (row["semantic"] * row["quality"]) ** 0.5
    counts.levels[level_name(level_of(score))] += 1
