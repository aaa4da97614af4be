"""The editors that the conformance suite runs against, those behind HTTP with a small service."""

import base64
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from email import message_from_bytes
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from loopback import Loopback, Reply, Request, answer, hang

from editthinker.tools.editors.base import EDITORS, Editor, EditRequest
from editthinker.tools.editors.fake import FakeEditor
from editthinker.tools.editors.openai_images import OpenAIImagesEditor
from editthinker.tools.editors.remote import RemoteEditor
from editthinker.tools.editors.service import Patience
from editthinker.tools.images import Picture

LOCAL = ["fake", "darkroom", "quirky", "simulated"]
BEHIND_HTTP = ["remote", "openai-images"]
TINY = ["flux-kontext", "flux2", "qwen-image-edit-plus", "longcat-image-edit", "instruct-pix2pix"]
PATIENCE = Patience(timeout_s=30, retry_s=1)
IMPATIENCE = Patience(timeout_s=0.3)


class Subject:
    """An editor under test; `open` makes a new one in the running event loop."""

    def __init__(self, name: str) -> None:
        self.name = name

    def open(self, *, hangs: bool = False) -> AbstractAsyncContextManager[Editor]:
        """Make one; with `hangs`, the service that it calls never answers."""
        return _open(self.name, hangs)


@asynccontextmanager
async def _open(name: str, hangs: bool) -> AsyncIterator[Editor]:
    patience = IMPATIENCE if hangs else PATIENCE
    if name == "remote":
        async with Loopback(hang if hangs else _answer_edit) as server:
            remote = RemoteEditor([server.url], patience=patience)
            yield remote
            await remote.aclose()
    elif name == "openai-images":
        async with Loopback(hang if hangs else _answer_images_edit) as server:
            images = OpenAIImagesEditor(server.url + "/v1", patience=patience)
            yield images
            await images.aclose()
    elif name in TINY:
        # Needs torch, which the other editors do without.
        from tiny_models import AREA, keep_small

        with pytest.MonkeyPatch.context() as patch:
            keep_small(patch)
            yield EDITORS.load(name)(model=str(_weights(name)), steps=2, area=AREA)
    else:
        yield EDITORS.load(name)()


@cache
def _weights(name: str) -> Path:
    from tiny_models import BUILDERS

    folder = TemporaryDirectory()
    _folders.append(folder)
    return BUILDERS[name](Path(folder.name))


_folders: list[TemporaryDirectory[str]] = []
"""Removed when the tests end."""


async def _answer_edit(request: Request) -> Reply:
    fields = request.json
    try:
        picture = Picture.from_bytes(base64.b64decode(fields["image"]))
        result = await FakeEditor().edit(
            EditRequest((picture,), fields["prompt"], seed=fields["seed"])
        )
    except Exception as exc:
        return answer(422, detail=str(exc))
    return answer(success=True, edited_image=base64.b64encode(result.image).decode())


async def _answer_images_edit(request: Request) -> Reply:
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    parts = message_from_bytes(head + request.body).get_payload()
    fields = {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
        for part in parts
    }
    try:
        picture = Picture.from_bytes(fields["image"])
        result = await FakeEditor().edit(EditRequest((picture,), fields["prompt"].decode()))
    except Exception as exc:
        return answer(400, error={"message": str(exc)})
    return answer(data=[{"b64_json": base64.b64encode(result.image).decode()}])
