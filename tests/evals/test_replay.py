"""A replayed limit gives what a run with that limit gives."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_evals import HashThinker, config_for, fake_tools

from editthinker.evals.records import Record
from editthinker.evals.replay import best_of, replay
from editthinker.evals.session import RunFolder, run_sweep

Data = Callable[[int], Path]


def records(data: Path, folder: Path, max_turns: int, **more: Any) -> dict[str, Record]:
    run = RunFolder(folder)
    config = config_for(data, judge="none", max_turns=max_turns, **more)
    run_sweep(config, run, tools=fake_tools(HashThinker()))
    return {r["sample"]: r for r in run.records.read()}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"patience": 1},
        {"accept_semantic": 5, "accept_quality": 5},
        {"judge_last": False, "select": "last", "accept_semantic": 6, "accept_quality": 4},
    ],
)
def test_every_smaller_limit_is_what_a_run_with_it_gives(
    imgedit_data: Data, tmp_path: Path, settings: dict[str, Any]
) -> None:
    data = imgedit_data(12)
    more = {"modes": ("think-while",), "settings": settings, "best_of_n": False}
    long = records(data, tmp_path / "long", 4, **more)
    config = config_for(data, max_turns=4, settings=settings)
    stops = set()
    for limit in (1, 2, 3, 4):
        short = records(data, tmp_path / f"short{limit}", limit, **more)
        for sample, record in long.items():
            ended = replay(record, config.context("think-while"), limit)
            other = short[sample]
            assert [a["image"] for a in ended.attempts] == [a["image"] for a in other["attempts"]]
            own = replay(other, config.context("think-while"), limit)
            assert ended.stop_reason == other["stop_reason"]
            assert (ended.chosen and ended.chosen["image"]) == (own.chosen and own.chosen["image"])
            stops.add(ended.stop_reason)
    assert len(stops) > 1


def test_fewer_candidates_are_the_first_of_more(imgedit_data: Data, tmp_path: Path) -> None:
    data = imgedit_data(6)
    more = records(data, tmp_path / "more", 4, modes=("best-of-n",))
    fewer = records(data, tmp_path / "fewer", 2, modes=("best-of-n",))
    for sample, record in more.items():
        ended, other = best_of(record, 2), best_of(fewer[sample], 2)
        assert ended.chosen is not None
        assert other.chosen is not None
        assert ended.chosen["image"] == other.chosen["image"]
