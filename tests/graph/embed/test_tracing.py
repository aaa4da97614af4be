"""Tracing is off, and where it is on, no picture leaves with it."""

import base64
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from editthinker.graph.tracing import without_pictures

PHOTO = (Path(__file__).parents[3] / "tools/photos/cat.jpg").read_bytes()

RUN = """
import asyncio, base64, sys
from editthinker.graph import build_graph
from editthinker.graph.chat import build_chat
from editthinker.graph.tracing import keep_pictures_out
from editthinker.graph.thinkers.base import Thought
from editthinker.graph.thinkers.scripted import ScriptedThinker
from editthinker.tools.editors.fake import FakeEditor
keep_pictures_out()
data = base64.b64encode(open(sys.argv[1], "rb").read()).decode()
def parts():
    return [FakeEditor()], ScriptedThinker([Thought(9, 9, "fine", None)]), "memory://blobs"
graph = build_graph(*parts()).compile()
given = {"image": "data:image/jpeg;base64," + data, "instruction": "a wish to find"}
asyncio.run(graph.ainvoke(given))
block = {"type": "image", "base64": data, "mime_type": "image/jpeg"}
message = {"role": "user", "content": [{"type": "text", "text": "another wish"}, block]}
asyncio.run(build_chat(*parts()).compile().ainvoke({"messages": [message]}))
from langchain_core.tracers.langchain import wait_for_all_tracers
wait_for_all_tracers()
"""


class Collector(BaseHTTPRequestHandler):
    """Stands in for LangSmith and keeps what it is sent."""

    bodies: ClassVar[list[bytes]] = []

    def do_GET(self) -> None:
        self._reply(b"{}")

    def do_POST(self) -> None:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline(), 16):
                self.bodies.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
        else:
            self.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        self._reply(b"{}")

    do_PATCH = do_POST

    def _reply(self, body: bytes) -> None:
        self.send_response(202)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        return None


@pytest.fixture
def collector() -> Iterator[str]:
    Collector.bodies.clear()
    listener = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listener.server_port}"
    listener.shutdown()
    listener.server_close()


def run(collector: str, photo: Path, **env: str) -> bytes:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("LANGSMITH_", "LANGCHAIN_"))}
    subprocess.run(
        [sys.executable, "-c", RUN, str(photo)],
        env={**clean, "LANGSMITH_ENDPOINT": collector, "LANGSMITH_API_KEY": "key", **env},
        check=True,
        timeout=60,
    )
    return b"".join(Collector.bodies)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "cat.jpg"
    path.write_bytes(PHOTO)
    return path


def test_nothing_is_sent_by_default(collector: str, photo: Path) -> None:
    assert run(collector, photo) == b""


@pytest.mark.parametrize("mode", ["langsmith", "otel"])
def test_a_trace_has_the_words_but_no_picture(mode: str, collector: str, photo: Path) -> None:
    sent = run(
        collector,
        photo,
        LANGSMITH_TRACING="true",
        LANGSMITH_TRACING_MODE=mode,
        LANGSMITH_DISABLE_RUN_COMPRESSION="true",
        OTEL_EXPORTER_OTLP_ENDPOINT=f"{collector}/otel",
    )
    assert b"a wish to find" in sent and b"another wish" in sent
    encoded = base64.b64encode(PHOTO)
    assert encoded[:200] not in sent and encoded[1000:1200] not in sent
    assert b"characters left out" in sent


def test_only_pictures_are_left_out() -> None:
    picture = "data:image/png;base64," + "A" * 500
    given = {"image": picture, "instruction": "warm", "messages": [{"base64": "A" * 500}]}
    kept = without_pictures(given)
    assert kept["instruction"] == "warm"
    assert "AAAA" not in str(kept)
