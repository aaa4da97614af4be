"""What people wear, told by where it lies on them: measured from their faces, in faces."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.anatomy import find_collar, find_glasses
from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab
from editthinker.tools.images import Pixels
from editthinker.tools.vision.detector import find_objects
from editthinker.tools.vision.faces import Face, find_features
from editthinker.tools.vision.masks import Box, Part, clean, part_of, split
from editthinker.tools.vision.proposals import Flat, Proposal, believed
from editthinker.tools.vision.segmenter import LOW, guesses, outlines_with_model, segment

Dress = Literal["", "glasses", "inner", "long", "legs"]
"""Whether something is worn before the eyes, under a jacket, down to the legs, or only there."""

_BROW = 0.04
"""How far over the eyes a hat ends, in heights of the face."""

_BESIDE = 0.3
"""Share of the width of a face by which hair and ears reach beyond it."""

_ON_HEADS = {"hair": (0.08, 2.5), "hat": (0.3, 3.0)}
"""How far over the hairline it is, in heights of a face, and how large at most, in faces."""

_HAIR = ((0.5, -0.02), (0.2, 0.05), (0.8, 0.05), (0.0, 0.3), (1.0, 0.3))
"""Where hair may be, in widths and heights from the left upper corner of a face."""

_CHEST = ((0.5, 1.9), (0.0, 1.7), (1.0, 1.7), (0.1, 2.2), (0.9, 2.2))
"""Where a jacket may be, as well."""

WAIST, HIPS = 2.6, 5.2
"""Faces below the hairline where trousers begin, and jackets end."""

_THIGHS, _ANKLES = (5.6, 7.2), 8.2
"""Faces below the hairline where legs are, and shoes begin."""

_TWO = 8.0
"""How far off each other, in CIELAB, a jacket and trousers of two colours are."""

_FEWEST = 40
"""Pixels of legs from which their colour can be told."""

_SMALL = 0.15
"""Share of the photo's height up to which a face is that of a person who is small in it."""

HEAD = 0.13
"""Share of a person's height that is head."""

_UPRIGHT, _LEAST_TALL = 1.9, 100
"""Height over width of people who stand, and their least height in pixels."""

_BARE = 0.35
"""Share of the middle of a face that what is worn may cover."""

_SKIN = (0.45, 1.6)
"""Least and most chroma of bare skin, in that of the face."""

_FRONT = 0.05
"""Least area of the front of a shirt under a jacket, in faces."""


def find_worn(pixels: Pixels, name: str, dress: Dress) -> tuple[list[Part], str]:
    """Return what people wear on the head, before the eyes, around the neck or on the chest.

    Args:
        pixels: `(H, W, 3) uint8`.
        name: What it is called; `hair`, `hat` and `collar` are places of their own.
        dress: How it is worn.
    """
    faces = (find_features(pixels) or []) if outlines_with_model() else []
    if dress == "glasses":
        rims = _parts(find_glasses(pixels, face) for face in faces)
        return rims, f"Took the rims before the eyes for the {name}."
    if name == "hair":
        found = _parts(_hair(pixels, face) for face in faces)
        return found, "Took what is on the head for the hair."
    if name == "hat":
        found = _parts(_on_head(pixels, "hat", face) for face in faces)
        return found, "Took what is on the head for the hat."
    fronts = [part for face in faces for part in find_collar(pixels, face)]
    if name == "collar":
        return fronts, "Took what lies around the neck for the collar."
    bodies = _bodies(pixels, faces) if outlines_with_model() else []
    if dress == "legs":
        legs = _parts(_trousers(pixels, body) for body in bodies)
        return legs, f"Took what is below the waist for the {name}."
    worn = _parts(body.mask if dress == "long" else body.down_to(HIPS) for body in bodies)
    if dress == "inner":
        chest = max((part.area for part in worn), default=0.0)
        face = max((_area(face.box) for face in faces), default=0)
        if fronts and _FRONT * face < sum(part.area for part in fronts) < 0.4 * chest:
            return fronts, f"Took what lies around the neck for the {name}."
    return worn, f"Took what is below the face for the {name}."


