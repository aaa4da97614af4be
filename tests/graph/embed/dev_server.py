"""A real `langgraph dev` on loopback, with the fakes of this folder as plug-ins."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[3]

PLUGINS = '''
import asyncio, pathlib
from editthinker.graph.thinkers.base import Thought
from editthinker.graph.thinkers.scripted import ScriptedThinker

class Patient(ScriptedThinker):
    """Accepts the second edit, and repeats the user's words, so that a mix-up would show."""
    name = "patient"
    async def think(self, request):
        score = 9.0 if request.turn > 1 else 3.0
        return Thought(score, 9.0, f"about: {request.instruction}", f"{request.instruction}!")

class Sleepy(Patient):
    """Falls asleep over the second edit, once, if the test's folder says so."""
    name = "sleepy"
    async def think(self, request):
        awake = pathlib.Path(__file__).with_name("awake")
        if request.turn > 1 and not awake.exists():
            await asyncio.sleep(60)
        return await super().think(request)
'''


@dataclass(frozen=True)
class DevServer:
    url: str
    folder: Path
    pid: int

    @property
    def log(self) -> str:
        return (self.folder / "log.txt").read_text()


def write_plugins(site: Path) -> None:
    info = site / "patient-1.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (site / "patient_plugins.py").write_text(PLUGINS)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: patient\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[editthinker.thinkers]\npatient = patient_plugins:Patient\n"
        "sleepy = patient_plugins:Sleepy\n"
    )


@contextmanager
def run_server(folder: Path, **env: str) -> Iterator[DevServer]:
    """Start the server with the repository's own `langgraph.json`, and stop it."""
    (folder / "langgraph.json").write_text((ROOT / "langgraph.json").read_text())
    write_plugins(folder / "site")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [
        *[sys.executable, "-m", "langgraph_cli", "dev", "--no-browser", "--no-reload"],
        *["--host", "127.0.0.1", "--port", str(port), "--n-jobs-per-worker", "8"],
    ]
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={
                **os.environ,
                "PYTHONPATH": str(folder / "site"),
                "EDITTHINKER_BLOBS": str(folder / "blobs"),
                "EDITTHINKER_PUBLIC_URL": url,
                "LANGGRAPH_CLI_NO_ANALYTICS": "1",
                "LANGGRAPH_NO_VERSION_CHECK": "true",
                "LANGSMITH_TRACING": "false",
                **env,
            },
        )
    server = DevServer(url, folder, process.pid)
    try:
        deadline = time.monotonic() + 90
        while not _answers(url):
            assert process.poll() is None and time.monotonic() < deadline, server.log[-4000:]
            time.sleep(0.2)
        yield server
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ok", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
