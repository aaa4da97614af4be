"""What belongs together by its colours: more things of a kind, and the rest of a thing."""

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab
from editthinker.tools.images import Pixels
from editthinker.tools.vision.masks import (
    Box,
    Part,
    clean,
    enlarge,
    fill_holes,
    part_of,
    shrunk,
    split,
)
from editthinker.tools.vision.segmenter import outlines_with_model, segment

_SIDE = 320
"""Longest side on which colours are compared, in pixels."""

_MOST = 0.25
"""Share of a thing above which what lies beyond its box is another thing."""

_AKIN = 0.35
"""Share of such a part that must look more like the thing than like what lies around."""

_CLOSE = 0.05
"""Share of the photo's side within which what is left of a group belongs to a thing in it."""


def whole_thing(pixels: Pixels, box: Box, reach: float) -> Floats:
    """Outline the thing in a box, with the handle or tail that a detector's box cuts off.

    Such a part has the colours of the thing, and what lies around it has not.

    Args:
        pixels: The photo.
        box: Where the thing is.
        reach: Share of the box's sides by which the thing may reach beyond it.
    """
    mask = segment(pixels, box=box).mask
    if not outlines_with_model() or mask.max() <= 0.5:
        return mask
    height, width = mask.shape
    left, top, right, bottom = box
    across, down = round(reach * (right - left)), round(reach * (bottom - top))
    wider = (
        (max(0, left - across), top, right, bottom),
        (left, max(0, top - down), right, bottom),
        (left, top, min(width, right + across), bottom),
        (left, top, right, min(height, bottom + down)),
    )
    whole = mask
    for larger in wider:
        more = _beyond(mask, segment(pixels, box=larger).mask)
        if more is not None and _of_one_make(pixels, mask, more):
            whole = np.maximum(whole, more)
    return floats(whole)


