"""The only place that opens an image that a user names.

A path, bytes or a data URI becomes an upright 8-bit sRGB image in the blob store. Bytes of such an
image are stored as they came; everything else is stored as PNG, without loss. Stored bytes may so
hold the metadata of the camera (place, date); what an editor makes of them carries none of it.
"""

import base64
import binascii
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
from PIL import ExifTags, Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from editthinker.tools.blobs import BlobStore
from editthinker.tools.errors import ConfigError, MediaError
from editthinker.tools.images import (
    MAX_PIXELS,
    READERS,
    Format,
    ImageRef,
    Picture,
    Pixels,
    Reader,
    open_image,
    to_rgb,
)
from editthinker.tools.profiles import is_srgb, to_srgb

_ACCEPTED = {
    **READERS,
    "GIF": Reader(re.compile(rb"GIF8[79]a"), GifImageFile),
    "BMP": Reader(re.compile(rb"BM.{12}[\x0c-\x7c]\0\0\0", re.DOTALL), BmpImageFile),
    "TIFF": Reader(re.compile(rb"II\*\0|MM\0\*"), TiffImageFile),
}

_OTHER_KINDS = {
    "a HEIC photo": rb".{4}ftyp(hei|hev|mif1|msf1)",
    "an AVIF image": rb".{4}ftypavi",
    "a JPEG XL image": rb"\xff\x0a|\0\0\0\x0cJXL ",
    "a JPEG 2000 image": rb"\0\0\0\x0cjP  ",
    "a Photoshop document": rb"8BPS",
    "a PDF document": rb"%PDF",
    "an archive": rb"PK\x03\x04|\x1f\x8b|Rar!|7z\xbc\xaf",
    "a video or another media file": rb".{4}ftyp|\x1aE\xdf\xa3|RIFF.{4}AVI",
    "an SVG drawing": rb"\s*(<\?xml.{,2000}?)?<svg",
    "a web page (the download may have saved an error message)": rb"\s*<(!doctype html|html|head)",
    "text": rb"[\t\n\r -~]{64}|[\t\n\r -~]+\Z",
}
"""What people hand in instead of an image, and how it starts; the first match is named."""

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns an image upright, by its EXIF orientation."""

_TIFF_SUB_IMAGES = 330

_MODES = {"1", "L", "LA", "P", "PA", "I;16", "I;16B", "RGB", "RGBA", "CMYK", "YCbCr"}
"""Pillow's names of the pixels that convert to 8-bit RGB; 32-bit and Lab ones do not."""


@dataclass(frozen=True)
class Limits:
    """What is too large or too small to edit."""

    max_bytes: int = 64 * 2**20
    """Encoded size."""
    max_pixels: int = MAX_PIXELS
    """Width times height; at most `MAX_PIXELS`."""
    min_side: int = 8
    """Shorter side in pixels; the latent grid of image models has one cell for 8 or 16 pixels, so
    there is nothing to edit in less."""

    def __post_init__(self) -> None:
        if self.max_pixels > MAX_PIXELS:
            raise ConfigError(
                f"max_pixels is {self.max_pixels:,}; it can be {MAX_PIXELS:,} at most"
            )


@dataclass(frozen=True)
class Ingested:
    """An image that was taken in."""

    ref: ImageRef
    format: Format
    """What to write results as, to be like the source; `png` for sources that the loop does not
    carry. See `editthinker.tools.images.encode_like`."""
    notes: tuple[str, ...] = ()
    """Sentences for the user: what was wrong with the image and passed over."""


def ingest_image(
    source: str | os.PathLike[str] | bytes,
    blobs: BlobStore,
    *,
    limits: Limits | None = None,
    root: Path | None = None,
    allow_paths: bool = True,
) -> Ingested:
    """Take in the image that a user names.

    Reads PNG, JPEG, WebP, and BMP, TIFF and GIF of one picture. The picture is turned as its EXIF
    orientation says, its colours are converted from its embedded profile to sRGB (a damaged
    profile is passed over), grey, palette, 16-bit and CMYK become 8-bit RGB, transparency is kept.

    Args:
        source: A path, the encoded bytes, or `data:image/...;base64,...`.
        blobs: Where to store the image.
        limits: What is too large or too small.
        root: Read only files that, links followed, lie inside this folder; relative paths start
            there. Use it where others than the owner of the files name the path.
        allow_paths: Whether a string may be a path at all; servers say no.

    Raises:
        MediaError: if it cannot be read, is no image that works here, is damaged, animated, too
            large or too small.
        ConfigError: if the blob store cannot be written.
    """
    limits = limits or Limits()
    name, data = _fetch(source, limits, root, allow_paths)
    if not data:
        raise MediaError(f"{name} is empty (0 bytes); get the file again")
    if len(data) > limits.max_bytes:
        raise _too_many_bytes(name, limits)
    _check_kind(name, data)
    with open_image(data, name, readers=_ACCEPTED, max_pixels=limits.max_pixels) as image:
        try:
            _check_header(name, image, limits)
            image.load()
            pixels, notes = _normalise(image, data)
        except MediaError:
            raise
        except Exception as exc:  # Pillow raises many kinds for broken data
            raise MediaError(
                f"{name} is damaged or cut off ({exc}); get the file again, or save it anew as PNG"
            ) from exc
        source_format = str(image.format).lower()
    if pixels is not None:
        data = Picture.from_pixels(pixels).data
    format_: Format = next((f for f in get_args(Format) if f == source_format), "png")
    return Ingested(blobs.put_image(data), format_, tuple(notes))


