"""Parts of people, animals and cups, told by where they lie on what is known."""

from itertools import combinations
from math import dist

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab
from editthinker.tools.editors.darkroom.likeness import off, palette
from editthinker.tools.images import Pixels
from editthinker.tools.vision.faces import Face
from editthinker.tools.vision.masks import Box, Mask, Part, clean, part_of, split
from editthinker.tools.vision.proposals import Proposal, believed, propose
from editthinker.tools.vision.segmenter import LOW, finely, guesses, segment

_RIMS = 0.1
"""The thickness of the rims of glasses, in distances between the eyes."""

_SURE_OF_GLASSES, _FULL = 0.75, 0.75
"""Score of SAM 2 from which it sees glasses, and share of their box that only a bare face fills."""

_LARGEST_HANDLE, _ALIKE = 0.4, 16.0
"""Share of a cup that its handle and foot may add, and how far their colours may be off its own."""

_BELOW = (0.1, 0.3, 0.5)
"""Where a stand is looked for below a shade, in heights of it."""


def find_glasses(pixels: Pixels, face: Face) -> Floats | None:
    """Return the rims of the glasses on a face, None where it wears none."""
    apart = max(dist(*face.eyes), 4.0)
    x, y = np.mean(face.eyes, axis=0)
    sides = (x - 1.1 * apart, y - 0.45 * apart, x + 1.1 * apart, y + 0.55 * apart)
    height, width = pixels.shape[:2]
    left, top, right, bottom = (round(float(side)) for side in sides)
    box = max(0, left), max(0, top), min(width, right), min(height, bottom)
    masks, scores = guesses(pixels, box=box)
    best = int(np.argmax(scores))
    share = float((masks[best] > 0).mean()) * height * width
    filled = share / max((box[2] - box[0]) * (box[3] - box[1]), 1)
    if scores[best] < _SURE_OF_GLASSES or not 0.15 < filled < _FULL:
        return None
    whole = finely(np.asarray(masks[best], np.float32), pixels)
    size = max(1, round(_RIMS * apart))
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * size + 1, 2 * size + 1))
    return floats(whole * (1 - cv2.erode(whole, shape)))


def find_collar(pixels: Pixels, face: Face) -> list[Part]:
    """Return what lies around the neck under a face: a collar, or the front of a shirt."""
    left, top, right, bottom = face.box
    across = right - left
    most = 1.5 * across * (bottom - top) / (pixels.shape[0] * pixels.shape[1])
    found = []
    for one in propose(pixels):
        x0, y0, x1, y1 = _box(one, pixels)
        own = (x1 - x0) / across
        near = abs((x0 + x1) / 2 - (left + right) / 2) < 0.5 * across
        high = bottom - 0.6 * across < y0 < bottom + 0.5 * across and y1 < bottom + 1.6 * across
        if (
            near
            and high
            and one.area < most
            and 0.35 < own < 2.0
            and not _covers(one, face.nose, pixels)
        ):
            found.append(one)
    best = max(found, key=lambda one: one.score * one.area**0.25, default=None)
    return [] if best is None else [best.part(pixels)]


def find_animal_eyes(pixels: Pixels, animal: Mask) -> list[Part]:
    """Return the two eyes of an animal: two alike round things, side by side on it."""
    pair = _eyes(pixels, animal)
    return [one.part(pixels) for one in sorted(pair, key=lambda one: one.centre[0])]


