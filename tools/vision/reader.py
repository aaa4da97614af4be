"""The text in a photo, read by rapidocr with the pack's models."""

from dataclasses import dataclass
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

_SURE, _SHORT, _SURE_OF_SHORT = 0.5, 6, 0.85
"""Confidence below which a line is not believed; windows and ornaments read as a short one."""

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


@lru_cache(maxsize=4)
def _read(shape: tuple[int, ...], content: bytes) -> tuple[TextBox, ...]:
    """Read a picture once, though several ask: reading takes seconds."""
    pixels = np.frombuffer(content, np.uint8).reshape(shape)
    height, width = pixels.shape[:2]
    scale = max(1.0, _LEAST_SIDE / max(height, width))
    flat = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    if scale > 1:
        flat = cv2.resize(flat, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    engine = load_once(_load_engine, "ocr-find")
    with _READING:  # it keeps its last picture in itself
        found = engine(flat)
    if found.boxes is None:
        return ()
    lines = []
    for text, corners, confidence in zip(found.txts, found.boxes, found.scores, strict=True):
        least = _SURE if len(text.strip()) >= _SHORT else _SURE_OF_SHORT
        if confidence >= least and any(letter.isalnum() for letter in text):
            points = tuple((float(x) / scale, float(y) / scale) for x, y in np.asarray(corners))
            lines.append(TextBox(text, points, float(confidence)))
    return tuple(sorted(lines, key=lambda line: min(y for _, y in line.corners)))


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