@dataclass(frozen=True)
class _Body:
    """What a person is but for the head."""

    mask: Floats
    top: int
    """Row of the hairline."""
    face: float
    """Height of the face, in pixels."""

    def down_to(self, faces: float) -> Floats:
        """Return what lies over a height, in faces below the hairline."""
        kept = self.mask.copy()
        kept[round(self.top + faces * self.face) :] = 0
        return kept


def _bodies(pixels: Pixels, faces: list[Face]) -> list[_Body]:
    """Return the bodies under faces, and those of standing people who show none."""
    bodies = []
    people = [one.box for one in find_objects(pixels) or [] if one.name == "person"]
    for face in faces:
        tall = face.box[3] - face.box[1]
        own = [box for box in people if _holds(box, face.nose)]
        people = [box for box in people if box not in own]
        if tall < _SMALL * pixels.shape[0] and len(own) == 1:
            bodies.append(_below(pixels, own[0], face.box))
        elif (mask := _garment(pixels, face)) is not None:
            bodies.append(_Body(mask, face.box[1], tall))
    for left, top, right, bottom in people:
        tall = bottom - top
        if tall > _UPRIGHT * (right - left) and tall > _LEAST_TALL:
            head = left, top + round(0.02 * tall), right, top + round(HEAD * tall)
            bodies.append(_below(pixels, (left, top, right, bottom), head))
    return bodies


def _holds(box: Box, point: tuple[float, float]) -> bool:
    return box[0] <= point[0] < box[2] and box[1] <= point[1] < box[3]


def _below(pixels: Pixels, person: Box, face: Box) -> _Body:
    """Return the body of a person whose face, or head, is known."""
    mask = segment(pixels, box=person).mask.copy()
    mask[: face[3]] = 0
    return _Body(mask, face[1], face[3] - face[1])


def _trousers(pixels: Pixels, body: _Body) -> Floats | None:
    """Return what is below the waist and has the colour of the legs."""
    rows = [round(body.top + faces * body.face) for faces in (WAIST, *_THIGHS, _ANKLES)]
    waist, upper, lower, ankles = (min(row, body.mask.shape[0]) for row in rows)
    lab = to_lab(floats(cv2.GaussianBlur(pixels, (0, 0), 1.5) / np.float32(255)))
    thighs, chest = (
        lab[rows][body.mask[rows] > 0.5] for rows in (slice(upper, lower), slice(0, waist))
    )
    if min(len(thighs), len(chest)) < _FEWEST:
        return None
    legs, coat = (np.median(colours, axis=0) for colours in (thighs, chest))
    off, over = (np.linalg.norm(lab - colour, axis=2) for colour in (legs, coat))
    mask = floats(body.mask * np.interp(off, [24, 36], [1, 0]))
    if np.linalg.norm(legs - coat) > _TWO:  # not the lower part of the coat
        mask = floats(mask * (over > off))
    mask[:waist] = mask[ankles:] = 0
    solid = split(clean(mask), 0.0005)
    return floats(np.max([part.mask for part in solid], axis=0)) if solid else None


