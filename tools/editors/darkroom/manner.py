"""How new words are to look, in the user's words: what one plain typeface can do of it."""

from dataclasses import dataclass

from editthinker.tools.editors.darkroom.phrases import phrase
from editthinker.tools.editors.darkroom.quoting import masked, with_quotes


@dataclass(frozen=True)
class Manner:
    """How letters are drawn."""

    bold: bool = False
    slanted: bool = False
    note: str = ""
    """What was asked for that the typeface cannot do."""


def manner_of(words: str) -> Manner:
    """Read how letters are to look; what stands in quotation marks is not about that."""
    said = phrase("sans-serif").sub(" ", masked(with_quotes(words))[0])
    bold, slanted = (phrase(name).search(said) is not None for name in ("bold", "slanted"))
    others = [each.group().strip().lower() for each in phrase("beyond-one-typeface").finditer(said)]
    if not others or not phrase("of-letters").search(said):
        return Manner(bold, slanted)
    asked = " and ".join(map(repr, dict.fromkeys(others)))
    note = f"There is one plain typeface to write in: {asked} could not be followed."
    return Manner(bold, slanted, note)
