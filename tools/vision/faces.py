"""Faces in a photo, found by BlazeFace, which OpenCV runs by itself."""

from functools import lru_cache
from itertools import product
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.tools.images import Pixels
from editthinker.tools.models import model_path
from editthinker.tools.vision.masks import Box
from editthinker.tools.vision.sessions import load_once

_SIDE = 256
"""Width and height of what the model sees."""

_GRIDS = ((16, 2), (32, 6))
"""Pixels between anchors, and how many lie on each point; the finer grid first."""

_POINTS = (4, 6, 8, 10)
"""Where eyes, nose and mouth stand in what the model says of a face."""

_SURE = 0.75
_OVERLAP = 0.3

_RUNNING = Lock()


Point = tuple[float, float]


class Face(NamedTuple):
    """One face, and where its features are, in pixels."""

    box: Box
    confidence: float
    eyes: tuple[Point, Point]
    nose: Point
    mouth: Point

    def shifted(self, left: int, top: int) -> "Face":
        """Return the face in a picture of which this one's is a part."""
        x0, y0, x1, y1 = self.box
        points = [(x + left, y + top) for x, y in (*self.eyes, self.nose, self.mouth)]
        box = (x0 + left, y0 + top, x1 + left, y1 + top)
        return Face(box, self.confidence, (points[0], points[1]), points[2], points[3])


def finds_faces() -> bool:
    """Whether the model was pulled."""
    return model_path("faces") is not None


def find_faces(pixels: Pixels) -> list[tuple[Box, float]] | None:
    """Return faces in `(H, W, 3) uint8` pixels, from chin to forehead, with their confidence.

    The surest comes first; None where the model was not pulled. Small faces are looked for in the
    quarters of the photo, when the whole shows none.
    """
    faces = find_features(pixels)
    return None if faces is None else [(face.box, face.confidence) for face in faces]


def find_features(pixels: Pixels) -> list[Face] | None:
    """Return faces as `find_faces` does, with their eyes, nose and mouth."""
    if not finds_faces():
        return None
    height, width = pixels.shape[:2]
    whole = _faces(pixels, 0, 0)
    if not whole:
        side = round(0.6 * max(height, width))
        lefts = {0, max(0, width - side)} | {max(0, (width - side) // 2)}
        tops = {0, max(0, height - side)}
        for left, top in product(sorted(lefts), sorted(tops)):
            whole += _faces(pixels[top : top + side, left : left + side], left, top)
    return _distinct(whole)


def _faces(pixels: Pixels, left: int, top: int) -> list[Face]:
    height, width = pixels.shape[:2]
    side = max(height, width)
    square = np.zeros((side, side, 3), np.uint8)
    square[:height, :width] = pixels
    small = cv2.resize(square, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    image = (small.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None]
    net = load_once(_load_net, "faces")
    with _RUNNING:
        net.setInput(np.ascontiguousarray(image))
        places, logits = net.forward(["regressors", "classificators"])
    places = np.asarray(places, np.float32).reshape(-1, 16)
    scores = 1 / (1 + np.exp(-np.clip(np.asarray(logits, np.float32).ravel(), -80, 80)))
    found = []
    for i in np.nonzero(scores > _SURE)[0]:
        centre = _anchors()[i] + places[i, :2] / _SIDE
        half = places[i, 2:4] / _SIDE / 2
        # The model marks eyes to mouth; a face reaches from chin to hairline.
        half, centre = half * (1.0, 1.25), centre - (0, 0.12 * half[1])
        box = np.concatenate([centre - half, centre + half]) * side
        limits = np.array([width, height, width, height])
        x0, y0, x1, y1 = (round(float(v)) for v in np.clip(box, 0, limits))
        if x1 > x0 and y1 > y0:
            points = [
                tuple((_anchors()[i] + places[i, at : at + 2] / _SIDE) * side) for at in _POINTS
            ]
            one, other, nose, mouth = ((float(x), float(y)) for x, y in points)
            face = Face((x0, y0, x1, y1), float(scores[i]), (one, other), nose, mouth)
            found.append(face.shifted(left, top))
    return found


def _distinct(faces: list[Face]) -> list[Face]:
    """Keep the surest of the boxes that lie over each other."""
    if not faces:
        return []
    boxes = [(x0, y0, x1 - x0, y1 - y0) for x0, y0, x1, y1 in (face.box for face in faces)]
    kept = cv2.dnn.NMSBoxes(boxes, [face.confidence for face in faces], _SURE, _OVERLAP)
    return [faces[int(i)] for i in np.ravel(kept)]


@lru_cache(maxsize=1)
def _anchors() -> NDArray[np.float32]:
    """Return the centres of the model's anchors, x and y in [0, 1]."""
    centres = []
    for step, count in _GRIDS:
        steps = _SIDE // step
        for y, x in product(range(steps), range(steps)):
            centres += [((x + 0.5) / steps, (y + 0.5) / steps)] * count
    return np.array(centres, np.float32)


@lru_cache(maxsize=1)
def _load_net(path: Path) -> cv2.dnn.Net:
    # OpenCV 5's new engine loses one of the two outputs; OpenCV 4 has only the classic one.
    engine = [cv2.dnn.ENGINE_CLASSIC] if hasattr(cv2.dnn, "ENGINE_CLASSIC") else []
    return cv2.dnn.readNetFromTFLite(str(path), *engine)
