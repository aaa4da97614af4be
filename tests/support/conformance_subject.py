"""The editors that the conformance suite runs against, those behind HTTP with a small service."""

import base64
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from email import message_from_bytes
from pathlib import Path
from tempfile import TemporaryDirectory

from loopback import Loopback, Reply, Request, answer

from editthinker.tools.editors.base import EDITORS, Editor, EditRequest
from editthinker.tools.editors.fake import FakeEditor
from editthinker.tools.editors.openai_images import OpenAIImagesEditor
from editthinker.tools.editors.remote import RemoteEditor
from editthinker.tools.editors.service import Patience
from editthinker.tools.images import Picture

LOCAL = ["fake", "darkroom", "quirky", "simulated"]
BEHIND_HTTP = ["remote", "openai-images"]
TINY = ["flux-kontext"]
PATIENCE = Patience(timeout_s=10, retry_s=1)


class Subject:
    """An editor under test; `open` makes a new one in the running event loop."""

    def __init__(self, name: str) -> None:
        self.name = name

    def open(self) -> AbstractAsyncContextManager[Editor]:
        return _open(self.name)


@asynccontextmanager
async def _open(name: str) -> AsyncIterator[Editor]:
    if name == "remote":
        async with Loopback(_answer_edit) as server:
            remote = RemoteEditor([server.url], patience=PATIENCE)
            yield remote
            await remote.aclose()
    elif name == "openai-images":
        async with Loopback(_answer_images_edit) as server:
            images = OpenAIImagesEditor(server.url + "/v1", patience=PATIENCE)
            yield images
            await images.aclose()
    elif name == "flux-kontext":
        with TemporaryDirectory() as folder:
            # Needs torch, which the other editors do without.
            from tiny_pipelines import build_flux

            yield EDITORS.load(name)(model=str(build_flux(Path(folder))), steps=2)
    else:
        yield EDITORS.load(name)()


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
