"""Editors behind HTTP that speak EditThinker's `/edit` contract.

The public services of the EditThinker authors speak it, as does our own
(`editthinker.tools.serving`). Theirs ignore fields that they do not know and call the number of
steps `num_inference_steps`, while their client sends `num_inference_step`: both are sent.
"""

import asyncio
import base64
import binascii
import json
import os
from collections.abc import Mapping, Sequence
from math import inf

from pydantic import JsonValue, SecretStr

from editthinker.tools.editors.base import (
    Capabilities,
    EditRequest,
    EditResult,
    ignore_step,
)
from editthinker.tools.editors.endpoints import read_endpoints
from editthinker.tools.editors.refusals import refuse_unsupported
from editthinker.tools.editors.service import Body, HttpService, Patience
from editthinker.tools.errors import EditorError, MediaError
from editthinker.tools.images import Format, Picture, encode_like

ENDPOINTS_VARIABLE = "EDITTHINKER_EDITOR_ENDPOINTS"
"""Environment variable with the addresses, where none are given."""

TOKEN_VARIABLE = "EDITTHINKER_EDITOR_TOKEN"
"""Environment variable with the bearer token, where none is given."""

REMOTE = Capabilities(supports_seed=True, options=("steps", "guidance", "negative_prompt"))
"""What every service of the contract takes."""

MAX_NOTES, MAX_NOTE = 16, 1000
"""Most notes of a service that are kept, and characters of each: they travel with the state."""

_RECORDED = ("seed", "processing_time", "gpu_id", "editor", "details")


class RemoteEditor:
    """An editor behind HTTP, at one address or many (the EditThinker `/edit` contract).

    Args:
        endpoints: Base addresses such as `http://host:8005`, or `@FILE` with one a line; by default
            those in EDITTHINKER_EDITOR_ENDPOINTS.
        name: Its id, and the name of its node in the graph.
        capabilities: What the service can do. With `supports_mask` a mask is sent as `mask_image`,
            with `max_images` above 1 the pictures after the first as `extra_images`, which our own
            services read.
        steps: Number of denoising steps; None for the service's own.
        options: Further fields of the request, such as `{"guidance_scale": 2.5}`.
        send_as: Encoding to send pictures in; None sends their very bytes.
        token: Bearer token; by default the one in EDITTHINKER_EDITOR_TOKEN.
        patience: Time limits.

    Raises:
        ConfigError: if there is no address, or a wrong one.
    """

    def __init__(
        self,
        endpoints: Sequence[str] = (),
        *,
        name: str = "remote",
        capabilities: Capabilities | None = None,
        steps: int | None = None,
        options: Mapping[str, JsonValue] | None = None,
        send_as: Format | None = None,
        token: str | None = None,
        patience: Patience | None = None,
    ) -> None:
        urls = read_endpoints(endpoints, ENDPOINTS_VARIABLE, "http://host:8005")
        token = token or os.environ.get(TOKEN_VARIABLE)
        self.name = name
        self.capabilities = capabilities or REMOTE
        self._fields = dict(options or {})
        if steps is not None:
            self._fields |= _fields({"steps": steps})
        self._send_as = send_as
        self._service = HttpService(
            name, urls, SecretStr(token) if token else None, patience or Patience()
        )

    async def edit(self, request: EditRequest) -> EditResult:
        """Let the service edit the first image.

        Raises:
            EditRefusedError: if the request is more than the capabilities say, or the service will
                not do what the prompt asks.
            EditorError: if the service says no, or failed for longer than `patience` allows.
        """
        refuse_unsupported(self.name, self.capabilities, request)
        body = await asyncio.to_thread(self._write, request)
        answer = await self._service.post("/edit", body, request.on_step)
        return await asyncio.to_thread(read_result, self.name, answer, request)

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        await self._service.aclose()

    def _write(self, request: EditRequest) -> Body:
        fields: dict[str, JsonValue] = {
            "enhance_prompt": False,
            **self._fields,
            **_fields(request.options),
            "image": self._encode(request.images[0]),
            "prompt": request.prompt,
            "seed": request.seed,
        }
        if request.on_step is not ignore_step:
            fields["stream"] = True  # which other services than ours ignore
        if self.capabilities.max_images > 1:
            fields["extra_images"] = [self._encode(picture) for picture in request.images[1:]]
        if request.mask:
            fields["mask_image"] = self._encode(request.mask)
        return Body(json.dumps(fields).encode(), "application/json")

    def _encode(self, picture: Picture) -> str:
        data = encode_like(picture, self._send_as) if self._send_as else picture.data
        return base64.b64encode(data).decode("ascii")


def read_result(name: str, answer: Mapping[str, JsonValue], request: EditRequest) -> EditResult:
    """Read the JSON object that a service answered an edit with.

    Raises:
        EditorError: if it says that the edit failed, or holds no image.
    """
    text = answer.get("edited_image")
    if answer.get("success") is False or not isinstance(text, str) or not text:
        said = answer.get("error") or answer.get("detail") or answer.get("message")
        reason = f"failed: {said}" if said else f"sent no edited_image, only {sorted(answer)}"
        raise EditorError(f"{name} {reason}"[:400])
    data = decode_image(name, text)
    given = answer.get("notes")
    notes = [str(note)[:MAX_NOTE] for note in given[:MAX_NOTES]] if isinstance(given, list) else []
    details = {
        **{key: answer[key] for key in _RECORDED if answer.get(key) is not None},
        "sizes": sizes(request.images[0], data),
    }
    rewritten = answer.get("enhanced_prompt")
    return EditResult(
        image=data,
        notes=(
            *notes,
            *([f"the service rewrote the prompt to: {rewritten}"[:MAX_NOTE]] if rewritten else ()),
        ),
        cost_usd=_number(answer.get("cost_usd")),
        details=details,
    )


def decode_image(name: str, text: str) -> bytes:
    """Decode base64, with or without the head of a data URI, and check that it is an image.

    Raises:
        EditorError: if it is not.
    """
    payload = text.partition(",")[2] if text.startswith("data:") else text
    try:
        data = base64.b64decode(payload, validate=True)
        Picture.from_bytes(data)
    except (binascii.Error, ValueError) as exc:
        raise EditorError(f"{name} sent an image that is not valid base64 ({exc})") from exc
    except MediaError as exc:
        raise EditorError(f"{name} sent no usable image: {exc}") from exc
    return data


def sizes(source: Picture, image: bytes) -> dict[str, JsonValue]:
    """Return the sizes of what was edited and what came of it, for the record."""
    output = Picture.from_bytes(image).ref
    return {
        "input": [source.ref["width"], source.ref["height"]],
        "output": [output["width"], output["height"]],
    }


def _fields(options: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Name options as services do."""
    fields = dict(options)
    if "steps" in fields:
        fields["num_inference_steps"] = fields["num_inference_step"] = fields.pop("steps")
    if "guidance" in fields:
        fields["guidance_scale"] = fields.pop("guidance")
    return fields


def _number(value: JsonValue) -> float:
    """Return a price; what is none counts nothing."""
    return float(value) if isinstance(value, int | float) and 0 <= value < inf else 0.0
