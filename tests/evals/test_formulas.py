"""The official formulas against published tables."""

import math
from collections.abc import Iterator
from typing import Any

import pytest

from editthinker.evals.aggregate import Aggregate, aggregate
from editthinker.evals.benchmarks.base import BENCHMARKS
from editthinker.evals.benchmarks.kris import DIMENSIONS, KNOWLEDGE, META, SIZES
from editthinker.evals.benchmarks.rise import CAUSAL, LOGICAL, SPATIAL, TEMPORAL
from editthinker.evals.formula import Compat
from editthinker.evals.scores import ScoreLine


def run(
    benchmark: str, lines: list[ScoreLine], compat: Compat = "strict", **more: Any
) -> Aggregate:
    return aggregate(benchmark, BENCHMARKS.load(benchmark)(), lines, compat=compat, **more)


def line(category: str, number: int, scores: Any, **more: Any) -> ScoreLine:
    return ScoreLine(id=str(number), category=category, scores=scores, **more)


GEDIT_ORDER = [
    "background_change",
    "color_alter",
    "material_alter",
    "motion_change",
    "ps_human",
    "style_change",
    "subject-add",
    "subject-remove",
    "subject-replace",
    "text_change",
    "tone_transfer",
]
# Ovis-U1's model card, GEdit-Bench-EN: average, then the groups.
GEDIT_ROWS = {
    "GPT-4o": (
        7.534,
        [7.205, 6.491, 6.607, 8.096, 7.768, 6.961, 7.622, 8.331, 8.067, 7.427, 8.301],
    ),
    "AnyEdit": (
        3.212,
        [4.663, 4.260, 2.537, 2.024, 3.479, 2.032, 3.995, 3.089, 3.180, 0.922, 5.151],
    ),
    "Step1X-Edit": (
        6.701,
        [6.547, 6.545, 6.204, 6.483, 6.787, 7.221, 6.975, 6.512, 7.068, 6.921, 6.448],
    ),
    "BAGEL": (
        6.519,
        [7.324, 6.909, 6.381, 4.753, 4.573, 6.150, 7.896, 7.164, 7.021, 7.320, 6.218],
    ),
}


@pytest.mark.parametrize("model", GEDIT_ROWS)
def test_gedit_overall_is_the_plain_mean_of_the_groups(model: str) -> None:
    overall, groups = GEDIT_ROWS[model]
    lines = []
    for group, (name, mean) in enumerate(zip(GEDIT_ORDER, groups, strict=True)):
        # Groups of different sizes: a mean weighted by samples would come out elsewhere.
        lines += [line(name, n, {"semantics": mean, "quality": mean}) for n in range(1 + group)]
    result = run("gedit", lines)
    assert result.overall["G_O"] == pytest.approx(overall, abs=6e-4)


def test_gedit_takes_the_mean_of_roots_not_the_root_of_means() -> None:
    lines = [line(name, 1, {"semantics": 9, "quality": 4}) for name in GEDIT_ORDER]
    lines += [line(name, 2, {"semantics": 1, "quality": 4}) for name in GEDIT_ORDER]
    result = run("gedit", lines, "official")
    assert result.overall == {"G_SC": 5.0, "G_PQ": 4.0, "G_O": 4.0}
    assert math.sqrt(5 * 4) > 4.0


def test_gedit_takes_the_smaller_of_two_sub_scores() -> None:
    lines = [line(name, 1, {"semantics": [9, 4], "quality": [4, 8]}) for name in GEDIT_ORDER]
    assert run("gedit", lines).overall["G_O"] == 4.0


def test_gedit_keeps_languages_and_the_intersection_apart() -> None:
    lines = []
    for name in GEDIT_ORDER:
        for n, (language, inside, score) in enumerate(
            [("en", True, 9), ("en", False, 1), ("cn", True, 4), ("cn", False, 2)]
        ):
            scores = {"semantics": score, "quality": score}
            lines.append(line(name, n, scores, language=language, intersection=inside))
    tables = run("gedit", lines).tables
    means = {name: table.overall["G_O"].value for name, table in tables.items()}
    assert means == {"en/full": 5, "en/intersection": 9, "cn/full": 3, "cn/intersection": 4}


def test_gedit_without_a_group_has_no_overall_in_the_official_script() -> None:
    lines = [line(name, 1, {"semantics": 5, "quality": 5}) for name in GEDIT_ORDER[1:]]
    assert run("gedit", lines, "official").overall["G_O"] is None
    assert run("gedit", lines).overall["G_O"] == 5.0


