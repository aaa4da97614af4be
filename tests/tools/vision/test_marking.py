from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editthinker.tools.blobs import BlobStore
from editthinker.tools.errors import ConfigError, MediaError
from editthinker.tools.vision.marking import Marking, draw_marking, read_marking


@pytest.fixture
def photo() -> np.ndarray:
    pixels = np.full((120, 160, 3), (60, 110, 60), np.uint8)
    pixels[40:80, 60:110] = (200, 40, 40)
    return pixels


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def test_boxes_and_points_are_read_as_written() -> None:
    assert read_marking("1,2, 30,40", None, None) == Marking(box=(1, 2, 30, 40))
    assert read_marking(None, "5,6", None) == Marking(point=(5, 6))
    assert read_marking(None, None, "mask.png") == Marking(mask="mask.png")
    assert read_marking(None, None, None) is None


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (("1,2,3", None, None), "LEFT,TOP,RIGHT,BOTTOM"),
        (("30,2,3,40", None, None), "right must be over left"),
        ((None, "-5,6", None), "X,Y"),
        (("1,2,3,4", "5,6", None), "one of --box"),
    ],
)
def test_a_bad_marking_is_refused(given: tuple[str | None, ...], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        read_marking(*given)


def test_a_box_marks_the_thing_in_it(photo: np.ndarray, blobs: BlobStore) -> None:
    marked = draw_marking(Marking(box=(50, 30, 120, 90)), photo, blobs)
    assert marked.pixels.shape == photo.shape
    assert (marked.pixels[44:76, 64:106] == 255).all()
    assert (marked.pixels[:30] == 0).all()
    assert "outlined by GrabCut" in marked.note


@pytest.mark.parametrize("marking", [Marking(box=(0, 0, 161, 10)), Marking(point=(160, 5))])
def test_a_marking_outside_the_photo_is_refused(
    marking: Marking, photo: np.ndarray, blobs: BlobStore
) -> None:
    with pytest.raises(MediaError, match="outside the photo of 160 x 120"):
        draw_marking(marking, photo, blobs)


def test_a_mask_of_another_size_or_all_black_is_refused(
    photo: np.ndarray, blobs: BlobStore, tmp_path: Path
) -> None:
    other, black = tmp_path / "other.png", tmp_path / "black.png"
    Image.new("RGB", (80, 60), "white").save(other)
    Image.new("RGB", (160, 120)).save(black)
    with pytest.raises(MediaError, match="the mask is 80 x 60 pixels, the photo 160 x 120"):
        draw_marking(Marking(mask=str(other)), photo, blobs)
    with pytest.raises(MediaError, match="black everywhere"):
        draw_marking(Marking(mask=str(black)), photo, blobs)
