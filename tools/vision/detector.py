"""Things that a photo shows, by name: COCO-SSD, a single-shot detector of 80 kinds."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from editthinker.tools.images import Pixels
from editthinker.tools.models import model_path
from editthinker.tools.vision.masks import Box
from editthinker.tools.vision.sessions import has_models, load_once, start_session

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

    from editthinker.tools.vision.tfjs import Array

SURE = 0.4
"""Confidence from which a thing counts as there."""

_FAINT, _LIKELY = 0.15, 0.25
"""Confidence of a view that counts at all, and of one that is believed if another agrees."""

_TILE = 0.6
"""Share of the sides of a photo that are looked at more closely at a time."""

_SIDE = 300
"""Width and height of what the model sees."""

_OVERLAP = 0.5

_WEIGHTS = tuple(f"objects-{i}" for i in range(1, 6))

_START = "Preprocessor/map/TensorArrayStack/TensorArrayGatherV3"
_BOXES, _CLASSES = "concat", "concat_1"
_ANCHORS = "Postprocessor/ExpandDims"


@dataclass(frozen=True)
class Found:
    """One thing that the model recognised."""

    name: str
    box: Box
    confidence: float
    """In [0, 1]."""


def finds_objects() -> bool:
    """Whether things can be recognised here: the model was pulled, and onnx is installed."""
    return find_spec("onnx") is not None and has_models("objects", *_WEIGHTS)


def known_names() -> frozenset[str]:
    """Return the names that `find_objects` can give; empty where it finds nothing."""
    return frozenset(_names().values()) if finds_objects() else frozenset()


def find_objects(pixels: Pixels) -> list[Found] | None:
    """Return the things in `(H, W, 3) uint8` pixels, the surest first; None without the model."""
    return _without_doubles(_find(pixels, SURE)) if finds_objects() else None


def find_faint(pixels: Pixels, name: str) -> Found | None:
    """Return a thing of a name that `find_objects` misses: a small one, or one half hidden.

    It is looked for in parts of the photo, and believed where two views of it agree.
    """
    if not finds_objects():
        return None
    height, width = pixels.shape[:2]
    rows, columns = round(_TILE * height), round(_TILE * width)
    whole = _find(pixels, _FAINT)
    views = _named(whole, name)
    tops, lefts = (
        (0, (height - rows) // 2, height - rows),
        (0, (width - columns) // 2, width - columns),
    )
    for top, left in product(tops, lefts):
        part = np.ascontiguousarray(pixels[top : top + rows, left : left + columns])
        for thing in _named(_find(part, _FAINT), name):
            x0, y0, x1, y1 = thing.box
            box = (x0 + left, y0 + top, x1 + left, y1 + top)
            views.append(Found(name, box, thing.confidence))
    best = max(views, key=lambda view: view.confidence, default=None)
    if best is None or best.confidence < _LIKELY or best not in _named([best, *whole], name):
        return None
    others = [view for view in views if view is not best and _shared(view.box, best.box) > 0.3]
    return best if any(view.confidence > 0.8 * _LIKELY for view in others) else None


def find_boxes(pixels: Pixels, least: float) -> list[Box]:
    """Return where something is, the surest first, whatever it is; empty without the model."""
    kept: list[Box] = []
    for thing in _find(pixels, least) if finds_objects() else []:
        if all(_shared(thing.box, other) < _OVERLAP for other in kept):
            kept.append(thing.box)
    return kept


def looks_like(pixels: Pixels, names: frozenset[str], least: float) -> list[Found] | None:
    """Return what the model takes for one of some kinds with so much confidence at least."""
    if not finds_objects():
        return None
    return [thing for thing in _find(pixels, least) if thing.name in names]


def _named(seen: list[Found], name: str) -> list[Found]:
    """Return what has a name, but for what is more likely another thing."""
    return [
        thing
        for thing in seen
        if thing.name == name
        and not any(
            other.confidence > thing.confidence and _shared(other.box, thing.box) > _OVERLAP
            for other in seen
        )
    ]


def _find(pixels: Pixels, least: float) -> list[Found]:
    """Return what the model sees with at least so much confidence, the surest first."""
    model = load_once(_load, "objects")
    height, width = pixels.shape[:2]
    small = cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    image = np.ascontiguousarray(small.astype(np.float32).transpose(2, 0, 1)[None])
    codes, logits = model.session.run([_BOXES, _CLASSES], {_START: image})
    scores = 1 / (1 + np.exp(-logits[0]))
    boxes = _decoded(codes[0].reshape(-1, 4), model.anchors)
    limits = np.array([width, height, width, height])
    boxes = np.rint(np.clip(boxes, 0, 1) * limits).astype(int)
    found = []
    for number, name in _names().items():
        likely = np.nonzero(scores[:, number] >= least)[0]
        if not len(likely):
            continue
        sides = [(x0, y0, x1 - x0, y1 - y0) for x0, y0, x1, y1 in boxes[likely].tolist()]
        sure = scores[likely, number].tolist()
        for i in np.ravel(cv2.dnn.NMSBoxes(sides, sure, least, _OVERLAP)):
            x0, y0, x1, y1 = boxes[likely[int(i)]].tolist()
            if x1 > x0 and y1 > y0:
                found.append(Found(name, (x0, y0, x1, y1), sure[int(i)]))
    return sorted(found, key=lambda thing: -thing.confidence)


def _without_doubles(found: list[Found]) -> list[Found]:
    """Drop what is much larger than a surer thing of the same name that lies in it."""
    kept: list[Found] = []
    for thing in found:
        if not any(thing.name == other.name and _holds(thing.box, other.box) for other in kept):
            kept.append(thing)
    return kept


def _shared(one: Box, other: Box) -> float:
    """Return intersection over union."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    both = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return both / max(sum(areas) - both, 1)


def _holds(outer: Box, inner: Box) -> bool:
    width = min(outer[2], inner[2]) - max(outer[0], inner[0])
    height = min(outer[3], inner[3]) - max(outer[1], inner[1])
    area = (inner[2] - inner[0]) * (inner[3] - inner[1])
    return max(width, 0) * max(height, 0) > 0.8 * area


@lru_cache(maxsize=1)
def _names() -> dict[int, str]:
    text = (files("editthinker.tools.vision") / "coco.toml").read_text(encoding="utf-8")
    return {int(number): name for number, name in tomllib.loads(text).items()}


@dataclass(frozen=True)
class _Detector:
    session: "InferenceSession"
    anchors: "Array"
    """Top, left, bottom, right in [0, 1]."""


@lru_cache(maxsize=1)
def _load(path: Path) -> _Detector:
    from editthinker.tools.vision.tfjs import Graph, to_onnx

    shards = [model_path(name) for name in _WEIGHTS]
    weights = b"".join(shard.read_bytes() for shard in shards if shard)
    graph = Graph.read(path.read_bytes(), weights)
    model = to_onnx(graph, _START, [_BOXES, _CLASSES], _SIDE)
    return _Detector(start_session(model), graph.constants[_ANCHORS].reshape(-1, 4))


def _decoded(codes: "Array", anchors: "Array") -> "Array":
    """Return left, top, right, bottom in [0, 1] of boxes that are coded against anchors."""
    size = anchors[:, 2:] - anchors[:, :2]
    centre = anchors[:, :2] + size / 2 + codes[:, :2] / 10 * size
    half = np.exp(codes[:, 2:] / 5) * size / 2
    top_left, bottom_right = centre - half, centre + half
    return np.concatenate([top_left[:, ::-1], bottom_right[:, ::-1]], axis=1)
