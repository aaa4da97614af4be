"""`editthinker edit` as people run it: a process, its two streams, its exit code, its folder."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from interrupts import heed_ctrl_c
from openai_server import VERDICT, OpenAIServer, Reply, Status
from PIL import Image

from editthinker.graph.record import RunRecord

ROOT = Path(__file__).parents[2]
PHOTO = ROOT / "tools/photos/cat.jpg"
EDITTHINKER = Path(sys.executable).with_name("editthinker")

PLUGINS = '''
import asyncio, os
from editthinker.graph.thinkers.base import Thought
from editthinker.graph.thinkers.scripted import ScriptedThinker
from editthinker.tools.editors.fake import FakeEditor

class Slow(FakeEditor):
    """Waits where the test says, and writes down every edit that it finished."""
    def __init__(self):
        super().__init__(name="slow")
    async def edit(self, request):
        if request.prompt == os.environ.get("WAIT_AT"):
            open(os.environ["LOG"] + ".waiting", "w").close()
            await asyncio.sleep(60)
        result = await super().edit(request)
        with open(os.environ["LOG"], "a") as log:
            log.write(request.prompt + "\\n")
        return result

class Patient(ScriptedThinker):
    name = "patient"
    async def think(self, request):
        return Thought(request.turn, 9.0, "not yet", f"prompt {request.turn + 1}")
'''


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def call(*args: object, typed: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [EDITTHINKER, "edit", *map(str, args)],
            input=typed,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=120,
            env=environment(tmp_path, **env),
        )

    return call


def environment(home: Path, **more: str) -> dict[str, str]:
    """Keep what a run leaves behind inside the test, and add the plug-ins."""
    site = home / "plugins"
    info = site / "plugins-1.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (site / "test_plugins.py").write_text(PLUGINS)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugins\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[editthinker.editors]\nslow = test_plugins:Slow\n"
        "[editthinker.thinkers]\npatient = test_plugins:Patient\n"
    )
    return {
        **os.environ,
        "XDG_DATA_HOME": str(home / "data"),
        "PYTHONPATH": str(site),
        "COLUMNS": "100",
        **more,
    }


def assert_refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """One clear sentence on stderr, exit code 2, no traceback."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


def test_an_edit_leaves_result_record_and_page(run: Any, tmp_path: Path) -> None:
    done = run(PHOTO, "make it a bit brighter", "--out", "here")
    assert done.returncode == 0, done.stderr
    record = RunRecord.model_validate_json((tmp_path / "here/run.json").read_text())
    assert record.instruction == "make it a bit brighter"
    assert record.result and record.result.file == "result.jpg"
    with Image.open(tmp_path / "here/result.jpg") as result, Image.open(PHOTO) as source:
        assert (result.format, result.size) == ("JPEG", source.size)
        gain = np.asarray(result, float).mean() - np.asarray(source, float).mean()
    assert gain > 5
    assert "<html" in (tmp_path / "here/index.html").read_text()
    assert "here/result.jpg" in done.stdout


def test_json_on_stdout_is_the_record_and_nothing_else(run: Any, tmp_path: Path) -> None:
    done = run(PHOTO, "make it sepia", "--out", "here", "--json")
    assert RunRecord.model_validate_json(done.stdout) == RunRecord.model_validate_json(
        (tmp_path / "here/run.json").read_text()
    )
    turn = json.loads(done.stdout)["turns"][0]
    promised = "turn candidate editor prompt seed image semantic quality reasoning latency_s tokens"
    assert set(f"{promised} cost_usd error".split()) <= set(turn)


def test_progress_is_plain_lines_where_nobody_watches(run: Any) -> None:
    done = run(PHOTO, "make it sepia", "--out", "here")
    assert done.stderr.startswith("turn 1: darkroom: make it sepia\n")
    assert "\x1b" not in done.stderr


def test_a_png_with_alpha_stays_one(run: Any, tmp_path: Path) -> None:
    pixels = np.full((40, 60, 4), 90, np.uint8)
    Image.fromarray(pixels).save(tmp_path / "logo.png")
    done = run("logo.png", "make it brighter")
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "out/logo/result.png") as result:
        assert result.mode == "RGBA"


def test_the_default_folder_never_overwrites_an_earlier_run(run: Any, tmp_path: Path) -> None:
    for _ in range(2):
        assert run(PHOTO, "make it sepia").returncode == 0
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"cat", "cat-2"}


