"""Words that only tell the kind of what follows: "darker blue", "pale green", "old engraving"."""

from collections.abc import Sequence
from dataclasses import replace

from editthinker.tools.editors.darkroom.recipe import REDRAWING
from editthinker.tools.editors.darkroom.words import Meaning, Word, vocabulary

_SHADES = {
    **dict.fromkeys(("dark", "darker", "deep", "deeper"), "dark"),
    **dict.fromkeys(("light", "lighter", "pale", "paler", "soft", "pastel"), "light"),
    **dict.fromkeys(
        (
            "warm",
            "cool",
            "cold",
            "icy",
            "glossy",
            "shiny",
            "metallic",
            "satin",
            "bright",
            "brighter",
            "vivid",
            "vibrant",
            "rich",
            "neon",
            "matte",
            "matt",
            "muted",
            "dusty",
            "proper",
            "nice",
            "lovely",
            "beautiful",
            "faded",
            "dull",
            "mellow",
            "smoky",
            "cheerful",
            "elegant",
            "subtle",
            "gentle",
            "fresh",
            "lush",
            "sunny",
            "silky",
            "electric",
            "stylish",
            "clean",
            "simple",
            "classic",
            "clear",
        ),
        "",
    ),
}
"""Shades in front of a colour."""

_AGED = frozenset({"old", "very old", "antique", "aged", "old fashioned"})
"""Words before a drawing or a painting that belong to its style: they do not age the photo."""

_SPANS = frozenset({"edge", "part", "half", "area", "border", "third", "end", "region"})
"""Words after which "lower" is a place: "the flower at the lower edge"."""


def shaded(words: Sequence[Word]) -> list[Word]:
    """Read "darker blue" as one colour, "lower" in "lower left" as a place, and so on."""
    joined: list[Word] = []
    for at, word in enumerate(words):
        last = joined[-1] if joined else None
        following = words[at + 1].kind if at + 1 < len(words) else ""
        after = words[at + 1].text if at + 1 < len(words) else ""
        shade = _shade(last) if last and word.kind == "colour" else None
        if last and shade is not None:
            named = vocabulary().get((*shade.split(), *str(word.meaning.value).split()))
            meaning = named if named and named.kind == "colour" else word.meaning
            text = f"{last.text} {word.text}"
            joined[-1] = Word(text, meaning, last.start, word.end, definite=last.definite)
        elif last and last.text in _AGED and word.meaning.value in REDRAWING:
            text = f"{last.text} {word.text}"
            joined[-1] = replace(word, text=text, start=last.start, definite=last.definite)
        elif word.text == "light" and word.definite and following != "colour":
            joined.append(replace(word, meaning=Meaning("unknown")))  # "make the light softer"
        elif word.text == "portrait" and word.definite:
            joined.append(replace(word, meaning=vocabulary()["photo",]))
        elif word.text == "lower" and (
            following in {"side", "corner"}
            or after in _SPANS
            or (following == "region" and last and (word.definite or last.kind == "degree"))
        ):
            joined.append(replace(word, meaning=Meaning("vertical-place", "bottom")))
        else:
            joined.append(word)
    return joined


def _shade(word: Word) -> str | None:
    """Return which shade a word before a colour asks for; None for other words."""
    tinged = word.text.endswith("ish") and word.kind in {"colour", "operation", "unknown"}
    return "" if tinged else _SHADES.get(word.text)  # "brownish red" is red
