"""Colour laid over the whole photo, neutral whites and negatives, on edits made by hand."""

import cv2
import numpy as np
from drawn import Pixels, photo

from editthinker.graph.thinkers.measures.assessment import assess
from editthinker.graph.thinkers.measures.lab import to_lab
from editthinker.tools.editors.darkroom.light import from_lab
from editthinker.tools.editors.darkroom.recipe import Recipe, Step


def shifted(pixels: Pixels, a: float, b: float) -> Pixels:
    lab = to_lab(pixels) + np.array([0, a, b], np.float32)
    return np.rint(255 * from_lab(lab)).astype(np.uint8)


def semantic(source: Pixels, edited: Pixels, step: Step) -> float:
    return assess(source, edited, Recipe((step,))).semantic


def test_a_wash_is_measured_towards_its_colour() -> None:
    source, step = photo("hopper"), Step("wash", options={"colour": "purple"})
    assert semantic(source, shifted(source, 14, -12), step) >= 8
    assert semantic(source, shifted(source, -14, 12), step) == 0
    assert semantic(source, source, step) == 0


def test_a_cast_is_gone_when_the_palest_tones_are_grey() -> None:
    clean, step = photo("camera"), Step("white-balance")
    tinged = shifted(clean, 4, 16)
    assert semantic(tinged, clean, step) >= 8
    assert semantic(tinged, tinged, step) < 2
    assert semantic(tinged, shifted(clean, 8, 30), step) == 0


def test_a_negative_is_compared_with_the_photo_turned_round() -> None:
    source, step = photo("coffee"), Step("invert")
    assert semantic(source, np.asarray(cv2.bitwise_not(source), np.uint8), step) == 10
    assert semantic(source, source, step) == 0


def test_a_wash_and_faded_colours_are_judged_together() -> None:
    source = photo("coffee")
    recipe = Recipe((Step("wash", 0.3, options={"colour": "orange"}), Step("saturation", -0.5)))
    lab = to_lab(source)
    faded = lab * np.array([1, 0.5, 0.5], np.float32)
    washed = np.rint(255 * from_lab(faded + np.array([0, 4, 12], np.float32))).astype(np.uint8)
    only_faded = np.rint(255 * from_lab(faded)).astype(np.uint8)
    both, one = (assess(source, edited, recipe) for edited in (washed, only_faded))
    assert both.semantic >= 8, both.reasoning
    assert one.semantic < 8, one.reasoning
    assert assess(source, source, recipe).semantic < 6
