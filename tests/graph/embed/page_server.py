"""A real `editthinker ui` on loopback, with the fakes of this folder as plug-ins."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from dev_server import write_plugins

START = "import typer; from editthinker.graph.ui import ui; typer.run(ui)"


@contextmanager
def run_page(folder: Path, *options: str) -> Iterator[str]:
    write_plugins(folder / "site")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["--no-browser", "--port", str(port), "--folder", str(folder / "desk")]
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", START, *command, *options],
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(folder / "site")},
        )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                httpx.get(url, timeout=2)
                break
            except httpx.HTTPError:
                alive = process.poll() is None and time.monotonic() < deadline
                assert alive, (folder / "log.txt").read_text()
                time.sleep(0.2)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)
