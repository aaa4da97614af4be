"""The vocabulary of `words.toml`: what each phrase means."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from editthinker.tools.editors.darkroom.plurals import irregular, plural
from editthinker.tools.editors.darkroom.recipe import Operation
from editthinker.tools.editors.darkroom.target import Kind, Target

ARTICLES = frozenset({"a", "an", "the"})
"""Words that are skipped everywhere."""

DETERMINERS = frozenset(
    {"this", "that", "these", "those", "my", "your", "his", "her", "its", "our", "their"}
)
"""Words before a certain thing."""

_ROLES: Mapping[str, tuple[int, bool]] = {
    "do": (1, True),
    "undo": (-1, True),
    "more": (1, False),
    "less": (-1, False),
    "high": (1, False),
    "low": (-1, False),
    "name": (0, False),
    "hosts": (0, False),
}
"""Sign of each list of an operation, and whether it gives an order."""

_LISTS = (
    *("filler", "aspect", "break", "negation", "noun", "reason", "quality", "body", "attached"),
    *("relation", "distinct", "row"),
)
"""Kinds of words that stand in one list each."""


@dataclass(frozen=True)
class Meaning:
    """What one phrase stands for."""

    kind: str
    """Section of `words.toml`: `operation`, `direction`, `degree`, `colour`, `filler` ..."""
    value: str | float = ""
    """Which one of its kind."""
    sign: int = 0
    """1 or -1 for words with a direction."""
    amount: float | None = None
    """The amount that a direction implies."""
    role: str = ""
    """List that an operation's word stands in: `do`, `name` ..."""
    order: bool = False
    """Whether it makes its clause an order."""
    target: Target | None = None
    """The thing that a word of the kind `region` names."""


@dataclass(frozen=True)
class Word:
    """A phrase of the instruction and what it stands for."""

    text: str
    """In lower case; as written for quoted text."""
    meaning: Meaning
    start: int
    end: int
    definite: bool = False
    """Whether "the" stands before it."""
    misspelt: str = ""
    """As the user wrote it, where that was taken for a slip."""

    @property
    def kind(self) -> str:
        """Kind of its meaning."""
        return self.meaning.kind


@lru_cache(maxsize=1)
def vocabulary() -> Mapping[tuple[str, ...], Meaning]:
    """Return the meaning of every phrase, by its words.

    Raises:
        ValueError: if a phrase stands twice in `words.toml`.
    """
    found: dict[tuple[str, ...], Meaning] = {}
    for phrase, meaning in _phrases():
        words = tuple(word for word in phrase.replace("-", " ").split() if word not in ARTICLES)
        if not words or found.setdefault(words, meaning) != meaning:
            raise ValueError(f"words.toml: {phrase!r} stands twice, as {found.get(words)} too")
    return found


@lru_cache(maxsize=1)
def longest_phrase() -> int:
    """Return the number of words of the longest phrase."""
    return max(map(len, vocabulary()))


def typos() -> Mapping[str, str]:
    """Return common misspellings with what was meant."""
    return cast("Mapping[str, str]", _data()["typo"])


@lru_cache(maxsize=1)
def known_words() -> frozenset[str]:
    """Return every word of every phrase."""
    return frozenset(word for phrase in vocabulary() for word in phrase)


@lru_cache(maxsize=1)
def spellings() -> frozenset[str]:
    """Return the words whose misspellings are guessed at."""
    return frozenset(_data()["spelling"])


@lru_cache(maxsize=1)
def lookalikes() -> frozenset[str]:
    """Return words that are no misspellings, though they are nearly a word that is known."""
    return frozenset(_data()["lookalike"])


@lru_cache(maxsize=1)
def postures() -> frozenset[str]:
    """Return words that tell, with a preposition, where a thing is: "lying", "parked"."""
    return frozenset(_data()["posture"])


@lru_cache(maxsize=1)
def features() -> frozenset[str]:
    """Return words whose colour only tells who is meant: the "haired" of "grey haired"."""
    return frozenset(_data()["feature"])


