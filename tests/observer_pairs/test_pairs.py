"""The observer's scores rise and fall with what a person sees."""

from collections.abc import Sequence

import pytest
from ranking import GOAL, Pair, rank, read_cases, score
from second import read_second

pytestmark = pytest.mark.xdist_group("pairs")

WORDS = frozenset({"erase", "write", "letter"})
"""Edits whose measure reads."""

HOPELESS = frozenset(
    {"wrong object", "wrong colour", "wrong way", "ghost", "left behind", "lost part"}
)
"""Ways to spoil an edit that no one would let pass."""


@pytest.fixture(scope="module")
def pairs() -> Sequence[Pair]:
    """Every pair that can be judged without a reader; the rest is for `make pairs`."""
    return rank([case for case in read_cases() if case.make not in WORDS])


def test_there_are_enough_pairs_of_enough_kinds(pairs: Sequence[Pair]) -> None:
    assert len(pairs) >= 100
    assert len({pair.kind for pair in pairs}) >= 8
    assert len({pair.case.photo for pair in pairs}) >= 10


def test_good_edits_come_before_bad_ones(pairs: Sequence[Pair]) -> None:
    wrong = [(pair.case.photo, pair.kind) for pair in pairs if not pair.right]
    assert len(wrong) <= (1 - GOAL) * len(pairs), wrong


@pytest.mark.xdist_group("second pairs")
def test_good_edits_come_before_bad_ones_in_a_set_that_was_made_later() -> None:
    pairs = rank([case for case in read_second() if not case.reads])
    assert len(pairs) >= 60
    wrong = [
        (pair.case.photo, pair.case.instruction, pair.kind) for pair in pairs if not pair.right
    ]
    assert len(wrong) <= (1 - GOAL) * len(pairs), wrong


def test_good_edits_pass_and_edits_of_the_wrong_thing_fail(pairs: Sequence[Pair]) -> None:
    good = {pair.case.instruction: score(pair.good) for pair in pairs}
    assert sum(value >= 8 for value in good.values()) >= 0.9 * len(good), good
    for pair in pairs:
        if pair.kind in HOPELESS:
            assert score(pair.bad) < 7, (pair.case.photo, pair.case.instruction, pair.kind)


@pytest.mark.pack
def test_words_are_read_back() -> None:
    written = [case for case in read_second() if case.reads]
    pairs = rank([*(case for case in read_cases() if case.make in WORDS), *written])
    wrong = [(pair.case.photo, pair.kind) for pair in pairs if not pair.right]
    assert len(wrong) <= 0.1 * len(pairs), wrong
