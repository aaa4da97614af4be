"""What is told in free words: a few of them tell the wish, the rest is named and left out."""

import pytest

from editthinker.tools.editors.darkroom.parse import parse


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        (
            "i've never liked that lampshade, how would it look in a deep teal? lets try it",
            "change the colour of the lampshade to teal",
        ),
        (
            "Have the cup and saucer be navy blue",
            "change the colour of the cup to navy, change the colour of the saucer to navy",
        ),
        (
            "the uniform seems almost black here, it should honestly be a proper navy blue",
            "change the colour of the uniform to navy",
        ),
        ("give the man a dark red coat", "change the colour of the coat to dark red"),
        (
            "I'd need the same shot with an ivory saucer and a navy cup.",
            "change the colour of the saucer to ivory, change the colour of the cup to navy",
        ),
        ("Whiten her teeth slightly", "change the colour of the teeth to white"),
    ],
)
def test_tells_what_gets_which_colour(instruction: str, sentence: str) -> None:
    assert parse(instruction).sentence() == sentence


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        ("The keyboard has to go, it's a competitor's product.", "remove the keyboard"),
        ("that tall white tower spoils the horizon, make it disappear", "remove the white tower"),
        ("the two lattice towers are ugly, so take both out", "remove all the towers"),
        ("No name badge.", "remove the name badge"),
        ("take away the spoon please, nobody leaves it there, my boss says", "remove the spoon"),
        ("that lamp is distracting", "remove the lamp"),
        ("please wipe both lines of writing off, i want it blank", "erase all the text"),
    ],
)
def test_tells_what_is_to_go(instruction: str, sentence: str) -> None:
    assert parse(instruction).sentence() == sentence


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        ("Make the blue wall behind her a grey gradient", "a gradient from grey to white"),
        ("Fade the background from lilac at the top to white at the bottom", "lilac to white"),
        ("i'd like the sky to go from orange at the bottom to purple", "from purple to orange"),
        ("The coins on dark red, please.", "replace the background with dark red"),
        ("the stuff behind my cat is messy, can you put a plain beige there", "with beige"),
        ("give me some clouds over the pagoda please", "replace the sky with a cloudy sky"),
        ("Change the background into a plain white wall", "replace the background with white"),
        ("Swap the flag and the blue wall with a grey gradient background", "from grey to white"),
        ("give me the cat as a transparent png", "cut out the cat"),
    ],
)
def test_tells_what_is_to_lie_behind(instruction: str, sentence: str) -> None:
    assert sentence in parse(instruction).sentence()


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        ('Add the text "Hello" in red in the sky', 'write "Hello" at the top in red by 50%'),
        (
            "write LIFT OFF in big white letters across the top",
            'write "LIFT OFF" at the top in white',
        ),
        ('Add "Launch Day" in white capitals at the bottom', 'write "LAUNCH DAY" at the bottom'),
        (
            'Can "grey values" be spelled "gray values"?',
            'the text "grey values" with "gray values"',
        ),
        (
            'I need "coins" in the line replaced by "image".',
            'replace the text "coins" with "image"',
        ),
        (
            "put Greetings from Rome in gold letters in the sky",
            'write "Greetings from Rome" at the top',
        ),
    ],
)
def test_tells_what_is_to_be_written(instruction: str, sentence: str) -> None:
    assert sentence in parse(instruction).sentence()


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        (
            "I want everything grey except the blossom.",
            "everything except the blossom black and white",
        ),
        (
            "keep the lamp in colour and everything else grey",
            "everything except the lamp black and white",
        ),
        (
            "Black and white with a splash of red",
            "everything except all the red things black and white",
        ),
        ("my kids want a cartoon of the sleeping cat", "turn the photo into a cartoon"),
        (
            "i'm after something like a watercolour for the menu",
            "turn the photo into a watercolour",
        ),
    ],
)
def test_tells_a_look(instruction: str, sentence: str) -> None:
    assert sentence in parse(instruction).sentence()


@pytest.mark.parametrize(
    "instruction",
    [
        "wipe the white reflections off the helmet",
        "remove the shadow of the man",
        "the cord dangling from his camera bothers me, could it be taken out",
        "Paint the boat's hull blue",
        "make the dog wear a blue scarf",
        "make the cat transparent",
        "the sky is blue",
        "open her eyes wider and make her smile",
        'add the words "Best Dad" to the mug',
        "delete the two men on the right",
        "remove the biggest one",
        "add a red balloon",
    ],
)
def test_what_a_wish_turns_on_is_never_made_up(instruction: str) -> None:
    recipe = parse(instruction)
    assert not recipe.steps
    assert recipe.unknown


def test_what_is_put_otherwise_or_left_out_is_told() -> None:
    notes = " ".join(
        parse("the black helmet would be so much cooler in gold, my boss agrees").notes
    )
    assert "much cooler in gold' as 'make the black helmet gold'" in notes
    assert "Left 'my boss agrees' out of account." in notes


def test_a_wish_that_cannot_be_told_stays_unknown_beside_one_that_can() -> None:
    recipe = parse("blur what is behind the cat and make her juggle")
    assert [step.operation for step in recipe.steps] == ["blur"]
    assert recipe.unknown


@pytest.mark.parametrize(
    ("instruction", "options"),
    [
        ("Replace the crowd in the background with plain dark blue", {"colour": "dark blue"}),
        ("replace the wall with plain white", {"colour": "white"}),
        ("swap the trees behind him for plain grey", {"colour": "grey"}),
        ("get rid of everything behind them, just plain white", {"colour": "white"}),
        ("remove everything behind the cat and make it plain black", {"colour": "black"}),
        ("make everything behind her plain light grey, flag too", {"colour": "light grey"}),
        (
            "swap the flag and the blue wall for a soft gradient from white to light blue",
            {"colour": "white", "end": "light blue", "direction": "down"},
        ),
        ("replace the background with a red and gold sunset", {"scene": "sunset"}),
    ],
)
def test_something_plain_in_place_of_what_stands_behind_is_a_background(
    instruction: str, options: dict[str, str]
) -> None:
    recipe = parse(instruction)
    assert [(s.operation, s.region.kind, s.options) for s in recipe.steps] == [
        ("fill", "background", options)
    ]
    assert not recipe.unknown


@pytest.mark.parametrize(
    ("instruction", "scene"),
    [
        ("Replace the sky with an orange and pink sunset sky", "sunset"),
        ("make the sky an orange and purple sunset", "sunset"),
        ("replace the dull sky with a red and purple sunset sky", "sunset"),
        ("swap the sky for a blue and purple night sky", "stars"),
    ],
)
def test_the_colours_of_a_sky_only_describe_it(instruction: str, scene: str) -> None:
    (step,) = parse(instruction).steps
    assert (step.region.kind, step.options) == ("sky", {"scene": scene})


def test_a_wall_that_is_painted_stays_a_wall() -> None:
    (step,) = parse("paint the wall behind her blue").steps
    assert (step.operation, step.region.name) == ("recolour", "wall")
