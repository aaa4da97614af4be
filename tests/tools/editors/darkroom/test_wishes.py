import time

import pytest

from editthinker.tools.editors.darkroom.parse import parse
from editthinker.tools.editors.darkroom.quoting import with_quotes
from editthinker.tools.editors.darkroom.wishes import imperative


def read(instruction: str) -> str:
    recipe = parse(instruction)
    assert not recipe.unknown
    return recipe.sentence()


@pytest.mark.parametrize(
    ("wish", "order"),
    [
        ("I'd love a yellow mug rather than a white one", "make the mug yellow"),
        ("what would my cat look like with blue eyes", "make the cat's eyes blue"),
        ("How would the helmet look in red?", "make the helmet red?"),
        ("the heading should say 'New' instead of 'Old'", "replace the text 'Old' with 'New'"),
        ("rewrite the tag so it says 'ADA'", "make the tag say 'ADA'"),
        ("I'd like the tower gone", "remove the tower"),
        ("get the tree out of the view", "remove the tree"),
        ("no more flag please", "remove flag"),
        ("throw the lake out of focus", "blur the lake"),
        ("put them on plain white", "make the background white"),
        ("I need this portrait with a transparent background", "make the background transparent"),
        ("write 'HI' at the top, yellow would be nice", "write 'HI' at the top in yellow"),
        ("everything that's orange should be purple", "change the orange to purple"),
    ],
)
def test_a_wish_becomes_the_order_it_stands_for(wish: str, order: str) -> None:
    assert imperative(wish) == order


@pytest.mark.parametrize("text", ["make it brighter", "remove the man on the left", "让它更亮", ""])
def test_what_is_an_order_already_stays_as_it_is(text: str) -> None:
    assert imperative(text) == text


@pytest.mark.parametrize(
    ("said", "quoted"),
    [
        ("big letters saying LIFT OFF", "big letters saying “LIFT OFF”"),
        ("a small © 2024 J. Smith in the corner", "a small “© 2024 J. Smith” in the corner"),
        ("add my name, Anna Lee, in the corner", "add the text “Anna Lee” in the corner"),
        ("change SOCIAL CODING to TEA TIME", "change “SOCIAL CODING” to “TEA TIME”"),
        ("make it say 'HELLO'", "make it say 'HELLO'"),
    ],
)
def test_capitals_and_the_copyright_sign_quote_text(said: str, quoted: str) -> None:
    assert with_quotes(said) == quoted


@pytest.mark.parametrize(
    "order", ["replace the text 'x C Q X' with 'N C2'", "make the sign say 'I want a red car'"]
)
def test_what_stands_in_quotation_marks_is_no_wish(order: str) -> None:
    assert imperative(order) == order


def test_a_tail_that_only_tells_more_is_left_out_with_a_note() -> None:
    recipe = parse("take away the tower on the horizon")
    assert recipe.sentence() == "remove the tower"
    assert recipe.notes == ("Left 'on the horizon' out of account.",)


def test_what_stands_between_a_thing_and_its_verb_may_only_tell_more() -> None:
    assert read("make the left tower at the edge of the picture disappear") == (
        "remove the left tower"
    )


def test_unknown_adjectives_are_left_out_before_a_noun() -> None:
    assert read("recolour the grass to a lush green") == "change the colour of the grass to green"


@pytest.mark.parametrize(
    "instruction",
    [
        "make him smile with his teeth showing",
        "open the cat's eyes so he looks awake",
        "add a dragon flying round the pagoda",
        "have the raccoon stand up on its hind legs",
        "turn him round so he's facing us",
        "let the rocket take off",
        "make the monk in the archway smile at the camera",
        "let the woman hold a flower",
        "remove the thing in the middle",
        "paint the boat's keelson blue",
    ],
)
def test_no_verb_and_no_head_noun_is_left_out(instruction: str) -> None:
    recipe = parse(instruction)
    assert recipe.unknown
    assert not recipe.steps


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        ("There's half a flower poking in at the bottom, erase it", "remove the bottom flower"),
        ("The sky is dull. Make it a deep blue", "change the colour of the sky to dark blue"),
        ("The tripod is in the way, take it out please", "remove the tripod"),
        ("get rid of the lamp please, it's too bright", "remove the lamp"),
        ("The cup is too green, paint it red", "change the colour of the cup to red"),
        ("remove the background and make it white", "replace the background with white"),
    ],
)
def test_a_statement_says_what_it_is_and_orders_nothing(instruction: str, sentence: str) -> None:
    assert read(instruction) == sentence


