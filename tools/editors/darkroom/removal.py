"""Taking a thing out of a photo: its hole, with rim and shadow, and what to fill it with."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.tools.editors.darkroom.light import Floats, floats, from_lab, to_lab
from editthinker.tools.editors.darkroom.likeness import attached
from editthinker.tools.editors.darkroom.matte import feather, grown, mixed, spread
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.vision.inpainter import fills_with_model, inpaint
from editthinker.tools.vision.masks import fill_holes

_MOST = 0.6
"""Share of the photo above which too little is left to fill a hole from."""

_RIM = 0.018
"""Share of the short side by which a hole is wider than the thing: its edge, blur and glow."""

_ATTACHED = 1.4
"""How many times larger a thing may be with what belongs to it."""

_EVEN = 5.0
"""How far, in CIELAB, three in four of the pixels around a hole are off an even slope at most."""

_BLURRED, _SOFTEST, _CALM = 20.0, 1.5, 40.0
"""The same where all around is out of focus, how fast L* changes there at most, a pixel, and how
far what is calm may be off the slope."""

_TALL = 0.4
"""Share of the photo's height from which the ground around a hole may bend."""

_ROUGH = (
    "Filled the hole without the model pack; `editthinker models pull` makes it more convincing."
)


@dataclass(frozen=True)
class Filled:
    """A photo without a thing."""

    pixels: Floats
    hole: Floats
    """What was filled, `(H, W)` in [0, 1]; everything else is as it was."""
    note: str
    """A sentence about how well it could be filled; empty with the model pack."""


def remove(
    pixels: Floats, mask: Floats, what: str, *, rim: bool = True, wide: bool = False
) -> Filled:
    """Take what a mask covers out of `(H, W, 3)` sRGB, and fill the hole from around it.

    Args:
        pixels: The photo.
        mask: The thing.
        what: Its name, for the refusal.
        rim: Whether to widen the hole by the thing's rim and shadow; not where the user drew it.
        wide: Whether to look further out for what belongs to the thing, and widen it more.

    Raises:
        EditRefusedError: if the hole is empty, or most of the photo.
    """
    hole = _hole(pixels, mask, wide) if rim or wide else floats(mask > 0.5)
    if not hole.any():
        raise EditRefusedError(f"nothing of {what} is there to remove")
    share = float(hole.mean())
    if share > _MOST:
        raise EditRefusedError(
            f"{what} takes up {share:.0%} of the photo; too little is left to fill the hole from"
        )
    filled = _plain(pixels, hole)
    note = ""
    if filled is None:
        filling = inpaint(np.rint(pixels * 255).astype(np.uint8), hole)
        filled = floats(filling / np.float32(255))
        note = "" if fills_with_model() else _ROUGH
    soft = _soft(hole)
    return Filled(mixed(pixels, filled, soft), soft, note)


def _plain(pixels: Floats, hole: Floats) -> Floats | None:
    """Continue an even ground into a hole, with its grain; None where it is not even.

    A model is tempted to put a thing where one was.
    """
    thick = float(cv2.distanceTransform(floats(hole).astype(np.uint8), cv2.DIST_L2, 3).max())
    ring = grown(hole, max(4, round(0.4 * thick))) * (1 - hole)
    lab = to_lab(pixels)
    if (ring > 0).sum() < 100:
        return None
    even = _even(lab, ring > 0)
    off = floats(np.abs(lab - even).max(axis=2))
    usual = float(np.percentile(off[ring > 0], 75))
    if usual > (_BLURRED if _out_of_focus(lab[..., 0], ring > 0) else _EVEN):
        return None
    smooth = cv2.GaussianBlur(pixels, (0, 0), 2)
    # Clouds and leaves out of focus go on as well, though they are off the slope.
    calm = (cv2.blur(_slope(lab[..., 0]), (7, 7)) < _SOFTEST / 2) & (off < _CALM)
    known = floats((hole < 0.5) & ((off < 2 * _EVEN) | calm))
    rest = floats(to_lab(floats(smooth)) - even)
    filled = from_lab(floats(even + _stretched(rest, known, round(thick) + 2)))
    grain = (pixels - smooth)[(ring > 0) & (known > 0) & (off < 2 * _EVEN)]
    if not len(grain):
        return None
    size = np.abs(grain).max(axis=1)
    grain = grain[size <= 3 * np.median(size)]  # without specks, and the edges of things
    noise = np.random.default_rng(0).choice(grain, size=pixels.shape[:2], axis=0)
    return floats(np.clip(np.where(hole[..., None] > 0.5, filled + noise, pixels), 0, 1))


