import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from loopback import (
    EDITED,
    Drop,
    Loopback,
    Reply,
    Request,
    answer,
    edited,
    hang,
    in_turn,
    until,
    web_page,
)

from editthinker.graph.build import build_graph
from editthinker.graph.context import EditContext
from editthinker.graph.thinkers.base import Thought
from editthinker.graph.thinkers.scripted import ScriptedThinker
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors import endpoints, progress, service
from editthinker.tools.editors.base import EDITORS, Capabilities, Editor, EditRequest
from editthinker.tools.editors.remote import RemoteEditor
from editthinker.tools.editors.service import Patience
from editthinker.tools.errors import ConfigError, EditorError, EditRefusedError, TransientError
from editthinker.tools.images import Picture

PHOTO = Picture.from_pixels(np.full((64, 48, 3), 90, np.uint8))
REQUEST = EditRequest((PHOTO,), "make it warmer", seed=7)
QUICK = Patience(timeout_s=30, retry_s=0.3)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(service, "LONGEST_WAIT_S", 0.05)
    monkeypatch.setattr(endpoints, "FIRST_PAUSE_S", 0.02)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as entered:
        yield entered


@pytest.fixture
async def server(stack: AsyncExitStack) -> Loopback:
    return await stack.enter_async_context(Loopback())


def remote(*servers: Loopback, patience: Patience = QUICK, **options: object) -> RemoteEditor:
    return RemoteEditor([s.url for s in servers], patience=patience, **options)  # type: ignore[arg-type]


async def failure(editor: RemoteEditor, request: EditRequest = REQUEST) -> str:
    with pytest.raises(EditorError) as caught:
        await editor.edit(request)
    assert not isinstance(caught.value, TransientError)
    return str(caught.value)


async def test_speaks_the_edit_contract(server: Loopback) -> None:
    server.handler = in_turn(edited(seed=7, processing_time=1.5, gpu_id=0, original_image="x"))
    editor = remote(server, steps=28, options={"guidance_scale": 2.5})
    result = await editor.edit(REQUEST)
    assert isinstance(editor, Editor)
    assert result.image == EDITED.data
    assert result.details == {
        "seed": 7,
        "processing_time": 1.5,
        "gpu_id": 0,
        "sizes": {"input": [48, 64], "output": [48, 64]},
    }
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/edit")
    assert request.json == {
        "image": base64.b64encode(PHOTO.data).decode(),
        "prompt": "make it warmer",
        "seed": 7,
        "num_inference_steps": 28,
        "num_inference_step": 28,
        "guidance_scale": 2.5,
        "enhance_prompt": False,
    }


async def test_sends_the_very_bytes_or_what_the_service_takes(server: Loopback) -> None:
    jpeg = Picture.from_bytes(_jpeg())
    await remote(server).edit(EditRequest((jpeg,), "x"))
    await remote(server, send_as="png").edit(EditRequest((jpeg,), "x"))
    sent = [base64.b64decode(r.json["image"]) for r in server.requests]
    assert sent[0] == jpeg.data
    assert Picture.from_bytes(sent[1]).ref["media_type"] == "image/png"


async def test_sends_mask_and_further_pictures_where_the_service_takes_them(
    server: Loopback,
) -> None:
    editor = remote(server, capabilities=Capabilities(max_images=3, supports_mask=True))
    await editor.edit(EditRequest((PHOTO, EDITED), "x", mask=EDITED))
    sent = server.requests[0].json
    encoded = base64.b64encode(EDITED.data).decode()
    assert sent["extra_images"] == [encoded]
    assert sent["mask_image"] == encoded


