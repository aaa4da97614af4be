import base64
import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from editthinker.graph.thinkers import pictures
from editthinker.graph.thinkers.pictures import MAX_PIXELS, data_uri, show_difference
from editthinker.tools.images import Picture


def picture(width: int, height: int, channels: int = 3, seed: int = 0) -> Picture:
    random = np.random.default_rng(seed)
    return Picture.from_pixels(random.integers(0, 256, (height, width, channels), np.uint8))


def decoded(uri: str) -> Image.Image:
    head, _, data = uri.partition(";base64,")
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert head == f"data:image/{str(image.format).lower()}"
    return image


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_sends_a_small_picture_as_its_own_bytes_under_its_own_type(kind: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(buffer, kind)
    uri = data_uri(Picture.from_bytes(buffer.getvalue()))
    assert decoded(uri).format == kind
    assert base64.b64decode(uri.partition(",")[2]) == buffer.getvalue()


@pytest.mark.parametrize("size", [(1600, 1200), (1200, 1600), (1025, 1024), (20_000, 60), (1, 9)])
def test_keeps_pictures_within_the_limit_and_in_shape(size: tuple[int, int]) -> None:
    width, height = decoded(data_uri(picture(*size))).size
    assert width * height <= MAX_PIXELS
    assert width / height == pytest.approx(size[0] / size[1], rel=0.02)
    if size[0] * size[1] > MAX_PIXELS:
        assert width * height > 0.95 * MAX_PIXELS


@pytest.mark.parametrize("size", [(3000, 1), (1, 3000), (1, 1)])
def test_an_extreme_shape_still_has_pixels(size: tuple[int, int]) -> None:
    width, height = decoded(data_uri(picture(*size), 100)).size
    assert width >= 1
    assert height >= 1
    assert width * height <= 100


def test_lays_transparent_pictures_on_white() -> None:
    clear = np.zeros((8, 8, 4), np.uint8)
    image = decoded(data_uri(Picture.from_pixels(clear)))
    assert image.mode == "RGB"
    assert image.getpixel((3, 3)) == (255, 255, 255)


def test_encodes_a_picture_once_even_when_asked_from_two_threads() -> None:
    before = pictures._encode.cache_info().misses
    big = picture(1300, 1000, seed=7)
    again = Picture.from_bytes(big.data)
    with ThreadPoolExecutor(4) as pool:
        uris = set(pool.map(data_uri, [big, again, big, again]))
    assert len(uris) == 1
    assert pictures._encode.cache_info().misses == before + 1


def test_a_difference_is_grey_where_nothing_changed_and_lighter_where_the_edit_is() -> None:
    before = np.full((6, 4, 3), 100, np.uint8)
    after = before.copy()
    after[0], after[1] = 130, 60
    drawn = show_difference(Picture.from_pixels(before), Picture.from_pixels(after)).pixels
    assert [int(row[0, 0]) for row in drawn[:3]] == [158, 88, 128]


def test_a_difference_has_the_size_of_the_source() -> None:
    drawn = show_difference(picture(20, 10), picture(9, 9, channels=4))
    assert (drawn.ref["width"], drawn.ref["height"]) == (20, 10)
