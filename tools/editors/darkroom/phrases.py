"""How people put things: the phrases and rules of the `.grammar` files of this folder."""

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from editthinker.tools.editors.darkroom.words import vocabulary

if TYPE_CHECKING:
    from editthinker.tools.editors.darkroom.grammar import Grammar

_FILES = ("phrases", "rewordings", "wishes", "remarks", "gist")

_NO_VERBS = frozenset(
    {"light", "warm", "cool", "up", "another", "one", "second", "copy", "print", "title", "new"}
    | {"other", "mirror", "read", "reads", "say", "says", "that", "horizon", "more", "it", "is"}
    | {"photo", "picture", "image", "neutral", "even", "it's", "crooked", "tilted", "looks", "name"}
    | {"colour", "color", "balance", "level", "auto", "until", "deep", "reading", "saying", "which"}
    | {"white"}
)
"""First words of orders that begin other things more often."""


@lru_cache(maxsize=1)
def rules() -> "Grammar":
    """Return the rules; the files are read once.

    Raises:
        ValueError: if a file has a mistake; with its line.
    """
    # The library that reads them takes longer to load than all the rest of this module.
    from editthinker.tools.editors.darkroom.grammar import load_grammar

    meanings = vocabulary().items()
    colours = (" ".join(words) for words, meaning in meanings if meaning.kind == "colour")
    verbs = {words[0] for words, meaning in meanings if meaning.order} - _NO_VERBS
    lists = {"colour-name": colours, "verb": verbs}
    return load_grammar((Path(__file__).with_name(f"{name}.grammar") for name in _FILES), lists)


@lru_cache(maxsize=128)
def phrase(name: str) -> re.Pattern[str]:
    """Return a pattern that finds a phrase."""
    return re.compile(rules().phrases[name], re.IGNORECASE)
