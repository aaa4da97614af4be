"""Replies of judges, ugly ones too: what is not clearly said is not a score."""

import pytest

from editthinker.evals.replies import (
    final_score,
    final_score_official,
    keyed_score_official,
    keyed_scores,
    named_lines,
    named_lines_official,
    score_list,
)
from editthinker.tools.errors import ReplyParseError

GRADES = (1.0, 2.0, 3.0, 4.0, 5.0)


@pytest.mark.parametrize(
    ("text", "scores"),
    [
        ('{"score": [8, 9], "reasoning": "fine"}', [8, 9]),
        ('||V^=^V||\n{"score" : [8, 9]}\n||V^=^V||', [8, 9]),
        ('```json\n{"score": [8, 9],}\n```', [8, 9]),
        ('{"score": ["8", "9"]}', [8, 9]),
        ("[8, 9]", [8, 9]),
        ('I gave {x} points. {"reasoning": "two {braces}", "score": [0, 10]}', [0, 10]),
    ],
)
def test_gedit_reads_both_scores(text: str, scores: list[float]) -> None:
    assert score_list(text, 0, 10, least=2) == scores


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I'm sorry, I can't help with that.",
        '{"score": [8]}',
        '{"score": [8, 11]}',
        '{"score": [8, null]}',
        '{"score": "high"}',
        '{"score": [8, 9',
        '{"reasoning": "score 8 and 9"}',
    ],
)
def test_gedit_never_guesses(text: str) -> None:
    with pytest.raises(ReplyParseError):
        score_list(text, 0, 10, least=2)


IMGEDIT = "The hat was added.\nPrompt Compliance: 5\nVisual Naturalness: 4\nDetail Coherence: 3"


@pytest.mark.parametrize(
    "text",
    [
        IMGEDIT,
        IMGEDIT.replace("Prompt Compliance:", "**Prompt Compliance**:"),
        IMGEDIT.replace(": 5", ": 5/5").replace(": 4", ": 4."),
        IMGEDIT.replace(": 3", ":3"),
        "- " + IMGEDIT.replace("\n", "\n- "),
    ],
)
def test_imgedit_reads_three_lines(text: str) -> None:
    assert named_lines(text, 3, 1, 5) == [5, 4, 3]


@pytest.mark.parametrize(
    "text",
    [
        "",
        IMGEDIT.replace("Detail Coherence: 3", ""),
        IMGEDIT.replace(": 3", ": 7"),
        IMGEDIT.replace(": 3", ": 3/10"),
        IMGEDIT + "\nOverall: 4",
        "Compliance 5, naturalness 4, coherence 3",
    ],
)
def test_imgedit_drops_no_dimension_silently(text: str) -> None:
    with pytest.raises(ReplyParseError):
        named_lines(text, 3, 1, 5)


def test_the_official_imgedit_reader_drops_what_it_does_not_know() -> None:
    assert named_lines_official(IMGEDIT) == [5, 4, 3]
    assert named_lines_official("**Compliance:** 5\nB: 4/5\nC: 5.\nD: 4.5\nE: 2") == [2]
    assert named_lines_official("Reason: 7\nA: 5\nB: 5\nC: 5") == [7, 5, 5, 5]


@pytest.mark.parametrize(
    "text",
    [
        "It is right.\nFinal Score: 4",
        "**Final Score:** 4",
        "**Final Score**: **4**",
        "Final Score 4",
        "Final score: 4/5",
        "Final Score: 2 would be too low.\n\nFinal Score: 4",
    ],
)
def test_rise_reads_the_final_score(text: str) -> None:
    assert final_score(text, GRADES) == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Score: 4",
        "Final Score: four",
        "Final Score: 6",
        "Final Score: 4 or 5",
        "Final Score: 3.5",
    ],
)
def test_rise_never_guesses(text: str) -> None:
    with pytest.raises(ReplyParseError):
        final_score(text, GRADES)


def test_rise_logic_knows_only_yes_and_no() -> None:
    assert final_score("Final Score: 0", (0.0, 1.0)) == 0
    with pytest.raises(ReplyParseError):
        final_score("Final Score: 2", (0.0, 1.0))


def test_the_official_rise_reader_takes_the_first_number() -> None:
    assert final_score_official("**Final Score**: 4, 5") == 4
    assert final_score_official("The final score is 3") is None
    assert final_score_official("final score: 3") == 3
    assert final_score_official("The final score follows.\n\nFinal Score: 2") == 2


@pytest.mark.parametrize(
    "text",
    [
        '{"quality_score": 4, "quality_reasoning": "5 cats"}',
        "There are 2 cats. quality_score: 4",
        '```json\n{"quality_score": "4"}\n```',
    ],
)
def test_kris_reads_its_key(text: str) -> None:
    assert keyed_scores(text, ["quality_score"], 1, 5) == [4]


@pytest.mark.parametrize(
    "text",
    [
        "There are 2 cats. Quality is 5.",
        '{"quality_score": 0}',
        "quality_score: 3 or quality_score: 4",
    ],
)
def test_kris_never_takes_some_number(text: str) -> None:
    with pytest.raises(ReplyParseError):
        keyed_scores(text, ["quality_score"], 1, 5)


def test_the_official_kris_reader_takes_the_first_lone_digit() -> None:
    assert keyed_score_official("There are 2 cats. Quality is 5.", "quality_score") == 2
    assert keyed_score_official("I would say 4/5.", "quality_score") == 4
    assert keyed_score_official("no digits", "quality_score") is None
