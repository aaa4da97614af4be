"""Things in a photo that have a name: objects, faces, text."""

from typing import Literal, NamedTuple

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
from editthinker.tools.editors.darkroom.colours import colour_mask, lab_of
from editthinker.tools.editors.darkroom.kinds import belongs, find_kind, is_part
from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab
from editthinker.tools.editors.darkroom.likeness import whole_thing
from editthinker.tools.editors.darkroom.looks import THING, TRIFLE, look_of
from editthinker.tools.editors.darkroom.main_thing import ANIMALS, MainThing, is_animal
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
)
from editthinker.tools.vision.faces import find_faces
from editthinker.tools.vision.likely_faces import guess_faces
from editthinker.tools.vision.masks import Box, Part, common, part_of
from editthinker.tools.vision.proposals import propose, shared
from editthinker.tools.vision.reader import can_read, read_text
from editthinker.tools.vision.segmenter import LOW, outlines_with_model, segment

_PULL = "`editthinker models pull`"

_SURE_REACH, _UNSURE_REACH = 0.3, 1.0
"""Share of its sides by which a thing may reach beyond its box; a faint view shows a part of it."""

_KNOWN = 0.8
"""Confidence from which a thing is what the model calls it, and no other."""

_LOOK_FIRST = frozenset({"tree", "bush", "shrub", "hedge", "water"})
"""Names whose colour says less than their look."""

_CUPS = frozenset({"cup", "bowl", "wine glass", "vase", "bottle"})
_IN_CUPS = frozenset({"handle", "coffee", "tea", "drink", "espresso"})

_COLOURED, _TINGED, _NEAR = 0.2, 0.04, 50.0
"""Share of a thing that has the colour by which it is named; for the only one with some of it; and
how far off, in CIELAB, the colour of the nearest may be."""

_SPREAD = 8
"""Things of a kind from which a photo shows a spread of them."""

_MISTAKEN, _LARGE, _SURE_OF_LARGE = frozenset({"boat", "refrigerator", "tv"}), 0.1, 0.75
"""Kinds that buildings and walls are taken for, where they are large and not sure."""


class Named(NamedTuple):
    """Things that go by a name."""

    parts: list[Part]
    note: str = ""
    """A sentence about what was guessed; empty where there was no doubt."""
    by: Literal["name", "look", "signs", "guess"] = "name"
    """Why they are taken: a model knows them or a rule finds them, they look so, the main thing in
    the photo has signs of it, or nothing speaks for it but that it is there."""


