"""Things in a photo that have a name: objects, faces, text."""

from dataclasses import dataclass

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.anatomy import (
    find_animal_eyes,
    find_animal_nose,
    find_drink,
    find_handle,
    with_handle,
)
from editthinker.tools.editors.darkroom.colour_things import coloured_things
from editthinker.tools.editors.darkroom.colours import colour_mask
from editthinker.tools.editors.darkroom.kinds import belongs, find_kind, is_part
from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab
from editthinker.tools.editors.darkroom.likeness import whole_thing
from editthinker.tools.editors.darkroom.looks import THING, TRIFLE, look_of
from editthinker.tools.editors.darkroom.region import find_subject
from editthinker.tools.editors.darkroom.seeking import find_looking, looks_so
from editthinker.tools.editors.darkroom.spread import find_whole_spread
from editthinker.tools.editors.darkroom.subject import SETTINGS
from editthinker.tools.editors.darkroom.target import SIDES, Place
from editthinker.tools.editors.darkroom.written import text_mask
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.images import Pixels
from editthinker.tools.vision.detector import (
    Found,
    find_faint,
    find_objects,
    known_names,
    looks_like,
)
from editthinker.tools.vision.faces import find_faces
from editthinker.tools.vision.likely_faces import guess_faces
from editthinker.tools.vision.masks import Box, Part, part_of
from editthinker.tools.vision.proposals import propose, shared
from editthinker.tools.vision.reader import can_read, read_text
from editthinker.tools.vision.segmenter import LOW, outlines_with_model, segment

_PULL = "`editthinker models pull`"

_RELIABLE = frozenset({"person", "cat", "dog", "horse", "bird", "car"})
"""Kinds that the detector seldom takes other things for."""

_SURE_REACH, _UNSURE_REACH = 0.3, 1.0
"""Share of its sides by which a thing may reach beyond its box; a faint view shows a part of it."""

_KNOWN = 0.8
"""Confidence from which a thing is what the model calls it, and no other."""

_LOOK_FIRST = frozenset({"tree", "bush", "shrub", "hedge", "water"})
"""Names whose colour says less than their look."""

_CUPS = frozenset({"cup", "bowl", "wine glass", "vase", "bottle"})
_IN_CUPS = frozenset({"handle", "coffee", "tea", "drink", "espresso"})

_ANIMALS = frozenset(
    {"bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe"}
    | {"teddy bear"}
)
_FAINT = 0.1
"""Confidence of any animal from which the main thing may be one that the model does not know."""

_ROUND, _BRIGHT, _LEAFY = 0.6, 20.0, (100.0, 240.0)
"""Share of its circle that a flower fills, its chroma, and hues that leaves have, in degrees."""

_MISTAKEN, _LARGE, _SURE_OF_LARGE = frozenset({"boat", "refrigerator", "tv"}), 0.1, 0.75
"""Kinds that buildings and walls are taken for, where they are large and not sure."""


def find_named(
    pixels: Pixels, name: str, colour: str = "", place: Place = ""
) -> tuple[list[Part], str]:
    """Return the things that go by a name, and a sentence about what was guessed.

    A name that no model here knows means what looks like such a thing, or else the subject.

    Args:
        pixels: The photo.
        name: What they are called.
        colour: A colour that they have; empty for any.
        place: Which of several is meant.

    Raises:
        EditRefusedError: if there is no such thing.
    """
    found = find_objects(pixels)
    if found is not None and belongs(name, "people"):
        return _recognised(pixels, "person", colour, found)
    if found is not None and name in known_names():
        try:
            return _recognised(pixels, name, colour, found)
        except EditRefusedError:
            if (kind := find_kind(pixels, name)) and kind[0]:
                return _coloured(pixels, kind[0], colour), kind[1]
            raise
    main = _Main.of(pixels, found or [])
    if name in _LOOK_FIRST and (alike := _alike(pixels, name, colour, main, place)):
        return alike
    for look in (_on_something, find_kind):
        kind = look(pixels, name)
        if kind is not None and (parts := _coloured(pixels, kind[0], colour)):
            return parts, kind[1]
    if kind is not None and colour and len(kind[0]) == 1 and belongs(name, "clothes", "hats"):
        return kind[0], f"{kind[1]} It is not quite {colour}."
    about = belongs(name, "buildings") and not place and not main.name and main.mask is not None
    if not about and (alike := _alike(pixels, name, colour, main, place)):
        return alike
    if colour and (near := _alike(pixels, name, "", main, place)) and len(near[0]) == 1:
        return near[0], f"Took the only thing that looks like a {name}; it is not quite {colour}."
    if colour and (parts := coloured_things(pixels, colour)):
        return parts, f"Cannot recognise a {name}; went by the colour {colour}."
    if kind is None and not main.name and (parts := _spread(pixels, colour)):
        return parts, f"Cannot recognise a {name}; took what lies spread over the photo."
    if main.mask is None or kind is not None or is_part(name):
        raise EditRefusedError(
            f"cannot find the {name} in this photo; mark it with --box or --mask, or name its "
            "colour"
        )
    if main.name:
        raise EditRefusedError(
            f"cannot recognise a {name} in this photo, whose main thing is a {main.name}"
        )
    if not main.can_be(pixels, name):
        raise EditRefusedError(
            f"nothing in this photo looks like a {name}; mark it with --box or --mask"
        )
    rest = _without_known(pixels, main.mask, found or [])
    if main.seems(pixels, name) or (rest is not main.mask and belongs(name, "stands")):
        return [part_of(rest)], f"Took the main thing in the photo for the {name}."
    return [part_of(rest)], f"Cannot recognise a {name}; took the main thing in the photo."


