"""Noun phrases: the words of a clause that together name one thing, such as "the left red car"."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, cast

from editthinker.tools.editors.darkroom.rows import counted, counts
from editthinker.tools.editors.darkroom.shades import shaded
from editthinker.tools.editors.darkroom.target import BACKGROUND, PHOTO, SUBJECT, Place, Target
from editthinker.tools.editors.darkroom.words import Meaning, Word, size_of, vocabulary

_WHOLE = frozenset({"photo", "background", "subject", "marked"})
"""Targets of which there is only one."""

_SEVERAL = frozenset({"object", "colour", "face", "text"})
"""Targets of which there may be several."""

_PREPOSITIONS = frozenset({"on", "in", "off", "at", "from", "over", "across", "against", "with"})
"""Words after which a second thing only tells where the first one is."""

_BECOMES = frozenset(
    {"replace", "swap", "switch", "change", "turn", "convert", "transform", "make"}
)
"""Verbs after which "with" tells what something becomes."""

_AT = frozenset({"on", "in", "at", "from", "along", "near", "by"})
"""Words between a thing and its side."""

_AROUND = frozenset({"behind", "around"})

_ORDINAL = frozenset({"first", "next", "last"})

_MOST_ADJECTIVES = 2

_LIKENESSES = frozenset({"model", "figure", "toy"})
"""Words after which a thing is still called by its name."""

_TINGED = {"golden": "gold", "yellowish": "yellow", "bluish": "blue", "greenish": "green"}
_TINGED |= {"pinkish": "pink", "greyish": "grey", "grayish": "grey", "amber": "orange"}
"""Adjectives that are a colour where a thing follows, and a tone of the photo elsewhere."""

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
    words = shaded(words)
    texts = _names_texts(words)
    becomes = any(word.text in _BECOMES for word in words)
    merged = _Merger(becomes=becomes, counts=counts(words))
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
        if (found := _place(word)) and (joint := _corner(place, found)):
            place = joint
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
    which = words[head.end - 1].text in {"one", "ones"}
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


def _place(word: Word) -> Place:
    """Return which one an adjective picks out: `left`, `biggest`, `all`."""
    if word.kind in {"side", "vertical-place"} and not word.text.endswith((" of", "of")):
        return cast("Place", word.meaning.value)
    if word.kind in {"size", "quantifier"}:
        return cast("Place", word.meaning.value)
    if word.kind == "number" and float(word.meaning.value) >= 2 and word.text.isalpha():
        return "all"
    if word.text == "everything":
        return "all"
    return cast("Place", size_of(word.text))


def _corner(first: Place, second: Place) -> Place:
    """Return what two places name together, such as `top left`; empty where they do not fit."""
    if not first:
        return second
    row, column = sorted((first, second), key=lambda place: place in {"left", "right"})
    corner = row in {"top", "bottom"} and column in {"left", "right"}
    return cast("Place", f"{row} {column}") if corner else ""


def _describes(word: Word) -> bool:
    """Return whether a word between "the" and a thing may be left out."""
    if word.text in _ORDINAL:
        return False
    if word.kind == "operation":
        return word.meaning.role in {"high", "low"} or word.meaning.value == "black-and-white"
    return word.kind in {"unknown", "look"} and not word.meaning.role


def _tinged(words: Sequence[Word], at: int) -> str:
    """Return the colour of "golden" or "yellowish" before a thing: "the golden ring"."""
    target = words[at + 1].meaning.target if at + 1 < len(words) else None
    return _TINGED.get(words[at].text, "") if target and target.kind == "object" else ""


def _joined(words: Sequence[Word], target: Target) -> Word:
    text = " ".join(word.text for word in words)
    meaning = Meaning("region", target.kind, target=target)
    return Word(text, meaning, words[0].start, words[-1].end, definite=words[0].definite)


@dataclass
class _Merger:
    """Puts things together that name one: "the man's jacket", "the cup on the table"."""

    becomes: bool
    counts: bool
    """Whether things are counted, so that "the first" is one of them."""
    words: list[Word] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    placed: bool = False
    """Whether the last thing has just been placed, so that more may follow: "top left corner"."""

    of: bool = False
    """Whether what it is placed in follows: "at the bottom of the page"."""

    def add(self, word: Word, dropped: tuple[str, ...] = ()) -> None:
        if dropped:
            self._note(_noun(word), word)
        if self.placed and word.kind in {"side", "vertical-place"}:
            self._place_better(word)
            return
        if self.placed and (word.kind in {"corner", "filler"} or (self.of and word.meaning.target)):
            return
        self.of = False
        self.placed = len(self.words) > 1 and self._places(word)
        if self.placed:
            return
        if word.kind == "region" and self.words:
            self._add_thing(word)
        else:
            self.words.append(word)

    def _add_thing(self, word: Word) -> None:
        last, target = self.words[-1], word.meaning.target
        if last.definite and last.text in _ORDINAL and not self.counts:
            word = replace(word, meaning=Meaning("unknown"))
        before = self.words[-2] if len(self.words) > 1 else None
        first = before.meaning.target if before else None
        if last.text in _AROUND and target != PHOTO and (first == PHOTO or not first) and before:
            # "everything behind the cat"
            kept = self.words[:-2] if first else self.words[:-1]
            behind = Meaning("region", "background", target=BACKGROUND)
            self.words = [*kept, replace(self._span(last, word), meaning=behind)]
        elif last.kind == "owner" and first:
            self.words[-2:] = [self._span(before, word)]
        elif last.text == "her" and target != PHOTO:
            self.words[-1] = self._span(last, word)
        elif target == BACKGROUND == last.meaning.target and word.text.startswith("behind "):
            self.words[-1] = self._span(last, word)  # "a green background behind her"
        elif (
            target == BACKGROUND
            and word.text.startswith("behind ")
            and last.meaning.target
            and last.meaning.target.kind == "object"
        ):
            behind = replace(last.meaning.target, behind=True)  # "the people behind her"
            meaning = replace(last.meaning, target=behind)
            self.words[-1] = replace(self._span(last, word), meaning=meaning)
        elif last.meaning.target and last.meaning.target.kind in {"object", "background"}:
            # "the garage door" is a door; "the cat picture" is nobody knows what
            odd = target in (PHOTO, BACKGROUND, SUBJECT) or last.meaning.target == BACKGROUND
            kind = Meaning("unknown") if odd else _inheriting(word.meaning, last.meaning.target)
            if word.text in _LIKENESSES and last.meaning.target.kind == "object":
                kind = last.meaning  # "the space shuttle model"
            if not odd:
                self._note(f"{last.text} {word.text}", replace(word, meaning=kind))
            self.words[-1] = replace(self._span(last, word), meaning=kind)
        elif first and target and self._qualifies(last, first, target):
            self._note(f"{_noun(before)} {last.text} {_noun(word)}", before)
            if before and target.place and not first.place and first.kind in _SEVERAL:
                placed = replace(before.meaning, target=replace(first, place=target.place))
                self.words[-2] = replace(before, meaning=placed)
            self.words.pop()
        elif first == PHOTO and last.text == "of":
            self.words.pop()
        elif (
            before
            and first
            and first.kind in {"object", "face"}
            and last.text in {"in", "from"}
            and target == BACKGROUND
        ):
            meaning = replace(before.meaning, target=replace(first, behind=True))
            self.words[-2:] = [replace(self._span(before, word), meaning=meaning)]
        else:
            self.words.append(word)

    def _qualifies(self, last: Word, first: Target, second: Target) -> bool:
        """Return whether the second thing only tells where the first one is."""
        if second in (PHOTO, BACKGROUND) or first in (PHOTO, SUBJECT):
            return False
        if first == BACKGROUND:
            return last.kind == "relation" or last.text in {"around", "of"}
        if last.kind == "relation":
            return True
        if last.text == "with":
            return second.kind == "object" and not self.becomes
        return last.text in _PREPOSITIONS or (last.text == "of" and first.kind in _SEVERAL)

    def _places(self, word: Word) -> bool:
        """Read "on the left" after a thing as which one it is."""
        last, before = self.words[-1], self.words[-2]
        target = before.meaning.target
        if last.text not in _AT or target is None or target.kind not in _SEVERAL:
            return False
        place = _place(word)
        if not place and word.text in {"top of", "bottom of"}:  # "at the bottom of the page"
            place = cast("Place", word.meaning.value)
            self.of = True
        if not place or target.place not in ("", "largest", "smallest"):
            return False
        meaning = replace(before.meaning, target=replace(target, place=place))
        self.words[-2:] = [replace(self._span(before, word), meaning=meaning)]
        return True

    def _place_better(self, word: Word) -> None:
        """Read the right of "the coin at the top right"."""
        last = self.words[-1]
        target = last.meaning.target
        place = _corner(target.place, _place(word)) if target else ""
        if target and place:
            meaning = replace(last.meaning, target=replace(target, place=place))
            self.words[-1] = replace(self._span(last, word), meaning=meaning)

    def _span(self, first: Word | None, last: Word) -> Word:
        start = first or last
        text = f"{start.text} {last.text}"
        return replace(last, text=text, start=start.start, definite=start.definite)

    def _note(self, said: str, word: Word | None) -> None:
        if word and word.meaning.target:
            self.notes.append(f"Took '{said}' for {word.meaning.target.phrase()}.")


def _inheriting(meaning: Meaning, first: Target) -> Meaning:
    """Return the mat of "the green table mat", which is green."""
    target = meaning.target
    if not target or target.kind != "object" or first.kind != "object":
        return meaning
    place, colour = target.place or first.place, target.colour or first.colour
    return replace(meaning, target=replace(target, place=place, colour=colour))


def _noun(word: Word | None) -> str:
    return word.text if word else ""


def _names_texts(words: Sequence[Word]) -> bool:
    """Return whether "the text" in this clause is one that the photo shows."""
    adds = any(word.meaning.value == "add" for word in words if word.kind == "verb")
    # "add a vignette to the text"
    adds &= not any(w.meaning.role == "name" and w.meaning.value != "text" for w in words)
    kinds = [w.meaning.role for w in words if w.meaning.value == "text"]
    writes = "do" in kinds and (adds or kinds[0] == "do")  # not "make the title say"
    orders = any(word.meaning.order for word in words)
    return not (adds or writes) and (orders or not any(w.kind == "quote" for w in words))
