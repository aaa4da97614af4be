"""The promise of the loop, over the whole set of photos and instructions."""

from typing import Any

import pytest
from table import Ending, accepted, read_pairs, run_pairs

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
