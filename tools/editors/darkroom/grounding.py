"""From words to a region: where in a photo a target is."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.colour_things import coloured_things, colours_in
from editthinker.tools.editors.darkroom.held import find_held
from editthinker.tools.editors.darkroom.letters import known_lines, letters_in
from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.editors.darkroom.likeness import look_alikes
from editthinker.tools.editors.darkroom.naming import find_face, find_named
from editthinker.tools.editors.darkroom.region import find_subject
from editthinker.tools.editors.darkroom.rows import pick
from editthinker.tools.editors.darkroom.scenery import find_ground, find_sky
from editthinker.tools.editors.darkroom.spread import find_whole_spread
from editthinker.tools.editors.darkroom.target import SIDES, Kind, Place, Target
from editthinker.tools.editors.darkroom.written import find_text, text_mask
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.images import Pixels
from editthinker.tools.recent import Recent
from editthinker.tools.vision.detector import find_objects, finds_objects
from editthinker.tools.vision.faces import finds_faces
from editthinker.tools.vision.masks import Order, Part, first, part_of, split
from editthinker.tools.vision.reader import can_read
from editthinker.tools.vision.segmenter import outlines_with_model

_CACHE_BYTES = 32 * 2**20

_LARGE = 0.08
"""Share of the photo of a main thing from which others of its kind can be told."""

_LINES = 4
"""Lines of text from which a photo is one of a page."""

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class Grounded:
    """Where a target is."""

    mask: Floats
    """`(H, W)` in [0, 1], soft along the outline."""
    note: str = ""
    """A sentence about what was guessed or chosen; empty where there was no doubt."""
    count: int = 1
    """How many things fit the words; one was taken, unless all were asked for."""
    guessed: bool = False
    """Whether nothing here knows the name, so that the main thing in the photo was taken."""


_RECENT: Recent[Grounded] = Recent(_CACHE_BYTES, lambda grounded: grounded.mask.nbytes)


def ground(target: Target, pixels: Pixels, mark: Floats | None = None) -> Grounded:
    """Find a target in a photo; the same photo and target are looked for once.

    Args:
        target: What to find.
        pixels: `(H, W, 3 or 4) uint8`; a transparent photo's subject is what is opaque.
        mark: What the user marked, `(H, W)` in [0, 1]; None for nothing.

    Raises:
        EditRefusedError: if it is not there, naming what is.
    """
    if target.kind == "marked":
        return _marked(pixels, mark)
    digest = hashlib.sha256(np.ascontiguousarray(pixels).data).hexdigest()
    name = f"{digest} {pixels.shape} {target!r} {_means()}"
    grounded = _RECENT.get(name)
    if grounded is None:
        grounded = _within(_FINDERS[target.kind](target, pixels), target)
        grounded.mask.flags.writeable = False
        _RECENT.put(name, grounded)
    return grounded


def _means() -> str:
    """Name the models that are there: what they find is not what is found without them."""
    there = (outlines_with_model(), finds_objects(), finds_faces(), can_read())
    return " ".join(map(str, there))


def _marked(pixels: Pixels, mark: Floats | None) -> Grounded:
    if mark is None:
        raise EditRefusedError("nothing is marked; mark it with --box, --point or --mask")
    if mark.shape != pixels.shape[:2]:
        raise EditRefusedError(
            f"the mask is {mark.shape[1]} x {mark.shape[0]} pixels, the photo "
            f"{pixels.shape[1]} x {pixels.shape[0]}; they must be of one size"
        )
    if mark.max() <= 0.5:
        raise EditRefusedError("the mask is black everywhere; white is where the edit may happen")
    return Grounded(mark)


def _photo(target: Target, pixels: Pixels) -> Grounded:
    return Grounded(np.ones(pixels.shape[:2], np.float32))


def _subject(target: Target, pixels: Pixels) -> Grounded:
    subject = find_subject(pixels)
    note = "" if subject.clear else "Could not tell the subject; took an oval in the middle."
    return Grounded(subject.mask, note)


def _background(target: Target, pixels: Pixels) -> Grounded:
    subject = _subject(target, pixels)
    paper = _paper(pixels) if subject.note else None
    if paper is not None:
        return Grounded(paper, "Took the paper behind the letters for the background.")
    several = _fellows(pixels, None if subject.note else subject.mask)
    if several is not None:
        return Grounded(floats(1 - several))
    held = None if subject.note else _held(pixels, subject.mask)
    front = subject.mask if held is None else np.maximum(subject.mask, held)
    return Grounded(floats(1 - front), subject.note)


def _held(pixels: Pixels, main: Floats) -> Floats | None:
    """Return what the main thing stands at, which is no background: a tripod."""
    photo = _opaque(pixels)
    return find_held(photo, main) if photo.shape == pixels.shape else None


def _paper(pixels: Pixels) -> Floats | None:
    """Return what the letters of a page stand on; None where a photo shows no page."""
    photo = _opaque(pixels)
    corners = [tuple((float(x), float(y)) for x, y in line.corners) for line in known_lines(photo)]
    if len(corners) < _LINES:
        return None
    text = np.max([text_mask(photo.shape[:2], line) for line in corners], axis=0)
    return floats(1 - letters_in(photo, floats(text)))


def _fellows(pixels: Pixels, main: Floats | None) -> Floats | None:
    """Return the main thing with others of its kind, which are no background: a second flower."""
    photo = _opaque(pixels)
    if photo.shape != pixels.shape or not outlines_with_model() or find_objects(photo):
        return None
    if spread := find_whole_spread(photo):
        return floats(np.max([part.mask for part in spread], axis=0))
    if main is None or main.mean() < _LARGE:
        return None
    alike = [part for part in look_alikes(photo, part_of(main)) if part.area > 0.05 * main.sum()]
    return floats(np.max([main, *(part.mask for part in alike)], axis=0)) if alike else None


def _sky(target: Target, pixels: Pixels) -> Grounded:
    mask = find_sky(_opaque(pixels))
    if mask is None:
        raise EditRefusedError("no sky can be told along the top of this photo")
    return Grounded(mask)


def _ground(target: Target, pixels: Pixels) -> Grounded:
    subject = find_subject(pixels)
    photo, sky = _opaque(pixels), find_sky(_opaque(pixels))
    mask = find_ground(photo, sky, subject.mask if subject.clear else None)
    if mask is None and sky is not None and (sky.max(axis=0) > 0.5).mean() > 0.9:
        # Under a wide sky, what was taken for the subject is the land itself.
        mask = find_ground(photo, sky, None)
    if mask is None:
        raise EditRefusedError("no ground can be told along the lower edge of this photo")
    return Grounded(mask)


def _colour(target: Target, pixels: Pixels) -> Grounded:
    parts = coloured_things(_opaque(pixels), target.name)
    if not parts:
        raise EditRefusedError(
            f"there is no {target.name} thing in this photo; it has "
            f"{_listed(colours_in(_opaque(pixels)))}"
        )
    return choose(parts, target)


def _text(target: Target, pixels: Pixels) -> Grounded:
    found = find_text(_opaque(pixels), target.name, placed=bool(target.place))
    if found.one and target == Target("text"):  # "the text" of a page is all of it
        target = replace(target, place="all")
    return _noted(choose(found.parts, target), found.note)


def _face(target: Target, pixels: Pixels) -> Grounded:
    parts, note = find_face(_opaque(pixels))
    return _noted(choose(_behind(parts, target, pixels), target), note)


def _object(target: Target, pixels: Pixels) -> Grounded:
    photo = _opaque(pixels)
    parts, note, by = find_named(photo, target.name, target.colour, target.place)
    main = by in ("signs", "guess")
    if target.behind:
        parts = _behind(parts, target, pixels)
    if len(parts) == 1 and target.place in SIDES | {"smallest"}:
        if main:  # there may be more of the same
            several = [*split(parts[0].mask, 0.002, 0.04), *look_alikes(photo, parts[0])]
            parts = several or parts
            if len(parts) > 1:  # the place picks out one of several, which is more than a guess
                note = f"Took the {target.place} one of {len(parts)} things alike for it."
        if len(parts) == 1 and not _lies(parts[0], target.place):
            raise EditRefusedError(
                f"the only {target.name} that can be found does not lie on the {target.place} of "
                "this photo; leave the place out, or mark it with --box or --mask"
            )
    if by == "look" and target.place in SIDES:
        parts = [part for part in parts if _lies(part, target.place)]
        if not parts:
            raise EditRefusedError(
                f"nothing on the {target.place} of this photo looks like a {target.name}; mark it "
                "with --box or --mask"
            )
    if main and len(parts) == 1 and target.place in ("", "all"):
        more = look_alikes(photo, parts[0])
        if target.place == "all":
            parts = [*parts, *more]
            more = []
        more = [*split(parts[0].mask, 0.002, 0.04)[1:], *more]
        if more := [part for part in more if part.area > 0.1 * parts[0].area]:
            place = _sides([parts[0], *more], parts[0])[0]
            one = replace(target, place=place).phrase()
            note += f" There may be more than one; say '{one}' for one of them."
    return replace(_noted(choose(parts, target), note), guessed=by == "guess")


_FINDERS: Mapping[Kind, Callable[[Target, Pixels], Grounded]] = {
    "photo": _photo,
    "background": _background,
    "subject": _subject,
    "sky": _sky,
    "ground": _ground,
    "colour": _colour,
    "text": _text,
    "face": _face,
    "object": _object,
}

_ONE_OF = frozenset({"colour", "text", "face", "object"})
"""Kinds of which a photo may show several; for the others a place means a half."""


def choose(parts: Sequence[Part], target: Target) -> Grounded:
    """Take the part that the target's place names, or the largest with a note."""
    if target.row or target.number:
        parts = pick(parts, target)
    if target.side:
        parts = [part for part in parts if _lies(part, target.side)]
        if not parts:
            raise EditRefusedError(f"{target.phrase()} cannot be found in this photo")
    count = len(parts)
    if target.place == "all" or count == 1:
        return Grounded(floats(np.max([part.mask for part in parts], axis=0)), count=count)
    if target.place:
        return Grounded(first(list(parts), target.place).mask, count=count)
    chosen = max(parts, key=lambda part: part.area)
    named = replace(target, place=_sides(parts, chosen)[0]).phrase()
    every = replace(target, place="all").phrase()
    number = _NUMBERS[count].capitalize() if count < len(_NUMBERS) else f"{count}"
    note = (
        f"{number} things fit '{target.phrase()}'; took the largest; say '{named}' for another, "
        f"or '{every}'."
    )
    return Grounded(chosen.mask, note, count)


