"""The promise of the loop, over the whole set of photos and instructions."""

from typing import Any

import pytest
from everyday import GOAL, came_true, grant, read_wishes
from free import read_lists
from table import Ending, Pair, accepted, read_pairs, run_pairs

from editthinker.tools.editors.darkroom.parse import parse

pytestmark = pytest.mark.xdist_group("outcomes")


def test_the_set_is_large_enough_to_mean_something() -> None:
    pairs = read_pairs()
    assert len(set(pairs)) == len(pairs) >= 60
    assert len({pair.photo for pair in pairs}) >= 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: Any) -> str:
    return str(tmp_path_factory.mktemp("outcomes"))


async def test_no_run_ends_below_its_own_first_turn_and_most_are_accepted(folder: str) -> None:
    endings: list[Ending] = await run_pairs(read_pairs(), folder)
    assert not [e.pair for e in endings if e.best < e.first]
    assert accepted(endings) >= 0.8
    assert any(e.outcome == "accepted by the loop" for e in endings)


async def test_with_simulated_faults_the_loop_raises_acceptance_by_half(folder: str) -> None:
    single = await run_pairs(read_pairs(), folder, editor="simulated", mode="single")
    loop = await run_pairs(read_pairs(), folder, editor="simulated")
    failed = sum(e.stop_reason != "accepted" for e in single)
    assert failed > len(single) / 2, "the simulation must fail in most edits"
    assert accepted(loop) >= 1.5 * accepted(single)


def test_the_everyday_list_is_large_enough_to_mean_something() -> None:
    wishes = read_wishes()
    assert len({(wish["photo"], wish["say"]) for _, wish in wishes}) == len(wishes) >= 60
    assert len({wish["photo"] for _, wish in wishes}) >= 10
    assert {kind for kind, _ in wishes} == {
        *("colour", "background", "subject", "text", "tone", "style")
    }


@pytest.mark.pack
def test_most_everyday_wishes_come_true(folder: str) -> None:
    outcomes = grant(read_wishes(), folder)
    wrong = [(o.wish["photo"], o.wish["say"], o.problem) for o in outcomes if o.problem]
    assert came_true(outcomes) >= GOAL, wrong


HOPELESS = [
    Pair("hopper", "make him smile"),
    Pair("camera", "turn the red to blue"),
    Pair("camera", "make the red thing green"),
    Pair("cat", "remove the purple thing"),
    Pair("coins", "make her hair longer"),
]


async def test_what_cannot_be_done_ends_the_loop_with_one_clear_sentence(folder: str) -> None:
    for ending in await run_pairs(HOPELESS, folder):
        assert ending.stop_reason == "editor_failed", ending.pair
        assert len(ending.attempts) <= 2, ending.pair
        assert ending.error and len(ending.error) < 800, ending.pair
        assert all(attempt["image"] is None for attempt in ending.attempts)


def test_of_wishes_in_free_words_nineteen_in_twenty_are_read() -> None:
    said = [wish["say"] for wishes in read_lists().values() for wish in wishes]
    recipes = [parse(text) for text in said]
    read = sum(bool(recipe.steps) and not recipe.unknown for recipe in recipes)
    assert len(said) == 420
    assert read >= 0.95 * len(said)
