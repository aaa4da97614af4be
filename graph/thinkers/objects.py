"""JSON objects the way language models write them.

`find_objects` reads strict JSON silently and mends the rest: Python dicts, trailing or missing
commas, comments, typographic or unescaped quotes, bare words, an end that never came. Each mend
is named. What breaks off is left out and named too, never guessed.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import JsonValue

from editthinker.tools.errors import ReplyParseError

MAX_DEPTH = 16
"""Objects nested deeper than this are not replies."""

# A text of nothing but openings would be read anew from each of them.
_MAX_STEPS = 300_000
_STEPS_PER_START = 1000
_CLOSERS = {'"': '"', "'": "'", "“": '”“"', "‘": "’'", "`": "`"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_WORDS: Mapping[str, JsonValue] = {
    "true": True,
    "false": False,
    "null": None,
    "none": None,
}
_BLANK = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_BARE_KEY = re.compile(r"[A-Za-z_][\w-]*")
_BARE_VALUE = re.compile(r"""(?:(?!\s["'“]\w+["'”]\s*:)[^,，}\]\n])*""")
_COMMAS = tuple(",，")
_QUOTED_KEY_NEXT = re.compile(r"""["'“‘`][A-Za-z_][\w -]*["'”’`]\s*[:=：]""")
_BARE_KEY_NEXT = re.compile(r"[A-Za-z_][\w-]*\s*[:=]")


@dataclass(frozen=True)
class FoundObject:
    """An object found in a text."""

    values: dict[str, JsonValue]
    start: int
    end: int
    repairs: tuple[str, ...] = ()
    unfinished: str = ""
    """The key whose value broke off; empty when none did."""


def find_objects(text: str) -> list[FoundObject]:
    """Return every outermost object of a text, in order.

    Raises:
        ReplyParseError: if a key stands twice in one object with different values.
    """
    found: list[FoundObject] = []
    steps = 0
    start = text.find("{")
    while start >= 0 and steps < _MAX_STEPS:
        hit = _read_strict(text, start)
        if hit is None:
            reader = _Reader(text, start)
            hit = _read_kindly(reader)
            steps += reader.at - start + _STEPS_PER_START
        if hit:
            found.append(hit)
        start = text.find("{", hit.end if hit else start + 1)
    return found


def _read_strict(text: str, start: int) -> FoundObject | None:
    try:
        values, end = json.JSONDecoder(object_pairs_hook=_join).raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return FoundObject(values, start, end)


def _join(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    values: dict[str, JsonValue] = {}
    for key, value in pairs:
        if key in values and repr(values[key]) != repr(value):
            raise ReplyParseError(f"the key {key[:40]!r} stands twice with different values")
        values[key] = value
    return values


def _read_kindly(reader: "_Reader") -> FoundObject | None:
    start = reader.at
    try:
        values = reader.object(0)
    except _UnreadableError:
        return None
    if not values and not reader.unfinished:
        return None
    repairs = tuple(reader.repairs) or ("JSON that is not strict",)
    return FoundObject(values, start, reader.at, repairs, reader.unfinished)


class _UnreadableError(Exception):
    """Not an object after all."""


class _Text(NamedTuple):
    value: str
    closed: bool


class _Reader:
    """Reads one object, mending as it goes."""

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at
        self.unfinished = ""
        self.repairs: dict[str, None] = {}
        self._key_next = _BARE_KEY_NEXT

    def object(self, depth: int) -> dict[str, JsonValue]:
        self._enter(depth)
        pairs: list[tuple[str, JsonValue]] = []
        while not self._closes("}", "a missing closing brace", not pairs):
            key = self._key()
            value = self._value(depth)
            if self.unfinished:
                self.unfinished = f"{key}.{self.unfinished}".removesuffix(".?")
                if isinstance(value, dict | list):
                    pairs.append((key, value))
                break
            pairs.append((key, value))
        return _join(pairs)

    def _array(self, depth: int) -> list[JsonValue]:
        self._enter(depth)
        items: list[JsonValue] = []
        while not self._closes("]", "a missing closing bracket", not items):
            item = self._value(depth, in_array=True)
            if self.unfinished:
                break
            items.append(item)
        return items

    def _enter(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise _UnreadableError
        self.at += 1
        self._skip_blank()

    def _closes(self, bracket: str, mend: str, first: bool) -> bool:
        """Step over commas and the closing bracket; the end of the text closes too."""
        self._skip_blank()
        commas = 0
        while self._peek() in _COMMAS:
            commas += 1
            self.at += 1
            self._skip_blank()
        end = self._peek()
        if end in ("", bracket):
            if not end:
                self.repairs[mend] = None
            elif commas:
                self.repairs["a trailing comma"] = None
            self.at += len(end)
            return True
        if end in "}]":
            raise _UnreadableError
        if not (first or commas):
            self.repairs["a missing comma"] = None
        return False

    def _key(self) -> str:
        if self._peek() in _CLOSERS:
            if self._peek() != '"':
                self.repairs["quotes that are not JSON"] = None
            self._key_next = _QUOTED_KEY_NEXT
            key = self._string(":=：", in_array=False).value
        elif bare := _BARE_KEY.match(self.text, self.at):
            self.repairs["keys without quotes"] = None
            key, self.at = bare.group(), bare.end()
        else:
            raise _UnreadableError
        self._skip_blank()
        if self._peek() not in tuple(":=："):
            raise _UnreadableError
        self.at += 1
        self._skip_blank()
        return key

    def _value(self, depth: int, in_array: bool = False) -> JsonValue:
        first = self._peek()
        if first == "{":
            return self.object(depth + 1)
        if first == "[":
            return list(self._array(depth + 1))
        if first in _CLOSERS:
            if first != '"':
                self.repairs["quotes that are not JSON"] = None
            text = self._string("", in_array)
            if not text.closed:
                self.unfinished = "?"
            return text.value
        return self._bare_value()

    def _bare_value(self) -> JsonValue:
        match = _BARE_VALUE.match(self.text, self.at)
        raw = match.group() if match else ""
        self.at += len(raw)
        word = raw.split("//")[0].strip()
        if "//" in raw:
            self.repairs["comments"] = None
        if self.at == len(self.text):  # a number at the very end may lack its last digits
            self.unfinished = "?"
            return word
        if word.lower() in _WORDS:
            if word not in ("true", "false", "null"):
                self.repairs["words of Python"] = None
            return _WORDS[word.lower()]
        try:
            return _number(word)
        except ValueError:
            self.repairs["a value without quotes"] = None
            return word

    def _string(self, enders: str, in_array: bool) -> _Text:
        closers = _CLOSERS[self.text[self.at]]
        self.at += 1
        parts: list[str] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            self.at += 1
            if char == "\\":
                parts.append(self._escape())
            elif char in closers and self._ends_here(enders, in_array):
                return _Text("".join(parts), closed=True)
            else:
                if char in closers:
                    self.repairs["quotes inside a string"] = None
                elif char == "\n":
                    self.repairs["line breaks inside a string"] = None
                parts.append(char)
        return _Text("".join(parts), closed=False)

    def _ends_here(self, enders: str, in_array: bool) -> bool:
        """Whether the quote just read closes its string, from what follows it."""
        blank = _BLANK.match(self.text, self.at)
        after = blank.end() if blank else self.at
        following = self.text[after : after + 1]
        if enders:
            return following != "" and following in enders
        if following in ("", "}", "]"):
            return True
        if following and following in _COMMAS:
            blank = _BLANK.match(self.text, after + 1)
            after = blank.end() if blank else after
            if in_array or self.text[after : after + 1] in ("", "}", "]"):
                return True
        elif "\n" not in self.text[self.at : after]:
            return False
        return self._key_next.match(self.text, after) is not None

    def _escape(self) -> str:
        char = self.text[self.at : self.at + 1]
        self.at += 1
        if char == "u" and re.fullmatch("[0-9a-fA-F]{4}", self.text[self.at : self.at + 4]):
            self.at += 4
            return chr(int(self.text[self.at - 4 : self.at], 16))
        return _ESCAPES.get(char, char)

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _skip_blank(self) -> None:
        if blank := _BLANK.match(self.text, self.at):
            if blank.group().strip():
                self.repairs["comments"] = None
            self.at = blank.end()


def _number(word: str) -> float:
    return int(word) if re.fullmatch(r"-?\d{1,18}", word) else float(word)
