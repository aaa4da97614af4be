"""With OpenCV alone, on pictures drawn here whose things are known."""

import cv2
import numpy as np

from editthinker.tools.vision.detector import find_objects, known_names
from editthinker.tools.vision.faces import find_faces
from editthinker.tools.vision.inpainter import fills_with_model, inpaint
from editthinker.tools.vision.reader import can_read, read_text
from editthinker.tools.vision.segmenter import outlines_with_model, segment


def ball(background: tuple[int, int, int] = (60, 110, 60)) -> tuple[np.ndarray, np.ndarray]:
    """Return a photo of a red ball, and where it is."""
    noise = np.random.default_rng(0).normal(0, 6, (240, 320, 3))
    pixels = np.full((240, 320, 3), background, np.float64)
    cv2.circle(pixels, (200, 120), 50, (200, 40, 40), -1)
    truth = np.zeros((240, 320), np.uint8)
    cv2.circle(truth, (200, 120), 50, 1, -1)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8), truth


def overlap(mask: np.ndarray, truth: np.ndarray) -> float:
    found = mask > 0.5
    return float((found & (truth > 0)).sum() / (found | (truth > 0)).sum())


def test_a_box_or_a_point_is_enough_to_outline_a_thing() -> None:
    pixels, truth = ball()
    by_box = segment(pixels, box=(140, 60, 260, 180))
    by_point = segment(pixels, point=(200, 120))
    assert by_box.by == by_point.by == "GrabCut"
    assert overlap(by_box.mask, truth) > 0.95
    assert overlap(by_point.mask, truth) > 0.95


def test_a_box_round_the_whole_photo_still_outlines() -> None:
    pixels, truth = ball()
    assert overlap(segment(pixels, box=(0, 0, 320, 240)).mask, truth) > 0.9


def test_a_hole_is_filled_from_around_and_the_rest_stays_as_it_is() -> None:
    pixels, truth = ball()
    hole = cv2.dilate(truth, np.ones((9, 9), np.uint8)).astype(np.float32)
    filled = inpaint(pixels, hole)
    assert (filled[hole == 0] == pixels[hole == 0]).all()
    assert np.abs(filled[hole > 0].mean(axis=0) - (60, 110, 60)).max() < 8
    assert inpaint(pixels, np.zeros_like(hole)) is pixels


def test_what_needs_a_model_says_that_it_is_missing() -> None:
    pixels, _ = ball()
    assert read_text(pixels) is None
    assert find_objects(pixels) is None
    assert find_faces(pixels) is None
    assert known_names() == frozenset()
    assert not (can_read() or outlines_with_model() or fills_with_model())