def test_a_complaint_wins_over_a_look_that_would_make_it_worse() -> None:
    steps = {step.operation: step.amount for step in parse("too yellow, like daylight").steps}
    assert steps["warmth"] < 0
    assert steps["brightness"] > 0


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        ("remove the medal ribbons from her jacket", "remove all the ribbons"),
        ("get rid of the people behind her", "remove all the persons in the background"),
        ("remove the flag from the left hand side", "remove the left flag"),
        ("remove the yellowish bud on the left", "remove the left bud"),
        ("color the title text dark red", "change the colour of the top text to dark red"),
        ("delete the line of code at the bottom of the page", "erase the bottom text"),
        ("dye the cup's handle green", "change the colour of the handle to green"),
    ],
)
def test_the_head_of_a_noun_phrase_is_what_is_meant(instruction: str, sentence: str) -> None:
    assert read(instruction) == sentence


def test_a_list_of_things_shares_its_verb() -> None:
    assert read("make the cup and saucer a deep navy blue instead") == (
        "change the colour of the cup to navy, change the colour of the saucer to navy"
    )
    assert read("throw the lake and the sky out of focus") == (
        "blur the lake by 50%, blur the sky by 50%"
    )


def test_details_of_a_style_are_noted_and_no_failure() -> None:
    recipe = parse("make it a cartoon, with bold outlines")
    assert recipe.sentence() == "turn the photo into a cartoon by 50%"
    assert recipe.notes == ("Took 'with bold outlines' for a detail of the style.",)


def test_what_is_to_stay_need_not_be_known() -> None:
    recipe = parse("saturate the photo, but keep the gizmo properly black")
    assert recipe.sentence() == "saturate the photo by 50%"
    assert not recipe.unknown
    assert recipe.notes


def test_no_thing_is_taken_away_of_which_one_should_stay() -> None:
    recipe = parse("delete every coin except the one in the middle")
    assert not recipe.steps
    assert "Delete every coin".lower() in [clause.lower() for clause in recipe.unknown]


def test_less_of_a_look_is_not_more_of_it() -> None:
    assert read("make the shadows less harsh") == "lift the shadows of the photo by 50%"


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        ("Erase the medals on the right", "remove all the medals on the right"),
        ("take away all the lights at the bottom", "remove all the lamps at the bottom"),
        (
            "make the flowers on the left red",
            "change the colour of all the flowers on the left to red",
        ),
        ("get rid of the people at the top left", "remove all the persons at the top left"),
        ("remove the bright star with the spikes on the right", "remove the right star"),
        (
            "get rid of the two towers at the far left and far right",
            "remove the left tower, remove the right tower",
        ),
    ],
)
def test_several_things_on_a_side_are_all_that_lie_there(instruction: str, sentence: str) -> None:
    assert read(instruction) == sentence
    assert read(sentence) == sentence


def test_a_number_of_things_on_a_side_is_refused_for_there_may_be_others() -> None:
    assert parse("delete the two men on the right").unknown


