"""Reads clauses about the frame: rotate, flip, crop, border, text; and the turn of hues."""

from dataclasses import replace

from editthinker.tools.editors.darkroom.adjusting import (
    PLACED,
    PLAIN,
    Carry,
    Reading,
    amount_of,
    region_of,
    things,
)
from editthinker.tools.editors.darkroom.clauses import Clause
from editthinker.tools.editors.darkroom.recipe import Operation, Step
from editthinker.tools.editors.darkroom.target import PHOTO
from editthinker.tools.editors.darkroom.words import Word

_PLAIN_HUE = 60.0
"""Degrees of "shift the hue"."""

_FULL_TILT = 20.0
"""Degrees of a tilt by the amount 1, where no number says how far."""


_WHERE = frozenset({"at", "on", "in", "to", "into", "onto", "across", "along", "over", "near"})
"""Words after which a text that stands without quotation marks is over."""


def read_text(clause: Clause, carry: Carry) -> Reading | None:
    """Read "add the text 'HELLO' at the bottom right in yellow"."""
    named = _is(clause, "text")
    quotes = clause.all("quote")
    if quotes:
        content, rest = str(quotes[0].meaning.value).strip(), clause.words
    elif named and any(w.meaning.role == "do" or w.meaning.value == "add" for w in clause.words):
        content, rest = _unquoted(clause)
    else:
        return None
    kinds = ("quote", "operation", "region", "noun", "colour", "vertical-place", "side", "corner")
    others = [word for word in clause.all("operation") if word.meaning.value != "text"]
    left = Clause(rest, clause.text, clause.joined_by)
    if (
        not content
        or (not clause.orders and any(s.operation == "erase-text" for s in carry.steps))
        or len(quotes) > 1
        or others
        or not left.only(*kinds, "degree", "percent", "axis")
    ):
        return None
    colours = left.all("colour")
    if len(colours) > 1 or things(left):
        return None
    options = {
        "content": content,
        "position": _position(left),
        "colour": str(colours[0].meaning.value) if colours else "white",
    }
    size = amount_of(rest) or PLAIN
    return _whole(clause, Step("text", size, options=options))


def read_border(clause: Clause, _: Carry) -> Reading | None:
    """Read "add a thin black border"."""
    colours = clause.all("colour")
    kinds = ("operation", "colour", "noun", "degree", "percent", "number", "region")
    if not _is_only(clause, "border") or len(colours) > 1 or not clause.only(*kinds):
        return None
    colour = str(colours[0].meaning.value) if colours else "white"
    size = amount_of(clause.words) or PLAIN
    return _whole(clause, Step("border", size, options={"colour": colour}))


def read_crop(clause: Clause, _: Carry) -> Reading | None:
    """Read "crop to 16:9", "make it square"."""
    ratios = clause.all("ratio")
    if len(ratios) != 1 or not clause.only("operation", "ratio", "region", "keepable"):
        return None
    ratio = float(ratios[0].meaning.value)
    if not (_is_only(clause, "crop") or (clause.orders and not clause.has("operation"))):
        return None
    if any(
        word.text not in {"aspect ratio", "shape", "proportions"} for word in clause.all("keepable")
    ):
        return None
    if not 0.05 <= ratio <= 20:
        return None
    return _whole(clause, Step("crop", options={"ratio": ratio}))


def read_flip(clause: Clause, _: Carry) -> Reading | None:
    """Read "flip it horizontally", "mirror it"."""
    if not _is_only(clause, "flip") or not clause.only("operation", "axis", "half-turn", "region"):
        return None
    upside_down = any(word.meaning.value == 180 for word in clause.all("half-turn"))
    axes = [str(word.meaning.value) for word in clause.all("axis")]
    if len(axes) > 1:
        return None
    axis = axes[0] if axes else "vertical" if upside_down else "horizontal"
    return _whole(clause, Step("flip", options={"axis": axis}))


