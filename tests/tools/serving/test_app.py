import asyncio
import base64
import io
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

pytest.importorskip("fastapi")
pytest.importorskip("multipart")

import httpx
import openai
from loopback import until
from PIL import Image
from running_app import running

from editthinker.tools.editors.base import Capabilities, EditRequest, EditResult
from editthinker.tools.editors.fake import FakeEditor
from editthinker.tools.editors.openai_images import OpenAIImagesEditor
from editthinker.tools.editors.remote import RemoteEditor
from editthinker.tools.editors.service import Patience
from editthinker.tools.errors import (
    ConfigError,
    EditorError,
    EditRefusedError,
    TransientEditorError,
)
from editthinker.tools.images import Picture
from editthinker.tools.serving.app import create_app
from editthinker.tools.serving.engine import LocalEngine

PHOTO = Picture.from_pixels(np.full((64, 48, 3), 90, np.uint8))
BASE64 = base64.b64encode(PHOTO.data).decode()
BODY = {"image": BASE64, "prompt": "make it warmer", "seed": 7}


@dataclass
class Recorder:
    """An editor that notes what it is asked, and waits or fails as told."""

    name: str = "recorder"
    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(max_images=4, supports_seed=True, supports_mask=True)
    )
    failure: Exception | None = None
    loaded: asyncio.Event | None = None
    gate: asyncio.Event | None = None
    asked: list[EditRequest] = field(default_factory=list)
    cancelled: int = 0

    async def load(self) -> None:
        if self.loaded:
            await self.loaded.wait()
        if isinstance(self.failure, ConfigError):
            raise self.failure

    async def edit(self, request: EditRequest) -> EditResult:
        self.asked.append(request)
        if self.failure:
            raise self.failure
        try:
            if self.gate:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return EditResult(PHOTO.data, notes=("as it was",), details={"steps": 3})


Serve = Callable[..., Any]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    async with AsyncExitStack() as stack:

        async def serve(editor: Any, **options: Any) -> str:
            engine = LocalEngine(editor, **options.pop("engine", {}))
            return await stack.enter_async_context(running(create_app(engine, **options)))

        yield serve


async def post(url: str, path: str = "/edit", **options: Any) -> httpx.Response:
    async with httpx.AsyncClient(timeout=10) as client:
        return await client.post(url + path, **options)


async def test_speaks_the_edit_contract(serve: Serve) -> None:
    editor = Recorder()
    body = {**BODY, "num_inference_step": 9, "guidance_scale": 2.5, "width": 9, "enhance": True}
    reply = (await post(await serve(editor), json=body)).json()
    assert reply["success"] is True
    assert reply["edited_image"] == BASE64
    assert (reply["seed"], reply["original_prompt"], reply["notes"]) == (
        7,
        "make it warmer",
        ["as it was"],
    )
    assert reply["details"] == {"steps": 3}
    (asked,) = editor.asked
    assert asked.images == (PHOTO,)
    assert asked.images[0].data == PHOTO.data
    assert asked.options == {"steps": 9, "guidance": 2.5}


@pytest.mark.parametrize("name", ["num_inference_steps", "num_inference_step"])
async def test_reads_steps_under_both_names(serve: Serve, name: str) -> None:
    editor = Recorder()
    await post(await serve(editor), json={**BODY, name: 4})
    assert editor.asked[0].options == {"steps": 4}


async def test_a_seed_is_drawn_and_told_where_none_is_given(serve: Serve) -> None:
    editor = Recorder()
    body = {"image": BASE64, "prompt": "x"}
    reply = (await post(await serve(editor), json=body)).json()
    assert reply["seed"] == editor.asked[0].seed


async def test_takes_uploads(serve: Serve) -> None:
    editor = Recorder()
    files = {"image_file": ("a.png", PHOTO.data), "mask_file": ("m.png", PHOTO.data)}
    data = {"prompt": "x", "seed": "3", "num_inference_steps": "5"}
    reply = await post(await serve(editor), "/edit-upload", data=data, files=files)
    assert reply.json()["edited_image"] == BASE64
    (asked,) = editor.asked
    assert (asked.seed, asked.mask, asked.options) == (3, PHOTO, {"steps": 5})


