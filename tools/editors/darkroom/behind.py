"""The gist of a clause about what lies behind something: a colour, a gradient, a sky, nothing."""

from collections.abc import Sequence

from editthinker.tools.editors.darkroom.chunk import Chunk, is_a, said
from editthinker.tools.editors.darkroom.phrases import phrase
from editthinker.tools.editors.darkroom.recipe import REDRAWING
from editthinker.tools.editors.darkroom.target import BACKGROUND, Target

_SKY = Target("sky")

_NEAR = 4
"""Words after a colour that may say where it is to be."""


def find_background(chunk: Chunk) -> str:
    """Read "the coins on dark red", "a lilac gradient behind it", "some clouds, please"."""
    if any(word.meaning.value in REDRAWING for word in chunk.words):
        return ""
    things, colours = chunk.things(), chunk.colours()
    place = _place(chunk)
    if chunk.has("clear") or (chunk.found("cutting") and not colours):
        return _cutout(chunk, things, place)
    scene = next((word for word in chunk.words if word.kind == "scene"), None)
    if place and scene and not scene.definite:
        return f"replace {place.phrase()} with a {scene.text}"
    if chunk.found("with-clouds") and not chunk.found("taking"):
        return "replace the sky with a blue sky with clouds"
    ends = chunk.colours(all_of_them=True)
    fades = chunk.found("fades-into") is not None
    if place and ends and ((fades and len(ends) == 2) or chunk.has("gradient")):
        return _gradient(chunk, place, ends)
    wall = next((one for one in things if one.name == "wall" and one.colour), None)
    if place and wall and not ends:
        return f"make {place.phrase()} {wall.colour}"  # "into a plain white wall"
    if len(colours) != 1 or fades:
        return ""
    if place:
        return f"make {place.phrase()} {colours[0][1]}"
    lies = (things or chunk.topic) and _lies_on(chunk, colours[0][0])
    return f"make the background {colours[0][1]}" if lies else ""


def _place(chunk: Chunk) -> Target | None:
    """Return what is to change, the background or the sky."""
    things = chunk.things()
    if not things and chunk.topic in ((BACKGROUND,), (_SKY,)):
        return chunk.topic[0]  # "can you put a plain beige there"
    if place := next((one for one in things if one in (BACKGROUND, _SKY)), None):
        return place
    if chunk.found("upon-gradient"):
        return BACKGROUND
    first = next((at for at, word in enumerate(chunk.words) if word.kind == "region"), 0)
    behind = first > 0 and chunk.words[first - 1].text == "behind"  # "behind these coins"
    return BACKGROUND if behind and chunk.colours() else None


def _gradient(chunk: Chunk, place: Target, ends: Sequence[tuple[int, str]]) -> str:
    if chunk.has("side") or len(ends) > 2:
        return ""
    first, last = ends[0][1], ends[-1][1] if len(ends) > 1 else "white"
    if _is_low(chunk, ends[0][0]):
        first, last = last, first
    return f"replace {place.phrase()} with a gradient from {first} to {last}"


def _is_low(chunk: Chunk, at: int) -> bool:
    """Whether a colour is to be at the bottom."""
    near = said(chunk.words[at + 1 : at + 1 + _NEAR])
    low, high = phrase("low-down").search(near), phrase("up-high").search(near)
    return low is not None and not (high and high.start() < low.start())


def _cutout(chunk: Chunk, things: Sequence[Target], place: Target | None) -> str:
    thing = next((one for one in things if one.kind == "object"), None)
    cuts = place or chunk.found("cutting") or chunk.found("as-png")
    if not cuts or place == _SKY:
        return ""
    return f"cut out {thing.phrase()}" if thing else "make the background transparent"


def _lies_on(chunk: Chunk, colour: int) -> bool:
    """Whether a thing is put on a colour: "the coins on a clean ivory board"."""
    for at in range(colour - 1, max(-1, colour - 4), -1):
        word = chunk.words[at]
        if is_a(word, "upon"):
            rest = chunk.words[colour + 1 : colour + 2]
            plain = {"filler", "closer", "noun"}
            return not rest or rest[0].kind in plain or is_a(rest[0], "surface")
        if word.kind not in {"filler", "noun", "unknown", "degree"}:
            return False
    return False