def _stretched(pixels: Floats, known: Floats, radius: int) -> Floats:
    """Continue the known pixels into the others like a skin that is stretched over a hole.

    It meets them all around; what is only spread from far leaves a seam there.
    """
    skin = spread(pixels, known, radius)
    size = radius
    while size >= 1:
        for _ in range(4):
            skin = floats(np.where(known[..., None] > 0, pixels, skin))
            skin = floats(cv2.blur(skin, (2 * size + 1, 2 * size + 1)))
        size //= 2
    return floats(np.where(known[..., None] > 0, pixels, skin))


def _out_of_focus(light: Floats, ring: NDArray[np.bool_]) -> bool:
    """Whether nothing in a ring is sharp: then its colours run into each other."""
    fine = np.abs(light - cv2.GaussianBlur(light, (0, 0), 2))
    planes = _slope(light), fine
    return max(float(np.percentile(plane[ring], 90)) for plane in planes) < _SOFTEST


def _slope(light: Floats) -> Floats:
    """Return how fast L* changes, a pixel."""
    soft = cv2.GaussianBlur(light, (0, 0), 1.5)
    steps = [cv2.Sobel(soft, cv2.CV_32F, *way) / 8 for way in ((1, 0), (0, 1))]
    return floats(np.hypot(*steps))


def _even(lab: Floats, ring: NDArray[np.bool_]) -> Floats:
    """Return the even slope of light and colour that fits a ring best, CIELAB everywhere.

    Over a large ring the slope may bend, as that of a sky does towards the horizon.
    """
    height, width = ring.shape
    rows, columns = np.mgrid[:height, :width].astype(np.float64) / max(height, width)
    planes = [np.ones_like(rows), rows, columns]
    lines = np.nonzero(ring.any(axis=1))[0]
    if len(lines) and np.ptp(lines) > _TALL * height:
        planes += [rows**2, rows**3]
    places = np.dstack(planes)
    kept = ring
    for _ in range(3):  # the fifth that fits least is something else
        slope = np.linalg.lstsq(places[kept], lab[kept].astype(np.float64), rcond=None)[0]
        even = places @ slope
        off = np.abs(lab - even).max(axis=2)
        kept = ring & (off <= np.percentile(off[ring], 80))
    return floats(even)


def _hole(pixels: Floats, mask: Floats, wide: bool) -> Floats:
    solid = floats(mask > 0.15)
    if wide:
        whole = np.maximum(solid, attached(pixels, solid))
        # What belongs to a thing is smaller than it.
        solid = whole if whole.sum() < _ATTACHED * solid.sum() else solid
    # What a thin frame surrounds, as glasses do, is no part of it.
    solid = fill_holes(solid, min(0.05, 0.3 * float(solid.mean())))
    rim = max(3, round(_RIM * min(mask.shape))) * (2 if wide else 1)
    # The rim of a thin thing is thin.
    thick = float(cv2.distanceTransform(solid.astype(np.uint8), cv2.DIST_L2, 3).max())
    rim = min(rim, max(3, round(0.6 * thick)))
    return grown(np.maximum(solid, _shadow(pixels, solid)), rim)


def _shadow(pixels: Floats, solid: Floats) -> Floats:
    """Return the dark patch that a thing casts beside and below it, where there is one.

    It touches the thing, is darker than what lies around but of its hue, and smaller than the
    thing: another thing would have another colour or an edge of its own size.
    """
    rows, columns = np.nonzero(solid)
    if not len(rows):
        return solid
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    reach = max(4, round(0.25 * min(height, width)))
    near = grown(solid, reach) * (1 - solid)
    near[: rows.min() + height // 2] = 0
    lab = cv2.GaussianBlur(to_lab(pixels), (0, 0), 1.5)
    ring = grown(solid, 3 * reach) * (1 - grown(solid, reach))
    ring[: rows.min() + height // 2] = 0
    if ring.sum() < 50 or near.sum() < 20:
        return np.zeros_like(solid)
    around = np.median(lab[ring > 0], axis=0)
    spread = float(np.percentile(np.abs(lab[ring > 0][:, 0] - around[0]), 60))
    darker = around[0] - lab[..., 0]
    hue_off = np.hypot(lab[..., 1] - around[1], lab[..., 2] - around[2])
    dark = near * (darker > max(8.0, 1.5 * spread)) * (darker < 60) * (hue_off < 16)
    count, labels = cv2.connectedComponents(floats(dark).astype(np.uint8))
    touching = np.unique(labels[(grown(solid, 3) > 0) & (dark > 0)])
    shadow = floats(np.isin(labels, touching[touching > 0])) if count > 1 else floats(dark * 0)
    return shadow if shadow.sum() < 0.4 * solid.sum() else np.zeros_like(solid)


def _soft(hole: Floats) -> Floats:
    """Feather a hole outwards, so that nothing of the thing shines through."""
    reach = feather(hole.shape)
    return floats(cv2.blur(grown(hole, reach // 2), (2 * (reach // 2) + 1,) * 2))
