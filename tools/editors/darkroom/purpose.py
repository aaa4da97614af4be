"""Reasons that an instruction gives: "so that she stands out" is why, and no order."""

from collections.abc import Sequence

from editthinker.tools.editors.darkroom.words import Word

_ASKS = frozenset({"operation", "direction", "colour", "look", "act"})
"""Kinds of words that ask for something."""

_MAKE = frozenset({"make", "let", "help"})


def without_purpose(words: Sequence[Word], *, follows: bool) -> tuple[Sequence[Word], str]:
    """Take a reason from the end of a clause, and return its words apart; empty if it has none.

    Args:
        words: The clause.
        follows: Whether a clause stands before it, which may be what the reason is for.
    """
    if not words or words[-1].kind != "reason":
        return words, ""
    starts = [at for at in range(len(words)) if _starts(words, at)]
    if not starts:
        return words, ""
    first = starts[-1]
    why, order = words[first:-1], words[:first]
    if any(word.kind in _ASKS or word.kind == "negation" for word in why):
        return words, ""
    asks = any(word.kind in _ASKS for word in order)
    if not asks and (order or not follows):
        return words, ""  # "make it so that she stands out"
    return order, " ".join(word.text for word in words[first:])


def _starts(words: Sequence[Word], at: int) -> bool:
    if words[at].text in {"so", "so that"}:
        return True
    return words[at].text == "to" and at + 1 < len(words) and words[at + 1].text in _MAKE
