import numpy as np
import pytest

from editthinker.graph.thinkers.scores import Scores
from editthinker.training.pocket.answers import Answer
from editthinker.training.pocket.loops import Run
from editthinker.training.pocket.statistics import average, difference, mean_of
from editthinker.training.pocket.table import (
    Report,
    as_markdown,
    as_page,
    check,
    critic_values,
    habits,
    line,
    loop_values,
)

PHOTOS = ("a", "b", "c", "d")


def values(shift: dict[str, float], n: int = 30) -> dict[tuple[str, str], float]:
    chance = np.random.default_rng(0)
    return {
        (photo, str(at)): shift.get(photo, 0.0) + float(chance.normal())
        for photo in PHOTOS
        for at in range(n)
    }


def width(shift: dict[str, float]) -> float:
    found = mean_of(values(shift), draws=400)
    assert found.low is not None
    assert found.high is not None
    return found.high - found.low


def test_photos_that_differ_widen_the_interval() -> None:
    assert width({"a": -3, "d": 3}) > 2 * width({})


def test_an_interval_holds_its_mean_and_the_same_seed_gives_the_same() -> None:
    found = mean_of(values({}), draws=200)
    assert found.low is not None
    assert found.high is not None
    assert found.value is not None
    assert found.low < found.value < found.high
    assert found == mean_of(values({}), draws=200)


def test_differences_are_taken_scene_by_scene() -> None:
    first = values({"a": 5})
    second = {key: value + 1 for key, value in first.items()} | {("e", "0"): 100.0}
    found = difference(second, first, draws=100)
    assert found.n == len(first)
    assert found.value == pytest.approx(1)
    assert found.low == pytest.approx(1)


def test_seeds_are_averaged_where_all_have_a_value() -> None:
    one, other = {("a", "0"): 1.0, ("a", "1"): 5.0}, {("a", "0"): 3.0}
    assert average([one, other]) == {("a", "0"): 2.0}


def test_nothing_has_no_mean() -> None:
    assert mean_of({}, draws=10).value is None


def answer(reply: str, stated: Scores | None, prompt: str | None, after: Scores) -> Answer:
    return Answer("s", "a", reply, Scores(4, 9), stated, prompt, after)


def test_an_unreadable_reply_counts_against_the_format_and_for_no_error() -> None:
    unread = critic_values([answer("?", None, None, Scores(4, 9))])
    assert unread["format"] == {("a", "s"): 0.0}
    assert unread["gain"] == {("a", "s"): 0.0}
    assert unread["semantic error"] == {}


def test_a_reply_is_measured_by_what_it_says_and_what_it_leads_to() -> None:
    read = critic_values([answer("x", Scores(6, 9), "make it darker", Scores(9, 9))])
    assert read["semantic error"] == {("a", "s"): 2.0}
    assert read["semantic bias"] == {("a", "s"): 2.0}
    assert read["quality error"] == {("a", "s"): 0.0}
    assert read["gain"] == {("a", "s"): pytest.approx(3.0)}


def test_a_run_that_stopped_early_keeps_its_score() -> None:
    runs = [Run("s", "a", (3.0, 7.0), 2, "accepted")]
    assert loop_values(runs, (1, 4)) == {"1 turns": {("a", "s"): 3.0}, "4 turns": {("a", "s"): 7.0}}


def test_words_are_counted_in_prompts() -> None:
    prompts = ["make it darker and warmer", "darken it, then cool it down, keep the details", "x"]
    found = habits([answer("x", Scores(1, 1), prompt, Scores(1, 1)) for prompt in prompts])
    assert found["joined by and"] == pytest.approx(1 / 2)
    assert found["an unknown word"] == pytest.approx(1 / 3)
    assert found["keep the details"] == pytest.approx(1 / 3)


def test_a_claim_holds_only_where_the_difference_is_above_0_beyond_its_interval() -> None:
    def verdict(shift: float) -> str:
        moved = {key: 0.1 * value + shift for key, value in values({}).items()}
        row = line("GRPO - SFT", {"gain": moved}, 50)
        return check(Report(critics=[], loops=[], differences=[row]))["GRPO beats SFT"]

    assert verdict(1).startswith("yes: 1.")
    assert verdict(0).startswith("not beyond")
    assert verdict(-1).startswith("the opposite")
    missing = check(Report(critics=[], loops=[], differences=[]))
    assert set(missing.values()) == {"not measured"}


def test_a_report_is_written_as_tables_and_as_a_page() -> None:
    row = line("SFT <1>", {"gain": values({})}, 50)
    report = Report(critics=[row], loops=[row], differences=[row], facts={"CPU time": "1 minute"})
    assert "| SFT <1> |" in as_markdown(report)
    assert "SFT &lt;1&gt;" in as_page(report)
    assert "simulation" in as_page(report)
    assert Report.model_validate_json(report.model_dump_json()) == report
