"""Oil, cartoon and pixels: the observer accepts what the darkroom makes, and nothing less."""

import asyncio
from pathlib import Path

import cv2
import numpy as np
import pytest

from editthinker.graph.thinkers.measures.assessment import assess
from editthinker.tools.editors.base import EditRequest
from editthinker.tools.editors.darkroom.editor import Darkroom
from editthinker.tools.editors.darkroom.parse import parse
from editthinker.tools.images import Picture, Pixels

PHOTOS = Path(__file__).parents[4] / "tools" / "photos"
WISHES = ("turn it into an oil painting", "make it look like a cartoon", "pixelate it")


def photo(name: str) -> Pixels:
    pixels = cv2.cvtColor(cv2.imread(str(PHOTOS / f"{name}.jpg")), cv2.COLOR_BGR2RGB)
    return cv2.resize(pixels, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)


def made(pixels: Pixels, wish: str) -> Pixels:
    request = EditRequest(images=(Picture.from_pixels(pixels),), prompt=wish, seed=0)
    image = asyncio.run(Darkroom().edit(request)).image
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(image, np.uint8), 1), cv2.COLOR_BGR2RGB)


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("name", ["cat", "flower", "coffee", "astronaut", "temple", "abbey"])
def test_a_redrawn_photo_is_accepted(name: str, wish: str) -> None:
    source = photo(name)
    seen = assess(source, made(source, wish), parse(wish))
    assert seen.semantic >= 8, seen.reasoning
    assert seen.quality >= 8, seen.reasoning


@pytest.mark.parametrize("wish", WISHES)
def test_the_photo_as_it_was_is_not_redrawn(wish: str) -> None:
    source = photo("cat")
    assert assess(source, source, parse(wish)).semantic < 3


def test_a_blurred_photo_is_neither_cartoon_nor_pixels() -> None:
    source = photo("cat")
    blurred = np.asarray(cv2.GaussianBlur(source, (0, 0), 6), np.uint8)
    for wish in WISHES[1:]:
        assert assess(source, blurred, parse(wish)).semantic < 6


@pytest.mark.parametrize("name", ["abbey", "temple", "rocket"])
def test_a_dark_rough_photo_becomes_a_drawing_on_paper(name: str) -> None:
    source, wish = photo(name), "turn it into a pencil sketch"
    drawn = made(source, wish)
    assert assess(source, drawn, parse(wish)).semantic >= 8
    assert np.median(drawn) > 150  # of paper there is more than of pencil


def test_a_drawing_filled_with_black_is_pressed_less() -> None:
    source, wish = photo("abbey"), "turn it into a pencil sketch"
    drawn = made(source, wish).astype(np.float32)
    dark = np.asarray(drawn * drawn / 255 * 0.6, np.uint8)
    ratio = assess(source, dark, parse(wish)).findings[0].ratio
    assert ratio is not None
    assert ratio > 1
