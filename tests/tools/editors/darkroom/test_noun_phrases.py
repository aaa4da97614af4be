"""Which thing is meant where several are named, or one is described."""

import pytest

from editthinker.tools.editors.darkroom.parse import parse
from editthinker.tools.editors.darkroom.target import Target


@pytest.mark.parametrize(
    ("instruction", "target"),
    [
        (
            "take away the little packet lying on the green mat in front of the papers",
            Target("object", "packet", "smallest"),
        ),
        ("take away the box standing on the blue carpet", Target("object", "box")),
        ("delete the blob sitting on the red chair", Target("object", "blob")),
        ("erase the gizmo standing next to the cup", Target("object", "gizmo")),
        ("get rid of the tissue lying in front of the laptop", Target("object", "tissue")),
        ("remove the brown leash hanging on the fence", Target("object", "leash", "", "brown")),
        ("remove the packets which are lying on the table", Target("object", "packet", "all")),
        ("delete the two leaflets lying on the floor", Target("object", "leaflet", "all")),
        ("remove the leaflet that sits on the desk", Target("object", "leaflet")),
        ("The packet lying on the mat should go", Target("object", "packet")),
        ("remove the bag sitting in the red chair", Target("object", "handbag")),
        ("erase the vans parked along the road", Target("object", "car", "all")),
        ("remove the lights with the star rays", Target("object", "lamp", "all")),
    ],
)
def test_what_lies_or_stands_somewhere_is_meant_and_never_what_it_lies_on(
    instruction: str, target: Target
) -> None:
    recipe = parse(instruction)
    assert [(step.operation, step.region) for step in recipe.steps] == [("remove", target)]
    assert not recipe.unknown


@pytest.mark.parametrize(
    "instruction",
    [
        "remove the stain on the page",
        "put a packet lying on the mat",
        "make the cat lying on the sofa stand up",
        "make the dog sitting on the grass",
        "remove the thing hanging from the ceiling",
    ],
)
def test_what_is_no_thing_that_lies_somewhere_stays_unknown(instruction: str) -> None:
    recipe = parse(instruction)
    assert recipe.unknown
    assert not recipe.steps


@pytest.mark.parametrize(
    "instruction",
    [
        "Could you remove the framed pictures from the wall behind them?",
        "remove the photos on the wall",
        "take the posters off the wall",
        "get rid of the paintings hanging on the wall",
    ],
)
def test_pictures_on_a_wall_are_things_and_not_the_photo(instruction: str) -> None:
    (step,) = parse(instruction).steps
    assert (step.region.name, step.region.place) == ("framed picture", "all")


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        ("erase the grey haired man on the right", "remove the right person"),
        ("get rid of the blue-eyed cat", "remove the cat"),
        ("remove the blond woman on the left", "remove the left person"),
        ("remove the bald guy in the middle", "remove the middle person"),
        ("delete the old man with the white beard", "remove the person"),
        ("remove the ginger cat", "remove the chocolate cat"),
        ("Remove the man in the red shirt sitting on the bench", "remove the person"),
    ],
)
def test_a_description_is_not_the_colour_of_who_is_meant(instruction: str, sentence: str) -> None:
    recipe = parse(instruction)
    assert (recipe.sentence(), recipe.unknown) == (sentence, ())
    assert len(recipe.notes) <= 1


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        ("Make his fur a brownish grey", "change the colour of the subject to grey"),
        ("make the dog's fur a brownish grey", "change the colour of the dog to grey"),
        ("make the boat a brownish red", "change the colour of the boat to red"),
        ("make the car a kind of teal", "change the colour of the car to teal"),
        (
            "there is a cat on the sofa, make its fur grey",
            "change the colour of the cat to grey",
        ),
    ],
)
def test_a_tinge_before_a_colour_is_no_colour_of_its_own(instruction: str, sentence: str) -> None:
    recipe = parse(instruction)
    assert (recipe.sentence(), recipe.unknown) == (sentence, ())
