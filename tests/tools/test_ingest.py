import base64
import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from editthinker.tools.blobs import BlobStore
from editthinker.tools.errors import ConfigError, MediaError
from editthinker.tools.images import MAX_PIXELS, Picture, Pixels
from editthinker.tools.ingest import Ingested, Limits, ingest_image

PHOTOS = Path(__file__).parents[2] / "tools" / "photos"
ACROSS, DOWN = np.meshgrid(np.linspace(0, 255, 32), np.linspace(0, 255, 24))
RAMP = np.stack([ACROSS, DOWN, DOWN[::-1]], axis=-1).astype(np.uint8)
RAMP_ALPHA = np.dstack([RAMP, RAMP[:, :, 0]])
BLOBS = BlobStore("memory://test-ingest")


def encode(pixels: Pixels | Image.Image, format: str = "PNG", **options: object) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def ingest(source: str | os.PathLike[str] | bytes, **options: object) -> Ingested:
    return ingest_image(source, BLOBS, **options)


def stored(source: str | os.PathLike[str] | bytes) -> Pixels:
    return BLOBS.get_image(ingest(source).ref).pixels


def is_kept(data: bytes) -> bool:
    return BLOBS.get_image(ingest(data).ref).data == data


def png(width: int, height: int, bits: int, colour_type: int, rows: bytes) -> bytes:
    """Write a PNG, also of the kinds that Pillow cannot; `rows` each start with a zero."""

    def chunk(name: bytes, body: bytes) -> bytes:
        checksum = zlib.crc32(name + body)
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(rows, 1))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def deep_png(pixels: np.ndarray, colour_type: int) -> bytes:
    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    return png(width, height, 16, colour_type, rows)


@pytest.mark.parametrize("photo", sorted(PHOTOS.glob("*.jpg")), ids=lambda path: path.stem)
def test_keeps_the_bytes_of_a_plain_photo(photo: Path) -> None:
    done = ingest(photo)
    assert BLOBS.get_image(done.ref).data == photo.read_bytes()
    assert (done.format, done.notes) == ("jpeg", ())


@pytest.mark.parametrize("pixels", [RAMP, RAMP_ALPHA], ids=["rgb", "rgba"])
@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_keeps_plain_bytes_with_and_without_alpha(format: str, pixels: Pixels) -> None:
    data = encode(pixels, format)
    assert is_kept(data)
    assert stored(data).shape == pixels.shape
    assert ingest(data).format == format.lower()


@pytest.mark.parametrize("format", ["BMP", "TIFF"])
def test_takes_other_formats_as_png(format: str) -> None:
    done = ingest(encode(RAMP, format))
    assert (done.format, done.ref["media_type"]) == ("png", "image/png")
    assert np.array_equal(BLOBS.get_image(done.ref).pixels, RAMP)


def test_takes_a_still_gif_with_its_transparency() -> None:
    palette = Image.fromarray(RAMP[:, :, 0]).convert("P")
    pixels = stored(encode(palette, "GIF", transparency=0))
    assert pixels.shape == (24, 32, 4)
    assert pixels[0, 0, 3] == 0
    assert pixels[0, 31, 3] == 255


def test_takes_the_first_picture_of_a_phone_jpeg_that_holds_two() -> None:
    main, depth = Image.fromarray(RAMP), Image.new("L", (32, 24))
    data = encode(main, "MPO", save_all=True, append_images=[depth])
    assert is_kept(data)
    assert ingest(data).format == "jpeg"


def test_takes_a_path_object_and_a_string(tmp_path: Path) -> None:
    path = tmp_path / "a photo.png"
    path.write_bytes(encode(RAMP))
    assert ingest(path) == ingest(str(path)) == ingest(path.read_bytes())


@pytest.mark.parametrize("media_type", ["image/png", "IMAGE/PNG", "image/jpeg;charset=x"])
def test_takes_a_data_uri_whatever_type_it_claims(media_type: str) -> None:
    uri = f"data:{media_type};base64,{base64.b64encode(encode(RAMP)).decode()}"
    assert ingest(uri, allow_paths=False) == ingest(encode(RAMP))