def find_animal_nose(pixels: Pixels, animal: Mask) -> list[Part]:
    """Return the nose of an animal: what stands out between its eyes and below them."""
    pair = _eyes(pixels, animal)
    if not pair:
        return []
    height, width = pixels.shape[:2]
    (x0, y0), (x1, y1) = ((one.centre[0] * width, one.centre[1] * height) for one in pair)
    apart = dist((x0, y0), (x1, y1))
    middle, down = ((x0 + x1) / 2, (y0 + y1) / 2), np.array((y0 - y1, x1 - x0)) / apart
    down = down if down[1] > 0 else -down
    goal = np.array(middle) + 0.8 * apart * down
    found = []
    for one in propose(pixels):
        away = dist((one.centre[0] * width, one.centre[1] * height), goal) / apart
        small = one.area < 4 * max(eye.area for eye in pair)
        if one not in pair and small and away < 0.6 and one.inside(animal) > 0.8:
            found.append((away - 0.3 * one.score, one))
    best = min(found, key=lambda each: each[0], default=None)
    return [] if best is None else [best[1].part(pixels)]


def _eyes(pixels: Pixels, animal: Mask) -> tuple[Proposal, ...]:
    height, width = pixels.shape[:2]
    size = float(np.sqrt(animal.mean()))
    lab = to_lab(floats(cv2.resize(pixels, (LOW, LOW), interpolation=cv2.INTER_AREA) / 255.0))
    on = [
        one
        for one in propose(pixels)
        if one.area < 0.05 * animal.mean() and one.roundness > 0.7 and one.inside(animal) > 0.8
    ]
    best: tuple[float, tuple[Proposal, ...]] = (0.0, ())
    for one, other in combinations(on, 2):
        small, large = sorted((one.area, other.area))
        points = [(each.centre[0] * width, each.centre[1] * height) for each in (one, other)]
        apart = dist(*points) / (size * (height * width) ** 0.5)
        level = abs(points[0][1] - points[1][1]) < 0.6 * abs(points[0][0] - points[1][0])
        own = [np.median(lab[each.low], axis=0) for each in (one, other)]
        unlike = float(np.linalg.norm(own[0] - own[1]))
        if level and small > 0.35 * large and 0.08 < apart < 0.7 and unlike < 35:
            fit = one.score * other.score * (small / large) ** 0.5 * (1 - unlike / 70)
            fit *= one.roundness * other.roundness
            best = max(best, (fit, (one, other)), key=lambda each: each[0])
    return best[1]


def find_handle(pixels: Pixels, cup: Part) -> list[Part]:
    """Return the handle of a cup: what SAM 2 sees at its rim, or else what sticks out of it."""
    left, top, right, bottom = cup.box
    wide = max(right - left, 1)
    share = float(cup.mask.mean())
    near = np.zeros_like(cup.mask)
    beyond = round(0.3 * wide)
    near[max(0, top - beyond) : bottom + beyond, max(0, left - beyond) : right + beyond] = 1
    lab = to_lab(floats(cv2.resize(pixels, (LOW, LOW), interpolation=cv2.INTER_AREA) / 255.0))
    own = cv2.resize(cup.mask, (LOW, LOW), interpolation=cv2.INTER_AREA) > 0.9
    colours = palette(floats(lab[own]))
    found = []
    for one in propose(pixels):
        x, y = one.centre[0] * pixels.shape[1], one.centre[1] * pixels.shape[0]
        aside = abs(x - (left + right) / 2) / wide
        below = (y - top) / max(bottom - top, 1)
        if (
            0.02 < one.area / share < 0.25
            and one.inside(near) > 0.8
            and (aside > 0.3 or below > 0.7)
        ):
            unlike = float(np.median(off(floats(lab[one.low][None]), colours)))
            found.append((aside + below - unlike / 10, one))
    if found:
        return [max(found, key=lambda each: each[0])[1].part(pixels)]
    size = max(3, round(0.25 * wide)) | 1
    body = clean(cup.mask, size / 2 / min(cup.mask.shape))
    rest = split(floats(np.clip(cup.mask - body, 0, 1)), 0.0)
    return rest[:1] if rest and rest[0].area > 0.02 * cup.area else []