async def test_takes_a_data_uri_and_tells_what_the_service_changed(server: Loopback) -> None:
    uri = "data:image/png;base64," + base64.b64encode(EDITED.data).decode()
    server.handler = in_turn(
        answer(edited_image=uri, enhanced_prompt="warm light", notes=["cropped"])
    )
    result = await remote(server).edit(REQUEST)
    assert result.image == EDITED.data
    assert result.notes == ("cropped", "the service rewrote the prompt to: warm light")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (answer(422, detail=[{"loc": ["body", "seed"], "msg": "too large"}]), "seed: too large"),
        (answer(400, detail="image is empty"), "image is empty"),
        (answer(413, error={"message": "at most 4 MB"}), "at most 4 MB"),
        (answer(success=False, error="no face found"), "no face found"),
        (answer(success=False, detail="queue lost"), "queue lost"),
        (answer(task_id="1"), "sent no edited_image, only ['task_id']"),
        (answer(success=True, edited_image="%%%"), "not valid base64"),
        (answer(success=True, edited_image="aGVsbG8="), "no usable image"),
        (web_page(), "a web page, 'Welcome to the proxy'; check the address"),
        (Reply(200, b"[1]"), "without a JSON object"),
        (web_page(404), "has no /edit (HTTP 404)"),
        (answer(401, detail="bad token"), "wants another key (HTTP 401): bad token"),
        (Reply(302, b"", headers={"Location": "/login"}), "check the address"),
    ],
)
async def test_says_at_once_what_the_service_said(
    server: Loopback, reply: Reply, words: str
) -> None:
    server.handler = in_turn(reply)
    assert words in await failure(remote(server))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("events", "words"),
    [
        (b'data: {"step": 1, "steps": 2}\n\n', "ended its answer before there was an image"),
        (b"data: hello\n\n", "an event that is none of ours"),
        (b"data: [1]\n\n", "an event that is none of ours"),
        (b"data: " + b"[" * 100_000 + b"\n\n", "an event that is none of ours"),
        (b'data: {"step": 1e999, "steps": 2}\n\n', "an event that is none of ours"),
        (b'data: {"status": "200", "answer": {}}\n\n', "an event that is none of ours"),
    ],
)
async def test_a_stream_that_is_not_ours_is_told(
    server: Loopback, events: bytes, words: str
) -> None:
    server.handler = in_turn(Reply(200, events, "text/event-stream"))
    assert words in await failure(remote(server))


@pytest.mark.parametrize("media_type", ["application/json", "text/event-stream"])
async def test_an_answer_without_end_is_cut_off(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, media_type: str
) -> None:
    monkeypatch.setattr(progress, "MAX_ANSWER_BYTES", 100_000)
    server.handler = in_turn(Reply(200, b"x" * 200_000, media_type))
    assert "more than 100,000 bytes" in await failure(remote(server))


@pytest.mark.parametrize("cost", ["NaN", "-3", "1e999", '"much"'])
async def test_a_price_that_is_none_counts_nothing(server: Loopback, cost: str) -> None:
    fine = json.loads(edited().body)
    body = json.dumps({**fine, "cost_usd": 0}).replace('"cost_usd": 0', f'"cost_usd": {cost}')
    server.handler = in_turn(Reply(200, body.encode()))
    if cost == "NaN":  # which is no JSON at all
        assert "without a JSON object" in await failure(remote(server))
    else:
        assert (await remote(server).edit(REQUEST)).cost_usd == 0


async def test_notes_of_a_service_stay_short(server: Loopback) -> None:
    server.handler = in_turn(edited(notes=["long " * 1000] * 500, enhanced_prompt="x" * 9000))
    notes = (await remote(server).edit(REQUEST)).notes
    assert sum(map(len, notes)) < 20_000


async def test_an_endpoint_that_answers_drop_by_drop_holds_nobody_up(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "PROBE_TIMEOUT_S", 0.2)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        try:
            for n in count():
                writer.write(f"X-{n}: y\r\n".encode())
                await writer.drain()
                await asyncio.sleep(0.05)
        except ConnectionError:
            writer.close()

    slow = await asyncio.start_server(drip, "127.0.0.1")
    async with slow:
        urls = [f"http://127.0.0.1:{slow.sockets[0].getsockname()[1]}", server.url]
        editor = RemoteEditor(urls, patience=Patience(timeout_s=4))
        made = await asyncio.gather(
            *(editor.edit(REQUEST) for _ in range(2)), return_exceptions=True
        )
        assert any(not isinstance(each, Exception) for each in made)
        await editor.aclose()


async def test_a_refusal_of_the_service_is_a_refusal_here(server: Loopback) -> None:
    server.handler = in_turn(answer(422, detail="I only know tones", code="refused"))
    with pytest.raises(EditRefusedError, match="I only know tones"):
        await remote(server).edit(REQUEST)


@pytest.mark.parametrize(
    "fault",
    [
        answer(500, detail="worker died"),
        Reply(500, b"Internal Server Error", "text/plain"),
        web_page(502),
        answer(503, detail="restarting"),
        answer(429, detail="queue full"),
        Drop(),
    ],
    ids=["500", "500-text", "502-html", "503", "429", "dropped"],
)
async def test_tries_again_what_may_pass(server: Loopback, fault: Reply | Exception) -> None:
    server.handler = in_turn(fault, fault, edited())
    result = await remote(server).edit(REQUEST)
    assert result.image == EDITED.data
    assert len(server.requests) == 3
    assert len({r.headers["idempotency-key"] for r in server.requests}) == 1


