"""Taking a thing out of a photo: its hole, with rim and shadow, and what to fill it with."""

from dataclasses import dataclass

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab
from editthinker.tools.editors.darkroom.likeness import attached
from editthinker.tools.editors.darkroom.matte import feather, grown, mixed
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.vision.inpainter import fills_with_model, inpaint
from editthinker.tools.vision.masks import fill_holes

_MOST = 0.6
"""Share of the photo above which too little is left to fill a hole from."""

_RIM = 0.018
"""Share of the short side by which a hole is wider than the thing: its edge, blur and glow."""

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
    filling = inpaint(np.rint(pixels * 255).astype(np.uint8), hole)
    soft = _soft(hole)
    note = "" if fills_with_model() else _ROUGH
    return Filled(mixed(pixels, floats(filling / np.float32(255)), soft), soft, note)


def _hole(pixels: Floats, mask: Floats, wide: bool) -> Floats:
    solid = floats(mask > 0.15)
    if wide:
        solid = np.maximum(solid, attached(pixels, solid))
    solid = fill_holes(solid, 0.05)
    rim = max(3, round(_RIM * min(mask.shape))) * (2 if wide else 1)
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