def find_named(pixels: Pixels, name: str, colour: str = "", place: Place = "") -> Named:
    """Return the things that go by a name.

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
    name = _head(name)
    if found is not None and belongs(name, "people"):
        return Named(*_recognised(pixels, "person", colour, found))
    if found is not None and name in known_names():
        try:
            return Named(*_recognised(pixels, name, colour, found))
        except EditRefusedError:
            if (kind := find_kind(pixels, name)) and kind[0]:
                return Named(_coloured(pixels, kind[0], colour), kind[1])
            raise
    main = MainThing.of(pixels, found or [])
    if belongs(name, "animals") and (parts := _other_animals(pixels, found or [], colour)):
        return Named(parts, f"Took the animal in the photo for the {name}.", "signs")
    if name in _LOOK_FIRST and (alike := _alike(pixels, name, colour, main, place)):
        return alike
    for look in (_on_something, find_kind):
        kind = look(pixels, name)
        if kind is not None and (parts := _coloured(pixels, kind[0], colour)):
            return Named(parts, kind[1])
    if kind is not None and colour and len(kind[0]) == 1 and belongs(name, "clothes", "hats"):
        return Named(kind[0], f"{kind[1]} It is not quite {colour}.")
    about = belongs(name, "buildings") and not place and not main.name and main.mask is not None
    if not about and (alike := _alike(pixels, name, colour, main, place)):
        return alike
    if colour and (near := _alike(pixels, name, "", main, place)) and len(near.parts) == 1:
        note = f"Took the only thing that looks like a {name}; it is not quite {colour}."
        return Named(near.parts, note, "look")
    unknown = f"Cannot recognise a {name};"
    if kind is None and not main.name and (parts := _spread(pixels, colour)):
        return Named(parts, f"{unknown} took what lies spread over the photo.", "guess")
    if colour and (parts := coloured_things(pixels, colour)):
        return Named(parts, f"{unknown} went by the colour {colour}.", "guess")
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
        note = f"Took the main thing in the photo for the {name}."
        return Named([part_of(rest)], note, "signs")
    return Named([part_of(rest)], f"{unknown} took the main thing in the photo.", "guess")


def _head(name: str) -> str:
    """Return the last word of a name if only that word says anything here: "mission patch"."""
    head = name.split()[-1]

    def is_known(each: str) -> bool:
        return each in known_names() or look_of(each) is not None or belongs(each)

    return head if is_known(head) and not is_known(name) else name


def _alike(pixels: Pixels, name: str, colour: str, main: MainThing, place: Place) -> Named | None:
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
        return Named(found, note, "look")
    note += f" There are {len(found)} such things; say which, by its place."
    return Named(found[:1], note, "look")


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
    if people or not subject.clear or not is_animal(pixels, subject.mask):
        return None
    find_part = find_animal_eyes if name == "eye" else find_animal_nose
    return find_part(pixels, subject.mask), ""


def _spread(pixels: Pixels, colour: str) -> list[Part]:
    """Return things that lie spread over a photo, but for letters."""
    parts = find_whole_spread(pixels)
    if len(parts) < _SPREAD:
        return []
    if not can_read():
        return _coloured(pixels, parts, colour)
    lines = [text_mask(pixels.shape[:2], line.corners) for line in read_text(pixels) or []]
    text = np.max([np.zeros(pixels.shape[:2], np.float32), *lines], axis=0)
    letters = [part for part in parts if float((text * part.mask).sum()) > 0.5 * part.area]
    return [] if len(letters) > 0.5 * len(parts) else _coloured(pixels, parts, colour)


def _other_animals(pixels: Pixels, found: list[Found], colour: str) -> list[Part]:
    """Return the animals of a photo whose kind the detector does not know, and takes for others."""
    boxes: list[Box] = []  # one animal may be taken for a cat and for a dog
    for thing in found:
        if thing.name in ANIMALS and all(
            common(thing.box, box) < 0.7 * common(box, box) for box in boxes
        ):
            boxes.append(thing.box)
    masks = [whole_thing(pixels, box, _SURE_REACH) for box in boxes]
    return _coloured(pixels, [part_of(mask) for mask in masks if mask.max() > 0.5], colour)


def _recognised(
    pixels: Pixels, name: str, colour: str, found: list[Found]
) -> tuple[list[Part], str]:
    size = pixels.shape[0] * pixels.shape[1]
    named, note = [thing for thing in found if thing.name == name], ""
    if name in _MISTAKEN:
        named = [
            thing
            for thing in named
            if thing.confidence > _SURE_OF_LARGE or common(thing.box, thing.box) < _LARGE * size
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
    """Keep the parts that have a colour, where one is named.

    Of several, the only one that is near to it has it: a man in a red shirt, a coat that is beige
    in the shade.
    """
    if not colour:
        return parts
    lab = to_lab(floats(pixels / np.float32(255)))
    mask = colour_mask(lab, colour)
    shares = [float((mask * part.mask).sum()) / part.area for part in parts]
    kept = [part for part, share in zip(parts, shares, strict=True) if share > _COLOURED]
    if kept or len(parts) < 2:
        return kept
    first, second = sorted(shares, reverse=True)[:2]
    if first > _TINGED and first > 3 * second:
        return [parts[shares.index(first)]]
    goal = lab_of(colour)
    off = [float(np.linalg.norm(np.median(lab[part.mask > 0.5], 0) - goal)) for part in parts]
    first, second = sorted(off)[:2]
    return [parts[off.index(first)]] if first < _NEAR and first < 0.7 * second else []


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
