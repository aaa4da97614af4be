"""From a pool to a data set: the whole way, killed and resumed, and what lies on disk."""

import json
import math
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

datasets = pytest.importorskip("datasets")

from fake_data import TwoScores, fake_data, write_pool  # noqa: E402
from typer.testing import CliRunner  # noqa: E402

from editthinker.graph.thinkers.base import ThinkRequest  # noqa: E402
from editthinker.graph.thinkers.conversation import TagsWording  # noqa: E402
from editthinker.graph.thinkers.replies import parse_reply  # noqa: E402
from editthinker.tools.cli import build_app  # noqa: E402
from editthinker.tools.errors import ConfigError  # noqa: E402
from editthinker.tools.images import Picture  # noqa: E402
from editthinker.training.data_build import DataFolder  # noqa: E402

SCRIPT = Path(__file__).with_name("fake_data.py")


def run(*args: str) -> Any:
    return CliRunner().invoke(build_app(["train"]), ["train", "data", *args])


def test_the_embedded_pair_makes_data_from_the_pocket_benchmark(tmp_path: Path) -> None:
    out = tmp_path / "data"
    got = run(
        *("--benchmark", "pocket", "--editor", "simulated", "--limit", "12", "--max-turns", "2"),
        *("--out", str(out), "--rl-variance", "0.2", "--score-step", "0.5", "--json"),
    )
    assert got.exit_code == 0, got.output
    built = json.loads(got.stdout)
    data = datasets.load_from_disk(str(out / "dataset"))
    assert {name: len(rows) for name, rows in data.items()} == built["rows"]
    rows = [row for split in data.values() for row in split]
    assert rows
    for row in rows:
        source, edited = row["images"]
        assert max(source.size) <= 384
        assert min(edited.size) > 0
        reply = row["completion"][0]["content"][0]["text"]
        thought = parse_reply(reply)
        assert thought.refined_prompt == row["answer"]
        assert thought.semantic == pytest.approx(row["semantic"], abs=0.26)
        assert thought.quality == pytest.approx(row["quality"], abs=0.26)
        assert thought.reasoning
        assert "checks" in json.loads(row["targets"])
        assert "checks" not in row["prompt"][0]["content"][-1]["text"]
        assert row["final"] == (row["answer"] == row["prompt_before"])
    names = [line["name"] for line in built["ledger"]["filters"]]
    assert names == [
        *("generate", "reach", "truncate", "split", "unroll", "repeats"),
        *("balance sft", "balance rl"),
    ]
    assert json.loads((out / "ledger.json").read_text()) == built["ledger"]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pool(tmp_path_factory.mktemp("pool") / "photos", 40)


