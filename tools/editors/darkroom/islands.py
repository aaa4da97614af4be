"""What a clause wants, told by a few words of it: the islands of an island grammar.

Each reader looks for the words that its wish turns on (`gist.grammar`), lets the rest be water, and
returns the wish as a plain order. What it turns on must be there: nothing is made up.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from editthinker.tools.editors.darkroom.behind import find_background
from editthinker.tools.editors.darkroom.chunk import NAMELESS, WHOLE, Chunk, listed, said
from editthinker.tools.editors.darkroom.kinds import belongs
from editthinker.tools.editors.darkroom.merging import GROWN
from editthinker.tools.editors.darkroom.phrases import phrase
from editthinker.tools.editors.darkroom.recipe import REDRAWING
from editthinker.tools.editors.darkroom.target import SUBJECT, Target, quoted

_MEDIA = REDRAWING | {"sepia", "black-and-white"}


def orders_in(chunk: Chunk) -> Iterator[str]:
    """Return what a clause may want as plain orders, the likeliest first."""
    if not chunk.found("beyond"):
        yield from filter(None, (read(chunk) for read in _READERS))


def _text(chunk: Chunk) -> str:
    """Read a clause with a text in quotation marks."""
    words = [(at, word) for at, word in enumerate(chunk.words) if word.kind == "quote"]
    quotes = [(at, str(word.meaning.value).strip()) for at, word in words]
    if not quotes or len(quotes) > 2:
        return ""
    (first, old), (last, new) = quotes[0], quotes[-1]
    if len(quotes) == 2:
        joint = said(chunk.words[first + 1 : last])
        if phrase("in-place-of").search(joint):
            return f"replace the text {quoted(new)} with {quoted(old)}"
        becomes = phrase("becoming").search(joint)
        return f"replace the text {quoted(old)} with {quoted(new)}" if becomes else ""
    before = said(chunk.words[:first])
    if (taking := phrase("taking").search(before)) and taking.group().strip().lower() != "no":
        return f"remove the text {quoted(old)}"
    changes, asks = phrase("rewriting").search(before), phrase("asking").search(before)
    named = [one for one in Chunk(chunk.words[:first], "").things() if one.kind == "text"]
    if (changes or asks) and (named or phrase("says-now").search(before)):
        return f"replace {(named or [Target('text')])[0].phrase()} with {quoted(old)}"
    first_thing = next((at for at, w in enumerate(chunk.words) if _is_object(w.meaning.target)), 0)
    upon = first_thing and chunk.words[first_thing - 1].text in {"on", "onto", "to"}
    return "" if changes or upon or taking else _writing(chunk, old)


def _is_object(target: Target | None) -> bool:
    return target is not None and target.kind == "object"


def _writing(chunk: Chunk, content: str) -> str:
    size = "small " if chunk.found("little") else "big " if chunk.found("big") else ""
    colour = next((str(w.meaning.value) for w in chunk.words if w.kind == "colour"), "")
    letters = f" in {size}{colour} letters" if size or colour else ""
    content = content.upper() if chunk.found("capitals") else content
    rows = [row for row, name in (("top", "up-high"), ("bottom", "down-low")) if chunk.found(name)]
    sides = [side for side in ("left", "right") if re.search(rf"\b{side}\b", chunk.text.lower())]
    place = " ".join([*rows[:1], *sides[:1]]) or ("centre" if chunk.found("central") else "")
    return f"write {quoted(content)}{letters}" + (f" at the {place}" if place else "")


def isolation(chunk: Chunk) -> str:
    """Read "everything grey except the flower", "the lamp in colour and the rest grey"."""
    if not chunk.found("drained"):
        return ""
    if spot := chunk.found("splash"):
        return f"turn everything black and white except the {spot.group().split(' of ')[-1]}"
    things = [one for one in chunk.things() if one.kind not in WHOLE | {"colour"}]
    if not things or any(colour != "grey" for _, colour in chunk.colours()):
        return ""
    told = chunk.found("excepting") or chunk.found("the-rest")
    if not told or not chunk.found("all-of-it"):
        return ""
    return f"turn everything black and white except {listed(things[:1])}"


def _removal(chunk: Chunk) -> str:
    """Read "lose the lamp", "the lamp has to go", "could it be taken out"."""
    works = {"operation", "look", "scene", "colour"}
    if any(w.kind in works and w.meaning.role not in {"hosts", "name"} for w in chunk.words):
        return ""
    if any(word.text in {"half", "half of"} and not word.definite for word in chunk.words):
        return (
            ""  # "about half the cups" are not all of them; "the half flower" is cut by the frame
        )
    found: tuple[Target, ...] | None = ()
    if taking := chunk.found("taking"):
        verb = taking.group().split()[0].lower()
        start = chunk.after(taking.start() + len(verb) if verb in {"get", "take"} else taking.end())
        if phrase("all-lettering").match(said(chunk.words[start:])):
            return "remove the text"
        found = chunk.object(start)
        if found is None and chunk.points() and not chunk.has("size", "side", "distinct", "number"):
            found = chunk.topic
    elif chunk.found("going"):
        found = chunk.named()
    if not found or any(target.kind in WHOLE or target == SUBJECT for target in found):
        return ""
    return f"remove {listed(found)}"


def _recolouring(chunk: Chunk) -> str:
    """Read "the helmet would be so much cooler in gold", "give the man a dark red coat"."""
    colours = chunk.colours()
    several = len({colour for _, colour in colours}) > 1 or chunk.patterned()
    if several or chunk.found("taking") or not chunk.found("wished"):
        return ""
    if not colours:
        return _dressing(chunk)
    at, colour = colours[0]
    before = Chunk(chunk.words[:at], chunk.text, chunk.topic)
    named, goes_on = before.named(), chunk.words[at + 1 : at + 2]
    if not before.things() and not named and not any(w.meaning.target for w in goes_on):
        named = Chunk(chunk.words[at + 1 :], chunk.text).named()
    if not chunk.things() and not chunk.has(*NAMELESS):
        named = named or chunk.topic  # "I'd prefer a warm burgundy"
    if any(target.kind in WHOLE | {"subject"} or target.name == "person" for target in named):
        return ""
    return ", ".join(f"make {target.phrase()} {colour}" for target in named)


def _dressing(chunk: Chunk) -> str:
    """Read "give the man a dark red coat", "the shot with an ivory saucer and a navy cup"."""
    worn = [one for one in chunk.things() if one.colour and _is_new(chunk, one)]
    if chunk.found("rewriting") or chunk.found("adding"):
        return ""
    if chunk.found("giving"):
        worn = [one for one in worn if belongs(one.name, "clothes") or one.name in GROWN]
    return ", ".join(f"make {replace(one, colour='').phrase()} {one.colour}" for one in worn)


def _is_new(chunk: Chunk, target: Target) -> bool:
    """Whether a thing is not one that was spoken of: "a dark red coat", not "the red coat"."""
    noun, text = target.name.split()[-1], chunk.text.lower()
    new = re.search(rf"\b(a|an|some)( [a-z-]+){{1,4}}? {noun}", text)
    known = re.search(rf"\b(the|his|her|their|my|that|this|these|those)( [a-z-]+)*? {noun}", text)
    return bool(new) or not known


def _styling(chunk: Chunk) -> str:
    """Read "my kids want a cartoon of the sleeping cat"."""
    if chunk.found("no-look") or chunk.has("negation", "keepable", "scene"):
        return ""
    orders_change = any(w.meaning.order and w.kind == "direction" for w in chunk.words)
    if orders_change or not chunk.found("wished"):
        return ""
    orders = []
    for at, word in enumerate(chunk.words):
        value, role = word.meaning.value, word.meaning.role
        if word.kind == "look" and not word.definite and not chunk.colours():
            orders.append(f"make it look {word.text}")
        elif value in _MEDIA and role in {"name", "do", "high"} and not word.definite:
            orders.append(f"turn the photo into {word.text}")
        elif value == "border" and orders:
            before = chunk.words[at - 1]
            orders.append(f"add a {before.text if before.kind == 'colour' else ''} border")
    return ", ".join(dict.fromkeys(orders))


_READERS: Sequence[Callable[[Chunk], str]] = (
    _text,
    isolation,
    find_background,
    _removal,
    _recolouring,
    _styling,
)