def _behind(parts: list[Part], target: Target, pixels: Pixels) -> list[Part]:
    """Leave out the main thing of the photo, where only what is behind it is meant.

    Raises:
        EditRefusedError: if nothing else is left.
    """
    subject = find_subject(pixels)
    if not target.behind or not subject.clear:
        return parts
    shares = [float((part.mask * subject.mask).sum()) for part in parts]
    others = [part for part, own in zip(parts, shares, strict=True) if own < 0.5 * part.area]
    if not others and len(parts) > 1:  # all of them are the subject: the others are behind one
        others = [part for part, own in zip(parts, shares, strict=True) if own < max(shares)]
    if not others:
        raise EditRefusedError(
            f"there is no {target.name or target.kind} in the background of this photo, only the "
            "one in front"
        )
    return others


def _lies(part: Part, place: Place) -> bool:
    """Whether a part is on a side of the photo, or near enough to its middle."""
    x, y = part.centre
    off = {"left": x, "right": 1 - x, "top": y, "bottom": 1 - y}
    return all(off.get(side, 0.0) < 0.6 for side in place.split())


def _sides(parts: Sequence[Part], chosen: Part) -> list[Place]:
    """Return the places that name another part than the chosen one."""
    orders: tuple[Order, ...] = ("left", "right", "top", "bottom", "smallest")
    return [order for order in orders if first(list(parts), order) is not chosen] or ["all"]


