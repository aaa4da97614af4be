import base64
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import Message

import numpy as np
import pytest
from loopback import EDITED, Loopback, Reply, Request, answer, in_turn

from editthinker.tools.editors.base import EDITORS, Capabilities, Editor, EditRequest
from editthinker.tools.editors.openai_images import OpenAIImagesEditor, TokenPrice
from editthinker.tools.editors.service import Patience
from editthinker.tools.errors import ConfigError, EditorError, EditRefusedError, MediaError
from editthinker.tools.images import Picture, encode_like

PHOTO = Picture.from_bytes(
    encode_like(Picture.from_pixels(np.full((64, 48, 3), 90, np.uint8)), "jpeg")
)
USAGE = {
    "input_tokens": 330,
    "input_tokens_details": {"text_tokens": 30, "image_tokens": 300},
    "output_tokens": 1000,
}


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    reply = answer(
        created=1, data=[{"b64_json": base64.b64encode(EDITED.data).decode()}], usage=USAGE
    )
    async with Loopback(in_turn(reply)) as running:
        yield running


def editor(server: Loopback, **options: object) -> OpenAIImagesEditor:
    patience = Patience(timeout_s=30, retry_s=0.2)
    return OpenAIImagesEditor(server.url + "/v1", patience=patience, **options)  # type: ignore[arg-type]


def parts(request: Request) -> list[Message]:
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    payload = message_from_bytes(head + request.body).get_payload()
    assert isinstance(payload, list)
    return [part for part in payload if isinstance(part, Message)]


def field(part: Message) -> tuple[object, object]:
    name = part.get_param("name", header="content-disposition")
    if part.get_filename():
        return name, (part.get_filename(), part.get_content_type())
    return name, part.get_payload()


async def test_speaks_the_images_api(server: Loopback) -> None:
    edit = editor(server, model="m-1", token="k", options={"quality": "high"})
    result = await edit.edit(EditRequest((PHOTO,), "make it warmer"))
    assert isinstance(edit, Editor)
    assert result.image == EDITED.data
    (request,) = server.requests
    assert request.path == "/v1/images/edits"
    assert request.headers["authorization"] == "Bearer k"
    assert [field(p) for p in parts(request)] == [
        ("model", "m-1"),
        ("quality", "high"),
        ("prompt", "make it warmer"),
        ("image", ("image.jpg", "image/jpeg")),
    ]
    assert PHOTO.data in request.body


async def test_several_images_and_a_seed_are_sent_where_they_are_taken(server: Loopback) -> None:
    able = Capabilities(max_images=2, supports_seed=True)
    edit = editor(server, capabilities=able)
    await edit.edit(EditRequest((PHOTO, EDITED), "x", seed=5))
    sent = [field(p) for p in parts(server.requests[0])]
    assert ("seed", "5") in sent
    assert [name for name, _ in sent].count("image[]") == 2


async def test_the_mask_becomes_transparent_where_the_edit_may_happen(server: Loopback) -> None:
    pixels = np.zeros((64, 48, 3), np.uint8)
    pixels[:10] = 255
    mask = Picture.from_pixels(pixels)
    await editor(server).edit(EditRequest((PHOTO,), "x", mask=mask))
    part = parts(server.requests[0])[-1]
    assert field(part) == ("mask", ("mask.png", "image/png"))
    start = server.requests[0].body.rindex(b"\x89PNG")
    alpha = Picture.from_bytes(server.requests[0].body[start:]).pixels[..., 3]
    assert (alpha[:10] == 0).all()
    assert (alpha[10:] == 255).all()


async def test_counts_what_a_call_cost(server: Loopback) -> None:
    result = await editor(server, price=TokenPrice(5, 10, 40)).edit(EditRequest((PHOTO,), "x"))
    assert result.cost_usd == pytest.approx((30 * 5 + 300 * 10 + 1000 * 40) / 1e6)
    assert result.details["usage"] == USAGE
    assert (await editor(server).edit(EditRequest((PHOTO,), "x"))).cost_usd == 0


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (answer(400, error={"message": "unknown model", "code": None}), "unknown model"),
        (answer(data=[{"url": "http://x/y.png"}]), "response_format=b64_json"),
        (answer(data=[]), "sent no image"),
        (answer(401, error={"message": "wrong key"}), "wants another key"),
    ],
)
async def test_says_what_the_service_said(server: Loopback, reply: Reply, words: str) -> None:
    server.handler = in_turn(reply)
    with pytest.raises(EditorError) as caught:
        await editor(server).edit(EditRequest((PHOTO,), "x"))
    assert words in str(caught.value)


async def test_what_moderation_blocks_is_a_refusal(server: Loopback) -> None:
    server.handler = in_turn(answer(400, error={"message": "no", "code": "moderation_blocked"}))
    with pytest.raises(EditRefusedError):
        await editor(server).edit(EditRequest((PHOTO,), "x"))


async def test_a_mask_of_another_size_is_refused_before_any_call(server: Loopback) -> None:
    mask = Picture.from_pixels(np.zeros((9, 9, 3), np.uint8))
    with pytest.raises(MediaError, match="9 x 9 pixels, the photo 48 x 64"):
        await editor(server).edit(EditRequest((PHOTO,), "x", mask=mask))
    assert not server.requests


def test_openai_itself_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        EDITORS.load("openai-images")()
