"""Writing on a picture."""

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from editthinker.tools.editors.darkroom.colours import lab_of, rgb_of
from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.editors.darkroom.recipe import Step
from editthinker.tools.editors.darkroom.typeface import Font, font, refuse_lacking
from editthinker.tools.errors import EditRefusedError

_SMALLEST = 6
"""Pixels below which no letter can be read."""

_MOST_LINES = 5


class _Block(NamedTuple):
    """Text broken into lines, at the size at which it fits."""

    content: str
    font: Font
    stroke: int


def write(pixels: Floats, step: Step) -> Floats:
    """Draw text, outlined to be legible anywhere, inside the picture.

    The capital letters of the amount 0.5 are about 7 % of the short side tall. Text that is too
    wide for one line is broken into lines, or made smaller, whichever leaves it larger.

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
    block = _fitted(content, step.amount, width - 2 * margin, height - 2 * margin)
    align = {0.0: "left", 1.0: "right"}.get(along, "center")
    letters, outline = Image.new("L", (width, height)), Image.new("L", (width, height))
    left, top, right, bottom = _bounds(block)
    x = margin + along * (width - 2 * margin - (right - left)) - left
    y = margin + down * (height - 2 * margin - (bottom - top)) - top
    for image, rim in ((letters, 0), (outline, 255)):
        ImageDraw.Draw(image).multiline_text(
            (x, y), block.content, 255, block.font, align=align, stroke_width=block.stroke,
            stroke_fill=rim,
        )  # fmt: skip
    edge = "black" if float(lab_of(colour)[0]) > 45 else "white"
    written = _over(pixels, outline, edge, 0.85)
    return _over(written, letters, colour, 1.0)


def _over(pixels: Floats, cover: Image.Image, colour: str, strength: float) -> Floats:
    share = floats(np.asarray(cover)[..., None] * np.float32(strength / 255))
    value = np.ones(pixels.shape[2], np.float32)
    value[:3] = np.array(rgb_of(colour), np.float32) / 255
    return floats(pixels + share * (value - pixels))


def _fitted(content: str, amount: float, width: int, height: int) -> _Block:
    """Find the breaks that leave the letters largest, one line first."""
    wanted = max(8, round(0.2 * amount * min(width, height)))
    best: _Block | None = None
    for count in range(1, min(_MOST_LINES, len(content.split())) + 1):
        block = _shrunk(_broken(content, count), wanted, width, height)
        if block and (best is None or block.font.size > 1.15 * best.font.size):
            best = block
        if best and best.font.size == wanted:
            break
    if best is None:
        raise EditRefusedError(f"the photo is too small for the text {content[:60]!r}")
    return best


def _shrunk(content: str, size: int, width: int, height: int) -> _Block | None:
    while size >= _SMALLEST:
        block = _Block(content, font(size), max(1, round(size * 0.06)))
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
    return drawing.multiline_textbbox((0, 0), block.content, block.font, stroke_width=block.stroke)