def read_rotate(clause: Clause, _: Carry) -> Reading | None:
    """Read "rotate 90 degrees clockwise", "turn it upside down", "tilt slightly to the left"."""
    kinds = ("operation", "degrees", "number", "side", "turn", "half-turn", "degree", "region")
    if {word.meaning.value for word in clause.all("operation")} == {"rotate", "straighten"}:
        levels = clause.only("operation", "region", "degree", "side", "turn")  # "until it is level"
        return _whole(clause, Step("straighten")) if levels else None
    turned = any(word.kind == "verb" and word.text.startswith("turn") for word in clause.words)
    if not clause.only(*kinds) or not (_is_only(clause, "rotate") or turned):
        return None
    if clause.has("operation") and not _is_only(clause, "rotate"):
        return None
    numbers = clause.all("degrees", "number") or clause.all("half-turn")
    ways = [-1 if w.meaning.value == "left" else 1 for w in clause.all("side")]
    ways += [int(float(word.meaning.value)) for word in clause.all("turn")]
    share = amount_of(clause.all("degree"))
    tilt = any(word.text == "tilt" for word in clause.words)
    if len(numbers) > 1 or len(set(ways)) > 1 or not (numbers or ways):
        return None
    if numbers:
        degrees = float(numbers[0].meaning.value) * (numbers[0].meaning.sign or 1)
    else:
        degrees = _FULL_TILT * (share or 0.25) if tilt or share else 90.0
    return _turned(clause, "rotate", degrees * (ways[0] if ways else 1))


def read_hue(clause: Clause, _: Carry) -> Reading | None:
    """Read "shift the hue by 40 degrees"."""
    kinds = ("operation", "degrees", "number", "degree", "percent", "region", "turn", "direction")
    if not _is_only(clause, "hue") or not clause.only(*kinds, *PLACED):
        return None
    numbers = clause.all("degrees", "number")
    ways = [word.meaning.sign for word in clause.all("direction")]
    ways += [int(float(word.meaning.value)) for word in clause.all("turn")]
    if numbers:
        degrees = float(numbers[0].meaning.value) * (numbers[0].meaning.sign or 1)
    elif clause.orders:
        degrees = _PLAIN_HUE * (amount_of(clause.words) or PLAIN) / PLAIN
    else:
        return None
    return _turned(clause, "hue", degrees * (ways[0] if ways else 1))


def _turned(clause: Clause, operation: Operation, degrees: float) -> Reading | None:
    degrees = round(180 - (180 - degrees) % 360, 2)
    if degrees == 0:
        return None
    step = Step(operation, options={"degrees": degrees}, clause=clause.text)
    if operation == "hue":
        region = region_of(clause)
        if region is None:
            return None
        step = replace(step, region=region)
        return Reading([step], Carry(steps=(step,), region=region))
    return _whole(clause, step)


def _whole(clause: Clause, step: Step) -> Reading | None:
    """Return a step that is about the whole photo, None if the clause names a part of it."""
    if things(clause):
        return None
    named = replace(step, region=PHOTO, clause=clause.text)
    return Reading([named], Carry(steps=(named,)))


def _is(clause: Clause, operation: Operation) -> bool:
    return any(word.meaning.value == operation for word in clause.all("operation"))


def _is_only(clause: Clause, operation: Operation) -> bool:
    words = clause.all("operation")
    return bool(words) and all(word.meaning.value == operation for word in words)


def _position(clause: Clause) -> str:
    rows = [str(word.meaning.value) for word in clause.all("vertical-place")]
    row = next((row for row in rows if row != "middle"), "")
    column = next((str(word.meaning.value) for word in clause.all("side")), "")
    if not row and not column:
        return "centre" if rows else "bottom"
    return f"{row} {column}".strip()


def _unquoted(clause: Clause) -> tuple[str, tuple[Word, ...]]:
    """Take what stands between "write" or "the text" and the place or colour."""
    words = clause.words
    first = max(i for i, word in enumerate(words) if word.meaning.value == "text") + 1
    stops = {"vertical-place", "side", "corner", "colour", "operation"}
    last = first
    while last < len(words) and not (words[last].kind in stops or words[last].text in _WHERE):
        last += 1
    said = words[first:last]
    if not said or any(word.kind in {"region", "direction", "negation"} for word in said):
        return "", words
    start = words[0].start
    content = clause.text[said[0].start - start : said[-1].end - start]
    return content, words[:first] + words[last:]
