"""What people wear, and the colours that it gets."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from editthinker.tools.editors.darkroom.colours import hues_of, lab_of, paler, rgb_of
from editthinker.tools.editors.darkroom.dye import dye
from editthinker.tools.editors.darkroom.grounding import choose, ground
from editthinker.tools.editors.darkroom.light import floats, to_lab
from editthinker.tools.editors.darkroom.naming import find_named
from editthinker.tools.editors.darkroom.target import Target
from editthinker.tools.editors.darkroom.words import shades, vocabulary
from editthinker.tools.images import Pixels
from editthinker.tools.vision.faces import find_features
from editthinker.tools.vision.masks import part_of

PHOTOS = Path(__file__).parents[4] / "tools" / "photos"


def photo(name: str) -> Pixels:
    return np.asarray(Image.open(PHOTOS / f"{name}.jpg").convert("RGB"))


def plane(value: tuple[float, float, float], side: int = 60) -> np.ndarray:
    """Return cloth of one colour, lit from one side."""
    lit = np.linspace(0.6, 1, side, dtype=np.float32)[None, :, None]
    return floats(np.full((side, side, 3), value, np.float32) * lit)


def dyed(pixels: np.ndarray, colour: str) -> np.ndarray:
    return to_lab(dye(floats(pixels), np.ones(pixels.shape[:2], np.float32), colour))


def test_every_shade_is_a_colour_that_can_be_named() -> None:
    for name in shades():
        assert vocabulary()[tuple(name.split())].kind == "colour"


def test_browns_lie_between_red_and_yellow() -> None:
    for name in ("brown", "dark brown", "light brown"):
        low, high = hues_of(name)
        assert 40 < (low + high) / 2 < 80


@pytest.mark.parametrize(
    ("darker", "lighter"),
    [
        ("dark grey", "grey"),
        ("grey", "light grey"),
        ("dark brown", "brown"),
        ("brown", "light brown"),
    ],
)
def test_a_darker_shade_is_darker(darker: str, lighter: str) -> None:
    assert lab_of(darker)[0] < lab_of(lighter)[0]


def test_a_paler_blue_is_no_purple() -> None:
    blue = lab_of("dark blue")
    hues = [np.degrees(np.arctan2(b, a)) for _, a, b in paler(blue, floats([0.2, 0.6, 1]))]
    assert hues[0] < hues[1] < hues[2]  # CIELAB itself would keep 306 degrees, a purple
    assert paler(blue, floats([1]))[0] == pytest.approx(blue, abs=0.6)


def test_grey_cloth_dyed_dark_blue_is_blue_to_the_eye() -> None:
    pixels = dye(floats(plane((0.2, 0.2, 0.2))), np.ones((60, 60), np.float32), "dark blue")
    red, green, blue = pixels.mean(axis=(0, 1))
    assert blue > 1.6 * red
    assert red < 1.35 * green


def test_brown_in_the_light_is_tan_and_not_orange() -> None:
    pale = dyed(plane((0.75, 0.75, 0.75)), "brown")
    chroma = np.hypot(pale[..., 1], pale[..., 2]).mean()
    assert chroma < 0.8 * np.hypot(*lab_of("brown")[1:])


def test_a_car_is_dyed_and_its_windows_are_not() -> None:
    pixels = np.full((60, 120, 3), (0.12, 0.12, 0.13), np.float32)
    pixels[30:] = plane((0.1, 0.3, 0.75), 120)[:30]
    lab = dyed(pixels, "yellow")
    assert 70 < np.degrees(np.arctan2(*np.median(lab[34:, :, :0:-1], axis=(0, 1)))) < 115
    assert np.hypot(lab[:26, :, 1], lab[:26, :, 2]).max() < 12


def test_red_and_blue_are_what_css_says() -> None:
    assert (rgb_of("red"), rgb_of("blue")) == ((255, 0, 0), (0, 0, 255))


def test_things_that_lie_in_one_another_are_chosen_from_without_a_place() -> None:
    ring, disc = np.zeros((40, 40), np.float32), np.zeros((40, 40), np.float32)
    ring[10:30, 10:30] = disc[10:30, 10:30] = 1
    found = choose([part_of(ring), part_of(disc)], Target("object", "lion"))
    assert found.count == 2
    assert "all the lions" in found.note


def test_branches_are_the_fine_things_before_the_sky() -> None:
    blue = np.linspace(150, 210, 240)[:, None, None] * np.array([0.55, 0.75, 1.0])
    pixels = np.repeat(blue, 320, axis=1).astype(np.uint8)
    pixels[190:] = (60, 80, 40)
    twigs = np.zeros((240, 320), np.uint8)
    for start, end in (((319, 20), (220, 70)), ((300, 30), (290, 110)), ((319, 60), (250, 100))):
        cv2.line(twigs, start, end, 1, 3)
    pixels[twigs > 0] = (25, 20, 20)
    mask = ground(Target("object", "branch", "all"), pixels).mask
    assert mask[twigs > 0].mean() > 0.8
    assert mask[cv2.dilate(twigs, np.ones((9, 9), np.uint8)) == 0].mean() < 0.01


@pytest.mark.pack
@pytest.mark.parametrize("name", ["astronaut", "camera"])
def test_hair_leaves_the_face_bare(name: str) -> None:
    pixels = photo(name)
    hair = ground(Target("object", "hair"), pixels).mask
    left, top, right, bottom = (find_features(pixels) or [])[0].box
    assert hair[top + (bottom - top) // 2 : bottom, left:right].mean() < 0.25
    assert hair[:top].sum() > 0.2 * hair.sum()


@pytest.mark.pack
@pytest.mark.parametrize(("name", "worn"), [("hopper", "jacket"), ("astronaut", "suit")])
def test_a_garment_lies_below_the_face(name: str, worn: str) -> None:
    pixels = photo(name)
    mask = ground(Target("object", worn), pixels).mask
    left, top, right, bottom = (find_features(pixels) or [])[0].box
    assert mask[top:bottom, left:right].mean() < 0.1
    assert mask.mean() > 0.15


@pytest.mark.pack
def test_an_animal_may_go_by_a_name_that_no_model_knows() -> None:
    found = find_named(photo("cat"), "lynx")
    assert found.by == "signs"
    assert sum(part.area for part in found.parts) > 0.3 * photo("cat")[..., 0].size


@pytest.mark.pack
def test_of_things_spread_over_a_photo_those_of_a_colour_are_found() -> None:
    pixels = photo("galaxies")
    orange = ground(Target("object", "galaxy", "right", "orange"), pixels)
    assert part_of(orange.mask).centre[0] > 0.6


@pytest.mark.pack
def test_a_name_of_two_words_is_told_by_its_last() -> None:
    found = find_named(photo("astronaut"), "mission patch")
    assert found.by == "look"
