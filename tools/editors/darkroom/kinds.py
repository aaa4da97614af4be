"""Things that no detector knows, found by what they lie next to or are made of."""

from dataclasses import dataclass

import numpy as np

from editthinker.tools.editors.darkroom.colour_things import coloured_things
from editthinker.tools.editors.darkroom.colours import colour_mask
from editthinker.tools.editors.darkroom.features import FEATURES, find_features_named
from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab
from editthinker.tools.editors.darkroom.scenery import find_sky
from editthinker.tools.images import Pixels
from editthinker.tools.vision.faces import find_faces
from editthinker.tools.vision.masks import Box, Part, clean, part_of, split
from editthinker.tools.vision.reader import read_text
from editthinker.tools.vision.segmenter import outlines_with_model, segment

CLOTHES = frozenset(
    {"shirt", "t shirt", "tee shirt", "tee", "tshirt", "blouse", "jacket", "coat", "blazer"}
    | {"parka", "anorak", "sweater", "jumper", "pullover", "hoodie", "cardigan", "sweatshirt"}
    | {"dress", "gown", "suit", "uniform", "tuxedo", "spacesuit", "space suit", "costume", "vest"}
)
"""What covers the chest."""

_LETTERED = frozenset(
    {"sign", "signboard", "street sign", "road sign", "billboard", "banner", "badge", "tag"}
    | {"name tag", "nametag", "name badge", "nameplate", "name plate", "sticker", "poster"}
    | {"license plate", "licence plate", "number plate", "logo"}
)
"""What text stands on."""

_LARGE = frozenset({"sign", "signboard", "billboard", "banner", "poster"})
"""Of these, what a photo may be about."""

_BOARDS = 25.0
"""How many times larger than its text such a thing may be."""

SMALL = frozenset(
    {"coin", "key", "keyring", "wallet", "envelope", "pen", "paintbrush", "ruler", "stapler"}
    | {"ashtray", "coaster", "napkin", "tray", "table mat", "bath mat", "doormat", "mat", "pebble"}
    | {"ant", "wasp", "ladybird", "ladybug", "brooch", "tiara", "bow tie", "slipper", "apron"}
    | {"bee", "bumblebee", "fly", "beetle", "spider", "moth", "mosquito", "caterpillar", "insect"}
    | {"waistcoat", "turban", "earring", "necklace", "bracelet", "belt", "sock", "acorn", "sponge"}
    | {"headphones", "earphones", "microphone", "lampshade", "flagpole", "antenna", "feather"}
)
"""What is worn, or lies beside what a photo is about."""

PARTS = (
    CLOTHES
    | SMALL
    | {
        *("skirt", "trousers", "hat", "scarf", "shoe", "glasses", "glove", "tie", "hair"),
        *("door", "window", "logo", "leaf", "sun", "moon", "cloud"),
        *("wheel", "tyre", "tire", "roof", "chimney", "petal"),
    }
)
"""What is a part of another thing: a guess at the main thing would be wrong."""

_MATERIALS = {
    "grass": "green",
    "tree": "green",
    "bush": "green",
    "leaf": "green",
    "water": "blue",
    "snow": "white",
}
"""What goes by its colour."""


@dataclass(frozen=True)
class _Worn:
    """What is worn on a head, by where it is and how large, measured in faces."""

    height: float
    """How far over the hairline, in heights of the face."""
    most: float
    """Most area, in areas of the face."""


_ON_HEADS = {"hair": _Worn(0.08, 2.5), "hat": _Worn(0.3, 3.0)}


def find_kind(pixels: Pixels, name: str) -> tuple[list[Part], str] | None:
    """Return the things of a kind and a sentence about the guess; None for kinds unknown here."""
    if name in CLOTHES or name in _ON_HEADS:
        faces = find_faces(pixels) if outlines_with_model() else None
        found = [_worn(pixels, name, box) for box, _ in faces or []]
        return [part_of(mask) for mask in found if mask is not None], (
            f"Took what is {'on the head' if name in _ON_HEADS else 'below the face'} for the "
            f"{name}."
        )
    if name in FEATURES:
        return find_features_named(pixels, name), ""
    if name in _LETTERED:
        boards = _boards(pixels)
        if boards or name not in _LARGE:
            return boards, f"Took what the text stands on for the {name}."
    if name == "cloud":
        return _clouds(pixels), ""
    if name in _MATERIALS:
        colour = _MATERIALS[name]
        sky = find_sky(pixels) if colour in ("blue", "white") else None
        parts = [_outside(part, sky) for part in coloured_things(pixels, colour)]
        kept = [part for part in parts if part is not None]
        return kept, f"Took what is {colour} for the {name}."
    return None


def _worn(pixels: Pixels, name: str, face: Box) -> Floats | None:
    left, top, right, bottom = face
    height, width = bottom - top, right - left
    rows = pixels.shape[0]
    middle = (left + right) // 2
    if name in CLOTHES:
        mask = segment(pixels, point=(middle, min(rows - 3, bottom + round(0.9 * height)))).mask
        body = mask.copy()
        body[:bottom] = 0
        solid = split(body, 0.005)
        return solid[0].mask if solid else None
    worn = _ON_HEADS[name]
    mask = segment(pixels, point=(middle, max(2, top - round(worn.height * height)))).mask
    size = float(mask.sum()) / (height * width)
    above = float(mask[: top + height // 2].sum() / max(mask.sum(), 1))
    return mask if 0.1 < size < worn.most and above > 0.5 else None


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
