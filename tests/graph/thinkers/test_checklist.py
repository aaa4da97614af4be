import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editthinker.graph.thinkers.base import Region, Requirement, Status
from editthinker.graph.thinkers.checklist import (
    describe_checklist,
    parse_checklist,
    parse_marks,
    semantic_score,
)
from editthinker.tools.errors import ReplyParseError

LIST = (Requirement("the sky is orange"), Requirement("the sea", keep=True))


def marks(*entries: dict[str, object]) -> str:
    return json.dumps({"semantic": 1, "checklist": list(entries)})


def test_reads_requirements_in_order() -> None:
    text = '{"requirements": [{"text": " the  sky is orange"}, {"text": "the sea", "keep": true},]}'
    assert parse_checklist(text) == LIST


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"requirements": []}',
        '{"requirements": ["the sky"]}',
        '{"requirements": [{"text": ""}]}',
        '{"requirements": [{"text": "x", "keep": "maybe"}]}',
        '{"requirements": [{"text": "the sea", "keep": true}]}',
        '{"requirements": [{"text": "the sky"}, {"text": "the s',
    ],
)
def test_refuses_a_list_that_asks_for_nothing(text: str) -> None:
    with pytest.raises(ReplyParseError):
        parse_checklist(text)


def test_reads_marks_with_their_regions() -> None:
    box = [0, 100, 500, 1000]
    text = marks(
        {"number": "2", "status": "Done", "note": " same ", "region": None},
        {"number": 1, "status": "partially", "region": box},
    )
    assert parse_marks(text, LIST) == (
        Requirement("the sky is orange", False, "partly", "", Region(0, 0.1, 0.5, 1)),
        Requirement("the sea", True, "done", "same"),
    )


@pytest.mark.parametrize(
    "box", [[1, 2, 3], [500, 0, 100, 10], [0, 0, 2000, 10], "top", [0, 0, 0, 0]]
)
def test_leaves_out_a_region_that_is_no_box(box: object) -> None:
    text = marks({"number": 1, "status": "done", "region": box}, {"number": 2, "status": "not"})
    assert parse_marks(text, LIST)[0].region is None


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([{"number": 1, "status": "done"}], "number 2 of the checklist is not marked"),
        ([{"number": 3, "status": "done"}], "no number '3'"),
        ([{"number": 1, "status": "great"}], "none of done"),
        (
            [{"number": 1, "status": "done"}, {"number": 1, "status": "not"}],
            "marked twice",
        ),
        ([], "missing"),
    ],
)
def test_refuses_marks_that_leave_doubt(entries: list[dict[str, object]], message: str) -> None:
    with pytest.raises(ReplyParseError, match=message):
        parse_marks(marks(*entries), LIST)


STATUS = st.sampled_from(["done", "partly", "not"])


@given(st.lists(st.builds(Requirement, st.just("x"), st.booleans(), STATUS), min_size=1))
def test_the_score_is_in_range_and_full_only_when_all_is_done(marked: list[Requirement]) -> None:
    score = semantic_score(marked)
    assert 0 <= score <= 10
    assert (score == 10) == all(each.status == "done" for each in marked)


def test_damage_to_what_must_stay_is_not_outweighed() -> None:
    def score(*kept: Status) -> float:
        wished = Requirement("x", False, "done")
        return semantic_score([wished, *(Requirement("y", True, status) for status in kept)])

    assert score("not") == 0
    assert score("done", "not") == 5
    assert score("done", "partly") == 7.5


def test_numbers_the_list_for_the_prompt() -> None:
    assert describe_checklist(LIST) == "1. the sky is orange\n2. must stay: the sea"
