"""How pictures stand in messages: content blocks in, references out.

A block is read, never followed: an address is taken only where it ends in the SHA-256 of a picture
in the blob store, and then nothing but that hash is used.
"""

import base64
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from langchain_core.messages import AnyMessage, BaseMessage
from PIL import Image

from editthinker.tools.blobs import BlobStore
from editthinker.tools.errors import MediaError
from editthinker.tools.images import ImageRef, Picture
from editthinker.tools.ingest import Limits, ingest_image

ID_LENGTH = 12
"""Hexadecimal digits of a SHA-256 by which people and models name a picture."""

PREVIEW_SIDE = 512
"""Longest side in pixels of a picture that is put into a message itself."""

_BLOB_PATH = re.compile(r".*/blobs/([0-9a-f]{64})(\.[a-z]+)?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def take_in(given: object, blobs: BlobStore, limits: Limits | None = None) -> ImageRef:
    """Turn whatever names a picture into a reference, storing bytes that it carries.

    Args:
        given: A reference, a content block of a message, a data URI, a SHA-256, or the address
            of a blob route.
        blobs: Where pictures are kept.
        limits: What is too large or too small.

    Raises:
        MediaError: if it names no picture, or one that is not in the store.
    """
    if isinstance(given, Mapping):
        if "sha256" in given:
            return blobs.get_image(_as_ref(given)).ref
        held = picture_in(given)
        if held is None:
            kind = str(given.get("type", "a block without type"))[:40]
            raise MediaError(f"{kind!r} is not an image block; send the photo as image data")
        return take_in(held, blobs, limits)
    if isinstance(given, str):
        address = _BLOB_PATH.fullmatch(urlsplit(given).path) if "/blobs/" in given[:400] else None
        sha256 = address[1] if address else given
        if _SHA256.fullmatch(sha256):
            return Picture.from_bytes(blobs.get(sha256)).ref
        return ingest_image(given, blobs, limits=limits, allow_paths=False).ref
    raise MediaError(
        f"{type(given).__name__} {repr(given)[:60]} is no image; give a reference, a data URI or "
        "an image block of a message"
    )


def picture_in(block: object) -> str | ImageRef | None:
    """Return what an image block holds: a data URI, a hash or an address; None for other blocks.

    Reads LangChain's standard blocks, version 0 and 1, and OpenAI's and Anthropic's own.
    """
    if not isinstance(block, Mapping):
        return None
    kind, media_type = block.get("type"), block.get("mime_type") or block.get("mimeType")
    if kind == "image_url":
        inner = block.get("image_url")
        url = inner.get("url") if isinstance(inner, Mapping) else inner
        return url if isinstance(url, str) else None
    if kind == "image" and isinstance(source := block.get("source"), Mapping):
        media_type = source.get("media_type")
        block = {"base64": source.get("data"), "url": source.get("url")}
    if kind == "image" or (kind == "file" and str(media_type).startswith("image/")):
        data = block.get("base64") or block.get("data")
        if isinstance(data, str) and data:
            return f"data:{media_type or 'image/png'};base64,{data}"
        named = block.get("file_id") or block.get("url")
        return named if isinstance(named, str) else None
    return None


def pictures_of(messages: Sequence[AnyMessage | BaseMessage]) -> list[str | ImageRef]:
    """Return every picture of a conversation, oldest first: image blocks and tools' results."""
    return [picture for message in messages for picture in _pictures_of(message)]


def reference_block(ref: ImageRef, base_url: str = "") -> dict[str, Any]:
    """Return a block that names a picture: by address where there is one, else by hash."""
    named = (
        {"url": f"{base_url.rstrip('/')}/blobs/{ref['sha256']}"}
        if base_url
        else {"file_id": ref["sha256"]}
    )
    return {"type": "image", "mime_type": ref["media_type"], **named}


def preview_block(picture: Picture, side: int = PREVIEW_SIDE) -> dict[str, Any]:
    """Return a block that carries a small JPEG of a picture, for front ends that fetch nothing."""
    image = Image.fromarray(picture.pixels).convert("RGB")
    image.thumbnail((side, side))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    data = base64.b64encode(buffer.getvalue()).decode()
    return {"type": "image", "mime_type": "image/jpeg", "base64": data}


def short_id(ref: ImageRef) -> str:
    """Return the first digits of a picture's hash."""
    return ref["sha256"][:ID_LENGTH]


def _pictures_of(message: BaseMessage) -> Iterator[str | ImageRef]:
    artifact = getattr(message, "artifact", None)
    if isinstance(artifact, Mapping) and isinstance(result := artifact.get("result"), Mapping):
        image = result.get("image")
        if isinstance(image, Mapping) and "sha256" in image:
            # Its blocks, where it has any, show the same picture.
            yield _as_ref(image)
            return
    if isinstance(message.content, list):
        for block in message.content:
            if held := picture_in(block):
                yield held


def _as_ref(given: Mapping[str, Any]) -> ImageRef:
    if set(given) != set(ImageRef.__annotations__):
        raise MediaError(f"{repr(dict(given))[:200]} is not an image reference")
    return ImageRef(
        sha256=given["sha256"],
        media_type=given["media_type"],
        width=given["width"],
        height=given["height"],
    )
