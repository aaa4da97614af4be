"""Things that together name one: "the man's jacket", "the cup on the table", "the left door"."""

from dataclasses import dataclass, field, replace
from typing import cast

from editthinker.tools.editors.darkroom.target import BACKGROUND, PHOTO, SUBJECT, Place, Target
from editthinker.tools.editors.darkroom.words import Meaning, Word, size_of

_SEVERAL = frozenset({"object", "colour", "face", "text"})
"""Targets of which there may be several."""

_PREPOSITIONS = frozenset({"on", "in", "off", "at", "from", "over", "across", "against", "with"})
"""Words after which a second thing only tells where the first one is."""

_AROUND = frozenset({"behind", "around"})

_AT = frozenset({"on", "in", "at", "from", "along", "near", "by"})
"""Words between a thing and its side."""

_WORN_ON = frozenset({"on", "from", "off", "around"})

_SIDES = frozenset({"left", "right", "top", "bottom", "middle"})

_COUNTS = frozenset({"two", "three", "four", "five", "ten"})

GROWN = frozenset({"hair", "skin", "eye", "nose", "mouth", "teeth", "lips"})
"""Things that are themselves parts of a body."""

_LIKENESSES = frozenset({"model", "figure", "toy"})
"""Words after which a thing is still called by its name."""

ORDINAL = frozenset({"first", "next", "last"})
"""Words that pick one of several by its turn."""


