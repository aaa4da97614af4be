"""Pictures the way chat models take them: data URIs of limited size, encoded once."""

import base64
import io
from functools import lru_cache
from threading import Lock

import numpy as np
from PIL import Image

from editthinker.tools.images import Picture, Pixels

MAX_PIXELS = 1_048_576
"""Most pixels of a picture that a thinker sees; EditThinker was trained with this limit."""

THUMBNAIL_PIXELS = 65_536
"""Most pixels of a picture of an earlier attempt."""

_GREY = 128

_ENCODING = Lock()


def data_uri(picture: Picture, max_pixels: int = MAX_PIXELS) -> str:
    """Return a picture as a `data:` URI of at most `max_pixels`.

    A picture that is small enough and opaque is sent as its own bytes. The others are scaled down
    and laid on white, as PNG, since a chat server may show what lies behind transparency. The last
    few results are kept: a source is encoded once for a whole loop.
    """
    with _ENCODING:  # two candidates of one turn ask for the same source at the same moment
        return _encode(picture, max_pixels)


@lru_cache(maxsize=32)
def _encode(picture: Picture, max_pixels: int) -> str:
    width, height = picture.ref["width"], picture.ref["height"]
    data, media_type = picture.data, picture.ref["media_type"]
    with Image.open(io.BytesIO(data)) as opened:
        transparent = opened.has_transparency_data
    if transparent or width * height > max_pixels:
        image = Image.fromarray(picture.pixels)
        if image.mode == "RGBA":
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image).convert("RGB")
        if width * height > max_pixels:
            image = image.resize(_fit(width, height, max_pixels), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        image.save(buffer, "PNG", compress_level=1)
        data, media_type = buffer.getvalue(), "image/png"
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def show_difference(source: Picture, edited: Picture) -> Picture:
    """Draw what an edit changed: grey where nothing did, lighter or darker by as much as it did.

    An edit of another size is scaled to that of the source first.
    """
    before = Image.fromarray(source.pixels).convert("RGB")
    after = Image.fromarray(edited.pixels).convert("RGB").resize(before.size)
    return Picture.from_pixels(subtract(np.asarray(before), np.asarray(after)))


def subtract(before: Pixels, after: Pixels) -> Pixels:
    """Return the pixels of `show_difference`, of pictures of one size."""
    change = after.astype(np.int16) - before
    return np.asarray(np.clip(change + _GREY, 0, 255), np.uint8)


def _fit(width: int, height: int, max_pixels: int) -> tuple[int, int]:
    """Scale a size down to at most `max_pixels`, keeping its shape as far as that goes."""
    scale = (max_pixels / (width * height)) ** 0.5
    fitted = max(1, min(int(width * scale), max_pixels))
    return fitted, max(1, min(int(height * scale), max_pixels // fitted))