# Turning it into upright 8-bit RGB(A)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_turns_the_image_as_its_exif_data_says(format: str, orientation: int) -> None:
    upright = np.zeros((24, 32, 3), np.uint8)
    upright[:12, :16] = (250, 0, 0)
    upright[:12, 16:] = (0, 250, 0)
    upright[12:, :16] = (0, 0, 250)
    turned = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[274] = orientation
    options = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}
    data = encode(np.ascontiguousarray(turned), format, exif=exif, **options.get(format, {}))
    done = ingest(data)
    assert (done.ref["width"], done.ref["height"]) == (32, 24)
    assert np.abs(BLOBS.get_image(done.ref).pixels.astype(int) - upright).max() <= 6
    assert ingest(BLOBS.get_image(done.ref).data).ref == done.ref
    assert done.format == ("png" if format == "TIFF" else format.lower())


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_passes_over_damaged_exif_data_and_says_so(format: str) -> None:
    orientation_in_letters = struct.pack(">HHHI4s", 1, 274, 2, 4, b"abc") + bytes(4)
    exif = b"Exif\0\0MM\0*" + struct.pack(">I", 8) + orientation_in_letters
    data = encode(RAMP, format, exif=exif)
    assert ingest(data).notes == ("the EXIF data is damaged, so the image was taken to be upright",)
    assert is_kept(data)


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_scales_16_bit_grey(format: str) -> None:
    grey = np.linspace(0, 65535, 24 * 32).reshape(24, 32).astype(np.uint16)
    pixels = stored(encode(Image.fromarray(grey), format))
    assert np.array_equal(pixels, (grey >> 8).astype(np.uint8)[:, :, None].repeat(3, 2))


@pytest.mark.parametrize(
    ("colour_type", "channels", "expected"),
    [(2, [0, 1, 2], [0, 1, 2]), (4, [0, 3], [0, 0, 0, 3]), (6, [0, 1, 2, 3], [0, 1, 2, 3])],
    ids=["rgb", "grey-alpha", "rgba"],
)
def test_scales_16_bit_colour_and_alpha(
    colour_type: int, channels: list[int], expected: list[int]
) -> None:
    deep = RAMP_ALPHA.astype(np.uint16) * 256 + 77
    data = deep_png(deep[:, :, channels], colour_type)
    assert not is_kept(data)
    assert np.array_equal(stored(data), RAMP_ALPHA[:, :, expected])


def test_takes_grey_with_alpha() -> None:
    grey_alpha = Image.fromarray(RAMP_ALPHA).convert("LA")
    pixels = stored(encode(grey_alpha))
    assert np.array_equal(pixels[:, :, 0], pixels[:, :, 2])
    assert np.array_equal(pixels[:, :, 3], RAMP_ALPHA[:, :, 3])


def test_takes_grey_and_black_and_white() -> None:
    for image in (Image.fromarray(RAMP[:, :, 0]), Image.fromarray(RAMP[:, :, 0] > 99)):
        pixels = stored(encode(image))
        assert np.array_equal(pixels, np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("transparency", [3, bytes([0, 60, 120, 180])], ids=["index", "alphas"])
def test_takes_a_palette_with_transparency(transparency: int | bytes) -> None:
    image = Image.fromarray(np.arange(768, dtype=np.uint8).reshape(24, 32) % 4, "P")
    image.putpalette([250, 0, 0, 0, 250, 0, 0, 0, 250, 9, 9, 9])
    pixels = stored(encode(image, transparency=transparency))
    alphas = list(transparency) if isinstance(transparency, bytes) else [255, 255, 255, 0]
    assert pixels[0, :4].tolist() == [
        [250, 0, 0, alphas[0]],
        [0, 250, 0, alphas[1]],
        [0, 0, 250, alphas[2]],
        [9, 9, 9, alphas[3]],
    ]


def test_takes_a_colour_that_stands_for_transparent() -> None:
    data = encode(RAMP, transparency=tuple(int(c) for c in RAMP[0, 0]))
    pixels = stored(data)
    assert not is_kept(data)
    assert (pixels[0, 0, 3], pixels[5, 5, 3]) == (0, 255)


# What bad input gets


def test_refuses_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"there is no file '.*gone\.jpg'; check the path"):
        ingest(tmp_path / "gone.jpg")
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(MediaError, match="there is no file"):
        ingest(tmp_path / "file" / "below.jpg")


def test_refuses_a_folder(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="is a folder; name one image file in it"):
        ingest(tmp_path)


@pytest.mark.parametrize("nothing", ["", "  "])
def test_refuses_an_empty_name(nothing: str) -> None:
    with pytest.raises(MediaError, match="no image was named"):
        ingest(nothing)


def test_refuses_a_pipe_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(MediaError, match="not a regular file"):
        ingest(tmp_path / "pipe.png")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_refuses_a_file_without_the_right_to_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.png"
    path.write_bytes(encode(RAMP))
    path.chmod(0)
    with pytest.raises(MediaError, match=r"cannot be read .Permission denied."):
        ingest(path)


