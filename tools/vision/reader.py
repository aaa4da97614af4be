"""The text in a photo, read by rapidocr with the pack's models."""

from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import cv2
import numpy as np

from editthinker.tools.images import Pixels
from editthinker.tools.models import model_path
from editthinker.tools.vision.sessions import THREADS, has_models, load_once

if TYPE_CHECKING:
    from rapidocr import RapidOCR

_LEAST_SIDE = 640
"""Photos smaller than this are enlarged: letters of under ten pixels are not found."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels; the last two are outside."""

_SURE, _SHORT, _SURE_OF_SHORT = 0.5, 6, 0.85
"""Confidence below which a line is not believed; windows and ornaments read as a short one."""

_TILE, _MOST_TILES = 700, 3
"""Side of a tile that is read closely, in pixels, and how many there are at most along a side."""

_OVERLAP = 0.15
"""Share of its side that a tile has in common with the next, for no word to be cut."""

_ENLARGED = 1400
"""Longest side to which a tile is enlarged, in pixels."""

_SAME = 0.5
"""Share of a box inside another from which both are one line."""

_READING = Lock()


@dataclass(frozen=True)
class TextBox:
    """One line of text."""

    text: str
    corners: tuple[tuple[float, float], ...]
    """Four points (x, y) in pixels, from the upper left, clockwise along the text."""
    confidence: float
    """In [0, 1]."""


def can_read() -> bool:
    """Whether text can be read here: rapidocr is installed and its models were pulled."""
    return find_spec("rapidocr") is not None and has_models("ocr-find", "ocr-read", "ocr-turn")


def read_text(pixels: Pixels) -> list[TextBox] | None:
    """Read the text in `(H, W, 3) uint8` pixels, from the top; None where it cannot be read."""
    if not can_read():
        return None
    return list(_read(pixels.shape, pixels.tobytes()))


def read_closely(pixels: Pixels) -> list[TextBox] | None:
    """Read text that is small in the photo, too, in enlarged tiles: slower by several times."""
    if not can_read():
        return None
    return list(_read_tiles(pixels.shape, pixels.tobytes()))


def read_near(pixels: Pixels, place: Box) -> list[TextBox] | None:
    """Read what stands in a part of a photo, enlarged where that is small.

    Args:
        pixels: `(H, W, 3) uint8`.
        place: The part, in pixels.
    """
    if not can_read():
        return None
    return list(_read_place(pixels.shape, pixels.tobytes(), place))


@lru_cache(maxsize=16)
def _read_place(shape: tuple[int, ...], content: bytes, place: Box) -> tuple[TextBox, ...]:
    pixels = np.frombuffer(content, np.uint8).reshape(shape)
    left, top, right, bottom = place
    part = pixels[top:bottom, left:right]
    return tuple(sorted(_read_part(part, left, top), key=_top)) if part.size else ()


@lru_cache(maxsize=4)
def _read_tiles(shape: tuple[int, ...], content: bytes) -> tuple[TextBox, ...]:
    pixels = np.frombuffer(content, np.uint8).reshape(shape)
    lines = list(_read(shape, content))
    for top, bottom in _spans(shape[0]):
        for left, right in _spans(shape[1]):
            lines += _read_part(pixels[top:bottom, left:right], left, top)
    kept: list[TextBox] = []
    for line in sorted(lines, key=lambda line: -len(line.text) * line.confidence):
        if all(_shared(line, other) < _SAME for other in kept):
            kept.append(line)
    return tuple(sorted(kept, key=_top))


def _read_part(part: Pixels, left: int, top: int) -> list[TextBox]:
    """Read a part of a photo, enlarged; the lines lie where they do in the photo."""
    scale = float(np.clip(_ENLARGED / max(part.shape[:2]), 1.0, 4.0))
    large = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return [
        replace(line, corners=tuple((x / scale + left, y / scale + top) for x, y in line.corners))
        for line in _recognised(np.asarray(large, np.uint8))
    ]


def _spans(side: int) -> list[tuple[int, int]]:
    """Return where tiles begin and end along a side."""
    count = int(np.clip(np.ceil(side / _TILE), 2, _MOST_TILES))
    size = min(side, round(side / count * (1 + _OVERLAP)))
    return [(start, start + size) for start in np.linspace(0, side - size, count).astype(int)]


def _shared(one: TextBox, other: TextBox) -> float:
    """Return the share of the smaller box that lies in the other one."""
    boxes = np.array([[np.min(c, axis=0), np.max(c, axis=0)] for c in (one.corners, other.corners)])
    inner = np.maximum(boxes[:, 1].min(axis=0) - boxes[:, 0].max(axis=0), 0)
    areas = np.prod(boxes[:, 1] - boxes[:, 0], axis=1)
    return float(np.prod(inner) / max(float(areas.min()), 1e-6))


def _top(line: TextBox) -> float:
    return min(y for _, y in line.corners)


@lru_cache(maxsize=4)
def _read(shape: tuple[int, ...], content: bytes) -> tuple[TextBox, ...]:
    """Read a picture once, though several ask: reading takes seconds."""
    return tuple(sorted(_recognised(np.frombuffer(content, np.uint8).reshape(shape)), key=_top))


def _recognised(pixels: Pixels) -> list[TextBox]:
    height, width = pixels.shape[:2]
    scale = max(1.0, _LEAST_SIDE / max(height, width))
    flat = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    if scale > 1:
        flat = cv2.resize(flat, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    engine = load_once(_load_engine, "ocr-find")
    with _READING:  # it keeps its last picture in itself
        found = engine(flat)
    if found.boxes is None:
        return []
    lines = []
    for text, corners, confidence in zip(found.txts, found.boxes, found.scores, strict=True):
        least = _SURE if len(text.strip()) >= _SHORT else _SURE_OF_SHORT
        if confidence >= least and any(letter.isalnum() for letter in text):
            points = tuple((float(x) / scale, float(y) / scale) for x, y in np.asarray(corners))
            lines.append(TextBox(text, points, float(confidence)))
    return lines


@lru_cache(maxsize=1)
def _load_engine(path: Path) -> "RapidOCR":
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "error",
            "Det.model_path": str(path),
            "Rec.model_path": str(model_path("ocr-read")),
            "Cls.model_path": str(model_path("ocr-turn")),
            "EngineConfig.onnxruntime.intra_op_num_threads": THREADS,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "EngineConfig.onnxruntime.enable_cpu_mem_arena": False,
        }
    )