IMGEDIT_ORDER = [
    "add",
    "adjust",
    "extract",
    "replace",
    "remove",
    "background",
    "style",
    "compose",
    "action",
]
# ImgEdit's leaderboard: overall, then the types in that order.
IMGEDIT_ROWS = {
    "MagicBrush": (1.83, [2.84, 1.58, 1.51, 1.97, 1.58, 1.75, 2.38, 1.62, 1.22]),
    "Instruct-P2P": (1.88, [2.45, 1.83, 1.44, 2.01, 1.50, 1.44, 3.55, 1.20, 1.46]),
    "AnyEdit": (2.45, [3.18, 2.95, 1.88, 2.47, 2.23, 2.24, 2.85, 1.56, 2.65]),
    "UltraEdit": (2.70, [3.44, 2.81, 2.13, 2.96, 1.45, 2.83, 3.76, 1.91, 2.98]),
    "OmniGen": (2.96, [3.47, 3.04, 1.71, 2.94, 2.43, 3.21, 4.19, 2.24, 3.38]),
    "Step1X-Edit": (3.06, [3.88, 3.14, 1.76, 3.40, 2.41, 3.16, 4.63, 2.64, 2.52]),
    "ICEdit": (3.05, [3.58, 3.39, 1.73, 3.15, 2.93, 3.08, 3.84, 2.04, 3.68]),
    "UniWorld-V1": (3.26, [3.82, 3.64, 2.27, 3.47, 3.24, 2.99, 4.21, 2.96, 2.74]),
    "OmniGen2": (3.44, [3.57, 3.06, 1.77, 3.74, 3.20, 3.57, 4.81, 2.52, 4.68]),
}


def imgedit_lines(means: list[float]) -> Iterator[ScoreLine]:
    """Give each type two samples whose mean is the published one, to two decimals."""
    for kind, mean in zip(IMGEDIT_ORDER, means, strict=True):
        for n in range(2):
            yield line(kind, n, {"scores": [mean] * 3})


@pytest.mark.parametrize("model", IMGEDIT_ROWS)
def test_imgedit_macro_is_the_plain_mean_of_the_types(model: str) -> None:
    overall, types = IMGEDIT_ROWS[model]
    assert run("imgedit", [*imgedit_lines(types)]).overall["macro"] == pytest.approx(
        overall, abs=0.0101
    )


def test_imgedit_gives_both_conventions_of_an_overall() -> None:
    lines = [line("add", n, {"scores": [5, 5, 5]}) for n in range(3)]
    lines += [line("style", 0, {"scores": [1, 1, 1]})]
    assert run("imgedit", lines).overall == {"macro": 3.0, "sample_mean": 4.0}


def test_imgedit_rounds_samples_and_types_to_two_decimals() -> None:
    lines = [line("add", 0, {"scores": [5, 4, 4]}), line("add", 1, {"scores": [5, 4, 4]})]
    lines += [line("add", 2, {"scores": [5, 5, 5]})]
    result = run("imgedit", lines)
    assert result.tables["basic"].categories["add"]["score"].value == 4.55
    assert result.overall["sample_mean"] == pytest.approx((4.33 + 4.33 + 5) / 3)


def test_imgedit_official_averages_whatever_integers_are_left() -> None:
    lines = [line("alter", n, {"scores": [5, "4/5", 2]}) for n in range(2)]
    assert run("imgedit", lines, "official").overall["macro"] == 3.5
    strict = run("imgedit", lines, max_failed=1)
    assert strict.overall["macro"] is None
    assert strict.n_unparsed == 2


def test_imgedit_official_takes_whole_numbers_however_json_holds_them() -> None:
    lines = [line("alter", n, {"scores": [5.0, 4.0, 4.5]}) for n in range(2)]
    assert run("imgedit", lines, "official").overall["macro"] == 4.5


# RISEBench's tables: temporal, causal, spatial, logical, overall (in percent). The first eight are
# of 2026-04, the others the README of 2025-07 on the same 360 samples.
RISE_ROWS = {
    "GPT-Image-1.5": (57.6, 62.2, 62.0, 21.2, 51.4),
    "GPT-Image-2": (45.9, 66.7, 50.0, 34.1, 49.4),
    "Gemini-3-pro-image": (43.5, 63.3, 48.0, 37.6, 48.3),
    "Gemini-2.5-Flash-Image": (29.4, 48.9, 37.0, 18.8, 33.9),
    "GPT-Image-1": (36.5, 34.4, 37.0, 10.6, 30.0),
    "Qwen-Image-Edit-2511": (21.2, 18.9, 31.0, 4.7, 19.4),
    "Qwen-Image-Edit-2509": (4.7, 11.1, 17.0, 2.4, 9.2),
    "FLUX.1-Kontext-dev": (2.3, 5.5, 13.0, 1.2, 5.8),
    "GPT-4o-Image": (34.1, 32.2, 37.0, 10.6, 28.9),
    "Gemini-2.0-Flash-exp": (8.2, 15.5, 23.0, 4.7, 13.3),
    "Gemini-2.0-Flash-pre": (10.6, 13.3, 11.0, 2.3, 9.4),
    "BAGEL-CoT": (5.9, 17.8, 21.0, 1.2, 11.9),
    "BAGEL": (2.4, 5.6, 14.0, 1.2, 6.1),
    "Step1X-Edit": (0.0, 2.2, 2.0, 3.5, 1.9),
    "OmniGen": (1.2, 1.0, 0.0, 1.2, 0.8),
    "EMU2": (1.2, 1.1, 0.0, 0.0, 0.5),
    "HiDream-Edit": (0.0, 0.0, 0.0, 0.0, 0.0),
}
RISE_SIZES = {TEMPORAL: 85, CAUSAL: 90, SPATIAL: 100, LOGICAL: 85}


