"""What is left of a thing after its removal costs score, and the next prompt asks for it."""

import asyncio

import cv2
import numpy as np
import pytest
from drawn import Pixels, photo

from editthinker.graph.thinkers.base import ThinkRequest, Thought
from editthinker.graph.thinkers.observer import ACCEPTABLE, Observer
from editthinker.tools.editors.darkroom.parse import parse
from editthinker.tools.images import Picture


def think(source: Pixels, edited: Pixels, instruction: str) -> Thought:
    pictures = (Picture.from_pixels(source), Picture.from_pixels(edited))
    return asyncio.run(Observer().think(ThinkRequest(*pictures, instruction, instruction)))


def ball(pixels: Pixels, *, shadow: bool) -> tuple[Pixels, Pixels]:
    """Put a red ball with its shadow on a photo; return it with both, and with the shadow only."""
    height, width = pixels.shape[:2]
    dark = np.zeros((height, width), np.float32)
    place = (round(0.62 * width), round(0.3 * height))
    if shadow:
        cv2.ellipse(dark, ((place[0] + 12, place[1] + 34), (88, 40), 0), 1, -1)
    shaded = pixels * (1 - 0.45 * cv2.GaussianBlur(dark, (0, 0), 4)[..., None])
    ground = shaded.astype(np.uint8)
    both = ground.copy()
    cv2.circle(both, place, 36, (200, 20, 30), -1, cv2.LINE_AA)
    return both, ground


@pytest.mark.parametrize("name", ["camera", "rocket"])
def test_a_handle_that_was_left_is_not_a_removed_thing(name: str) -> None:
    source, clean = ball(photo(name), shadow=False)
    place = (round(0.62 * source.shape[1]) - 34, round(0.3 * source.shape[0]))
    handle = cv2.ellipse(clean.copy(), (place, (60, 44), 0), (200, 20, 30), 9, cv2.LINE_AA)
    left = np.arange(source.shape[1])[None, :, None] < place[0]
    source = np.where(left & (handle != clean), handle, source)
    edited = np.where(left, handle, clean)
    thought = think(source, edited, "remove the red thing")
    assert thought.semantic is not None and thought.semantic < ACCEPTABLE, thought.reasoning
    (step,) = parse(str(thought.refined_prompt)).steps
    assert (step.operation, step.amount) == ("remove", 1.0)


@pytest.mark.parametrize("name", ["temple", "rocket"])
def test_a_shadow_that_was_left_costs_score_and_is_asked_for(name: str) -> None:
    clean, (source, shaded) = photo(name), ball(photo(name), shadow=True)
    good = think(source, clean, "remove the red thing")
    bad = think(source, shaded, "remove the red thing")
    assert good.semantic is not None and good.semantic >= ACCEPTABLE, good.reasoning
    assert bad.semantic is not None and bad.semantic < ACCEPTABLE, bad.reasoning
    assert "shadow" in bad.reasoning
    assert "shadow" in str(bad.refined_prompt)


def test_a_piece_that_was_left_is_named_with_its_side() -> None:
    source, clean = ball(photo("rocket"), shadow=False)
    edited = clean.copy()
    edge = round(0.62 * source.shape[1]) - 12
    edited[:, :edge] = source[:, :edge]
    thought = think(source, edited, "remove the red thing")
    assert thought.semantic is not None and thought.semantic < ACCEPTABLE, thought.reasoning
    assert "left side" in thought.reasoning