@dataclass(frozen=True)
class _Main:
    """The main thing of a photo."""

    mask: Floats | None
    name: str
    """What a model calls it; empty where none knows it."""
    known: tuple[Box, ...] = ()
    """Where things are that a model knows."""

    @classmethod
    def of(cls, pixels: Pixels, found: list[Found]) -> "_Main":
        subject = find_subject(pixels)
        known = tuple(thing.box for thing in found if thing.name not in SETTINGS)
        name = (_main_thing(found, subject.mask) or "") if subject.clear else ""
        name = name or next(iter(_main_kinds(found)), "")
        return cls(subject.mask if subject.clear else None, name, known)

    def can_be(self, pixels: Pixels, name: str) -> bool:
        """Whether it may go by a name: not where it looks like something else."""
        if self.mask is None:
            return False
        if belongs(name, "animals") and not _is_animal(pixels, self.mask):
            return False
        look = look_of(name)
        return look is None or not outlines_with_model() or looks_so(pixels, self.mask, look)

    def seems(self, pixels: Pixels, name: str) -> bool:
        """Whether there are signs that it goes by a name, where it can."""
        if self.mask is None or not outlines_with_model():
            return False
        if belongs(name, "animals"):
            return bool(looks_like(pixels, _ANIMALS, _FAINT))
        if belongs(name, "flowers"):
            return _is_flower(pixels, self.mask)
        return look_of(name) is not None


def _alike(
    pixels: Pixels, name: str, colour: str, main: _Main, place: Place
) -> tuple[list[Part], str] | None:
    """Return what looks like things of a name, or of a name that nothing is known of."""
    look = look_of(name)
    if look is None and place in SIDES and (main.name or is_part(name)):
        look = TRIFLE if is_part(name) else THING
    if look is None:
        return None
    first = not place and not colour and not main.name
    if main.mask is not None and first and looks_so(pixels, main.mask, look):
        return None  # the main thing may be one, and comes first
    found = find_looking(pixels, look, main.mask, colour, main.known, place)
    if not found:
        return None
    note = f"Took what looks like a {name}; nothing here knows one for sure."
    if place or len(found) == 1:
        return found, note
    return found[:1], f"{note} There are {len(found)} such things; say which, by its place."


def _is_animal(pixels: Pixels, mask: Floats) -> bool:
    """Whether a thing may be an animal: the detector takes it for some animal, if faintly."""
    seen = looks_like(pixels, _ANIMALS, _FAINT)
    box = part_of(mask).box
    size = _common(box, box)
    return seen is None or any(_common(thing.box, box) > 0.3 * size for thing in seen)


