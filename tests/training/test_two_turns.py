"""What an episode of two turns earns."""

from collections.abc import Callable
from typing import Any

import pytest
from painted import SOURCE, WISH, a_reply, a_reward, a_row, painting

pytest.importorskip("datasets")

from datasets import Dataset

from editthinker.graph.thinkers.scores import Scores
from editthinker.training.two_turns import ROW, TwoTurns, describe, number_rows

Play = Callable[..., Any]


@pytest.fixture
def play(tmp_path: Any) -> Play:
    async def run(first: str, second: str) -> float | None:
        episodes = TwoTurns(a_reward(tmp_path / "blobs"), Dataset.from_dict({}))
        columns = {
            "images": [[SOURCE, painting(4, 4)]],
            "instruction": [WISH],
            "prompt_before": [WISH],
            "semantic": [4.0],
            "quality": [4.0],
            "replies": [[first, second]],
        }
        (reward,) = await episodes([[]], [[]], **columns)
        return reward

    return run


def reply(prompt: str) -> str:
    return a_reply(4, 4, prompt)


async def test_the_last_edit_counts_against_the_one_the_episode_began_with(play: Play) -> None:
    assert await play(reply("paint 5 4"), reply("paint 8 4")) == pytest.approx(
        0.5 + 0.1 + 0.21 + 0.05
    )
    better = await play(reply("paint 5 4"), reply("paint 8 4"))
    worse = await play(reply("paint 8 4"), reply("paint 5 4"))
    assert worse < better


async def test_repeating_the_own_prompt_keeps_the_own_edit(play: Play) -> None:
    assert await play(reply("paint 7 4"), reply("paint 7 4")) == pytest.approx(
        0.5 + 0.1 + 0.195 + 0.05
    )


async def test_both_replies_must_be_well_formed(play: Play) -> None:
    assert await play(reply("paint 9 9"), "thanks") == 0
    assert await play("hello", reply("paint 9 9")) == 0


async def test_a_failure_in_either_turn_masks_the_episode(play: Play) -> None:
    assert await play(reply("break"), reply("paint 9 9")) is None
    assert await play(reply("paint 5 5"), reply("break")) is None


async def test_a_refusal_at_the_end_earns_nothing_for_the_edit(play: Play) -> None:
    assert await play(reply("paint 7 4"), reply("refuse")) == pytest.approx(0.6)


async def test_the_thinker_is_told_in_words_and_never_a_score(tmp_path: Any) -> None:
    reward = a_reward(tmp_path / "blobs")
    told = {}
    for prompt in ("paint 9 9", "paint 1 1", "paint 4 4", "refuse", "break"):
        (outcome,) = await reward.score([a_row()], [reply(prompt)])
        told[prompt] = describe(outcome)
    assert "better" in told["paint 9 9"]
    assert "worse" in told["paint 1 1"]
    assert "no better" in told["paint 4 4"]
    assert "nothing else" in told["refuse"]
    assert not any(char.isdigit() for text in told.values() for char in text)


async def test_the_second_turn_is_about_the_first_one_s_edit(tmp_path: Any) -> None:
    reward = a_reward(tmp_path / "blobs")
    (outcome,) = await reward.score([a_row()], [reply("paint 6 7")])
    row = TwoTurns(reward, Dataset.from_dict({})).next_row(a_row(), outcome)
    assert (row.prompt, row.before) == ("paint 6 7", Scores(6, 7))
    assert row.edited.ref == painting(6, 7).ref


def test_a_prompt_names_its_row() -> None:
    prompts = [[{"role": "user", "content": f"{n}"}] for n in range(3)]
    numbered = number_rows(Dataset.from_dict({"prompt": prompts}))
    assert [row["prompt"][0][ROW] for row in numbered] == [0, 1, 2]
