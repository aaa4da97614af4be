"""What can stand behind a subject: one colour, a gradient, or another picture."""

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.colours import rgb_of
from editthinker.tools.editors.darkroom.light import Floats, floats, to_linear, to_srgb
from editthinker.tools.editors.darkroom.matte import foreground, mixed, refined
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.images import Pixels

_SPARSE = 0.1
"""Share of the longest row of a region from which a row of it counts."""


def plain(shape: tuple[int, ...], colour: str) -> Floats:
    """Return a picture, `(H, W, 3)`, of one named colour."""
    value = floats(np.array(rgb_of(colour)) / 255)
    return np.broadcast_to(value, (*shape[:2], 3)).copy()


def gradient(
    shape: tuple[int, ...], start: str, end: str, direction: str, region: Floats | None = None
) -> Floats:
    """Return a picture that goes from one named colour to another, `down` or to the `right`.

    It mixes light, not numbers, and is dithered so that no bands show.

    Args:
        shape: Of the picture, height first.
        start: The colour at the top or on the left.
        end: The colour at the other side.
        direction: `down` or `right`.
        region: Where it will be seen, `(H, W)`, over which it stretches; None for everywhere.
    """
    height, width = shape[:2]
    first, last = (to_linear(floats(np.array(rgb_of(name)) / 255)) for name in (start, end))
    size = height if direction == "down" else width
    seen = np.arange(size)
    if region is not None:
        counts = (region > 0.5).sum(axis=1 if direction == "down" else 0)
        seen = np.nonzero(counts > _SPARSE * counts.max())[0] if counts.any() else seen
    ends = [seen[0], max(seen[-1], seen[0] + 1)]
    along = floats(np.interp(np.arange(size), ends, [0, 1]))
    # Even to the eye: halfway in lightness, not in light.
    ramp = to_srgb(first) + along[:, None] * (to_srgb(last) - to_srgb(first))
    ramp = ramp[:, None] if direction == "down" else ramp[None]
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (height, width, 1)) / 255
    return floats(np.clip(ramp + noise, 0, 1))


def picture(shape: tuple[int, ...], pixels: Pixels) -> Floats:
    """Return another picture, scaled and cropped around its middle to cover the shape."""
    height, width = shape[:2]
    own_height, own_width = pixels.shape[:2]
    scale = max(height / own_height, width / own_width)
    wide, high = max(width, round(own_width * scale)), max(height, round(own_height * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(np.ascontiguousarray(pixels[..., :3]), (wide, high), interpolation=way)
    top, left = (high - height) // 2, (wide - width) // 2
    part = scaled[top : top + height, left : left + width]
    return floats(part / np.float32(255))


def replace(pixels: Floats, subject: Floats, behind: Floats, what: str) -> Floats:
    """Put a subject, `(H, W)` in [0, 1], before something else, without a rim of the old colours.

    Raises:
        EditRefusedError: if the subject fills the photo, so that there is nothing to replace.
    """
    if float(subject.mean()) > 0.98:
        raise EditRefusedError(
            f"there is nothing of {what} to replace: the subject fills the photo"
        )
    share = refined(pixels, subject)
    return mixed(behind, foreground(pixels, share), share)