async def test_gives_up_with_the_services_own_words(server: Loopback) -> None:
    server.handler = in_turn(answer(500, detail="CUDA out of memory"))
    message = await failure(remote(server))
    assert "CUDA out of memory" in message
    assert server.url in message
    assert len(server.requests) > 2


async def test_waits_as_long_as_it_is_asked_to(server: Loopback) -> None:
    server.handler = in_turn(answer(429, {"Retry-After": "0.3"}, detail="busy"), edited())
    started = time.perf_counter()
    await remote(server).edit(REQUEST)
    assert time.perf_counter() - started >= 0.3


async def test_a_busy_service_is_asked_until_the_deadline(server: Loopback) -> None:
    server.handler = in_turn(answer(429, detail="busy"))
    editor = remote(server, patience=Patience(timeout_s=0.6, retry_s=0.1))
    assert "no image within 0.6 s" in await failure(editor)


async def test_one_deadline_covers_everything(server: Loopback) -> None:
    server.handler = hang
    started = time.perf_counter()
    message = await failure(remote(server, patience=Patience(timeout_s=0.2)))
    assert "made no image within 0.2 s" in message
    assert time.perf_counter() - started < 10


async def test_cancelling_a_call_abandons_it_at_the_service(server: Loopback) -> None:
    server.handler = hang
    task = asyncio.create_task(remote(server).edit(REQUEST))
    await until(lambda: server.requests)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: server.abandoned)


async def test_nothing_listening_is_said_with_the_address(server: Loopback) -> None:
    url = server.url
    await server.stop()
    message = await failure(RemoteEditor([url], patience=QUICK))
    assert f"remote cannot be reached ({url} takes no connection" in message
    assert "--endpoint" in message


async def test_a_service_without_a_model_is_not_used_until_it_has_one(server: Loopback) -> None:
    server.ready = 503
    call = asyncio.create_task(remote(server, patience=Patience(timeout_s=30)).edit(REQUEST))
    await until(lambda: len(server.probes) >= 3)
    assert not server.requests
    server.ready = 200
    assert (await call).image == EDITED.data


async def test_a_service_without_readiness_routes_is_used(server: Loopback) -> None:
    server.ready = 404
    await remote(server).edit(REQUEST)
    assert server.probes == ["/ready", "/health"]


async def test_calls_spread_by_load(stack: AsyncExitStack) -> None:
    async def slow(request: Request) -> Reply:
        await asyncio.sleep(0.2)
        return edited()

    async def fast(request: Request) -> Reply:
        await asyncio.sleep(0.02)
        return edited()

    servers = [await stack.enter_async_context(Loopback(h)) for h in (slow, fast)]
    editor = remote(*servers)
    limit = asyncio.Semaphore(4)

    async def one() -> None:
        async with limit:
            await editor.edit(REQUEST)

    await asyncio.gather(*(one() for _ in range(40)))
    slow_calls, fast_calls = (len(s.requests) for s in servers)
    assert slow_calls + fast_calls == 40
    assert fast_calls > 2 * slow_calls


async def test_an_endpoint_that_dies_loses_no_call_and_is_left_alone(
    stack: AsyncExitStack,
) -> None:
    async def work(request: Request) -> Reply:
        await asyncio.sleep(0.01)
        return edited()

    good, dying = [await stack.enter_async_context(Loopback(work)) for _ in range(2)]
    editor = remote(good, dying, patience=Patience(timeout_s=30))
    calls = [asyncio.create_task(editor.edit(REQUEST)) for _ in range(40)]
    await until(lambda: dying.requests)
    await dying.stop()
    results = await asyncio.gather(*calls)
    assert all(r.image == EDITED.data for r in results)
    before = len(dying.requests)
    await asyncio.gather(*(editor.edit(REQUEST) for _ in range(10)))
    assert len(dying.requests) == before


