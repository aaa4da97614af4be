import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from editthinker.tools.errors import MediaError
from editthinker.tools.images import (
    MAX_PIXELS,
    READERS,
    Picture,
    encode_like,
    open_image,
)

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (24, 32, 3), dtype=np.uint8)
NOISE_ALPHA = RNG.integers(0, 256, (24, 32, 4), dtype=np.uint8)


def encode(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    idat = b"IDAT" + zlib.compress(b"\0")
    chunks = [
        struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (header, idat)
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def webp_header(width: int, height: int) -> bytes:
    size = (width - 1) | (height - 1) << 14
    chunk = b"\x2f" + struct.pack("<I", size) + bytes(9)
    body = b"WEBPVP8L" + struct.pack("<I", len(chunk)) + chunk
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(
    ("format", "media_type"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")],
)
def test_names_bytes_by_content(format: str, media_type: str) -> None:
    data = encode(Image.fromarray(NOISE), format)
    picture = Picture.from_bytes(data)
    assert picture.data is data
    assert (picture.ref["media_type"], picture.ref["width"], picture.ref["height"]) == (
        media_type,
        32,
        24,
    )
    assert len(picture.ref["sha256"]) == 64


@pytest.mark.parametrize("pixels", [NOISE, NOISE_ALPHA], ids=["rgb", "rgba"])
def test_pixels_survive_encoding(pixels: np.ndarray) -> None:
    assert np.array_equal(Picture.from_pixels(pixels).pixels, pixels)


def test_encodes_a_view_that_is_not_contiguous() -> None:
    assert np.array_equal(Picture.from_pixels(NOISE[:, ::-1]).pixels, NOISE[:, ::-1])


def test_equal_bytes_are_equal_pictures_and_share_their_pixels() -> None:
    data = encode(Image.fromarray(NOISE), "PNG")
    one, other = Picture.from_bytes(data), Picture.from_bytes(bytes(bytearray(data)))
    assert one == other
    assert len({one, other}) == 1
    assert one.pixels is other.pixels


def test_pixels_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Picture.from_pixels(NOISE).pixels[0, 0, 0] = 1


def test_shows_its_reference_but_not_its_bytes() -> None:
    picture = Picture.from_pixels(NOISE)
    assert picture.ref["sha256"] in repr(picture)
    assert "PNG" not in repr(picture)


@pytest.mark.parametrize("header", [png_header, webp_header])
def test_refuses_a_bomb_by_its_header(header) -> None:
    assert Picture.from_bytes(header(8000, 8000)).ref["width"] == 8000
    with pytest.raises(MediaError, match=r"8001 x 8000 pixels: at most 64,000,000"):
        Picture.from_bytes(header(8001, 8000))


def test_names_the_size_of_a_huge_png() -> None:
    with pytest.raises(MediaError, match="30000 x 30000"):
        Picture.from_bytes(png_header(30000, 30000))


def test_refuses_a_webp_that_pillow_will_not_open() -> None:
    with pytest.raises(MediaError, match=f"at most {MAX_PIXELS:,}"):
        Picture.from_bytes(webp_header(16383, 16383))


@pytest.mark.parametrize("data", [b"", b"<html>", b"GIF89a\1\0\1\0", b"RIFF\4\0\0\0WAVE"])
def test_refuses_what_the_loop_does_not_carry(data: bytes) -> None:
    with pytest.raises(MediaError, match="which is not PNG or JPEG or WEBP"):
        Picture.from_bytes(data)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_refuses_a_broken_header(format: str) -> None:
    with pytest.raises(MediaError, match="in its header"):
        Picture.from_bytes(encode(Image.fromarray(NOISE), format)[:14])


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_refuses_to_decode_broken_data(format: str) -> None:
    data = encode(Image.fromarray(NOISE), format)
    with pytest.raises(MediaError, match="broken"):
        _ = Picture.from_bytes(data[: len(data) * 2 // 3]).pixels


def test_decodes_grey_palette_and_16_bit() -> None:
    grey = Image.fromarray(NOISE[:, :, 0])
    deep = Image.fromarray(NOISE[:, :, 0].astype(np.uint16) << 8)
    for data in (encode(grey, "PNG"), encode(deep, "PNG"), encode(grey.convert("P"), "PNG")):
        assert np.array_equal(Picture.from_bytes(data).pixels, NOISE[:, :, :1].repeat(3, 2))


def test_opens_the_first_picture_of_a_jpeg_that_holds_two() -> None:
    red, blue = Image.new("RGB", (32, 24), "red"), Image.new("RGB", (32, 24), "blue")
    picture = Picture.from_bytes(encode(red, "MPO", save_all=True, append_images=[blue]))
    assert picture.ref["media_type"] == "image/jpeg"
    assert tuple(picture.pixels[0, 0]) == (254, 0, 0)


@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
def test_encodes_nothing_anew_that_has_the_format(format: str) -> None:
    picture = Picture.from_bytes(encode(Image.fromarray(NOISE), format))
    assert encode_like(picture, format) is picture.data


@pytest.mark.parametrize("pixels", [NOISE, NOISE_ALPHA], ids=["rgb", "rgba"])
@pytest.mark.parametrize("format", ["png", "webp"])
def test_writes_png_and_webp_without_loss(format: str, pixels: np.ndarray) -> None:
    other = "webp" if format == "png" else "png"
    options = {"lossless": True, "exact": True} if other == "webp" else {}
    picture = Picture.from_bytes(encode(Image.fromarray(pixels), other, **options))
    again = Picture.from_bytes(encode_like(picture, format))
    assert again.ref["media_type"] == f"image/{format}"
    assert np.array_equal(again.pixels, pixels)


def test_writes_jpeg_at_full_colour_resolution_on_white() -> None:
    pixels = np.zeros((24, 32, 4), np.uint8)
    pixels[:, 16:] = (200, 30, 30, 255)
    data = encode_like(Picture.from_pixels(pixels), "jpeg")
    with open_image(data, "it", readers=READERS) as image:
        assert image.format == "JPEG"
        assert [layer[1:3] for layer in image.layer] == [(1, 1)] * 3
    decoded = Picture.from_bytes(data).pixels.astype(int)
    assert np.abs(decoded[:, :16] - 255).max() <= 4
    assert np.abs(decoded[:, 16:] - (200, 30, 30)).max() <= 4


def test_refuses_a_format_that_cannot_hold_the_size() -> None:
    wide = Picture.from_pixels(np.zeros((1, 16384, 3), np.uint8))
    with pytest.raises(MediaError, match="16384 x 1 pixels cannot be written as webp; choose PNG"):
        encode_like(wide, "webp")
