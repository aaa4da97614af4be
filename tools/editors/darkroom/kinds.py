"""Things that no detector knows, found by what they lie next to or are made of."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.anatomy import find_collar, find_glasses
from editthinker.tools.editors.darkroom.colour_things import coloured_things
from editthinker.tools.editors.darkroom.colours import colour_mask
from editthinker.tools.editors.darkroom.features import FEATURES, find_features_named
from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab
from editthinker.tools.editors.darkroom.region import Subject, find_subject
from editthinker.tools.editors.darkroom.scenery import find_ground, find_sky
from editthinker.tools.images import Pixels
from editthinker.tools.vision.detector import find_objects
from editthinker.tools.vision.faces import Face, find_features
from editthinker.tools.vision.masks import Box, Part, clean, part_of, split
from editthinker.tools.vision.reader import read_text
from editthinker.tools.vision.segmenter import outlines_with_model, segment

_BOARDS = 25.0
"""How many times larger than its text such a thing may be."""

_LEAFY = 0.5
"""Share of what lies behind the main thing that is green where all of it is leaves."""

_LEAVES = (98.0, 235.0)
"""Hues of leaves in CIELAB degrees, in the sun and in deep shade."""


class _Known(NamedTuple):
    lists: Mapping[str, frozenset[str]]
    colours: Mapping[str, Mapping[str, Sequence[str]]]


@lru_cache(maxsize=1)
def _known() -> _Known:
    text = (files("editthinker.tools.editors.darkroom") / "kinds.toml").read_text(encoding="utf-8")
    lists, colours = {}, {}
    for key, value in tomllib.loads(text).items():
        if isinstance(value, dict):
            colours[key] = value
        else:
            lists[key] = frozenset(value)
    return _Known(lists, colours)


def belongs(name: str, *kinds: str) -> bool:
    """Return whether a name stands in one of some lists of `kinds.toml`."""
    return any(name in _known().lists[kind] for kind in kinds)


def is_part(name: str) -> bool:
    """Return whether a name is never that of the main thing of a photo."""
    return belongs(name, "clothes", "small", "parts", "glasses", "hats", "grounds", "surfaces")


@dataclass(frozen=True)
class _Worn:
    """What is worn on a head, by where it is and how large, measured in faces."""

    height: float
    """How far over the hairline, in heights of the face."""
    most: float
    """Most area, in areas of the face."""


_BROW = 0.04
"""How far over the eyes a hat ends, in heights of the face."""

_HEAD = 0.3
"""Share of the width of a face by which hair and ears reach beyond it."""

_ON_HEADS = {"hair": _Worn(0.08, 2.5), "hat": _Worn(0.3, 3.0)}


def find_kind(pixels: Pixels, name: str) -> tuple[list[Part], str] | None:
    """Return the things of a kind and a sentence about the guess; None for kinds unknown here."""
    if name in FEATURES:
        return find_features_named(pixels, name), ""
    if belongs(name, "clothes", "hats", "glasses") or name in {"hair", "collar"}:
        return _dressed(pixels, name)
    if belongs(name, "lettered"):
        boards = _boards(pixels)
        if boards or not belongs(name, "large"):
            return boards, f"Took what the text stands on for the {name}."
    if name == "cloud":
        return _clouds(pixels), ""
    if belongs(name, "leaves"):
        return _leaves(pixels), f"Took what is green for the {name}."
    if name in (of := _known().colours["materials"]):
        sky = find_sky(pixels) if name in {"water", "snow"} else None
        parts = [_outside(part, sky) for part in coloured_things(pixels, of[name][0])]
        kept = [part for part in parts if part is not None]
        if kept or not belongs(name, "grounds"):
            return kept, f"Took what is {of[name][0]} for the {name}."
    if name in (of := _known().colours["on-main"]):
        return _on_main(pixels, of[name]), f"Took what is {of[name][0]} for the {name}."
    return _filling(pixels, name)


def _dressed(pixels: Pixels, name: str) -> tuple[list[Part], str]:
    """Return what is worn on the head, before the eyes, around the neck or on the chest."""
    faces = (find_features(pixels) or []) if outlines_with_model() else []
    if belongs(name, "glasses"):
        rims = [find_glasses(pixels, face) for face in faces]
        note = f"Took the rims before the eyes for the {name}."
        return [part_of(mask) for mask in rims if mask is not None and mask.max() > 0.5], note
    if name == "collar":
        return [part for face in faces for part in find_collar(pixels, face)], (
            "Took what lies around the neck for the collar."
        )
    if belongs(name, "inner"):
        fronts = [part for face in faces for part in find_collar(pixels, face)]
        worn = [_worn(pixels, "coat", face.box) for face in faces]
        chest = max((float(mask.sum()) for mask in worn if mask is not None), default=0.0)
        if fronts and 0.02 * chest < sum(part.area for part in fronts) < 0.4 * chest:
            return fronts, f"Took what lies around the neck for the {name}."
    where = "hat" if belongs(name, "hats") else name
    found = [_worn(pixels, where, face.box) for face in faces]
    if name == "hair":
        each = zip(found, faces, strict=True)
        found = [None if mask is not None and _is_hat(mask, face) else mask for mask, face in each]
    return [part_of(mask) for mask in found if mask is not None], (
        f"Took what is {'on the head' if where in _ON_HEADS else 'below the face'} for the {name}."
    )


def _leaves(pixels: Pixels) -> list[Part]:
    """Return what is green, or all that lies behind the main thing where most of that is."""
    subject, sky = find_subject(pixels), find_sky(pixels)
    rest = floats(1 - subject.mask if subject.clear else np.ones(pixels.shape[:2]))
    if sky is not None:
        rest = floats(rest * (1 - sky))
    lab = cv2.GaussianBlur(to_lab(floats(pixels / np.float32(255))), (0, 0), 2)
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360
    green = (hue > _LEAVES[0]) & (hue < _LEAVES[1]) & (np.hypot(lab[..., 1], lab[..., 2]) > 4)
    if subject.clear and (green * rest).sum() > _LEAFY * rest.sum() and rest.mean() > 0.15:
        return [part_of(rest)]
    return coloured_things(pixels, "green")


def _on_main(pixels: Pixels, colours: Sequence[str]) -> list[Part]:
    """Return what has one of some colours on the main thing."""
    subject = find_subject(pixels)
    if not subject.clear:
        return []
    lab = to_lab(floats(pixels / np.float32(255)))
    own = floats(np.max([colour_mask(lab, colour) for colour in colours], axis=0) * subject.mask)
    return [part_of(own)] if own.sum() > 0.03 * subject.mask.sum() and own.max() > 0.5 else []


def _filling(pixels: Pixels, name: str) -> tuple[list[Part], str] | None:
    """Return the ground, the walls or the sheet of paper that fills a photo."""
    subject, sky = find_subject(pixels), find_sky(pixels)
    if belongs(name, "grounds"):
        mask = find_ground(pixels, sky, subject.mask if subject.clear else None)
        return [] if mask is None else [part_of(mask)], f"Took the ground for the {name}."
    people = (find_objects(pixels) or []) if subject.clear else []
    if belongs(name, "walls") and sky is not None and _fills(subject) and not people:
        return [part_of(floats(1 - sky))], f"Took all but the sky for the {name}."
    if belongs(name, "surfaces") and sky is None and subject.clear:
        return [
            part_of(floats(1 - subject.mask))
        ], f"Took what lies around the main thing for the {name}."
    if belongs(name, "sheets") and not subject.clear:
        everything = np.ones(pixels.shape[:2], np.float32)
        return [part_of(everything)], f"Took the whole photo for the {name}."
    return None


def _fills(subject: Subject) -> bool:
    """Whether a photo shows one thing from side to side."""
    mask = subject.mask
    sides = (mask[:, 2].max(), mask[:, -3].max(), mask[-3].max(), mask[2].max())
    return not subject.clear or sum(side > 0.5 for side in sides) > 1


def _worn(pixels: Pixels, name: str, face: Box) -> Floats | None:
    left, top, right, bottom = face
    height, width = bottom - top, right - left
    rows = pixels.shape[0]
    middle = (left + right) // 2
    if name not in _ON_HEADS:
        mask = segment(pixels, point=(middle, min(rows - 3, bottom + round(0.9 * height)))).mask
        body = mask.copy()
        beside = round(_HEAD * width)
        body[:bottom, max(0, left - beside) : right + beside] = 0
        solid = split(body, 0.005)
        return solid[0].mask if solid else None
    worn = _ON_HEADS[name]
    mask = segment(pixels, point=(middle, max(2, top - round(worn.height * height)))).mask
    size = float(mask.sum()) / (height * width)
    above = float(mask[: top + height // 2].sum() / max(mask.sum(), 1))
    return mask if 0.1 < size < worn.most and above > 0.5 else None


def _is_hat(worn: Floats, face: Face) -> bool:
    """Whether what is on a head ends above the eyes all around; hair reaches down to the ears."""
    lowest = int(np.nonzero((worn > 0.5).any(axis=1))[0][-1])
    eyes = (face.eyes[0][1] + face.eyes[1][1]) / 2
    return lowest < eyes - _BROW * (face.box[3] - face.box[1])


def _boards(pixels: Pixels) -> list[Part]:
    """Return what lines of text stand on, each thing once."""
    found: list[Part] = []
    for line in read_text(pixels) or [] if outlines_with_model() else []:
        xs, ys = zip(*line.corners, strict=True)
        text = (max(0, int(min(xs))), max(0, int(min(ys))), int(max(xs)) + 1, int(max(ys)) + 1)
        if any(_covers(part, text) for part in found):
            continue
        board = _board(pixels, text)
        if board is not None:
            found.append(board)
    return found


def _board(pixels: Pixels, text: Box) -> Part | None:
    left, top, right, bottom = text
    height, width = pixels.shape[:2]
    for grown in (0.5, 1.0):
        margin = round(grown * (bottom - top))
        box = max(0, left - margin), max(0, top - margin), right + margin, bottom + margin
        mask = segment(pixels, box=(*box[:2], min(width, box[2]), min(height, box[3]))).mask
        size = float(mask.sum()) / max((right - left) * (bottom - top), 1)
        if 0.8 < size < _BOARDS and mask.max() > 0.5 and _covers(part_of(mask), text):
            return part_of(mask)
    return None


def _covers(part: Part, box: Box) -> bool:
    left, top, right, bottom = box
    inside = part.mask[top:bottom, left:right]
    return inside.size > 0 and float(inside.mean()) > 0.6


def _clouds(pixels: Pixels) -> list[Part]:
    """Return what is white in the sky."""
    sky = find_sky(pixels)
    if sky is None:
        return []
    white = colour_mask(to_lab(floats(pixels / np.float32(255))), "white")
    mask = clean(floats(np.minimum(white, sky)))
    return [part_of(mask)] if mask.mean() > 0.002 else []


def _outside(part: Part, sky: Floats | None) -> Part | None:
    """Leave the sky out of a part; None if it was most of it."""
    if sky is None:
        return part
    mask = floats(part.mask * (1 - sky))
    return part_of(mask) if mask.sum() > 0.3 * part.area and mask.max() > 0.5 else None