async def test_a_circuit_opens_on_a_broken_endpoint_and_closes_again(
    stack: AsyncExitStack,
) -> None:
    good, bad = [await stack.enter_async_context(Loopback()) for _ in range(2)]
    bad.handler, bad.ready = in_turn(answer(500, detail="broken")), 503
    editor = remote(good, bad, patience=Patience(timeout_s=30))
    bad.ready = 200
    await asyncio.gather(*(editor.edit(REQUEST) for _ in range(10)))
    bad.ready = 503
    seen = len(bad.requests)
    await asyncio.gather(*(editor.edit(REQUEST) for _ in range(20)))
    assert len(bad.requests) == seen
    bad.handler, bad.ready = in_turn(edited()), 200
    async with asyncio.timeout(30):
        while len(bad.requests) == seen:
            await editor.edit(REQUEST)
            await asyncio.sleep(0.005)


async def test_an_endpoint_that_is_something_else_leaves_the_work_to_the_others(
    stack: AsyncExitStack,
) -> None:
    good, page = [await stack.enter_async_context(Loopback()) for _ in range(2)]
    page.handler = in_turn(web_page())
    editor = remote(good, page)
    results = await asyncio.gather(*(editor.edit(REQUEST) for _ in range(6)))
    assert all(r.image == EDITED.data for r in results)


async def test_hundreds_of_calls_are_in_flight_at_once(server: Loopback) -> None:
    together = asyncio.Event()

    async def wait_for_all(request: Request) -> Reply:
        if server.in_flight == 200:
            together.set()
        await together.wait()
        return edited()

    server.handler = wait_for_all
    editor = remote(server, patience=Patience(timeout_s=30))
    results = await asyncio.gather(*(editor.edit(REQUEST) for _ in range(200)))
    assert len(results) == server.most_in_flight == 200


def test_one_editor_serves_several_event_loops() -> None:
    async def main() -> None:
        async with Loopback() as server:
            editor._service.urls = (server.url,)
            await editor.edit(REQUEST)
            await editor.aclose()

    editor = RemoteEditor(["http://127.0.0.1:1"], patience=QUICK)
    asyncio.run(main())
    asyncio.run(main())


async def test_the_token_is_sent_and_never_shown(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITTHINKER_EDITOR_TOKEN", "s3cret")
    editor = remote(server)
    await editor.edit(REQUEST)
    assert server.requests[0].headers["authorization"] == "Bearer s3cret"
    assert "s3cret" not in repr(vars(editor)) + repr(vars(editor._service))


async def test_addresses_come_from_arguments_a_file_or_the_environment(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    host = server.url.removeprefix("http://")
    monkeypatch.setenv("EDITTHINKER_EDITOR_ENDPOINTS", f"{host}, {server.url}/")
    editor = EDITORS.load("remote")()
    assert isinstance(editor, RemoteEditor)
    assert editor._service.urls == (server.url,)
    file = tmp_path / "hosts.txt"
    file.write_text(f"# ours\n{host}  # GPU 0\n\n")
    assert RemoteEditor([f"@{file}"])._service.urls == (server.url,)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "no address was given"),
        (["ftp://host"], "'ftp://host' is not the address of a service"),
        (["http://"], "'http://' is not the address"),
        (["@/nowhere/hosts"], "'/nowhere/hosts' cannot be read"),
    ],
)
def test_a_wrong_address_is_refused_before_any_call(given: list[str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        RemoteEditor(given)


async def test_refuses_what_the_service_cannot_do(server: Loopback) -> None:
    editor = remote(server)
    with pytest.raises(EditRefusedError, match="takes 1 image at a time, not 2"):
        await editor.edit(EditRequest((PHOTO, PHOTO), "x"))
    with pytest.raises(EditRefusedError, match="takes no mask"):
        await editor.edit(EditRequest((PHOTO,), "x", mask=PHOTO))
    assert not server.requests


def _jpeg() -> bytes:
    from editthinker.tools.images import encode_like

    return encode_like(PHOTO, "jpeg")


async def test_the_loop_survives_a_service_that_is_something_else(
    server: Loopback, tmp_path: Path
) -> None:
    server.handler = in_turn(edited(PHOTO), web_page())
    blobs = BlobStore(tmp_path)
    thinker = ScriptedThinker([Thought(4, 4, "not warm enough", "make it much warmer")])
    graph = build_graph([remote(server)], thinker, blobs).compile()
    final = await graph.ainvoke(
        {"image": blobs.put_image(PHOTO.data), "instruction": "make it warmer"},
        context=EditContext(max_turns=2),
    )
    assert final["stop_reason"] == "editor_failed"
    assert "a web page, 'Welcome to the proxy'" in final["error"]
    assert final["result"] == PHOTO.ref