def _beyond(mask: Floats, wider: Floats) -> Floats | None:
    """Return the one solid part by which a mask is wider than another; None for anything else."""
    base = cv2.dilate(mask, np.ones((5, 5), np.uint8)) > 0.5
    more = floats((wider > 0.5) & ~base)
    solid = cv2.morphologyEx(more, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    parts = split(floats(solid), 0.0)
    share = float(more.sum() / mask.sum())
    if not parts or not 0.02 < share < _MOST or parts[0].area < 0.85 * more.sum():
        return None
    near = cv2.dilate(parts[0].mask, np.ones((9, 9), np.uint8)) > 0.5
    return floats(wider * near)


def _of_one_make(pixels: Pixels, mask: Floats, more: Floats) -> bool:
    lab = cv2.GaussianBlur(to_lab(floats(pixels / np.float32(255))), (0, 0), 1)
    both = np.maximum(mask, more)
    size = max(5, round(0.02 * min(mask.shape))) | 1
    near = cv2.dilate(both, np.ones((5, 5), np.uint8)) > 0.5
    beside = cv2.dilate(more, np.ones((2 * size + 1, 2 * size + 1), np.uint8)) > 0.5
    around, inside = lab[beside & ~near], lab[mask > 0.9]
    own = lab[cv2.erode(more, np.ones((3, 3), np.uint8)) > 0.9]
    if min(len(around), len(inside), len(own)) < 50:
        return False
    like, unlike = (
        off(floats(own[None]), palette(floats(colours))) for colours in (inside, around)
    )
    return bool((like < unlike).mean() > _AKIN)


def look_alikes(pixels: Pixels, part: Part) -> list[Part]:
    """Return other things with the colours that a part has and what lies around it has not."""
    small = shrunk(pixels, _SIDE)
    lab = cv2.GaussianBlur(to_lab(floats(small / np.float32(255))), (0, 0), 1.5)
    height, width = lab.shape[:2]
    mask = cv2.resize(part.mask, (width, height), interpolation=cv2.INTER_AREA)
    near = cv2.dilate(mask, np.ones((9, 9), np.uint8)) > 0.1
    far = cv2.dilate(mask, np.ones((61, 61), np.uint8)) > 0.1
    around = lab[far & ~near]
    if len(around) < 50 or not (mask > 0.9).any():
        return []
    own, other = palette(floats(lab[mask > 0.9])), palette(floats(around))
    # A second one may stand right beside it.
    other = floats(other[off(floats(other[None]), own)[0] > 15])
    if not len(other):
        return []
    like = np.where(
        (off(floats(lab), own) < np.minimum(0.6 * off(floats(lab), other), 20)) & ~near, 1, 0
    )
    found = split(clean(floats(like), 0.01), 0.002, 0.02)
    solid = [fill_holes(thing.mask, 0.01) for thing in found if thing.area > 0.04 * mask.sum()]
    return [part_of(enlarge(thing, pixels)) for thing in solid]


def attached(pixels: Floats, mask: Floats) -> Floats:
    """Return what touches a thing and looks more like it than like what lies further out.

    Args:
        pixels: `(H, W, 3)` sRGB.
        mask: The thing, `(H, W)` of 0 or 1.
    """
    height, width = mask.shape
    scale = min(1.0, _SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    lab = cv2.GaussianBlur(to_lab(floats(small)), (0, 0), 1)
    inside = cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 0.5
    if inside.sum() < 30:
        return floats(np.zeros_like(mask))
    reach = max(4, round(0.3 * float(inside.sum()) ** 0.5))

    def grown(by: int) -> Floats:
        shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by + 1, 2 * by + 1))
        return floats(cv2.dilate(floats(inside), shape))

    near, far = grown(reach) > 0, grown(3 * reach) > 0
    if (far & ~near).sum() < 50:
        return floats(np.zeros_like(mask))
    own, other = palette(floats(lab[inside])), palette(floats(lab[far & ~near]))
    like = near & (off(floats(lab), own) < np.minimum(0.8 * off(floats(lab), other), 18))
    solid = cv2.morphologyEx(floats(like | inside), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    labels = cv2.connectedComponents((solid > 0.5).astype(np.uint8))[1]
    touching = np.unique(labels[inside & (labels > 0)])
    whole = floats(np.isin(labels, touching) & (labels > 0))
    return floats(cv2.resize(whole, (width, height), interpolation=cv2.INTER_LINEAR) > 0.5)


def with_remains(pixels: Pixels, mask: Floats, rest: Floats) -> Floats:
    """Return a thing with what lies close to it in the rest of a group, and has its colours.

    Args:
        pixels: The photo.
        mask: The thing, `(H, W)` in [0, 1].
        rest: What else belongs to the group and to none of its other things.
    """
    lab = cv2.GaussianBlur(to_lab(floats(pixels / np.float32(255))), (0, 0), 1)
    if (mask > 0.9).sum() < 50:
        return mask
    reach = max(3, round(_CLOSE * min(mask.shape)))
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    near = cv2.dilate(mask, shape)
    alike = np.interp(off(floats(lab), palette(floats(lab[mask > 0.9]))), [12, 18], [1, 0])
    return floats(np.maximum(mask, rest * near * alike))


def palette(colours: Floats) -> Floats:
    """Return the six commonest colours."""
    cv2.setRNGSeed(0)
    points = np.ascontiguousarray(colours[:: max(1, len(colours) // 3000)], np.float32)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 15, 0.5)
    labels = np.zeros((len(points), 1), np.int32)
    _, _, found = cv2.kmeans(points, 6, labels, stop, 2, cv2.KMEANS_PP_CENTERS)
    return floats(found)


def off(lab: Floats, colours: Floats) -> Floats:
    """Return how far each colour of `(H, W, 3)` CIELAB is off the nearest of some."""
    return floats(np.min([np.linalg.norm(lab - colour, axis=2) for colour in colours], axis=0))
