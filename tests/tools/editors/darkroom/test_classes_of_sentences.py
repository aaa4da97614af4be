"""Whole classes of sentences, told by several of each kind that no list of words has."""

import pytest

from editthinker.tools.editors.darkroom.parse import parse


def _reads(said: str, order: str) -> None:
    recipe = parse(said)
    assert not recipe.unknown
    assert recipe.sentence() == order


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("erase the line of code at the bottom, I only need the paragraph", "bottom text"),
        ("delete the header; I want only the recipe", "top text"),
        ("clear the text at the top, I only want the drawing", "top text"),
        ("erase the bottom line", "bottom text"),
        ("remove the top line of text", "top text"),
        ("delete the line at the bottom, we just need the heading", "bottom text"),
    ],
)
def test_what_is_left_over_is_no_second_order(said: str, order: str) -> None:
    _reads(said, f"erase the {order}")


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("remove the logo, I only need the writing", "remove the logo"),
        ("take out the cup, I just want the plate", "remove the cup"),
        ("remove the cup, keep only the plate", "remove the cup"),
        ("remove the background, keep only the cat", "cut out the cat"),
    ],
)
def test_only_a_removal_leaves_something_over(said: str, order: str) -> None:
    _reads(said, order)


@pytest.mark.parametrize(
    "said", ["remove the line at the bottom of the road", "remove the top line of windows"]
)
def test_a_line_of_something_else_is_no_text(said: str) -> None:
    assert all(step.region.kind != "text" for step in parse(said).steps)


def test_a_line_of_what_is_to_go_is_not_what_is_left() -> None:
    assert "what is left" not in str(parse("erase the text, I only need the first line").notes)


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("I want to share it on Instagram so brighten it up", "brighten the photo by 50%"),
        ("I want to sell the car, remove the man", "remove the person"),
        (
            "We're printing this, so more contrast please",
            "increase the contrast of the photo by 50%",
        ),
        (
            "this goes on our website so make the background white",
            "replace the background with white",
        ),
        ("I'd like to post this tonight, brighten the faces", "brighten all the faces by 50%"),
        ("going to print it on a mug so boost the colours", "saturate the photo by 50%"),
        ("I need the car without the background for an ad", "cut out the car"),
        ("I need the shoes without background for my shop", "cut out all the shoes"),
    ],
)
def test_what_a_photo_is_for_is_no_order(said: str, order: str) -> None:
    _reads(said, order)


@pytest.mark.parametrize("said", ["I want to sell the car", "rotate the chair so it is level"])
def test_a_purpose_alone_stays_unknown(said: str) -> None:
    assert parse(said).unknown


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("there is a strong yellow cast, take it out", "cool down the photo by 50%"),
        ("there's a blue tint over everything, remove it", "warm up the photo by 50%"),
        ("the photo has a strange green cast, fix it", "tint the photo towards magenta by 50%"),
        ("there's so much noise, get rid of it", "denoise the photo by 50%"),
        ("it has a lot of grain, please clean it up", "denoise the photo by 50%"),
        (
            "I don't like the shadows on her face, lighten them",
            "lift the shadows of the face by 50%",
        ),
        ("the shadows are very dark, lift them", "lift the shadows of the photo by 50%"),
        ("the yellow cast is ugly, remove it", "cool down the photo by 50%"),
        ("the noise is terrible, can you remove it?", "denoise the photo by 50%"),
        ("the highlights are harsh, soften them", "recover the highlights of the photo by 50%"),
    ],
)
def test_it_after_a_complaint_about_a_tone_is_that_tone(said: str, order: str) -> None:
    _reads(said, order)


@pytest.mark.parametrize("haze", ["a lot of haze over the lake", "some fog over the hills", "mist"])
def test_haze_that_is_complained_of_is_cleared_and_nothing_removed(haze: str) -> None:
    recipe = parse(f"there's {haze}, please remove it")
    assert not recipe.unknown
    assert [step.operation for step in recipe.steps] == ["contrast", "saturation", "shadows"]


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("there's a red car on the road, remove it", "remove the red car"),
        (
            "there's noise in the sky and a bird, remove it",
            "remove the bird, denoise the sky by 50%",
        ),
    ],
)
def test_it_after_a_thing_is_the_thing(said: str, order: str) -> None:
    _reads(said, order)


def test_it_after_the_light_of_a_thing_is_the_thing() -> None:
    order = "change the colour of the hair to brown"
    _reads("I hate the highlights in her hair, dye it brown", order)


def test_half_of_some_things_is_not_all_of_them() -> None:
    assert parse("remove about half the cups").unknown
    assert parse("remove the half flower at the bottom").sentence() == "remove the bottom flower"


def test_the_shadow_on_a_wall_is_not_the_wall() -> None:
    assert parse("there is a shadow on the wall, remove it").unknown


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("replace the orange light with a cooler, bluish one", "cool down"),
        ("swap the warm tones for cold ones", "cool down"),
        ("replace the warm light with a cold one", "cool down"),
        ("replace the cold light with a warm golden one", "warm up"),
        ("switch the blue tones for warmer ones", "warm up"),
        ("turn the cool tones into warm ones", "warm up"),
        ("swap the cool cast for something warmer", "warm up"),
        ("change the cold colours to warmer, golden ones", "warm up"),
    ],
)
def test_light_of_one_kind_for_another_is_warmth(said: str, order: str) -> None:
    _reads(said, f"{order} the photo by 50%")


