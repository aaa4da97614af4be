"""Holes filled without a model: textures go on, and nothing else changes."""

import cv2
import numpy as np

from editthinker.tools.vision.patchwork import fill_with_patches


def weave() -> np.ndarray:
    """Return stripes under even light."""
    x = np.arange(120)
    row = np.where(x % 10 < 5, 60, 190)
    noise = np.random.default_rng(0).normal(0, 4, (100, 120, 3))
    return np.clip(np.repeat(row[None, :, None], 100, axis=0) + noise, 0, 255).astype(np.uint8)


def disc() -> np.ndarray:
    hole = np.zeros((100, 120), np.uint8)
    cv2.circle(hole, (60, 50), 12, 1, -1)
    return hole > 0


def test_stripes_go_on_through_a_hole() -> None:
    whole, hole = weave(), disc()
    broken = np.where(hole[..., None], 255, whole).astype(np.uint8)
    filled = fill_with_patches(broken, hole)
    assert filled is not None
    assert (filled[~hole] == broken[~hole]).all()
    off = np.abs(filled[hole].astype(int) - whole[hole])
    assert np.median(off) < 10
    assert filled[hole].std() > 0.8 * whole[hole].std()


def test_the_same_hole_is_filled_the_same_way() -> None:
    one, other = (fill_with_patches(weave(), disc()) for _ in range(2))
    assert one is not None and other is not None
    assert (one == other).all()


def test_too_little_around_a_hole_is_not_made_up() -> None:
    assert fill_with_patches(np.zeros((5, 40, 3), np.uint8), np.ones((5, 40), np.bool_)) is None
    hole = np.zeros((4, 60), np.bool_)
    hole[1:3, 20:30] = True
    assert fill_with_patches(np.zeros((4, 60, 3), np.uint8), hole) is None


def test_a_hole_at_the_frame_is_filled() -> None:
    hole = np.zeros((100, 120), np.bool_)
    hole[75:, :25] = True
    filled = fill_with_patches(weave(), hole)
    assert filled is not None
    assert np.median(np.abs(filled[hole].astype(int) - weave()[hole])) < 25
