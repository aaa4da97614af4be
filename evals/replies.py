"""Scores in judges' replies, read strictly: what is not clearly said is not a score.

Every function raises `ReplyParseError` where a score is missing, outside its scale or doubtful; the
official scripts' own readers, which guess, are `*_official` and return None for nothing.
"""

import re
from collections.abc import Sequence

from pydantic import JsonValue

from editthinker.evals.scores import number
from editthinker.graph.thinkers.objects import find_objects
from editthinker.tools.errors import ReplyParseError

_BOLD = re.compile(r"[*_`#]+")
_NAMED_LINE = re.compile(
    r"^\W*(?P<name>[A-Za-z][\w /&()-]{0,60}?)\s*[:=：]\s*(?P<score>\d+(?:\.\d+)?)"
    r"\s*(?:/\s*(?P<of>\d+)|out of (?P<outof>\d+))?\s*[.。]?\s*$"
)
_FINAL = re.compile(r"final\s+scores?\b\W{0,8}?[:：]?\s*(?P<rest>[^\n]*)", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\d.])\d+(?:\.\d+)?(?![\d.]*\d)")


def score_list(text: str, low: float, high: float, least: int = 1) -> list[float]:
    """Read GEdit's form: an object with `score`, a number or a list, or a bare list."""
    value = _last_value(text, "score")
    items = value if isinstance(value, list) else [value]
    scores = [number(item, low, high) for item in items]
    if len(scores) < least or not scores or None in scores:
        raise ReplyParseError(f'"score" must hold {least} or more numbers from {low:g} to {high:g}')
    return [score for score in scores if score is not None]


def score_list_official(text: str) -> JsonValue:
    """Read GEdit's form as the official script: first brace to last, else nothing."""
    value = _last_value(text, "score")
    return value if value is None or isinstance(value, list) else [value]


def named_lines(text: str, count: int, low: float, high: float) -> list[float]:
    """Read ImgEdit's form: `count` lines `Name: n`, after a line of reasoning."""
    found = []
    for line in _BOLD.sub("", text).splitlines():
        if match := _NAMED_LINE.match(line.strip()):
            if (of := match["of"] or match["outof"]) and float(of) != high:
                raise ReplyParseError(f"a score is out of {of}; the scale ends at {high:g}")
            found.append(match["score"])
    scores = [number(score, low, high) for score in found]
    if len(scores) != count or any(score is None or score % 1 for score in scores):
        raise ReplyParseError(
            f"there must be {count} lines 'Name: n' with a whole n from {low:g} to {high:g}, "
            f"not {len(found)}"
        )
    return [score for score in scores if score is not None]


def named_lines_official(text: str) -> list[float]:
    """Read ImgEdit's form as the official script: two parts around `: `, the second all digits."""
    parts = (line.strip().split(": ") for line in text.splitlines())
    return [float(p[1]) for p in parts if len(p) == 2 and p[1].isdigit()]


def final_score(text: str, allowed: Sequence[float]) -> float:
    """Read RISE's form: a line `Final Score: n`; the last one counts, and it must be alone."""
    found = [m for m in _FINAL.finditer(_BOLD.sub("", text)) if _NUMBER.search(m["rest"])]
    if not found:
        raise ReplyParseError("the line 'Final Score: n' is missing")
    rest = re.sub(rf"\s*(?:/|out of)\s*{max(allowed):g}\b", "", found[-1]["rest"])
    numbers = _NUMBER.findall(rest)
    score = number(numbers[0], min(allowed), max(allowed)) if len(numbers) == 1 else None
    if score not in allowed:
        raise ReplyParseError(
            f"'Final Score' must be one of {', '.join(f'{x:g}' for x in allowed)}"
        )
    assert score is not None
    return score


def final_score_official(text: str) -> float | None:
    """Read RISE's form as the official script: integers of the first `Final Score`."""
    for name in ("Final Score", "Final Scores"):
        found = re.findall(rf"{name}\*{{0,2}}:?\s*([\d*\s,]*)", text, re.IGNORECASE)
        numbers = re.findall(r"\d+", " ; ".join(found))
        if numbers:
            return float(numbers[0])
    return None


def keyed_scores(text: str, names: Sequence[str], low: float, high: float) -> list[float]:
    """Read KRIS's form: a flat object with each name, or lines `name: n`."""
    values: dict[str, JsonValue] = {}
    for found in find_objects(text):
        values |= found.values
    for name in names:
        if name not in values:
            pattern = rf"\b{re.escape(name)}\b\W{{0,4}}[:=]\s*\**\s*(\d+(?:\.\d+)?)\b"
            stated = set(re.findall(pattern, text, re.IGNORECASE))
            if len(stated) == 1:
                values[name] = stated.pop()
    scores = [number(values.get(name), low, high) for name in names]
    for name, score in zip(names, scores, strict=True):
        if score is None:
            raise ReplyParseError(f"{name!r} must be a number from {low:g} to {high:g}")
    return [score for score in scores if score is not None]


def keyed_score_official(text: str, name: str) -> float | None:
    """Read KRIS's form as the official script, down to the first lone digit from 1 to 5."""
    patterns = (
        rf'"{re.escape(name)}"\s*:\s*"?([1-5])',
        rf"{re.escape(name)}\s*:\s*([1-5])",
        r"([1-5])\s*/\s*5",
        r"([1-5])\s+out\s+of\s+5",
        r"\b([1-5])\b",
    )
    for pattern in patterns:
        if match := re.search(pattern, text, re.IGNORECASE):
            return float(match[1])
    return None


def _last_value(text: str, key: str) -> JsonValue:
    """Return a key of the last object that has it, else the only bare list or number."""
    for found in reversed(find_objects(text)):
        if key in found.values and found.unfinished != key:
            return found.values[key]
    bare = text.replace("||V^=^V||", "").strip()
    if match := re.fullmatch(r"\[([\d\s.,]+)\]", bare):
        return list(match[1].replace(",", " ").split())
    return bare if re.fullmatch(r"\d+(?:\.\d+)?", bare) else None
