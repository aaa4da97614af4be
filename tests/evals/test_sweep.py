"""The driver: every sample once, failures are records, budgets hold, nothing leaks to the loop."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_evals import HashJudge, HashThinker, config_for, fake_tools, picture

from editthinker.evals.config import make_config
from editthinker.evals.judges import Judgement
from editthinker.evals.session import RunFolder, resume_sweep, run_sweep
from editthinker.graph.thinkers.base import Usage
from editthinker.tools.editors.base import Capabilities, EditRequest
from editthinker.tools.editors.fake import FakeEditor
from editthinker.tools.errors import ConfigError, EditorError

Data = Callable[[int], Path]


def names(folder: RunFolder) -> Counter[tuple[str, str]]:
    return Counter((r["cell"], r["sample"]) for r in folder.records.read() if not r["failed"])


def test_every_sample_of_every_cell_gets_one_record(
    imgedit_data: Data, thinker: HashThinker, tmp_path: Path
) -> None:
    folder = RunFolder(tmp_path / "run")
    config = config_for(imgedit_data(9), modes=("single", "think-while"))
    summary = run_sweep(config, folder, tools=fake_tools(thinker, HashJudge()))
    assert set(names(folder).values()) == {1}
    assert {cell for cell, _ in names(folder)} == {"fake|hash|think-while", "fake|hash|best-of-n"}
    assert [row.mode for row in summary.rows] == [
        "single",
        "think-while",
        "best-of-n",
        "best-of-n (equal edits)",
    ]
    assert summary.rows[0].derived
    loop, equal = summary.rows[1], summary.rows[3]
    assert loop.edits == equal.edits
    assert all(row.aggregate.n_scored == 9 for row in summary.rows)
    assert folder.report.exists()


def test_resume_does_nothing_twice(
    imgedit_data: Data, thinker: HashThinker, tmp_path: Path
) -> None:
    folder = RunFolder(tmp_path / "run")
    first = run_sweep(config_for(imgedit_data(6)), folder, tools=fake_tools(thinker, HashJudge()))
    before = len(thinker.calls)
    again = resume_sweep(folder, tools=fake_tools(thinker, HashJudge()))
    assert len(thinker.calls) == before
    assert again.rows == first.rows


def test_resume_after_a_crash_gives_the_same_table(
    imgedit_data: Data, thinker: HashThinker, tmp_path: Path
) -> None:
    data = imgedit_data(12)
    whole, cut = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "cut")
    expected = run_sweep(config_for(data), whole, tools=fake_tools(thinker, HashJudge()))
    run_sweep(config_for(data), cut, tools=fake_tools(thinker, HashJudge()))
    path = cut.path / "records.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:7]) + lines[7][:40])  # killed while writing the eighth
    resumed = resume_sweep(cut, tools=fake_tools(HashThinker(), HashJudge()))
    assert set(names(cut).values()) == {1}
    assert resumed.rows == expected.rows


def test_failures_are_records_and_a_resumed_run_mends_them(
    imgedit_data: Data, thinker: HashThinker, tmp_path: Path
) -> None:
    folder = RunFolder(tmp_path / "run")
    config = config_for(imgedit_data(8), modes=("single",), max_failed=1.0, concurrency=1)
    broken = FakeEditor(fail_on=[EditorError("out of memory"), None, EditorError("again")])
    bad = run_sweep(config, folder, tools=fake_tools(thinker, HashJudge(), lambda name: broken))
    assert bad.n_failed == 2
    assert bad.rows[0].aggregate.n_missing == 2
    assert "out of memory" in " ".join(bad.errors)
    good = resume_sweep(folder, tools=fake_tools(thinker, HashJudge()))
    assert good.n_failed == 0
    assert good.rows[0].aggregate.n_scored == 8


def test_a_judge_that_fails_and_babbles_is_seen_and_never_scored(
    imgedit_data: Data, thinker: HashThinker, tmp_path: Path
) -> None:
    judge = HashJudge(failing=0.05, nonsense=0.05)
    config = config_for(imgedit_data(200), modes=("single",), max_failed=0.2)
    folder = RunFolder(tmp_path / "run")
    summary = run_sweep(config, folder, tools=fake_tools(thinker, judge))
    each = summary.rows[0].aggregate
    scored = [
        line["judged"][line["attempts"][0]["image"]["sha256"]]["scores"]
        for line in map(json.loads, (folder.path / "records.jsonl").read_text().splitlines())
    ]
    assert each.n_missing == sum(s is None for s in scored) > 0
    assert each.n_unparsed == sum(s == {"scores": None} for s in scored) > 0
    assert each.n_scored == 200 - each.n_missing - each.n_unparsed
    known = [s["scores"][0] for s in scored if s and s["scores"]]
    assert each.overall["sample_mean"] == pytest.approx(sum(known) / len(known))
    assert "did not answer" in " ".join(summary.errors)
    assert any("unparsed" in warning for warning in summary.warnings)


@pytest.mark.parametrize("drift", [0.0, 0.5])
def test_a_judge_that_drifts_is_seen(
    imgedit_data: Data, thinker: HashThinker, tmp_path: Path, drift: float
) -> None:
    config = config_for(imgedit_data(12), modes=("single",), rejudge=10)
    folder = RunFolder(tmp_path / "run")
    summary = run_sweep(config, folder, tools=fake_tools(thinker, HashJudge(drift=drift)))
    assert summary.drift["scores"].n == 10
    assert summary.drift["scores"].difference == drift
    assert any("drifted" in warning for warning in summary.warnings) == bool(drift)


def test_the_budget_stops_in_time(imgedit_data: Data, thinker: HashThinker, tmp_path: Path) -> None:
    class Paid(FakeEditor):
        async def edit(self, request: EditRequest) -> Any:
            return replace(await super().edit(request), cost_usd=0.10)

    config = config_for(
        imgedit_data(30), modes=("single",), judge="none", budget_usd=1.0, concurrency=4
    )
    folder = RunFolder(tmp_path / "run")
    tools = fake_tools(thinker, None, lambda name: Paid(name))
    summary = run_sweep(config, folder, tools=tools)
    assert summary.stopped
    assert 0.5 < summary.cost_usd <= 1.3
    assert summary.n_open > 15


def test_judging_again_costs_too_and_keeps_to_the_budget(
    imgedit_data: Data, thinker: HashThinker, tmp_path: Path
) -> None:
    class Paid(HashJudge):
        async def judge(self, *args: Any, **given: Any) -> Judgement:
            return replace(await super().judge(*args, **given), usage=Usage(10, 1, 0.10))

    data, spent = imgedit_data(8), {}
    for budget in (None, 1.05):
        judge = Paid()
        folder = RunFolder(tmp_path / f"run-{budget}")
        config = config_for(data, modes=("single",), rejudge=5, budget_usd=budget, concurrency=1)
        summary = run_sweep(config, folder, tools=fake_tools(thinker, judge))
        assert summary.cost_usd == pytest.approx(0.10 * judge.calls)
        assert summary.judge_calls == judge.calls
        spent[budget] = judge.calls
    assert spent == {None: 8 + 5, 1.05: 10}


def test_judging_again_is_not_done_twice(
    imgedit_data: Data, thinker: HashThinker, tmp_path: Path
) -> None:
    folder, judge = RunFolder(tmp_path / "run"), HashJudge()
    config = config_for(imgedit_data(6), modes=("single",), rejudge=4)
    first = run_sweep(config, folder, tools=fake_tools(thinker, judge))
    with folder.rejudged.open("a") as file:
        file.write('{"cell": "cut o')
    again = resume_sweep(folder, tools=fake_tools(thinker, judge))
    assert judge.calls == 6 + 4
    assert again.drift == first.drift


def test_a_run_is_resumed_from_any_folder(
    imgedit_data: Data, thinker: HashThinker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = imgedit_data(3)
    monkeypatch.chdir(data.parent)
    folder = RunFolder(tmp_path / "run")
    config = config_for(Path(data.name), modes=("single",), judge="none")
    run_sweep(config, folder, tools=fake_tools(thinker))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert resume_sweep(folder, tools=fake_tools(thinker)).n_open == 0


def test_a_run_folder_is_not_used_twice(
    imgedit_data: Data, thinker: HashThinker, tmp_path: Path
) -> None:
    folder = RunFolder(tmp_path / "run")
    config = config_for(imgedit_data(3), modes=("single",), judge="none")
    run_sweep(config, folder, tools=fake_tools(thinker))
    with pytest.raises(ConfigError, match="holds a run"):
        run_sweep(config, folder, tools=fake_tools(thinker))


def write_kris(folder: Path) -> None:
    """Write three categories of KRIS-Bench's shape."""
    entries: dict[str, dict[str, Any]] = {
        "biology": {"1": {"ori_img": "1.png", "gt_img": "", "explain_en": "SECRET mitosis"}},
        "viewpoint_change": {"1": {"ori_img": "1.png", "gt_img": "truth.png", "explain_en": "X"}},
        "temporal_prediction": {
            "1": {"ori_img": ["1-1.png", "1-2.png", "1-4.png"], "gt_img": "truth.png"}
        },
    }
    for at, (category, items) in enumerate(entries.items()):
        (folder / category).mkdir(parents=True)
        for entry in items.values():
            entry["ins_en"] = f"do {category}"
            images = entry["ori_img"]
            for n, name in enumerate(images if isinstance(images, list) else [images]):
                (folder / category / name).write_bytes(picture(100 * at + n))
            if entry["gt_img"]:
                (folder / category / entry["gt_img"]).write_bytes(picture(1000 + at))
        (folder / category / "annotation.json").write_text(json.dumps(items))


