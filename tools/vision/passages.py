"""Words among the lines of text of a photo: in one line, or running on over lines that follow."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

import numpy as np

from editthinker.tools.vision.reader import TextBox

_ALIKE = 0.75
"""How alike words must be, in [0, 1], for misread letters to be forgiven."""

_LEVEL = 0.05
"""Likeness by which a passage may fall short of the best and still be another of the same."""

_NEAR = 1.2
"""Gap between lines of one text, in heights of the larger one."""

_LIKE_SIZE, _ONE_SIGN = 1.7, 3.0
"""Ratios of the heights of lines that are set alike, and of those of one sign with a headline."""

_SHORTEST = 0.8
"""Share of the length of words below which letters cannot be them, a little misread."""

_WORD = re.compile(r"\S+")

_MARKS = ".,;:!?\"'“”‘’()[]"
"""What may stand around words that are meant without it."""


class Piece(NamedTuple):
    """Letters of one line."""

    line: TextBox
    start: int
    """The first letter of the line that belongs to it."""
    end: int
    """The first one after it."""

    @property
    def text(self) -> str:
        """What it says."""
        return self.line.text[self.start : self.end]


class Passage(NamedTuple):
    """Where words stand."""

    pieces: tuple[Piece, ...]
    """In the order of reading; several where the words go on in another line."""
    likeness: float
    """To the words that were looked for, in [0, 1]; 1 where they are just these."""

    @property
    def text(self) -> str:
        """What is read there."""
        return " ".join(piece.text.strip() for piece in self.pieces)


def find_passages(lines: Sequence[TextBox], words: str) -> list[Passage]:
    """Return where words stand, every place of them; misread letters are forgiven.

    Whole words count before parts of them, so that `cat` is not taken out of `category`.
    """
    wanted = compact(words)
    if not wanted:
        return []
    runs = [
        *([line] for line in lines),
        *(text for text in texts(lines, like=_ONE_SIGN) if len(text) > 1),
    ]
    found = [passage for run in runs for passage in _whole_words(run, wanted)]
    found = found or [passage for line in lines if (passage := _part(line, words))]
    best = max((passage.likeness for passage in found), default=0.0)
    chosen: list[Passage] = []
    # What needs fewer lines first: the same words are found alone and in a longer text.
    for passage in sorted(found, key=lambda p: (-p.likeness, len(p.pieces))):
        if passage.likeness >= best - (_LEVEL if best < 1 else 0) and not any(
            _overlap(passage, other) for other in chosen
        ):
            chosen.append(passage)
    return chosen


def texts(
    lines: Sequence[TextBox], near: float = _NEAR, like: float = _LIKE_SIZE
) -> list[list[TextBox]]:
    """Return lines joined into texts: each goes on in the line beside or below it, set alike.

    Args:
        lines: What was read.
        near: How far apart lines of one text are, in their height.
        like: The largest ratio of their heights.
    """
    following = {i: _next(i, lines, near, like) for i in range(len(lines))}
    followers = set(following.values())
    joined = []
    for start in range(len(lines)):
        if start in followers:
            continue
        text, at = [start], following[start]
        while at is not None and at not in text:
            text.append(at)
            at = following[at]
        joined.append([lines[i] for i in text])
    return joined


def compact(text: str) -> str:
    """Return text without what a reader may lose: spaces, large letters and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not c.isspace() and not unicodedata.combining(c))


def _whole_words(run: Sequence[TextBox], wanted: str) -> Iterator[Passage]:
    """Yield every row of words that is like the wanted ones."""
    words = [
        (i, *_bare(word, wanted))
        for i, line in enumerate(run)
        for word in _WORD.finditer(line.text)
    ]
    said = [compact(run[i].text[start:end]) for i, start, end in words]
    for first in range(len(words)):
        letters = ""
        for last in range(first, len(words)):
            letters += said[last]
            if len(letters) > 1.4 * len(wanted) + 1:
                break
            if len(letters) < _SHORTEST * len(wanted):
                continue
            if len(run) > 1 and words[first][0] == words[last][0]:
                continue  # found in its line
            likeness = _likeness(letters, wanted)
            if likeness >= _ALIKE:
                yield Passage(_pieces(run, words[first : last + 1]), likeness)


def _pieces(run: Sequence[TextBox], words: Sequence[tuple[int, int, int]]) -> tuple[Piece, ...]:
    ends: dict[int, tuple[int, int]] = {}
    for i, start, end in words:
        ends[i] = (min(start, ends.get(i, (start, end))[0]), end)
    return tuple(Piece(run[i], *span) for i, span in ends.items())


def _part(line: TextBox, words: str) -> Passage | None:
    """Return where letters stand in a line, within longer words or a little misread."""
    text, wanted = line.text.casefold(), words.casefold().strip()
    length = len(wanted)
    start = text.find(wanted)
    if start >= 0:
        return Passage((Piece(line, start, start + length),), 1.0)
    if length > len(text) + 2:
        return None
    ratios = {at: _likeness(text[at : at + length], wanted) for at in range(len(text) - length + 1)}
    start = max(ratios, key=lambda at: ratios[at], default=0)
    if ratios.get(start, 0.0) < _ALIKE:
        return None
    return Passage((Piece(line, start, start + length),), ratios[start])


def _likeness(letters: str, wanted: str) -> float:
    matcher = SequenceMatcher(None, letters, wanted, autojunk=False)
    if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
        return 0.0
    return matcher.ratio()


def _bare(word: re.Match[str], wanted: str) -> tuple[int, int]:
    """Return where a word begins and ends without marks that were not asked for: "SALE!"."""
    marks = "".join(mark for mark in _MARKS if mark not in wanted)
    text, start = word.group(), word.start()
    if not text.strip(marks):
        return word.span()
    return start + len(text) - len(text.lstrip(marks)), start + len(text.rstrip(marks))


def _overlap(one: Passage, other: Passage) -> bool:
    return any(
        a.line is b.line and a.start < b.end and b.start < a.end
        for a in one.pieces
        for b in other.pieces
    )


def _next(at: int, lines: Sequence[TextBox], near: float, like: float) -> int | None:
    """Return the line in which a text goes on: on the same level to the right, or below."""
    gaps = {
        i: gap
        for i, other in enumerate(lines)
        if i != at and (gap := _gap(lines[at], other, near, like)) is not None
    }
    return min(gaps, key=lambda i: gaps[i], default=None)


def _gap(one: TextBox, other: TextBox, near: float, like: float) -> float | None:
    """Return how far, in heights, one line lies after another; None where it does not follow."""
    upper, lower = (np.array(line.corners, np.float64) for line in (one, other))
    heights = [float(np.linalg.norm(c[3] - c[0])) for c in (upper, lower)]
    high = max(heights)
    if high > like * min(heights):
        return None
    (left, right), (start, end) = ((c[:, 0].min(), c[:, 0].max()) for c in (upper, lower))
    down = float(lower[:, 1].mean() - upper[:, 1].mean()) / high
    aside = float(start - right) / high
    if abs(down) < 0.4 and -0.3 < aside < near:
        return max(aside, 0.0) - near  # what goes on beside a line comes before what is below
    # Leaning lines: go by how far down one is where the other one is.
    if not 0.4 <= down < 1 + near or min(right, end) - max(left, start) < 0.2 * min(
        right - left, end - start
    ):
        return None
    return max(down - 1, 0.0)
