"""The size that a model works at, and the way there and back without stretching anything.

A model wants sides that are multiples of some number and an area near the one it was trained on.
The source is scaled evenly to fit into such a canvas, the few pixels that are left get the colours
of the edge, and afterwards they are cropped off again and the rest is scaled back evenly.
"""

from dataclasses import dataclass
from math import ceil, sqrt
from typing import Literal

import numpy as np
from PIL import Image

from editthinker.tools.images import Pixels


@dataclass(frozen=True)
class SizePolicy:
    """What sizes a model works at."""

    area: int = 1024 * 1024
    """In pixels."""
    multiple: int = 16
    """What each side is a multiple of."""
    enlarges: bool = True
    """Whether a source below `area` is enlarged to it; else it is worked on at its own size."""
    least_side: int = 1
    """In pixels; what is narrower is padded."""
    most_ratio: float = 1000.0
    """Of the longer side to the shorter one; what is narrower is padded."""
    rounding: Literal["nearest", "up"] = "up"
    """How the pipeline itself rounds a side, so that it finds nothing left to change."""


@dataclass(frozen=True)
class Canvas:
    """Where a source lies in what the model sees; all in pixels."""

    source: tuple[int, int]
    inner: tuple[int, int]
    """The scaled source, in the top left corner."""
    size: tuple[int, int]
    """What the model sees and makes."""

    def place(self, pixels: Pixels) -> Image.Image:
        """Scale `(H, W, C)` or `(H, W)` pixels of the source and pad with the edge's colours."""
        scaled = Image.fromarray(pixels)
        if self.inner != self.source:
            scaled = scaled.resize(self.inner, Image.Resampling.LANCZOS)
        right, below = (self.size[i] - self.inner[i] for i in (0, 1))
        array = np.asarray(scaled)
        padding = [(0, below), (0, right), (0, 0)][: array.ndim]
        return Image.fromarray(np.pad(array, padding, mode="edge"))

    def take_back(self, image: Image.Image) -> Image.Image:
        """Crop what the model made and scale it to the source's size."""
        if image.size != self.size:
            # A few pipelines choose their own output size, of the same shape.
            image = image.resize(self.size, Image.Resampling.LANCZOS)
        image = image.crop((0, 0, *self.inner))
        if self.inner != self.source:
            image = image.resize(self.source, Image.Resampling.LANCZOS)
        return image


def fit_canvas(source: tuple[int, int], policy: SizePolicy) -> Canvas:
    """Choose the canvas for a source of `(width, height)` pixels."""
    width, height = source
    if not policy.enlarges and width * height <= policy.area:
        size = (_round(width, policy.multiple, "up"), _round(height, policy.multiple, "up"))
        return Canvas(source, source, _widen(size, policy))
    size = _size_for(width / height, policy)
    for _ in range(8):  # some pipelines derive the size again from the canvas' own shape
        again = _size_for(size[0] / size[1], policy)
        if again == size:
            break
        size = again
    scale = min(size[0] / width, size[1] / height)
    inner = (
        max(1, min(size[0], round(width * scale))),
        max(1, min(size[1], round(height * scale))),
    )
    return Canvas(source, inner, _widen(size, policy))


def _widen(size: tuple[int, int], policy: SizePolicy) -> tuple[int, int]:
    """Return a size that is wide enough for the model."""
    narrowest = max(policy.least_side, max(size) / policy.most_ratio)
    least = _round(narrowest, policy.multiple, "up")
    return max(size[0], least), max(size[1], least)


def _size_for(ratio: float, policy: SizePolicy) -> tuple[int, int]:
    width = sqrt(policy.area * ratio)
    return (
        _round(width, policy.multiple, policy.rounding),
        _round(width / ratio, policy.multiple, policy.rounding),
    )


def _round(side: float, multiple: int, rounding: Literal["nearest", "up"]) -> int:
    units = round(side / multiple) if rounding == "nearest" else ceil(side / multiple)
    return max(1, units) * multiple
