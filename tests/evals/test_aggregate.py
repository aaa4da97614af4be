"""Counts, intervals, refusals, and the command."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from editthinker.evals.aggregate import Aggregate, aggregate, paired_difference
from editthinker.evals.benchmarks.gedit import GEdit
from editthinker.evals.benchmarks.imgedit import ImgEdit
from editthinker.evals.scores import ScoreLine
from editthinker.tools.cli import build_app
from editthinker.tools.errors import ConfigError


def lines(scores: list[Any], category: str = "add") -> list[ScoreLine]:
    return [
        ScoreLine(id=str(n), category=category, scores=each and {"scores": each})
        for n, each in enumerate(scores)
    ]


def run(scores: list[Any], **more: Any) -> Aggregate:
    return aggregate("imgedit", ImgEdit(), lines(scores), **more)


def test_counts_stand_beside_every_mean() -> None:
    result = run([[5, 5, 5]] * 8 + [None, [5, "?", 5]])
    each = result.tables["basic"].overall["macro"]
    assert (each.n_expected, each.n_scored, each.n_missing, each.n_unparsed) == (10, 8, 1, 1)
    assert each.value == 5.0


def test_missing_and_unparsed_are_never_scored() -> None:
    assert run([[4, 4, 4]] * 3 + [None]).overall["macro"] == 4.0


def test_refuses_when_more_failed_than_allowed() -> None:
    result = run([[5, 5, 5], None, None])
    assert result.refused
    assert "67%" in result.refused
    assert result.overall == {}
    assert (result.n_expected, result.n_missing) == (3, 2)


def test_one_refused_table_leaves_the_others() -> None:
    good = [
        ScoreLine(id="1", category="ps_human", scores={"semantics": 9, "quality": 9}),
        ScoreLine(id="1", category="ps_human", language="cn", scores=None),
    ]
    result = aggregate("gedit", GEdit(), good)
    assert result.tables["cn/full"].refused
    assert result.tables["en/full"].overall["G_O"].value == 9.0


def test_expected_sizes_turn_absent_samples_into_missing_ones() -> None:
    result = run([[5, 5, 5]] * 5, expected=ImgEdit.sizes, max_failed=1)
    assert (result.n_expected, result.n_missing) == (737, 732)


def test_nobody_knows_how_many_samples_the_intersection_should_have() -> None:
    given = [
        ScoreLine(
            id=f"{category}{n}",
            category=category,
            intersection=n > 0,
            scores={"semantics": 4, "quality": 9},
        )
        for category, size in GEdit.sizes.items()
        for n in range(size)
    ]
    result = aggregate("gedit", GEdit(), given, expected=GEdit.sizes)
    assert result.n_missing == result.tables["en/intersection"].n_missing == 0


def test_a_sample_may_not_stand_twice() -> None:
    with pytest.raises(ConfigError, match="stands twice"):
        aggregate("imgedit", ImgEdit(), lines([[5, 5, 5]]) * 2)


def test_an_unknown_category_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown category 'sky'"):
        aggregate("imgedit", ImgEdit(), lines([[5, 5, 5]], "sky"))


def test_intervals_hold_the_mean_and_shrink_with_samples() -> None:
    few, many = run([[1, 1, 1], [5, 5, 5]] * 5), run([[1, 1, 1], [5, 5, 5]] * 100)
    widths = []
    for result in (few, many):
        each = result.tables["basic"].overall["sample_mean"]
        assert each.low is not None
        assert each.high is not None
        assert each.value is not None
        assert each.low < each.value < each.high
        widths.append(each.high - each.low)
    assert widths[1] < widths[0] / 3
    assert widths[1] == pytest.approx(2 * 1.96 * 2 / 200**0.5, rel=0.15)


def test_the_same_seed_gives_the_same_interval() -> None:
    scores = [[1, 2, 3], [5, 5, 5], [2, 2, 2]] * 4
    assert run(scores) == run(scores)


def test_one_sample_has_no_interval() -> None:
    assert run([[5, 5, 5]]).tables["basic"].overall["macro"].low is None


@settings(max_examples=30)
@given(
    st.lists(st.lists(st.integers(1, 5), min_size=3, max_size=3), min_size=1, max_size=12),
    st.randoms(),
)
def test_the_order_of_lines_does_not_matter(scores: list[list[int]], random: Any) -> None:
    ordered = lines(scores)
    shuffled = [*ordered]
    random.shuffle(shuffled)
    first = aggregate("imgedit", ImgEdit(), ordered).overall
    second = aggregate("imgedit", ImgEdit(), shuffled).overall
    assert first == pytest.approx(second)


def test_a_paired_difference_is_tighter_than_two_intervals() -> None:
    first = lines([[1, 1, 1], [5, 5, 5], [3, 3, 3]] * 10)
    second = lines([[2, 2, 2], [5, 5, 5], [4, 4, 4]] * 10)
    each = paired_difference(ImgEdit(), first, second)["basic"].overall["sample_mean"]
    assert each.value == pytest.approx(2 / 3)
    assert each.low is not None
    assert each.low > 0
    assert each.n_scored == 30


def test_a_paired_difference_takes_common_samples_only() -> None:
    first, second = lines([[1, 1, 1], None, [3, 3, 3]]), lines([[2, 2, 2], [5, 5, 5]])
    each = paired_difference(ImgEdit(), first, second)["basic"].overall["sample_mean"]
    assert (each.value, each.n_scored) == (1.0, 1)


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    path = tmp_path / "scores.jsonl"
    rows = [
        {"id": n, "category": "add", "scores": {"scores": [5, 4, 3]}, "extra": 1} for n in range(4)
    ]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    return path


def test_the_command_prints_one_json_object(scores: Path) -> None:
    got = CliRunner().invoke(
        build_app(["eval"]), ["eval", "aggregate", "imgedit", "--scores", str(scores), "--json"]
    )
    assert got.exit_code == 0, got.output
    result = json.loads(got.stdout)
    assert result["overall"]["macro"] == 4.0
    assert result["tables"]["basic"]["overall"]["macro"]["n_scored"] == 4


def test_the_command_fails_when_it_refuses(scores: Path) -> None:
    with scores.open("a") as file:
        file.write('{"id": "x", "category": "add", "scores": null}\n' * 1)
    got = CliRunner().invoke(
        build_app(["eval"]),
        ["eval", "aggregate", "imgedit", "--scores", str(scores), "--max-failed", "0.1", "--json"],
    )
    assert got.exit_code == 1
    assert json.loads(got.stdout)["refused"]


HOSTILE = [
    "NaN",
    "1e999",
    "9" * 400,
    '"nan"',
    '"\u00b2"',
    "true",
    "{}",
    "[]",
    '"' + "9" * 400 + '"',
]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("compat", ["strict", "official"])
@pytest.mark.parametrize(
    ("benchmark", "line"),
    [
        ("gedit", '"ps_human", "scores": {"semantics": %s, "quality": 7}'),
        ("imgedit", '"add", "scores": {"scores": [%s]}'),
        ("rise", '"causal", "scores": {"consistency": 5, "reasoning": %s, "plausibility": 5}'),
        ("kris", '"count_change", "scores": {"consistency": %s, "quality": 5, "instruction": 5}'),
    ],
)
def test_hostile_scores_are_unparsed_and_the_answer_stays_json(
    tmp_path: Path, benchmark: str, line: str, compat: str, value: str
) -> None:
    path = tmp_path / "scores.jsonl"
    path.write_text('\ufeff{"id": "1", "category": ' + line % value + "}\n", encoding="utf-8")
    got = CliRunner().invoke(
        build_app(["eval"]),
        f"eval aggregate {benchmark} --scores {path} --max-failed 1 --compat {compat} --json",
    )
    assert got.exit_code == 0, got.output
    result = json.loads(got.stdout, parse_constant=pytest.fail)
    assert (result["n_scored"], result["n_unparsed"]) == (0, 1)


def test_one_sample_under_two_names_of_a_language_stands_twice() -> None:
    for first, second in ((None, "en"), ("cn", "zh")):
        both = [
            ScoreLine(id="1", category="ps_human", language=each, scores={"semantics": 9})
            for each in (first, second)
        ]
        with pytest.raises(ConfigError, match="stands twice"):
            aggregate("gedit", GEdit(), both)


def test_an_unknown_language_is_refused() -> None:
    line = ScoreLine(id="1", category="ps_human", language="fr", scores={"semantics": 9})
    with pytest.raises(ConfigError, match="'fr' is neither en nor cn"):
        aggregate("gedit", GEdit(), [line])


def test_scores_that_are_no_object_are_refused_in_plain_words(scores: Path) -> None:
    scores.write_text('{"id": 1, "category": "add", "scores": "5"}\n')
    got = CliRunner().invoke(
        build_app(["eval"]), ["eval", "aggregate", "imgedit", "--scores", str(scores)]
    )
    assert got.exit_code == 2
    assert "scores.jsonl:1: scores: must be an object of scores by name" in got.stderr


def test_a_bad_line_is_named(scores: Path) -> None:
    scores.write_text('{"id": 1, "category": "add"}\n{"id": 2}\n')
    got = CliRunner().invoke(
        build_app(["eval"]), ["eval", "aggregate", "imgedit", "--scores", str(scores)]
    )
    assert got.exit_code == 2
    assert "scores.jsonl:2: category" in got.stderr
