"""The sample photos, and what is where in them: masks drawn by hand, for checks and bad edits.

Nothing here comes from the darkroom's or the observer's own eyes.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Mask = NDArray[np.float32]

PHOTOS = Path(__file__).parents[2] / "tools" / "photos"
_FINER = 4


@cache
def photo(name: str) -> Pixels:
    """Return a sample photo, `(H, W, 3) uint8`."""
    return np.asarray(Image.open(PHOTOS / f"{name}.jpg").convert("RGB"))


@cache
def drawn(name: str, thing: str) -> Mask:
    """Return where a thing is in a photo: `(H, W)` in [0, 1], smooth along the outline."""
    height, width = photo(name).shape[:2]
    shape = _shapes()[name][thing]
    fine = np.zeros((height * _FINER, width * _FINER), np.float32)
    share = np.array([width * _FINER, height * _FINER]) / 100
    if "oval" in shape:
        x, y, half_width, half_height = np.array(shape["oval"]) * np.tile(share, 2)
        cv2.ellipse(fine, ((x, y), (2 * half_width, 2 * half_height), 0), 1, -1)
    for value, kind in ((1, "parts"), (0, "less")):
        for part in shape.get(kind, []):
            cv2.fillPoly(fine, [np.rint(np.array(part) * share).astype(np.int32)], value)
    return np.asarray(cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def has_drawn(name: str, thing: str) -> bool:
    """Return whether a thing was drawn; `doubt` is where nobody can say what belongs to what."""
    return thing in _shapes()[name]


@cache
def _shapes() -> dict[str, dict[str, dict[str, Any]]]:
    text = Path(__file__).with_name("drawn.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
