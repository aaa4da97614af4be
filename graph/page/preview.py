"""Pictures small enough to lie inside a page."""

import base64
import io
from dataclasses import dataclass

from editthinker.tools.blobs import BlobStore
from editthinker.tools.errors import MediaError
from editthinker.tools.images import ImageRef, open_image, to_rgb

MAX_BYTES = 120_000
"""A picture that is small in pixels and has no more bytes than this is embedded unchanged."""

QUALITY = 80
"""Of WebP, where a picture is made smaller."""


@dataclass(frozen=True)
class Preview:
    """A picture as a page holds it."""

    uri: str
    """A data URI."""
    width: int
    """In pixels, of the preview."""
    height: int
    """In pixels, of the preview."""
    has_alpha: bool


def make_preview(ref: ImageRef, blobs: BlobStore, side: int) -> Preview | None:
    """Embed a picture, at most `side` pixels on its longer side.

    A small file goes in as it is, unless it carries EXIF data: a page is passed on, and the place
    where a photo was taken should not go with it.

    Returns:
        None if the blob is missing or broken: the rest of the page is still worth having.
    """
    try:
        data = blobs.get_image(ref).data
        with open_image(data, ref["sha256"][:12]) as image:
            has_alpha = image.has_transparency_data
            small = max(image.size) <= side and len(data) <= MAX_BYTES
            if small and not image.getexif():
                return Preview(_uri(ref["media_type"], data), *image.size, has_alpha)
            image.draft("RGB", (side, side))  # a JPEG is decoded at a fraction of its size
            shrunk = to_rgb(image)
            shrunk.thumbnail((side, side))
            buffer = io.BytesIO()
            shrunk.save(buffer, "WEBP", quality=QUALITY, exif=b"")
    except (MediaError, OSError, ValueError, SyntaxError):  # Pillow's for broken data
        return None
    return Preview(_uri("image/webp", buffer.getvalue()), *shrunk.size, has_alpha)


def _uri(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
