"""Noun phrases: the words of a clause that together name one thing, such as "the left red car"."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from editthinker.tools.editors.darkroom.merging import ORDINAL, Merger, corner_of, place_of
from editthinker.tools.editors.darkroom.rows import counted, counts
from editthinker.tools.editors.darkroom.shades import shaded
from editthinker.tools.editors.darkroom.standing import standing
from editthinker.tools.editors.darkroom.target import BACKGROUND, PHOTO, SUBJECT, Place, Target
from editthinker.tools.editors.darkroom.words import (
    Meaning,
    Word,
    features,
    hair_colours,
    vocabulary,
)

_WHOLE = frozenset({"photo", "background", "subject", "marked"})
"""Targets of which there is only one."""

_BECOMES = frozenset(
    {"replace", "swap", "switch", "change", "turn", "convert", "transform", "make"}
)
"""Verbs after which "with" tells what something becomes."""

_MOST_ADJECTIVES = 2

_TINGED = {"golden": "gold", "amber": "orange"}
"""Adjectives that are a colour where a thing follows, and a tone of the photo elsewhere."""

NO_ADJECTIVES = frozenset({"off", "out", "down", "inside", "within", "upon"})
"""Words that nobody is told of, but that describe nothing."""

_LETTERS = frozenset({"text", "lettering", "letters", "writing", "words", "wording"})

_TITLES = frozenset({"title", "heading", "headline", "header"})
"""What stands above all other text."""


class Named(NamedTuple):
    """The words of a clause, with each thing as one word."""

    words: tuple[Word, ...]
    notes: tuple[str, ...]
    """What was left out of account, in sentences."""


def name_things(words: Sequence[Word]) -> Named:
    """Join the words of each thing to one word of the kind `region`."""
    words = standing(_with_stars(shaded(words)))
    texts = _names_texts(words)
    becomes = any(word.text in _BECOMES for word in words)
    merged = Merger(becomes=becomes, counts=counts(words))
    at = 0
    while at < len(words):
        if words[at].text == "her" and at + 1 < len(words):  # "from her jacket"
            owned = replace(words[at + 1], definite=True)
            follows = [*words[: at + 1], owned, *words[at + 2 :]]
            if owned.kind == "body" or _phrase(follows, at + 1, texts=texts):
                words = [*words[:at], owned, *words[at + 2 :]]
        phrase = _phrase(words, at, texts=texts)
        merged.add(phrase.word if phrase else words[at], phrase.dropped if phrase else ())
        at = phrase.end if phrase else at + 1
    return Named(tuple(counted(merged.words)), tuple(merged.notes))


def _with_stars(words: Sequence[Word]) -> Sequence[Word]:
    """Read stars that are to go as things, not as a sky that is drawn."""
    if not any(w.meaning.value == "off" and w.meaning.order for w in words):
        return words
    stars = Meaning("region", "object", target=Target("object", "star", "all"))
    return [replace(w, meaning=stars) if w.text == "stars" else w for w in words]


class _Phrase(NamedTuple):
    word: Word
    end: int
    dropped: tuple[str, ...]
    """Adjectives that say nothing to the darkroom."""


def _phrase(words: Sequence[Word], at: int, *, texts: bool) -> _Phrase | None:
    """Read the longest thing that starts at a word."""
    place: Place = ""
    dropped: tuple[str, ...] = ()
    colour, end = "", at
    definite = words[at].definite
    while end < len(words):
        word = words[end]
        if (found := place_of(word)) and (joint := corner_of(place, found)):
            place = joint
        elif feature := _feature(words, end):
            dropped = (*dropped, feature)
            end += len(feature.split()) - 1
        elif word.kind == "colour" and not colour:
            colour = str(word.meaning.value)
        elif not colour and (tinged := _tinged(words, end)):
            colour = tinged
        elif definite and _describes(word) and len(dropped) < _MOST_ADJECTIVES:
            dropped = (*dropped, word.text)
        else:
            break
        end += 1
    head = None
    if end < len(words):
        head = _head(words, end, texts=texts, adjectives=end > at)
    if head is None:
        if words[at].text in {"everything", "all"} and colour and end == at + 2:
            return _Phrase(_joined(words[at:end], Target("colour", colour, "all")), end, ())
        return None
    last = words[head.end - 1]
    which = last.text in {"one", "ones"} and last.kind != "quote"
    target = (
        None if which and not colour else _described(head.target, place, colour, definite=definite)
    )
    plain = all(vocabulary().get(tuple(said.split())) for said in dropped)
    if target is None or (target == PHOTO and not plain):
        return None
    return _Phrase(_joined(words[at : head.end], target), head.end, dropped)


class _Head(NamedTuple):
    target: Target
    end: int


def _head(words: Sequence[Word], at: int, *, texts: bool, adjectives: bool) -> _Head | None:
    word = words[at]
    if word.meaning.target:
        return _Head(word.meaning.target, at + 1)
    if word.kind == "thing" or (word.text == "one" and adjectives):
        return _Head(Target("colour", place="all" if word.meaning.role == "many" else ""), at + 1)
    if texts and word.meaning.value == "text" and word.meaning.role == "name":
        if at + 1 < len(words) and words[at + 1].kind == "quote":
            return _Head(Target("text", str(words[at + 1].meaning.value).strip()), at + 2)
        end = at + 1
        while end < len(words) and words[end].text in _LETTERS:
            end += 1  # "the title text"
        return _Head(Target("text", place="top" if word.text in _TITLES else ""), end)
    return None


def _described(target: Target, place: Place, colour: str, *, definite: bool) -> Target | None:
    """Return a thing with its adjectives, None where they do not go together."""
    if target == BACKGROUND and colour and definite and not place:
        return target  # "the blue backdrop"
    if target.kind in _WHOLE and (place or colour):
        return None
    if target.kind == "colour" and colour:
        target = replace(target, name=colour)
    elif target.kind == "colour":
        return SUBJECT if place in ("", "middle", "largest") and not target.place else None
    elif colour:
        if target.kind != "object":
            return None
        target = replace(target, colour=colour)
    if not place or place == target.place:
        return target
    return replace(target, place=place) if not target.place or place == "all" else None


def _describes(word: Word) -> bool:
    """Return whether a word between "the" and a thing may be left out."""
    if word.text in ORDINAL | NO_ADJECTIVES:
        return False
    if word.kind in {"unknown", "operation"} and word.text.endswith("ish"):  # not quite yellow
        return True
    if word.kind == "operation":
        return word.meaning.role in {"high", "low"} or word.meaning.value == "black-and-white"
    return word.kind in {"unknown", "look"} and not word.meaning.role


def _feature(words: Sequence[Word], at: int) -> str:
    """Return the "grey haired" or "blond" of somebody, which is no colour that he has all over."""
    word, after = words[at], words[at + 1] if at + 1 < len(words) else None
    if word.kind != "colour" or after is None:
        return ""
    if after.text in features():
        return f"{word.text} {after.text}"
    target = after.meaning.target
    return word.text if target and target.name == "person" and word.text in hair_colours() else ""


def _tinged(words: Sequence[Word], at: int) -> str:
    """Return the colour of "golden" before a thing: "the golden ring"."""
    target = words[at + 1].meaning.target if at + 1 < len(words) else None
    return _TINGED.get(words[at].text, "") if target and target.kind == "object" else ""


def _joined(words: Sequence[Word], target: Target) -> Word:
    text = " ".join(word.text for word in words)
    meaning = Meaning("region", target.kind, target=target)
    return Word(text, meaning, words[0].start, words[-1].end, definite=words[0].definite)


def _names_texts(words: Sequence[Word]) -> bool:
    """Return whether "the text" in this clause is one that the photo shows."""
    adds = any(word.meaning.value == "add" for word in words if word.kind == "verb")
    # "add a vignette to the text"
    adds &= not any(w.meaning.role == "name" and w.meaning.value != "text" for w in words)
    kinds = [w.meaning.role for w in words if w.meaning.value == "text"]
    writes = "do" in kinds and (adds or kinds[0] == "do")  # not "make the title say"
    orders = any(word.meaning.order for word in words)
    return not (adds or writes) and (orders or not any(w.kind == "quote" for w in words))
