"""Each filter keeps what its rule says, and counts the rest by reason."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from editthinker.tools.images import ImageRef
from editthinker.training.samples import StepSample, rounded
from editthinker.training.selection import (
    Selection,
    balanced,
    best_place,
    even_cap,
    held_out,
    level_name,
    level_of,
    reaching_first_score,
    split_by_variance,
    truncated,
    unrolled,
    without_repeats,
)
from editthinker.training.trajectories import Step, Trajectory

SCORES = st.one_of(st.none(), st.integers(0, 10).map(float))


def ref(name: str) -> ImageRef:
    return ImageRef(sha256=name, media_type="image/png", width=8, height=8)


def step(at: int, score: float | None, **more: Any) -> Step:
    fields: dict[str, Any] = {
        "turn": at,
        "prompt": f"prompt {at}",
        "prompt_by": "user" if at == 1 else "thinker",
        "image": ref(f"edit {at}"),
        "notes": (),
        "reasoning": f"thought {at}",
        "refined_prompt": f"prompt {at + 1}",
        "accepted": False,
        "semantic": score,
        "quality": score,
    }
    return Step(**{**fields, **more})


def trajectory(*scores: float | None, name: str = "t", **more: Any) -> Trajectory:
    steps = tuple(step(at, score) for at, score in enumerate(scores, 1))
    return Trajectory(name, "tone", "warmer", ref(more.pop("source", "photo")), steps, **more)


def sample(name: str, task: str, score: float) -> StepSample:
    made = trajectory(score, 10.0, name=name)
    found = unrolled([made], Selection()).kept[0]
    return StepSample(**{**vars(found), "task": task})


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ((5, 7), None),
        ((5, 5), None),
        ((5, 3, 6), None),
        ((5, None, 6), None),
        ((5, 4.9), "where no later step reaches the first"),
        ((5, None), "where no later step reaches the first"),
        ((9,), "of one step"),
        ((None, 9), "whose first edit has no score"),
        ((), "without an edit"),
    ],
)
def test_a_trajectory_is_kept_if_a_later_step_reaches_the_first(
    scores: tuple[float | None, ...], reason: str | None
) -> None:
    found = reaching_first_score([trajectory(*scores)])
    assert len(found.kept) == (reason is None)
    assert found.line.dropped == ({reason: 1} if reason else {})


@pytest.mark.parametrize(
    ("scores", "steps"),
    [((5, 7, 6, 2), 2), ((5, 3, 6), 3), ((5, 7, 7), 2), ((5, 5), 2), ((5, None, 5, 1), 3)],
)
def test_a_trajectory_ends_at_its_best_later_step(scores: tuple[float, ...], steps: int) -> None:
    found = truncated([trajectory(*scores)])
    assert len(found.kept[0].steps) == steps
    assert found.line.notes == (f"{len(scores) - steps} steps after the best one are gone",)


@settings(max_examples=50)
@given(st.lists(st.lists(SCORES, max_size=6), max_size=8))
def test_what_is_kept_ends_no_lower_than_it_began(several: list[list[float | None]]) -> None:
    given_ = [trajectory(*scores, name=str(at)) for at, scores in enumerate(several)]
    reached = reaching_first_score(given_)
    for before, after in zip(reached.kept, truncated(reached.kept).kept, strict=True):
        last, first = after.steps[-1].score, before.steps[0].score
        assert last is not None
        assert first is not None
        assert last >= first
        assert last == max(after.scores[1:])
        assert after.steps == before.steps[: len(after.steps)]
        assert best_place(after) == len(after.steps) - 1
    assert reached.line.before == len(given_)
    assert reached.line.kept + sum(reached.line.dropped.values()) == len(given_)


def test_a_step_learns_the_experts_next_prompt_and_the_judges_scores() -> None:
    made = Trajectory("t", "tone", "warmer", ref("photo"), (step(1, 4.0), step(2, 9.0)))
    found = unrolled([made], Selection())
    (only,) = found.kept
    assert (only.prompt_before, only.answer) == ("prompt 1", "prompt 2")
    assert (only.semantic, only.quality, only.reasoning) == (4.0, 4.0, "thought 1")
    assert (only.edited["sha256"], only.turn, only.final) == ("edit 1", 1, False)
    assert found.line.dropped == {"at the end, with which the expert was not content": 1}


def test_the_end_of_a_trajectory_teaches_to_stop_if_expert_and_judge_agree() -> None:
    end = step(2, 9.0, accepted=True, refined_prompt=None)
    made = Trajectory("t", "tone", "warmer", ref("photo"), (step(1, 4.0), end))
    found = unrolled([made], Selection())
    assert [s.final for s in found.kept] == [False, True]
    assert found.kept[1].answer == found.kept[1].prompt_before == "prompt 2"
    again = unrolled([made], Selection(stop_score=9.5))
    assert [s.final for s in again.kept] == [False]
    assert sum(again.line.dropped.values()) == 1


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ({"semantic": None}, {}, "without scores"),
        ({"refined_prompt": None}, {}, "whose next image was made by another's prompt"),
        ({}, {"prompt_by": "person"}, "whose next image was made by another's prompt"),
        ({"turn": 0}, {}, "whose next image was made by another's prompt"),
        (
            {"refined_prompt": "prompt  1"},
            {"prompt": "prompt  1"},
            "where the expert repeated the prompt",
        ),
        ({"reasoning": " "}, {}, "without reasoning"),
        ({"reasoning": "</think> x"}, {}, "with a mark of the protocol in a text"),
        ({"prompt": "a <image> b"}, {}, "with a mark of the protocol in a text"),
        ({"reasoning": "<|im_end|>"}, {}, "with a mark of the protocol in a text"),
    ],
)
def test_a_step_without_a_reply_to_learn_is_left_out(
    first: dict[str, Any], second: dict[str, Any], reason: str
) -> None:
    steps = (step(1, 4.0, **first), step(2, 9.0, **second))
    found = unrolled([Trajectory("t", "tone", "warmer", ref("photo"), steps)], Selection())
    assert not found.kept
    assert found.line.dropped[reason] == 1


def test_a_step_on_which_expert_and_judge_disagree_stays_unless_agreement_is_asked_for() -> None:
    made = [trajectory(9.0, 9.5)]
    assert len(unrolled(made, Selection()).kept) == 1
    strict = unrolled(made, Selection(agree=True))
    assert not strict.kept
    assert strict.line.dropped["where the judge would stop and the expert goes on"] == 1


def test_the_same_step_counts_once() -> None:
    one, other = trajectory(4, 9, name="a"), trajectory(4, 9, name="b")
    found = without_repeats(unrolled([one, other], Selection()).kept)
    assert [s.trajectory for s in found.kept] == ["a"]
    assert found.line.dropped == {"seen before": 1}


@pytest.mark.parametrize(
    ("scores", "split"),
    [
        ((2, 8), "rl"),  # variance 9
        ((5, 7), "sft"),  # variance 1, not over 1
        ((5, 7.1), "rl"),
        ((1, 1), "sft"),  # low and steady
        ((8, 8.5, 9), "sft"),
    ],
)
def test_trajectories_that_vary_are_for_rl(scores: tuple[float, ...], split: str) -> None:
    splits, line = split_by_variance([trajectory(*scores)], Selection())
    assert splits == {"t": split}
    assert line.notes == (f"{split}: 1",)


def test_steadily_high_trajectories_are_for_sft_however_they_vary() -> None:
    varied = trajectory(8, 10)  # variance 1
    assert split_by_variance([varied], Selection(rl_variance=0.5))[0] == {"t": "sft"}
    strict = Selection(rl_variance=0.5, steady_score=8.5)
    assert split_by_variance([varied], strict)[0] == {"t": "rl"}


def test_a_source_that_is_put_aside_is_in_no_other_split() -> None:
    several = [trajectory(2, 8, name=f"{at}", source=f"photo {at % 4}") for at in range(12)]
    numbers = Selection(holdout=0.25)
    splits, _ = split_by_variance(several, numbers)
    by_source = {t.source["sha256"]: splits[t.id] for t in several}
    assert Counter(by_source.values()) == {"test": 1, "rl": 3}
    assert all(splits[t.id] == by_source[t.source["sha256"]] for t in several)
    assert held_out({"only"}, numbers) == frozenset()


def test_no_cell_holds_more_than_twice_the_median() -> None:
    steps = [sample(f"a{at}", "tone", 5.0) for at in range(9)]
    steps += [sample(f"b{at}", "tone", 1.0) for at in range(2)]
    steps += [sample("c0", "style", 5.0)]
    found = balanced(steps, "sft", None, Selection())
    # Cells of 9, 2 and 1: the median is 2, so at most 4.
    assert {(c.task, c.level): (c.before, c.kept) for c in found.cells} == {
        ("tone", "4-6"): (9, 4),
        ("tone", "0-2"): (2, 2),
        ("style", "4-6"): (1, 1),
    }
    assert found.steps.line.dropped == {"above the most of a cell": 5}


def test_a_size_fills_cells_evenly() -> None:
    steps = [sample(f"a{at}", "tone", 5.0) for at in range(9)]
    steps += [sample(f"b{at}", "style", 5.0) for at in range(5)]
    steps += [sample("c0", "text", 5.0)]
    found = balanced(steps, "rl", 8, Selection(per_cell=100))
    # 1 + 3 + 3 fit into 8, 1 + 4 + 4 do not.
    assert sorted(c.kept for c in found.cells) == [1, 3, 3]


@settings(max_examples=50)
@given(st.lists(st.integers(0, 20), max_size=6), st.integers(0, 60))
def test_the_even_cap_is_the_largest_that_fits(sizes: list[int], total: int) -> None:
    cap = even_cap(sizes, total)
    assert sum(min(size, cap) for size in sizes) <= total or cap == 0
    assert cap == max(sizes, default=0) or sum(min(s, cap + 1) for s in sizes) > total


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 10)), max_size=30),
    st.integers(1, 5),
    st.randoms(use_true_random=False),
)
def test_a_balance_draws_the_same_steps_whatever_their_order(
    drawn: list[tuple[str, int]], per_cell: int, chance: Any
) -> None:
    steps = [sample(f"{at}", task, float(score)) for at, (task, score) in enumerate(drawn)]
    numbers = Selection(per_cell=per_cell)
    kept = balanced(steps, "sft", None, numbers).steps.kept
    counts = Counter((s.task, level_of(s.score)) for s in kept)
    wanted = Counter((s.task, level_of(s.score)) for s in steps)
    assert counts == {cell: min(n, per_cell) for cell, n in wanted.items()}
    assert [s for s in steps if s in kept] == list(kept)
    shuffled = list(steps)
    chance.shuffle(shuffled)
    again = balanced(shuffled, "sft", None, numbers).steps.kept
    assert {s.id for s in again} == {s.id for s in kept}


def test_levels_cover_the_scale() -> None:
    assert [level_of(score) for score in (0, 1.9, 2, 7.9, 8, 10)] == [0, 0, 1, 3, 4, 4]
    assert [level_name(at) for at in (0, 4)] == ["0-2", "8-10"]


@pytest.mark.parametrize(
    ("value", "step_", "text"),
    [(6.5, 1, "7"), (6.49, 1, "6"), (6.3, 0.5, "6.5"), (6.2, 0.5, "6"), (3.14, 0.1, "3.1")],
)
def test_scores_in_replies_are_rounded_half_up(value: float, step_: float, text: str) -> None:
    assert str(rounded(value, step_)) == text
