"""Writing on a picture."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from editthinker.tools.editors.darkroom.colours import lab_of, rgb_of
from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.editors.darkroom.recipe import Step
from editthinker.tools.errors import EditRefusedError

_MISSING = "\ue000"
"""A private character, which the font shows as it shows every glyph that it lacks."""

_Font = ImageFont.FreeTypeFont


def write(pixels: Floats, step: Step) -> Floats:
    """Draw text, outlined to be legible anywhere, and never wider than the picture.

    The capital letters of the amount 0.5 are about 7 % of the short side tall.

    Raises:
        EditRefusedError: if the font lacks a character, or the picture is too small to write on.
    """
    content, colour = str(step.options["content"]), str(step.options.get("colour", "white"))
    height, width = pixels.shape[:2]
    margin = round(0.04 * min(height, width))
    font, stroke = _fitted(content, step.amount, width - 2 * margin, height - 2 * margin)
    left, top, right, bottom = font.getbbox(content, stroke_width=stroke)
    rows, columns = {"top": 0.0, "bottom": 1.0}, {"left": 0.0, "right": 1.0}
    words = str(step.options.get("position", "bottom")).split()
    down = next((rows[word] for word in words if word in rows), 0.5)
    along = next((columns[word] for word in words if word in columns), 0.5)
    x = margin + along * (width - 2 * margin - (right - left)) - left
    y = margin + down * (height - 2 * margin - (bottom - top)) - top
    letters, outline = Image.new("L", (width, height)), Image.new("L", (width, height))
    ImageDraw.Draw(letters).text((x, y), content, fill=255, font=font)
    ImageDraw.Draw(outline).text((x, y), content, fill=255, font=font, stroke_width=stroke)
    edge = "black" if float(lab_of(colour)[0]) > 45 else "white"
    written = _over(pixels, outline, edge, 0.85)
    return _over(written, letters, colour, 1.0)


def _over(pixels: Floats, cover: Image.Image, colour: str, strength: float) -> Floats:
    share = floats(np.asarray(cover)[..., None] * np.float32(strength / 255))
    value = np.ones(pixels.shape[2], np.float32)
    value[:3] = np.array(rgb_of(colour), np.float32) / 255
    return floats(pixels + share * (value - pixels))


def _fitted(content: str, amount: float, width: int, height: int) -> tuple[_Font, int]:
    size = max(8, round(0.2 * amount * min(width, height)))
    font = _font(size)
    if lacking := _lacking(font, content):
        shown = ", ".join(repr(character) for character in lacking[:5])
        raise EditRefusedError(
            f"the font has no character {shown}; write the text in Latin letters"
        )
    while size >= 6:
        font, stroke = _font(size), max(1, round(size * 0.06))
        left, top, right, bottom = font.getbbox(content, stroke_width=stroke)
        if right - left <= width and bottom - top <= height:
            return font, stroke
        size = min(size - 1, int(size * width / max(right - left, 1)))
    raise EditRefusedError(f"the photo is too small for the text {content[:60]!r}")


def _font(size: int) -> _Font:
    font = ImageFont.load_default(size)
    if not isinstance(font, _Font):
        raise EditRefusedError("cannot write text: this Pillow was built without FreeType")
    return font


def _lacking(font: _Font, content: str) -> list[str]:
    missing = bytes(font.getmask(_MISSING))
    characters = dict.fromkeys(c for c in content if not c.isspace())
    return [c for c in characters if not c.isprintable() or bytes(font.getmask(c)) == missing]
