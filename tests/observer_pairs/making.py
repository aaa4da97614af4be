"""Makes the good edit of a case: OpenCV on masks drawn by hand, no darkroom."""

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


def mixed(before: Pixels, after: Pixels, share: float | Mask) -> Pixels:
    part = share if isinstance(share, float) else share[..., None]
    mixed = before + part * (after.astype(np.float32) - before)
    return np.rint(np.clip(mixed, 0, 255)).astype(np.uint8)


def _lab(pixels: Pixels) -> Mask:
    return np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB))


def _rgb(lab: Mask) -> Pixels:
    shown = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB)
    return np.rint(np.clip(shown, 0, 1) * 255).astype(np.uint8)


def plain(name: str, shape: tuple[int, ...]) -> Pixels:
    return np.full(shape, ImageColor.getrgb(name), np.uint8)


def recolour(case: Case, mask: Mask, to: str = "", least: float = 0) -> Pixels:
    lab = _lab(case.pixels)
    goal = _lab(plain(to or case.to, (1, 1, 3)))[0, 0]
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    inside = mask > 0.5
    share = np.maximum(chroma / max(float(chroma[inside].mean()), 5.0), least)
    strength = 0.8
    painted = np.dstack([lab[..., 0], *(strength * share * part for part in goal[1:])])
    painted[..., 0] += 0.35 * (goal[0] - lab[..., 0][inside].mean())
    return mixed(case.pixels, _rgb(painted), mask)


def saturation(case: Case, mask: Mask, amount: float | None = None) -> Pixels:
    lab = _lab(case.pixels)
    lab[..., 1:] *= 1 + (case.amount if amount is None else amount)
    return mixed(case.pixels, _rgb(lab), mask)


def light(case: Case, mask: Mask, amount: float | None = None) -> Pixels:
    lab = _lab(case.pixels)
    lab[..., 0] = np.clip(lab[..., 0] + (case.amount if amount is None else amount), 0, 100)
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.006 * min(mask.shape)), np.float32)
    return mixed(case.pixels, _rgb(lab), soft)


def blur(case: Case, mask: Mask, amount: float | None = None) -> Pixels:
    sigma = (case.amount if amount is None else amount) * min(mask.shape)
    soft = np.asarray(cv2.GaussianBlur(case.pixels, (0, 0), sigma))
    return mixed(case.pixels, soft, np.asarray(cv2.GaussianBlur(mask, (0, 0), 2), np.float32))


def fill(case: Case, mask: Mask, to: str = "") -> Pixels:
    return mixed(plain(to or case.to, case.pixels.shape), case.pixels, mask)


def cutout(case: Case, mask: Mask) -> Pixels:
    return np.dstack([case.pixels, np.rint(255 * mask).astype(np.uint8)])


def isolate(case: Case, mask: Mask) -> Pixels:
    grey = cv2.cvtColor(cv2.cvtColor(case.pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return mixed(np.asarray(grey), case.pixels, mask)


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
    return mixed(pixels, filling, soft)


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
    return mixed(base, there, where)


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
