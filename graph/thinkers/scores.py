"""Scores the way language models write them: numbers in [0, 10], or refused."""

import math
import re
from typing import NamedTuple

from pydantic import JsonValue

from editthinker.graph.thinkers.objects import find_objects
from editthinker.tools.errors import ReplyParseError

HIGHEST = 10.0
"""Scores go from 0 to this."""

_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NESTED = ("score", "value", "rating")
_NUMBER = r"[+-]?\d+(?:[.,]\d+)?"
_SCORE = re.compile(
    rf"[\s~≈*_\"'`(]*(?P<number>{_NUMBER})[\s*_\"'`]*"
    rf"(?:(?:/|out\s+of|of)[\s*_]*(?P<scale>{_NUMBER}))?(?P<rest>.*)",
    re.DOTALL | re.IGNORECASE,
)
_NAME = r"\b(?:semantics?|quality)\b"
_NAMED = re.compile(
    r"(?<!/)\b(?P<name>semantics?|quality)(?:[ _]+(?:score|consistency))?\b[\"'”’*_`\s]*"
    r"(?:[:=：>|]|\bis\b|(?=\d))[\s*_`]*(?P<value>\"[^\"\n]*\"|'[^'\n]*'|"
    rf"(?:(?![,.]\s|,[\"'A-Za-z]|[\s/,&]*(?:and\s+)?{_NAME})[^\n;{{}}|<])*)",
    re.IGNORECASE,
)


class Scores(NamedTuple):
    """The two scores of an edit, in [0, 10]."""

    semantic: float
    quality: float


class ReadScore(NamedTuple):
    """One score, and what was mended to read it."""

    value: float
    repairs: tuple[str, ...] = ()


def read_score(value: JsonValue, name: str) -> ReadScore:
    """Read one score.

    Numbers may come as text (`"8"`, `"8/10"`, `"8 out of 10"`, `"eight"`, `"8 (good)"`).

    Raises:
        ReplyParseError: if it is missing, no number, on another scale or outside [0, 10]. Booleans
            are no numbers, and nothing is clamped.
    """
    if value is None or value == "":
        raise ReplyParseError(f"the {name} score is missing")
    if isinstance(value, dict) and len(inner := [value[k] for k in _NESTED if k in value]) == 1:
        return read_score(inner[0], name)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ReplyParseError(f"the {name} score {str(value)[:40]!r} is not a number")
    if not isinstance(value, str):
        return ReadScore(_in_range(float(value), name))
    word = value.strip(" \t\n.*_`\"'").lower()
    if word in _WORDS:
        return ReadScore(float(_WORDS.index(word)), (f"the {name} score in words",))
    match = _SCORE.fullmatch(value)
    if not match or re.search(r"[\d%]", match["rest"]):
        raise ReplyParseError(f"the {name} score {value[:40]!r} is not one number from 0 to 10")
    if match["scale"] and float(match["scale"].replace(",", ".")) != HIGHEST:
        raise ReplyParseError(f"the {name} score {value[:40]!r} is not on the scale from 0 to 10")
    number = _in_range(float(match["number"].replace(",", ".")), name)
    if match["scale"] or match["rest"].strip(" *_\"'`)."):
        return ReadScore(number, (f"the {name} score {value.strip()[:20]!r} read as {number:g}",))
    return ReadScore(number, (f"the {name} score as text",))


def _in_range(number: float, name: str) -> float:
    if not math.isfinite(number):
        raise ReplyParseError(f"the {name} score {number} is not a number")
    if not 0 <= number <= HIGHEST:
        raise ReplyParseError(f"the {name} score is {number:g}, but scores go from 0 to 10")
    return number


def read_score_text(text: str, complete: bool = True) -> tuple[Scores, tuple[str, ...]]:
    """Read both scores from the inside of a `<score>` block.

    Args:
        text: JSON, a near miss of it, `semantic: 7, quality: 8`, or two bare numbers in that order.
        complete: Whether the text was closed; otherwise its last value may be cut.

    Raises:
        ReplyParseError: if either score cannot be read.
    """
    values: dict[str, JsonValue] = {}
    repairs: list[str] = []
    objects = find_objects(text.rstrip() + ("\n" if complete else ""))
    for found in objects:
        _add(values, named_scores(found.values))
        repairs += found.repairs
        cut = found.unfinished.rpartition(".")[2].lower()
        if cut in ("semantic", "quality"):
            raise ReplyParseError(f"the reply breaks off in the {cut} score")
    if not objects:
        values = _bare_scores(text, complete)
        repairs.append("scores that are not JSON")
    semantic, quality = (read_score(values.get(name), name) for name in Scores._fields)
    return (
        Scores(semantic.value, quality.value),
        (*repairs, *semantic.repairs, *quality.repairs),
    )


def _bare_scores(text: str, complete: bool) -> dict[str, JsonValue]:
    values: dict[str, JsonValue] = {}
    end = 0
    for match in _NAMED.finditer(text):
        name = "semantic" if match["name"].lower().startswith("sem") else "quality"
        value = match["value"].strip().strip("\"'").rstrip(" ,.*_`")
        _add(values, {name: value})
        end = match.end()
    if not values:
        pair = re.fullmatch(r"\W*([\d.]+(?:/10)?)\s*[,;\s|]\s*([\d.]+(?:/10)?)\W*", text)
        if pair:
            values, end = {"semantic": pair[1], "quality": pair[2]}, pair.end()
    if not complete and end and end >= len(text.rstrip()):
        raise ReplyParseError("the reply breaks off in the scores")
    return values


def named_scores(values: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return what an object, or one inside it, says under any spelling of the two names.

    Raises:
        ReplyParseError: if it says two different things.
    """
    named: dict[str, JsonValue] = {}
    for key, value in values.items():
        name = re.sub(r"[\s_-]*(?:scores?|consistency)[\s_-]*", "", key.strip().lower())
        if name in ("semantic", "semantics", "quality"):
            _add(named, {name.rstrip("s"): value})
        elif isinstance(value, dict):
            _add(named, named_scores(value))
        elif not name and isinstance(value, list) and len(value) == len(Scores._fields):
            _add(named, dict(zip(Scores._fields, value, strict=True)))
    return named


def _add(named: dict[str, JsonValue], more: dict[str, JsonValue]) -> None:
    for name, value in more.items():
        if repr(named.setdefault(name, value)) != repr(value):
            raise ReplyParseError(f"the {name} score is given twice: {named[name]} and {value}")