async def test_steps_reach_the_caller_as_they_are_made(serve: Serve) -> None:
    gate = asyncio.Event()

    class Stepper(Recorder):
        async def edit(self, request: EditRequest) -> EditResult:
            request.on_step(1, 2)
            await gate.wait()
            request.on_step(2, 2)
            return await super().edit(request)

    steps: list[tuple[int, int]] = []

    def note(step: int, total: int) -> None:
        steps.append((step, total))
        gate.set()  # the first one is told before the second is made

    remote = RemoteEditor([await serve(Stepper())], patience=Patience(timeout_s=30))
    request = EditRequest((PHOTO,), "x", seed=7, on_step=note)
    assert (await remote.edit(request)).image == PHOTO.data
    assert steps == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("failure", "expected"),
    [(EditRefusedError("only tones"), EditRefusedError), (EditorError("too dark"), EditorError)],
)
async def test_a_failure_after_steps_is_the_failure_it_was(
    serve: Serve, failure: Exception, expected: type[Exception]
) -> None:
    url = await serve(Recorder(failure=failure))
    remote = RemoteEditor([url], patience=Patience(timeout_s=30, retry_s=0))
    with pytest.raises(expected, match=str(failure)):
        await remote.edit(EditRequest((PHOTO,), "x", on_step=lambda step, steps: None))


async def test_a_followed_edit_stops_when_its_caller_goes(serve: Serve) -> None:
    editor = Recorder(gate=asyncio.Event())
    remote = RemoteEditor([await serve(editor)])
    request = EditRequest((PHOTO,), "x", on_step=lambda step, steps: None)
    call = asyncio.create_task(remote.edit(request))
    await until(lambda: editor.asked)
    call.cancel()
    await until(lambda: editor.cancelled)


async def test_a_phone_photo_is_turned_upright(serve: Serve) -> None:
    editor = Recorder()
    exif = Image.Exif()
    exif[274] = 6
    buffer = io.BytesIO()
    Image.new("RGB", (40, 20)).save(buffer, "JPEG", exif=exif)
    body = {**BODY, "image": base64.b64encode(buffer.getvalue()).decode()}
    await post(await serve(editor), json=body)
    ref = editor.asked[0].images[0].ref
    assert (ref["width"], ref["height"]) == (20, 40)


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"image": ""}, 422, "image"),
        ({"image": "%%%"}, 400, "not valid base64"),
        ({"image": base64.b64encode(b"hello").decode()}, 400, "the data URI is text"),
        ({"prompt": ""}, 422, "prompt"),
        ({"seed": -1}, 422, "seed"),
        ({"num_inference_steps": 0}, 422, "num_inference_steps"),
    ],
)
async def test_a_wrong_request_is_told_what_is_wrong(
    serve: Serve, change: dict[str, object], status: int, words: str
) -> None:
    reply = await post(await serve(Recorder()), json={**BODY, **change})
    assert reply.status_code == status
    assert words in reply.json()["detail"]


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (EditRefusedError("only tones"), 422, "refused"),
        (EditorError("out of memory"), 500, None),
        (TransientEditorError("worker lost"), 503, None),
    ],
)
async def test_each_failure_has_its_status(
    serve: Serve, failure: Exception, status: int, code: str | None
) -> None:
    url = await serve(Recorder(failure=failure))
    reply = await post(url, json=BODY)
    assert (reply.status_code, reply.json()) == (status, {"detail": str(failure), "code": code})
    files = {"image": ("a.png", PHOTO.data)}
    reply = await post(url, "/v1/images/edits", data={"prompt": "x"}, files=files)
    assert reply.status_code == status
    assert reply.json()["error"]["message"] == str(failure)


async def test_is_alive_at_once_and_ready_when_loaded(serve: Serve) -> None:
    editor = Recorder(loaded=asyncio.Event())
    url = await serve(editor)
    async with httpx.AsyncClient() as client:
        assert (await client.get(url + "/health")).status_code == 200
        waiting = await client.get(url + "/ready")
        assert waiting.status_code == 503
        assert "loading" in waiting.json()["detail"]
        assert editor.loaded
        editor.loaded.set()
        await asyncio.sleep(0)
        assert (await client.get(url + "/ready")).status_code == 200


async def test_says_why_it_cannot_load(serve: Serve) -> None:
    url = await serve(Recorder(failure=ConfigError("no weights")))
    async with httpx.AsyncClient() as client:
        replies = [await client.get(url + "/ready") for _ in range(3)]
    assert any("no weights" in reply.text for reply in replies)


async def test_a_call_too_many_is_told_to_come_later(serve: Serve) -> None:
    editor = Recorder(gate=asyncio.Event())
    url = await serve(editor, engine={"max_waiting": 1})
    first = asyncio.create_task(post(url, json=BODY))
    await until(lambda: editor.asked)
    refused = await post(url, json=BODY)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert editor.gate
    editor.gate.set()
    assert (await first).status_code == 200


async def test_an_abandoned_request_is_stopped(serve: Serve) -> None:
    editor = Recorder(gate=asyncio.Event())
    call = asyncio.create_task(post(await serve(editor), json=BODY))
    await until(lambda: editor.asked)
    call.cancel()
    await until(lambda: editor.cancelled)