@pytest.fixture(scope="module")
def built_folder(pool: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built") / "data"
    fake_data(pool, out, licence="CC0 by the photographer", released_files=True)
    return out


def test_the_prompt_is_the_very_message_that_a_thinker_sends(built_folder: Path) -> None:
    for row in datasets.load_from_disk(str(built_folder / "dataset"))["rl"]:
        wording = TagsWording().think(
            ThinkRequest(
                Picture.from_bytes(_png(row["images"][0])),
                Picture.from_bytes(_png(row["images"][1])),
                row["instruction"],
                row["prompt_before"],
                notes=(),
            )
        )
        sent: Any = wording.messages[0].content
        (message,) = row["prompt"]
        assert message["role"] == "user"
        kinds = [part["type"] for part in message["content"]]
        assert kinds == ["image", "image", "text"]
        assert message["content"][2]["text"].startswith(sent[2]["text"])


def test_the_splits_are_balanced_and_share_no_trajectory(built_folder: Path) -> None:
    data = datasets.load_from_disk(str(built_folder / "dataset"))
    ledger = json.loads((built_folder / "ledger.json").read_text())
    trajectories = {name: set(data[name]["trajectory"]) for name in ("sft", "rl")}
    assert not trajectories["sft"] & trajectories["rl"]
    for name in ("sft", "rl"):
        cells = [cell for cell in ledger["balance"] if cell["split"] == name]
        scores = [math.sqrt(r["semantic"] * r["quality"]) for r in data[name]]
        levels = Counter(f"{min(int(s / 2), 4) * 2}-{min(int(s / 2), 4) * 2 + 2}" for s in scores)
        assert levels == {c["level"]: c["kept"] for c in cells}
        (rule,) = [f["rule"] for f in ledger["filters"] if f["name"] == f"balance {name}"]
        most = int(re.findall(r"\d+", rule)[0])
        assert max(levels.values()) <= most
        assert all(c["kept"] == min(c["before"], most) for c in cells)


def test_every_filter_accounts_for_what_the_one_before_kept(built_folder: Path) -> None:
    filters = json.loads((built_folder / "ledger.json").read_text())["filters"]
    for line in filters:
        assert line["before"] == line["kept"] + sum(line["dropped"].values())
    kept = {line["name"]: line["kept"] for line in filters}
    before = {line["name"]: line["before"] for line in filters}
    assert kept["generate"] == before["reach"] == 40
    assert kept["reach"] == before["truncate"]
    assert kept["unroll"] == before["repeats"]
    assert before["balance sft"] + before["balance rl"] == kept["repeats"]


def test_the_card_tells_counts_source_licence_filters_and_hashes(built_folder: Path) -> None:
    folder = built_folder / "dataset"
    card = (folder / "README.md").read_text()
    data = datasets.load_from_disk(str(folder))
    for name, rows in data.items():
        assert f"| {name} | {len(rows)} |" in card
    assert "Pool: CC0 by the photographer." in card
    assert "| expert | `hash` |" in card
    assert "| judge | `hash (hash-2026-01-01, rubrics: own)` |" in card
    ledger = json.loads((built_folder / "ledger.json").read_text())
    for line in ledger["filters"]:
        assert f"| {line['name']} | {line['rule']} |" in card
        for reason, count in line["dropped"].items():
            assert f"{count} {reason}" in card
    import hashlib

    for path in folder.rglob("*.arrow"):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert f"| {path.relative_to(folder)} | `{digest}` |" in card
    head = card.split("---")[1]
    assert "license: other" in head


def test_killed_and_resumed_it_makes_the_same_data_and_redoes_nothing(
    pool: Path, built_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "cut"
    command = [sys.executable, str(SCRIPT), str(pool), str(out), "0.01"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout
    for _ in range(7):
        process.stdout.readline()
    process.kill()
    process.communicate()
    records = DataFolder(out).run.records
    written = {r["sample"] for r in records.read()}
    assert 7 <= len(written) < 40
    fake_data(pool, out)
    seen = Counter(r["sample"] for r in records.read())
    assert len(seen) == 40
    assert set(seen.values()) == {1}
    whole, cut = (
        datasets.load_from_disk(str(folder / "dataset")) for folder in (built_folder, out)
    )
    assert whole["sft"]["id"] == cut["sft"]["id"]
    assert _fingerprints(built_folder) == _fingerprints(out)


def test_what_the_judge_failed_on_is_done_again_and_never_kept(pool: Path, tmp_path: Path) -> None:
    out = tmp_path / "data"
    first = fake_data(pool, out, judge=TwoScores(failing=0.2))
    assert first.failed > 0
    assert first.too_many_failed == (first.failed > 10)
    generated = first.ledger.filters[0]
    assert generated.dropped == {"that broke (--resume does them again)": first.failed}
    again = TwoScores()
    second = fake_data(pool, out, judge=again)
    assert second.failed == 0
    assert not second.too_many_failed
    assert second.ledger.filters[0].kept == 40
    assert 0 < again.calls < 160


def test_filters_can_be_set_anew_without_another_call(pool: Path, tmp_path: Path) -> None:
    out = tmp_path / "data"
    fake_data(pool, out, released_files=True)
    judge = TwoScores()
    built = fake_data(pool, out, judge=judge, selection={"per_cell": 1, "holdout": 0.2})
    assert judge.calls == 0
    assert built.rows["test"] > 0
    data = datasets.load_from_disk(str(out / "dataset"))
    assert not set(data["test"]["source_sha256"]) & set(data["sft"]["source_sha256"])
    assert all(cell.kept == 1 for cell in built.ledger.balance)


def test_repeats_are_other_trajectories_of_the_same_samples(pool: Path, tmp_path: Path) -> None:
    out = tmp_path / "data"
    built = fake_data(pool, out, repeats=2)
    assert built.ledger.filters[0].kept == 80
    cells = Counter(r["cell"] for r in DataFolder(out).run.records.read())
    assert cells == {"fake|hash|think-while": 40, "fake|hash|think-while|seed 1000": 40}


def test_nothing_worth_keeping_is_said_and_the_ledger_tells_why(tmp_path: Path) -> None:
    out = tmp_path / "data"
    few = write_pool(tmp_path / "photos", 1)
    with pytest.raises(ConfigError, match="no step is worth keeping"):
        fake_data(few, out, max_turns=1)
    assert json.loads((out / "ledger.json").read_text())["filters"][1]["dropped"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "--out"),
        (("--out", "x"), "name a pool"),
        (("--out", "x", "--folder", "y", "--benchmark", "pocket"), "--folder is a pool"),
        (("--resume", "x", "--benchmark", "pocket"), "leave out --benchmark"),
        (("--out", "x", "--from-released", "y", "--limit", "3"), "leave out --limit"),
        (("--out", "x", "--folder", "nowhere", "--judge", "program"), "is no folder"),
        (("--out", "x", "--benchmark", "pocket", "--judge", "none"), "needs the scores"),
        (("--out", "x", "--benchmark", "pocket", "--set", "candidates=2"), "one edit a turn"),
        (("--out", "x", "--benchmark", "pocket", "--holdout", "1.5"), "selection.holdout ="),
    ],
)
def test_flags_that_cannot_work_are_named(
    args: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    got = run(*args)
    assert got.exit_code == 2
    assert words in got.output


def test_a_folder_without_a_judge_is_refused(pool: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "data")
    assert "name one with --judge" in run("--folder", str(pool), "--out", out).output
    got = run("--folder", str(pool), "--out", out, "--judge", "program")
    assert "folder has no program to judge by" in got.output


def test_a_dry_run_counts_repeats() -> None:
    got = run("--benchmark", "pocket", "--limit", "10", "--repeats", "3", "--dry-run")
    plan = json.loads(got.stdout)
    assert (plan["samples"], plan["edits"], plan["thoughts"]) == (10, 120, 120)


def test_the_help_of_train_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom editthinker.tools.cli import build_app\nbuild_app(['train'])\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "transformers", "trl", "datasets", "langgraph", "numpy"}
    assert not heavy & set(done.stdout.split())


def _fingerprints(out: Path) -> list[str]:
    card = (out / "dataset" / "README.md").read_text()
    return re.findall(r"^\| (?:sft|rl) \| `[0-9a-f]{64}` \|$", card, re.MULTILINE)


def _png(image: Any) -> bytes:
    import io

    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
