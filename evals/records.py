"""Records of a sweep: one line for each finished sample of each cell, appended and never changed.

A line that a crash cut off is passed over; a later line of the same sample replaces an earlier one.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import JsonValue
from typing_extensions import TypedDict

from editthinker.graph.state import Attempt
from editthinker.tools.images import ImageRef


class Judged(TypedDict):
    """What the judge said about one image."""

    scores: dict[str, JsonValue] | None
    """None if a call failed; a null score is a reply that could not be read."""
    spread: dict[str, float]
    replies: list[str]
    """SHA-256 of the raw replies in the blob store."""
    error: str | None


class Record(TypedDict):
    """One sample of one cell."""

    cell: str
    """Editor, thinker and mode, as `editor|thinker|mode`."""
    sample: str
    """Language, category and id, as `language/category/id`."""
    id: str
    category: str
    language: str
    intersection: bool | None
    consistency_free: bool | None
    instruction: str
    source: ImageRef | None
    attempts: list[Attempt]
    prompt: str
    """The prompt of the turn that was not made."""
    prompt_by: str
    stop_reason: str | None
    judged: dict[str, Judged]
    """By the SHA-256 of the image."""
    judge_calls: int
    judge_tokens: int
    cost_usd: float
    """Of editing, thinking and judging."""
    wall_s: float
    failed: bool
    """Whether a resumed run does this sample again: something broke that may not break twice."""
    error: str | None


class Records:
    """The file of a run."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def append(self, record: Record) -> None:
        """Write one line, whole."""
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            if not self._ends_well():
                os.write(self._file, b"\n")
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        written = os.write(self._file, line)
        if written != len(line):
            raise OSError(f"{self._path} took {written} of {len(line)} bytes; is the disk full?")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def read(self) -> Iterator[Record]:
        """Yield every whole line, in the order they were written."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            for line in file:
                try:
                    yield json.loads(line)
                except ValueError:
                    continue

    def latest(self) -> Iterator[Record]:
        """Yield the last record of each sample, reading the file twice and keeping only keys."""
        last: dict[tuple[str, str], int] = {}
        for at, record in enumerate(self.read()):
            last[record["cell"], record["sample"]] = at
        for at, record in enumerate(self.read()):
            if last[record["cell"], record["sample"]] == at:
                yield record

    def _ends_well(self) -> bool:
        with self._path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            if file.tell() == 0:
                return True
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"