def test_a_named_colour_for_another_is_no_warmth() -> None:
    _reads("change the orange tones to blue", "change the orange to blue")


@pytest.mark.parametrize(
    ("said", "colour"),
    [
        ("swap the curtains and the lamp for a plain grey", "grey"),
        ("replace the plant and the shelves with plain white", "white"),
        ("swap the wall and the shelves for plain white", "white"),
        ("make the background black, including the chairs", "black"),
        ("everything except the dog should be white", "white"),
        ("make everything except the bottle light blue", "light blue"),
        ("only the woman should stay, the rest plain grey", "grey"),
        ("only the cat should remain, everything else white", "white"),
        ("keep only the dog and make everything else black", "black"),
    ],
)
def test_all_but_a_thing_in_a_colour_is_the_background(said: str, colour: str) -> None:
    _reads(said, f"replace the background with {colour}")


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("everything but the cat should be grey", "make everything except the cat black and white"),
        (
            "make everything but the cat black and white",
            "make everything except the cat black and white",
        ),
        ("only the dog should stay", "cut out the dog"),
        (
            "replace the shirt and the trousers with plain white",
            "change the colour of the shirt to white, change the colour of the trousers to white",
        ),
    ],
)
def test_without_a_background_nothing_is_filled(said: str, order: str) -> None:
    _reads(said, order)


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("give it a pink and violet dusk sky", "sky with a gradient from pink to violet"),
        ("replace the sky with orange and pink", "sky with a gradient from orange to pink"),
        ("the sky should be pink and orange", "sky with a gradient from pink to orange"),
        ("make it a purple and blue sky", "sky with a gradient from purple to blue"),
        (
            "fill the background with pink and orange",
            "background with a gradient from pink to orange",
        ),
        ("swap the sky for red and yellow", "sky with a gradient from red to yellow"),
        ("put a purple and orange sky behind it", "sky with a gradient from purple to orange"),
        ("change the background to pink and blue", "background with a gradient from pink to blue"),
        ("make the background teal and navy", "background with a gradient from teal to navy"),
        ("give her a red and gold background", "background with a gradient from red to gold"),
    ],
)
def test_two_colours_for_a_sky_run_from_top_to_bottom(said: str, order: str) -> None:
    _reads(said, f"replace the {order} top to bottom")


def test_black_and_white_are_no_two_colours() -> None:
    _reads("change the background to black and white", "turn the background black and white")


@pytest.mark.parametrize(
    ("said", "thing"),
    [
        ("make the woman on the left's dress blue", "left dress"),
        ("make the man in the middle's jacket blue", "middle jacket"),
        ("turn the girl in the middle's hat blue", "middle hat"),
        ("change the dress of the woman on the left to blue", "left dress"),
        ("make the dress of the left woman blue", "left dress"),
        ("make the left woman's hair blue", "left hair"),
        ("make the right man's tie blue", "right tie"),
        ("make the woman on the far right's scarf blue", "right scarf"),
        ("make the woman's dress blue", "dress"),
    ],
)
def test_what_somebody_has_is_where_its_owner_is(said: str, thing: str) -> None:
    _reads(said, f"change the colour of the {thing} to blue")


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("a touch less blue", "warm up the photo by 25%"),
        ("just a hair warmer", "warm up the photo by 25%"),
        ("a hair less saturated", "desaturate the photo by 25%"),
        ("make it a shade darker", "darken the photo by 25%"),
        ("a smidge more contrast", "increase the contrast of the photo by 25%"),
        ("about half as bright", "darken the photo by 50%"),
        ("half the contrast", "reduce the contrast of the photo by 50%"),
        ("nearly twice as bright", "brighten the photo by 100%"),
        ("a third brighter", "brighten the photo by 33%"),
        ("crank the contrast way up", "increase the contrast of the photo by 75%"),
        ("bump the exposure up a notch", "increase the exposure of the photo by 25%"),
        ("dial the sharpness down a notch", "blur the photo by 25%"),
        ("make the sky a notch darker", "darken the sky by 25%"),
        ("dial the warmth up a couple of notches", "warm up the photo by 40%"),
    ],
)
def test_how_much_is_said_in_everyday_words(said: str, order: str) -> None:
    _reads(said, order)


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("axe the sign", "remove the sign"),
        ("bin the old chair", "remove the chair"),
        ("yeet the trash can", "remove the trash can"),
        ("recolor the car: red", "change the colour of the car to red"),
        ("paint it black", "change the colour of the subject to black"),
        ("the car is dull, paint it black", "change the colour of the car to black"),
        ("make the words bolder", "darken the text by 50%"),
    ],
)
def test_everyday_verbs_are_orders(said: str, order: str) -> None:
    _reads(said, order)


@pytest.mark.parametrize("said", ["crop out the sky", "cut her hair", "turn the cup upside down"])
def test_other_verbs_stay_unknown(said: str) -> None:
    assert parse(said).unknown
