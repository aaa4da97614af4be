"""Somebody, or an animal, that a photo is surely about, as a detector and faces tell."""

from math import dist
from typing import NamedTuple

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.lab import Floats
from editthinker.tools.images import Pixels
from editthinker.tools.vision.detector import Found, find_objects
from editthinker.tools.vision.faces import find_features
from editthinker.tools.vision.masks import Box

_ALIVE = frozenset({"person", "cat", "dog", "horse", "bird", "sheep", "cow", "bear"})
"""Kinds that a photo is about when they fill much of it."""

_SURE, _SURE_WITH_FACE = 0.7, 0.5
"""Confidence from which it is what the detector says; a face in the box says so, too."""

_LARGE, _FILLING = 0.4, 0.75
"""Shares of the photo of the box of a main thing, and of one that leaves no background."""

_BESIDE, _ABOVE = 0.8, 0.9
"""How far hair and hats reach beyond a face, in its widths and heights."""

_CORE = 0.4
"""Share of the sides of a box that its thing fills for sure."""


class Alive(NamedTuple):
    """Where it is, `(H, W)` of 0 or 1."""

    core: Floats
    """The middle of it."""
    box: Floats
    """All that it may take up; a person's head leaves room at both sides."""


def find_alive(small: Pixels, faces: list[Box]) -> Alive | None:
    """Look for the main thing of a small photo, `(H, W, 3) uint8`, with the faces in it."""
    height, width = small.shape[:2]
    for thing in find_objects(small) or []:
        left, top, right, bottom = thing.box
        own = [face for face in faces if _is_head(face, thing)]
        least = _SURE_WITH_FACE if own else _SURE
        share = (right - left) * (bottom - top) / (height * width)
        if thing.name not in _ALIVE or thing.confidence <= least or share <= _LARGE:
            continue
        core, box = (np.zeros((height, width), np.float32) for _ in range(2))
        middle = ((left + right) / 2, (top + bottom) / 2)
        cv2.ellipse(core, (middle, (_CORE * (right - left), _CORE * (bottom - top)), 0), 1, -1)
        box[max(0, int(top)) : int(bottom), max(0, int(left)) : int(right)] = 1
        if len(own) == 1 and share > _FILLING:
            _part_from_head(box, own[0])
        return Alive(core, box)
    return None


def find_smiles(small: Pixels) -> tuple[Floats, Floats] | None:
    """Return where teeth show, and the mouths, `(H, W)` of 0 or 1; None where no face is seen.

    What is brightest in a mouth are the teeth.
    """
    faces = find_features(small) or []
    if not faces:
        return None
    teeth, mouths = (np.zeros(small.shape[:2], np.float32) for _ in range(2))
    light = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    for face in faces:
        apart = max(dist(*face.eyes), 4.0)
        mouth = np.zeros(small.shape[:2], np.float32)
        cv2.ellipse(mouths, (face.mouth, (0.9 * apart, 0.52 * apart), 0), 1, -1)
        cv2.ellipse(mouth, (face.mouth, (0.6 * apart, 0.36 * apart), 0), 1, -1)
        inside = mouth > 0
        if inside.any():
            teeth[inside & (light >= np.percentile(light[inside], 80))] = 1
    return teeth, mouths


def _is_head(face: Box, thing: Found) -> bool:
    """Whether a face lies in the upper part of a person's box."""
    x, y = (face[0] + face[2]) / 2, (face[1] + face[3]) / 2
    left, top, right, bottom = thing.box
    return thing.name == "person" and left < x < right and top < y < (top + bottom) / 2


def _part_from_head(box: Floats, face: Box) -> None:
    """Clear what lies beside the head of somebody whose box fills the photo, and above it."""
    left, top, right, bottom = (int(edge) for edge in face)
    across, down = right - left, bottom - top
    first, last = left - round(_BESIDE * across), right + round(_BESIDE * across)
    box[:bottom, : max(0, first)] = 0
    box[:bottom, max(0, last) :] = 0
    box[: max(0, top - round(_ABOVE * down))] = 0
