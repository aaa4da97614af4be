from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.types import Send

from editthinker.graph.context import EditContext
from editthinker.graph.routes import Edit, Stop, decide, edit_sends, route_critique, route_start
from editthinker.graph.server_settings import ServerSettings
from editthinker.graph.state import StopReason

ONE = EditContext()


def test_the_first_turn_uses_the_first_editor(state: Any) -> None:
    assert decide(state(), ONE) == Edit(1, "a")


@pytest.mark.parametrize(("semantic", "quality"), [(8.0, 8.0), (10.0, 9.0)])
def test_stops_when_both_scores_reach_their_thresholds(
    semantic: float, quality: float, state: Any, attempt: Any
) -> None:
    assert decide(state(attempt(semantic=semantic, quality=quality)), ONE) == Stop("accepted")


@pytest.mark.parametrize(("semantic", "quality"), [(7.9, 10.0), (10.0, 7.9)])
def test_one_score_below_its_threshold_is_not_accepted(
    semantic: float, quality: float, state: Any, attempt: Any
) -> None:
    assert decide(state(attempt(semantic=semantic, quality=quality)), ONE) == Edit(2, "a")


def test_without_scores_the_verdict_of_the_thinker_counts(state: Any, attempt: Any) -> None:
    bare = {"semantic": None, "quality": None}
    assert decide(state(attempt(satisfied=True, **bare)), ONE) == Stop("accepted")
    assert decide(state(attempt(satisfied=False, **bare)), ONE) == Edit(2, "a")


def test_a_satisfied_thinker_cannot_overrule_its_own_low_scores(state: Any, attempt: Any) -> None:
    assert decide(state(attempt(satisfied=True)), ONE) == Edit(2, "a")


def test_an_unreadable_reply_is_never_accepted(state: Any, attempt: Any) -> None:
    unread = attempt(semantic=None, quality=None, failure="unparsable")
    assert decide(state(unread), ONE) == Stop("unparsable")
    silent = attempt(semantic=None, quality=None, failure="thinker")
    assert decide(state(silent), ONE) == Stop("thinker_failed")


def test_stops_at_the_last_turn(state: Any, attempt: Any) -> None:
    made = [attempt(1), attempt(2, semantic=6.0)]
    assert decide(state(*made), EditContext(max_turns=2)) == Stop("max_turns")


@pytest.mark.parametrize("mode", ["single", "think-before", "best-of-n"])
def test_modes_without_a_loop_stop_after_one_turn(mode: Any, state: Any, attempt: Any) -> None:
    assert decide(state(attempt()), EditContext(mode=mode)) == Stop("max_turns")


def test_an_unjudged_last_turn_is_no_failure_where_the_paper_asks_for_it(
    state: Any, attempt: Any
) -> None:
    unscored = attempt(semantic=None, quality=None)
    paper = EditContext(mode="single", judge_last=False)
    assert decide(state(unscored), paper) == Stop("max_turns")


def test_an_unchanged_prompt_tries_the_next_editor_then_stops(state: Any, attempt: Any) -> None:
    same = {"refined_prompt": "make  it warmer"}
    assert decide(state(attempt(**same)), ONE) == Edit(2, "b")
    assert decide(state(attempt(editor="b", **same)), ONE) == Stop("unchanged")


def test_an_unchanged_prompt_is_tried_with_another_seed_where_seeds_matter(
    state: Any, attempt: Any
) -> None:
    same = {"refined_prompt": "make it warmer", "seeded": True}
    repeated = state(attempt(**same), editors=["a"])
    assert decide(repeated, ONE) == Edit(2, "a")
    assert edit_sends(repeated, ONE, Edit(2, "a"))[0].arg["seed"] == 1
    assert decide(repeated, EditContext(retry_unchanged=False)) == Stop("unchanged")
    flat = [attempt(turn, **same) for turn in (1, 2, 3)]
    assert decide(state(*flat, editors=["a"]), ONE) == Stop("no_gain")