def _is_flower(pixels: Pixels, mask: Floats) -> bool:
    """Whether a thing is round, and of a colour that leaves have not."""
    shape, _ = cv2.findContours((mask > 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, 2)
    largest = max(shape, key=cv2.contourArea)
    round_ = cv2.contourArea(largest) / max(cv2.minEnclosingCircle(largest)[1] ** 2 * np.pi, 1)
    own = to_lab(floats(pixels / np.float32(255)))[mask > 0.5]
    a, b = np.median(own[:, 1:], axis=0)
    hue = float(np.degrees(np.arctan2(b, a)) % 360)
    return round_ > _ROUND and float(np.hypot(a, b)) > _BRIGHT and not _LEAFY[0] < hue < _LEAFY[1]


def _common(one: Box, other: Box) -> int:
    """Return the pixels that two boxes share."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    return max(wide, 0) * max(min(one[3], other[3]) - max(one[1], other[1]), 0)


def _on_something(pixels: Pixels, name: str) -> tuple[list[Part], str] | None:
    """Return parts of an animal or a cup; None for other names."""
    found = find_objects(pixels) or []
    if name in _IN_CUPS:
        cups = [thing for thing in found if thing.name in _CUPS]
        find = find_handle if name == "handle" else find_drink
        parts = [
            part
            for cup in cups[:2]
            for part in find(pixels, part_of(whole_thing(pixels, cup.box, _SURE_REACH)))
        ]
        return parts, f"Took what lies on the cup for the {name}."
    if name not in ("eye", "nose") or not outlines_with_model():
        return None
    people = [thing for thing in found if thing.name == "person"]
    subject = find_subject(pixels)
    if people or not subject.clear or not _is_animal(pixels, subject.mask):
        return None
    find_part = find_animal_eyes if name == "eye" else find_animal_nose
    return find_part(pixels, subject.mask), ""


def _spread(pixels: Pixels, colour: str) -> list[Part]:
    """Return things that lie spread over a photo, but for letters."""
    parts = _coloured(pixels, find_whole_spread(pixels), colour)
    if len(parts) < 8 or not can_read():
        return parts
    lines = [text_mask(pixels.shape[:2], line.corners) for line in read_text(pixels) or []]
    if not lines:
        return parts
    text = np.max(lines, axis=0)
    letters = [part for part in parts if float((text * part.mask).sum()) > 0.5 * part.area]
    return [] if len(letters) > 0.5 * len(parts) else parts


def _recognised(
    pixels: Pixels, name: str, colour: str, found: list[Found]
) -> tuple[list[Part], str]:
    size = pixels.shape[0] * pixels.shape[1]
    named, note = [thing for thing in found if thing.name == name], ""
    if name in _MISTAKEN:
        named = [
            thing
            for thing in named
            if thing.confidence > _SURE_OF_LARGE or _common(thing.box, thing.box) < _LARGE * size
        ]
        found = [thing for thing in found if thing.name not in _MISTAKEN]
    if not named and name not in _MISTAKEN and (faint := find_faint(pixels, name)):
        named, note = [faint], f"Not sure that it is a {name}: {faint.confidence:.0%}."
    reach = _UNSURE_REACH if note else _SURE_REACH
    masks = [whole_thing(pixels, thing.box, reach) for thing in named]
    if name == "cup" and outlines_with_model():
        masks = [with_handle(pixels, mask) if mask.max() > 0.5 else mask for mask in masks]
    parts = _coloured(pixels, [part_of(mask) for mask in masks if mask.max() > 0.5], colour)
    if not parts:
        others = sorted({thing.name for thing in found})
        shown = f"; it shows {', '.join(others)}" if others else ""
        raise EditRefusedError(
            f"there is no {colour} {name} in this photo{shown}".replace("  ", " ")
        )
    return parts, note


def _coloured(pixels: Pixels, parts: list[Part], colour: str) -> list[Part]:
    """Keep the parts that have a colour, where one is named."""
    if not colour:
        return parts
    mask = colour_mask(to_lab(floats(pixels / np.float32(255))), colour)
    return [part for part in parts if float((mask * part.mask).sum()) > 0.2 * part.area]


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


def _without_known(pixels: Pixels, subject: Floats, found: list[Found]) -> Floats:
    """Leave out of the subject what a model knows by another name: the cup on the saucer."""
    rest = subject
    for thing in found:
        if thing.confidence > _KNOWN and thing.name not in SETTINGS:
            rest = floats(rest * (1 - segment(pixels, box=thing.box).mask))
    if rest.sum() <= 0.2 * subject.sum() or rest.max() <= 0.5:
        return subject
    # What else lies on it is left out by SAM 2.
    near = [one for one in propose(pixels) if one.score > 0.85 and rest is not subject]
    small = np.asarray(cv2.resize(rest, (LOW, LOW), interpolation=cv2.INTER_AREA) > 0.5)
    best = max(near, key=lambda one: shared(one.low, small), default=None)
    alike = best is not None and shared(best.low, small) > 0.6
    return best.part(pixels).mask if best is not None and alike else rest


def find_face(pixels: Pixels) -> tuple[list[Part], str]:
    """Return the faces, and a sentence about what was guessed.

    Raises:
        EditRefusedError: if there is none.
    """
    faces = find_faces(pixels)
    if faces == []:
        raise EditRefusedError("there is no face to be seen in this photo")
    boxes = guess_faces(pixels) if faces is None else [box for box, _ in faces]
    if not boxes:
        raise EditRefusedError(
            f"nothing in this photo is surely a face; {_PULL} gets what finds the others"
        )
    note = "" if faces else f"Guessed a face by skin and eyes; {_PULL} makes it sure."
    return [part_of(_oval(pixels.shape[:2], box)) for box in boxes], note


def _oval(shape: tuple[int, ...], box: Box) -> Floats:
    left, top, right, bottom = box
    x = (np.arange(shape[1], dtype=np.float32) - (left + right) / 2) / max((right - left) / 2, 1)
    y = (np.arange(shape[0], dtype=np.float32) - (top + bottom) / 2) / max((bottom - top) / 2, 1)
    return floats(np.interp(np.hypot(x[None, :], y[:, None]), [0.92, 1.08], [1, 0]))
