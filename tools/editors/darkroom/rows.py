"""Things in rows: "the second coin in the top row", as words and in a photo."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from editthinker.tools.editors.darkroom.plurals import plural
from editthinker.tools.editors.darkroom.target import ORDINALS, Target
from editthinker.tools.editors.darkroom.words import Meaning, Word
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.vision.masks import Part

_NUMBERS = {word: at + 1 for at, word in enumerate(ORDINALS)} | {"last": -1}

_ENDS = {"top": 1, "bottom": -1}

_COUNTED = frozenset({"object", "colour", "face"})

_APART = 0.6
"""How far below a row the next one begins, in heights of a thing."""


def counts(words: Sequence[Word]) -> bool:
    """Return whether a clause speaks of rows, or counts from a side."""
    from_side = any(
        first.text == "from" and second.kind == "side" for first, second in pairwise(words)
    )
    return from_side or any(word.kind == "row" for word in words)


def counted(words: Sequence[Word]) -> list[Word]:
    """Join "the second coin in the top row" and "the bottom row of coins" to one word each."""
    read = list(words)
    for at, word in enumerate(words):
        if word.kind == "row" and (joined := _row_of(read, at) or _in_row(read, at)):
            return counted(joined)
    for at in range(1, len(read)):
        target, number = read[at].meaning.target, _NUMBERS.get(read[at - 1].text, 0)
        if not target or not number or target.place not in {"left", "right"} or target.row:
            continue
        if target.kind in _COUNTED and number > 0:
            number = -number if target.place == "right" else number
            one = replace(target, place="", number=number)
            return [*read[: at - 1], _span(read[at - 1], read[at], one), *read[at + 1 :]]
    return read


def _row_of(words: list[Word], at: int) -> list[Word] | None:
    """Read "the whole bottom row of coins" around the word "row"."""
    row = _row(words[at - 1]) if at else 0
    if not row or at + 2 >= len(words) or words[at + 1].text != "of":
        return None
    target = words[at + 2].meaning.target
    if not target or target.kind not in _COUNTED:
        return None
    first = at - 2 if at > 1 and words[at - 2].text in {"whole", "entire", "all"} else at - 1
    every = replace(target, place="all", row=row)
    return [*words[:first], _span(words[first], words[at + 2], every), *words[at + 3 :]]


def _in_row(words: list[Word], at: int) -> list[Word] | None:
    """Read "the second coin in the top row from the right" around the word "row"."""
    before = words[at - 1] if at else None
    if before and before.meaning.target and before.meaning.target.place in _ENDS:
        thing, row = at - 1, _ENDS[before.meaning.target.place]
    elif at >= 3 and words[at - 2].text in {"in", "on", "of", "from"} and _row(words[at - 1]):
        thing, row = at - 3, _row(words[at - 1])
    else:
        return None
    target = words[thing].meaning.target
    if not target or target.kind not in _COUNTED:
        return None
    number = _NUMBERS.get(words[thing - 1].text, 0) if thing else 0
    first, end = thing - 1 if number else thing, at + 1
    side = [w.meaning.value for w in words[end : end + 2]][1:] if words[end:] else []
    if number and words[end:] and words[end].text == "from" and side in (["left"], ["right"]):
        number, end = (-number if side == ["right"] else number), end + 2
    one = replace(target, place="" if number else "all", row=row, number=number)
    return [*words[:first], _span(words[first], words[end - 1], one), *words[end:]]


def _row(word: Word) -> int:
    return _ENDS.get(str(word.meaning.value), 0) or _NUMBERS.get(word.text, 0)


def _span(first: Word, last: Word, target: Target) -> Word:
    meaning = Meaning("region", target.kind, target=target)
    text = f"{first.text} {last.text}"
    return Word(text, meaning, first.start, last.end, definite=first.definite)


def pick(parts: Sequence[Part], target: Target) -> list[Part]:
    """Return the parts that a row and a number name, from the left.

    Raises:
        EditRefusedError: if there are not so many.
    """
    rows = _rows(parts) if target.row else [list(parts)]
    at = target.row - 1 if target.row > 0 else target.row
    if not -len(rows) <= at < len(rows):
        raise EditRefusedError(
            f"there are only {len(rows)} rows of {plural(target.name or target.kind)}"
        )
    row = sorted(rows[at] if target.row else rows[0], key=lambda part: part.centre[0])
    if not target.number:
        return row
    at = target.number - 1 if target.number > 0 else target.number
    if not -len(row) <= at < len(row):
        raise EditRefusedError(f"{target.phrase()} is not there: there are only {len(row)}")
    return [row[at]]


def _rows(parts: Sequence[Part]) -> list[list[Part]]:
    """Sort parts into rows from the top, those of one row being about as high."""
    heights = [float((part.mask > 0.5).any(axis=1).mean()) for part in parts]
    least = _APART * float(np.median(heights)) if heights else 0.0
    rows: list[list[Part]] = []
    for part in sorted(parts, key=lambda part: part.centre[1]):
        if rows and part.centre[1] - np.mean([p.centre[1] for p in rows[-1]]) < least:
            rows[-1].append(part)
        else:
            rows.append([part])
    return rows