def test_refuses_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    with pytest.raises(MediaError, match=r"'.*empty\.png' is empty .0 bytes.; get the file"):
        ingest(tmp_path / "empty.png")
    with pytest.raises(MediaError, match="is empty"):
        ingest(b"")


@pytest.mark.parametrize(
    "path", ["nul\0.png", "x" * 300, "x/" * 5000, "\udcff.png", "new\nline.png"]
)
def test_refuses_a_path_that_cannot_be(path: str) -> None:
    with pytest.raises(MediaError) as caught:
        ingest(path)
    assert len(str(caught.value)) < 250
    assert str(caught.value).isprintable()


def test_refuses_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to(tmp_path / "b.png")
    (tmp_path / "b.png").symlink_to(tmp_path / "a.png")
    for root in (None, tmp_path):
        with pytest.raises(MediaError, match=r"cannot be read .*check the path"):
            ingest(tmp_path / "a.png", root=root)


@pytest.mark.parametrize(
    "address", ["http://host/a.png", "https://host/a.png", "file:///a.png", "s3://bucket/a.png"]
)
def test_refuses_an_address(address: str) -> None:
    with pytest.raises(MediaError, match=r"is an address, not a file; download it"):
        ingest(address)


def test_reads_no_path_when_only_data_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encode(RAMP))
    for source in (path, str(path), "https://host/a.png"):
        with pytest.raises(MediaError, match="send the image as data:image/png;base64"):
            ingest(source, allow_paths=False)
    assert ingest(path.read_bytes(), allow_paths=False).ref["width"] == 32


def test_reads_only_inside_its_root(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    (root / "in" / "a.png").write_bytes(encode(RAMP))
    (tmp_path / "secret.png").write_bytes(encode(RAMP))
    (tmp_path / "root-two").mkdir()
    (tmp_path / "root-two" / "a.png").write_bytes(encode(RAMP))
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    (root / "folder").symlink_to(tmp_path)
    (root / "fine.png").symlink_to(root / "in" / "a.png")
    for inside in ("in/a.png", root / "in" / "a.png", "in/../in/a.png", "fine.png"):
        assert ingest(inside, root=root).ref["width"] == 32
    outside = [
        tmp_path / "secret.png",
        "../secret.png",
        "in/../../secret.png",
        "link.png",
        "folder/secret.png",
        "../root-two/a.png",
        "/etc/passwd",
        "../no-such-file.png",
    ]
    for path in outside:
        with pytest.raises(MediaError, match="outside the folder that images may be read from"):
            ingest(path, root=root)


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("data:image/png;base64,a", "not valid base64"),
        ("data:image/png;base64,!!!!", "not valid base64"),
        ("data:image/png;base64,\u00e9\u00e9", "not valid base64"),
        ("data:image/png;base64,", "the data URI is empty"),
        ("data:image/png;base64", "does not start a data URI"),
        ("data:image/png,abc", "does not start a data URI"),
        ("data:text/html;base64,PGh0bWw+", "does not start a data URI"),
        ("data:image/png;base64,PGh0bWw+", "the data URI is a web page"),
    ],
)
def test_refuses_a_broken_data_uri(uri: str, reason: str) -> None:
    with pytest.raises(MediaError, match=reason):
        ingest(uri)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"<!DOCTYPE html><html>404</html>", "a web page"),
        (b"\n <html lang='en'>", "a web page"),
        (b"Not found", "text"),
        (b'{"error": "expired", "' + b"x" * 200, "text"),
        (b"<svg xmlns=", "an SVG drawing"),
        (b'<?xml version="1.0"?>\n<!-- a -->\n<svg>', "an SVG drawing"),
        (b"\0\0\0\x18ftypheic\0\0", "a HEIC photo"),
        (b"\0\0\0\x18ftypavif\0\0", "an AVIF image"),
        (b"\0\0\0\x18ftypisom\0\0", "a video"),
        (b"%PDF-1.7", "a PDF document"),
        (b"PK\3\4", "an archive"),
        (bytes(100), "no image of a known kind"),
        (b"\x89PN", "no image of a known kind"),
    ],
)
def test_names_the_kind_of_what_is_no_image(tmp_path: Path, data: bytes, kind: str) -> None:
    (tmp_path / "photo.jpg").write_bytes(data)
    with pytest.raises(MediaError, match=rf"'.*photo.jpg' is {kind}.*; give a PNG, .* or TIFF"):
        ingest(tmp_path / "photo.jpg")


