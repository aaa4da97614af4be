"""What a server must withstand; `SECURITY.md` says what is promised."""

import asyncio
import base64
import http.client
import io
import struct
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httpx
import pytest
from dev_server import ROOT, DevServer
from langgraph_sdk import get_client
from PIL import Image

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("embed-server")]

PHOTO = (ROOT / "tools/photos/cat.jpg").read_bytes()
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def ann(server: DevServer) -> Any:
    return get_client(url=server.url, api_key="ann-secret")


@pytest.fixture
def bob(server: DevServer) -> Any:
    return get_client(url=server.url, api_key="bob-secret")


@pytest.fixture
def web(server: DevServer) -> Any:
    headers = {"Authorization": "Bearer ann-secret"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture
def uploaded(web: httpx.Client) -> Any:
    reply = web.post("/blobs", content=PHOTO)
    assert reply.status_code == 201
    return {k: v for k, v in reply.json().items() if k != "url"}


class Canary(BaseHTTPRequestHandler):
    """An address inside the network: whoever asks it anything has been tricked."""

    hits: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.hits.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(PHOTO)

    do_POST = do_HEAD = do_GET

    def log_message(self, *args: Any) -> None:
        return None


@pytest.fixture(scope="module")
def canary() -> Iterator[int]:
    listener = HTTPServer(("127.0.0.1", 0), Canary)
    worker = threading.Thread(target=listener.serve_forever, daemon=True)
    worker.start()
    yield listener.server_port
    listener.shutdown()
    listener.server_close()


def upload(web: httpx.Client, data: bytes, **headers: str) -> httpx.Response:
    return web.post("/blobs", content=data, headers=headers)


def fetch(web: httpx.Client, path: str) -> httpx.Response:
    return web.get(path)


async def edit(client: Any, image: Any, **more: Any) -> Any:
    given = {"image": image, "instruction": more.pop("instruction", "make it warmer")}
    return await client.runs.wait(None, "edit_thinker", input=given, raise_error=False, **more)


@pytest.mark.parametrize(
    "path",
    [
        "/blobs/../../../../etc/passwd",
        "/blobs/..%2f..%2f..%2fetc%2fpasswd",
        "/blobs/%2e%2e/%2e%2e/etc/passwd",
        "/blobs/....//....//etc/passwd",
        "/blobs//etc/passwd",
        "/blobs/%00",
        "/blobs/" + "A" * 64,
        "/blobs/" + "0" * 63 + "%0a",
        "/blobs/" + "0" * 64,
    ],
)
def test_no_path_leads_out_of_the_blob_store(path: str, server: DevServer) -> None:
    where = urlsplit(server.url)
    assert where.hostname and where.port
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=20)
    connection.request("GET", path, headers={"Authorization": "Bearer ann-secret"})
    reply = connection.getresponse()
    assert reply.status == 404
    assert b"root:" not in reply.read()


ADDRESSES = [
    "/etc/passwd",
    "../../etc/passwd",
    "file:///etc/passwd",
    "http://127.0.0.1:{port}/a.png",
    "http://localhost:{port}/a.png",
    "http://[::1]:{port}/a.png",
    "http://2130706433:{port}/a.png",
    "http://0x7f.1:{port}/a.png",
    "http://127.0.0.1.nip.io:{port}/a.png",
    "http://user@127.0.0.1:{port}/a.png",
    "HTTP://127.0.0.1:{port}/blobs/a.png",
    "//127.0.0.1:{port}/a.png",
    "http://169.254.169.254/latest/meta-data/",
    "gopher://127.0.0.1:{port}/_GET",
    "ftp://127.0.0.1:{port}/a.png",
    "s3://bucket/key.png",
    "memory://blobs/key",
    "\\\\127.0.0.1\\share\\a.png",
    "data:text/html;base64,PHNjcmlwdD4=",
    "data:image/png,notbase64",
]


async def test_no_address_or_path_of_the_callers_choice_is_opened(canary: int, ann: Any) -> None:
    async def attack(image: str) -> None:
        out = await edit(ann, image)
        assert out["__error__"]["error"] == "MediaError"
        assert "image" in out["__error__"]["message"] and "root:" not in str(out)

    async def attack_chat(image: str) -> None:
        block = {"type": "image", "url": image}
        given = {"messages": [{"role": "user", "content": [block]}]}
        said = await ann.runs.wait(None, "chat", input=given)
        assert "I cannot use that picture" in said["messages"][-1]["content"][0]["text"]

    images = [address.format(port=canary) for address in ADDRESSES]
    await asyncio.gather(*map(attack, images), *map(attack_chat, images))
    assert Canary.hits == []