def test_scores_that_stop_rising_try_the_next_editor_then_stop(state: Any, attempt: Any) -> None:
    flat = [attempt(1), attempt(2), attempt(3)]
    assert decide(state(*flat), ONE) == Edit(4, "b")
    assert decide(state(*flat, editors=["a"]), ONE) == Stop("no_gain")
    assert decide(state(*flat[:2]), ONE) == Edit(3, "a")


def test_patience_starts_again_with_each_editor(state: Any, attempt: Any) -> None:
    turns = [attempt(1), attempt(2), attempt(3), attempt(4, editor="b")]
    assert decide(state(*turns), EditContext(max_turns=9)) == Edit(5, "b")
    turns.append(attempt(5, editor="b"))
    assert decide(state(*turns), EditContext(max_turns=9)) == Stop("no_gain")


def test_a_failed_editor_gives_way_to_the_next(state: Any, attempt: Any) -> None:
    failed = attempt(image=None, failure="editor", refined_prompt=None)
    assert decide(state(failed), ONE) == Edit(2, "b")
    assert decide(state(failed, editors=["a"]), ONE) == Stop("editor_failed")


def test_a_refusal_is_tried_again_only_with_another_prompt(state: Any, attempt: Any) -> None:
    refused = attempt(image=None, failure="refused", refined_prompt=None)
    alone = {"editors": ["a"]}
    assert decide(state(refused, prompt="brighten", **alone), ONE) == Edit(2, "a")
    assert decide(state(refused, **alone), ONE) == Stop("editor_failed")


def test_one_good_candidate_is_enough(state: Any, attempt: Any) -> None:
    turn = [
        attempt(1, image=None, failure="editor"),
        attempt(1, candidate=1, semantic=9.0, quality=9.0),
    ]
    assert decide(state(*turn), ONE) == Stop("accepted")


def test_budgets_end_the_loop_before_the_next_turn(state: Any, attempt: Any) -> None:
    dear = state(attempt(cost_usd=0.5, edit_s=3.0, think_s=1.0))
    assert decide(dear, EditContext(budget_usd=0.5)) == Stop("budget")
    assert decide(dear, EditContext(budget_usd=0.6)) == Edit(2, "a")
    assert decide(dear, EditContext(budget_s=4.0)) == Stop("budget")


def test_candidates_run_side_by_side_in_the_time_budget(state: Any, attempt: Any) -> None:
    turn = [attempt(1, candidate=c, edit_s=3.0) for c in range(4)]
    assert decide(state(*turn), EditContext(budget_s=4.0)) == Edit(2, "a")


def test_the_thinker_may_ask_for_an_editor_of_the_list(state: Any, attempt: Any) -> None:
    assert decide(state(attempt(next_editor="b")), ONE) == Edit(2, "b")
    assert decide(state(attempt(next_editor="stranger")), ONE) == Edit(2, "a")


def test_a_persons_prompt_goes_before_acceptance(state: Any, attempt: Any) -> None:
    good = attempt(semantic=9.0, quality=9.0)
    assert decide(state(good, prompt="greener", prompt_by="person"), ONE) == Edit(2, "a")


def test_a_person_may_pass_the_runs_own_limits_but_not_a_servers(state: Any, attempt: Any) -> None:
    asked = state(attempt(edit_s=20.0), prompt="greener", prompt_by="person")
    assert decide(asked, EditContext(max_turns=1, budget_s=1)) == Edit(2, "a")
    assert decide(asked, ServerSettings(max_turns=1).context) == Stop("max_turns")
    assert decide(asked, ServerSettings(max_seconds=10).context) == Stop("budget")


def test_a_persons_stop_goes_before_everything(state: Any, attempt: Any) -> None:
    assert decide(state(attempt(), stop_reason="stopped", prompt_by="person"), ONE) == Stop(
        "stopped"
    )


def test_each_candidate_gets_its_own_seed(state: Any) -> None:
    sends = edit_sends(state(), EditContext(candidates=3, seed=7), Edit(1, "a"))
    assert [send.arg["seed"] for send in sends] == [7, 8, 9]
    assert {send.node for send in sends} == {"a"}


