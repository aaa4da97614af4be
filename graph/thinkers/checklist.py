"""A checklist: an instruction in requirements that are marked one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import mean

from pydantic import JsonValue

from editthinker.graph.thinkers.base import Region, Requirement, Status
from editthinker.graph.thinkers.objects import find_objects
from editthinker.tools.errors import ReplyParseError

MAX_REQUIREMENTS = 12
"""Longer lists are cut."""

POINTS: Mapping[Status, float] = {"done": 1.0, "partly": 0.5, "not": 0.0}
"""What a mark counts for."""

_STATUS: Mapping[str, Status] = {
    "done": "done",
    "yes": "done",
    "partly": "partly",
    "partially": "partly",
    "partial": "partly",
    "not": "not",
    "no": "not",
    "not done": "not",
}


def parse_checklist(text: str) -> tuple[Requirement, ...]:
    """Read the requirements that a model split an instruction into.

    Raises:
        ReplyParseError: if there is not one that is wished for.
    """
    found: list[Requirement] = []
    for entry in _entries(text, "requirements"):
        words, keep = entry.get("text"), entry.get("keep", False)
        if not isinstance(words, str) or not words.strip() or not isinstance(keep, bool):
            raise ReplyParseError(f"requirement {len(found) + 1} lacks its text or keep")
        found.append(Requirement(" ".join(words.split()), keep))
    if all(each.keep for each in found):
        raise ReplyParseError("the list holds no requirement of what is to change")
    return tuple(found[:MAX_REQUIREMENTS])


def parse_marks(text: str, checklist: Sequence[Requirement]) -> tuple[Requirement, ...]:
    """Read a model's mark for every requirement of a list.

    Raises:
        ReplyParseError: if one is unmarked, marked twice differently, or marked with another word.
    """
    marked: dict[int, Requirement] = {}
    for entry in _entries(text, "checklist"):
        number, word = entry.get("number"), entry.get("status")
        if isinstance(number, str) and number.strip(" .#").isdecimal():
            number = int(number.strip(" .#"))
        if not isinstance(number, int) or not 1 <= number <= len(checklist):
            raise ReplyParseError(f"the checklist has no number {str(number)[:20]!r}")
        status = _STATUS.get(word.strip().lower()) if isinstance(word, str) else None
        if status is None:
            raise ReplyParseError(
                f"number {number} of the checklist is marked {str(word)[:20]!r}, which is none of "
                "done, partly and not"
            )
        note = entry.get("note")
        mark = replace(
            checklist[number - 1],
            status=status,
            note=note.strip() if isinstance(note, str) else "",
            region=_region(entry.get("region")),
        )
        if marked.setdefault(number, mark).status != status:
            raise ReplyParseError(f"number {number} of the checklist is marked twice")
    missing = [str(n) for n in range(1, len(checklist) + 1) if n not in marked]
    if missing:
        raise ReplyParseError(f"number {', '.join(missing)} of the checklist is not marked")
    return tuple(marked[number] for number in sorted(marked))


def semantic_score(checklist: Sequence[Requirement]) -> float:
    """Score a marked list in [0, 10]: the worse of what was to change and what was to stay."""
    groups = [[r for r in checklist if r.keep is keep] for keep in (False, True)]
    return 10 * min(
        mean(POINTS[each.status or "not"] for each in group) for group in groups if group
    )


def describe_checklist(checklist: Sequence[Requirement]) -> str:
    """Return the numbered list for a prompt."""
    return "\n".join(
        f"{number}. {'must stay: ' if each.keep else ''}{each.text}"
        for number, each in enumerate(checklist, start=1)
    )


def _entries(text: str, key: str) -> list[dict[str, JsonValue]]:
    for found in find_objects(text):
        entries = found.values.get(key)
        if isinstance(entries, list) and entries:
            if found.unfinished.startswith(key):
                break
            if all(isinstance(each, dict) for each in entries):
                return [each for each in entries if isinstance(each, dict)]
    raise ReplyParseError(f"the key {key!r} with a list of objects is missing")


def _region(value: JsonValue) -> Region | None:
    """Read `[left, top, right, bottom]` in thousandths as fractions; None where it makes no box."""
    if not isinstance(value, list) or len(value) != 4:
        return None
    edges = [float(v) / 1000 for v in value if isinstance(v, int | float)]
    if len(edges) != 4 or not all(0 <= edge <= 1 for edge in edges):
        return None
    left, top, right, bottom = edges
    return Region(left, top, right, bottom) if left < right and top < bottom else None