def with_handle(pixels: Pixels, cup: Floats) -> Floats:
    """Return a cup with the handle, and the foot below it, that a detector's box cuts off."""
    body = part_of(cup)
    for handle in find_handle(pixels, body):
        (left, top, right, bottom), own = body.box, handle.box
        box = min(left, own[0]), min(top, own[1]), max(right, own[2]), max(bottom, own[3])
        beyond = float((handle.mask * (1 - cup)).sum())
        if beyond < 0.5 * handle.area or not _of_one_make(pixels, body, handle):
            continue
        whole = segment(pixels, box=box).mask
        holds = float((handle.mask * whole).sum()) > 0.7 * handle.area
        near = float((whole * (1 - cup)).sum()) < _LARGEST_HANDLE * body.area
        cup = np.maximum(cup, whole if holds and near else handle.mask)
    return floats(cup)


def _of_one_make(pixels: Pixels, cup: Part, handle: Part) -> bool:
    """Whether a handle has colours of the cup: a spoon beside it has not."""
    lab = to_lab(floats(pixels / np.float32(255)))
    own, colours = lab[handle.mask > 0.8], lab[cup.mask > 0.8]
    if min(len(own), len(colours)) < 50:
        return False
    return float(np.median(off(floats(own[None]), palette(floats(colours))))) < _ALIKE


def with_stand(pixels: Pixels, shade: Part) -> Part:
    """Return a lamp with the stand below the middle of its shade, where SAM 2 sees one."""
    left, top, right, bottom = shade.box
    high, wide, middle = bottom - top, right - left, (left + right) / 2
    height = len(shade.mask)
    found: list[Proposal] = []
    for down in _BELOW:
        row = bottom + round(down * high)
        if row >= height:
            break
        found += believed(pixels, *guesses(pixels, point=(round(middle), row)))
    stands = []
    for one in found:
        x0, y0, x1, y1 = _box(one, pixels)
        narrow = x1 - x0 < 0.6 * wide and abs((x0 + x1) / 2 - middle) < 0.25 * wide
        below = bottom - 0.6 * high < y0 < bottom + 0.4 * high and y1 > bottom
        if narrow and below and one.area < 0.6 * float(shade.mask.mean()):
            stands.append(one)
    best = max(stands, key=lambda one: one.area, default=None)
    if best is None:
        return shade
    both = np.maximum(shade.mask, best.part(pixels).mask)
    size = max(3, round(0.2 * wide)) | 1
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    # The bulb between them glows, and has the colours of neither.
    between = cv2.morphologyEx(both, cv2.MORPH_CLOSE, shape)
    between[: (top + bottom) // 2] = 0
    between[:, : round(middle - 0.4 * wide)] = between[:, round(middle + 0.4 * wide) :] = 0
    return part_of(floats(np.maximum(both, between)))


def find_drink(pixels: Pixels, cup: Part) -> list[Part]:
    """Return what is in a cup: a round thing in its upper half."""
    share = float(cup.mask.mean())
    left, top, right, bottom = cup.box
    hull = np.zeros_like(cup.mask)
    hull[top:bottom, left:right] = 1
    found = [
        one
        for one in propose(pixels)
        if 0.06 < one.area / share < 0.6
        and one.inside(hull) > 0.95
        and one.roundness > 0.75
        and one.tallness < 1.1
        and one.centre[1] * pixels.shape[0] < top + 0.65 * (bottom - top)
    ]
    best = max(found, key=lambda one: one.score, default=None)
    return [] if best is None else [best.part(pixels)]


def _box(one: Proposal, pixels: Pixels) -> Box:
    height, width = pixels.shape[:2]
    left, top, right, bottom = one.box
    return (
        round(left * width / LOW),
        round(top * height / LOW),
        round(right * width / LOW),
        round(bottom * height / LOW),
    )


def _covers(one: Proposal, point: tuple[float, float], pixels: Pixels) -> bool:
    height, width = pixels.shape[:2]
    x, y = int(point[0] * LOW / width), int(point[1] * LOW / height)
    return bool(one.low[min(max(y, 0), LOW - 1), min(max(x, 0), LOW - 1)])
