"""Where the sky of a photo is, and where its ground: by place, colour and texture."""

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.filigree import around_filigree
from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab
from editthinker.tools.images import Pixels
from editthinker.tools.vision.masks import enlarge, fill_holes, shrunk

_SIDE = 240
"""Longest side on which scenery is found, in pixels."""

_LEAST = 0.04
"""Share of the photo below which there is no sky or ground."""

_VIVID_SKY, _SAME_HUE = 18.0, 18.0
"""Chroma of a sky that is told by its colour, and by how many degrees more of it may differ."""

_LEAST_OPENING, _CALM = 0.0005, 5.0
"""Share of the photo of an opening in which sky is seen, and how smooth it is, L* a pixel."""


_FINE, _BAR, _UPRIGHT, _DARKER = 900, 0.06, 0.15, 9
"""Longest side on which bars are seen; their width and height as shares; and their difference in
grey, 0 to 255, from the sky."""


def find_sky(pixels: Pixels) -> Floats | None:
    """Return the mask of the sky in `(H, W, 3) uint8` pixels, or None where none can be told.

    Sky reaches the top edge, is smooth, changes colour slowly, and is blue, bright or dark as at
    night; foliage and walls fail one of these.
    """
    small = shrunk(pixels, _SIDE)
    lab = to_lab(floats(small / np.float32(255)))
    height, width = lab.shape[:2]
    smooth = _smooth(lab)
    seeds = np.zeros((height, width), np.uint8)
    seeds[: max(2, height // 25)] = 1
    seeds &= smooth & _sky_coloured(lab)
    if seeds[: max(2, height // 25)].mean() < 0.2:
        return None
    grown = _grown(lab, seeds, smooth & _sky_coloured(lab))
    line = _skyline(lab, grown)
    grown[line:] = 0
    if grown.mean() < _LEAST:
        return None
    mask = _cut(small, grown, line)
    if mask is None or _warm_wall(lab, mask):
        return None
    if line == height:
        mask = np.maximum(mask, _through_openings(lab, mask))
    return around_filigree(_without_bars(enlarge(floats(mask), pixels), pixels), pixels)


def _without_bars(sky: Floats, pixels: Pixels) -> Floats:
    """Leave masts and lattice towers out, which are too thin to be seen in a small photo."""
    height, width = sky.shape
    scale = min(1.0, _FINE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    grey = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
    wide = 2 * round(_BAR * size[0] / 2) + 1
    off = cv2.absdiff(grey, cv2.medianBlur(grey, min(wide, 255)))
    inside = cv2.resize(sky, size, interpolation=cv2.INTER_AREA) > 0.5
    thin = np.asarray((off > _DARKER) & inside, np.uint8)
    mesh = cv2.morphologyEx(thin, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mesh)
    tall = [
        index
        for index, (_, _, across, down, _) in enumerate(stats[1:], start=1)
        if down > _UPRIGHT * size[1] and across < 0.5 * down
    ]
    bars = cv2.dilate(np.asarray(np.isin(labels, tall) & (thin > 0), np.uint8), np.ones((3, 3)))
    if not bars.any():
        return sky
    return floats(sky * (1 - cv2.resize(floats(bars), (width, height))))


def _through_openings(lab: Floats, sky: Floats) -> Floats:
    """Return where more of a vivid sky shows through windows and arches.

    That is smooth and has the colours of the sky; a lake below it, or a wall, is wide.
    """
    height, width = sky.shape
    soft = floats(cv2.GaussianBlur(lab, (0, 0), 0.7))
    own = soft[sky > 0.9]
    if len(own) < 50 or np.hypot(*np.median(own[:, 1:], axis=0)) < _VIVID_SKY:
        return np.zeros_like(sky)
    a, b = np.median(own[:, 1:], axis=0)
    vivid, strength = float(np.hypot(a, b)), np.hypot(soft[..., 1], soft[..., 2])
    turned = np.degrees(np.arctan2(soft[..., 2] * a - soft[..., 1] * b, soft[..., 1:] @ [a, b]))
    lit = soft[..., 0] > 0.75 * np.median(own[:, 0])
    alike = lit & (np.abs(turned) < _SAME_HUE) & (strength > 0.3 * vivid)
    light = soft[..., 0]
    slope = np.hypot(cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1)) / 8
    _, labels, stats, _ = cv2.connectedComponentsWithStats(alike.astype(np.uint8), connectivity=4)
    shown = np.zeros_like(sky)
    for index, (_, _, across, _, area) in enumerate(stats[1:], start=1):
        part = labels == index
        if across < 0.5 * width and area > _LEAST_OPENING * height * width:
            shown[part] = np.percentile(slope[part], 30) < _CALM
    return floats(cv2.morphologyEx(shown, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)))


def find_ground(pixels: Pixels, sky: Floats | None, subject: Floats | None) -> Floats | None:
    """Return the mask of the ground, or None.

    Ground reaches the lower edge and looks like what lies along it, the subject left out.
    """
    small = shrunk(pixels, _SIDE)
    lab = to_lab(floats(small / np.float32(255)))
    height, width = lab.shape[:2]
    barred = np.zeros((height, width), bool)
    for mask in (sky, subject):
        if mask is not None:
            barred |= cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA) > 0.5
    strip = np.zeros((height, width), bool)
    strip[-max(3, height // 12) :] = True
    strip &= ~barred
    if strip[-3:].mean() < 0.15:
        return None
    likely = _alike(lab, strip) & ~barred
    likely[: height // 5] = False
    cut = np.where(likely, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    cut[barred], cut[: height // 6], cut[strip] = cv2.GC_BGD, cv2.GC_BGD, cv2.GC_FGD
    found = _grab(small, cut)
    _, labels = cv2.connectedComponents(found.astype(np.uint8))
    touching = np.unique(labels[-2:][found[-2:]])
    mask = floats(np.isin(labels, touching[touching > 0]))
    mask = fill_holes(mask, 0.01) * floats(~barred)
    return enlarge(floats(mask), pixels) if mask.mean() >= _LEAST else None


def _smooth(lab: Floats) -> np.ndarray:
    blurred = cv2.GaussianBlur(lab, (0, 0), 1.2)
    light = blurred[..., 0]
    slope = np.hypot(cv2.Sobel(light, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(light, cv2.CV_32F, 0, 1) / 8)
    return np.asarray(cv2.blur(floats(slope), (5, 5)) < 2.2, np.uint8)


def _sky_coloured(lab: Floats) -> np.ndarray:
    light, a, b = (cv2.GaussianBlur(lab[..., i], (0, 0), 2) for i in range(3))
    chroma, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360
    blue = (hue > np.where(light < 40, 225, 200)) & (hue < 320) & (chroma > 4)
    pale = (light > 62) & (chroma < 16)
    glowing = (light > 50) & ((hue < 100) | (hue > 320)) & (chroma > 12)  # at sunset
    night = (light < 14) & (chroma < 16)
    return np.asarray(blue | pale | glowing | night, np.uint8)


def _grown(lab: Floats, seeds: np.ndarray, allowed: np.ndarray) -> Floats:
    """Grow from the top over allowed pixels of slowly changing colour."""
    _, labels = cv2.connectedComponents(np.asarray(allowed, np.uint8), connectivity=4)
    touching = np.unique(labels[seeds > 0])
    grown = np.isin(labels, touching[touching > 0])
    # Water and pale walls continue the sky: stop where a column leaves the colours above it.
    reference, known = np.zeros_like(lab[0]), np.zeros(lab.shape[1], bool)
    for line, row in zip(grown, cv2.GaussianBlur(lab, (0, 0), 1), strict=True):
        near = np.linalg.norm(row - reference, axis=1) < 15
        line &= near | ~known
        reference[line] += (row[line] - reference[line]) * np.where(known[line], 0.25, 1)[:, None]
        known |= line
    return floats(grown)


def _skyline(lab: Floats, grown: Floats) -> int:
    """Return the row from which on the sky is only mirrored: the height where there is none.

    Sky grows paler towards the horizon. Where it turns darker all along a level line, and stays so
    down to its end, there is land in the haze, or water.
    """
    height = len(grown)
    reach = max(3, height // 16)
    light = cv2.GaussianBlur(lab[..., 0], (0, 0), 1)
    inside = grown > 0.5
    for row in range(height // 5, height - 2 * reach):
        above, below = slice(row - reach, row), slice(row + reach // 2, row + 2 * reach)
        across = inside[above].all(axis=0) & (inside[below].mean(axis=0) > 0.5)
        if across.mean() < 0.15:
            continue
        near = np.where(inside[below], light[below], np.nan)[:, across]
        fall = np.median(light[above][:, across], axis=0) - np.nanmedian(near, axis=0)
        last = light[above][:, across].min(axis=0)
        rest = np.where(inside[row + reach :], light[row + reach :], 0)[:, across].max(axis=0)
        if np.median(fall) > 7 and (fall > 4).mean() > 0.85 and (rest < last + 1).mean() > 0.85:
            falls = [
                np.median((light[at - 2 : at].sum(axis=0) - light[at : at + 2].sum(axis=0))[across])
                for at in range(row, row + 2 * reach)
            ]
            return row + int(np.argmax(falls))
    return height


def _cut(small: Pixels, grown: Floats, line: int) -> Floats | None:
    size = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
    sure = cv2.erode(grown, size) > 0.5
    near = cv2.dilate(grown, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (25, 25))) > 0.5
    if not sure.any():
        return None
    cut = np.where(grown > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    cut[~near], cut[sure], cut[line:] = cv2.GC_BGD, cv2.GC_FGD, cv2.GC_BGD
    if not (cut == cv2.GC_BGD).any():
        return grown
    found = _grab(small, cut)
    _, labels = cv2.connectedComponents(found.astype(np.uint8))
    touching = np.unique(labels[sure])
    mask = floats(np.isin(labels, touching[touching > 0]) & found)
    return fill_holes(mask, 0.0008)


def _warm_wall(lab: Floats, mask: Floats) -> bool:
    """Whether it is rather a wall or a table: warm, not bright, and down to the lower half."""
    inside = mask > 0.5
    light, a, b = (float(np.median(lab[..., i][inside])) for i in range(3))
    return light < 62 and np.hypot(a, b) > 12 and b > 4 and a > -4


def _alike(lab: Floats, sample: np.ndarray) -> np.ndarray:
    """Return where colours are like those of a sample."""
    blurred = cv2.GaussianBlur(lab, (0, 0), 2)
    points = np.ascontiguousarray(blurred[sample])
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    count = min(4, len(points))
    labels = np.zeros((len(points), 1), np.int32)
    _, _, colours = cv2.kmeans(points, count, labels, stop, 2, cv2.KMEANS_PP_CENTERS)
    weights = np.array([0.6, 1, 1], np.float32)
    off = np.min([np.linalg.norm((blurred - c) * weights, axis=2) for c in colours], axis=0)
    return np.asarray(off < 13)


def _grab(small: Pixels, cut: np.ndarray) -> np.ndarray:
    cv2.setRNGSeed(0)
    models = (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.grabCut(small, cut, (0, 0, 0, 0), *models, 2, cv2.GC_INIT_WITH_MASK)
    return np.asarray((cut == cv2.GC_FGD) | (cut == cv2.GC_PR_FGD))
