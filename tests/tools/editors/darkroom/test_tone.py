"""Light that is changed keeps its drawing, and a complaint is no order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from editthinker.tools.editors.darkroom.light import Floats, Work, floats, lightness, to_linear
from editthinker.tools.editors.darkroom.parse import parse
from editthinker.tools.editors.darkroom.recipe import Step
from editthinker.tools.editors.darkroom.subject import runs_out
from editthinker.tools.editors.darkroom.tone import brightness


def ramp(power: float) -> Floats:
    """Return every grey, more of the dark ones the higher the power."""
    grey = np.linspace(0, 1, 4096, dtype=np.float32) ** np.float32(power)
    return floats(np.repeat(grey.reshape(64, 64, 1), 3, axis=2))


def light(pixels: Floats) -> Floats:
    return lightness(to_linear(pixels))[..., 0].ravel()


@given(st.floats(0.4, 2.5), st.floats(0.05, 0.5))
def test_brightening_leaves_highlights_apart_and_darkening_shadows(
    power: float, amount: float
) -> None:
    pixels = ramp(power)
    before = light(pixels)
    for sign in (1, -1):
        after = light(brightness(Work(pixels, Step("brightness", sign * amount))))
        end = (before > 88) & (before < 100) if sign > 0 else (before < 12) & (before > 0)
        assert np.ptp(after[end]) > 0.3 * np.ptp(before[end])
        assert (np.diff(after) >= -0.3).all()
        assert (sign * (after - before) > -0.3).all()


@pytest.mark.parametrize(
    "say",
    [
        "The whole picture looks grey and flat, could you give it a bit more contrast?",
        "dark and gloomy, brighten the photo",
    ],
)
def test_what_a_photo_looks_like_is_no_order_against_the_one_that_follows(say: str) -> None:
    steps = parse(say).steps
    assert steps
    assert all(step.amount > 0 for step in steps)


def test_the_ground_is_no_part_of_what_stands_on_it_but_a_saucer_is() -> None:
    thing, ground, saucer = (np.zeros((100, 150), np.float32) for _ in range(3))
    thing[20:80, 60:90] = 1
    ground[60:, :] = 1
    saucer[75:90, 40:110] = 1
    assert runs_out(ground, thing)
    assert not runs_out(saucer, thing)
