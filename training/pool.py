"""The pool that trajectories start from: a benchmark's samples, or a folder of one's own.

A folder holds images, and either `instructions.jsonl` with lines like
`{"image": "a.jpg", "instruction": "make it warmer", "task": "tone"}`, or beside each image a text
file of the same name with one instruction a line.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from editthinker.evals.benchmarks.base import BENCHMARKS, Benchmark, Original, Sample
from editthinker.evals.config import SweepConfig
from editthinker.evals.program_judge import Measuring
from editthinker.evals.sampling import stratified
from editthinker.evals.session import load_samples
from editthinker.tools.errors import ConfigError

FOLDER = "folder"
"""Name of a pool that is a folder of one's own."""

LINES = "instructions.jsonl"

_IMAGES = {".png", ".jpg", ".jpeg", ".webp"}


class Wish(BaseModel):
    """A line of `instructions.jsonl`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image: str = Field(min_length=1, description="Name of a file in the folder.")
    instruction: str = Field(min_length=1, description="What to change, in plain words.")
    task: str = Field("other", min_length=1, description="Kind of edit, for balance.")


class Pool(NamedTuple):
    """What an expert is let loose on."""

    scorer: Benchmark
    """What the judge goes by: the benchmark's own program, or GEdit-Bench's two questions, so that
    scores of every pool mean the same."""
    has_program: bool
    samples: list[Sample]
    several_images: int
    """Samples left out, since a step sample shows one source."""

    @property
    def targets(self) -> dict[str, str]:
        """What a program judges by, as JSON, by the key of the sample."""
        return {
            sample.key: json.dumps(dict(sample.hidden.targets))
            for sample in self.samples
            if sample.hidden.targets
        }


def load_pool(config: SweepConfig) -> Pool:
    """Return the samples that the settings choose.

    Raises:
        ConfigError: if the data is not there, or of another shape.
    """
    if config.benchmark == FOLDER:
        if config.data_dir is None:
            raise ConfigError("a pool of your own needs its folder: --folder DIR")
        samples = stratified(list(read_folder(config.data_dir)), config.limit, config.seed)
        if not samples:
            raise ConfigError(f"{str(config.data_dir)!r} holds no image with an instruction")
        return Pool(_two_questions(), False, samples, 0)
    benchmark, samples = load_samples(config)
    single = [sample for sample in samples if len(sample.images) == 1]
    has_program = isinstance(benchmark, Measuring)
    measures = has_program and config.judge in ("auto", "program")
    scorer = benchmark if measures else _two_questions()
    return Pool(scorer, has_program, single, len(samples) - len(single))


def read_folder(folder: Path) -> Iterator[Sample]:
    """Yield the samples of a folder; the same wish for the same image counts once.

    Raises:
        ConfigError: if a line cannot be read or names no image of the folder.
    """
    if not folder.is_dir():
        raise ConfigError(f"pool {str(folder)!r} is no folder")
    lines = folder / LINES
    seen: set[str] = set()
    for wish, path in _from_lines(folder, lines) if lines.exists() else _from_texts(folder):
        digest = hashlib.sha256(f"{wish.image}\n{wish.instruction}".encode()).hexdigest()[:10]
        if digest not in seen:
            seen.add(digest)
            name = f"{Path(wish.image).stem}-{digest}"
            yield Sample(name, wish.task, wish.instruction, (Original.at(path),))


def _two_questions() -> Benchmark:
    return BENCHMARKS.load("gedit")()


def _from_lines(folder: Path, lines: Path) -> Iterator[tuple[Wish, Path]]:
    for at, line in enumerate(_text(lines).splitlines(), 1):
        if not line.strip():
            continue
        try:
            wish = Wish.model_validate(json.loads(line))
        except (ValidationError, ValueError) as exc:
            raise ConfigError(f"{lines}:{at}: {str(exc).splitlines()[0]}: {line[:80]!r}") from exc
        path = (folder / wish.image).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise ConfigError(f"{lines}:{at}: the folder has no image {wish.image!r}")
        yield wish, path


def _from_texts(folder: Path) -> Iterator[tuple[Wish, Path]]:
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in _IMAGES):
        text = path.with_suffix(".txt")
        for line in _text(text).splitlines() if text.exists() else ():
            if line.strip():
                yield Wish(image=path.name, instruction=line.strip(), task="other"), path


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{str(path)!r} cannot be read: {exc}") from exc
