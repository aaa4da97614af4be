"""Makes the good edit of a case, and spoils it: OpenCV on masks drawn by hand, no darkroom."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from drawn import Mask, Pixels, drawn, photo
from PIL import Image, ImageColor, ImageDraw, ImageFont

HUES = {"red": (165, 8), "orange": (3, 24), "green": (28, 92)}
"""OpenCV hues, 0 to 179, that a colour's things have in these photos."""


@dataclass(frozen=True)
class Case:
    """One instruction for a photo, with what is needed to carry it out by hand."""

    photo: str
    instruction: str
    make: str
    bad: list[str]
    thing: str | list[str] = ""
    of: str = ""
    everywhere: bool = False
    other: str = ""
    part: str = ""
    to: str = ""
    amount: float = 0
    content: str = ""
    wrong: str = ""
    at: float = 0
    shift: list[float] = field(default_factory=list)
    #: Where the filling of a removal comes from, percent of width and height.
    source: list[float] = field(default_factory=list)

    @property
    def pixels(self) -> Pixels:
        return photo(self.photo)

    @property
    def mask(self) -> Mask:
        """What the words name."""
        if not self.thing:
            return np.zeros(self.pixels.shape[:2], np.float32)
        names = [self.thing] if isinstance(self.thing, str) else self.thing
        mask = np.max([drawn(self.photo, name) for name in names], axis=0)
        if self.everywhere:
            mask = np.ones_like(mask)
        return np.asarray(mask * _coloured(self.pixels, self.of) if self.of else mask, np.float32)

    @property
    def mark(self) -> Pixels | None:
        """What the user marked, where the words say so: a box around the thing, white."""
        if "marked" not in self.instruction:
            return None
        rows, columns = np.nonzero(self.mask > 0.5)
        box = np.zeros(self.pixels.shape, np.uint8)
        box[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = 255
        return box

    @property
    def other_mask(self) -> Mask:
        if self.other == "rest":
            return np.asarray(1 - grown(self.mask, 0.02), np.float32)
        return drawn(self.photo, self.other)


def make(case: Case, mask: Mask | None = None, **changes: Any) -> Pixels:
    """Carry a case out well, or by another mask or with other settings."""
    mask = case.mask if mask is None else mask
    return _MAKERS[case.make](case, mask, **changes)


def spoil(case: Case, kind: str) -> Pixels:
    """Carry a case out badly in one way."""
    if case.make in ("letter", "write"):
        return _spoilt_words(case, kind)
    if case.make in ("move", "duplicate"):
        return _spoilt_place(case, kind)
    if case.make in ("fill", "cutout"):
        return _spoilt_background(case, kind)
    mask = case.mask
    match kind:
        case "wrong object" if case.make == "isolate":
            return make(case, np.asarray(1 - mask, np.float32))
        case "wrong object":
            return make(case, case.other_mask)
        case "half-done":
            return make(case, _half(mask))
        case "leak" if case.make == "erase":
            return make(case, np.ones_like(mask))
        case "leak" if case.make == "recolour":  # the paint runs over the edge
            return recolour(case, grown(mask, 0.04), least=0.6)
        case "leak":
            return make(case, grown(mask, 0.05))
        case "artefacts":
            return _noisy(case, make(case, _blocky(mask)))
        case "ghost":
            return _mixed(case.pixels, make(case), 0.55)
        case "smear":
            return _smeared(case)
        case "wrong colour":
            return make(case, to="green" if case.to != "green" else "blue")
        case "over-edit":
            return _over(case)
    raise ValueError(f"no such way to spoil an edit: {kind}")


def grown(mask: Mask, share: float) -> Mask:
    """Widen a mask, or with a negative share narrow it, by a share of the photo's side."""
    size = 2 * round(abs(share) * min(mask.shape)) + 1
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    change = cv2.dilate if share > 0 else cv2.erode
    return np.asarray(change(mask, shape), np.float32)


def _coloured(pixels: Pixels, name: str) -> Mask:
    hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)
    low, high = HUES[name]
    hue = hsv[..., 0]
    near = (hue >= low) & (hue <= high) if low < high else (hue >= low) | (hue <= high)
    solid = (near & (hsv[..., 1] > 70) & (hsv[..., 2] > 25)).astype(np.float32)
    solid = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.GaussianBlur(solid, (0, 0), 0.8), np.float32)


