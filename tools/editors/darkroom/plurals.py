"""More than one of a thing, and one of several: "branches", "leaf"."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

_SIBILANTS = ("s", "x", "ch", "sh")


def plural(name: str) -> str:
    """Return what several of a thing are called: `palm leaves`, `sheets of paper`, `jeans`."""
    head, joint, rest = name.partition(" of ")
    before, space, noun = head.rpartition(" ")
    return f"{before}{space}{_several(noun)}{joint}{rest}"


def singular(noun: str) -> str:
    """Return what one of several is called, for a single word: `branch`, `leaf`, `lamp`."""
    for one, several in irregular().items():
        if noun in several:
            return one
    if noun.endswith(("ss", "us", "is")):
        return noun
    if noun.endswith("ies"):
        return noun.removesuffix("ies") + "y"
    stem = noun.removesuffix("es")
    return stem if stem != noun and stem.endswith(_SIBILANTS) else noun.removesuffix("s")


@lru_cache(maxsize=1)
def irregular() -> Mapping[str, Sequence[str]]:
    """Return the plurals that no rule gives; none where a thing has one form only."""
    return tomllib.loads(Path(__file__).with_name("plurals.toml").read_text(encoding="utf-8"))


def _several(noun: str) -> str:
    if noun in irregular():
        return next(iter(irregular()[noun]), noun)
    if noun.endswith(_SIBILANTS):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return f"{noun.removesuffix('y')}ies"
    return f"{noun}s"