async def test_a_request_that_is_too_large_is_refused(serve: Serve) -> None:
    editor = Recorder()
    url = await serve(editor, max_bytes=2000)
    assert (await post(url, json={**BODY, "prompt": "x" * 3000})).status_code == 413

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b" " * 1000

    counted = await post(url, content=chunks(), headers={"content-type": "application/json"})
    assert counted.status_code == 413
    assert "smaller image" in counted.json()["detail"]
    assert not editor.asked


async def test_a_token_is_asked_for_where_one_is_set(serve: Serve) -> None:
    url = await serve(Recorder(), token="s3cret")
    assert (await post(url, json=BODY)).status_code == 401
    wrong = await post(url, json=BODY, headers={"Authorization": "Bearer guess"})
    assert wrong.status_code == 401
    assert (await RemoteEditor([url], token="s3cret").edit(_request())).image == PHOTO.data
    async with httpx.AsyncClient() as client:
        assert (await client.get(url + "/ready")).status_code == 200


async def test_our_remote_editor_talks_to_it(serve: Serve) -> None:
    url = await serve(FakeEditor())
    request = _request()
    direct = await FakeEditor().edit(request)
    remote = RemoteEditor([url], steps=5)
    results = await asyncio.gather(*(remote.edit(request) for _ in range(20)))
    assert {result.image for result in results} == {direct.image}
    await remote.aclose()


async def test_our_remote_editor_carries_refusals_masks_and_images(serve: Serve) -> None:
    editor = Recorder()
    remote = RemoteEditor([await serve(editor)], capabilities=editor.capabilities)
    mask = Picture.from_pixels(np.zeros((64, 48, 3), np.uint8))
    await remote.edit(EditRequest((PHOTO, mask), "x", mask=mask))
    assert editor.asked[0].images == (PHOTO, mask)
    assert editor.asked[0].mask == mask
    editor.failure = EditRefusedError("only tones")
    with pytest.raises(EditRefusedError, match="only tones"):
        await remote.edit(_request())


async def test_the_openai_client_talks_to_it(serve: Serve) -> None:
    editor = Recorder()
    client = openai.AsyncOpenAI(base_url=await serve(editor) + "/v1", api_key="none")
    one = await client.images.edit(image=PHOTO.data, prompt="x", extra_body={"seed": 5})
    assert one.data and one.data[0].b64_json == BASE64
    several = await client.images.edit(image=[PHOTO.data, PHOTO.data], prompt="x", n=3)
    assert several.data and len(several.data) == 3
    assert len(editor.asked[1].images) == 2
    assert len({asked.seed for asked in editor.asked[1:]}) == 3
    editor.failure = EditorError("out of memory")
    with pytest.raises(openai.InternalServerError, match="out of memory"):
        await client.with_options(max_retries=0).images.edit(image=PHOTO.data, prompt="x")
    with pytest.raises(openai.BadRequestError, match="only response_format"):
        await client.images.edit(image=PHOTO.data, prompt="x", response_format="url")


async def test_a_transparent_mask_means_edit_here(serve: Serve) -> None:
    editor = Recorder()
    white = np.zeros((64, 48, 3), np.uint8)
    white[:10] = 255
    mask = Picture.from_pixels(white)
    images = OpenAIImagesEditor(
        await serve(editor) + "/v1", capabilities=editor.capabilities, patience=Patience()
    )
    await images.edit(EditRequest((PHOTO,), "x", mask=mask))
    asked = editor.asked[0].mask
    assert asked is not None
    assert np.array_equal(asked.pixels, white)


async def test_a_generator_makes_an_image_of_a_named_size(serve: Serve) -> None:
    able = Capabilities(max_images=0, needs_image=False, options=("size",))
    editor = Recorder(capabilities=able)
    url = await serve(editor)
    reply = await post(url, "/generate", json={"prompt": "a cat", "aspect_ratio": "16:9"})
    assert reply.json()["image"] == BASE64
    assert editor.asked[0].options["size"] == [1360, 768]
    assert (await post(url, json=BODY)).status_code == 404
    wrong = await post(url, "/generate", json={"prompt": "a cat", "aspect_ratio": "7:1"})
    assert wrong.status_code == 400
    assert "16:9" in wrong.json()["detail"]


async def test_fill_is_there_where_a_mask_is_needed(serve: Serve) -> None:
    editor = Recorder(capabilities=Capabilities(supports_mask=True, requires_mask=True))
    reply = await post(await serve(editor), "/fill", json={**BODY, "mask_image": BASE64})
    assert reply.json()["filled_image"] == BASE64
    assert editor.asked[0].mask == PHOTO


def test_the_documentation_lists_every_route() -> None:
    paths = create_app(LocalEngine(Recorder())).openapi()["paths"]
    assert set(paths) == {"/health", "/ready", "/edit", "/edit-upload", "/v1/images/edits"}


def _request() -> EditRequest:
    return EditRequest((PHOTO,), "make it warmer", seed=7)
