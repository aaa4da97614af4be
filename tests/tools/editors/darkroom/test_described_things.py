"""Things as people describe them: the colour they have, what stands before, what they stand on."""

import asyncio
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from editthinker.tools.editors.base import EditRequest
from editthinker.tools.editors.darkroom.colour import recolour
from editthinker.tools.editors.darkroom.dye import dye
from editthinker.tools.editors.darkroom.editor import Darkroom
from editthinker.tools.editors.darkroom.grounding import ground
from editthinker.tools.editors.darkroom.light import Work, floats, to_lab
from editthinker.tools.editors.darkroom.main_thing import is_flower
from editthinker.tools.editors.darkroom.recipe import Step
from editthinker.tools.editors.darkroom.scenery import find_sky
from editthinker.tools.editors.darkroom.style import posterize
from editthinker.tools.editors.darkroom.target import BACKGROUND, Target
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.images import Picture, Pixels

PHOTOS = Path(__file__).parents[4] / "tools" / "photos"


def photo(name: str) -> Pixels:
    return np.asarray(Image.open(PHOTOS / f"{name}.jpg").convert("RGB"))


def ball(shaded: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return a red ball on grey, half of it in deep shade, and its mask."""
    pixels = np.full((160, 160, 3), 0.6, np.float32)
    mask = np.zeros((160, 160), np.float32)
    cv2.circle(mask, (80, 80), 50, 1, -1)
    pixels[mask > 0.5] = (0.75, 0.12, 0.1)
    if shaded:
        pixels[:, 80:][mask[:, 80:] > 0.5] = (0.16, 0.05, 0.05)
    return pixels, mask


def step(target: str, **options: str) -> Step:
    own = options.pop("own", "")
    region = Target("object", "ball", colour=own)
    return Step("recolour", region=region, options={"target": target, **options})


def hue(pixels: np.ndarray, where: np.ndarray) -> float:
    lab = to_lab(floats(pixels))[where]
    return float(np.degrees(np.arctan2(lab[:, 2].mean(), lab[:, 1].mean())) % 360)


def test_a_described_thing_is_dyed_in_its_shade_too() -> None:
    pixels, mask = ball(shaded=True)
    found = recolour(Work(pixels, step("blue", own="red", source="red"), mask))
    for half in (np.s_[60:100, 50:70], np.s_[60:100, 95:115]):
        where = np.zeros(mask.shape, bool)
        where[half] = True
        assert 250 < hue(found, where) < 320


def test_a_thing_that_has_not_quite_the_colour_it_was_said_to_have_is_dyed_whole() -> None:
    pixels, mask = ball(shaded=False)
    found = recolour(Work(pixels, step("blue", source="green"), mask))
    assert 250 < hue(found, mask > 0.9) < 320


def test_a_colour_that_no_thing_was_named_for_must_be_there() -> None:
    pixels, _ = ball(shaded=False)
    wanted = Step("recolour", options={"source": "green", "target": "blue"})
    with pytest.raises(EditRefusedError, match="nothing green"):
        recolour(Work(pixels, wanted, None))


def test_the_stripes_of_a_thing_are_dyed_and_no_more() -> None:
    pixels, mask = ball(shaded=False)
    stripe = np.zeros(mask.shape, bool)
    stripe[72:80] = mask[72:80] > 0.5
    pixels[(mask > 0.5) & ~stripe] = (0.9, 0.9, 0.9)
    found = recolour(Work(pixels, step("blue", source="red"), mask))
    near = cv2.dilate(stripe.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    rest = (cv2.erode(mask, np.ones((9, 9), np.uint8)) > 0.5) & ~near
    assert 240 < hue(found, stripe) < 320
    assert float(np.abs(found - pixels)[rest].max()) < 0.05


def test_a_white_shirt_under_a_black_jacket_keeps_its_colour() -> None:
    pixels, mask = ball(shaded=False)
    pixels[mask > 0.5] = (0.08, 0.08, 0.09)
    pixels[60:100, 70:90] = 0.95
    dyed = dye(floats(pixels), floats(mask), "green")
    assert float(np.abs(dyed[65:95, 75:85] - pixels[65:95, 75:85]).max()) < 0.06
    assert 100 < hue(dyed, (mask > 0.9) & (pixels[..., 0] < 0.2)) < 180


def test_masts_stand_before_the_sky() -> None:
    y = np.linspace(0, 1, 400)[:, None, None]
    pixels = ((1 - y) * (60, 110, 200) + y * (150, 190, 230)) * np.ones((1, 600, 1))
    pixels[300:] = (60, 90, 40)
    for x in (100, 112):
        cv2.line(pixels, (x, 60), (x, 300), (30, 30, 30), 2)
    for top in range(60, 290, 20):
        cv2.line(pixels, (100, top), (112, top + 20), (30, 30, 30), 1)
    sky = find_sky(pixels.astype(np.uint8))
    assert sky is not None
    assert sky[100:280, 100].mean() < 0.3
    assert sky[50:280, 300:500].mean() > 0.97


def test_letters_are_no_background_of_a_page() -> None:
    page = photo("page")
    mask = ground(BACKGROUND, page).mask
    ink = page.mean(axis=2) < 60
    assert mask[ink[:, :200].any(axis=1)].size
    assert mask[:60][ink[:60]].mean() < 0.5
    assert mask.mean() > 0.75


def test_what_is_to_be_kept_stays_before_a_new_background() -> None:
    pixels = np.full((200, 300, 3), (90, 120, 90), np.uint8)
    cv2.circle(pixels, (150, 110), 60, (230, 220, 210), -1)
    cv2.rectangle(pixels, (10, 10), (60, 60), (200, 30, 30), -1)
    request = EditRequest(
        (Picture.from_pixels(pixels),),
        "make the background black, keep the red thing unchanged",
        0,
        None,
    )
    result = asyncio.run(Darkroom().edit(request))
    after = Picture.from_bytes(result.image).pixels
    assert np.abs(after[20:50, 20:50].astype(int) - pixels[20:50, 20:50]).max() < 6
    assert after[150:, 250:].max() < 12


def test_a_flower_is_round_and_not_green() -> None:
    mask = np.zeros((200, 200), np.float32)
    cv2.circle(mask, (100, 100), 60, 1, -1)
    square = np.zeros_like(mask)
    square[90:110, 20:180] = 1
    pink, green = (np.full((200, 200, 3), rgb, np.uint8) for rgb in ((220, 90, 150), (60, 150, 60)))
    assert is_flower(pink, mask)
    assert not is_flower(green, mask)
    assert not is_flower(pink, square)


def test_strong_posterizing_leaves_colours() -> None:
    source = floats(photo("astronaut") / 255)
    flat = posterize(Work(source, Step("posterize", amount=1.0), None))
    before, after = (np.hypot(*to_lab(floats(p))[..., 1:].reshape(-1, 2).T) for p in (source, flat))
    assert after.mean() > 0.8 * before.mean()
