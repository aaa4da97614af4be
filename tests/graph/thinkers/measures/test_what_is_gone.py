"""What counts as gone: in the dark, beside what stands behind it, and one of several alike."""

import cv2
import numpy as np
import pytest

from editthinker.graph.thinkers.measures.assessment import Assessment, assess
from editthinker.graph.thinkers.measures.traces import same_drawing
from editthinker.tools.editors.darkroom.recipe import Recipe, Step
from editthinker.tools.editors.darkroom.target import MARKED, Place, Target
from editthinker.tools.images import Pixels

PEACH, BROWN = (235, 170, 140), (110, 85, 55)


def noise(level: float, spread: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    grey = cv2.GaussianBlur(rng.normal(0, spread, (300, 400)), (0, 0), 1.2) + level
    return np.repeat(grey[..., None], 3, axis=2)


def stored(pixels: np.ndarray) -> Pixels:
    return np.clip(pixels, 0, 255).astype(np.uint8)


def oval(middle: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    plane = np.zeros((300, 400), np.float32)
    cv2.ellipse(plane, (middle, size, 0), 1, -1, cv2.LINE_AA)
    return plane[..., None]


def removed(source: Pixels, edited: Pixels, mark: np.ndarray) -> Assessment:
    drawn = stored(255 * np.repeat(mark, 3, axis=2))
    return assess(source, edited, Recipe((Step("remove", region=MARKED),)), drawn)


def test_a_drawing_is_the_same_another_or_none() -> None:
    one, other = (noise(20, 30, seed)[..., 0].astype(np.float32) for seed in (1, 2))
    flat = np.full_like(one, 20)
    assert np.nanmin(same_drawing(one, one + 3)) > 0.95
    assert np.nanmean(same_drawing(one, other)) < 0.3
    assert np.isnan(same_drawing(flat, one)).all()


def test_black_that_gave_way_to_black_is_gone_and_black_that_stayed_is_not() -> None:
    figure = oval((200, 160), (110, 190))
    head = oval((200, 80), (40, 50))
    room = noise(16, 12, 1)
    source = stored(np.where(head > 0.5, 170, np.where(figure > 0.5, noise(14, 14, 2), room)))
    whole = np.maximum(figure, head)
    gone = stored(np.where(whole > 0.5, noise(16, 12, 3), source))
    beheaded = stored(np.where(head > 0.5, noise(16, 12, 3), source))
    good, bad = (removed(source, edited, whole) for edited in (gone, beheaded))
    assert good.semantic >= 8, good.reasoning
    assert bad.semantic < 6, bad.reasoning


def test_what_stands_behind_a_thing_is_no_part_of_it_and_a_piece_of_it_is() -> None:
    ground = noise(60, 14, 4)
    thing, behind = oval((200, 200), (120, 110)), oval((215, 130), (34, 60))
    source = stored(np.where(thing > 0.5, PEACH, np.where(behind > 0.5, BROWN, ground)))
    margin = cv2.dilate(thing, np.ones((13, 13), np.uint8))[..., None]
    filled = stored(np.where(margin > 0.5, noise(60, 14, 5), source))
    good = removed(source, filled, margin)
    assert "cut through" not in good.reasoning, good.reasoning
    half = margin * (np.arange(400)[None, :, None] < 220)
    torn = stored(np.where(half > 0.5, noise(60, 14, 5), source))
    assert removed(source, torn, margin).semantic < 7


@pytest.mark.parametrize(("place", "picked"), [("bottom", True), ("top", False), ("left", False)])
def test_a_place_bears_out_the_one_of_several_alike_that_was_edited(
    place: Place, picked: bool
) -> None:
    ground = noise(60, 14, 4)
    upper, lower = oval((200, 80), (80, 80)), oval((200, 230), (70, 70))
    source = stored(np.where(np.maximum(upper, lower) > 0.5, PEACH, ground))
    edited = stored(np.where(lower > 0.5, ground, source))
    step = Step("remove", region=Target("object", "flower", place))
    assert assess(source, edited, Recipe((step,))).picked is picked
