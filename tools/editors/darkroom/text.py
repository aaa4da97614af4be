"""Writing on a picture."""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw

from editthinker.tools.editors.darkroom.colours import lab_of, rgb_of
from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.editors.darkroom.manner import Manner
from editthinker.tools.editors.darkroom.recipe import Step
from editthinker.tools.editors.darkroom.region import find_subject
from editthinker.tools.editors.darkroom.typeface import Font, font, refuse_lacking
from editthinker.tools.errors import EditRefusedError

_SMALLEST = 6
"""Pixels below which no letter can be read."""

_MOST_LINES = 5

_BOLD, _SLANT = 0.045, 0.2
"""Stroke that makes letters bold, and their lean, in their size."""

_HIDDEN = 0.02
"""Share of a text's box that may lie over the main thing of a photo, if there is room beside it."""

_ASIDE = 0.12
"""How far down from its side, or up, words may move to free room, in heights of the photo."""


class _Block(NamedTuple):
    """Text broken into lines, at the size at which it fits."""

    content: str
    font: Font
    stroke: int
    """Width of the outline, in pixels."""
    bold: int
    """By how much its letters are thicker, in pixels."""
    lean: float
    """How far it reaches beyond its box on both sides together, in its height."""


def write(pixels: Floats, step: Step, manner: Manner) -> Floats:
    """Draw text, outlined to be legible anywhere, inside the picture.

    The capital letters of the amount 0.5 are about 7 % of the short side tall. Text that is too
    wide for one line is broken into lines, or made smaller, whichever leaves it larger. It keeps
    off the main thing of the photo, where there is room on the side that was asked for.

    Args:
        pixels: `(H, W, 3 or 4)` in [0, 1].
        step: What to write, and where.
        manner: How the letters look.

    Raises:
        EditRefusedError: if the font lacks a character, or the picture is too small to write on.
    """
    content, colour = str(step.options["content"]), str(step.options.get("colour", "white"))
    refuse_lacking(content)
    height, width = pixels.shape[:2]
    margin = round(0.04 * min(height, width))
    words = str(step.options.get("position", "bottom")).split()
    down = next((place for word, place in (("top", 0.0), ("bottom", 1.0)) if word in words), 0.5)
    along = next((place for word, place in (("left", 0.0), ("right", 1.0)) if word in words), 0.5)
    block = _fitted(content, step.amount, width - 2 * margin, height - 2 * margin, manner)
    left, top, right, bottom = _bounds(block)
    room = width - 2 * margin - (right - left), height - 2 * margin - (bottom - top)
    x, y = margin + along * room[0], margin + down * room[1]
    main = find_subject(np.rint(pixels[..., :3] * 255).astype(np.uint8))
    if main.clear and down != 0.5 and along == 0.5:  # a corner is where it is
        size = right - left, bottom - top
        x, y = _beside(main.mask, (x, y), size, _moves(room, down, _ASIDE * height, margin))
    align = {0.0: "left", 1.0: "right"}.get(along, "center")
    letters, outline = Image.new("L", (width, height)), Image.new("L", (width, height))
    for image, rim in ((letters, 0), (outline, 255)):
        ImageDraw.Draw(image).multiline_text(
            (x - left, y - top), block.content, 255, block.font, align=align,
            stroke_width=block.bold + (block.stroke if rim else 0), stroke_fill=255,
        )  # fmt: skip
    if manner.slanted:
        letters, outline = (_leaning(image, y + (bottom - top) / 2) for image in (letters, outline))
    edge = "black" if float(lab_of(colour)[0]) > 45 else "white"
    written = _over(pixels, outline, edge, 0.85)
    return _over(written, letters, colour, 1.0)


def _moves(
    room: tuple[float, float], down: float, most: float, margin: int
) -> Iterator[tuple[float, float]]:
    """Yield where words may stand instead: on the same side of the photo, as near as can be."""
    start = margin + room[0] / 2, margin + down * room[1]
    sides = np.linspace(margin, margin + room[0], 25)
    inwards = np.linspace(0, min(most, room[1]), 5)
    places = [(float(x), float(start[1] + (1 - 2 * down) * d)) for x in sides for d in inwards]
    yield from sorted(places, key=lambda p: abs(p[0] - start[0]) + 2 * abs(p[1] - start[1]))


def _beside(
    main: Floats,
    start: tuple[float, float],
    size: tuple[float, float],
    places: Iterator[tuple[float, float]],
) -> tuple[float, float]:
    """Return the nearest place that leaves the main thing free; the first one if none does."""
    sums = cv2.integral(floats(main > 0.5))

    def hidden(place: tuple[float, float]) -> float:
        x, y = (round(value) for value in place)
        right, bottom = min(main.shape[1], int(x + size[0])), min(main.shape[0], int(y + size[1]))
        inside = sums[bottom, right] - sums[y, right] - sums[bottom, x] + sums[y, x]
        return float(inside / max((right - x) * (bottom - y), 1))

    if hidden(start) <= _HIDDEN:
        return start
    return next((place for place in places if hidden(place) <= _HIDDEN), start)


def _leaning(image: Image.Image, middle: float) -> Image.Image:
    """Lean letters to the right, around the middle of their block."""
    way = (1, _SLANT, -_SLANT * middle, 0, 1, 0)
    return image.transform(image.size, Image.Transform.AFFINE, way, Image.Resampling.BICUBIC)


def _over(pixels: Floats, cover: Image.Image, colour: str, strength: float) -> Floats:
    share = floats(np.asarray(cover)[..., None] * np.float32(strength / 255))
    value = np.ones(pixels.shape[2], np.float32)
    value[:3] = np.array(rgb_of(colour), np.float32) / 255
    return floats(pixels + share * (value - pixels))


def _fitted(content: str, amount: float, width: int, height: int, manner: Manner) -> _Block:
    """Find the breaks that leave the letters largest, one line first."""
    wanted = max(8, round(0.2 * amount * min(width, height)))
    best: _Block | None = None
    for count in range(1, min(_MOST_LINES, len(content.split())) + 1):
        block = _shrunk(_broken(content, count), wanted, width, height, manner)
        if block and (best is None or block.font.size > 1.15 * best.font.size):
            best = block
        if best and best.font.size == wanted:
            break
    if best is None:
        raise EditRefusedError(f"the photo is too small for the text {content[:60]!r}")
    return best


def _shrunk(content: str, size: int, width: int, height: int, manner: Manner) -> _Block | None:
    while size >= _SMALLEST:
        bold = max(1, round(size * _BOLD)) if manner.bold else 0
        lean = _SLANT if manner.slanted else 0.0
        block = _Block(content, font(size), max(1, round(size * 0.06)), bold, lean)
        left, top, right, bottom = _bounds(block)
        over = max((right - left) / max(width, 1), (bottom - top) / max(height, 1))
        if over <= 1:
            return block
        size = min(size - 1, int(size / over))
    return None


def _broken(content: str, count: int) -> str:
    """Break text into so many lines of about the same length."""
    if count == 1:
        return content
    goal, lines = len(content) / count, [""]
    for word in content.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and len(lines) < count and len(longer) > goal + len(word) / 2:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)


def _bounds(block: _Block) -> tuple[float, float, float, float]:
    drawing = ImageDraw.Draw(Image.new("L", (1, 1)))
    left, top, right, bottom = drawing.multiline_textbbox(
        (0, 0), block.content, block.font, stroke_width=block.stroke + block.bold
    )
    over = block.lean * (bottom - top) / 2
    return left - over, top, right + over, bottom
