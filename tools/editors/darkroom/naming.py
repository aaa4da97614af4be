"""Things in a photo that have a name: objects, faces, text."""

import difflib

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.colour_things import coloured_things
from editthinker.tools.editors.darkroom.colours import colour_mask
from editthinker.tools.editors.darkroom.kinds import PARTS, find_kind
from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab
from editthinker.tools.editors.darkroom.likeness import whole_thing
from editthinker.tools.editors.darkroom.region import find_subject
from editthinker.tools.editors.darkroom.spread import find_spread
from editthinker.tools.editors.darkroom.subject import SETTINGS
from editthinker.tools.editors.darkroom.typeface import font
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.images import Pixels
from editthinker.tools.vision.detector import Found, find_faint, find_objects, known_names
from editthinker.tools.vision.faces import find_faces
from editthinker.tools.vision.likely_faces import guess_faces
from editthinker.tools.vision.masks import Box, Part, part_of
from editthinker.tools.vision.reader import TextBox, read_text
from editthinker.tools.vision.segmenter import segment
from editthinker.tools.vision.writing import Corners, guess_lines

_PULL = "`editthinker models pull`"

_RELIABLE = frozenset({"person", "cat", "dog", "horse", "bird", "car"})
"""Kinds that the detector seldom takes other things for."""

_SURE_REACH, _UNSURE_REACH = 0.3, 1.0
"""Share of its sides by which a thing may reach beyond its box; a faint view shows a part of it."""

_KNOWN = 0.8
"""Confidence from which a thing is what the model calls it, and no other."""

_ALIKE = 0.75
"""How alike words must be, in [0, 1], for misread letters to be forgiven."""


def find_named(pixels: Pixels, name: str, colour: str = "") -> tuple[list[Part], str]:
    """Return the things that go by a name, and a sentence about what was guessed.

    A name that no model here knows means the subject, if nothing else is known of that.

    Raises:
        EditRefusedError: if there is no such thing.
    """
    found = find_objects(pixels)
    if found is not None and name in known_names():
        return _recognised(pixels, name, colour, found)
    kind = find_kind(pixels, name)
    if kind is not None and kind[0]:
        return _coloured(pixels, kind[0], colour), kind[1]
    if colour and (parts := coloured_things(pixels, colour)):
        return parts, f"Cannot recognise a {name}; went by the colour {colour}."
    if kind is None and not _main_kinds(found or []) and (parts := find_spread(pixels)):
        return parts, f"Cannot recognise a {name}; took what lies spread over the photo."
    subject = find_subject(pixels)
    if not subject.clear or kind is not None or name in PARTS:
        raise EditRefusedError(
            f"cannot find the {name} in this photo; mark it with --box or --mask, or name its "
            "colour"
        )
    main = _main_thing(found or [], subject.mask)
    if main is not None:
        raise EditRefusedError(
            f"cannot recognise a {name} in this photo, whose main thing is a {main}"
        )
    rest = _without_known(pixels, subject.mask, found or [])
    return [part_of(rest)], f"Cannot recognise a {name}; took the main thing in the photo."


def _recognised(
    pixels: Pixels, name: str, colour: str, found: list[Found]
) -> tuple[list[Part], str]:
    named, note = [thing for thing in found if thing.name == name], ""
    if not named and (faint := find_faint(pixels, name)):
        named, note = [faint], f"Not sure that it is a {name}: {faint.confidence:.0%}."
    reach = _UNSURE_REACH if note else _SURE_REACH
    masks = [whole_thing(pixels, thing.box, reach) for thing in named]
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
    return rest if rest.sum() > 0.2 * subject.sum() and rest.max() > 0.5 else subject


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


def find_text(pixels: Pixels, words: str, *, placed: bool = False) -> tuple[list[Part], str]:
    """Return the lines of text, or where given words stand, and a sentence about what was guessed.

    Args:
        pixels: The photo.
        words: What the text says; empty for any.
        placed: Whether a place tells which line is meant, where the words cannot be read.

    Raises:
        EditRefusedError: if there is no text, or not these words.
    """
    lines = read_text(pixels)
    if lines is None:
        return _unread(pixels, words, placed=placed)
    if not lines:
        raise EditRefusedError("there is no text to be read in this photo")
    boxes = [line.corners for line in lines]
    if words:
        boxes = [corners for line in lines if (corners := _place_of(line, words)) is not None]
        if not boxes:
            read = ", ".join(f"'{line.text}'" for line in lines[:6])
            raise EditRefusedError(f"the text '{words}' is not in this photo; it reads {read}")
    return [part_of(_polygon(pixels.shape[:2], corners)) for corners in boxes], ""


def _unread(pixels: Pixels, words: str, *, placed: bool) -> tuple[list[Part], str]:
    """Return what looks like text, where nothing can read it."""
    lines = guess_lines(pixels)
    reading = f"text is read with the model pack: pip install 'editthinker[darkroom]' and {_PULL}"
    if not lines:
        raise EditRefusedError(f"nothing in this photo looks like text; {reading}")
    if words and len(lines) > 1 and not placed:
        raise EditRefusedError(
            f"cannot tell which of {len(lines)} lines of text says '{words}'; say where it is "
            f"('the top text'), or: {reading}"
        )
    parts = [part_of(_polygon(pixels.shape[:2], corners)) for corners in lines]
    return parts, f"Went by the look of letters, which were not read; {reading}."


def _place_of(line: TextBox, words: str) -> Corners | None:
    """Return where words stand in a line, by the widths of its letters; None if they do not."""
    text, wanted = line.text.casefold(), words.casefold().strip()
    start = text.find(wanted)
    length = len(wanted)
    if start < 0:
        ratios = {
            at: difflib.SequenceMatcher(None, text[at : at + length], wanted).ratio()
            for at in range(max(1, len(text) - length + 1))
        }
        start = max(ratios, key=lambda at: ratios[at])
        if ratios[start] < _ALIKE:
            return None
        length = min(length, len(text) - start)
    if length >= 0.9 * len(text):
        return line.corners
    whole = font(40).getlength(line.text)
    begin, end = (font(40).getlength(line.text[:at]) / whole for at in (start, start + length))
    upper_left, upper_right, lower_right, lower_left = np.array(line.corners)
    top, bottom = upper_right - upper_left, lower_right - lower_left
    return tuple(
        (float(x), float(y))
        for x, y in (
            upper_left + begin * top,
            upper_left + end * top,
            lower_left + end * bottom,
            lower_left + begin * bottom,
        )
    )


def _polygon(shape: tuple[int, ...], corners: Corners) -> Floats:
    """Fill four corners, a little wider, since letters stand over their boxes."""
    points = np.array(corners, np.float32)
    height = float(np.linalg.norm(points[3] - points[0]))
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.rint(points).astype(np.int32)], 1)
    size = max(1, round(0.12 * height))
    grown = cv2.dilate(mask, np.ones((2 * size + 1, 2 * size + 1), np.uint8))
    return floats(cv2.GaussianBlur(grown.astype(np.float32), (0, 0), max(0.6, 0.04 * height)))