PHOTO = Image.open(PHOTOS / "cat.jpg").resize((64, 48))
ENCODED = {
    "jpeg": encode(PHOTO, "JPEG"),
    "progressive": encode(PHOTO, "JPEG", progressive=True),
    "png": encode(PHOTO),
    "webp": encode(PHOTO, "WEBP"),
    "gif": encode(PHOTO.quantize(), "GIF"),
    "tiff": encode(PHOTO, "TIFF", compression="tiff_lzw"),
    "bmp": encode(PHOTO, "BMP"),
}


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("kind", ENCODED)
def test_refuses_a_file_that_is_cut_off(kind: str, share: float) -> None:
    data = ENCODED[kind]
    with pytest.raises(MediaError, match=r"damaged or cut off|broken or cut off in its header"):
        ingest(data[: int(len(data) * share)])


@settings(max_examples=150)
@given(
    st.sampled_from(sorted(ENCODED)),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=12),
)
def test_damaged_bytes_are_taken_or_refused_but_never_crash(
    kind: str, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(ENCODED[kind])
    for place, value in changes:
        data[place % len(data)] = value
    try:
        done = ingest(bytes(data), limits=Limits(max_pixels=1_000_000))
    except MediaError as exc:
        assert "\n" not in str(exc)
    else:
        assert BLOBS.get_image(done.ref).pixels.shape[2] in (3, 4)


def test_refuses_a_bomb_before_decoding_it() -> None:
    # One bit a pixel: 112 MB of zeros in 110 kB, 900 MB if it were decoded to grey.
    bomb = png(30000, 30000, 1, 0, bytes(30000 * 3751))
    assert len(bomb) < 600_000
    with pytest.raises(MediaError, match=r"30000 x 30000 pixels: at most 64,000,000"):
        ingest(bomb)


def test_refuses_a_bomb_that_is_nothing_but_a_header() -> None:
    for data in (
        png(30000, 30000, 8, 2, b""),
        ENCODED["gif"][:6] + b"\xff" * 4 + ENCODED["gif"][10:],
    ):
        with pytest.raises(MediaError, match="at most 64,000,000 pixels are accepted; make it"):
            ingest(data)


def test_refuses_more_pixels_and_bytes_than_the_limits_say(tmp_path: Path) -> None:
    data = encode(RAMP)
    (tmp_path / "a.png").write_bytes(data)
    uri = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    for source in (data, uri, tmp_path / "a.png"):
        assert ingest(source, limits=Limits(max_bytes=len(data), max_pixels=768))
        with pytest.raises(MediaError, match=f"is larger than {len(data) - 1} bytes"):
            ingest(source, limits=Limits(max_bytes=len(data) - 1))
        with pytest.raises(MediaError, match="has 32 x 24 pixels: at most 767"):
            ingest(source, limits=Limits(max_pixels=767))


def test_no_limit_can_be_above_what_the_loop_carries() -> None:
    with pytest.raises(ConfigError, match="64,000,000 at most"):
        Limits(max_pixels=MAX_PIXELS + 1)


@pytest.mark.parametrize("size", [(1, 1), (7, 500), (500, 7)])
def test_refuses_an_image_too_small_to_edit(size: tuple[int, int]) -> None:
    width, height = size
    with pytest.raises(MediaError, match=f"has {width} x {height} pixels; .* needs 8 or more"):
        ingest(encode(Image.new("RGB", size)))
    assert ingest(encode(Image.new("RGB", (8, 8)))).ref["width"] == 8


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_refuses_an_animation_with_the_number_of_its_frames(format: str) -> None:
    frames = [Image.new("RGB", (32, 24), colour) for colour in ("red", "green", "blue")]
    data = encode(frames[0], format, save_all=True, append_images=frames[1:])
    with pytest.raises(MediaError, match="holds 3 frames or pages; save the one to edit as PNG"):
        ingest(data)


def test_refuses_a_raw_photo_whose_main_image_is_a_thumbnail() -> None:
    with pytest.raises(MediaError, match="raw file or a pyramid; export it as JPEG or PNG"):
        ingest(encode(RAMP, "TIFF", tiffinfo={330: 8}))


def test_refuses_floating_point_pixels() -> None:
    with pytest.raises(MediaError, match="has pixels of the kind F; save it as 8-bit RGB"):
        ingest(encode(Image.fromarray(RAMP[:, :, 0].astype(np.float32)), "TIFF"))


def test_reports_a_blob_store_that_cannot_be_written_as_such(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="EDITTHINKER_BLOBS"):
        ingest_image(encode(RAMP), BlobStore(tmp_path / "file"))


def test_a_result_can_be_taken_in_again() -> None:
    picture = Picture.from_pixels(RAMP_ALPHA)
    assert ingest(picture.data).ref == picture.ref