def _mixed(before: Pixels, after: Pixels, share: float | Mask) -> Pixels:
    part = share if isinstance(share, float) else share[..., None]
    mixed = before + part * (after.astype(np.float32) - before)
    return np.rint(np.clip(mixed, 0, 255)).astype(np.uint8)


def _lab(pixels: Pixels) -> Mask:
    return np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB))


def _rgb(lab: Mask) -> Pixels:
    shown = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB)
    return np.rint(np.clip(shown, 0, 1) * 255).astype(np.uint8)


def _plain(name: str, shape: tuple[int, ...]) -> Pixels:
    return np.full(shape, ImageColor.getrgb(name), np.uint8)


def recolour(case: Case, mask: Mask, to: str = "", least: float = 0) -> Pixels:
    lab = _lab(case.pixels)
    goal = _lab(_plain(to or case.to, (1, 1, 3)))[0, 0]
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    inside = mask > 0.5
    share = np.maximum(chroma / max(float(chroma[inside].mean()), 5.0), least)
    strength = 0.8
    painted = np.dstack([lab[..., 0], *(strength * share * part for part in goal[1:])])
    painted[..., 0] += 0.35 * (goal[0] - lab[..., 0][inside].mean())
    return _mixed(case.pixels, _rgb(painted), mask)


def saturation(case: Case, mask: Mask, amount: float | None = None) -> Pixels:
    lab = _lab(case.pixels)
    lab[..., 1:] *= 1 + (case.amount if amount is None else amount)
    return _mixed(case.pixels, _rgb(lab), mask)


def light(case: Case, mask: Mask, amount: float | None = None) -> Pixels:
    lab = _lab(case.pixels)
    lab[..., 0] = np.clip(lab[..., 0] + (case.amount if amount is None else amount), 0, 100)
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.006 * min(mask.shape)), np.float32)
    return _mixed(case.pixels, _rgb(lab), soft)


def blur(case: Case, mask: Mask, amount: float | None = None) -> Pixels:
    sigma = (case.amount if amount is None else amount) * min(mask.shape)
    soft = np.asarray(cv2.GaussianBlur(case.pixels, (0, 0), sigma))
    return _mixed(case.pixels, soft, np.asarray(cv2.GaussianBlur(mask, (0, 0), 2), np.float32))


def fill(case: Case, mask: Mask, to: str = "") -> Pixels:
    return _mixed(_plain(to or case.to, case.pixels.shape), case.pixels, mask)


def cutout(case: Case, mask: Mask) -> Pixels:
    return np.dstack([case.pixels, np.rint(255 * mask).astype(np.uint8)])


