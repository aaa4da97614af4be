"""What the observer sees of a target, on drawn scenes and without a model."""

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.lab import to_lab
from editthinker.graph.thinkers.measures.palette import told_as
from editthinker.graph.thinkers.measures.sight import Sight, look
from editthinker.tools.editors.darkroom.target import Target


def meadow(*spots: tuple[int, int]) -> np.ndarray:
    pixels = np.full((160, 220, 3), (70, 120, 50), np.uint8)
    for spot in spots:
        cv2.circle(pixels, spot, 14, (200, 35, 35), -1)
    return pixels


def seen(target: Target, pixels: np.ndarray) -> Sight | None:
    return look(target, pixels, np.asarray(to_lab(pixels)))


def test_the_one_thing_of_a_colour_goes_by_any_name() -> None:
    sight = seen(Target("object", "kite", colour="red"), meadow((60, 60)))
    assert sight is not None
    assert sight.must[60, 60] > 0.9
    assert sight.settled(np.zeros((160, 220), np.float32)) is sight


def test_among_things_of_a_colour_the_one_that_was_edited_is_meant() -> None:
    sight = seen(Target("object", "kite", colour="red"), meadow((60, 60), (150, 100)))
    changed = np.zeros((160, 220), np.float32)
    assert sight is not None
    assert sight.settled(changed) is None
    changed[80:120, 130:170] = 1
    settled = sight.settled(changed)
    assert settled is not None
    assert settled.must[100, 150] > 0.9
    assert settled.must[60, 60] < 0.1


def test_a_thing_before_a_ground_of_its_colour_is_not_told_by_it() -> None:
    pixels = meadow((60, 60))
    pixels[80:] = (200, 35, 35)
    assert seen(Target("object", "kite", colour="red"), pixels) is None


def test_what_is_called_navy_may_be_black() -> None:
    black, grey = (np.full((4, 4, 3), (light, 0, 0), np.float32) for light in (12, 60))
    assert told_as(black, "navy").min() > 0.9
    assert told_as(grey, "navy").max() < 0.1
    assert told_as(black, "red").max() < 0.5
