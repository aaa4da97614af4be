"""What a cut-out must not have: holes."""

import cv2
import numpy as np
import pytest
from drawn import photo

from editthinker.graph.thinkers.measures.assessment import assess
from editthinker.graph.thinkers.measures.backdrop import holes_in
from editthinker.tools.editors.darkroom.recipe import Recipe, Step
from editthinker.tools.editors.darkroom.target import BACKGROUND, Target


def oval(x: int, y: int, wide: int, high: int) -> np.ndarray:
    plane = np.zeros((400, 600), np.uint8)
    cv2.ellipse(plane, ((x, y), (wide, high), 0), 1, -1)
    return plane


@pytest.mark.parametrize("hole", [True, False])
def test_a_cut_out_with_a_hole_is_not_accepted(hole: bool) -> None:
    source = photo("coffee")
    thing = np.maximum(oval(278, 228, 404, 320), oval(290, 110, 234, 190))
    spoon = oval(366, 285, 80, 84) if hole else np.zeros_like(thing)
    alpha = 255 * (thing & ~spoon & 1)
    edited = np.dstack([source, alpha]).astype(np.uint8)
    verdict = assess(source, edited, Recipe((Step("cutout", region=Target("object", "saucer")),)))
    assert ("holes" in verdict.reasoning) is hole, verdict.reasoning
    assert (verdict.semantic < 8) is hole, verdict.reasoning


def test_what_shows_the_ground_through_a_ring_is_no_hole() -> None:
    lab = np.full((200, 200, 3), (60, 5, 20), np.float32)
    ring = np.zeros((200, 200), np.float32)
    cv2.circle(ring, (100, 100), 60, 1, 24)
    lab[ring > 0] = (30, 40, 20)
    assert holes_in(ring, lab) == 0
    lab[80:120, 80:120] = (85, 0, 0)
    assert holes_in(ring, lab) > 0.02


@pytest.mark.parametrize("end", ["", "white"])
def test_a_background_of_which_a_part_was_left_is_not_replaced(end: str) -> None:
    rng = np.random.default_rng(0)
    source = np.full((300, 420, 3), (30, 70, 60), float)
    source[:, 210:] = (190, 180, 165)
    figure = np.zeros((300, 420), np.uint8)
    cv2.ellipse(figure, ((210, 160), (120, 200), 0), 1, -1)
    source[figure > 0] = (170, 60, 40)
    source = np.clip(source + rng.normal(0, 3, source.shape), 0, 255).astype(np.uint8)
    down = np.linspace(0, 1, 300)[:, None, None]
    first = np.array([173, 216, 230]) if end else np.array([128, 128, 128])
    behind = np.broadcast_to(first + down * (255 - first if end else 0), source.shape)
    whole = np.where(figure[..., None] > 0, source, behind).astype(np.uint8)
    part = np.where(np.arange(420)[None, :, None] < 210, whole, source).astype(np.uint8)
    options = {"colour": "light blue" if end else "grey"}
    options |= {"end": end, "direction": "down"} if end else {}
    recipe = Recipe((Step("fill", region=BACKGROUND, options=options),))
    good, bad = (assess(source, edited, recipe) for edited in (whole, part))
    assert good.semantic >= 8, good.reasoning
    assert bad.semantic < 8, bad.reasoning