class Watching(HashJudge):
    """A fake that keeps what it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: set[str] = set()

    async def judge(self, benchmark: Any, sample: Any, evidence: Any, *, asking: int = 0) -> Any:
        self.shown |= {p.ref["sha256"] for p in evidence.hidden.values()}
        self.shown.add(sample.hidden.texts.get("explanation", ""))
        scores = {"consistency": 3, "quality": 3, "instruction": 3, "knowledge": 3}
        return replace(await super().judge(benchmark, sample, evidence), scores=scores)


@pytest.mark.parametrize("most_images", [1, 4])
def test_what_only_the_judge_may_see_stays_from_editor_and_thinker(
    tmp_path: Path, thinker: HashThinker, most_images: int
) -> None:
    write_kris(tmp_path / "kris")
    editor = FakeEditor(capabilities=Capabilities(max_images=most_images, supports_seed=True))
    judge = Watching()
    config = make_config(
        {
            "benchmark": "kris",
            "data_dir": tmp_path / "kris",
            "editors": ("fake",),
            "thinkers": ("hash",),
            "modes": ("think-before-and-while",),
            "max_turns": 2,
            "max_failed": 1.0,
        }
    )
    folder = RunFolder(tmp_path / "run")
    summary = run_sweep(config, folder, tools=fake_tools(thinker, judge, lambda name: editor))
    truths = {picture_sha(picture(1000 + at)) for at in range(3) if at}
    assert truths <= judge.shown if most_images > 1 else truths & judge.shown
    assert "SECRET mitosis" in judge.shown
    for request in editor.calls:
        assert not truths & {p.ref["sha256"] for p in request.images}
        assert "SECRET" not in request.prompt
    for thought in thinker.calls:
        assert not truths & {thought.source.ref["sha256"], thought.edited.ref["sha256"]}
        assert "SECRET" not in repr(thought)
    counts = {len(request.images) for request in editor.calls}
    row = next(row for row in summary.rows if row.mode == "think-before-and-while")
    if most_images > 1:
        assert counts == {1, 3}
        assert row.aggregate.n_missing == 0
    else:
        assert counts == {1}
        assert row.aggregate.n_missing == 1
        assert "takes 1 image" in " ".join(summary.errors)


def picture_sha(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()
