"""Editors behind the OpenAI images API: `/v1/images/edits` at OpenAI or anywhere else."""

import asyncio
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
import numpy as np
from PIL import Image
from pydantic import JsonValue, SecretStr

from editthinker.tools.editors.base import Capabilities, EditRequest, EditResult
from editthinker.tools.editors.endpoints import read_endpoints
from editthinker.tools.editors.refusals import refuse_unsupported
from editthinker.tools.editors.remote import decode_image, sizes
from editthinker.tools.editors.service import Body, HttpService, Patience
from editthinker.tools.errors import ConfigError, EditorError
from editthinker.tools.images import EXTENSIONS, Picture

BASE_URL = "https://api.openai.com/v1"
"""Where OpenAI answers."""

OPENAI = Capabilities(max_images=16, supports_mask=True)
"""What OpenAI's image models take; they have no seed."""


@dataclass(frozen=True)
class TokenPrice:
    """US dollars per million tokens."""

    text_input: float
    image_input: float
    output: float


class OpenAIImagesEditor:
    """An editor behind an OpenAI-compatible `/v1/images/edits`.

    Args:
        base_url: Address of the API, with its `/v1`; by default that in OPENAI_BASE_URL, or
            OpenAI's.
        model: Name of the model there.
        name: Its id, and the name of its node in the graph.
        capabilities: What the model can do; with `supports_seed` a field `seed` is sent.
        options: Further fields, such as `{"quality": "high", "size": "1024x1536"}`.
        price: To compute the cost of a call; None counts nothing.
        token: API key; by default the one in OPENAI_API_KEY.
        patience: Time limits.

    Raises:
        ConfigError: if the address is wrong, or OpenAI's own and there is no key.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        model: str = "gpt-image-1",
        name: str = "openai-images",
        capabilities: Capabilities = OPENAI,
        options: Mapping[str, str | int | float] | None = None,
        price: TokenPrice | None = None,
        token: str | None = None,
        patience: Patience | None = None,
    ) -> None:
        given = base_url or os.environ.get("OPENAI_BASE_URL") or BASE_URL
        urls = read_endpoints([given], "OPENAI_BASE_URL", "http://host:8000/v1")
        token = token or os.environ.get("OPENAI_API_KEY")
        if not token and urls[0] == BASE_URL:
            raise ConfigError(
                f"editor {name!r} needs an API key in the environment: OPENAI_API_KEY"
            )
        self.name = name
        self.capabilities = capabilities
        self._fields = {"model": model, **(options or {})}
        self._price = price
        self._service = HttpService(
            name, urls, SecretStr(token) if token else None, patience or Patience(), ()
        )

    async def edit(self, request: EditRequest) -> EditResult:
        """Let the service edit the images.

        Raises:
            EditRefusedError: if the request is more than the capabilities say, or the service will
                not do what the prompt asks.
            EditorError: if the service says no, or failed for longer than `patience` allows.
        """
        refuse_unsupported(self.name, self.capabilities, request)
        body = await asyncio.to_thread(self._write, request)
        answer = await self._service.post("/images/edits", body)
        return await asyncio.to_thread(self._read, answer, request)

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        await self._service.aclose()

    def _write(self, request: EditRequest) -> Body:
        part = "image" if len(request.images) == 1 else "image[]"
        files = [(part, _file("image", picture)) for picture in request.images]
        if request.mask:
            files.append(("mask", _file("mask", transparent_where_white(request.mask))))
        fields = {**self._fields, "prompt": request.prompt}
        if self.capabilities.supports_seed:
            fields["seed"] = request.seed
        form = httpx.Request("POST", "http://form", data=fields, files=files)
        return Body(form.read(), form.headers["Content-Type"])

    def _read(self, answer: Mapping[str, JsonValue], request: EditRequest) -> EditResult:
        data = answer.get("data")
        first = data[0] if isinstance(data, list) and data else None
        text = first.get("b64_json") if isinstance(first, dict) else None
        if not isinstance(text, str):
            hint = "only an address of one; set the option response_format=b64_json"
            said = hint if isinstance(first, dict) and "url" in first else f"only {sorted(answer)}"
            raise EditorError(f"{self.name} sent no image, {said}"[:400])
        image = decode_image(self.name, text)
        usage = answer.get("usage")
        return EditResult(
            image=image,
            cost_usd=self._cost(usage) if isinstance(usage, dict) else 0.0,
            details={
                "model": self._fields["model"],
                "usage": usage,
                "sizes": sizes(request.images[0], image),
            },
        )

    def _cost(self, usage: Mapping[str, JsonValue]) -> float:
        if self._price is None:
            return 0.0
        details = usage.get("input_tokens_details")
        parts = details if isinstance(details, dict) else {}
        text, image = (_tokens(parts.get(f"{kind}_tokens")) for kind in ("text", "image"))
        other = _tokens(usage.get("input_tokens")) - text - image
        return (
            (text + other) * self._price.text_input
            + image * self._price.image_input
            + _tokens(usage.get("output_tokens")) * self._price.output
        ) / 1e6


def transparent_where_white(mask: Picture) -> Picture:
    """Turn a mask that is white where the edit may happen into one that is transparent there."""
    grey = np.asarray(Image.fromarray(mask.pixels[..., :3]).convert("L"))
    pixels = np.zeros((*grey.shape, 4), np.uint8)
    pixels[..., 3] = 255 - grey
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return Picture.from_bytes(buffer.getvalue())


def _file(name: str, picture: Picture) -> tuple[str, bytes, str]:
    media_type = picture.ref["media_type"]
    return (name + EXTENSIONS[media_type], picture.data, media_type)


def _tokens(value: JsonValue) -> int:
    return value if isinstance(value, int) else 0