def test_a_full_folder_is_left_alone(run: Any, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/diary.txt").write_text("dear")
    assert_refused(run(PHOTO, "make it sepia", "--out", "full"), "full", "--out")
    assert (tmp_path / "full/diary.txt").read_text() == "dear"


def test_a_folder_that_cannot_be_made_is_named(run: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert_refused(run(PHOTO, "make it sepia", "--out", "file/below"), "file/below", "--out")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("missing.jpg", None, "missing.jpg"),
        ("empty.jpg", b"", "empty"),
        ("page.jpg", b"<!doctype html><html><body>404</body></html>", "page.jpg"),
        ("cut.jpg", PHOTO.read_bytes()[:9000], "cut.jpg"),
    ],
)
def test_a_bad_photo_is_refused_in_one_sentence(
    name: str, data: bytes | None, words: str, run: Any, tmp_path: Path
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    assert_refused(run(name, "make it sepia"), words)


@pytest.mark.parametrize(
    ("instruction", "word"), [("", "empty"), ("x" * 100_000, "100,000"), ("a\x07b", "control")]
)
def test_a_bad_instruction_is_refused_in_one_sentence(
    instruction: str, word: str, run: Any
) -> None:
    assert_refused(run(PHOTO, instruction), word)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (["--editor", "darkrom"], ["darkrom", "did you mean 'darkroom'"]),
        (["--thinker", "observr"], ["observr", "did you mean 'observer'"]),
        (["--mode", "think"], ["mode", "think-while"]),
        (["--max-turns", "99"], ["max_turns", "32"]),
        (["--set", "patience"], ["NAME=VALUE"]),
        (["--set", "colour=red"], ["colour", "patience"]),
        (["--model", "x"], ["observer", "model"]),
        (["--thinker", "editthinker-8b"], ["--base-url"]),
        (["--thinker-option", "passes"], ["NAME=VALUE"]),
        (["--thinker", "editthinker-8b", "--base-url", "gpu-box:8000"], ["http://HOST:8000/v1"]),
        (["and", "brighter"], ["4 arguments", "quotes"]),
        (["--thread", " "], ["--thread holiday"]),
        (["--resume"], ["--thread"]),
        (["--resume", "--thread", "nobody"], ["nobody"]),
    ],
)
def test_a_bad_option_is_refused_in_one_sentence(
    option: list[str], words: list[str], run: Any
) -> None:
    assert_refused(run(PHOTO, "make it sepia", *option), *words)


def test_a_photo_that_comes_second_is_noticed(run: Any) -> None:
    assert_refused(run("make it sepia", PHOTO), "photo first")


@pytest.mark.parametrize(
    "instruction", ["</answer>", "{rewritten_prompt}", "让照片更暖", "make him smile", "-"]
)
def test_what_the_editor_cannot_do_is_a_failure_that_says_what_it_can(
    instruction: str, run: Any, tmp_path: Path
) -> None:
    done = run(PHOTO, instruction, "--out", "here")
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    record = RunRecord.model_validate_json((tmp_path / "here/run.json").read_text())
    assert (record.result, record.stop_reason) == (None, "editor_failed")
    assert record.error and record.error in done.stderr
    assert (tmp_path / "here/index.html").exists()


def test_a_lost_thinker_keeps_the_edit_and_says_so(run: Any, tmp_path: Path) -> None:
    done = run(PHOTO, "make it sepia", "--thinker", "scripted", "--out", "here")
    assert done.returncode == 1
    assert "the script has no reply" in done.stderr
    assert (tmp_path / "here/result.jpg").exists()


