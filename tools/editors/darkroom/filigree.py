"""Fine things against the sky: twigs, wires and lattice, and the sky that shows between them.

A sky is smooth, so what its colour must be behind any pixel is known from the sky around it. What
differs from that is something else, and a pixel on its edge shows by how much it differs how far it
is sky. Masks are `(H, W) float32` in [0, 1].
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab
from editthinker.tools.editors.darkroom.matte import spread
from editthinker.tools.images import Pixels
from editthinker.tools.vision.masks import shrunk

_SIDE = 1400
"""Longest side on which fine things are told, in pixels."""

_ROUGH = 3.0
"""Colour difference within a sky from which it is too cloudy to tell what stands before it."""

_SAME = 2.0
"""Colour difference from the sky that is still sky, noise aside."""

_THICK, _DARKER = 0.03, 7.0
"""How thick, as a share of the photo's side, what may stand out of a sky is, and by how much L*
it is darker: clouds are neither thin nor dark."""

_NEAR, _BESIDE = 0.12, 0.022
"""How far from the sky, as shares of the photo's side, more of it may show through gaps: where it
is blue, and where it is pale and much else looks like it."""

_BRIGHTER, _HUE = 25.0, 9.0
"""By how much L* a rim of light around a twig may be brighter than the sky, and how far its colour
may be from that of the sky."""

_VIVID = 12.0
"""Chroma from which a sky is told by its colour."""

_GAP, _WIDE = 0.02, 0.12
"""Share of the photo, and of its width, up to which a gap is one; a lake is wider."""

_EDGED = 0.5
"""Share of the rim of a gap that is plainly something else."""

_SURE = 0.02
"""Share of the photo of sky that tells its colours."""

Flat = NDArray[np.bool_]


def around_filigree(sky: Floats, pixels: Pixels) -> Floats:
    """Return a sky without the fine things before it, and with what shows between them."""
    small = shrunk(pixels, _SIDE)
    height, width = small.shape[:2]
    rough = cv2.resize(sky, (width, height), interpolation=cv2.INTER_AREA)
    lab = to_lab(floats(small / np.float32(255)))
    short = min(height, width)
    sure = cv2.erode(floats(rough > 0.9), _disc(max(1, round(0.004 * short)))) > 0.5
    if sure.mean() < _SURE:
        return sky
    field = _field(lab, sure, short)
    off = floats(np.linalg.norm(lab - field, axis=2))
    noise = float(np.percentile(off[sure], 75))
    if noise > _ROUGH:
        return sky
    same = _SAME + 2 * noise
    free, thing = rough > 0.5, _things(lab, field, off > 2 * same, rough < 0.5, short)
    gaps = _gaps(
        (off < same) | _halo(lab, field, off > 2 * same, short), free, off > 2 * same, field, short
    )
    shown = floats((free & ~thing) | gaps)
    touched = cv2.dilate(floats(thing | gaps), _disc(round(0.5 * _THICK * short))) > 0.5
    if not touched.any():
        return sky
    # As far from the sky as the darkest pixel beside it is what is no sky at all.
    whole = np.maximum(cv2.dilate(off, np.ones((5, 5), np.uint8)), 3 * same)
    share = 1 - np.clip((off - 0.6 * same) / (0.92 * whole - 0.6 * same), 0, 1)
    edge = cv2.dilate(shown, np.ones((3, 3), np.uint8)) > 0
    fine = np.where(thing | edge, share, 0) * (cv2.dilate(shown, np.ones((5, 5), np.uint8)) > 0)
    lace = cv2.dilate(shown, _disc(round(0.4 * _THICK * short))) > 0
    fine = np.maximum(fine, np.where(lace, _between(lab, field), 0))
    result = floats(np.where(touched, np.where(shown > 0.5, np.maximum(fine, share), fine), rough))
    changed = floats(cv2.dilate(floats(touched), np.ones((3, 3), np.uint8)))
    back = (pixels.shape[1], pixels.shape[0])
    if back == (width, height):
        return floats(np.where(touched, result, sky))
    result, changed = (floats(cv2.resize(plane, back)) for plane in (result, changed))
    return floats(np.where(changed > 0.5, result, sky))


def _field(lab: Floats, sure: Flat, short: int) -> Floats:
    """Continue the colours of the sky to where something stands before it."""
    calm = sure.copy()
    for _ in range(2):  # what is no sky and was taken for it tells nothing of its colour
        field = spread(lab, floats(calm), max(4, round(0.02 * short)))
        calm = sure & (np.linalg.norm(lab - field, axis=2) < 2 * _ROUGH)
        if not calm.any():
            return field
    return field


def _things(lab: Floats, field: Floats, unlike: Flat, beyond: Flat, short: int) -> Flat:
    """Return what is thin and dark before the sky and hangs together with what is no sky."""
    size = round(_THICK * short) | 1
    light = lab[..., 0]
    thin = cv2.morphologyEx(light, cv2.MORPH_CLOSE, _disc(size // 2)) - light > _DARKER
    dark = unlike & (field[..., 0] - light > _DARKER)
    likely = (dark & thin) | (beyond & unlike)
    count, labels = cv2.connectedComponents(likely.astype(np.uint8), connectivity=8)
    held = np.zeros(count, bool)
    held[np.unique(labels[beyond & unlike])] = True
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        held[np.unique(side)] = True
    held[0] = False
    return np.asarray(held[labels] & ~beyond)


def _between(lab: Floats, field: Floats) -> Floats:
    """Return how far a pixel is sky that it mixes with something black, 0 where it does not.

    So much as it has of the light of the sky, it must have of its colour.
    """
    light = lab[..., 0]
    black = cv2.erode(light, np.ones((5, 5), np.uint8))
    share = np.clip((light - black) / np.maximum(field[..., 0] - black, 1), 0, 1)
    off = np.linalg.norm(lab[..., 1:] - share[..., None] * field[..., 1:], axis=2)
    coloured = np.hypot(field[..., 1], field[..., 2]) > _VIVID
    return floats(share * (off < _HUE) * coloured * (light < field[..., 0]))


def _halo(lab: Floats, field: Floats, unlike: Flat, short: int) -> Flat:
    """Return the rim of light that sharpening draws into the sky around what is dark before it."""
    brighter = lab[..., 0] - field[..., 0]
    hue = np.linalg.norm(lab[..., 1:] - field[..., 1:], axis=2)
    dark = floats(unlike & (brighter < -_DARKER))
    beside = cv2.dilate(dark, _disc(max(2, round(0.008 * short)))) > 0.5
    return np.asarray((brighter > -1) & (brighter < _BRIGHTER) & (hue < _HUE) & beside)


def _gaps(like: Flat, free: Flat, unlike: Flat, field: Floats, short: int) -> Flat:
    """Return where more of the sky shows: small parts of its very colour that are close to it."""
    away = cv2.distanceTransform((~free).astype(np.uint8), cv2.DIST_L2, 5)
    vivid = float(np.median(np.hypot(field[..., 1], field[..., 2])[free])) > _VIVID
    reach = (_NEAR if vivid else _BESIDE) * short
    more = like & ~free
    count, labels, stats, _ = cv2.connectedComponentsWithStats(more.astype(np.uint8))
    owner = labels.ravel().astype(np.intp)
    farthest = np.zeros(count)
    np.maximum.at(farthest, owner, away.ravel())
    nearest = np.full(count, np.inf)
    np.minimum.at(nearest, owner, np.where(more, away, np.inf).ravel())
    fits = (stats[:, cv2.CC_STAT_AREA] < _GAP * free.size) & (nearest < reach)
    fits &= (farthest < 2 * reach) & (stats[:, cv2.CC_STAT_WIDTH] < _WIDE * free.shape[1])
    # A gap has an edge; haze and water pass slowly into the sky.
    around = np.where(more | free, 0, cv2.dilate(labels.astype(np.float32), np.ones((9, 9))))
    owners = around.astype(np.intp).ravel()
    rim = np.bincount(owners, minlength=count)
    sharp = np.bincount(owners, weights=unlike.ravel().astype(np.float64), minlength=count)
    fits &= sharp > _EDGED * rim
    fits[0] = False
    return np.asarray(fits[labels])


def _disc(radius: int) -> NDArray[np.uint8]:
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(shape, np.uint8)
