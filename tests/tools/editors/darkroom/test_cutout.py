"""Several things that are cut out together are one, with what lies between them."""

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.cutout import together
from editthinker.tools.editors.darkroom.light import Floats, floats


def disc(x: int, y: int, radius: int) -> Floats:
    plane = np.zeros((200, 300), np.float32)
    cv2.circle(plane, (x, y), radius, 1, -1, cv2.LINE_AA)
    return plane


def test_a_cup_and_its_saucer_leave_no_hole_where_a_spoon_lies() -> None:
    cup, spoon = disc(150, 80, 45), disc(165, 135, 16)
    rim = cv2.dilate(cup, np.ones((9, 9), np.uint8))
    saucer = floats(disc(150, 100, 85) * (1 - np.maximum(rim, spoon)))
    whole = together([cup, saucer])
    assert whole[spoon > 0.9].min() > 0.9
    assert whole[disc(150, 100, 80) > 0.9].min() > 0.9
    assert whole[disc(150, 100, 92) < 0.1].max() < 0.1


def test_things_apart_and_the_hole_of_one_stay_as_they_are() -> None:
    ring = floats(disc(70, 100, 40) * (1 - disc(70, 100, 18)))
    ball = disc(220, 100, 40)
    assert np.abs(together([ring, ball]) - np.maximum(ring, ball)).max() < 0.5
    assert together([ring, ball])[disc(70, 100, 14) > 0.9].max() == 0