def test_a_part_of_a_body_may_tell_where_a_thing_is_but_not_where_hair_is() -> None:
    assert read("Remove the round patch on her chest") == "remove the patch"
    assert parse("remove the hair on her arm").unknown


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        ("wipe all the writing off the mug", "erase all the text"),
        ("remove the text on the mug", "erase all the text"),
        ("remove the cat and the text", "remove the cat, erase all the text"),
        ("remove the caption", "erase the line of text"),
        ("remove the text at the bottom", "erase the bottom text"),
        ("remove the word 'SALE'", 'erase the text "SALE"'),
    ],
)
def test_the_text_is_every_line_of_it(instruction: str, sentence: str) -> None:
    assert read(instruction) == sentence


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        (
            "Replace the sky with a sunset orange gradient",
            "replace the sky with a gradient from orange to pink top to bottom",
        ),
        (
            "make the background a soft blue gradient",
            "replace the background with a gradient from blue to white top to bottom",
        ),
        (
            "swap the blue backdrop on the right for a muted burgundy",
            "change the blue to burgundy in the background",
        ),
        ("redraw this as a black ink drawing", "turn the photo into a pencil sketch by 50%"),
        ("replace the sky with dark grey", "replace the sky with dark grey"),
        ("replace the sky with a dark grey one", "replace the sky with an overcast sky"),
        ("replace the sky with stars", "replace the sky with a starry night sky"),
        ("remove the stars", "remove all the stars"),
    ],
)
def test_colours_of_skies_backdrops_and_ink_tell_what_they_become(
    instruction: str, sentence: str
) -> None:
    assert read(instruction) == sentence


@pytest.mark.parametrize(
    "instruction",
    [
        "Get rid of the shadow on the page and make the paper white",
        "clean up the scan",
        "remove the shadows from the document",
        "make the page whiter",
    ],
)
def test_a_page_is_whitened_by_its_light(instruction: str) -> None:
    operations = [step.operation for step in parse(instruction).steps]
    assert operations == ["brightness", "contrast", "saturation"]
    assert not parse(instruction).unknown


@pytest.mark.parametrize(
    "instruction",
    [
        "add sunglasses",
        "make him smile",
        "open the cat's eyes",
        "put sunglasses on the cat",
        "turn off the lamp",
        "make the cat look to the left",
        "remove his smile",
        "make the galaxy spin",
        "scan the document",
        "put a shadow on the page",
        "remove the stain on the page",
        "turn the drawing black",
        "remove everything on the right",
    ],
)
def test_what_nothing_here_can_do_is_not_read_as_something_else(instruction: str) -> None:
    recipe = parse(instruction)
    assert recipe.unknown
    assert not recipe.steps


def test_a_number_before_a_line_break_is_read() -> None:
    assert parse("0\n").unknown == ("0",)
    assert read("make it brighter by 20\n") == "brighten the photo by 20%"


@pytest.mark.parametrize(
    "part",
    ["x", "replace the sky with a ", "sky a soft blue to ", "background with the ", "'x ", "nice "],
)
def test_no_text_takes_long_to_read(part: str) -> None:
    parse("make it brighter")
    for size in (600, 1000, 4000):
        start = time.process_time()
        parse((part * 4000)[:size])
        assert time.process_time() - start < 10  # a fiftieth of that on an ordinary machine


def test_no_list_of_adjectives_takes_long_to_read() -> None:
    imperative("put it on a nice red studio backdrop")
    start = time.process_time()
    imperative(f"put it on {'nice ' * 100}red studio x")
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    ("instruction", "operation"),
    [
        ("Make this look like a page from a comic book", "cartoon"),
        ("turn this into a page out of a graphic novel", "cartoon"),
        ("make it look like a scene from an old cartoon", "cartoon"),
        ("make it look like a page torn from a sketchbook", "sketch"),
        ("make it look like a page of a colouring book", "sketch"),
        ("turn it into a still from a black and white film", "black-and-white"),
        ("make this look like an old engraving", "sketch"),
        ("make this look like an old oil painting", "oil"),
    ],
)
def test_a_leaf_of_something_or_an_old_one_is_its_style(instruction: str, operation: str) -> None:
    recipe = parse(instruction)
    assert [(step.operation, step.region.kind) for step in recipe.steps] == [(operation, "photo")]
    assert not recipe.unknown


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        (
            "Everything is too orange, please make the colours cooler and more natural",
            "cool down the photo by 50%",
        ),
        ("a bit warmer and a little more realistic", "warm up the photo by 25%"),
        ("make it more neutral and cooler", "cool down the photo by 50%"),
        ("make the colours look more natural", "fix the white balance of the photo by 50%"),
        ("make it more realistic", "fix the white balance of the photo by 50%"),
    ],
)
def test_more_natural_is_how_a_tone_changes_or_else_balanced_colours(
    instruction: str, sentence: str
) -> None:
    assert read(instruction) == sentence