@dataclass
class Merger:
    """Puts things together that name one: "the man's jacket", "the cup on the table"."""

    becomes: bool
    counts: bool
    """Whether things are counted, so that "the first" is one of them."""
    words: list[Word] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    placed: bool = False
    """Whether the last thing has just been placed, so that more may follow: "top left corner"."""
    told: tuple[int, str] = (-1, "")
    """Where the thing of the last note begins, and what the note says of it."""
    told_end: int = 0
    """Where what it has ends, so that more of its name may follow: "lamps with the star rays"."""
    of: bool = False
    """Whether what it is placed in follows: "at the bottom of the page"."""

    def add(self, word: Word, dropped: tuple[str, ...] = ()) -> None:
        """Add the next word or thing of the clause.

        Args:
            word: What it says.
            dropped: Adjectives that were left out of it.
        """
        if dropped:
            self._note(_noun(word), word)
        if self.placed and word.kind in {"side", "vertical-place"}:
            self._place_better(word)
            return
        if self.placed and (word.kind in {"corner", "filler"} or (self.of and word.meaning.target)):
            self.of |= word.text.endswith("of")  # "at the bottom edge of the picture"
            return
        self.of = False
        self.placed = len(self.words) > 1 and self._places(word)
        if self.placed:
            return
        if word.kind == "region" and self.words:
            self._add_thing(word)
        elif word.kind == "unknown" and self.told_end and word.start == self.told_end + 1:
            self._note(f"{_noun(self.words[-1])} {word.text}", self.words[-1])
        elif word.kind == "body" and (at := self._is_told_by_a_body()):
            told = " ".join(one.text for one in (*self.words[at - 1 :], word))
            del self.words[at:]  # "the patch on her chest", "the man with the white beard"
            self._note(told, self.words[-1])
        else:
            self.words.append(word)

    def _add_thing(self, word: Word) -> None:
        last, target = self.words[-1], word.meaning.target
        if last.definite and last.text in ORDINAL and not self.counts:
            word = replace(word, meaning=Meaning("unknown"))
        before = self.words[-2] if len(self.words) > 1 else None
        first = before.meaning.target if before else None
        if last.text in _AROUND and target != PHOTO and (first == PHOTO or not first) and before:
            # "everything behind the cat"
            kept = self.words[:-2] if first else self.words[:-1]
            behind = Meaning("region", "background", target=BACKGROUND)
            self.words = [*kept, replace(self._span(last, word), meaning=behind)]
        elif last.kind == "owner" and first:
            self.words[-2:] = [self._span(before, _owned(word, first))]
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
            other = replace(last.meaning.target, behind=True)  # "the people behind her"
            meaning = replace(last.meaning, target=other)
            self.words[-1] = replace(self._span(last, word), meaning=meaning)
        elif last.meaning.target and last.meaning.target.kind in {"object", "background"}:
            # "the garage door" is a door; "the cat picture" is nobody knows what
            odd = target in (PHOTO, BACKGROUND, SUBJECT) or last.meaning.target == BACKGROUND
            kind = Meaning("unknown") if odd else _inheriting(word.meaning, last.meaning.target)
            if word.text in _LIKENESSES and last.meaning.target.kind == "object":
                kind = last.meaning  # "the space shuttle model"
            self.words[-1] = replace(self._span(last, word), meaning=kind)
            if not odd:
                self._note(_noun(self.words[-1]), self.words[-1])
        elif first and target and self._qualifies(last, first, target):
            self._note(f"{_noun(before)} {last.text} {_noun(word)}", before)
            told = target.place not in ("", "all")
            if before and told and not first.place and first.kind in _SEVERAL:
                placed = replace(before.meaning, target=replace(first, place=target.place))
                self.words[-2] = replace(before, meaning=placed)
            self.told_end = word.end if last.text == "with" else 0
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
        place = place_of(word)
        if not place and word.text in {"top of", "bottom of"}:  # "at the bottom of the page"
            place = cast("Place", word.meaning.value)
            self.of = True
        if (
            place
            and place not in ("all", "middle")
            and target.place == "all"
            and self._every(before, target)
        ):
            placed = replace(target, side=place)  # "the medals on the right"
        elif place and target.place in ("", "largest", "smallest"):
            placed = replace(target, place=place)
        else:
            return False
        meaning = replace(before.meaning, target=placed)
        self.words[-2:] = [replace(self._span(before, word), meaning=meaning)]
        return True

    @staticmethod
    def _every(word: Word, target: Target) -> bool:
        """Return whether several things are meant, however many: not "the two men"."""
        return not target.row and not _COUNTS & set(word.text.split())

    def _place_better(self, word: Word) -> None:
        """Read the right of "the coin at the top right"."""
        last = self.words[-1]
        target = last.meaning.target
        if target is None:
            return
        place = corner_of(target.side or target.place, place_of(word))
        if place:
            several = bool(target.side)
            placed = replace(target, side=place) if several else replace(target, place=place)
            meaning = replace(last.meaning, target=placed)
            self.words[-1] = replace(self._span(last, word), meaning=meaning)

    def _is_told_by_a_body(self) -> int:
        """Return from which word on a part of a body tells which thing is meant; 0 for none."""
        at = len(self.words) - 1
        while at > 1 and self.words[at].kind in {"colour", "unknown"}:
            at -= 1
        last = self.words[at].text if at > 0 else ""
        worn = last in _WORN_ON and at == len(self.words) - 1
        if not worn and (last != "with" or self.becomes):
            return 0
        target = self.words[at - 1].meaning.target
        named = target and target.kind == "object" and target.name not in GROWN
        return at if named else 0

    def _span(self, first: Word | None, last: Word) -> Word:
        start = first or last
        text = f"{start.text} {last.text}"
        return replace(last, text=text, start=start.start, definite=start.definite)

    def _note(self, said: str, word: Word | None) -> None:
        if word and word.meaning.target:
            start, told = self.told
            if start == word.start and said.startswith(f"{word.text} "):
                said = told + said.removeprefix(word.text)
                self.notes.pop()
            self.told = (word.start, said)
            self.notes.append(f"Took '{said}' for {word.meaning.target.phrase()}.")


def _owned(word: Word, owner: Target) -> Word:
    """Return what somebody has, which is on the side where he is: "the left woman's dress"."""
    target = word.meaning.target
    if not target or target.kind not in _SEVERAL or not set(owner.place.split()) & _SIDES:
        return word
    if target.place == "all" and not target.row and not target.side and owner.place != "middle":
        target = replace(target, side=owner.place)
    elif not target.place:
        target = replace(target, place=owner.place)
    return replace(word, meaning=replace(word.meaning, target=target))


def _inheriting(meaning: Meaning, first: Target) -> Meaning:
    """Return the mat of "the green table mat", which is green."""
    target = meaning.target
    if not target or target.kind != "object" or first.kind != "object":
        return meaning
    place, colour = target.place or first.place, target.colour or first.colour
    return replace(meaning, target=replace(target, place=place, colour=colour))


def _noun(word: Word | None) -> str:
    return word.text if word else ""


def place_of(word: Word) -> Place:
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


def corner_of(first: Place, second: Place) -> Place:
    """Return what two places name together, such as `top left`; empty where they do not fit."""
    if not first:
        return second
    row, column = sorted((first, second), key=lambda place: place in {"left", "right"})
    corner = row in {"top", "bottom"} and column in {"left", "right"}
    return cast("Place", f"{row} {column}") if corner else ""