def _fetch(
    source: str | os.PathLike[str] | bytes, limits: Limits, root: Path | None, allow_paths: bool
) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        return f"the image of {len(source):,} bytes", source
    if isinstance(source, str) and source[:5].lower() == "data:":
        return "the data URI", _from_data_uri(source, limits)
    shown = os.fspath(source)
    name = repr(shown if len(shown) <= 120 else f"{shown[:117]}...")
    if not allow_paths:
        raise MediaError(f"{name} is not image data; send the image as data:image/png;base64,...")
    if isinstance(source, str) and re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", source):
        raise MediaError(f"{name} is an address, not a file; download it and give the file's path")
    if not shown.strip():
        raise MediaError("no image was named; give the path of an image file")
    return name, _from_file(Path(source), name, limits, root)


def _from_data_uri(uri: str, limits: Limits) -> bytes:
    head, comma, payload = uri.partition(",")
    if not comma or not re.fullmatch(r"data:image/[^,]*;base64", head, re.IGNORECASE):
        raise MediaError(f"{head[:60]!r} does not start a data URI like data:image/png;base64,...")
    if len(payload) > limits.max_bytes * 4 / 3 + 4:
        raise _too_many_bytes("the data URI", limits)
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise MediaError(
            f"the data URI is not valid base64 ({exc}); encode the file again"
        ) from exc


def _from_file(path: Path, name: str, limits: Limits, root: Path | None) -> bytes:
    try:
        if root is not None:
            root = root.resolve()
            path = (root / path).resolve()
            if not path.is_relative_to(root):
                raise MediaError(f"{name} is outside the folder that images may be read from")
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise MediaError(f"{name} is a folder; name one image file in it")
        if not stat.S_ISREG(mode):
            raise MediaError(f"{name} is not a regular file; copy the image into one")
        with path.open("rb") as file:
            return file.read(limits.max_bytes + 1)
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise MediaError(f"there is no file {name}; check the path") from exc
    except (OSError, RuntimeError, ValueError) as exc:  # links in a circle, NUL, too long a name
        reason = (isinstance(exc, OSError) and exc.strerror) or exc
        raise MediaError(
            f"{name} cannot be read ({reason}); check the path and its rights"
        ) from exc


def _too_many_bytes(name: str, limits: Limits) -> MediaError:
    return MediaError(
        f"{name} is larger than {limits.max_bytes:,} bytes; make it smaller, or save it as JPEG"
    )


def _check_kind(name: str, data: bytes) -> None:
    if any(reader.magic.match(data) for reader in _ACCEPTED.values()):
        return
    kinds = (k for k, p in _OTHER_KINDS.items() if re.match(p, data[:4096], re.DOTALL | re.I))
    *most, last = _ACCEPTED
    raise MediaError(
        f"{name} is {next(kinds, 'no image of a known kind')}; give a {', '.join(most)} or {last} "
        "image instead"
    )


def _check_header(name: str, image: ImageFile, limits: Limits) -> None:
    width, height = image.size
    if min(width, height) < limits.min_side:
        raise MediaError(
            f"{name} has {width} x {height} pixels; an image to edit needs {limits.min_side} or "
            "more on each side"
        )
    if isinstance(image, TiffImageFile) and _TIFF_SUB_IMAGES in image.tag_v2:
        raise MediaError(f"{name} is a camera's raw file or a pyramid; export it as JPEG or PNG")
    if image.mode not in _MODES:
        raise MediaError(f"{name} has pixels of the kind {image.mode}; save it as 8-bit RGB first")
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        raise MediaError(f"{name} holds {frames} frames or pages; save the one to edit as PNG")


def _normalise(image: ImageFile, data: bytes) -> tuple[Pixels | None, list[str]]:
    """Return upright 8-bit sRGB pixels, or None if the encoded bytes are that, and notes."""
    notes: list[str] = []
    turn = _UPRIGHT.get(_orientation(image, notes))
    upright = image.transpose(turn) if turn is not None else image
    icc = image.info.get("icc_profile") or b""
    rgb = to_srgb(upright, icc, notes) if icc and not is_srgb(icc) else to_rgb(upright)
    # Byte 24 of a PNG is its bits per channel: Pillow reads 16 as 8.
    deep = image.format == "PNG" and data[24] > 8
    if rgb is image and image.format in READERS and not deep:
        return None, notes
    return np.asarray(rgb), notes


def _orientation(image: Image.Image, notes: list[str]) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # Pillow raises many kinds for broken EXIF data; the picture is fine
        notes.append("the EXIF data is damaged, so the image was taken to be upright")
        return 1
