import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import textwrap
from itertools import pairwise
from pathlib import Path

import pytest
import typer
from interrupts import heed_ctrl_c
from typer.testing import CliRunner

from editthinker.graph.thinkers.serve import serve_thinker
from editthinker.tools.errors import ConfigError, ThinkerError

STUB = """\
#!{python}
import http.server, os, signal, sys
from pathlib import Path
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_): pass
def stop(*_):
    Path(__file__).with_name("stopped").touch()
    os._exit(0)
signal.signal(signal.SIGTERM, stop)
port = int(sys.argv[sys.argv.index("--port") + 1])
http.server.HTTPServer(("127.0.0.1", port), Health).serve_forever()
"""

COMMAND = """\
import sys, typer
from editthinker.graph.thinkers.serve import serve_thinker
app = typer.Typer()
app.command()(serve_thinker)
app()
"""


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def executable(path: Path, text: str) -> Path:
    path.write_text(textwrap.dedent(text).replace("{python}", sys.executable))
    path.chmod(0o755)
    return path


def flags(*arguments: str) -> list[str]:
    app = typer.Typer()
    app.command()(serve_thinker)
    result = CliRunner().invoke(app, ["--dry-run", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return shlex.split(result.stdout)


def test_prints_a_command_that_suits_the_loop() -> None:
    words = flags()
    assert words[:3] == ["vllm", "serve", "appletea2333/EditThinker-8B"]
    value = dict(pairwise(words))
    assert value["--served-model-name"] == "appletea2333/EditThinker-8B"
    assert value["--host"] == "127.0.0.1"
    assert json.loads(value["--limit-mm-per-prompt"]) == {"image": 8, "video": 0}
    assert "--enable-prefix-caching" in words
    assert value["--mm-processor-cache-gb"] == "4"
    assert "--tensor-parallel-size" not in words


def test_shares_the_model_out_over_gpus() -> None:
    words = flags("--gpus", "4", "--model", "my/model", "--extra=--dtype=half")
    value = dict(pairwise(words))
    assert value["--tensor-parallel-size"] == "4"
    assert value["--mm-encoder-tp-mode"] == "data"
    assert value["--served-model-name"] == "my/model"
    assert words[-1] == "--dtype=half"


def test_says_how_to_install_vllm_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigError, match="pip install vllm"):
        serve_thinker()


def test_refuses_an_executable_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not an executable"):
        serve_thinker(vllm=tmp_path)


def test_reports_a_server_that_ends_before_it_is_ready(tmp_path: Path, port: int) -> None:
    stub = executable(tmp_path / "vllm", "#!{python}\nraise SystemExit(3)\n")
    with pytest.raises(ThinkerError, match="exit code 3 before it was ready"):
        serve_thinker(vllm=stub, port=port)


def test_gives_up_on_a_server_that_never_answers(tmp_path: Path, port: int) -> None:
    stub = executable(tmp_path / "vllm", "#!{python}\nimport signal\nsignal.pause()\n")
    with pytest.raises(ThinkerError, match=r"not ready within 0\.2 s"):
        serve_thinker(vllm=stub, port=port, wait_s=0.2)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_says_when_it_is_ready_and_takes_the_server_down_with_it(
    tmp_path: Path, port: int, how: signal.Signals
) -> None:
    stub = executable(tmp_path / "vllm", STUB)
    arguments = ["--vllm", str(stub), "--port", str(port)]
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=heed_ctrl_c,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            assert str(stub) in process.stdout.readline()
            assert f"--base-url http://127.0.0.1:{port}/v1" in process.stderr.readline()
            with pytest.raises(ConfigError, match="already answers"):
                serve_thinker(vllm=stub, port=port)
            os.kill(process.pid, how)
            process.wait(20)
        finally:
            process.terminate()
    assert (tmp_path / "stopped").exists()