def test_a_person_decides_after_every_turn(run: Any, tmp_path: Path) -> None:
    typed = "make it sepia\na 1\n"
    done = run(PHOTO, "make it a bit brighter", "--review", "--out", "here", typed=typed)
    assert done.returncode == 0, done.stderr
    record = RunRecord.model_validate_json((tmp_path / "here/run.json").read_text())
    assert [t.prompt for t in record.turns] == ["make it a bit brighter", "make it sepia"]
    assert (record.stop_reason, record.result and record.result.turn) == ("accepted", 1)


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def waiting(tmp_path: Path) -> Any:
    """Start a run that hangs in the edit of turn 3."""
    processes = []

    def start(*options: str) -> subprocess.Popen[str]:
        args = ["slow", "--thinker", "patient", "--max-turns", "4", "--set", "patience=9"]
        process = subprocess.Popen(
            [EDITTHINKER, "edit", PHOTO, "prompt 1", "--editor", *args, "--out", "here", *options],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(tmp_path, LOG=str(tmp_path / "log"), WAIT_AT="prompt 3"),
            preexec_fn=heed_ctrl_c,
        )
        processes.append(process)
        wait_for(tmp_path / "log.waiting", process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_ctrl_c_keeps_the_best_so_far(waiting: Any, tmp_path: Path) -> None:
    process = waiting()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    record = RunRecord.model_validate_json((tmp_path / "here/run.json").read_text())
    assert (record.stop_reason, record.result and record.result.turn) == ("stopped", 2)
    assert (tmp_path / "here/result.jpg").exists()
    assert (tmp_path / "here/index.html").exists()


def test_a_killed_run_resumes_without_repeating_a_finished_edit(
    waiting: Any, run: Any, tmp_path: Path
) -> None:
    process = waiting("--thread", "mine")
    process.kill()
    process.communicate()
    assert (tmp_path / "log").read_text().splitlines() == ["prompt 1", "prompt 2"]
    record = RunRecord.model_validate_json((tmp_path / "here/run.json").read_text())
    assert len(record.turns) == 2

    log = str(tmp_path / "log")
    assert_refused(run(PHOTO, "prompt 1", "--thread", "mine"), "mine", "--resume")
    done = run("--thread", "mine", "--resume", "--max-turns", "7", LOG=log)
    assert_refused(done, "max_turns", "7")
    done = run("--thread", "mine", "--resume", LOG=log)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "log").read_text().splitlines() == [f"prompt {n}" for n in (1, 2, 3, 4)]
    record = RunRecord.model_validate_json((tmp_path / "here/run.json").read_text())
    assert [t.turn for t in record.turns] == [1, 2, 3, 4]
    assert (tmp_path / "here/result.jpg").exists()


@pytest.fixture
def thinking(tmp_path: Path) -> Any:
    """Serve replies over HTTP to a command in its own process."""
    with OpenAIServer() as server:
        yield server


@pytest.mark.parametrize("name", ["editthinker-8b", "gpt-4.1"])
def test_a_model_server_can_be_the_thinker(
    name: str, thinking: OpenAIServer, run: Any, tmp_path: Path
) -> None:
    thinking.script = [a_reply(name, 3, "make it a lot brighter"), a_reply(name, 9, "x")]
    where = ["--thinker", name, "--base-url", thinking.base_url]
    done = run(PHOTO, "make it brighter", *where, "--out", "here", OPENAI_API_KEY="sk-test")
    assert done.returncode == 0, done.stderr
    record = RunRecord.model_validate_json((tmp_path / "here/run.json").read_text())
    assert [t.prompt for t in record.turns] == ["make it brighter", "make it a lot brighter"]
    assert (record.stop_reason, record.usage.input_tokens > 0) == ("accepted", True)
    assert "sk-test" not in (tmp_path / "here/run.json").read_text() + done.stderr


def test_a_thinker_outage_in_turn_three_keeps_turn_two_and_says_so(
    thinking: OpenAIServer, run: Any, tmp_path: Path
) -> None:
    name = "editthinker-8b"
    thinking.script = [
        a_reply(name, 3, "make it a lot brighter"),
        a_reply(name, 6, "make it a bit brighter"),
        *[Status(401)] * 9,
    ]
    where = ["--thinker", name, "--base-url", thinking.base_url]
    done = run(PHOTO, "make it brighter", *where, "--out", "here")
    assert done.returncode == 1
    assert "401" in done.stderr and "Traceback" not in done.stderr
    record = RunRecord.model_validate_json((tmp_path / "here/run.json").read_text())
    assert (record.stop_reason, record.result and record.result.turn) == ("thinker_failed", 2)
    assert (tmp_path / "here/result.jpg").exists()


def a_reply(name: str, semantic: int, prompt: str) -> Reply:
    if name == "gpt-4.1":
        verdict = {**VERDICT, "semantic": semantic, "quality": 9, "refined_prompt": prompt}
        return Reply(json.dumps({**verdict, "satisfied": semantic > 8}))
    score = f'<score>{{"semantic": {semantic}, "quality": 9}}</score>'
    return Reply(f"<think>Look.</think>{score}<answer>{prompt}</answer>")
