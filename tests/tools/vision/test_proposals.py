"""What the pack finds that no model knows by name, on the sample photos."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editthinker.tools.editors.darkroom.grounding import ground
from editthinker.tools.editors.darkroom.target import SUBJECT, Place, Target
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.vision.proposals import propose, shared

pytestmark = [pytest.mark.pack, pytest.mark.xdist_group("pack")]

PHOTOS = Path(__file__).parents[3] / "tools" / "photos"


def photo(name: str) -> np.ndarray:
    return np.array(Image.open(PHOTOS / f"{name}.jpg").convert("RGB"))


def inside(mask: np.ndarray, box: tuple[float, float, float, float]) -> float:
    """Return the share of a mask in a box, given as shares of the photo's sides."""
    height, width = mask.shape
    left, top, right, bottom = box
    rows = slice(round(top * height), round(bottom * height))
    columns = slice(round(left * width), round(right * width))
    return float(mask[rows, columns].sum() / mask.sum())


@pytest.mark.parametrize(
    ("name", "thing", "place", "box"),
    [
        ("astronaut", "space shuttle", "", (0.68, 0.0, 0.95, 0.62)),
        ("astronaut", "flag", "", (0.0, 0.0, 0.27, 0.9)),
        ("astronaut", "helmet", "", (0.5, 0.62, 1.0, 1.0)),
        ("camera", "tower", "", (0.76, 0.2, 0.9, 0.45)),
        ("camera", "tripod", "", (0.43, 0.25, 0.75, 1.0)),
        ("mug", "lampshade", "", (0.2, 0.0, 0.66, 0.25)),
        ("temple", "lake", "", (0.0, 0.4, 0.9, 0.8)),
        ("temple", "tree", "right", (0.8, 0.3, 1.0, 1.0)),
        ("rocket", "tower", "left", (0.0, 0.0, 0.2, 1.0)),
        ("flower", "bud", "bottom right", (0.85, 0.85, 1.0, 1.0)),
    ],
)
def test_a_thing_without_a_model_is_told_by_its_look(
    name: str, thing: str, place: Place, box: tuple[float, float, float, float]
) -> None:
    found = ground(Target("object", thing, place), photo(name))
    assert inside(found.mask, box) > 0.9
    assert f"looks like a {thing}" in found.note


@pytest.mark.parametrize(
    ("name", "thing", "box"),
    [
        ("hopper", "glasses", (0.25, 0.25, 0.75, 0.45)),
        ("hopper", "shirt", (0.35, 0.5, 0.65, 0.9)),
        ("hopper", "ribbon", (0.6, 0.8, 0.95, 0.95)),
        ("coffee", "handle", (0.3, 0.55, 0.5, 0.85)),
        ("coffee", "coffee", (0.3, 0.2, 0.68, 0.55)),
        ("cat", "nose", (0.45, 0.7, 0.75, 1.0)),
    ],
)
def test_a_part_is_found_where_it_lies_on_what_is_known(
    name: str, thing: str, box: tuple[float, float, float, float]
) -> None:
    assert inside(ground(Target("object", thing), photo(name)).mask, box) > 0.9


def test_the_eyes_of_an_animal_are_two_alike_round_things() -> None:
    for name in ("cat", "raccoon"):
        found = ground(Target("object", "eye", "all"), photo(name))
        assert found.count == 2
        assert found.mask.mean() < 0.06


@pytest.mark.parametrize(
    ("name", "thing"),
    [
        ("astronaut", "glasses"),
        ("flower", "bee"),
        ("temple", "boat"),
        ("temple", "dragon"),
        ("coffee", "biscuit"),
        ("coffee", "napkin"),
        ("abbey", "monk"),
        ("mug", "tripod"),
    ],
)
def test_what_is_not_there_is_refused(name: str, thing: str) -> None:
    with pytest.raises(EditRefusedError):
        ground(Target("object", thing), photo(name))


def test_an_animal_that_fills_the_photo_is_its_subject() -> None:
    found = ground(SUBJECT, photo("raccoon"))
    assert found.note == ""
    assert 0.4 < found.mask.mean() < 0.6


def test_each_thing_is_proposed_once() -> None:
    found = propose(photo("mug"))
    assert len(found) > 5
    pairs = [(one, other) for one in found for other in found if one is not other]
    assert all(shared(one.low, other.low) < 0.75 for one, other in pairs)


def test_coins_are_whole_and_no_background() -> None:
    pixels = photo("coins")
    coins = ground(Target("object", "coin", "all"), pixels)
    background = ground(Target("background"), pixels).mask
    assert coins.count == 24
    assert (coins.mask * background).sum() < 0.02 * coins.mask.sum()


def test_a_second_flower_is_no_background() -> None:
    pixels = photo("flower")
    second = ground(Target("object", "flower", "bottom"), pixels).mask
    background = ground(Target("background"), pixels).mask
    assert (second * background).sum() < 0.1 * second.sum()
