"""The edge of a region: how far it is soft, and the true colours on either side of it.

Along an edge a pixel mixes the region with what lies behind. Whoever recolours, moves or replaces
one of the two must part them first, or a rim of the old colour stays.

Pictures are `(H, W, 3) float32` in [0, 1], masks `(H, W) float32` in [0, 1].
"""

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.light import Floats, floats, thrice

_FEATHER = 0.008
"""Share of the short side by which an edit may reach beyond its mask."""

_ALIKE, _UNLIKE = 0.08, 0.2
"""Distances of two colours, in sRGB, from which an edge between them cannot, or can, be seen."""


def feather(shape: tuple[int, ...]) -> int:
    """Return by how many pixels an edit may reach beyond its mask."""
    return max(2, round(_FEATHER * min(shape[:2])))


def mixed(behind: Floats, front: Floats, mask: Floats) -> Floats:
    """Lay one picture over another; where the mask is 0 the one behind is left bit by bit."""
    return floats(behind + thrice(mask) * (front - behind))


def dilated(mask: Floats, radius: int) -> Floats:
    """Grow a mask by a radius in pixels."""
    return floats(cv2.dilate(mask, _disc(radius))) if radius > 0 else mask


def grown(solid: Floats, radius: float) -> Floats:
    """Grow a mask of zeros and ones by a radius in pixels, however large, at the same cost."""
    if not solid.any():
        return solid
    away = cv2.distanceTransform((solid < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    return floats(away <= radius)


def eroded(mask: Floats, radius: int) -> Floats:
    """Shrink a mask by a radius in pixels; the frame of the photo is no edge."""
    return floats(cv2.erode(mask, _disc(radius))) if radius > 0 else mask


def refined(pixels: Floats, mask: Floats) -> Floats:
    """Let the colours on both sides decide how much of an edge pixel belongs to the region.

    Only pixels within `feather` of the outline change, and only where the two sides can be told
    apart: fur and soft edges get their true share, and a rim that the mask took in falls out.
    """
    radius = feather(mask.shape)
    solid = floats(mask > 0.5)
    core, far = 1 - grown(floats(1 - solid), radius), 1 - grown(solid, radius)
    inside, outside = spread(pixels, core, 2 * radius), spread(pixels, floats(far), 2 * radius)
    way = inside - outside
    apart = np.sqrt((way * way).sum(axis=2))
    share = ((pixels - outside) * way).sum(axis=2) / np.maximum(apart * apart, 1e-6)
    share = np.interp(share, [0.08, 0.92], [0, 1])
    trust = np.interp(apart, [_ALIKE, _UNLIKE], [0, 1]) * (core <= 0.5) * (far <= 0.5)
    # Far from a core (thin parts) there is nothing to compare with.
    trust *= (_near(core, 3 * radius) > 0) & (_near(floats(far), 3 * radius) > 0)
    smooth = cv2.GaussianBlur(floats(mask + trust * (share - mask)), (0, 0), 0.6)
    return floats(np.where((core > 0.5) | (far > 0.5), mask, np.clip(smooth, 0, 1)))


def foreground(pixels: Floats, mask: Floats) -> Floats:
    """Return the colours of the region alone, freed of what shines through at its edge.

    Away from the region they are those of its nearest edge, so that it may be laid on anything.
    """
    radius = feather(mask.shape)
    inside = spread(pixels, floats(mask > 0.97) * mask, 2 * radius)
    outside = spread(pixels, floats(mask < 0.03) * (1 - mask), 2 * radius)
    share = mask[..., None]
    clean = inside + share * (pixels - share * inside - (1 - share) * outside)
    return floats(np.where(share >= 1, pixels, np.clip(clean, 0, 1)))


def background(pixels: Floats, mask: Floats) -> Floats:
    """Return the colours behind the region, freed of the region at its edge."""
    return foreground(pixels, floats(1 - mask))


def spread(pixels: Floats, known: Floats, radius: int) -> Floats:
    """Continue the known pixels smoothly into the others, from near ones first."""
    result, weight = np.zeros_like(pixels), np.full(known.shape, 1e-6, np.float32)
    total = pixels[known > 0].mean(axis=0) if (known > 0).any() else pixels.mean(axis=(0, 1))
    result += 1e-6 * floats(total)
    size, share = radius, np.float32(1)
    for _ in range(3):
        box = (2 * size + 1, 2 * size + 1)
        result += share * cv2.blur(pixels * known[..., None], box)
        weight += share * cv2.blur(known, box)
        size, share = 3 * size, share * np.float32(0.003)
    return floats(result / weight[..., None])


def _near(mask: Floats, radius: int) -> Floats:
    return floats(cv2.blur(mask, (2 * radius + 1, 2 * radius + 1)) > 1e-4)


def _disc(radius: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(shape, np.uint8)
