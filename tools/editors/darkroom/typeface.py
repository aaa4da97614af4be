"""The font that the darkroom writes in: the scalable one that comes with Pillow."""

from functools import lru_cache

from PIL import ImageFont

from editthinker.tools.errors import EditRefusedError

Font = ImageFont.FreeTypeFont

_MISSING = "\ue000"
"""A private character, which the font shows as it shows every glyph that it lacks."""


@lru_cache(maxsize=64)
def font(size: int) -> Font:
    """Return the font at a size in pixels.

    Raises:
        EditRefusedError: if this Pillow can write no scalable text.
    """
    loaded = ImageFont.load_default(size)
    if not isinstance(loaded, Font):
        raise EditRefusedError("cannot write text: this Pillow was built without FreeType")
    return loaded


def refuse_lacking(content: str) -> None:
    """Check that the font has every character.

    Raises:
        EditRefusedError: naming those that it lacks.
    """
    face = font(24)
    missing = bytes(face.getmask(_MISSING))
    characters = dict.fromkeys(c for c in content if not c.isspace())
    lacking = [c for c in characters if not c.isprintable() or bytes(face.getmask(c)) == missing]
    if lacking:
        shown = ", ".join(repr(character) for character in lacking[:5])
        raise EditRefusedError(
            f"the font has no character {shown}; write the text in Latin letters"
        )
