"""Cutting a thing out: everything else becomes transparent."""

from collections.abc import Sequence

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.editors.darkroom.matte import foreground, refined
from editthinker.tools.errors import EditRefusedError

_GAP, _HOLE = 0.07, 0.12
"""Width of a gap between two things, as a share of the photo's side, and size of a hole, as a share
of both, that belongs to them when they are cut out together."""

_BETWEEN = 2
"""Things that a gap must touch to lie between them."""


def together(masks: Sequence[Floats]) -> Floats:
    """Return several things as one, `(H, W)` in [0, 1], with what lies between them.

    A spoon between a cup and its saucer goes along, and so does the shadow where the two meet.
    """
    # Added, not the larger of both: where two things meet, each has a half of the edge.
    every = floats(np.minimum(np.sum(masks, axis=0), 1))
    solid = np.asarray(every > 0.5, np.uint8)
    size = max(3, round(_GAP * min(every.shape))) | 1
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    margin = size  # else the frame of the photo would close gaps as well
    wide = np.pad(solid, margin)
    closed = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, shape)[margin:-margin, margin:-margin]
    _, outside = cv2.connectedComponents(1 - closed, connectivity=4)
    rim = np.unique(np.concatenate([outside[0], outside[-1], outside[:, 0], outside[:, -1]]))
    filled = (closed > 0) | ~np.isin(outside, rim)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        np.asarray(filled & (solid == 0), np.uint8), connectivity=4
    )
    near = [
        cv2.dilate(np.asarray(mask > 0.5, np.uint8), np.ones((5, 5), np.uint8)) for mask in masks
    ]
    touched = np.sum([np.isin(np.arange(count), labels[plane > 0]) for plane in near], axis=0)
    between = (touched >= _BETWEEN) & (stats[:, cv2.CC_STAT_AREA] < _HOLE * solid.sum())
    between[0] = False
    whole = np.asarray(solid | between[labels], np.uint8)
    inner = cv2.erode(whole, np.ones((5, 5), np.uint8))
    return floats(np.maximum(np.maximum(every, between[labels]), inner))


def cut_out(pixels: Floats, mask: Floats, what: str) -> Floats:
    """Return `(H, W, 4)`: the thing, its edge freed of the old background, and its mask as alpha.

    The size stays, and so does the place. What was transparent remains so.

    Raises:
        EditRefusedError: if nothing would be left.
    """
    share = refined(np.ascontiguousarray(pixels[..., :3]), mask)
    if pixels.shape[2] == 4:
        share = floats(share * pixels[..., 3])
    if share.sum() < 4:
        raise EditRefusedError(f"nothing of {what} is there to cut out")
    colours = foreground(np.ascontiguousarray(pixels[..., :3]), share)
    return floats(np.dstack([colours * (share > 0)[..., None], share]))
