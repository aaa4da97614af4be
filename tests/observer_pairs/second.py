"""The second set: other photos, wishes and faults than the observer was tuned on (`second.toml`).

A case says in data how its good edit is painted and what each bad one does otherwise. Where things
or words are put on a photo first, the best removal is known: it is the photo itself.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from drawn import Mask, Pixels, drawn, photo
from PIL import Image, ImageColor, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps
from pydantic.dataclasses import dataclass as checked

Paint = Mapping[str, Any]
"""`paint` names a painter, `on` a thing, `!thing` the rest; other keys are the painter's, or change
where it paints: `part`, `grow`, `fade` (between which percent of the height it ends). `then` names
harm that is done to the result. A bad edit without `paint` is the good one with other settings."""


@checked(frozen=True)
class Case:
    """A photo, perhaps with something put on it, a wish, and how to paint it well and badly."""

    photo: str
    instruction: str
    good: dict[str, Any]
    bad: dict[str, dict[str, Any]]
    pasted: list[dict[str, Any]] = field(default_factory=list)
    """Things cut from other photos: `of`, `thing`, `at` and width `size` in percent."""
    lettered: dict[str, Any] = field(default_factory=dict)
    noise: float = 0

    @cached_property
    def canvas(self) -> "Canvas":
        """What is painted on."""
        base = photo(self.photo)
        pixels, masks = base, {}
        for index, paste in enumerate(self.pasted):
            pixels, masks[f"pasted{index}"] = _pasted(pixels, **paste)
        if self.lettered:
            pixels = letter(Canvas(pixels), **self.lettered)
            off = np.abs(pixels.astype(int) - base).max(axis=2) > 8
            masks["words"] = grown(off.astype(np.float32), 0.012)
        if self.noise:
            grains = np.random.default_rng(2).normal(0, self.noise, base.shape)
            pixels = np.clip(base + grains, 0, 255).astype(np.uint8)
        return Canvas(pixels, base, self.photo, masks)

    @property
    def pixels(self) -> Pixels:
        return self.canvas.pixels

    @property
    def mark(self) -> Pixels | None:
        return None

    @property
    def reads(self) -> bool:
        """Whether only a reader can judge it."""
        return bool(self.lettered) or self.good["paint"] == "letter"

    def edited(self, kind: str = "") -> Pixels:
        """Return the good edit, or one of the bad ones."""
        other = self.bad[kind] if kind else {}
        return painted(self.canvas, other if "paint" in other else {**self.good, **other})


@dataclass(frozen=True)
class Canvas:
    """The photo to edit, what it was before anything was put on it, and where things are."""

    pixels: Pixels
    base: Pixels = field(default_factory=lambda: np.zeros((1, 1, 3), np.uint8))
    name: str = ""
    masks: Mapping[str, Mask] = field(default_factory=dict)

    def mask(self, on: str) -> Mask:
        """Return where a thing is, `(H, W)` in [0, 1]."""
        if on.startswith("!"):
            return np.asarray(1 - self.mask(on[1:]), np.float32)
        if not on:
            return np.ones(self.pixels.shape[:2], np.float32)
        names = on.split("+")
        parts = [self.masks[n] if n in self.masks else drawn(self.name, n) for n in names]
        return np.asarray(np.max(parts, axis=0), np.float32)


def read_second() -> tuple[Case, ...]:
    """Read the set."""
    text = Path(__file__).with_name("second.toml").read_text(encoding="utf-8")
    return tuple(Case(**case) for case in tomllib.loads(text)["case"])


def painted(canvas: Canvas, paint: Paint) -> Pixels:
    """Paint one edit."""
    own = {**paint}
    painter, harm = PAINTERS[own.pop("paint")], own.pop("then", "")
    on, part, grow, fade = (own.pop(key, "") for key in ("on", "part", "grow", "fade"))
    mask = canvas.mask(on)
    if part:
        mask = _part(mask, part)
    if grow:
        mask = grown(mask, grow / 100)
    if fade:
        down = np.linspace(0, 100, len(mask))[:, None]
        mask = np.asarray(mask * np.interp(down, fade, [1, 0]), np.float32)
    result = painter(canvas, **own)
    if result.shape == canvas.pixels.shape and on:
        result = mixed(canvas.pixels, result, mask)
    elif painter is alpha:
        result = np.dstack([canvas.pixels, np.rint(255 * mask).astype(np.uint8)])
    return HARMS[harm](canvas, result) if harm else result


def grown(mask: Mask, share: float) -> Mask:
    size = 2 * max(1, round(abs(share) * min(mask.shape))) + 1
    change = cv2.dilate if share > 0 else cv2.erode
    return np.asarray(change(mask, np.ones((size, size), np.uint8)), np.float32)


def mixed(before: Pixels, after: Pixels, share: Any) -> Pixels:
    share = share[..., None] if isinstance(share, np.ndarray) else share
    return np.rint(before + share * (after.astype(np.float32) - before)).astype(np.uint8)


def _part(mask: Mask, side: str) -> Mask:
    """Keep the half of a thing that lies on a side, or a small piece: `rest`."""
    axis = 1 if side in ("left", "right") else 0
    line = np.cumsum(mask.sum(axis=1 - axis)) / mask.sum()
    kept = {"left": line < 0.5, "top": line < 0.5, "most": line < 0.72}.get(side, line >= 0.5)
    return np.asarray(mask * (kept[None, :] if axis else kept[:, None]), np.float32)


def _shifted(plane: Any, shift: list[float]) -> Any:
    height, width = plane.shape[:2]
    x, y = round(shift[0] / 100 * width), round(shift[1] / 100 * height)
    matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return cv2.warpAffine(plane, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


def _pasted(pixels: Pixels, of: str, thing: str, at: list[float], size: float) -> Any:
    mask = drawn(of, thing)
    rows, columns = np.nonzero(mask > 0.02)
    box = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
    height, width = pixels.shape[:2]
    wide = round(size / 100 * width)
    high = round(wide * (rows.max() - rows.min() + 1) / (columns.max() - columns.min() + 1))
    top, left = round(at[1] / 100 * height - high / 2), round(at[0] / 100 * width - wide / 2)
    there = np.zeros((height, width), np.float32)
    content = np.zeros_like(pixels)
    place = slice(top, top + high), slice(left, left + wide)
    there[place] = cv2.resize(mask[box], (wide, high), interpolation=cv2.INTER_AREA)
    content[place] = cv2.resize(photo(of)[box], (wide, high), interpolation=cv2.INTER_AREA)
    return mixed(pixels, content, there), there


def _image(canvas: Canvas) -> Image.Image:
    return Image.fromarray(canvas.pixels)


def hue(canvas: Canvas, to: str, strength: float = 1.0) -> Pixels:
    """Give everything one hue, its saturation and value kept."""
    hsv = cv2.cvtColor(canvas.pixels, cv2.COLOR_RGB2HSV).astype(np.float32)
    wanted = cv2.cvtColor(np.uint8([[ImageColor.getrgb(to)]]), cv2.COLOR_RGB2HSV)[0, 0]
    hsv[..., 0] = wanted[0]
    hsv[..., 1] = np.clip(hsv[..., 1] * strength + (90 if strength > 1 else 0), 0, 255)
    return np.asarray(cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB))


def light(canvas: Canvas, by: float) -> Pixels:
    return np.rint(255 * (canvas.pixels / 255) ** (2.0**-by)).astype(np.uint8)


def colour(canvas: Canvas, by: float) -> Pixels:
    return np.asarray(ImageEnhance.Color(_image(canvas)).enhance(by))


def contrast(canvas: Canvas, by: float) -> Pixels:
    return np.asarray(ImageEnhance.Contrast(_image(canvas)).enhance(by))


def warm(canvas: Canvas, by: float) -> Pixels:
    gains = np.array([1 + by, 1, 1 - by])
    return np.clip(canvas.pixels * gains, 0, 255).astype(np.uint8)


def sepia(canvas: Canvas, dark: str = "#2b1a0a", pale: str = "#ffedcc") -> Pixels:
    return np.asarray(ImageOps.colorize(_image(canvas).convert("L"), dark, pale))


def plain(canvas: Canvas, to: str, end: str = "") -> Pixels:
    height, width = canvas.pixels.shape[:2]
    colours = np.array([ImageColor.getrgb(name)[:3] for name in (to, end or to)], np.float32)
    share = np.linspace(0, 1, height)[:, None, None]
    rows = colours[0] + share * (colours[1] - colours[0])
    return np.broadcast_to(np.rint(rows), (height, width, 3)).astype(np.uint8)


def blur(canvas: Canvas, by: float) -> Pixels:
    return np.asarray(_image(canvas).filter(ImageFilter.GaussianBlur(by)))


def sharpen(canvas: Canvas, by: float) -> Pixels:
    return np.asarray(_image(canvas).filter(ImageFilter.UnsharpMask(1.5, round(100 * by), 0)))


def restore(canvas: Canvas) -> Pixels:
    return canvas.base


def smear(canvas: Canvas) -> Pixels:
    """Carry what stands a sixth of the photo to the left over to the right, in long streaks."""
    there = np.roll(canvas.base, canvas.base.shape[1] // 6, axis=1)
    return np.asarray(cv2.blur(there, (canvas.base.shape[1] // 6, 1)))


def telea(canvas: Canvas, on_thing: str) -> Pixels:
    """Fill a thing from its rim, its soft edge left out of the hole as hasty editors do."""
    hole = (grown(canvas.mask(on_thing), 0.02) > 0.5).astype(np.uint8)
    return np.asarray(cv2.inpaint(canvas.pixels, hole, 4, cv2.INPAINT_TELEA))


def carry(canvas: Canvas, thing: str, by: list[float], keep: bool = False) -> Pixels:
    """Put a thing that was pasted at another place."""
    ground = canvas.pixels if keep else canvas.base
    content, mask = (_shifted(plane, by) for plane in (canvas.pixels, canvas.mask(thing)))
    return mixed(ground, content, mask)


def letter(
    canvas: Canvas, content: str, at: list[float], to: str, size: float = 9, anchor: str = "mm"
) -> Pixels:
    height, width = canvas.pixels.shape[:2]
    image = Image.fromarray(canvas.pixels if canvas.base.size < 9 else canvas.base)
    font = ImageFont.load_default(size / 100 * height)
    place = (at[0] / 100 * width, at[1] / 100 * height)
    ImageDraw.Draw(image).text(place, content, fill=to, font=font, anchor=anchor)
    return np.asarray(image)


def overwrite(canvas: Canvas, **options: Any) -> Pixels:
    """Write without taking the old words away."""
    return letter(Canvas(canvas.pixels), **options)


def turn(canvas: Canvas, by: float) -> Pixels:
    return np.asarray(_image(canvas).rotate(-by, expand=True))


def mirror(canvas: Canvas, axis: int = 1) -> Pixels:
    return np.ascontiguousarray(np.flip(canvas.pixels, axis))


def crop(canvas: Canvas, to: list[float], squeeze: bool = False) -> Pixels:
    height, width = canvas.pixels.shape[:2]
    image = _image(canvas)
    box = [share / 100 * size for share, size in zip(to, (width, height) * 2, strict=True)]
    if squeeze:
        return np.asarray(image.resize((round(box[2] - box[0]), round(box[3] - box[1]))))
    return np.asarray(image.crop(tuple(map(round, box))))


def frame(canvas: Canvas, to: str, width: int = 18, over: bool = False) -> Pixels:
    image = _image(canvas)
    if over:
        image = image.crop((width, width, image.width - width, image.height - 2 * width))
    return np.asarray(ImageOps.expand(image, width, to))


def vignette(canvas: Canvas, by: float) -> Pixels:
    height, width = canvas.pixels.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    fall = 1 - by * np.clip((x**2 + y**2) / 2, 0, 1) ** 1.1
    return np.clip(canvas.pixels * fall[..., None], 0, 255).astype(np.uint8)


def median(canvas: Canvas, size: int) -> Pixels:
    return np.asarray(cv2.medianBlur(canvas.pixels, size))


def alpha(canvas: Canvas) -> Pixels:
    return np.zeros((1, 1, 3), np.uint8)


PAINTERS: Mapping[str, Callable[..., Pixels]] = {
    function.__name__: function
    for function in (
        hue, light, colour, contrast, warm, sepia, plain, blur, sharpen, restore, smear, telea,
        carry, letter, overwrite, turn, mirror, crop, frame, vignette, median, alpha,
    )
}  # fmt: skip


def _changed(canvas: Canvas, edited: Pixels) -> Mask:
    if edited.shape != canvas.pixels.shape:
        return np.ones(edited.shape[:2], np.float32)
    off = np.abs(edited.astype(int) - canvas.pixels).max(axis=2) > 6
    solid = cv2.morphologyEx(off.astype(np.float32), cv2.MORPH_OPEN, np.ones((3, 3)))
    return np.asarray(cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((9, 9))), np.float32)


def _haloed(canvas: Canvas, edited: Pixels) -> Pixels:
    """Leave a pale rim around what was edited, as a mask that is too wide does."""
    area = _changed(canvas, edited)
    rim = cv2.GaussianBlur(grown(area, 0.02) - grown(area, -0.008), (0, 0), 1.2)
    return np.clip(edited + 70.0 * rim[..., None], 0, 255).astype(np.uint8)


def _soft(_: Canvas, edited: Pixels) -> Pixels:
    return np.asarray(cv2.GaussianBlur(edited, (0, 0), 2.2))


def _squeezed(_: Canvas, edited: Pixels) -> Pixels:
    """Compress far too much."""
    code = [cv2.IMWRITE_JPEG_QUALITY, 4]
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", edited, code)[1], cv2.IMREAD_COLOR))


def _cast(_: Canvas, edited: Pixels) -> Pixels:
    return np.clip(edited * np.array([0.85, 1.0, 1.22]), 0, 255).astype(np.uint8)


def _ghost(canvas: Canvas, edited: Pixels) -> Pixels:
    return mixed(canvas.pixels, edited, 0.6)


def _specked(canvas: Canvas, edited: Pixels) -> Pixels:
    area = _changed(canvas, edited)
    dots = np.random.default_rng(5).random(area.shape) < 0.06 * area
    return np.where(dots[..., None], 255 - edited, edited).astype(np.uint8)


def _shadow(canvas: Canvas, edited: Pixels) -> Pixels:
    """Leave the shadow of what was taken away, dark and soft along its lower edge."""
    area = _changed(canvas, edited)
    low = area * (1 - _shifted(area, [0, -4]))
    dark = cv2.GaussianBlur(grown(np.asarray(low, np.float32), 0.012), (0, 0), 3)
    return np.asarray(edited * (1 - 0.6 * dark[..., None]), np.uint8)


def _stamped(_: Canvas, edited: Pixels) -> Pixels:
    """Leave a mark of its own in a corner, as some services do."""
    image = Image.fromarray(edited)
    font = ImageFont.load_default(0.13 * edited.shape[0])
    place = (0.62 * edited.shape[1], 0.85 * edited.shape[0])
    ImageDraw.Draw(image).text(place, "SAMPLE", fill="white", font=font, anchor="mm")
    return np.asarray(image)


HARMS: Mapping[str, Callable[[Canvas, Pixels], Pixels]] = {
    "halo": _haloed,
    "blur": _soft,
    "squeeze": _squeezed,
    "cast": _cast,
    "ghost": _ghost,
    "specks": _specked,
    "shadow": _shadow,
    "stamp": _stamped,
}