def _within(grounded: Grounded, target: Target) -> Grounded:
    """Keep the half that a place names, where there is only one thing."""
    if target.kind in _ONE_OF or target.place in ("", "all", "largest", "smallest"):
        return grounded
    height, width = grounded.mask.shape
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    sides = {
        "left": x - 0.5,
        "right": 0.5 - x,
        "top": y - 0.5,
        "bottom": 0.5 - y,
        "middle": np.maximum(abs(x - 0.5), abs(y - 0.5)) - 0.25,
    }
    one, *others = (sides[side] for side in target.place.split())
    off = np.maximum(one, others[0]) if others else one
    half = np.interp(off, [-0.04, 0.04], [1, 0])
    mask = floats(grounded.mask * half)
    if mask.max() < 0.5:
        raise EditRefusedError(f"there is no {target.kind} on the {target.place} of this photo")
    return Grounded(mask, grounded.note, grounded.count)


def _noted(grounded: Grounded, note: str) -> Grounded:
    return Grounded(grounded.mask, " ".join(filter(None, [note, grounded.note])), grounded.count)


def _opaque(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[..., :3])


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "no colour that has a name"
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]


def mark_of(pixels: Pixels) -> Floats:
    """Return the mark that a mask picture, `(H, W, C) uint8`, stands for: white is in it."""
    grey = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels[..., :3], cv2.COLOR_RGB2GRAY)
    return floats(grey / np.float32(255))
