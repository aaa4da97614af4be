"""How things look that no model knows by name, as `looks.toml` has it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

_ANY = (0.0, 1000.0)


@dataclass(frozen=True)
class Look:
    """How the things of a name look; see `looks.toml`."""

    size: tuple[float, float] = _ANY
    tall: tuple[float, float] = _ANY
    wide: tuple[float, float] = _ANY
    rows: tuple[float, float] = _ANY
    hues: tuple[float, float] = (0.0, 360.0)
    round: float = 0.0
    solid: float = 0.0
    chroma: float = 0.0
    light: float = 0.0
    dark: float = 100.0
    pale: float = 200.0
    varied: float = 0.0
    colours: tuple[str, ...] = ()
    on: bool = False
    apart: bool = False
    bright: bool = False
    rough: bool = False
    smooth: bool = False
    joined: bool = False
    """Whether parts of it that touch are one thing."""
    skyline: bool = False
    """Whether it may stand out against the sky."""
    bars: bool = False
    """Whether it is made of thin bars."""
    free: bool = False
    """Whether it reaches neither side of the photo."""
    stand: bool = False
    """Whether it may have a stand below its middle."""
    like: tuple[str, ...] = ()
    """Names whose looks are tried in turn instead."""


THING = Look(size=(0.003, 0.2), solid=0.55, apart=True)
"""What goes by a name of which nothing is known."""

TRIFLE = Look(size=(0.0005, 0.04), solid=0.6, apart=True)
"""The same, of what is small."""


@lru_cache(maxsize=1)
def looks() -> Mapping[str, Look]:
    """Return how the things of each name look."""
    text = (files("editthinker.tools.editors.darkroom") / "looks.toml").read_text(encoding="utf-8")
    known: dict[str, Look] = {}
    for table in tomllib.loads(text).values():
        names = table.pop("names")
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in table.items()
        }
        known.update(dict.fromkeys(names, Look(**values)))
    return known


def look_of(name: str) -> Look | None:
    """Return how the things of a name look, None where that is not known."""
    return looks().get(name)
