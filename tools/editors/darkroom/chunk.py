"""A part of a sentence that may hold one wish: its words, and what it is about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from editthinker.tools.editors.darkroom.phrases import phrase
from editthinker.tools.editors.darkroom.target import BACKGROUND, PHOTO, Target
from editthinker.tools.editors.darkroom.words import Word

JOINTS = frozenset(
    {"on", "of", "off", "from", "in", "at", "under", "behind", "across", "over", "to", "with"}
    | {"crossing", "near", "beside", "for", "around", "between", "against", "into"}
)
"""Words after which a thing only tells where another one is."""

POINTS = frozenset({"it", "them", "this one", "that one", "them both", "this", "both"})
"""Words for what was spoken of before."""

NAMELESS = frozenset({"unknown", "body", "thing", "operation", "vertical-place", "look"})
"""Kinds of words that may be the noun that a verb is about."""

WHOLE = frozenset({"background", "sky", "ground", "photo"})
"""Targets of which there is only one."""

_COUNTS = frozenset({"two", "three", "four", "five", "ten"})

_POINTING = re.compile(r"\b(that|this|those|these|both|them|it|its|one)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Chunk:
    """A part of a sentence that may hold one wish."""

    words: tuple[Word, ...]
    text: str
    topic: tuple[Target, ...] = ()
    """What was spoken of before: "it"."""

    def found(self, name: str) -> re.Match[str] | None:
        """Look for a phrase of the `.grammar` files in the text, quotations aside."""
        text, start = self.text, self.words[0].start if self.words else 0
        for word in self.words:
            if word.kind == "quote":
                first, end = word.start - start, word.end - start
                text = f"{text[:first]}{'_' * (end - first)}{text[end:]}"
        return phrase(name).search(text)

    def has(self, *kinds: str) -> bool:
        """Return whether there is a word of one of these kinds."""
        return any(word.kind in kinds for word in self.words)

    def after(self, end: int) -> int:
        """Return the number of the first word that stands after a place in the text."""
        start = self.words[0].start if self.words else 0
        later = (at for at, word in enumerate(self.words) if word.start - start >= end)
        return next(later, len(self.words))

    def things(self) -> list[Target]:
        """Return the things that it names, the photo as such left out."""
        named = [meant(word) for word in self.words]
        return [target for target in named if target and target != PHOTO]

    def named(self) -> tuple[Target, ...]:
        """Return what it is about: what it names first, or what was spoken of before."""
        if not self.things():
            return self.topic if self.points() else ()
        return self.object(0) or ()

    def points(self) -> bool:
        """Return whether it speaks of what was named before."""
        of_photo = any(word.meaning.target == PHOTO for word in self.words)
        return of_photo or bool(_POINTING.search(self.text))

    def colours(self, *, all_of_them: bool = False) -> list[tuple[int, str]]:
        """Return the colours that something is to have, with the number of the word.

        Args:
            all_of_them: Whether the one that it has now counts: "from blue to white".
        """
        no_goal = "in-place-of" if all_of_them else "no-goal"
        return [
            (at, str(word.meaning.value))
            for at, word in enumerate(self.words)
            if word.kind == "colour" and not self._describes(at) and not self._follows(at, no_goal)
        ]

    def patterned(self) -> bool:
        """Return whether something else is to have a colour, too: "with white dots"."""
        return any(
            word.kind == "colour" and after.kind in {"unknown", "thing"} and self._describes(at)
            for at, (word, after) in enumerate(pairwise(self.words))
        )

    def object(self, start: int) -> tuple[Target, ...] | None:
        """Return the things that follow a verb, from a word on.

        Returns:
            The things; none of them where it has no name here; None where nothing follows.
        """
        strange = shown = False
        group: list[Target] = []
        for at in range(start, len(self.words)):
            word, target = self.words[at], meant(self.words[at])
            if target and target != PHOTO:
                if self._is_one_of_several(start, at, target) or self._is_of_another(at):
                    return ()
                group.append(target)
                if at + 1 == len(self.words) or self.words[at + 1].kind != "break":
                    return tuple(group)
            elif word.kind == "break":
                if not group:
                    return () if strange else None
            elif group and word.kind not in {"filler", "degree", "quantifier", "noun"}:
                return tuple(group)
            else:
                strange |= word.kind in NAMELESS or (target == PHOTO and word.text not in POINTS)
                strange &= not is_a(word, "framing")
                shown |= target == PHOTO  # "this was taken with my phone"
                leads = word.kind == "relation" or word.text in JOINTS or word.text.endswith(" of")
                if (strange or shown) and leads:
                    return ()
        return tuple(group) or (() if strange else None)

    def _is_of_another(self, at: int) -> bool:
        """Whether a thing only tells whose another one is: "the boat's hull"."""
        word, rest = self.words[at], self.words[at + 1 :]
        if not rest:
            return False
        merged = JOINTS & set(word.text.split())  # "the twig crossing the cat's nose"
        of_photo = len(rest) > 1 and rest[1].meaning.target == PHOTO
        of_another = rest[0].text == "of" and len(rest) > 1 and not of_photo
        if (rest[0].kind == "owner" and not merged) or of_another:
            return True
        if rest[0].text in {"on", "of"} and len(rest) > 1 and rest[1].kind == "body":
            return True
        if is_a(rest[0], "after-thing") or rest[0].text.endswith(("ing", "ed")):
            return False
        named = rest[0].kind in {"unknown", "body", "thing"}
        placed = word.text.endswith(("left", "right", "top", "bottom"))
        return named and not placed and _touches(word, rest[0])

    def _is_one_of_several(self, start: int, at: int, target: Target) -> bool:
        """Whether a thing is picked out in a way that is not understood."""
        words = self.words[start:]
        placed = bool(target.place not in ("", "all") or target.side or target.row or target.number)
        aside = bool(target.side) or any(word.kind == "side" for word in words)
        numbers = [float(word.meaning.value) for word in words if word.kind == "number"]
        return (
            (not placed and any(word.kind == "distinct" for word in self.words[start:at]))
            or any((n >= 2 and (placed or aside)) or n == 1 for n in numbers)
            or (aside and bool(_COUNTS & set(self.words[at].text.split())))
        )

    def _describes(self, at: int) -> bool:
        """Whether a colour only tells which thing is meant: "a blue scarf"."""
        word, rest = self.words[at], self.words[at + 1 :]
        if not rest or rest[0].text == "of":
            return bool(rest)
        after = rest[0]
        if not _touches(word, after) or is_a(after, "surface"):
            return False
        if after.meaning.target:
            return after.meaning.target != BACKGROUND
        strange = {"unknown", "thing", "operation", "look", "body", "distinct", "scene"}
        return after.kind in strange and not is_a(after, "hue")

    def _follows(self, at: int, name: str) -> bool:
        """Whether a phrase stands right before a word."""
        before = " ".join(word.text for word in self.words[max(0, at - 3) : at])
        return any(found.end() == len(before) for found in phrase(name).finditer(before))


def is_a(word: Word, name: str) -> bool:
    """Return whether a word is one of a phrase's."""
    return phrase(name).fullmatch(word.text) is not None


def said(words: Sequence[Word]) -> str:
    """Return words as text."""
    return " ".join(word.text for word in words)


def listed(targets: Sequence[Target]) -> str:
    """Return things as a list in plain English."""
    return " and ".join(target.phrase() for target in targets)


def meant(word: Word) -> Target | None:
    """Return the thing that a word names; the wall behind somebody is the background."""
    target = word.meaning.target
    wall = target is not None and target.kind == "object" and target.name == "wall"
    return BACKGROUND if target and wall and target.behind else target


def _touches(word: Word, after: Word) -> bool:
    """Whether nothing stands between two words, not even "the"."""
    return after.start - word.end <= 1
