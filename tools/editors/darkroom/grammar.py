"""The rules of a `.grammar` file, ready to read a sentence with."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from editthinker.tools.editors.darkroom.notation import (
    Choice,
    Mark,
    Notes,
    Part,
    Rewrite,
    Slot,
    Words,
    mistake,
    read_notation,
    slots_of,
)
from editthinker.tools.editors.darkroom.quoting import QUOTED
from editthinker.tools.editors.darkroom.rule import Rule

_GAP = r"(?: |(?<![^\s(“\"\ue001-])|(?![\w'’ ]))"
"""What is before a word: a space, or nothing at the start and beside a mark."""

_SLOTS: Mapping[str, str] = {
    "thing": r"(?![ -])[^,:]{1,80}?(?<![ -])",
    "noun": r"(?![ -])[a-z -]{2,30}?(?<![ -])",
    "word": "[a-z]+",
    "words": r"(?=\w)[^\n]{1,80}?(?<! )",
    "rest": r"(?! ).+",
    "plural": "[a-z]+s",
    "pixels": "[0-9]{1,4} ?(?:px|pixels?)",
}
"""What fits the slots that no file defines."""

_PLACES: Mapping[str, str] = {"start": r"(?:^|(?<=[.!?;] ))", "end": r"(?=\s*(?:$|[.!?,]))"}
"""Where a sentence starts, and where a clause ends."""

_NOTHING = "nothing"
"""The order that leaves nothing of what was said."""

_SPELLINGS = (
    ("colour", "color", "colou?r"),
    ("grey", "gray", "gr[ea]y"),
    ("centre", "center", "cent(?:re|er)"),
)
"""Two spellings of a word, and the pattern for both."""

_WORD = re.compile(f"[a-z0-9]+|{QUOTED[0]}")


@dataclass(frozen=True)
class Grammar:
    """Phrases, and rules of which the first that fits wins."""

    orders: tuple[Rule, ...]
    """Rules for a whole clause."""
    rewordings: tuple[Rule, ...]
    """Rules for a part of a sentence, wherever it stands."""
    phrases: Mapping[str, str]
    """Patterns, by the name of the phrase."""

    def order(self, clause: str) -> str | None:
        """Return the order that a whole clause stands for; None where no rule fits."""
        words = words_of(clause)
        for rule in self.orders:
            if rule.may_fit(words) and (found := rule.pattern.fullmatch(clause)):
                return rule.put(found)
        return None

    def reworded(self, text: str) -> str:
        """Put every part of a text that a rule fits in other words."""
        words = words_of(text)
        for rule in self.rewordings:
            if rule.may_fit(words) and (new := rule.pattern.sub(rule.put, text)) != text:
                text, words = new.lstrip(), words_of(new)
        return text


def load_grammar(paths: Iterable[Path], lists: Mapping[str, Iterable[str]]) -> Grammar:
    """Read files that belong together; `lists` are the phrases that the vocabulary defines.

    Raises:
        ValueError: if a file has a mistake; with its line.
    """
    texts = {path.name: path.read_text(encoding="utf-8") for path in paths}
    return grammar_of(read_notation(texts), lists)


def grammar_of(notes: Notes, lists: Mapping[str, Iterable[str]]) -> Grammar:
    """Make rules of what is written.

    Raises:
        ValueError: if it names a phrase that nobody defines; with file and line.
    """
    patterns = _Patterns(notes, lists)
    orders: list[Rule] = []
    rewordings: list[Rule] = []
    for rewrite in notes.rules:
        (rewordings if rewrite.anywhere else orders).extend(patterns.rules(rewrite))
    phrases = {name: patterns.phrase(name) for name in notes.phrases}
    return Grammar(tuple(orders), tuple(rewordings), phrases)


class _Piece(NamedTuple):
    """The pattern of a part, what it needs, and whether a gap belongs before it."""

    pattern: str
    gap: bool = False
    needs: tuple[frozenset[str], ...] = ()

    def __str__(self) -> str:
        return f"{_GAP}{self.pattern}" if self.gap else self.pattern


class _Patterns:
    """Writes the patterns of one file."""

    def __init__(self, notes: Notes, lists: Mapping[str, Iterable[str]]) -> None:
        self._notes = notes
        self._done = {name: _Piece(pattern, True) for name, pattern in _SLOTS.items()}
        self._done["text"] = _Piece(QUOTED, True, (frozenset(QUOTED[0]),))
        self._done |= {name: _Piece(pattern) for name, pattern in _PLACES.items()}
        self._done |= {name: _listed(list(words)) for name, words in lists.items()}
        self._open: list[str] = []
        self._wanted: frozenset[str] = frozenset()
        self._caught: dict[str, str] = {}

    def rules(self, rewrite: Rewrite) -> Iterator[Rule]:
        """Yield a rule for each way to say it."""
        wanted = frozenset(slot.name for slot in slots_of(rewrite.order)) - {_NOTHING}
        if not _is_plain(rewrite.order):
            raise mistake(rewrite.where, "an order has no alternatives")
        if lost := sorted(wanted - {slot.name for slot in slots_of(rewrite.said)}):
            raise mistake(rewrite.where, f"nothing is caught as <{lost[0]}>")
        for row in rewrite.said.rows:
            self._wanted, self._caught = wanted, {}
            piece = self._row(row)
            yield Rule(str(piece) + r"(?!\w)", piece.needs, rewrite.order.rows[0], self._caught)
        self._wanted = frozenset()

    def phrase(self, name: str) -> str:
        return f"{self._defined(Slot(name, ''))}(?!\\w)"

    def _choice(self, choice: Choice) -> _Piece:
        """Return the pattern of one of the rows, whether it may be missing or not."""
        rows = [self._row(row) for row in choice.rows]
        gap = all(row.gap for row in rows)
        inner = "|".join(row.pattern if gap else str(row) for row in rows)
        needs = rows[0].needs if len(rows) == 1 else _either([row.needs for row in rows])
        return _Piece(f"(?:{inner})" if len(rows) > 1 else inner, gap, needs)

    def _row(self, row: tuple[Part, ...]) -> _Piece:
        whole: _Piece | None = None
        for part, piece in [(part, self._part(part)) for part in row][::-1]:
            if not isinstance(part, Choice) or part.least:
                after = str(whole or "")
                needs = piece.needs + (whole.needs if whole else ())
                whole = _Piece(piece.pattern + after, piece.gap, needs)
                continue
            times = f"{{0,{part.most}}}"
            if all(isinstance(row[0], Slot) and row[0].phrase in _SLOTS for row in part.rows):
                times += "?"  # as little as possible of what may be anything
            if whole and whole.gap and piece.gap:  # the gap is before both of them
                either = f"(?:{piece.pattern}{_GAP}){times}{whole.pattern}"
                whole = _Piece(either, True, whole.needs)
            else:
                needs = whole.needs if whole else ()
                whole = _Piece(f"(?:{piece}){times}{whole or ''}", False, needs)
        return whole or _Piece("")

    def _part(self, part: Part) -> _Piece:
        match part:
            case Words(text):
                needs = tuple(frozenset({word}) for word in words_of(text))
                return _Piece(_spelt(text), True, needs)
            case Mark("-"):
                return _Piece("[ -]")
            case Mark(text):
                return _Piece(_spelt(text) if text.startswith("'") else f" ?{text}")
            case Slot():
                return self._slot(part)
            case Choice():
                return self._choice(part)

    def _slot(self, slot: Slot) -> _Piece:
        piece = self._defined(slot)
        if slot.excepted:
            but = self._choice(slot.excepted).pattern
            piece = piece._replace(pattern=f"(?!{but}(?!\\w)){piece.pattern}")
        if slot.name not in self._wanted:
            return piece
        group = f"{slot.name.replace('-', '_')}_{len(self._caught)}"
        self._caught[group] = slot.name
        return piece._replace(pattern=f"(?P<{group}>{piece.pattern})")

    def _defined(self, slot: Slot) -> _Piece:
        name = slot.phrase
        if name not in self._done:
            if name in self._open:
                raise mistake(slot.where, f"<{name}> is part of itself")
            if name not in self._notes.phrases:
                known = [*self._notes.phrases, *self._done]
                near = "".join(f"; did you mean <{n}>?" for n in get_close_matches(name, known, 1))
                raise mistake(slot.where, f"there is no phrase <{name}>{near}")
            wanted, self._wanted = self._wanted, frozenset()  # a phrase catches nothing of its own
            self._open.append(name)
            self._done[name] = self._choice(self._notes.phrases[name])
            self._open.pop()
            self._wanted = wanted
        return self._done[name]


def _is_plain(order: Choice) -> bool:
    """Return whether an order can be put in one way only."""
    return len(order.rows) == 1 and all(
        _is_plain(part) for part in order.rows[0] if isinstance(part, Choice)
    )


def _either(rows: Sequence[tuple[frozenset[str], ...]]) -> tuple[frozenset[str], ...]:
    """Return what is needed where one of several rows is said."""
    if not all(rows):
        return ()
    return (frozenset().union(*(min(needs, key=len) for needs in rows)),)


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text, in the first of two spellings."""
    text = text.lower()
    for british, american, _ in _SPELLINGS:
        text = text.replace(american, british)
    return frozenset(_WORD.findall(text))


def _listed(phrases: Sequence[str]) -> _Piece:
    pattern = "|".join(sorted(map(re.escape, phrases), key=len, reverse=True))
    needs = (frozenset(min(words_of(phrase)) for phrase in phrases),)
    return _Piece(f"(?:{pattern})", True, needs)


def _spelt(text: str) -> str:
    for british, _, both in _SPELLINGS:
        text = text.replace(british, both)
    return text.replace("-", "[ -]").replace("'", "['’]")
