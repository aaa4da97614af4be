"""What is fine before the sky stays, and the sky between it goes."""

import cv2
import numpy as np
import pytest

from editthinker.tools.editors.darkroom.filigree import around_filigree
from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.images import Pixels

SIZE = (300, 400)
BLUE, PALE = ((70, 120, 170), (120, 165, 205)), ((205, 210, 215), (235, 237, 240))


def sky(ends: tuple[tuple[int, int, int], ...]) -> np.ndarray:
    top, bottom = (np.array(colour, float) for colour in ends)
    down = np.linspace(0, 1, SIZE[0])[:, None, None]
    grain = np.random.default_rng(0).normal(0, 1.2, (*SIZE, 3))
    return np.broadcast_to(top + down * (bottom - top), (*SIZE, 3)) + grain


def tree() -> Floats:
    """Draw a bare tree that reaches in from the right, four times as large, and scale it down."""
    rng = np.random.default_rng(3)
    large = np.zeros((4 * SIZE[0], 4 * SIZE[1]), np.uint8)
    stack = [((1600.0, 900.0), np.pi, 34.0)]
    while stack:
        (x, y), way, thick = stack.pop()
        reach = 4.5 * thick + 60
        end = (x + reach * np.cos(way), y + reach * np.sin(way))
        cv2.line(large, (int(x), int(y)), (int(end[0]), int(end[1])), 255, max(5, int(thick)))
        if thick > 6:
            stack += [(end, way + turn + rng.normal(0, 0.1), 0.68 * thick) for turn in (-0.5, 0.45)]
    small = cv2.resize(large, (SIZE[1], SIZE[0]), interpolation=cv2.INTER_AREA)
    return floats(small / 255)


def scene(ends: tuple[tuple[int, int, int], ...]) -> tuple[Pixels, Floats, Floats]:
    """Return a photo, how far each pixel is sky, and a coarse mask of it."""
    twigs = tree()
    land = np.zeros(SIZE, np.float32)
    land[250:] = 1
    thing = np.maximum(twigs, land)[..., None]
    pixels = sky(ends) * (1 - thing) + thing * np.array([22, 20, 18])
    free = floats(1 - thing[..., 0])
    lumps = cv2.morphologyEx(twigs, cv2.MORPH_CLOSE, np.ones((13, 13), np.uint8))
    lumps = cv2.morphologyEx(lumps, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    coarse = floats(1 - np.maximum(cv2.GaussianBlur(lumps, (0, 0), 1.5), land))
    return np.clip(pixels, 0, 255).astype(np.uint8), free, coarse


@pytest.mark.parametrize("ends", [BLUE, PALE], ids=["blue", "pale"])
def test_twigs_stay_before_the_sky_and_the_sky_between_them_is_sky(
    ends: tuple[tuple[int, int, int], ...],
) -> None:
    pixels, free, coarse = scene(ends)
    fine = around_filigree(coarse, pixels)
    off, before = (float(np.abs(mask - free)[:245].mean()) for mask in (fine, coarse))
    assert off < 0.7 * before
    assert fine[(free < 0.1)].mean() < 0.15
    assert fine[255:].max() < 0.1


def test_clouds_and_a_lake_are_left_as_they_were() -> None:
    pixels = sky(BLUE)
    cloud = np.zeros(SIZE, np.float32)
    cv2.ellipse(cloud, ((200, 90), (160, 50), 0), 1, -1)
    cloud = cv2.GaussianBlur(cloud, (0, 0), 9)[..., None]
    pixels = pixels * (1 - cloud) + 235 * cloud
    pixels[200:] = pixels[120:121] - 4  # a lake mirrors the sky
    coarse = np.ones(SIZE, np.float32)
    coarse[200:] = 0
    kept = around_filigree(coarse, np.clip(pixels, 0, 255).astype(np.uint8))
    assert np.abs(kept - coarse).mean() < 0.01
