"""What is told to lie, stand or hang somewhere: "the packet lying on the mat" is the packet."""

from collections.abc import Sequence
from dataclasses import replace

from editthinker.tools.editors.darkroom.plurals import plural, singular
from editthinker.tools.editors.darkroom.target import MARKED, Target
from editthinker.tools.editors.darkroom.words import Meaning, Word, postures

_PREPOSITIONS = frozenset(
    {"on", "in", "at", "by", "from", "with", "against", "over", "across", "around", "along"}
    | {"down", "through", "off", "onto", "near", "inside"}
)

_PLACES = frozenset({"side", "vertical-place", "corner"})
"""Kinds of words that tell which one is meant, and not what it stands on."""

_NOUNS = frozenset({"region", "unknown", "thing", "operation"})

_ADJECTIVES = frozenset({"unknown", "degree", "size", "colour", "operation", "number"})

_RELATIVES = frozenset({"that", "which", "who", "that is", "that are", "which is", "which are"})
"""Words that may stand between a thing and what tells where it is."""


def standing(words: Sequence[Word]) -> Sequence[Word]:
    """Read "lying" and "on" as one word, and what lies there as a thing, whatever it is called."""
    read = list(words)
    for at in range(len(read) - 3, 0, -1):
        word, after = read[at], read[at + 1]
        noun = at - 2 if at > 1 and read[at - 1].text in _RELATIVES else at - 1
        leads = after.kind == "relation" or after.text in _PREPOSITIONS
        stands = word.text in postures() or (noun < at - 1 and _base(word.text) in postures())
        if read[noun].kind not in _NOUNS or not (stands and leads):
            continue
        if read[at + 2].kind not in _PLACES:
            text = f"{word.text} {after.text}"
            joint = replace(after, text=text, meaning=Meaning("relation"), start=word.start)
            read[noun : at + 2] = [_thing(read, noun), joint]
    return read


def _base(verb: str) -> str:
    """Return the "standing" of "stands", for "the cup that stands on the table"."""
    stem = verb.removesuffix("s")
    return {"lie": "lying", "sit": "sitting"}.get(stem, f"{stem}ing")


def _thing(words: Sequence[Word], at: int) -> Word:
    """Return a noun that stands in no list as a thing of that name."""
    word = words[at]
    first = at
    while first > 0 and not words[first].definite and words[first - 1].kind in _ADJECTIVES:
        first -= 1
    every = first > 0 and words[first - 1].kind == "quantifier"
    strange = word.kind == "unknown" or word.meaning.target == MARKED  # "the box on the carpet"
    if not strange or not (words[first].definite or every):
        return word
    one = singular(word.text)
    several = plural(one) == word.text
    target = Target("object", one if several else word.text, "all" if several or every else "")
    return replace(word, meaning=Meaning("region", "object", target=target))
