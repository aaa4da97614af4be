"""Things that no model knows by name, told by how they look among all that a photo shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.anatomy import with_stand
from editthinker.tools.editors.darkroom.colours import colour_mask
from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab
from editthinker.tools.editors.darkroom.looks import Look, looks
from editthinker.tools.editors.darkroom.scenery import find_sky
from editthinker.tools.editors.darkroom.target import SIDES, Place
from editthinker.tools.images import Pixels
from editthinker.tools.vision.masks import Box, Part, part_of, split
from editthinker.tools.vision.proposals import Proposal, believed, propose, propose_in, shared
from editthinker.tools.vision.segmenter import LOW, guesses

_ON, _APART = 0.7, 0.35
"""Shares that must lie on the main thing of a photo, or may at most."""

_NEARLY = 0.4
"""Share of the best fit from which another thing goes by the name as well."""

_INSIDE = 0.8
"""Share of a thing inside another one from which it is a part of that one."""

_MOST = 12
"""Things that may go by one name."""

_SMALL = 0.06
"""Share of the photo up to which a thing may be missed at first."""

_TAKEN = 0.6
"""Overlap of boxes from which something is what the detector calls it."""

_NARROW, _STICKS_OUT = 0.1, 0.04
"""Shares of a photo's width and height: what is narrower and reaches further up."""

_FAINTLY, _STRONGLY = 8.0, 40.0
"""Difference in grey, 0 to 255, of a thing in the haze, and of bars before a rough ground."""

_SEEN_BEFORE_SKY = 5.0

_ASKED = 0.6
"""Score from which SAM 2 is believed about a thing that was seen without it."""

_COLOURED = 0.2
"""Share of a thing that one of its colours must cover."""


def find_looking(
    pixels: Pixels,
    look: Look,
    main: Floats | None,
    colour: str,
    taken: Sequence[Box] = (),
    place: Place = "",
) -> list[Part]:
    """Return the things of a photo that look so, the best fit first.

    Args:
        pixels: `(H, W, 3) uint8`.
        look: What is looked for.
        main: The mask of the photo's main thing; None where there is none.
        colour: The name of a colour that they must have; empty for any.
        taken: Where things are that go by other names.
        place: The side or corner where they lie; there is looked more closely for small ones.
    """
    for other in look.like:
        if found := find_looking(pixels, looks()[other], main, colour, taken, place):
            return [with_stand(pixels, part) for part in found] if look.stand else found
    if look.like:
        return []
    found = [one.part(pixels) for one in _likely(pixels, look, main, colour, taken, place)[:_MOST]]
    return [_joined(found)] if look.joined and found else found


def looks_so(pixels: Pixels, mask: Floats, look: Look) -> bool:
    """Return whether the thing in a mask looks so, wherever it lies."""
    each_look = [looks()[other] for other in look.like] or [look]
    small = cv2.resize(mask, (LOW, LOW), interpolation=cv2.INTER_AREA) > 0.5
    return any(
        shared(one.low, np.asarray(small)) > 0.5
        for each in each_look
        for one in _likely(pixels, replace(each, apart=False, on=False), None, "")
    )


def _likely(
    pixels: Pixels,
    look: Look,
    main: Floats | None,
    colour: str,
    taken: Sequence[Box] = (),
    place: Place = "",
) -> list[Proposal]:
    if look.on and main is None:
        return []
    scene = _Scene.of(pixels, main)
    spikes = _against_sky(pixels) if look.skyline else []
    seen = [*propose(pixels), *spikes]
    if place in SIDES and look.size[1] <= _SMALL:
        seen += propose_in(pixels, _corner(pixels, place))
    if look.bars:
        seen = thin_things(pixels, main)
    free = [one for one in seen if not any(_is_taken(one, box, look) for box in taken)]
    if place in SIDES:
        free = [one for one in free if _lies(one, place)]
    # What stands against the sky is meant before what only has that shape.
    fits = [
        (scene.fit(one, look, colour) * (_SEEN_BEFORE_SKY if one in spikes else 1), one)
        for one in free
    ]
    best = max((fit for fit, _ in fits), default=0.0)
    likely = [one for fit, one in sorted(fits, key=lambda each: -each[0]) if fit > _NEARLY * best]
    return [one for one in likely if not any(_part_of(one, other) for other in likely)]