@pytest.mark.parametrize("model", RISE_ROWS)
def test_rise_accuracy_is_over_all_samples(model: str) -> None:
    *shares, overall = RISE_ROWS[model]
    lines = []
    for (category, size), share in zip(RISE_SIZES.items(), shares, strict=True):
        complete = round(share * size / 100)
        top = 1 if category == LOGICAL else 5
        for n in range(size):
            scores = {
                "consistency": top,
                "reasoning": top if n < complete else 0 if top == 1 else 4,
            }
            lines.append(line(category, n, {**scores, "plausibility": 5}))
    result = run("rise", lines)
    assert result.overall["accuracy"] == pytest.approx(overall, abs=0.0601)
    table = result.tables["all"].categories
    for (category, _), share in zip(RISE_SIZES.items(), shares, strict=True):
        assert table[category]["accuracy"].value == pytest.approx(share, abs=0.12)


def rise_score(category: str, scores: dict[str, Any], compat: Compat = "strict") -> float | None:
    return run("rise", [line(category, 1, scores)], compat).overall["score"]


def test_rise_score_weighs_the_dimensions() -> None:
    scores = {"consistency": 5, "reasoning": 3, "plausibility": 4}
    assert rise_score(TEMPORAL, scores) == pytest.approx(25 * (0.3 * 5 + 0.5 * 3 + 0.2 * 4 - 1))
    assert rise_score(LOGICAL, {"consistency": 1, "reasoning": 0}) == pytest.approx(
        25 * ((0.3 * 5 + 0.7 * 1) / 2 - 1)
    )
    free = {"reasoning": 3, "plausibility": 4}
    assert rise_score(SPATIAL, free) == pytest.approx(25 * (0.8 * 3 + 0.2 * 4 - 1))


def test_rise_score_of_no_reasoning_is_halved_but_never_below_the_scale() -> None:
    high = {"consistency": 5, "reasoning": 1, "plausibility": 5}
    assert rise_score(CAUSAL, high) == pytest.approx(25 * ((1.5 + 0.5 + 1) / 2 - 1))
    low = {"consistency": 1, "reasoning": 1, "plausibility": 1}
    assert rise_score(CAUSAL, low) == 0.0


def test_rise_official_score_leaves_consistency_out() -> None:
    scores = {"consistency": 1, "reasoning": 5, "plausibility": 5}
    assert rise_score(TEMPORAL, scores, "official") == 100.0
    assert rise_score(TEMPORAL, scores) == pytest.approx(25 * (0.3 + 2.5 + 1 - 1))


def test_rise_consistency_free_samples_need_the_other_two() -> None:
    scores = {"consistency": None, "reasoning": 5, "plausibility": 5}
    result = run("rise", [line(SPATIAL, 1, scores, consistency_free=True)])
    assert result.overall["accuracy"] == 100.0
    assert result.overall["appearance_consistency"] is None


def test_rise_unparsed_counts_as_failed_only_in_the_official_script() -> None:
    lines = [
        line(TEMPORAL, n, {"consistency": 5, "reasoning": 5, "plausibility": 5}) for n in range(4)
    ]
    lines += [line(TEMPORAL, 9, {"consistency": 5, "reasoning": None, "plausibility": 5})]
    assert run("rise", lines).overall["accuracy"] == 100.0
    official = run("rise", lines, "official")
    assert official.overall["accuracy"] == 80.0
    assert official.overall["score"] == 100.0
    assert (official.n_scored, official.n_unparsed) == (4, 1)


def kris_lines(means: dict[str, float]) -> list[ScoreLine]:
    """Fill every category of the official sizes with the mean of its dimension (in percent)."""
    lines = []
    for dimension, categories in SIZES.items():
        score = means[dimension] / 25 + 1
        for category, size in categories.items():
            scores = {"consistency": score, "quality": score, "instruction": score}
            if category in KNOWLEDGE:
                scores["knowledge"] = score
            lines += [line(category, n, scores) for n in range(size)]
    return lines


