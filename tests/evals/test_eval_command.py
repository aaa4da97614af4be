"""The command: flags, dry runs, resuming, comparing, exporting, and the page."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda
from small_evals import HashJudge, HashThinker, config_for, fake_tools
from typer.testing import CliRunner

from editthinker.evals.chat_judge import ChatJudge, JudgeOptions
from editthinker.evals.compare import compare
from editthinker.evals.imported import import_edits
from editthinker.evals.layouts import export_run
from editthinker.evals.pairwise import prefer
from editthinker.evals.session import RunFolder, run_sweep
from editthinker.tools.cli import build_app


def run(*args: str) -> Any:
    return CliRunner().invoke(build_app(["eval"]), ["eval", *args])


def test_options_take_several_values(tmp_path: Path) -> None:
    got = run(
        "--benchmark",
        "pocket",
        "--editors",
        "darkroom",
        "simulated",
        "--modes",
        "single",
        "think-while",
        "--limit",
        "20",
        "--dry-run",
    )
    assert got.exit_code == 0, got.output
    plan = json.loads(got.stdout)
    # Two editors, each with think-while (single is its first turn) and best-of-n.
    assert (plan["samples"], plan["cells"], plan["edits"]) == (20, 4, 20 * 2 * (4 + 4))
    assert plan["judge_calls"] == 0


def test_a_dry_run_tells_the_price_of_a_paid_judge(imgedit_data: Any) -> None:
    got = run(
        "--benchmark",
        "imgedit",
        "--data-dir",
        str(imgedit_data(10)),
        "--modes",
        "single",
        "--judge",
        "gpt-4.1",
        "--dry-run",
    )
    plan = json.loads(got.stdout)
    assert plan["judge_calls"] == 10 + 10  # at the end the first images are judged again
    assert plan["cost_usd"] > 0


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["--benchmark", "gedt", "--dry-run"], "unknown benchmark 'gedt'; did you mean 'gedit'"),
        (["--modes", "single"], "name a benchmark"),
        (["--benchmark", "pocket", "--max-turns", "99"], "max_turns"),
        (["--benchmark", "pocket", "--modes", "twice"], "modes"),
        (["--benchmark", "pocket", "--set", "patience=x", "--dry-run"], "patience"),
        (["--benchmark", "pocket", "--editors", "pen", "--dry-run"], "unknown editor 'pen'"),
        (["--benchmark", "pocket", "--thinkers", "me", "--dry-run"], "unknown thinker 'me'"),
        (["--benchmark", "pocket", "--judge", "me", "--dry-run"], "unknown judge 'me'"),
        (["--resume", "nowhere"], "cannot be read"),
        (["--resume", "nowhere", "--limit", "3"], "leave out --limit"),
    ],
)
def test_wrong_usage_is_one_sentence(args: list[str], problem: str) -> None:
    got = run(*args)
    assert got.exit_code == 2
    assert problem in got.stderr
    assert "Traceback" not in got.stderr


@pytest.mark.parametrize(
    ("benchmark", "file", "content", "problem"),
    [
        ("kris", "biology/metrics.json", '{"1": 5}', "another shape"),
        ("rise", "m_judge.json", '{"t1": {"judge1": "Final Score: 5"}}', "another shape"),
        ("gedit", "m_ps_human_gpt_score.csv", "a,b\n1,2\n", "another shape"),
        ("gedit", "note.txt", "", "holds no judge files"),
    ],
)
def test_judge_files_of_another_shape_are_refused_in_one_sentence(
    tmp_path: Path, benchmark: str, file: str, content: str, problem: str
) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    got = run("import-scores", benchmark, str(tmp_path))
    assert got.exit_code == 2
    assert problem in got.stderr


def test_data_of_another_shape_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "basic_edit.json").write_text('{"1": {"prompt": "smile"}}')
    got = run("--benchmark", "imgedit", "--data-dir", str(tmp_path), "--judge", "none", "--dry-run")
    assert got.exit_code == 2
    assert "another shape: KeyError('id')" in got.stderr


@pytest.fixture
def finished(imgedit_data: Any, tmp_path: Path, thinker: HashThinker) -> RunFolder:
    folder = RunFolder(tmp_path / "run")
    config = config_for(imgedit_data(9), modes=("single", "think-while"))
    run_sweep(config, folder, tools=fake_tools(thinker, HashJudge()))
    return folder


def test_a_run_says_how_it_was_made(finished: RunFolder) -> None:
    text = finished.config.read_text()
    assert "hash-2026-01-01" in text
    assert "langgraph" in text
    assert run("report", str(finished.path)).exit_code == 0


def test_a_report_written_again_keeps_how_long_the_run_took(finished: RunFolder) -> None:
    before = finished.read_summary()
    assert before.wall_s > 0
    assert run("report", str(finished.path)).exit_code == 0
    assert finished.read_summary().wall_s == before.wall_s


def test_exported_edits_come_back_with_the_same_scores(
    finished: RunFolder, tmp_path: Path, thinker: HashThinker
) -> None:
    (done,) = export_run(finished, tmp_path / "out", cell="fake|hash|think-while")
    assert (done.images, done.missing) == (9, 0)
    assert (done.folder / "0.png").is_file()
    assert (done.folder / "0_SRCIMG.png").is_file()
    meta = json.loads((done.folder / "0_meta.json").read_text())
    assert meta["original_instruction"] == "edit 0"
    assert meta["final_turn"] in [turn["turn_number"] for turn in meta["turns"]]
    moved = tmp_path / "reference" / "final"
    moved.parent.mkdir()
    done.folder.rename(moved)
    again = RunFolder(tmp_path / "again")
    config = config_for(
        tmp_path / "imgedit",
        editors=("theirs",),
        thinkers=("none",),
        modes=("single",),
        max_turns=1,
    )
    summary = import_edits(config, moved.parent, again, tools=fake_tools(thinker, HashJudge()))
    loop = next(r for r in finished.read_summary().rows if r.mode == "think-while")
    assert summary.rows[0].aggregate.overall == loop.aggregate.overall


def test_a_run_does_not_differ_from_itself(finished: RunFolder) -> None:
    result = compare(finished, finished)
    assert {pair.first for pair in result.pairs} >= {"fake|hash|single", "fake|hash|think-while"}
    for pair in result.pairs:
        each = pair.difference["macro"]
        assert (each.value, each.low, each.high) == (0, 0, 0)
    assert not result.warnings


async def test_pairwise_judging_shows_both_sides_in_either_order(
    finished: RunFolder, tmp_path: Path
) -> None:
    async def reply(messages: Any) -> AIMessage:
        return AIMessage('{"reasoning": "always the first", "winner": "A"}')

    judge = ChatJudge(RunnableLambda(reply), "chat", "m", JudgeOptions(cache_dir=tmp_path / "c"))
    cells = ("fake|hash|think-while", "fake|hash|best-of-n")
    got = await prefer(finished, *cells, judge)
    assert got.n_expected == got.n_judged == 9
    assert got.wins + got.losses + got.ties == 9
    assert got.n_same == got.ties
    # A judge that always takes the first one cannot favour a cell on every sample.
    assert got.wins < 9
    assert got.losses < 9


def test_the_page_shows_everything_and_loads_nothing(finished: RunFolder) -> None:
    page = finished.report.read_text()
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    for needed in ("think-while", "best-of-n (equal edits)", "By category", "Worst", "<svg"):
        assert needed in page


def test_the_page_shows_words_and_never_runs_them(
    tmp_path: Path, imgedit_data: Any, thinker: HashThinker
) -> None:
    data = imgedit_data(3)
    entries = json.loads((data / "basic_edit.json").read_text())
    entries["0"]["prompt"] = "<script>alert(1)</script>"
    (data / "basic_edit.json").write_text(json.dumps(entries))
    folder = RunFolder(tmp_path / "run")
    run_sweep(config_for(data, modes=("single",)), folder, tools=fake_tools(thinker, HashJudge()))
    page = folder.report.read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