@lru_cache(maxsize=1)
def hair_colours() -> frozenset[str]:
    """Return words for who has hair of a colour, such as "blond"."""
    return frozenset(_data()["hair"])


def size_of(word: str) -> str:
    """Return which one of several things an adjective of size means; empty for other words."""
    return next((name for name, words in _data()["adjective"].items() if word in words), "")


@lru_cache(maxsize=1)
def looks() -> Mapping[str, str]:
    """Return the sentences that each everyday wish stands for."""
    return {name: str(look["means"]) for name, look in _data()["look"].items()}


def shades() -> Mapping[str, str]:
    """Return the values, as `#rrggbb`, of colours that are not what CSS calls so."""
    return cast("Mapping[str, str]", _data()["shade"])


@lru_cache(maxsize=1)
def opposites() -> Mapping[Operation, Operation]:
    """Return what less of an unsigned operation means, where it means something."""
    return cast("Mapping[Operation, Operation]", _data()["opposite"])


@lru_cache(maxsize=1)
def _data() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def _phrases() -> Iterator[tuple[str, Meaning]]:
    data = _data()
    for kind in _LISTS:
        yield from _each(data[kind], Meaning(kind))
    yield from _each(data["coat"], Meaning("noun", "coat"))
    for name, phrases in data["verb"].items():
        yield from _each(phrases, Meaning("verb", name, order=True))
    for name, phrases in data["act"].items():
        yield from _each(phrases, Meaning("act", name, order=True))
    for name, phrases in data["scene"].items():
        yield from _each(phrases, Meaning("scene", name))
    for name, phrases in (data["surface"] | data["rest"]).items():
        yield from _each(phrases, Meaning(name))
    for value, direction in data["direction"].items():
        sign, amount = direction["sign"], direction.get("amount")
        for group, order in (("verbs", True), ("words", False)):
            meaning = Meaning("direction", value, sign, amount, order=order)
            yield from _each(direction[group], meaning)
    for kind in ("degree", "number", "turn", "half-turn", "ratio"):
        for number, phrases in data[kind].items():
            yield from _each(phrases, Meaning(kind, float(number)))
    yield from _things(data)
    for kind in ("unit", "side", "axis", "vertical-place", "keepable", "quantifier", "size"):
        for name, phrases in data[kind].items():
            yield from _each(phrases, Meaning(kind, name))
    for name, phrases in data["colour"].items():
        yield from _each([name, *phrases], Meaning("colour", name))
    yield from _each(data["keep"]["markers"], Meaning("keep", order=True))
    yield from _each(data["keep"]["closers"], Meaning("closer"))
    yield from _each(data["place-filler"]["corner"], Meaning("corner"))
    for operation, roles in data["operation"].items():
        for role, phrases in roles.items():
            sign, order = _ROLES[role]
            meaning = Meaning("operation", operation, sign, role=role, order=order)
            yield from _each(phrases, meaning)
    for name, look in data["look"].items():
        yield from _each(look["words"], Meaning("look", name))
        yield from _each(look.get("orders", ()), Meaning("look", name, order=True))


def _things(data: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for name, phrases in data["region"].items():
        kind = cast("Kind", name)
        yield from _each(phrases, Meaning("region", name, target=Target(kind)))
    yield "faces", Meaning("region", "face", target=Target("face", place="all"))
    for word in data["thing"]["words"]:
        yield word, Meaning("thing")
        yield plural(word), Meaning("thing", role="many")
    others: list[str] = data["other-object"]["words"]
    scenes = {phrase for phrases in data["scene"].values() for phrase in phrases}
    for name, phrases in (data["object"] | {name: [] for name in others}).items():
        one = Meaning("region", "object", target=Target("object", name))
        many = Meaning("region", "object", target=Target("object", name, "all"))
        several = {*irregular().get(name, ()), *map(plural, (name, *phrases))}
        yield from _each([name, *phrases], one)
        yield from _each(sorted(several - {name, *phrases} - scenes), many)


def _each(phrases: Iterable[str], meaning: Meaning) -> Iterator[tuple[str, Meaning]]:
    return ((phrase, meaning) for phrase in phrases)