async def test_a_known_hash_on_a_strange_host_is_read_from_the_store_only(
    canary: int, ann: Any, uploaded: Any
) -> None:
    out = await edit(ann, f"http://127.0.0.1:{canary}/blobs/{uploaded['sha256']}")
    assert out["source"] == uploaded
    assert Canary.hits == []


async def test_a_run_calls_no_address_when_it_ends(canary: int, ann: Any, uploaded: Any) -> None:
    try:
        await edit(ann, uploaded, webhook=f"http://127.0.0.1:{canary}/hook")
    except httpx.HTTPStatusError as refused:
        assert refused.response.status_code in (400, 422)
    await asyncio.sleep(0.2)
    assert Canary.hits == []


def bomb(side: int) -> bytes:
    """Return a small PNG that declares a huge picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    packed = zlib.compress(bytes(10_000_000), 9)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


async def test_a_decompression_bomb_is_refused_by_its_header(web: httpx.Client, ann: Any) -> None:
    async def attack(side: int) -> None:
        reply = upload(web, bomb(side))
        assert reply.status_code == 400
        assert "pixels" in reply.json()["detail"]
        out = await edit(ann, f"data:image/png;base64,{base64.b64encode(bomb(side)).decode()}")
        assert out["__error__"]["error"] == "MediaError"
        assert "pixels" in out["__error__"]["message"]

    await asyncio.gather(*map(attack, [1001, 30_000, 60_000]))


@pytest.mark.parametrize("route", ["/blobs", "/runs/wait", "/mcp"])
@pytest.mark.parametrize("chunked", [False, True])
def test_an_oversize_body_is_refused(chunked: bool, route: str, web: httpx.Client) -> None:
    parts = [b"x" * 65536] * 46
    reply = web.post(route, content=iter(parts) if chunked else b"".join(parts))
    assert reply.status_code == 413
    assert "larger than" in reply.json()["detail"]


def test_an_image_over_the_limit_is_refused(web: httpx.Client) -> None:
    reply = web.post("/blobs", content=PHOTO + bytes(1_000_000))
    assert reply.status_code == 400
    assert "1,000,000 bytes" in reply.json()["detail"]


async def test_settings_beyond_the_servers_limits_are_refused(ann: Any, uploaded: Any) -> None:
    async def attack(name: str, value: Any) -> None:
        out = await edit(ann, uploaded, context={name: value})
        assert name in out["__error__"]["message"]

    beyond = [("max_turns", 4), ("candidates", 3), ("budget_s", 61), ("budget_s", None)]
    await asyncio.gather(*(attack(name, value) for name, value in beyond))


async def test_limits_hold_when_a_run_is_resumed(ann: Any, uploaded: Any) -> None:
    thread = (await ann.threads.create())["thread_id"]
    given = {"image": uploaded, "instruction": "warm"}
    await ann.runs.wait(thread, "edit_thinker", input=given, context={"review": True})
    out = await ann.runs.wait(
        thread,
        "edit_thinker",
        command={"resume": {"action": "continue"}},
        context={"review": True, "max_turns": 32},
        raise_error=False,
    )
    assert "max_turns" in out["__error__"]["message"]


async def test_a_script_in_an_instruction_comes_back_as_plain_text(ann: Any, uploaded: Any) -> None:
    thread = (await ann.threads.create())["thread_id"]
    block = {"type": "image", "file_id": uploaded["sha256"]}
    content = [{"type": "text", "text": f"warm {SCRIPT} ![x](http://evil.example/)"}, block]
    out = await ann.runs.wait(
        thread, "chat", input={"messages": [{"role": "user", "content": content}]}
    )
    said = out["messages"][-1]["content"][0]["text"]
    assert "\\<script\\>" in said and "<script>" not in said.replace("\\<", "")
    assert "![" not in said


async def test_a_script_in_exif_is_never_served_as_a_page_nor_copied_into_results(
    web: httpx.Client, ann: Any
) -> None:
    image = Image.open(io.BytesIO(PHOTO))
    exif = image.getexif()
    exif[0x010E] = SCRIPT
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif, comment=SCRIPT.encode())
    assert SCRIPT.encode() in buffer.getvalue()
    stored = upload(web, buffer.getvalue(), **{"Content-Type": "text/html"})
    served = fetch(web, stored.json()["url"])
    assert served.headers["content-type"] == "image/jpeg"
    assert served.headers["x-content-type-options"] == "nosniff"
    assert served.headers["content-disposition"].startswith("attachment")
    assert "default-src 'none'; sandbox" in served.headers["content-security-policy"]
    out = await edit(ann, stored.json()["sha256"])
    assert SCRIPT not in str(out)
    assert SCRIPT.encode() not in fetch(web, f"/blobs/{out['result']['sha256']}").content


@pytest.mark.parametrize(
    "data", [SCRIPT.encode(), b"<svg onload=alert(1)>", b"GIF89a<script>", b""]
)
def test_a_page_in_disguise_is_not_stored(data: bytes, web: httpx.Client) -> None:
    reply = web.post("/blobs", content=data, headers={"Content-Type": "image/png"})
    assert reply.status_code == 400
    assert "Traceback" not in reply.text


async def test_a_forged_reference_is_refused(ann: Any, uploaded: Any) -> None:
    async def attack(**change: Any) -> None:
        out = await edit(ann, {**uploaded, **change})
        assert out["__error__"]["error"] == "MediaError"

    await asyncio.gather(
        attack(width=1),
        attack(media_type="text/html"),
        attack(sha256="0" * 64),
        attack(sha256="../../etc/passwd"),
        attack(sha256=7),
        attack(extra=1),
    )


def test_only_images_are_served_from_the_store(server: DevServer, web: httpx.Client) -> None:
    from editthinker.tools.blobs import BlobStore

    sha256 = BlobStore(server.folder / "blobs").put(f"<html>{SCRIPT}".encode())
    assert web.get(f"/blobs/{sha256}").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/blobs"),
        ("GET", "/blobs/" + "0" * 64),
        ("POST", "/runs/wait"),
        ("POST", "/threads/search"),
        ("POST", "/mcp"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
        ("GET", "/metrics"),
        ("GET", "/info"),
    ],
)
@pytest.mark.parametrize("token", [None, "Bearer wrong", "Bearer", "Basic YW5uOmFubg=="])
def test_nothing_is_open_without_a_token(
    method: str, path: str, token: str | None, server: DevServer
) -> None:
    headers = {"Authorization": token} if token else {}
    reply = httpx.request(method, server.url + path, headers=headers, content=b"{}")
    assert reply.status_code == 401


async def test_two_users_see_nothing_of_each_other(ann: Any, bob: Any, uploaded: Any) -> None:
    thread = (await ann.threads.create())["thread_id"]
    given = {"image": uploaded, "instruction": "warm"}
    await ann.runs.wait(thread, "edit_thinker", input=given)
    tries = [
        bob.threads.get(thread),
        bob.threads.get_state(thread),
        bob.threads.get_history(thread),
        bob.threads.update_state(thread, {"prompt": "mine"}),
        bob.threads.update(thread, metadata={"owner": "bob"}),
        bob.threads.copy(thread),
        bob.threads.delete(thread),
        bob.runs.list(thread),
        bob.runs.wait(thread, "edit_thinker", input=given),
        bob.runs.create(thread, "edit_thinker", input=given),
    ]
    for attempt in tries:
        try:
            found = await attempt
        except httpx.HTTPStatusError as refused:
            assert refused.response.status_code in (403, 404, 409)
        else:
            assert found in ([], None), found
    assert await bob.threads.search() == [] or all(
        t["thread_id"] != thread for t in await bob.threads.search()
    )
    assert (await ann.threads.get(thread))["metadata"]["owner"] == "ann"
    assert (await ann.threads.get_state(thread))["values"]["attempts"]


async def test_users_cannot_change_what_others_run(ann: Any) -> None:
    (assistant,) = await ann.assistants.search(graph_id="chat")
    with pytest.raises(Exception, match=r"403|[Ff]orbidden"):
        await ann.assistants.update(assistant["assistant_id"], context={"max_turns": 1})
    with pytest.raises(Exception, match=r"403|[Ff]orbidden"):
        await ann.assistants.create("chat", context={"max_turns": 1})


def test_no_token_is_in_the_log(server: DevServer) -> None:
    assert "ann-secret" not in server.log and "bob-secret" not in server.log
