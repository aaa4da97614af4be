"""Things that no detector knows, found by what they lie next to or are made of."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.colour_things import coloured_things
from editthinker.tools.editors.darkroom.colours import colour_mask
from editthinker.tools.editors.darkroom.features import FEATURES, find_features_named
from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab
from editthinker.tools.editors.darkroom.region import Subject, find_subject
from editthinker.tools.editors.darkroom.scenery import find_ground, find_sky
from editthinker.tools.editors.darkroom.worn import Dress, find_worn
from editthinker.tools.images import Pixels
from editthinker.tools.vision.detector import find_objects
from editthinker.tools.vision.masks import Box, Part, clean, part_of, split
from editthinker.tools.vision.reader import read_text
from editthinker.tools.vision.segmenter import outlines_with_model, segment

_FINE = 0.08
"""Half the width of gaps in the sky, as a share of the photo's side, up to which they are fine."""

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
    """Return whether a name stands in one of some lists of `kinds.toml`, or in any."""
    return any(name in _known().lists[kind] for kind in kinds or _known().lists)


def is_part(name: str) -> bool:
    """Return whether a name is never that of the main thing of a photo."""
    return belongs(
        name, "clothes", "legs", "small", "parts", "glasses", "hats", "grounds", "surfaces"
    )


def find_kind(pixels: Pixels, name: str) -> tuple[list[Part], str] | None:
    """Return the things of a kind and a sentence about the guess; None for kinds unknown here."""
    if name in FEATURES:
        return find_features_named(pixels, name), ""
    if belongs(name, "clothes", "legs", "hats", "glasses") or name in {"hair", "collar"}:
        return find_worn(pixels, "hat" if belongs(name, "hats") else name, _dress(name))
    if belongs(name, "lettered"):
        boards = _boards(pixels)
        if boards or not belongs(name, "large"):
            return boards, f"Took what the text stands on for the {name}."
    if belongs(name, "twigs") and (twigs := _before_sky(pixels)):
        return twigs, f"Took the fine things before the sky for the {name}."
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


def _dress(name: str) -> Dress:
    """Return in which manner a thing is worn."""
    kinds: tuple[Dress, ...] = ("glasses", "inner", "long", "legs")
    return next((kind for kind in kinds if belongs(name, kind)), "")


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


def _before_sky(pixels: Pixels) -> list[Part]:
    """Return the fine things that stand before the sky and are not the main thing."""
    sky, subject = find_sky(pixels), find_subject(pixels)
    if sky is None:
        return []
    side = max(3, round(_FINE * min(sky.shape)))
    whole = cv2.copyMakeBorder(sky, side, side, side, side, cv2.BORDER_REPLICATE)
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * side + 1, 2 * side + 1))
    closed = cv2.morphologyEx(whole, cv2.MORPH_CLOSE, shape)[side:-side, side:-side]
    main = cv2.dilate(subject.mask, np.ones((5, 5))) if subject.clear else np.zeros_like(sky)
    return split(floats((closed - sky) * (1 - main)), 0.0003, 0.02)


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
