"""Things and faces that a photo shows, by name, where the pack was pulled."""

from dataclasses import dataclass

from editthinker.tools.images import Pixels
from editthinker.tools.vision.masks import Box


@dataclass(frozen=True)
class Found:
    """One thing that a model recognised."""

    name: str
    """Of the COCO classes, or `face`."""
    box: Box
    confidence: float
    """In [0, 1]."""


def find_objects(pixels: Pixels) -> list[Found] | None:
    """Return the things in `(H, W, 3) uint8` pixels, the surest first; None without the pack."""
    return None


def find_faces(pixels: Pixels) -> list[Found] | None:
    """Return the faces in `(H, W, 3) uint8` pixels, the surest first; None without the pack."""
    return None


def known_names() -> frozenset[str]:
    """Return the names that `find_objects` can give; empty without the pack."""
    return frozenset()