@pytest.mark.parametrize(
    "instruction",
    [
        "The stones in the shade are too dark, can you bring out some detail there?",
        "the faces in the shadows are much too dark",
        "bring some detail back in the shadows",
        "make the shadows less dark",
        "brighten the dark shadows",
        "the shadows are too dark",
    ],
)
def test_what_is_too_dark_in_the_shade_gets_lighter_shadows(instruction: str) -> None:
    assert read(instruction) == "lift the shadows of the photo by 50%"


@pytest.mark.parametrize(
    "instruction",
    [
        "take away the haze over the lake",
        "cut through the mist",
        "get rid of the fog between the hills",
        "reduce the haze over the city",
        "clear up the smog",
    ],
)
def test_haze_is_taken_out_of_the_whole_photo_wherever_it_lies(instruction: str) -> None:
    assert read(instruction) == read("remove haze")


@pytest.mark.parametrize(
    "instruction",
    [
        "invert it like a negative, black stars on white",
        "invert the photo, dark figures against a light sky",
        "invert the colours, white text on black",
    ],
)
def test_what_comes_of_an_inversion_is_no_order(instruction: str) -> None:
    recipe = parse(instruction)
    assert [step.operation for step in recipe.steps] == ["invert"]
    assert not recipe.unknown


def test_the_light_that_a_tone_replaces_is_no_colour_of_a_thing() -> None:
    said = "make it feel colder, with bluish tones instead of the orange light"
    assert read(said) == "cool down the photo by 50%"


def test_every_thing_of_a_list_is_edited_or_named_as_unknown() -> None:
    assert parse("replace the cat and the sky is nice").unknown[0] == "replace the cat"
    assert "sky" in read("replace the sky with a clear deep blue one and take away the haze")
    assert "warm up the cat" in read("make the cat and the dog look vintage")


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        (
            "I want to use this as a meme, make it black and white",
            "turn the photo black and white",
        ),
        ("brighten it up, we want to hang it in the hallway", "brighten the photo by 50%"),
        ("I want to print it as a poster, make it warmer", "warm up the photo by 50%"),
        ("I'm using it as my desktop background, darken it", "darken the photo by 50%"),
        (
            "This was taken with my old phone in the evening, could you brighten it up?",
            "brighten the photo by 50%",
        ),
        ("My sister shot this from a train, please darken it", "darken the photo by 50%"),
        ("We took it at dusk on the beach. Could you warm it up?", "warm up the photo by 50%"),
        (
            "I'd love this as a charcoal drawing for my wall",
            "turn the photo into a pencil sketch by 50%",
        ),
        ("make it a cartoon for my kids", "turn the photo into a cartoon by 50%"),
        ("make the cat brighter for my mother", "brighten the cat by 50%"),
        (
            "erase the line of code at the bottom, I only need the paragraph",
            "erase the bottom text",
        ),
        ("remove the man on the left, I just need the woman", "remove the left person"),
    ],
)
def test_how_a_photo_was_taken_and_what_it_is_for_is_no_order(
    instruction: str, sentence: str
) -> None:
    recipe = parse(instruction)
    assert (recipe.sentence(), recipe.unknown) == (sentence, ())
    assert recipe.notes


@pytest.mark.parametrize(
    "instruction",
    [
        "I want to use this as a meme",
        "I want to use this as a meme, make him smile",
        "it was taken at night",
        "I want to make him smile",
    ],
)
def test_what_is_only_told_is_no_edit(instruction: str) -> None:
    recipe = parse(instruction)
    assert recipe.unknown
    assert not recipe.steps


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        ("use blue for the car", "change the colour of the car to blue"),
        ("replace the red car for a blue one", "change the red to blue in the red car"),
        ("I want to print it in black and white", "turn the photo black and white"),
        ("I shot this too dark", "brighten the photo by 50%"),
    ],
)
def test_what_is_asked_in_words_of_a_story_is_an_order(instruction: str, sentence: str) -> None:
    assert read(instruction) == sentence
