"""The pocket world: crops of real photos, each with a wish; some photos and pairs held out."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from editthinker.tools.editors.base import EditRequest
from editthinker.tools.editors.darkroom.editor import Darkroom
from editthinker.tools.editors.darkroom.recipe import Recipe, Step
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.images import Picture, Pixels
from editthinker.training.pocket.targets import Targets, set_targets
from editthinker.training.pocket.wording import AMOUNTS, WORDS, Figure, Wish, ask

SIDE = 64
"""Pixels of a crop, each way."""

Split = Literal["train", "test"]

PHOTOS: dict[Split, tuple[str, ...]] = {
    "train": ("abbey", "astronaut", "cat", "galaxies", "mug", "rocket", "temple"),
    "test": ("coffee", "flower", "hopper", "raccoon"),
}
"""Photos of `editthinker.tools`; crops of one photo are never on both sides."""

GRADIENTS = 0.2
"""Share of the training crops that are drawn, since the photos are few."""

_SINGLE = 0.4
"""Share of instructions with one wish."""


@dataclass(frozen=True)
class Scene:
    """A crop with a wish."""

    id: str
    photo: str
    source: Picture
    instruction: str
    wishes: tuple[Wish, ...]
    targets: Targets
    """What the judge alone sees."""


def pairs(split: Split) -> list[tuple[tuple[Figure, bool], tuple[Figure, bool]]]:
    """Return the pairs of wishes of a split: every fourth pair is kept for the test."""
    keys = list(WORDS)
    every = [(a, b) for i, a in enumerate(keys) for b in keys[i + 1 :] if a[0] != b[0]]
    return [pair for at, pair in enumerate(every) if (at % 4 == 1) == (split == "test")]


async def scenes(split: Split, count: int, seed: int = 0) -> list[Scene]:
    """Draw scenes; the same arguments draw the same ones.

    A draw is left out where the plain darkroom cannot do what is asked, as no editor then could.
    """
    found: list[Scene] = []
    for at, chance in enumerate(_chances(split, seed)):
        photo, pixels = _crop(split, chance)
        wishes = _wishes(split, chance)
        source = Picture.from_pixels(pixels)
        targets = await _targets(source, wishes)
        if targets is not None:
            instruction = ask(wishes, chance)
            found.append(Scene(f"{split}-{seed}-{at}", photo, source, instruction, wishes, targets))
        if len(found) == count:
            break
    return found


def _chances(split: Split, seed: int) -> Iterator[random.Random]:
    at = 0
    while True:
        yield random.Random(f"{split} {seed} {at}")
        at += 1


def _wishes(split: Split, chance: random.Random) -> tuple[Wish, ...]:
    keys: Sequence[tuple[Figure, bool]] = (
        [chance.choice(list(WORDS))]
        if chance.random() < _SINGLE
        else chance.sample(chance.choice(pairs(split)), 2)
    )
    return tuple(Wish(figure, up, chance.choice(list(AMOUNTS))) for figure, up in keys)


async def _targets(source: Picture, wishes: Sequence[Wish]) -> Targets | None:
    steps = tuple(Step(w.figure, w.amount if w.up else -w.amount) for w in wishes)
    request = EditRequest((source,), Recipe(steps).sentence())
    try:
        edited = Picture.from_bytes((await Darkroom().edit(request)).image)
    except EditRefusedError:
        return None
    return set_targets(source.pixels, edited.pixels, [w.figure for w in wishes])


def _crop(split: Split, chance: random.Random) -> tuple[str, Pixels]:
    if split == "train" and chance.random() < GRADIENTS:
        return "gradient", _varied(_gradient(chance), chance)
    name = chance.choice(PHOTOS[split])
    photo = _photo(name)
    height, width = photo.shape[:2]
    side = chance.randint(96, min(height, width))
    top, left = chance.randint(0, height - side), chance.randint(0, width - side)
    cut = Image.fromarray(photo[top : top + side, left : left + side])
    small = np.asarray(cut.resize((SIDE, SIDE), Image.Resampling.BOX))
    return name, _varied(small.astype(np.float32) / np.float32(255), chance)


@cache
def _photo(name: str) -> Pixels:
    with as_file(files("editthinker.tools") / "photos" / f"{name}.jpg") as path:
        return np.asarray(Image.open(path).convert("RGB"))


def _gradient(chance: random.Random) -> NDArray[np.float32]:
    corners = np.array([[chance.random() for _ in range(3)] for _ in range(4)], np.float32)
    y, x = np.mgrid[0 : 1 : SIDE * 1j, 0 : 1 : SIDE * 1j].astype(np.float32)[..., None]
    top, bottom = corners[0] * (1 - x) + corners[1] * x, corners[2] * (1 - x) + corners[3] * x
    return np.asarray(top * (1 - y) + bottom * y, np.float32)


def _varied(pixels: NDArray[np.float32], chance: random.Random) -> Pixels:
    """Flip a crop, and vary its light and colours."""
    if chance.random() < 0.5:
        pixels = pixels[:, ::-1]
    gains = np.array([chance.uniform(0.85, 1.15) for _ in range(3)], np.float32)
    varied = np.clip(pixels ** chance.uniform(0.7, 1.4) * gains, 0, 1)
    return np.asarray(np.rint(varied * 255), np.uint8)
