import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from editthinker.tools.blobs import BlobStore
from editthinker.tools.images import Picture, Pixels
from editthinker.tools.ingest import Ingested, ingest_image
from editthinker.tools.profiles import is_srgb

BLOBS = BlobStore("memory://test-profiles")


def s15(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def gamma(value: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(value * 256))


def icc(space: bytes, tags: dict[bytes, bytes], connection: bytes = b"XYZ ") -> bytes:
    """Write a version 2 colour profile with the tags given and a D50 white."""
    white = s15(0.9642, 1.0, 0.8249)
    tags = {b"wtpt": b"XYZ " + bytes(4) + white, **tags}
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size, version = struct.pack(">I", start + len(body)), b"\x02\x40" + bytes(2)
    head = size + b"lcms" + version + b"mntr" + space + connection + bytes(12) + b"acsp"
    head += bytes(28) + white
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def rgb_profile(exponent: float, *colorants: tuple[float, float, float]) -> bytes:
    tags = {
        channel + b"XYZ": b"XYZ " + bytes(4) + s15(*colorant)
        for channel, colorant in zip((b"r", b"g", b"b"), colorants, strict=True)
    }
    tags |= {channel + b"TRC": gamma(exponent) for channel in (b"r", b"g", b"b")}
    return icc(b"RGB ", tags)


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
P3_LIKE = rgb_profile(
    2.2, (0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407)
)
"""The primaries of Display P3 with a plain gamma."""
ADOBE_RGB = rgb_profile(
    2.19922, (0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)
)
GREY_LINEAR = icc(b"GRAY", {b"kTRC": gamma(1.0)})
CMYK_PRESS = icc(
    b"CMYK",
    {
        b"A2B0": b"mft1"
        + bytes(4)
        + bytes([4, 3, 2, 0])
        + s15(1, 0, 0, 0, 1, 0, 0, 0, 1)
        + bytes(range(256)) * 4
        + bytes([128, 128, 128, 0, 128, 128]) * 8
        + bytes(range(256)) * 3
    },
    connection=b"Lab ",
)
"""A press that prints the same middle grey, L* = 50, whatever the inks are, and black ink black."""


def encode(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def flat(mode: str, colour: int | tuple[int, ...]) -> Image.Image:
    return Image.new(mode, (8, 8), colour)


def take(data: bytes) -> tuple[Pixels, Ingested]:
    done = ingest_image(data, BLOBS)
    return BLOBS.get_image(done.ref).pixels, done


def test_tells_srgb_by_what_a_profile_does() -> None:
    renamed = SRGB.replace("sRGB".encode("utf-16-be"), "mine".encode("utf-16-be"))
    assert renamed != SRGB
    assert is_srgb(SRGB)
    assert is_srgb(renamed)
    for other in (P3_LIKE, ADOBE_RGB, GREY_LINEAR, CMYK_PRESS, b"", b"no profile", SRGB[:200]):
        assert not is_srgb(other)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_keeps_the_bytes_of_an_srgb_image(format: str) -> None:
    data = encode(flat("RGB", (200, 100, 50)), format, icc_profile=SRGB)
    _, done = take(data)
    assert BLOBS.get_image(done.ref).data == data
    assert done.notes == ()


# By the published matrices of Adobe RGB (1998) and Display P3 and the transfer curve of sRGB.
@pytest.mark.parametrize(
    ("profile", "colour", "expected"),
    [
        (ADOBE_RGB, (255, 255, 255), (255, 255, 255)),
        (ADOBE_RGB, (128, 128, 128), (128, 128, 128)),
        (ADOBE_RGB, (200, 100, 50), (227, 100, 42)),
        (P3_LIKE, (200, 100, 50), (216, 93, 24)),
    ],
)
def test_converts_wide_colours_to_srgb(
    profile: bytes, colour: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    pixels, done = take(encode(flat("RGB", colour), icc_profile=profile))
    assert np.abs(pixels.astype(int) - expected).max() <= 2
    assert done.notes == ()


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_keeps_alpha_while_it_converts(format: str) -> None:
    options = {"lossless": True} if format == "WEBP" else {}
    image = flat("RGBA", (200, 100, 50, 77))
    pixels, done = take(encode(image, format, icc_profile=ADOBE_RGB, **options))
    opaque, _ = take(encode(flat("RGB", (200, 100, 50)), icc_profile=ADOBE_RGB))
    assert pixels[0, 0].tolist() == [*opaque[0, 0], 77]
    assert done.format == format.lower()


def test_converts_a_palette_by_its_profile() -> None:
    palette = flat("RGB", (200, 100, 50)).quantize(4)
    pixels, _ = take(encode(palette, icc_profile=ADOBE_RGB))
    opaque, _ = take(encode(flat("RGB", (200, 100, 50)), icc_profile=ADOBE_RGB))
    assert np.array_equal(pixels, opaque)


@pytest.mark.parametrize(
    "image",
    [flat("L", 55), flat("LA", (55, 200)), flat("I;16", 55 * 256)],
    ids=["8", "alpha", "16"],
)
def test_converts_grey_by_its_profile(image: Image.Image) -> None:
    pixels, done = take(encode(image, icc_profile=GREY_LINEAR))
    # 55 / 255 linear light is 0.5029 of the sRGB curve.
    assert np.abs(pixels[..., :3].astype(int) - 128).max() <= 1
    assert pixels.shape[2] == (4 if image.mode == "LA" else 3)
    assert done.notes == ()


def test_converts_grey_by_a_colour_profile() -> None:
    pixels, done = take(encode(flat("L", 128), "JPEG", icc_profile=ADOBE_RGB))
    assert np.abs(pixels.astype(int) - 128).max() <= 2
    assert done.notes == ()


def test_converts_cmyk_through_its_profile() -> None:
    data = encode(flat("CMYK", (255, 0, 0, 0)), "JPEG", icc_profile=CMYK_PRESS)
    pixels, done = take(data)
    assert np.abs(pixels.astype(int) - 119).max() <= 2
    assert (done.format, done.ref["media_type"], done.notes) == ("jpeg", "image/png", ())


def test_converts_cmyk_without_a_profile_as_plain_inks() -> None:
    pixels, _ = take(encode(flat("CMYK", (255, 0, 0, 0)), "JPEG", quality=100))
    assert np.abs(pixels.astype(int) - (0, 255, 255)).max() <= 2


@pytest.mark.parametrize(
    ("image", "profile", "note"),
    [
        (flat("RGB", (9, 99, 199)), b"no profile", "damaged"),
        (flat("RGB", (9, 99, 199)), P3_LIKE[:150], "damaged"),
        (flat("RGB", (9, 99, 199)), GREY_LINEAR, "for GRAY images"),
        (flat("RGB", (9, 99, 199)), CMYK_PRESS, "for CMYK images"),
        (flat("L", 99), CMYK_PRESS, "for CMYK images"),
        (flat("CMYK", (0, 0, 0, 0)), SRGB, None),
        (flat("CMYK", (0, 0, 0, 0)), ADOBE_RGB, "for RGB images"),
    ],
)
def test_passes_over_a_profile_that_cannot_apply_and_says_so(
    image: Image.Image, profile: bytes, note: str | None
) -> None:
    format = "JPEG" if image.mode == "CMYK" else "PNG"
    pixels, done = take(encode(image, format, icc_profile=profile))
    assert np.array_equal(pixels, np.asarray(image.convert("RGB")))
    assert [note in text for text in done.notes if note] == [True] * (note is not None)


def test_a_result_carries_no_profile() -> None:
    done = ingest_image(encode(flat("RGB", (9, 99, 199)), icc_profile=ADOBE_RGB), BLOBS)
    picture: Picture = BLOBS.get_image(done.ref)
    with Image.open(io.BytesIO(picture.data)) as image:
        assert "icc_profile" not in image.info
