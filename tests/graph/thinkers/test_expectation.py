import math

import pytest

from editthinker.graph.thinkers.expectation import Token, expected_scores
from editthinker.graph.thinkers.scores import Scores


def tokens(*items: str | dict[str, float]) -> list[Token]:
    """Tokens from texts; a dict gives probabilities, its first key the chosen token."""
    return [
        Token(item, {item: 0.0})
        if isinstance(item, str)
        else Token(next(iter(item)), {text: math.log(p) for text, p in item.items()})
        for item in items
    ]


def test_averages_the_numerals_at_the_place_of_the_score() -> None:
    reply = tokens(
        "<think>semantic: 5</think>",
        '<score>{"semantic": ',
        {"5": 0.5, "7": 0.25, "3": 0.25, "a": 0.0001},
        ', "quality": ',
        {"8": 0.6, "9": 0.4},
        "}",
    )
    scores = expected_scores(reply, Scores(5, 8))
    assert scores is not None
    assert scores.semantic == pytest.approx(5.0)
    assert scores.quality == pytest.approx(8.4)


def test_understands_a_token_that_begins_with_blank() -> None:
    reply = tokens('"semantic":', {" 5": 0.5, " 6": 0.5, "9": 0.1}, ', "quality":', {" 8": 1.0})
    assert expected_scores(reply, Scores(5, 8)) == pytest.approx((5.5, 8.0))


def test_counts_a_leading_one_as_ten_where_ten_takes_two_tokens() -> None:
    reply = tokens('"semantic":', {"9": 0.5, "1": 0.5}, ', "quality":', {"2": 0.5, "1": 0.5})
    assert expected_scores(reply, Scores(9, 2)) == pytest.approx((9.5, 1.5))


def test_counts_ten_as_ten_where_it_is_one_token() -> None:
    reply = tokens('"semantic":', {"10": 0.5, "8": 0.5}, ', "quality":', {"10": 0.9, "1": 0.1})
    assert expected_scores(reply, Scores(10, 10)) == pytest.approx((9.0, 9.1))


def test_a_stated_ten_in_two_tokens_counts_as_ten() -> None:
    reply = tokens('"semantic":', {"1": 0.8, "9": 0.2}, "0", ', "quality":', {"8": 1.0}, "}")
    assert expected_scores(reply, Scores(10, 8)) == pytest.approx((9.8, 8.0))


@pytest.mark.parametrize(
    "reply",
    [
        [],
        tokens("no scores here"),
        tokens('"semantic": ', {"5": 1.0}),
        tokens('"semantic": ', {"5": 1.0}, ".5", ', "quality": ', {"8": 1.0}),
        tokens('"semantic": ', {"6": 1.0}, ', "quality": ', {"8": 1.0}),
    ],
)
def test_gives_nothing_where_a_score_has_no_place(reply: list[Token]) -> None:
    assert expected_scores(reply, Scores(5, 8)) is None
