"""What the page's server refuses to whoever talks to it without the page."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from dev_server import ROOT
from page_server import run_page

pytest.importorskip("gradio")

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("browser")]


class Canary(BaseHTTPRequestHandler):
    """An address inside the network: whoever asks it anything has been tricked."""

    hits: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.hits.append(self.path)
        self.send_response(200)
        self.end_headers()

    do_POST = do_HEAD = do_GET


@pytest.fixture(scope="module")
def canary() -> Iterator[str]:
    listener = HTTPServer(("127.0.0.1", 0), Canary)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listener.server_port}"
    listener.shutdown()
    listener.server_close()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("attacked")


@pytest.fixture(scope="module")
def page(desk: Path) -> Iterator[httpx.Client]:
    with (
        run_page(desk, "--editor", "fake", "--thinker", "patient") as url,
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file={desk}/desk/runs.sqlite",
        "/gradio_api/file={desk}/desk/pictures/../runs.sqlite",
        "/gradio_api/file={canary}/a.png",
        "/gradio_api/proxy={canary}/a.png",
    ],
)
def test_no_file_or_address_is_handed_out(
    path: str, page: httpx.Client, desk: Path, canary: str
) -> None:
    reply = page.get(path.format(desk=desk, canary=canary))
    assert reply.status_code in (400, 403, 404)
    assert Canary.hits == []


@pytest.mark.parametrize("url", [None, "{canary}/b.png"])
@pytest.mark.parametrize(
    "path", ["/etc/passwd", str(ROOT / "tools/photos/cat.jpg"), "file:///etc/passwd", "{canary}/a"]
)
def test_no_file_or_address_is_taken_for_a_photo(
    path: str, url: str | None, page: httpx.Client, canary: str
) -> None:
    start = next(d for d in page.get("/config").json()["dependencies"] if d["api_name"] == "start")
    photo: dict[str, Any] = {
        "path": path.format(canary=canary),
        "meta": {"_type": "gradio.FileData"},
    }
    if url:
        photo["url"] = url.format(canary=canary)
    body = {
        "data": [photo, "warm", "think-while", 1, 1, False],
        "fn_index": start["id"],
        "session_hash": "attack",
    }
    assert page.post("/gradio_api/queue/join", json=body).status_code == 200
    with page.stream("GET", "/gradio_api/queue/data?session_hash=attack") as events:
        done = next(line for line in events.iter_lines() if "process_completed" in line)
    assert '"success":false' in done and "root:" not in done
    assert Canary.hits == []
