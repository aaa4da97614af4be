"""The subject of a photo with the model pack: what is recognised or stands out, outlined."""

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.images import Pixels
from editthinker.tools.vision.detector import Found, find_objects
from editthinker.tools.vision.masks import Box, fill_holes, part_of
from editthinker.tools.vision.proposals import Proposal, propose
from editthinker.tools.vision.segmenter import LOW, segment

SETTINGS = frozenset({"dining table", "bed", "couch", "bench", "refrigerator", "tv", "boat"})
"""Kinds that other things stand on or in, or that walls are taken for."""

_LEAST, _MOST = 0.02, 0.75
"""Shares of the photo that a subject may take up."""

_LARGE = 0.15
"""Share of the photo from which a thing that reaches its rim may be the subject."""

_AGREEMENT = 0.45
"""Overlap from which an outline counts as that of the guess it started from."""

_SURE, _WITHIN = 0.8, 0.8
"""Score of SAM 2 of what may belong to the main thing, and share of it in the guess."""

_BESIDE, _GAP = 5, 0.07
"""Pixels within which things touch, and share of the photo's side that may lie between them."""

_ALONG, _WIDE = 0.1, 0.25
"""Share of a side of the photo along which the ground runs out of it, and its size as a share of
that of the thing on it."""

_SPECK = 0.001
"""Share of the photo below which a patch that is left out of a thing is none of the background."""

_POINTS = ((0.5, 0.5), (0.5, 0.62), (0.5, 0.38), (0.38, 0.5), (0.62, 0.5))


def outline_subject(pixels: Pixels, guess: Floats | None) -> Floats | None:
    """Return the mask of the subject of `(H, W, 3) uint8` pixels, or None if there is no clear one.

    Args:
        pixels: The photo.
        guess: Where it is by colour and place, if that could be told.
    """
    main = _main_thing(find_objects(pixels) or [], pixels.shape)
    if main is not None:
        mask = _whole(segment(pixels, box=main.box).mask)
        if mask.mean() >= _LEAST:
            return _joined(pixels, mask, guess)
    if guess is not None and guess.max() > 0.5:
        mask = segment(pixels, box=part_of(guess).box).mask
        if overlap(mask, guess) >= _AGREEMENT:
            return mask
        return guess
    return _central(pixels)


def overlap(one: Floats, other: Floats) -> float:
    """Return intersection over union of two masks."""
    both = np.minimum(one, other).sum()
    return float(both / max(np.maximum(one, other).sum(), 1e-6))


def _main_thing(found: list[Found], shape: tuple[int, ...]) -> Found | None:
    """Return the largest thing near the middle that can be a subject."""
    things = [thing for thing in found if thing.name not in SETTINGS]
    return max(things, key=lambda thing: _weight(thing.box, shape), default=None)


def _weight(box: Box, shape: tuple[int, ...]) -> float:
    height, width = shape[:2]
    area = (box[2] - box[0]) * (box[3] - box[1]) / (width * height)
    x, y = (box[0] + box[2]) / 2 / width - 0.5, (box[1] + box[3]) / 2 / height - 0.5
    return float(area**0.5 * np.exp(-2 * (x * x + 0.5 * y * y)))


def _whole(mask: Floats) -> Floats:
    """Fill specks of background, also those along the frame, where SAM 2 sees patterns in fur."""
    beyond = cv2.erode((mask < 0.5).astype(np.uint8), np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(beyond)
    large = stats[:, cv2.CC_STAT_AREA] > _SPECK * mask.size
    large[0] = False
    free = cv2.dilate(large[labels].astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    return floats(np.where(free, mask, np.maximum(mask, mask.max())))


def _joined(pixels: Pixels, mask: Floats, guess: Floats | None) -> Floats:
    """Add what belongs to the main thing, as the saucer to a cup: what SAM 2 sees in the guess.

    The guess itself has no outline to be trusted, and takes in what only looks alike.
    """
    if guess is None:
        return mask
    inside = float(np.minimum(mask, guess).sum() / max(mask.sum(), 1))
    share = float(mask.sum() / max(guess.sum(), 1))
    if inside <= 0.9 or not 0.3 < share < 0.9:
        return mask
    parts = [
        one.part(pixels).mask
        for one in propose(pixels)
        if one.score > _SURE and one.inside(guess) > _WITHIN
    ]
    parts = [part for part in parts if not runs_out(part, mask)]
    whole = mask
    for _ in range(2):  # what touches the thing, and what touches that
        near = cv2.dilate(whole, np.ones((_BESIDE, _BESIDE), np.uint8))
        added = [part for part in parts if float((part * near).sum()) > 0.0]
        whole = floats(np.max([mask, *added], axis=0))
    if whole is mask or not any((part * (1 - mask)).any() for part in added):
        return mask
    # What lies between them, such as a shadow, is no background either.
    size = round(_GAP * min(mask.shape)) | 1
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    between = cv2.morphologyEx(whole, cv2.MORPH_CLOSE, shape)
    return floats(np.maximum(whole, np.minimum(fill_holes(floats(between), 0.03), guess)))


def runs_out(part: Floats, thing: Floats) -> bool:
    """Whether a part is what a thing stands on or before: it reaches sides where the thing is not.

    A saucer is held by the photo, a helmet in somebody's arms is cut off by one side of it; the
    ground and a wall run out on several.
    """
    sides = ((0, slice(None)), (-1, slice(None)), (slice(None), 0), (slice(None), -1))
    beyond = sum(
        float(part[side].mean()) > _ALONG and float(thing[side].mean()) < 0.01 for side in sides
    )
    return beyond > 1 and float(part.sum()) > _WIDE * float(thing.sum())


def _central(pixels: Pixels) -> Floats | None:
    """Return the outline that most points around the middle agree on, or one that SAM 2 is sure of.

    An animal that fills the photo reaches its rim; it is told from a background by being one solid
    thing around the middle.
    """
    height, width = pixels.shape[:2]
    best, most = None, 1
    masks = [segment(pixels, point=(int(x * width), int(y * height))).mask for x, y in _POINTS]
    for mask in masks:
        votes = sum(overlap(mask, other) > 0.7 for other in masks)
        if _LEAST <= mask.mean() <= _MOST and votes > most and _off_the_rim(mask):
            best, most = mask, votes
    if best is not None:
        return best
    sure = [one for one in propose(pixels) if _is_main(one)]
    main = max(sure, key=lambda one: one.score * one.area**0.5, default=None)
    return None if main is None else main.part(pixels).mask


def _is_main(one: Proposal) -> bool:
    """Whether SAM 2 is sure of one large solid thing that lies around the middle."""
    x, y = one.centre
    large = _LARGE <= one.area <= _MOST and one.solidity > 0.75
    middle = float(one.low[LOW // 3 : -LOW // 3, LOW // 3 : -LOW // 3].mean()) > 0.5
    return one.score > 0.93 and large and middle and abs(x - 0.5) < 0.25 and abs(y - 0.5) < 0.25


def _off_the_rim(mask: Floats) -> bool:
    """Whether the mask is no background: it holds little of the upper corners."""
    height, width = mask.shape
    y, x = max(1, height // 10), max(1, width // 10)
    return float(max(mask[:y, :x].mean(), mask[:y, -x:].mean())) < 0.5
