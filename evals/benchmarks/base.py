"""What a benchmark is: samples, what a judge is asked, a formula, and an official layout."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from editthinker.evals.formula import Compat, Formula
from editthinker.evals.scores import ScoreLine
from editthinker.tools.images import Picture
from editthinker.tools.registry import Registry


@dataclass(frozen=True)
class Original:
    """An image of a benchmark, read when it is needed."""

    name: str
    """For messages."""
    read: Callable[[], bytes] = field(compare=False, repr=False)

    @classmethod
    def at(cls, path: Path) -> "Original":
        """Return an image in a file."""
        return cls(str(path), path.read_bytes)


@dataclass(frozen=True)
class Hidden:
    """What only a judge may see."""

    texts: Mapping[str, str] = field(default_factory=dict)
    """References, explanations and flags, by name."""
    images: Mapping[str, Original] = field(default_factory=dict)
    """Reference images, by name."""
    targets: Mapping[str, JsonValue] = field(default_factory=dict)
    """What a programmatic judge measures."""


@dataclass(frozen=True)
class Sample:
    """One task of a benchmark."""

    id: str
    """Unique within category and language."""
    category: str
    instruction: str
    images: tuple[Original, ...]
    """One or more; the first is the one to edit, unless the instruction says otherwise."""
    language: str = "en"
    intersection: bool | None = None
    """GEdit: whether every model compared in 2025 answered."""
    hidden: Hidden = field(default_factory=Hidden, repr=False)

    @property
    def key(self) -> str:
        """Name of the sample within its benchmark."""
        return f"{self.language}/{self.category}/{self.id}"

    def line(self, scores: Mapping[str, JsonValue] | None) -> ScoreLine:
        """Return what a judge gave to this sample, for aggregation."""
        return ScoreLine(
            id=self.id,
            category=self.category,
            language=self.language,
            intersection=self.intersection,
            consistency_free=bool(self.hidden.texts.get("consistency_free")) or None,
            scores=dict(scores) if scores is not None else None,
        )


@dataclass(frozen=True)
class Shown:
    """A picture that a judge sees, with the caption that stands before it."""

    caption: str
    picture: Picture


Parsed = Mapping[str, list[float]]
"""Scores by the benchmark's names; most have one number."""


@dataclass(frozen=True)
class Ask:
    """One question to a judge."""

    rubric: str
    """Name of the text in `evals/rubrics`, or in the user's folder of rubrics."""
    values: Mapping[str, str]
    """What stands in the places of the rubric."""
    pictures: tuple[Shown, ...]
    names: tuple[str, ...]
    """Scores that the reply holds."""
    parse: Callable[[str], Parsed] = field(compare=False)
    """Reads a reply strictly; raises `ReplyParseError`."""
    temperature: float | None = None
    """What the official script sets; None for the model's own."""
    fallback: str = ""
    """The rubric of our own where only the user's folder has `rubric`."""


@dataclass(frozen=True)
class Evidence:
    """The pictures of one judgement."""

    sources: tuple[Picture, ...]
    edited: Picture
    hidden: Mapping[str, Picture] = field(default_factory=dict)


class Benchmark(Formula, Protocol):
    """A benchmark; implementations hold no state."""

    name: str
    rubrics: tuple[str, ...]
    """Texts that its judgements need; empty if its judge is a program."""

    questions: float
    """Questions to the judge for one image, on average."""

    def load(self, data_dir: Path | None) -> Iterator[Sample]:
        """Yield the samples from a folder of the official layout, or from the hub.

        Raises:
            ConfigError: if the data is not there or of another shape.
        """
        ...

    def asks(self, sample: Sample, evidence: Evidence) -> list[Ask]:
        """Return the questions to a judge; none if the benchmark judges by program."""
        ...

    def places(self, sample: Sample) -> tuple[str, ...]:
        """Return where the edited image lies below a model's folder: official first, then forks."""
        ...

    def read_judgements(self, folder: Path, compat: Compat) -> Iterator[ScoreLine]:
        """Yield the scores in the judge files that the official scripts wrote below a folder."""
        ...


BENCHMARKS: Registry[Benchmark] = Registry(
    kind="benchmark",
    group="editthinker.benchmarks",
    builtin={
        "gedit": "editthinker.evals.benchmarks.gedit:GEdit",
        "imgedit": "editthinker.evals.benchmarks.imgedit:ImgEdit",
        "rise": "editthinker.evals.benchmarks.rise:Rise",
        "kris": "editthinker.evals.benchmarks.kris:Kris",
        "pocket": "editthinker.evals.benchmarks.pocket:Pocket",
    },
)
"""Benchmarks that can be chosen by name."""