def _corner(pixels: Pixels, place: Place) -> Box:
    """Return the third of a photo on a side, or its corner."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = 0, 0, width, height
    for side in place.split():
        left = 2 * width // 3 if side == "right" else left
        right = width // 3 if side == "left" else right
        top = 2 * height // 3 if side == "bottom" else top
        bottom = height // 3 if side == "top" else bottom
    return left, top, right, bottom


def _lowered(mask: Floats) -> Floats:
    return floats(cv2.resize(mask, (LOW, LOW), interpolation=cv2.INTER_AREA))


def _joined(parts: list[Part]) -> Part:
    """Return the first part with all that touches it, one after the other."""
    whole, rest = parts[0].mask, parts[1:]
    size = max(3, round(0.02 * min(whole.shape))) | 1
    while near := [
        part for part in rest if (cv2.dilate(whole, np.ones((size, size))) * part.mask).max() > 0.5
    ]:
        whole = np.maximum(whole, np.max([part.mask for part in near], axis=0))
        rest = [part for part in rest if part not in near]
    return part_of(floats(whole))


def _against_sky(pixels: Pixels) -> list[Proposal]:
    """Return the narrow things that stand against the sky, even those of nearly its colour."""
    sky = find_sky(pixels)
    if sky is None:
        return []
    size = 2 * round(_NARROW / 2 * sky.shape[1]) + 1
    near = cv2.dilate(sky, np.ones((5, 5), np.uint8)) > 0.5
    stands = floats((_off_ground(pixels, size) > _FAINTLY) & near)
    # The skyline is wide: what stands on it is narrow.
    wide = cv2.morphologyEx(stands, cv2.MORPH_OPEN, np.ones((1, size // 2), np.uint8))
    narrow = cv2.morphologyEx(floats(stands - wide), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return _asked(pixels, floats(narrow))


def thin_things(pixels: Pixels, main: Floats | None) -> list[Proposal]:
    """Return what is made of thin bars, beside the main thing."""
    size = 2 * round(_NARROW / 2 * pixels.shape[1]) + 1
    strong = floats(_off_ground(pixels, size) > _STRONGLY)
    if main is not None:
        strong = floats(strong * (cv2.dilate(main, np.ones((9, 9), np.uint8)) < 0.5))
    return _asked(pixels, floats(cv2.morphologyEx(strong, cv2.MORPH_CLOSE, np.ones((5, 5)))))


def _off_ground(pixels: Pixels, size: int) -> Floats:
    """Return how far the grey of each pixel, 0 to 255, is off what lies around."""
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    return floats(cv2.absdiff(grey, cv2.medianBlur(grey, max(3, min(size, 255)))))


def _asked(pixels: Pixels, mask: Floats) -> list[Proposal]:
    """Ask SAM 2 about the boxes of what stands upright in a mask."""
    height, width = mask.shape
    found: list[Proposal] = []
    for part in split(mask, 0.0005, 0.02)[:5]:
        left, top, right, bottom = part.box
        if bottom - top > max(_STICKS_OUT * height, 1.2 * (right - left)):
            box = max(0, left - 3), max(0, top - 3), min(width, right + 3), min(height, bottom + 3)
            found += believed(pixels, *guesses(pixels, box=box), least=_ASKED)
    return found


def _lies(one: Proposal, place: Place) -> bool:
    """Whether the middle of a thing lies on a side of the photo, or well in its corner."""
    x, y = one.centre
    off = {"left": x, "right": 1 - x, "top": y, "bottom": 1 - y}
    sides = place.split()
    return all(off[side] < (0.55 if len(sides) == 1 else 0.42) for side in sides)


def _is_taken(one: Proposal, box: Box, look: Look) -> bool:
    """Whether a thing is what goes by another name, or lies on it where it must not."""
    if _overlap(one, box) > _TAKEN:
        return True
    height, width = one.size
    left, top, right, bottom = (np.array(box) * np.array((LOW / width, LOW / height) * 2)).tolist()
    if not look.apart or (right - left) * (bottom - top) > 0.25 * LOW * LOW:
        return False
    inside = one.low[int(top) : int(bottom) + 1, int(left) : int(right) + 1].sum()
    return bool(inside > _INSIDE * one.low.sum())


def _overlap(one: Proposal, box: Box) -> float:
    """Return intersection over union of boxes."""
    height, width = one.size
    scale = np.array((LOW / width, LOW / height) * 2)
    own, other = np.array(one.box), np.array(box) * scale
    sides = np.maximum(np.minimum(own[2:], other[2:]) - np.maximum(own[:2], other[:2]), 0)
    areas = np.prod(own[2:] - own[:2]) + np.prod(other[2:] - other[:2])
    return float(np.prod(sides) / max(areas - np.prod(sides), 1))


def _part_of(one: Proposal, other: Proposal) -> bool:
    inside = float((one.low & other.low).sum() / max(one.low.sum(), 1))
    return one is not other and one.area < other.area and inside > _INSIDE


@dataclass(frozen=True)
class _Scene:
    """A photo, small and square, as the proposals see it."""

    lab: Floats
    rough: Floats
    main: Floats | None
    masks: dict[str, Floats] = field(default_factory=dict)

    @classmethod
    def of(cls, pixels: Pixels, main: Floats | None) -> "_Scene":
        small = cv2.resize(pixels, (LOW, LOW), interpolation=cv2.INTER_AREA)
        lab = to_lab(floats(small / np.float32(255)))
        rough = np.abs(cv2.Laplacian(cv2.GaussianBlur(lab[..., 0], (0, 0), 0.8), cv2.CV_32F))
        return cls(lab, floats(rough), None if main is None else _lowered(main))

    def fit(self, one: Proposal, look: Look, colour: str) -> float:
        """Return how well a proposal fits, 0 where it does not."""
        inside = 0.0 if self.main is None else float(self.main[one.low].mean())
        if (look.on and inside < _ON) or (look.apart and inside > _APART):
            return 0.0
        if look.free and one.sides & {"left", "right"}:
            return 0.0
        own = self.lab[one.low]
        usual, chroma = np.median(own, axis=0), np.hypot(own[:, 1], own[:, 2])
        hue = float(np.degrees(np.arctan2(usual[2], usual[1])) % 360)
        limits = (
            (one.area, look.size),
            (one.tallness, look.tall),
            (1 / max(one.tallness, 1e-3), look.wide),
            (one.centre[1], look.rows),
            (hue, look.hues),
        )
        least = (
            (one.roundness, look.round),
            (one.solidity, look.solid),
            (float(np.percentile(chroma, 75)), look.chroma),
            (float(usual[0]), look.light),
            (-float(usual[0]), -look.dark),
            (-float(np.median(chroma)), -look.pale),
            (float(own.std(axis=0).sum()), look.varied),
        )
        if not all(low <= value <= high for value, (low, high) in limits):
            return 0.0
        if not all(value >= limit for value, limit in least):
            return 0.0
        if colour and self._covered(one, colour) < _COLOURED:
            return 0.0
        if look.colours and max(self._covered(one, name) for name in look.colours) < _COLOURED:
            return 0.0
        texture = float(self.rough[one.low].mean())
        if (look.rough and texture < 1.5) or (look.smooth and texture > 2.5):
            return 0.0
        shine = self._stands_out(one, bright=look.bright)
        if look.bright and shine < 12:
            return 0.0
        return float(one.score * (shine + 5) * one.area**0.5)

    def _covered(self, one: Proposal, colour: str) -> float:
        if colour not in self.masks:
            self.masks[colour] = colour_mask(self.lab, colour)
        return float(self.masks[colour][one.low].mean())

    def _stands_out(self, one: Proposal, *, bright: bool) -> float:
        """Return how far its colour is off that of what lies around it."""
        low = one.low.astype(np.uint8)
        near = cv2.dilate(low, np.ones((3, 3), np.uint8))
        ring = cv2.dilate(low, np.ones((15, 15), np.uint8)) - near
        if not ring.any():
            return 0.0
        own, around = (np.median(self.lab[mask > 0], axis=0) for mask in (low, ring))
        return float(own[0] - around[0] if bright else np.linalg.norm(own - around))
