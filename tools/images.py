"""What an image is here: a reference by content, and its encoded bytes.

A reference travels through state, events, records and pages; the bytes stay in the blob store
(`editthinker.tools.blobs`). Pixels are arrays `(H, W, C) uint8`, sRGB, C = 3 or 4; sizes are
`(width, height)`.
"""

import hashlib
import io
import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile
from typing_extensions import TypedDict

from editthinker.tools.errors import MediaError
from editthinker.tools.recent import Recent

Pixels = NDArray[np.uint8]

Format = Literal["png", "jpeg", "webp"]
"""Encodings that the loop carries."""

MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
"""Media type of each encoding, by Pillow's format name."""

EXTENSIONS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}
"""File extension of each media type."""

MAX_PIXELS = 64_000_000
"""Most pixels of an image: 192 MB decoded, above every common camera. A file of a few kilobytes can
declare far more, and an editor behind HTTP may send one."""

CACHE_BYTES = 256 * 2**20
"""Decoded pixels kept in memory: the source of a loop is decoded by the editor and the thinker in
every turn."""


class Reader(NamedTuple):
    """How one encoding is recognised and opened."""

    magic: re.Pattern[bytes]
    """Matches the first bytes."""
    open: type[ImageFile]
    """Opened directly, not by `Image.open`: that one prints a warning for large images, hides the
    size of huge ones, and takes the JPEG of a phone with two pictures in it for another format."""


READERS: dict[str, Reader] = {
    "PNG": Reader(re.compile(rb"\x89PNG\r\n\x1a\n"), PngImageFile),
    "JPEG": Reader(re.compile(rb"\xff\xd8\xff"), JpegImageFile),
    "WEBP": Reader(re.compile(rb"RIFF.{4}WEBP", re.DOTALL), WebPImageFile),
}
"""What the loop carries, by Pillow's format name."""


class ImageRef(TypedDict):
    """Name of an image by its content."""

    sha256: str
    """Hash of the encoded bytes, 64 hexadecimal digits."""
    media_type: str
    """One of the values of `MEDIA_TYPES`."""
    width: int
    """In pixels."""
    height: int
    """In pixels."""


@dataclass(frozen=True)
class Picture:
    """An image in memory: its reference and its encoded bytes."""

    ref: ImageRef
    data: bytes = field(repr=False, compare=False)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Picture":
        """Name encoded bytes by content, reading only the header.

        Raises:
            MediaError: if they are not a PNG, JPEG or WebP image, or have over `MAX_PIXELS`.
        """
        with open_image(data, f"the image of {len(data):,} bytes") as image:
            media_type, (width, height) = MEDIA_TYPES[str(image.format)], image.size
        sha256 = hashlib.sha256(data).hexdigest()
        return cls(ImageRef(sha256=sha256, media_type=media_type, width=width, height=height), data)

    @classmethod
    def from_pixels(cls, pixels: Pixels) -> "Picture":
        """Encode `(H, W, 3 or 4) uint8` sRGB pixels, without loss, as PNG."""
        return cls.from_bytes(_png(pixels))

    @property
    def pixels(self) -> Pixels:
        """Decoded pixels, `(H, W, 3) uint8`, or `(H, W, 4)` with alpha; read-only, shared.

        Raises:
            MediaError: if the encoded data is broken behind its header.
        """
        pixels = _DECODED.get(self.ref["sha256"])
        if pixels is None:
            pixels = _decode(self)
            _DECODED.put(self.ref["sha256"], pixels)
        return pixels

    def __hash__(self) -> int:
        return hash(self.ref["sha256"])


def open_image(
    data: bytes,
    name: str,
    *,
    readers: Mapping[str, Reader] = READERS,
    max_pixels: int = MAX_PIXELS,
) -> ImageFile:
    """Open encoded bytes, reading only the header.

    Args:
        data: The encoded image.
        name: What to call it in an error.
        readers: The encodings to accept.
        max_pixels: Refuse more pixels than this, before any is decoded.

    Raises:
        MediaError: if it is of another kind, its header is broken, or it is too large.
    """
    reader = next((r for r in readers.values() if r.magic.match(data)), None)
    if reader is None:
        raise MediaError(f"{name} starts with {data[:8]!r}, which is not {' or '.join(readers)}")
    too_large = f"at most {max_pixels:,} pixels are accepted; make it smaller first"
    try:
        image = reader.open(io.BytesIO(data))
    except Image.DecompressionBombError as exc:
        raise MediaError(f"{name} is far too large: {too_large}") from exc
    except Exception as exc:  # Pillow raises many kinds for broken headers
        raise MediaError(f"{name} is broken or cut off in its header; get the file again") from exc
    width, height = image.size
    if width * height > max_pixels:
        raise MediaError(f"{name} has {width} x {height} pixels: {too_large}")
    return image


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert any mode to 8-bit RGB, or RGBA where there is transparency.

    16-bit grey is scaled like Pillow scales 16-bit colour, by dropping the low byte. Colours are
    taken for sRGB.

    Raises:
        ValueError: if the mode has no range to scale from, such as floating point.
    """
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError("32-bit pixels are not supported")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return image if image.mode == mode else image.convert(mode)


def encode_like(picture: Picture, format: Format) -> bytes:
    """Encode a picture as `format`; the very same bytes where it already is.

    JPEG is written at quality 95 without chroma subsampling, transparency flattened on white. WebP
    and PNG are written without loss.

    Raises:
        MediaError: if the picture is broken, or too large for the format.
    """
    if picture.ref["media_type"] == MEDIA_TYPES[format.upper()]:
        return picture.data
    image = Image.fromarray(picture.pixels)
    buffer = io.BytesIO()
    try:
        if format == "jpeg":
            if image.mode == "RGBA":
                white = Image.new("RGBA", image.size, "white")
                image = Image.alpha_composite(white, image).convert("RGB")
            image.save(buffer, "JPEG", quality=95, subsampling=0)
        elif format == "webp":
            image.save(buffer, "WEBP", lossless=True, quality=0, method=0, exact=True)
        else:
            image.save(buffer, "PNG")
    except (OSError, ValueError) as exc:  # JPEG ends at 65,535 pixels a side, WebP at 16,383
        width, height = image.size
        raise MediaError(
            f"an image of {width} x {height} pixels cannot be written as {format}; choose PNG"
        ) from exc
    return buffer.getvalue()


def _png(pixels: Pixels) -> bytes:
    """Write a PNG whose rows are stored as differences to the rows above.

    Pillow tries five ways of storing each row, which takes twice as long for the same size.
    """
    height, width, channels = pixels.shape
    rows = np.empty((height, 1 + width * channels), np.uint8)
    rows[:, 0] = 2  # the filter "up"
    flat = pixels.reshape(height, -1)
    rows[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=rows[1:, 1:])
    colour_type = {3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(rows.data, 1)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


_DECODED: Recent[Pixels] = Recent(CACHE_BYTES, lambda pixels: pixels.nbytes)


def _decode(picture: Picture) -> Pixels:
    name = f"image {picture.ref['sha256'][:12]}"
    with open_image(picture.data, name) as image:
        try:
            pixels = np.array(to_rgb(image))
        except Exception as exc:  # Pillow raises many kinds for broken data
            raise MediaError(f"{name} is broken and cannot be decoded: {exc}") from exc
    pixels.flags.writeable = False
    return pixels
