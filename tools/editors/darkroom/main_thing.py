"""The main thing of a photo, and whether it may go by a name."""

from dataclasses import dataclass

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.kinds import belongs
from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab
from editthinker.tools.editors.darkroom.looks import look_of
from editthinker.tools.editors.darkroom.region import find_subject
from editthinker.tools.editors.darkroom.seeking import looks_so
from editthinker.tools.editors.darkroom.subject import SETTINGS
from editthinker.tools.images import Pixels
from editthinker.tools.vision.detector import Found, looks_like
from editthinker.tools.vision.masks import Box, common, part_of
from editthinker.tools.vision.segmenter import outlines_with_model

_RELIABLE = frozenset({"person", "cat", "dog", "horse", "bird", "car"})
"""Kinds that the detector seldom takes other things for."""

ANIMALS = frozenset(
    {"bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe"}
    | {"teddy bear"}
)
"""Kinds that the detector knows, and takes other animals for."""

_FAINT = 0.1
"""Confidence of any animal from which the main thing may be one that the model does not know."""

_ROUND, _BRIGHT, _LEAFY = 0.6, 20.0, (100.0, 240.0)
"""Share of its circle that a flower fills, its chroma, and hues that leaves have, in degrees."""


@dataclass(frozen=True)
class MainThing:
    """The main thing of a photo."""

    mask: Floats | None
    name: str
    """What a model calls it; empty where none knows it."""
    known: tuple[Box, ...] = ()
    """Where things are that a model knows."""

    @classmethod
    def of(cls, pixels: Pixels, found: list[Found]) -> "MainThing":
        """Find it, and what the models call it."""
        subject = find_subject(pixels)
        known = tuple(thing.box for thing in found if thing.name not in SETTINGS)
        name = (_main_thing(found, subject.mask) or "") if subject.clear else ""
        name = name or next(iter(_main_kinds(found)), "")
        return cls(subject.mask if subject.clear else None, name, known)

    def can_be(self, pixels: Pixels, name: str) -> bool:
        """Whether it may go by a name: not where it looks like something else."""
        if self.mask is None:
            return False
        if belongs(name, "animals") and not is_animal(pixels, self.mask):
            return False
        look = look_of(name)
        return look is None or not outlines_with_model() or looks_so(pixels, self.mask, look)

    def seems(self, pixels: Pixels, name: str) -> bool:
        """Whether there are signs that it goes by a name, where it can."""
        if self.mask is None or not outlines_with_model():
            return False
        if belongs(name, "animals"):
            return bool(looks_like(pixels, ANIMALS, _FAINT))
        if belongs(name, "flowers"):
            return is_flower(pixels, self.mask)
        return look_of(name) is not None


def is_animal(pixels: Pixels, mask: Floats) -> bool:
    """Whether a thing may be an animal: the detector takes it for some animal, if faintly."""
    seen = looks_like(pixels, ANIMALS, _FAINT)
    box = part_of(mask).box
    size = common(box, box)
    return seen is None or any(common(thing.box, box) > 0.3 * size for thing in seen)


def is_flower(pixels: Pixels, mask: Floats) -> bool:
    """Whether a thing is round, and of a colour that leaves have not."""
    shape, _ = cv2.findContours((mask > 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, 2)
    largest = max(shape, key=cv2.contourArea)
    round_ = cv2.contourArea(largest) / max(cv2.minEnclosingCircle(largest)[1] ** 2 * np.pi, 1)
    own = to_lab(floats(pixels / np.float32(255)))[mask > 0.5]
    a, b = np.median(own[:, 1:], axis=0)
    hue = float(np.degrees(np.arctan2(b, a)) % 360)
    return round_ > _ROUND and float(np.hypot(a, b)) > _BRIGHT and not _LEAFY[0] < hue < _LEAFY[1]


def _main_kinds(found: list[Found]) -> list[str]:
    """Return the names of what a photo shows for sure, and may be about."""
    return [thing.name for thing in found if thing.name in _RELIABLE]


def _main_thing(found: list[Found], subject: Floats) -> str | None:
    """Return the name of what covers most of the subject, if a model knows it."""
    for thing in found:
        left, top, right, bottom = thing.box
        inside = float(subject[top:bottom, left:right].sum() / max(subject.sum(), 1))
        least = 0.5 if thing.name in _RELIABLE else 0.7
        if thing.confidence > least and inside > 0.6:
            return thing.name
    return None
