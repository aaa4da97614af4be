"""What a change of light may cost, and what the observer makes of words that disagree."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from editthinker.graph.thinkers.measures.assessment import UNSURE, Assessment, assess
from editthinker.graph.thinkers.measures.lab import to_lab
from editthinker.graph.thinkers.measures.sight import takes_ground
from editthinker.graph.thinkers.measures.subject import guess_subject
from editthinker.tools.editors.darkroom.light import from_lab
from editthinker.tools.editors.darkroom.recipe import Recipe, Step
from editthinker.tools.images import Pixels

PHOTOS = Path(__file__).parents[4] / "tools" / "photos"


def photo(name: str) -> Pixels:
    return np.asarray(Image.open(PHOTOS / f"{name}.jpg").convert("RGB"))


def with_light(pixels: Pixels, light: np.ndarray) -> Pixels:
    lab = to_lab(pixels)
    lab[..., 0] = np.clip(light, 0, 100)
    return np.rint(np.clip(from_lab(lab), 0, 1) * 255).astype(np.uint8)


def judge(source: Pixels, edited: Pixels, *steps: Step) -> Assessment:
    return assess(source, edited, Recipe(steps))


@pytest.mark.parametrize("name", ["coffee", "temple", "cat"])
@pytest.mark.parametrize("sign", [1, -1])
def test_light_that_drowns_costs_quality_and_light_that_keeps_its_drawing_does_not(
    name: str, sign: int
) -> None:
    source, step = photo(name), Step("brightness", sign * 0.5)
    plane = to_lab(source)[..., 0]
    share = (plane if sign > 0 else 100 - plane) / 100
    careful = share + 0.8 * share * (1 - share) ** 1.5
    drowned = np.clip(share * 1.6 + 0.05, 0, 0.975)
    kept, lost = (
        judge(source, with_light(source, 100 * (end if sign > 0 else 1 - end)), step)
        for end in (careful, drowned)
    )
    assert kept.quality >= 8
    assert lost.quality < kept.quality - 1.5
    assert any("drowned" in harm.sentence for harm in lost.damage)


def test_what_a_curve_of_tones_does_to_edges_is_no_rim() -> None:
    source = photo("temple")
    share = to_lab(source)[..., 0] / 100
    lifted = with_light(source, 100 * (share + 1.2 * share * (1 - share) ** 1.5))
    verdict = judge(source, lifted, Step("brightness", 0.5))
    assert not any("rims" in harm.sentence for harm in verdict.damage)


def test_more_contrast_that_turns_white_grey_is_not_done() -> None:
    source = photo("temple")
    plane = to_lab(source)[..., 0]
    middle = plane.mean()
    spread = with_light(source, middle + 1.25 * (plane - middle))
    greyed = with_light(source, np.minimum(middle + 1.3 * (plane - middle), 100) * 0.85)
    step = Step("contrast", 0.25)
    assert judge(source, spread, step).semantic >= 8
    assert judge(source, greyed, step).semantic < 8


def test_words_that_take_each_other_back_are_not_accepted() -> None:
    source = photo("cat")
    steps = (Step("contrast", -0.5, clause="flat"), Step("contrast", 0.25, clause="more contrast"))
    plane = to_lab(source)[..., 0]
    duller = with_light(source, plane.mean() + 0.625 * (plane - plane.mean()))
    verdict = judge(source, duller, *steps)
    assert verdict.semantic <= UNSURE
    assert "take each other back" in verdict.reasoning


def test_a_guess_that_spreads_beyond_what_is_recognised_has_taken_the_ground() -> None:
    box, figure, ground = (np.zeros((100, 150), np.float32) for _ in range(3))
    box[10:95, 50:100] = 1
    cv2.ellipse(figure, ((75, 55), (40, 80), 0), 1, -1)
    ground[50:] = 1
    assert not takes_ground(figure, box)
    assert takes_ground(np.maximum(figure, ground), box)


def test_the_room_for_hair_around_a_face_is_not_sure_to_be_the_subject() -> None:
    guess = guess_subject(photo("hopper"), people=True)
    assert guess.sure.sum() < guess.possible.sum()
    assert (guess.sure <= guess.possible).all()
