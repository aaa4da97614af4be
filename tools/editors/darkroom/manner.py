"""How new words are to look, in the user's words: what one plain typeface can do of it."""

import re
from dataclasses import dataclass

from editthinker.tools.editors.darkroom.quoting import masked, with_quotes

_BOLD = re.compile(r"\b(?:bold|heavy|thick|fat|chunky)\b", re.IGNORECASE)
_SLANTED = re.compile(r"\b(?:italics?|italicised|slanted|oblique)\b", re.IGNORECASE)
_OTHER = re.compile(
    r"\b(?:hand[- ]?written|handwriting|cursive|calligraphic|calligraphy|script|brush|serif|"
    r"elegant|fancy|ornate|gothic|typewriter|monospaced?|retro|vintage|neon|graffiti|comic|"
    r"condensed|light|thin)\b(?= |-|$|[.,;!])",
    re.IGNORECASE,
)
_SANS = re.compile(r"\bsans[- ]serif\b", re.IGNORECASE)
_LETTERED = re.compile(
    r"\b(?:letters?|lettering|fonts?|typefaces?|type|text|words?|writing|handwriting|title|"
    r"caption|style|script|italics?|calligraphy|cursive)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Manner:
    """How letters are drawn."""

    bold: bool = False
    slanted: bool = False
    note: str = ""
    """What was asked for that the typeface cannot do."""


def manner_of(words: str) -> Manner:
    """Read how letters are to look; what stands in quotation marks is not about that."""
    said = _SANS.sub("", masked(with_quotes(words))[0])
    if not _LETTERED.search(said):
        return Manner(bool(_BOLD.search(said)), bool(_SLANTED.search(said)))
    others = list(dict.fromkeys(word.lower() for word in _OTHER.findall(said)))
    note = ""
    if others:
        asked = " and ".join(repr(word) for word in others)
        note = f"There is one plain typeface to write in: {asked} could not be followed."
    return Manner(bool(_BOLD.search(said)), bool(_SLANTED.search(said)), note)
