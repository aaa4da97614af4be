"""What a user points at in a photo: a box, a point or a mask, made into a mask picture."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from editthinker.tools.blobs import BlobStore
from editthinker.tools.errors import ConfigError, MediaError
from editthinker.tools.images import Pixels
from editthinker.tools.ingest import ingest_image
from editthinker.tools.vision.masks import Box
from editthinker.tools.vision.segmenter import segment


@dataclass(frozen=True)
class Marking:
    """What the user marked; one of the three is given."""

    box: Box | None = None
    """The thing that fills this box: left, top, right, bottom in pixels."""
    point: tuple[int, int] | None = None
    """The thing under this point: column, row in pixels."""
    mask: str | None = None
    """A picture of the photo's size: white where the edit may happen."""


@dataclass(frozen=True)
class Marked:
    """A marking on a photo."""

    pixels: Pixels
    """White in it, black outside; `(H, W, 3) uint8`."""
    note: str
    """A sentence about how it was found."""


def read_marking(box: str | None, point: str | None, mask: str | None) -> Marking | None:
    """Read a marking as a user wrote it; None for none.

    Raises:
        ConfigError: if it is not one of `L,T,R,B`, `X,Y` and a file, or more than one is given.
    """
    if sum(given is not None for given in (box, point, mask)) > 1:
        raise ConfigError("mark with one of --box, --point and --mask, not with several")
    if box is not None:
        left, top, right, bottom = _numbers("--box", box, "LEFT,TOP,RIGHT,BOTTOM", 4)
        if left >= right or top >= bottom:
            raise ConfigError(f"--box {box}: right must be over left, and bottom over top")
        return Marking(box=(left, top, right, bottom))
    if point is not None:
        x, y = _numbers("--point", point, "X,Y", 2)
        return Marking(point=(x, y))
    return Marking(mask=mask) if mask is not None else None


def draw_marking(marking: Marking, pixels: Pixels, blobs: BlobStore) -> Marked:
    """Make a marking a mask of a photo, `(H, W, 3 or 4) uint8`.

    Raises:
        MediaError: if it lies outside the photo, or a mask has another size or marks nothing.
    """
    height, width = pixels.shape[:2]
    if marking.mask is not None:
        return Marked(_read_mask(marking.mask, blobs, width, height), "")
    if marking.box is not None:
        right, bottom = marking.box[2:]
        named = "box " + ",".join(map(str, marking.box))
    else:
        assert marking.point is not None
        right, bottom = marking.point[0] + 1, marking.point[1] + 1
        named = "point " + ",".join(map(str, marking.point))
    if right > width or bottom > height:
        raise MediaError(f"the {named} lies outside the photo of {width} x {height} pixels")
    photo = np.ascontiguousarray(pixels[..., :3])
    found = segment(photo, box=marking.box, point=marking.point)
    if found.mask.max() <= 0.5:
        raise MediaError(f"no outline could be found at the {named}; give a --mask")
    grey = np.rint(found.mask * 255).astype(np.uint8)
    note = f"Marked {found.mask.mean():.0%} of the photo, outlined by {found.by}."
    return Marked(np.repeat(grey[..., None], 3, axis=2), note)


def _read_mask(file: str, blobs: BlobStore, width: int, height: int) -> Pixels:
    pixels = blobs.get_image(ingest_image(file, blobs).ref).pixels
    if pixels.shape[:2] != (height, width):
        raise MediaError(
            f"the mask is {pixels.shape[1]} x {pixels.shape[0]} pixels, the photo "
            f"{width} x {height}; they must be of one size"
        )
    if pixels[..., :3].max() < 128:
        raise MediaError(
            f"the mask {Path(file).name} is black everywhere; white is where the edit may happen"
        )
    return pixels[..., :3]


def _numbers(option: str, text: str, form: str, count: int) -> list[int]:
    parts = text.replace(" ", "").split(",")
    if len(parts) != count or not all(part.isdecimal() for part in parts):
        raise ConfigError(f"{option} {text!r}: write {form} in pixels, such as {_EXAMPLES[count]}")
    return [int(part) for part in parts]


_EXAMPLES = {2: "320,200", 4: "40,60,320,400"}
