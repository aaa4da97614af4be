"""Where the observer sees what the words name.

These are the observer's own eyes: colours by name, position, the rim of the photo, and a detector
or reader where the model pack is there. The darkroom's masks are never asked, so that a wrong mask
does not judge itself. A sight has two parts: what must change, and what may.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.alive import find_alive, find_smiles
from editthinker.graph.thinkers.measures.choice import Choice, half, parts_of, pick
from editthinker.graph.thinkers.measures.dressed import find_dressed
from editthinker.graph.thinkers.measures.lab import Floats, chroma, mean, shrink, to_lab
from editthinker.graph.thinkers.measures.palette import belongs
from editthinker.graph.thinkers.measures.subject import SIDE, find_skin, guess_subject
from editthinker.graph.thinkers.measures.vessels import CORE
from editthinker.graph.thinkers.measures.writing import Words, find_words, ink_in, plane_of
from editthinker.tools.editors.darkroom.colour_things import matching
from editthinker.tools.editors.darkroom.colours import colour_mask
from editthinker.tools.editors.darkroom.target import Target
from editthinker.tools.images import Pixels
from editthinker.tools.vision.detector import find_objects
from editthinker.tools.vision.faces import find_faces
from editthinker.tools.vision.masks import Box

_EYES = 640
"""Longest side that detector and reader look at, in pixels."""

_ELSEWHERE = 0.25
"""Share of a guess at a subject outside of the box of what is recognised from which it is wrong."""

_OWN = 0.2
"""Share of a thing that has the colour that the words give it."""

_GROUND = 0.25
"""Share of the photo from which what has one colour is no thing."""


@dataclass(frozen=True)
class Sight:
    """What the observer sees of a target, soft masks `(H, W)` in [0, 1]."""

    must: Floats
    """What belongs to it for sure."""
    may: Floats
    """What could belong to it."""
    trust: float
    """How far to believe this, in [0, 1]."""
    choice: Choice | None = None
    """Everything that the words could mean, where there are several such things."""
    nameless: bool = False
    """Whether these are only things of the right colour, whatever they are."""
    roomy: bool = False
    """Whether `may` is a box, which the thing does not fill."""
    words: tuple[tuple[Words, ...], ...] = ()
    """What a text says, line by line, for each place where it stands."""
    ink: Floats | None = None
    """The letters of a text without what they stand on, in the size of the photo."""

    def settled(self, changed: Floats) -> "Sight | None":
        """Take the thing that was edited for the one that was meant, where the words allow it.

        Where no thing of the right colour was edited, the one meant may be none of them.
        """
        if self.choice is None or self.choice.meant is not None:
            return self
        edited = self.choice.edited(changed)
        if edited is None:
            return None if self.nameless else self
        return replace(self, must=self.choice.things[edited])


def look(target: Target, source: Pixels, before: Floats) -> Sight | None:
    """Look for a target.

    Args:
        target: What the words name.
        source: The photo, `(H, W, 3) uint8`.
        before: The same as CIELAB, smaller; the sight has its size.

    Returns:
        What was seen; None where these eyes cannot tell.
    """
    seen = _EYES_FOR[target.kind](target, source, before)
    if seen is None or target.kind in _SEVERAL or target.place in ("", "all", "largest"):
        return seen
    side = half(target.place, before.shape)
    return Sight(seen.must * side, seen.may * side, seen.trust)


def _photo(_: Target, __: Pixels, before: Floats) -> Sight | None:
    whole = np.ones(before.shape[:2], np.float32)
    return Sight(whole, whole, 1.0)


def _subject(_: Target, source: Pixels, before: Floats) -> Sight | None:
    small = shrink(source, _EYES)
    faces = find_faces(small) or []
    guess = guess_subject(source, people=bool(faces))
    main = find_alive(small, [box for box, _ in faces])
    if main is not None:
        core, box = (_fit(plane, before) for plane in main)
        # People hold things that lie beyond their box, such as a helmet; animals do not.
        if not faces and takes_ground(_fit(guess.possible, before), box):
            return Sight(np.asarray(core, np.float32), widened(box), 0.9, roomy=True)
        sure = np.maximum(_fit(guess.sure, before) * box, core)
        # What belongs to it may lie beyond its box: a helmet in its arms.
        may = np.maximum(box, _fit(guess.possible, before))
        return Sight(np.asarray(sure, np.float32), widened(may), 0.9, roomy=True)
    if guess.possible.max() < 1:
        return None
    return Sight(_fit(guess.sure, before), widened(_fit(guess.possible, before)), guess.trust)


def takes_ground(guess: Floats, box: Floats) -> bool:
    """Whether a guess at a subject runs out of its box to several sides, as the ground does."""
    rest = guess * (1 - widened(box))
    sides = ((0, slice(None)), (-1, slice(None)), (slice(None), 0), (slice(None), -1))
    beyond = sum(
        float(rest[side].mean()) > 0.1 and float(box[side].mean()) < 0.01 for side in sides
    )
    return beyond > 1 and float(rest.sum()) > _ELSEWHERE * float(guess.sum())


def _background(target: Target, source: Pixels, before: Floats) -> Sight | None:
    return behind(_subject(target, source, before))


def behind(subject: Sight | None) -> Sight | None:
    """Return the background of a subject."""
    if subject is None:
        return None
    # What neither guess took for the subject is background, however much the two differ.
    return Sight(_rest(subject.may), _rest(subject.must), 0.8)


def marked(mark: Floats) -> Sight:
    """Return what a user marked: a thing somewhere in it, and nothing beyond."""
    core = cv2.erode(mark, np.ones((9, 9), np.uint8))
    return Sight(np.asarray(core, np.float32), widened(mark, 0.02), 0.9)


def _sky(_: Target, __: Pixels, before: Floats) -> Sight | None:
    """Follow smooth colours from the upper edge downwards."""
    lab = np.asarray(cv2.GaussianBlur(before, (0, 0), 1.2), np.float32)
    height = lab.shape[0]
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360
    strength, light = chroma(lab), lab[..., 0]
    blue = (hue > 195) & (hue < 330) & (strength > 3)
    likely = blue | ((light > 62) & (strength < 16)) | (light < 14)
    rough = _slope(lab) > 7
    open_air = cv2.morphologyEx(
        (likely & ~rough).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)
    )
    labels = cv2.connectedComponents(open_air, connectivity=4)[1]
    top = labels[: max(2, height // 20)]
    touching = np.unique(top[top > 0])
    sky = np.isin(labels, touching).astype(np.float32)
    # Below the horizon water and pale ground look alike: what is far down is only possible.
    sky[round(0.75 * height) :] = 0
    if sky.mean() < 0.03:
        return None
    inside = lab[sky > 0]
    off = np.linalg.norm(lab - np.median(inside, axis=0), axis=2)
    alike = off < 2.5 * max(float(np.percentile(off[sky > 0], 80)), 6.0)
    must = cv2.erode(sky, np.ones((5, 5), np.uint8))
    may = np.maximum(sky, (alike & likely).astype(np.float32))
    filled = cv2.morphologyEx(may, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    return Sight(np.asarray(must, np.float32), widened(np.asarray(filled, np.float32)), 0.9)


def _ground(_: Target, __: Pixels, before: Floats) -> Sight | None:
    height, width = before.shape[:2]
    must, may = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    must[round(0.93 * height) :] = 1
    may[round(0.3 * height) :] = 1
    return Sight(must, may, 0.4)


def _colour(target: Target, _: Pixels, before: Floats) -> Sight | None:
    every = colour_mask(before, target.name)
    parts = parts_of(every)
    if not parts:
        return None
    must = every if target.place == "all" else parts[pick(parts, target.place)]
    if target.place in ("", "all"):
        allowed = widened(np.maximum(every, 0.6 * belongs(before, target.name)), 0.012)
    else:
        allowed = widened(must, 0.02)
    return Sight(must, allowed, 0.9, _choice(parts, target))


def _choice(things: list[Floats], target: Target) -> Choice | None:
    """Return what the words leave open, or pick out of several things."""
    if len(things) < 2 or target.place == "all":
        return None
    return Choice(tuple(things), pick(things, target.place) if target.place else None)


def _face(target: Target, source: Pixels, before: Floats) -> Sight | None:
    found = find_faces(shrink(source, _EYES))
    if found is not None:
        return _boxed([box for box, _ in found], target, source, before)
    small = shrink(source, SIDE)
    skin = find_skin(np.asarray(cv2.GaussianBlur(to_lab(small), (0, 0), 1.2), np.float32))
    if skin is None:
        return None
    core = cv2.erode(_fit(skin, before), np.ones((7, 7), np.uint8))
    return Sight(np.asarray(core, np.float32), widened(_fit(skin, before), 0.05), 0.6)


def _object(target: Target, source: Pixels, before: Floats) -> Sight | None:
    if target.name == "teeth":
        return _teeth(source, before)
    found = find_objects(shrink(source, _EYES))
    named = [thing.box for thing in found or [] if thing.name == target.name]
    if named:
        own = matching(before, target.colour) if target.colour else None
        others = [thing.box for thing in found or [] if thing.name != target.name]
        seen = _boxed(named, target, source, before, own)
        if seen is not None and len(named) == 1:
            seen = _uncovered(seen, named[0], others, source, before)
        if seen is None or own is None:
            return seen
        # A red cup: not the coffee in it.
        return replace(seen, must=seen.must * own, may=seen.may * widened(own, 0.03))
    if worn := find_dressed(shrink(source, _EYES), target.name):
        own = matching(before, target.colour) if target.colour else None
        return _boxed(worn, target, source, before, own)
    if target.colour:
        return _coloured(target, source, before)
    # Without a detector somebody is whom the photo shows.
    return _subject(target, source, before) if target.name == "person" and found is None else None


def _teeth(source: Pixels, before: Floats) -> Sight | None:
    smiles = find_smiles(shrink(source, _EYES))
    if smiles is None:
        return None
    teeth, mouths = (_fit(plane, before) for plane in smiles)
    return Sight(teeth, widened(mouths), 0.7)


def _coloured(target: Target, source: Pixels, before: Floats) -> Sight | None:
    """Look for a thing that nothing recognises by its colour; None where that tells too little."""
    parts = parts_of(colour_mask(before, target.colour))
    # Before a ground of its own colour, and among others, a thing cannot be told by its colour.
    if any(_is_ground(part) for part in parts):
        return None
    seen = _colour(Target("colour", target.colour, target.place), source, before)
    if seen is None or len(parts) < 2 or target.place == "all":
        return seen
    side = half(target.place, before.shape)
    fits = [part for part in parts if mean(side, part) > 0.5] or parts
    if len(fits) < 2:
        return seen
    every = np.max(fits, axis=0)
    return Sight(
        fits[pick(fits, target.place)], widened(every, 0.02), 0.9, Choice(tuple(fits), None), True
    )


def _is_ground(part: Floats) -> bool:
    """Whether a part of one colour runs along two sides of the photo, or fills much of it."""
    sides = (part[:2], part[-2:], part[:, :2], part[:, -2:])
    return sum(float(side.max()) > 0.5 for side in sides) > 1 or float(part.mean()) > _GROUND


def _text(target: Target, source: Pixels, before: Floats) -> Sight | None:
    found = find_words(source, target.name)
    if not found:
        return None
    planes = [
        _fit(plane_of([one.corners for one in place], source.shape), before) for place in found
    ]
    choice = _choice(planes, target) if target.place else None  # else all of it is one text
    seen = np.max(planes, axis=0) if choice is None else planes[pick(planes, target.place)]
    meant = found if choice is None else [found[pick(planes, target.place)]]
    ink = ink_in(source, [words for place in meant for words in place])
    return Sight(seen, widened(seen, 0.03), 1.0, choice, words=tuple(map(tuple, meant)), ink=ink)


def _marked(_: Target, __: Pixels, ___: Floats) -> Sight | None:
    return None


_EYES_FOR: Mapping[str, Callable[[Target, Pixels, Floats], Sight | None]] = {
    "photo": _photo,
    "subject": _subject,
    "background": _background,
    "sky": _sky,
    "ground": _ground,
    "colour": _colour,
    "face": _face,
    "object": _object,
    "text": _text,
    "marked": _marked,
}

_SEVERAL = frozenset({"colour", "text", "face", "object"})
"""Kinds of which there may be several; for the others a place means a half."""


def _boxed(
    boxes: list[Box], target: Target, source: Pixels, before: Floats, own: Floats | None = None
) -> Sight | None:
    """Turn boxes of `source` shrunk to `_EYES` into a sight: the middle must, the box may.

    Where the words give a colour, `own`, the thing that has most of it is meant.
    """
    if not boxes:
        return None
    height, width = shrink(source, _EYES).shape[:2]
    planes = []
    for left, top, right, bottom in boxes:
        core = np.zeros((height, width), np.float32)
        middle = ((left + right) / 2, (top + bottom) / 2)
        cv2.ellipse(core, (middle, (CORE * (right - left), CORE * (bottom - top)), 0), 1, -1)
        planes.append(_fit(core, before))
    choice = _choice(planes, target)
    if choice and choice.meant is None and own is not None:
        coloured = [mean(own, plane) for plane in planes]
        others = [index for index in np.argsort(coloured)[::-1][1:] if coloured[index] > _OWN]
        if not others and max(coloured) > 0.2 * _OWN:
            choice = choice._replace(meant=int(np.argmax(coloured)))
    if target.place == "all":
        must = np.max(planes, axis=0)
    else:
        meant = choice.meant if choice else None
        must = planes[pick(planes, target.place) if meant is None else meant]
    whole = np.zeros((height, width), np.float32)
    for box, plane in zip(boxes, planes, strict=True):
        if plane is must or target.place == "all" or not choice or choice.meant is None:
            left, top, right, bottom = (max(0, int(edge)) for edge in box)
            whole[top:bottom, left:right] = 1
    may = widened(_fit(whole, before), 0.03)
    return Sight(np.asarray(must, np.float32), may, 0.9, choice, roomy=True)


def _uncovered(seen: Sight, own: Box, others: list[Box], source: Pixels, before: Floats) -> Sight:
    """Leave out what stands on a thing where that covers its middle: the cup on a table."""
    height, width = shrink(source, _EYES).shape[:2]
    bare, upon = (np.zeros((height, width), np.float32) for _ in range(2))
    for plane, boxes in ((bare, [own]), (upon, others)):
        for left, top, right, bottom in (tuple(max(0, int(edge)) for edge in b) for b in boxes):
            inner = (right - left) * (bottom - top) < 0.8 * (own[2] - own[0]) * (own[3] - own[1])
            if plane is bare or inner:
                plane[top:bottom, left:right] = 1
    over = _fit(upon, before)
    if float((seen.must * over).sum()) < 0.3 * float(seen.must.sum()):
        return seen
    rest = cv2.erode(_fit(bare * (1 - upon), before), np.ones((5, 5), np.uint8))
    return replace(seen, must=np.asarray(rest, np.float32)) if rest.sum() > 20 else seen


def _rest(mask: Floats) -> Floats:
    return np.asarray(1 - mask, np.float32)


def widened(mask: Floats, share: float = 0.015) -> Floats:
    """Return a mask grown by a share of the photo's side."""
    size = 2 * max(1, round(share * min(mask.shape))) + 1
    return np.asarray(cv2.dilate(mask, np.ones((size, size), np.uint8)), np.float32)


def _slope(lab: Floats) -> Floats:
    steps = [cv2.Sobel(lab, cv2.CV_32F, *way) / 4 for way in ((1, 0), (0, 1))]
    return np.asarray(np.sqrt(sum((step**2).sum(axis=2) for step in steps)), np.float32)


def _fit(mask: Floats, before: Floats) -> Floats:
    height, width = before.shape[:2]
    return np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