def _parts(masks: Iterable[Floats | None]) -> list[Part]:
    return [part_of(mask) for mask in masks if mask is not None and mask.max() > 0.5]


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _on_head(pixels: Pixels, name: str, face: Face) -> Floats | None:
    left, top, right, bottom = face.box
    over, most = _ON_HEADS[name]
    at = (left + right) // 2, max(2, top - round(over * (bottom - top)))
    mask = segment(pixels, point=at).mask
    above = float(mask[: (top + bottom) // 2].sum() / max(mask.sum(), 1))
    return mask if 0.1 < float(mask.sum()) / _area(face.box) < most and above > 0.5 else None


def _hair(pixels: Pixels, face: Face) -> Floats | None:
    mask = _on_head(pixels, "hair", face)
    if mask is not None and _is_hat(mask, face):
        return None
    if mask is not None and _bared(mask[_middle(face.box)]):
        return mask
    low = _low(face.box, pixels)

    def fits(one: Proposal) -> bool:
        size = one.low.sum() / _area(low)
        above = one.low[: low[3]].sum() / max(one.low.sum(), 1)
        on_top = one.low[: (low[1] + low[3]) // 2].sum() / max(one.low.sum(), 1)
        return 0.1 < size < 2.5 and on_top > 0.4 and above > 0.7 and _bared(one.low[_middle(low)])

    return _best(pixels, face, _HAIR, fits)


def _garment(pixels: Pixels, face: Face) -> Floats | None:
    """Return what is worn under a face that is large in the photo, or else the body there."""
    low = _low(face.box, pixels)

    def fits(one: Proposal) -> bool:
        below = one.low[low[3] :].sum() / max(one.low.sum(), 1)
        return one.low.sum() > _area(low) and below > 0.6 and _bared(one.low[_middle(low)])

    found = _best(pixels, face, _CHEST, fits)
    body = _under(pixels, face.box) if found is None else found
    return None if body is None else _clothed(pixels, body, face)


def _clothed(pixels: Pixels, body: Floats, face: Face) -> Floats:
    """Leave bare skin out, by its hue in the face; not where all is so: a beige coat."""
    lab = to_lab(floats(cv2.GaussianBlur(pixels, (0, 0), 1.5) / np.float32(255)))
    a, b = np.median(lab[_middle(face.box)].reshape(-1, 3), axis=0)[1:]
    along = (lab[..., 1] * a + lab[..., 2] * b) / max(float(np.hypot(a, b)), 1e-6)
    across = np.abs(lab[..., 1] * b - lab[..., 2] * a) / max(float(np.hypot(a, b)), 1e-6)
    tinged = (along > _SKIN[0] * np.hypot(a, b)) & (along < _SKIN[1] * np.hypot(a, b))
    bare = cv2.GaussianBlur(floats(tinged & (across < 0.4 * along)), (0, 0), 2)
    worn = floats(body * np.interp(bare, [0.4, 0.6], [1, 0]))
    solid = split(clean(worn), 0.002)
    dressed = sum(part.area for part in solid) > 0.4 * float(body.sum())
    return floats(np.max([part.mask for part in solid], axis=0)) if dressed else body


def _under(pixels: Pixels, face: Box) -> Floats | None:
    """Return the body under a face, the head left out."""
    left, top, right, bottom = face
    at = (left + right) // 2, min(pixels.shape[0] - 3, bottom + round(0.9 * (bottom - top)))
    body = segment(pixels, point=at).mask.copy()
    beside = round(_BESIDE * (right - left))
    body[:bottom, max(0, left - beside) : right + beside] = 0
    solid = split(body, 0.005)
    return solid[0].mask if solid else None


def _best(
    pixels: Pixels,
    face: Face,
    places: tuple[tuple[float, float], ...],
    fits: Callable[[Proposal], bool],
) -> Floats | None:
    """Return the thing under most of some places, given in faces; of several the surest."""
    left, top, right, bottom = face.box
    height, width = pixels.shape[:2]
    points = [
        (round(left + x * (right - left)), round(top + y * (bottom - top))) for x, y in places
    ]
    points = [(x, y) for x, y in points if 0 <= x < width and 0 <= y < height]
    found = [one for at in points for one in believed(pixels, *guesses(pixels, point=at))]
    cells = [(y * LOW // height, x * LOW // width) for x, y in points]

    def worth(one: Proposal) -> float:
        return one.score + 0.15 * sum(bool(one.low[cell]) for cell in cells)

    best = max((one for one in found if fits(one)), key=worth, default=None)
    return None if best is None else best.part(pixels).mask


def _low(box: Box, pixels: Pixels) -> Box:
    """Return a box on the small masks of proposals."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = box
    low = left * LOW // width, top * LOW // height, right * LOW // width, bottom * LOW // height
    return max(low[0], 0), max(low[1], 0), max(low[2], low[0] + 1), max(low[3], low[1] + 1)


def _middle(box: Box) -> tuple[slice, slice]:
    left, top, right, bottom = box
    x, y = (right - left) // 4, (bottom - top) // 4
    return slice(max(top + y, 0), max(bottom - y, 1)), slice(max(left + x, 0), max(right - x, 1))


def _bared(face: Floats | Flat) -> bool:
    return float(np.asarray(face, np.float32).mean()) < _BARE


def _is_hat(worn: Floats, face: Face) -> bool:
    """Whether what is on a head ends above the eyes all around; hair reaches down to the ears."""
    lowest = int(np.nonzero((worn > 0.5).any(axis=1))[0][-1])
    eyes = (face.eyes[0][1] + face.eyes[1][1]) / 2
    return lowest < eyes - _BROW * (face.box[3] - face.box[1])
