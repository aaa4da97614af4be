"""The outside of cups, on drawn ones."""

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.lab import to_lab
from editthinker.graph.thinkers.measures.vessels import outside_of


def cup(rim: tuple[int, int, int]) -> np.ndarray:
    pixels = np.full((200, 200, 3), (120, 80, 50), np.uint8)
    pixels[60:150, 50:150] = (170, 30, 30)
    cv2.ellipse(pixels, (100, 70), (50, 30), 0, 0, 360, rim, -1)
    cv2.ellipse(pixels, (100, 70), (35, 18), 0, 0, 360, (180, 110, 40), -1)
    return np.asarray(to_lab(pixels))


def middle() -> np.ndarray:
    core = np.zeros((200, 200), np.float32)
    cv2.ellipse(core, ((100, 95), (60, 66), 0), 1, -1)
    return core


def test_a_cup_is_judged_below_its_white_rim() -> None:
    outside = outside_of(cup((240, 240, 235)), middle())
    assert outside is not None
    assert outside[110:140, 80:120].mean() > 0.95
    assert outside[:90].sum() == 0


def test_a_cup_without_a_white_rim_is_judged_as_a_whole() -> None:
    assert outside_of(cup((170, 30, 30)), middle()) is None
