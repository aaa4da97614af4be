from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from editthinker.graph.attempts import MAX_DETAILS, keep_details
from editthinker.graph.state import best_attempt, merge_attempts, overall

places = st.tuples(st.integers(1, 3), st.integers(0, 2), st.text(max_size=2))
lists = st.lists(places, max_size=5)


def attempts_of(rows: list[tuple[int, int, str]]) -> list[Any]:
    return [
        {"turn": turn, "candidate": candidate, "editor": mark} for turn, candidate, mark in rows
    ]


@given(lists, lists, lists)
def test_merging_attempts_is_associative(a: list, b: list, c: list) -> None:
    x, y, z = map(attempts_of, (a, b, c))
    assert merge_attempts(merge_attempts(x, y), z) == merge_attempts(x, merge_attempts(y, z))


@given(lists, lists)
def test_merged_attempts_are_in_order_and_the_later_version_wins(a: list, b: list) -> None:
    merged = merge_attempts(attempts_of(a), attempts_of(b))
    order = [(m["turn"], m["candidate"]) for m in merged]
    assert order == sorted(set(order))
    for row in attempts_of(b)[::-1][:1]:
        assert row in merged


def test_merging_changes_neither_list(attempt: Any) -> None:
    old, new = [attempt(1)], [attempt(1, semantic=9.0)]
    merge_attempts(old, new)
    assert old[0]["semantic"] == 5.0 and len(old) == len(new) == 1


def test_overall_is_the_geometric_mean_and_missing_scores_stay_missing(attempt: Any) -> None:
    assert overall(attempt(semantic=4.0, quality=9.0)) == 6.0
    assert overall(attempt(semantic=None)) is None
    assert overall(attempt(quality=None)) is None


def test_best_attempt_prefers_the_score_then_the_earlier_then_scored_over_unscored(
    attempt: Any,
) -> None:
    low, high, same, unscored, empty = (
        attempt(1, semantic=2.0),
        attempt(2, semantic=9.0),
        attempt(3, semantic=9.0),
        attempt(4, semantic=None),
        attempt(5, image=None, semantic=10.0),
    )
    assert best_attempt([low, high, same, unscored, empty]) is high
    assert best_attempt([unscored, low]) is low
    assert best_attempt([empty, unscored]) is unscored
    assert best_attempt([empty]) is None


def test_a_zero_score_still_beats_no_score(attempt: Any) -> None:
    zero, none = attempt(2, semantic=0.0), attempt(1, semantic=None)
    for order in product([zero, none], repeat=2):
        if zero in order:
            assert best_attempt(list(order)) is zero


def test_details_are_kept_where_json_can_hold_them_shortly() -> None:
    assert keep_details({"steps": 20, "sizes": (1, 2)}) == {"steps": 20, "sizes": [1, 2]}
    assert keep_details({"text": "x" * MAX_DETAILS}) == {}
    assert keep_details({"loss": float("nan")}) == keep_details({"object": object()}) == {}
