"""Backdrops that are drawn and not photographed: skies, stars, a studio wall, lights."""

from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.colours import rgb_of
from editthinker.tools.editors.darkroom.light import Floats, floats

_Colour = tuple[int, int, int]


def draw(scene: str, shape: tuple[int, ...], colour: str = "") -> Floats:
    """Return a backdrop, `(H, W, 3)` in [0, 1]; `colour` is that of a studio wall."""
    picture = _SCENES[scene](shape[0], shape[1], colour)
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (*picture.shape[:2], 1)) / 255
    return floats(np.clip(picture + noise, 0, 1))


def _ramp(height: int, width: int, stops: Sequence[_Colour]) -> Floats:
    """Return colours that follow each other from top to bottom."""
    places = np.linspace(0, 1, len(stops))
    down = np.linspace(0, 1, height)
    column = np.stack([np.interp(down, places, [s[i] for s in stops]) for i in range(3)], axis=-1)
    return np.repeat(floats(column / 255)[:, None], width, axis=1)


def _stars(height: int, width: int, _: str) -> Floats:
    sky = _ramp(height, width, [(5, 8, 24), (14, 20, 52), (30, 34, 78)])
    sky += _cloudiness(height, width)[..., None] * floats([0.05, 0.04, 0.1])
    rng = np.random.default_rng(7)
    dots = np.zeros((height, width), np.float32)
    count = height * width // 900
    rows, columns = rng.integers(0, height, count), rng.integers(0, width, count)
    dots[rows, columns] = rng.uniform(0.25, 1, count) ** 2
    size = max(0.6, 0.0016 * min(height, width))
    fine = cv2.GaussianBlur(dots, (0, 0), size) * (2 * np.pi * size * size)
    dots[rng.uniform(size=dots.shape) > 0.08] = 0
    glow = cv2.GaussianBlur(dots, (0, 0), 3 * size) * (18 * size * size)
    return floats(np.clip(sky + np.minimum(fine + glow, 1)[..., None], 0, 1))


def _sunset(height: int, width: int, _: str) -> Floats:
    stops = [(58, 50, 104), (150, 76, 122), (232, 118, 96), (252, 172, 94), (255, 214, 140)]
    sky = _ramp(height, width, stops)
    streaks = _cloudiness(height, width, 0.25)[..., None]
    return floats(sky + streaks * (floats([1.0, 0.62, 0.5]) - sky) * 0.45)


def _clear(height: int, width: int, _: str) -> Floats:
    return _ramp(height, width, [(46, 112, 196), (112, 170, 228), (196, 222, 244)])


def _clouds(height: int, width: int, _: str) -> Floats:
    sky = _clear(height, width, "")
    cover = np.clip(_cloudiness(height, width, 0.6) * 1.9 - 0.75, 0, 1)[..., None]
    return floats(sky + cover * (floats([0.97, 0.97, 0.98]) - sky) * 0.95)


def _overcast(height: int, width: int, _: str) -> Floats:
    sky = _ramp(height, width, [(104, 112, 122), (146, 152, 160), (188, 192, 196)])
    return floats(sky * (0.8 + 0.35 * _cloudiness(height, width, 0.45)[..., None]))


def _studio(height: int, width: int, colour: str) -> Floats:
    wall = floats(np.array(rgb_of(colour or "grey")) / 255)
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = 1.12 - 0.42 * np.clip(np.hypot(0.8 * x, 0.8 * (y + 0.15)), 0, 1.3) ** 1.6
    return floats(np.clip(wall * light[..., None], 0, 1))


def _bokeh(height: int, width: int, _: str) -> Floats:
    picture = _ramp(height, width, [(20, 16, 30), (46, 30, 36), (24, 18, 28)])
    rng, short = np.random.default_rng(3), min(height, width)
    colours = ((255, 196, 110), (255, 150, 80), (255, 226, 180), (150, 180, 255), (255, 120, 130))
    for _i in range(70):
        disc = np.zeros((height, width), np.float32)
        place = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        cv2.circle(disc, place, max(2, int(short * rng.uniform(0.02, 0.07))), 1.0, -1, cv2.LINE_AA)
        soft = floats(cv2.GaussianBlur(disc, (0, 0), max(0.8, 0.006 * short)))
        light = floats(np.array(colours[int(rng.integers(len(colours)))]) / 255)
        picture += soft[..., None] * light * np.float32(rng.uniform(0.12, 0.55))
    return floats(np.clip(picture, 0, 1))


def _cloudiness(height: int, width: int, flat: float = 1.0) -> Floats:
    """Return soft noise in [0, 1] of several sizes; `flat` below 1 draws it out sideways."""
    rng, total = np.random.default_rng(11), np.zeros((height, width), np.float32)
    for level in range(5):
        across = 3 * 2**level
        down = max(2, round(across * height / width / flat))
        field = rng.random((down + 1, across + 1)).astype(np.float32)
        total += cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC) / 2**level
    low, high = float(total.min()), float(total.max())
    return floats((total - low) / max(high - low, 1e-6))


_SCENES: Mapping[str, Callable[[int, int, str], Floats]] = {
    "stars": _stars,
    "sunset": _sunset,
    "clear": _clear,
    "clouds": _clouds,
    "overcast": _overcast,
    "studio": _studio,
    "bokeh": _bokeh,
}
