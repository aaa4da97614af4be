"""Reasons that an instruction gives: "so that she stands out" is why, and no order."""

from collections.abc import Sequence

from editthinker.tools.editors.darkroom.words import Word

_ASKS = frozenset({"operation", "direction", "colour", "look", "act"})
"""Kinds of words that ask for something."""

_MAKE = frozenset({"make", "let", "help"})

_BECAUSE = frozenset({"because", "since", "cause", "coz", "cuz"})

_SO = frozenset({"so", "so that"})

_WHO = frozenset(
    {"it", "she", "he", "they", "we", "i", "you", "nobody", "noone", "no", "people", "everyone"}
    | {"her", "his", "their", "my", "that", "this", "there", "one", "only", "person", "viewer"}
)
"""Words that a reason begins with."""

_CAN = frozenset(
    {"can", "can't", "cannot", "could", "couldn't", "is", "isn't", "are", "aren't", "will"}
    | {"won't", "does", "doesn't", "do", "don't", "dont", "has", "left", "remains", "be", "to"}
)
"""Words that tell what comes of it: "so that nobody can read it"."""

_NOBODY = frozenset({"nobody", "noone", "no"})

_CAN_DO = frozenset({"can", "can't", "cannot", "could", "couldn't"})

_IT = frozenset({"it", "this", "that", "they"})


def without_purpose(words: Sequence[Word], *, follows: bool) -> tuple[Sequence[Word], str]:
    """Take a reason from the end of a clause, and return its words apart; empty if it has none.

    Args:
        words: The clause.
        follows: Whether a clause stands before it, which may be what the reason is for.
    """
    for at in range(len(words)):
        if _tells_why(words, at):
            order, told = words[:at], " ".join(word.text for word in words[at:])
            asks = any(word.kind in _ASKS | {"verb"} for word in order)
            return (order, told) if asks or (follows and not order) else (words, "")
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


def _tells_why(words: Sequence[Word], at: int) -> bool:
    """Return whether "because ..." or "so that nobody can ..." begins at a word."""
    if words[at].text in _BECAUSE:
        return True
    if words[at].text not in _SO or at + 2 >= len(words):
        return False
    if any(word.text in {"make", "it"} and word.kind != "unknown" for word in words[:1]) and at < 3:
        return False  # "make it so that it is brighter"
    why = words[at + 1 :]
    said = [part for word in why for part in word.text.split()]
    plain = said[0] in _IT and not _CAN_DO.intersection(said)
    if plain and any(word.kind in _ASKS for word in why):
        return False  # "blur it so that it is softer"
    return said[0] in _NOBODY or (said[0] in _WHO and bool(_CAN.intersection(said)))


def _starts(words: Sequence[Word], at: int) -> bool:
    if words[at].text in {"so", "so that"}:
        return True
    return words[at].text == "to" and at + 1 < len(words) and words[at + 1].text in _MAKE