def by_meta(**meta: float) -> dict[str, float]:
    return {dimension: meta[kind] for kind, members in META.items() for dimension in members}


@pytest.mark.parametrize(
    ("factual", "conceptual", "procedural", "overall"),
    [
        (53.28, 50.36, 42.53, 49.54),  # FLUX.1-Kontext-dev
        (61.47, 56.79, 47.07, 56.15),  # Qwen-Image-Edit-2509
        (53.05, 54.34, 44.66, 51.59),  # Step1X-Edit v1.1
        (58.23, 60.55, 46.21, 56.33),  # Step1X-Edit v1p2
        (59.79, 62.76, 49.78, 58.64),  # Step1X-Edit v1p2, thinking
    ],
)
def test_kris_convention_a_weighs_dimensions_by_samples(
    factual: float, conceptual: float, procedural: float, overall: float
) -> None:
    lines = kris_lines(by_meta(FK=factual, CK=conceptual, PK=procedural))
    assert len(lines) == 1267
    result = run("kris", lines).overall
    assert result["overall_A"] == pytest.approx(overall, abs=0.006)
    assert result["overall_A_official"] == pytest.approx(overall, abs=0.006)
    assert result["FK_A"] == pytest.approx(factual)


def test_kris_convention_b_gives_every_score_the_same_weight() -> None:
    means = by_meta(FK=0, CK=100, PK=0)
    result = run("kris", kris_lines(means)).overall
    three, four = 449 + 150, 518 + 150
    assert result["overall_B"] == pytest.approx(100 * 4 * 518 / (3 * three + 4 * four))
    assert result["overall_A"] == pytest.approx(100 * 518 / 1267)


def test_kris_keeps_scores_of_a_sample_that_lacks_another() -> None:
    full = {"consistency": 5, "quality": 5, "instruction": 5}
    lines = [line("count_change", n, full) for n in range(3)]
    lines += [line("count_change", 3, {"consistency": 1, "quality": 1, "instruction": None})]
    result = run("kris", lines)
    attributes = result.tables["all"].groups["dimension/attribute_perception"]
    assert attributes["VC"].value == 75.0
    assert attributes["IF"].value == 100.0
    assert (attributes["IF"].n_scored, attributes["IF"].n_unparsed) == (3, 1)
    assert result.overall["overall_A"] == pytest.approx((75 + 75 + 100) / 3)
    assert result.overall["overall_B"] == pytest.approx((300 + 300 + 300) / 11)


def test_kris_renormalises_without_temporal_prediction_and_says_so() -> None:
    lines = [
        each
        for each in kris_lines(by_meta(FK=60, CK=40, PK=50))
        if each.category != "temporal_prediction"
    ]
    result = run("kris", lines)
    assert result.overall["FK_A"] == pytest.approx(60)
    weights = 375 * 60 + 518 * 40 + 300 * 50
    assert result.overall["overall_A"] == pytest.approx(weights / (375 + 518 + 300))
    assert any("temporal_prediction" in warning for warning in result.warnings)


def test_sizes_are_the_official_ones() -> None:
    totals = {name: sum(BENCHMARKS.load(name)().sizes.values()) for name in ("gedit", "imgedit")}
    assert totals == {"gedit": 606, "imgedit": 737}
    assert sum(RISE_SIZES.values()) == 360
    assert sum(map(len, DIMENSIONS.values())) == 20


@pytest.mark.parametrize(
    ("benchmark", "category", "worst", "best", "metric", "low", "high"),
    [
        (
            "gedit",
            "ps_human",
            {"semantics": 0, "quality": 0},
            {"semantics": 10, "quality": 10},
            "G_O",
            0,
            10,
        ),
        ("imgedit", "add", {"scores": [1, 1, 1]}, {"scores": [5, 5, 5]}, "macro", 1, 5),
        (
            "kris",
            "biology",
            dict.fromkeys(("consistency", "quality", "instruction", "knowledge"), 1),
            dict.fromkeys(("consistency", "quality", "instruction", "knowledge"), 5),
            "overall_A",
            0,
            100,
        ),
    ],
)
def test_perfect_and_failed_samples_give_the_end_points(
    benchmark: str,
    category: str,
    worst: dict[str, Any],
    best: dict[str, Any],
    metric: str,
    low: float,
    high: float,
) -> None:
    assert run(benchmark, [line(category, 1, worst)]).overall[metric] == low
    assert run(benchmark, [line(category, 1, best)]).overall[metric] == high
