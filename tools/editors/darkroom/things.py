"""Noun phrases: the words of a clause that together name one thing, such as "the left red car"."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from editthinker.tools.editors.darkroom.target import Place, Target
from editthinker.tools.editors.darkroom.words import Meaning, Word

_ADDING = frozenset({"add"})
"""Verbs after which a text is new and not one of the photo's."""

_WHOLE = frozenset({"photo", "background", "subject", "marked"})
"""Targets of which there is only one."""


def name_things(words: Sequence[Word]) -> tuple[Word, ...]:
    """Join the words of each thing to one word of the kind `region`."""
    texts = _names_texts(words)
    named: list[Word] = []
    at = 0
    while at < len(words):
        found = _thing(words, at, texts=texts)
        named.append(found.word if found else words[at])
        at = found.end if found else at + 1
    return tuple(named)


@dataclass(frozen=True)
class _Found:
    word: Word
    end: int


def _thing(words: Sequence[Word], at: int, *, texts: bool) -> _Found | None:
    """Read the longest thing that starts at a word."""
    place: Place = ""
    colour, end = "", at
    while end < len(words):
        word = words[end]
        if word.kind in {"side", "vertical-place", "size", "quantifier"} and not place:
            place = cast("Place", word.meaning.value)
        elif word.kind == "colour" and not colour:
            colour = str(word.meaning.value)
        elif word.text == "everything" and not (place or colour):
            place = "all"
        else:
            break
        end += 1
    head = _head(words, end, texts=texts) if end < len(words) else None
    if head is None:
        if words[at].text == "everything" and colour and end == at + 2:
            return _joined(words, at, end, Target("colour", colour, "all"))
        return None
    target, end = head
    if target.kind in _WHOLE and (place or colour):
        return None
    if target.kind == "colour":
        if not colour and not place:
            return None
        target = replace(target, name=colour) if colour else Target("subject")
    elif colour and target.kind != "object":
        return None
    elif colour:
        target = replace(target, colour=colour)
    if place and (target.place in ("", place) or place == "all"):
        target = replace(target, place=place)
    elif place:
        return None
    return _joined(words, at, end, target)


def _head(words: Sequence[Word], at: int, *, texts: bool) -> tuple[Target, int] | None:
    word = words[at]
    if word.meaning.target:
        return word.meaning.target, at + 1
    if word.kind == "thing":
        return Target("colour", place="all" if word.meaning.role == "many" else ""), at + 1
    if texts and word.meaning.value == "text" and word.meaning.role == "name":
        if at + 1 < len(words) and words[at + 1].kind == "quote":
            return Target("text", str(words[at + 1].meaning.value).strip()), at + 2
        return Target("text"), at + 1
    return None


def _joined(words: Sequence[Word], at: int, end: int, target: Target) -> _Found:
    text = " ".join(word.text for word in words[at:end])
    meaning = Meaning("region", target.kind, target=target)
    return _Found(Word(text, meaning, words[at].start, words[end - 1].end), end)


def _names_texts(words: Sequence[Word]) -> bool:
    """Return whether "the text" in this clause is one that the photo shows."""
    adds = any(word.meaning.value in _ADDING for word in words if word.kind == "verb")
    # "add a vignette to the text"
    adds &= not any(w.meaning.role == "name" and w.meaning.value != "text" for w in words)
    writes = any(w.meaning.value == "text" and w.meaning.role == "do" for w in words)
    orders = any(word.meaning.order for word in words)
    return not (adds or writes) and (orders or not any(w.kind == "quote" for w in words))