def test_a_repeated_prompt_never_repeats_a_seed(state: Any, attempt: Any) -> None:
    earlier = [attempt(1, candidate=c, seed=c) for c in range(2)]
    again = state(*earlier, prompt="make it warmer")
    sends = edit_sends(again, EditContext(candidates=2), Edit(2, "a"))
    assert [send.arg["seed"] for send in sends] == [2, 3]
    other = edit_sends(again, EditContext(candidates=2), Edit(2, "b"))
    assert [send.arg["seed"] for send in other] == [0, 1]


def test_best_of_n_makes_as_many_edits_as_a_loop(state: Any) -> None:
    assert len(edit_sends(state(), EditContext(mode="best-of-n", max_turns=5), Edit(1, "a"))) == 5
    few = EditContext(mode="best-of-n", max_turns=5, candidates=3)
    assert len(edit_sends(state(), few, Edit(1, "a"))) == 3


@pytest.mark.parametrize(("edit_from", "expected"), [("source", 0), ("best", 1), ("last", 2)])
def test_each_turn_edits_what_the_settings_say(
    edit_from: Any, expected: int, state: Any, attempt: Any
) -> None:
    images: list[Any] = [{"sha256": str(n) * 64, "width": 8} for n in range(3)]
    made = [attempt(1, image=images[1], semantic=6.0), attempt(2, image=images[2], semantic=3.0)]
    sends = edit_sends(
        state(*made, source=images[0]), EditContext(edit_from=edit_from), Edit(3, "a")
    )
    assert sends[0].arg["image"] == images[expected]


def test_modes_that_plan_begin_with_the_plan(state: Any) -> None:
    assert route_start(state(), EditContext(mode="think-before-and-while")) == "plan"
    assert isinstance(route_start(state(), ONE), list)


def test_review_comes_after_every_turn_that_made_an_image(state: Any, attempt: Any) -> None:
    asked = EditContext(review=True)
    assert route_critique(state(attempt(semantic=9.0, quality=9.0)), asked) == "review"
    failed = attempt(image=None, failure="editor", refined_prompt=None)
    assert route_critique(state(failed, editors=["a"]), asked) == "select"


REASONS = StopReason.__args__  # type: ignore[attr-defined]


@given(
    scores=st.lists(
        st.none() | st.tuples(st.floats(0, 10), st.floats(0, 10)), min_size=1, max_size=9
    ),
    failures=st.lists(
        st.sampled_from([None, "refused", "editor", "thinker", "unparsable"]),
        min_size=9,
        max_size=9,
    ),
    max_turns=st.integers(1, 9),
    patience=st.integers(1, 4),
    editors=st.sampled_from([["a"], ["a", "b"], ["b", "a"]]),
    changed=st.booleans(),
)
def test_every_decision_is_a_next_turn_within_the_limit_or_a_named_stop(
    scores: Any,
    failures: Any,
    max_turns: int,
    patience: int,
    editors: Any,
    changed: bool,
    state: Any,
    attempt: Any,
) -> None:
    attempts = []
    for turn, score in enumerate(scores, start=1):
        failure = failures[turn - 1]
        made = failure not in ("refused", "editor")
        semantic, quality = score if score and made and failure is None else (None, None)
        extra = {} if made else {"image": None}
        attempts.append(attempt(turn, semantic=semantic, quality=quality, failure=failure, **extra))
    prompt = "something else" if changed else "make it warmer"
    context = EditContext(max_turns=max_turns, patience=patience)
    decision = decide(state(*attempts, editors=editors, prompt=prompt), context)
    if isinstance(decision, Edit):
        assert decision.turn == len(scores) + 1 <= max_turns
        assert decision.editor in editors
        assert all(isinstance(s, Send) for s in edit_sends(state(*attempts), context, decision))
    else:
        assert decision.reason in REASONS