def isolate(case: Case, mask: Mask) -> Pixels:
    grey = cv2.cvtColor(cv2.cvtColor(case.pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return _mixed(np.asarray(grey), case.pixels, mask)


def remove(case: Case, mask: Mask) -> Pixels:
    wide = grown(mask, 0.012)
    pixels = case.pixels
    height, width = mask.shape
    x, y = (
        round(share / 100 * size)
        for share, size in zip(case.source or [0, 0], (width, height), strict=True)
    )
    rows, columns = np.mgrid[0:height, 0:width]
    there = pixels[np.clip(rows + y, 0, height - 1), np.clip(columns + x, 0, width - 1)]
    # The filling takes on the light around the hole.
    hole = (wide > 0.02).astype(np.uint8)
    around = cv2.inpaint(
        cv2.GaussianBlur(pixels, (0, 0), 6),
        grown(wide, 0.01).astype(np.uint8),
        3,
        cv2.INPAINT_TELEA,
    )
    texture = there.astype(np.float32) - cv2.GaussianBlur(there, (0, 0), 6)
    if not case.source:
        texture = np.random.default_rng(3).normal(0, 2, (height, width, 1))
    filling = np.clip(cv2.GaussianBlur(around, (0, 0), 4) + texture, 0, 255).astype(np.uint8)
    soft = np.asarray(cv2.GaussianBlur(hole.astype(np.float32), (0, 0), 1.5), np.float32)
    return _mixed(pixels, filling, soft)


def erase(case: Case, mask: Mask) -> Pixels:
    """Take dark strokes off a light ground."""
    grey = cv2.cvtColor(case.pixels, cv2.COLOR_RGB2GRAY)
    ground = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    strokes = ((ground.astype(int) - grey > 18) & (mask > 0.5)).astype(np.uint8)
    strokes = cv2.dilate(strokes, np.ones((5, 5), np.uint8))
    return np.asarray(cv2.inpaint(case.pixels, strokes, 3, cv2.INPAINT_TELEA), np.uint8)


def move(case: Case, mask: Mask, keep: bool = False, part: float = 1.0) -> Pixels:
    base = case.pixels if keep else remove(case, mask)
    height, width = mask.shape
    x, y = (
        part * share / 100 * size for share, size in zip(case.shift, (width, height), strict=True)
    )
    matrix = np.array([[1, 0, round(x)], [0, 1, round(y)]], np.float32)
    there = np.asarray(cv2.warpAffine(case.pixels, matrix, (width, height)))
    where = np.asarray(cv2.warpAffine(mask, matrix, (width, height)), np.float32)
    return _mixed(base, there, where)


def duplicate(case: Case, mask: Mask, part: float = 1.0) -> Pixels:
    return move(case, mask, keep=True, part=part)


def letter(
    case: Case, mask: Mask, content: str = "", at: float = 0, to: str = "", size: float = 0.09
) -> Pixels:
    image = Image.fromarray(case.pixels)
    width, height = image.size
    font = ImageFont.load_default(int(size * height))
    place = (width / 2, height * (at or case.at) / 100)
    ImageDraw.Draw(image).text(
        place, content or case.content, fill=to or case.to, font=font, anchor="mm"
    )
    return np.asarray(image)


def write(case: Case, mask: Mask, content: str = "", clean: bool = True) -> Pixels:
    image = Image.fromarray(erase(case, case.mask) if clean else case.pixels)
    rows, columns = np.nonzero(mask > 0.5)
    height = rows.max() - rows.min()
    font = ImageFont.load_default(int(1.05 * height))
    place = (columns.min() + 3, (rows.min() + rows.max()) / 2)
    ImageDraw.Draw(image).text(
        place, content or case.content, fill=(40, 40, 40), font=font, anchor="lm"
    )
    return np.asarray(image)


_MAKERS: Mapping[str, Callable[..., Pixels]] = {
    function.__name__: function
    for function in (
        recolour,
        saturation,
        light,
        blur,
        fill,
        cutout,
        isolate,
        remove,
        erase,
        move,
        duplicate,
        letter,
        write,
    )
}


def _half(mask: Mask) -> Mask:
    """Keep the left half of what a mask covers."""
    columns = np.cumsum(mask.sum(axis=0))
    middle = int(np.searchsorted(columns, columns[-1] / 2))
    kept = mask.copy()
    kept[:, middle:] = 0
    return kept


def _blocky(mask: Mask) -> Mask:
    """Make an outline of coarse squares, as from a mask that was found on a tiny picture."""
    side = max(8, round(0.06 * min(mask.shape)))
    height, width = mask.shape
    small = cv2.resize(
        mask, (max(2, width // side), max(2, height // side)), interpolation=cv2.INTER_AREA
    )
    return np.asarray(
        cv2.resize(
            (small > 0.25).astype(np.float32), (width, height), interpolation=cv2.INTER_NEAREST
        )
    )


def _noisy(case: Case, edited: Pixels) -> Pixels:
    """Add speckles to what the edit changed."""
    changed = (np.abs(edited.astype(int) - case.pixels).max(axis=2) > 6).astype(np.float32)
    grains = np.random.default_rng(7).normal(0, 14, edited.shape[:2])[..., None]
    return np.clip(edited + changed[..., None] * grains, 0, 255).astype(np.uint8)


def _smeared(case: Case) -> Pixels:
    """Fill the hole with streaks of what stands to its left."""
    hole = grown(case.mask, 0.012) > 0.02
    edited = case.pixels.copy()
    for row in np.nonzero(hole.any(axis=1))[0]:
        columns = np.nonzero(hole[row])[0]
        edited[row, columns] = case.pixels[row, max(0, columns.min() - 2)]
    return edited


def _over(case: Case) -> Pixels:
    match case.make:
        case "recolour":  # one flat bright paint, no light and shade
            return _mixed(case.pixels, _plain(case.to, case.pixels.shape), case.mask)
        case "saturation":
            return make(case, amount=-1.0)
        case "light":
            return make(case, amount=3.2 * case.amount)
        case "isolate":
            return isolate(case, np.zeros_like(case.mask))
    raise ValueError(f"{case.make} cannot be overdone")


def _spoilt_background(case: Case, kind: str) -> Pixels:
    mask = case.mask
    match kind:
        case "wrong object":
            return make(case, np.asarray(1 - mask, np.float32))
        case "lost part":
            gone = drawn(case.photo, case.part)
            if case.part == "flower":
                gone = _half(gone)
            return make(case, np.asarray(mask * (1 - gone), np.float32))
        case "half-done":
            middle = mask.shape[1] // 2
            kept = mask.copy()
            kept[:, middle:] = 1
            return make(case, kept)
        case "leak":
            return make(case, grown(mask, 0.045))
        case "artefacts":
            return make(case, _blocky(mask))
        case "wrong colour":
            return make(case, to="purple")
    raise ValueError(f"no such way to spoil a background: {kind}")


def _spoilt_place(case: Case, kind: str) -> Pixels:
    match kind:
        case "wrong way":
            return make(case, part=-1.0)
        case "half-done":
            return make(case, part=0.35)
        case "left behind":
            return duplicate(case, case.mask)
        case "ghost":
            return _mixed(case.pixels, make(case), 0.45)
        case "artefacts":  # the whole box around the thing goes along
            mask = case.mask
            rows, columns = np.nonzero(grown(mask, 0.03) > 0.5)
            box = np.zeros_like(mask)
            box[rows.min() : rows.max(), columns.min() : columns.max()] = 1
            moved = move(case, box, keep=True)
            lifted = np.clip(moved.astype(int) + 18, 0, 255).astype(np.uint8)
            changed = np.abs(moved.astype(int) - case.pixels).max(axis=2) > 3
            pasted = np.where(changed[..., None], lifted, moved)
            if case.make == "duplicate":
                return pasted
            return _mixed(pasted, remove(case, mask), grown(mask, 0.012))
    raise ValueError(f"no such way to spoil a move: {kind}")


def _spoilt_words(case: Case, kind: str) -> Pixels:
    match kind:
        case "wrong text":
            return make(case, content=case.wrong)
        case "wrong place":
            return make(case, at=90)
        case "wrong colour":
            return make(case, to="green")
        case "over-edit":
            return make(case, size=0.3)
        case "wrong object":
            image = Image.fromarray(erase(case, case.other_mask))
            font = ImageFont.load_default(22)
            ImageDraw.Draw(image).text((8, 60), case.content, fill=(40, 40, 40), font=font)
            return np.asarray(image)
        case "left behind":
            return make(case, clean=False)
        case "artefacts":
            box = grown(case.mask, 0.03) > 0.5
            patched = case.pixels.copy()
            patched[box] = 255
            image = Image.fromarray(patched)
            ImageDraw.Draw(image).text(
                (8, 12), case.content, fill=(200, 0, 0), font=ImageFont.load_default(14)
            )
            return np.asarray(image)
    raise ValueError(f"no such way to spoil words: {kind}")
