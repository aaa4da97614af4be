"""What is asked for next."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editthinker.graph.thinkers.measures.assessment import Assessment
from editthinker.graph.thinkers.measures.finding import Damage, Finding
from editthinker.graph.thinkers.measures.refinement import refine
from editthinker.tools.editors.darkroom.parse import parse
from editthinker.tools.editors.darkroom.recipe import Recipe, Step

WARMER = Step("warmth", 0.5)
DARKER = Step("brightness", -0.5)


def outcome(*findings: Finding, damage: tuple[Damage, ...] = ()) -> Assessment:
    return Assessment(findings, (), damage, ())


def after(step: Step, ratio: float, done: float) -> Step:
    """Refine a recipe of one step that was asked as it was tried."""
    recipe = Recipe((step,))
    return refine(recipe, recipe, outcome(Finding(step, done, "", ratio))).steps[0]


def test_too_little_asks_for_more_and_too_much_for_less() -> None:
    assert after(WARMER, 0.6, 0.7).amount > 0.5 > after(WARMER, 1.8, 0.6).amount
    assert after(DARKER, 0.6, 0.7).amount < -0.5 < after(DARKER, 1.8, 0.6).amount


def test_what_came_out_fine_keeps_its_amount() -> None:
    asked = Recipe((WARMER, DARKER), keep=("subject",))
    tried = Recipe((replace(WARMER, amount=0.7), DARKER))
    found = outcome(Finding(WARMER, 1.0, "", 0.9), Finding(DARKER, 0.6, "", 0.55))
    refined = refine(asked, tried, found)
    assert refined.steps[0].amount == 0.7
    assert refined.steps[1].amount < -0.5
    assert refined.keep == ("subject",)


def test_a_missed_step_comes_first() -> None:
    asked = Recipe((WARMER, DARKER))
    found = outcome(Finding(WARMER, 1.0, "", 1.0), Finding(DARKER, 0.0, "", 0.0))
    assert [s.operation for s in refine(asked, asked, found).steps] == ["brightness", "warmth"]


def test_a_step_that_the_prompt_forgot_is_asked_as_the_user_did() -> None:
    found = outcome(Finding(WARMER, 0.0, "", 0.0))
    assert refine(Recipe((WARMER,)), Recipe(()), found).steps == (WARMER,)


def test_harm_asks_for_less_of_what_caused_it() -> None:
    recipe = Recipe((DARKER, WARMER))
    harm = Damage(4.0, "black", frozenset({"brightness"}))
    found = outcome(Finding(DARKER, 1.0, "", 1.0), Finding(WARMER, 1.0, "", 1.0), damage=(harm,))
    darker, warmer = refine(recipe, recipe, found).steps
    assert -0.5 < darker.amount < 0
    assert warmer.amount == 0.5


@pytest.mark.parametrize("amount", [0.2, 0.5])
def test_a_measure_that_is_never_content_drives_no_step_to_extremes(amount: float) -> None:
    step = Step("saturation", -amount)
    asked = tried = Recipe((step,))
    for _ in range(5):
        never = Assessment((Finding(step, 0.3, "", 0.3),), (), (), ())
        tried = refine(asked, tried, never)
    assert amount < -tried.steps[0].amount < 2 * amount


def test_angles_are_adjusted_in_degrees() -> None:
    step = Step("rotate", options={"degrees": 10.0})
    assert float(after(step, 0.5, 0.5).options["degrees"]) > 10


@given(
    ratio=st.floats(-3, 10),
    amount=st.floats(0.05, 1).map(lambda value: round(value, 2)),
    sign=st.sampled_from([1, -1]),
    done=st.floats(0, 1),
)
def test_every_refined_prompt_is_read_back_as_it_was_meant(
    ratio: float, amount: float, sign: int, done: float
) -> None:
    step = Step("warmth", sign * amount)
    refined = after(step, ratio, done)
    assert 0 < abs(refined.amount) <= 1
    assert refined.amount * sign > 0
    assert parse(Recipe((refined,)).sentence()).steps == (refined,)


def test_a_sketch_that_is_too_dark_asks_for_less_pressure() -> None:
    dark = Finding(Step("sketch"), 0.6, "", 1.4)
    recipe = Recipe((Step("sketch"),))
    assert refine(recipe, recipe, outcome(dark)).steps[0].amount < 0.5
