"""Where the subject of a photo is, and where its background.

With the model pack, `editthinker.tools.editors.darkroom.subject` outlines it. Without a trained
model this is a guess from colour and place: what differs from the colours along
the top and the sides, and lies near the middle, starts GrabCut, which finds the outline.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab
from editthinker.tools.editors.darkroom.subject import outline_subject
from editthinker.tools.editors.darkroom.target import BACKGROUND, SUBJECT, Target
from editthinker.tools.images import Pixels
from editthinker.tools.recent import Recent
from editthinker.tools.vision.segmenter import outlines_with_model

_SIDE = 256
"""Longest side on which the outline is found, in pixels."""

_LEAST, _MOST = 0.03, 0.64
"""Shares of the photo that a subject may take up."""

_SMALL = 48
"""Shorter side below which a model would see nothing."""

_NICK = 0.004
"""Share of the photo of a gap at its frame that is a fault of the outline."""

_EDGED = 0.72
"""Share of an outline that must lie on edges of the photo to be believed."""

Grid = NDArray[np.float64]


@dataclass(frozen=True)
class Subject:
    """The subject of a photo."""

    mask: Floats
    """1 on the subject, 0 on the background, in between along the feathered outline; `(H, W)`."""
    clear: bool
    """Whether it could be told from the background; if not, the mask is an oval in the middle."""


def region_masks(pixels: Pixels) -> Mapping[Target, Floats]:
    """Return the masks of `subject` and `background` of `(H, W, 3) uint8` pixels, `(H, W)`."""
    mask = find_subject(pixels).mask
    return {SUBJECT: mask, BACKGROUND: floats(1 - mask)}


def find_subject(pixels: Pixels) -> Subject:
    """Tell the subject of `(H, W, 3 or 4) uint8` pixels from its background.

    Where a photo is transparent, its subject is what is opaque.
    """
    if pixels.shape[2] == 4 and (pixels[..., 3] < 128).mean() > 0.01:
        return Subject(floats(pixels[..., 3] / np.float32(255)), clear=True)
    pixels = np.ascontiguousarray(pixels[..., :3])
    guess = _guess(pixels)
    if not outlines_with_model() or min(pixels.shape[:2]) < _SMALL:
        return guess
    name = f"{hashlib.sha256(pixels.data).hexdigest()} {pixels.shape}"
    subject = _RECENT.get(name)
    if subject is None:
        mask = outline_subject(pixels, guess.mask if guess.clear else None)
        subject = guess if mask is None else Subject(_without_nicks(mask), clear=True)
        _RECENT.put(name, subject)
    return subject


def _without_nicks(mask: Floats) -> Floats:
    """Fill small gaps at the frame, which no background shows through."""
    empty = (mask < 0.5).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(empty)
    framed = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    nicks = [i for i in framed if i and stats[i, cv2.CC_STAT_AREA] < _NICK * mask.size]
    if not nicks:
        return mask
    gaps = cv2.dilate(np.isin(labels, nicks).astype(np.uint8), np.ones((7, 7), np.uint8))
    return floats(np.where(gaps > 0, 1, mask))


_RECENT: Recent[Subject] = Recent(64 * 2**20, lambda subject: subject.mask.nbytes)


def _guess(pixels: Pixels) -> Subject:
    """Find the subject by colour and place."""
    height, width = pixels.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.ascontiguousarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    rough, clear = _outline(small.tobytes(), size)
    mask = cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC)
    feather = max(0.6, 0.003 * min(height, width))
    soft = cv2.GaussianBlur(np.clip(mask, 0, 1), (0, 0), feather)
    return Subject(floats(np.interp(soft, [0.15, 0.85], [0, 1])), clear)


@lru_cache(maxsize=32)
def _outline(data: bytes, size: tuple[int, int]) -> tuple[Floats, bool]:
    # Editor and thinker ask for the same photo in every turn of a loop, hence the cache.
    width, height = size
    pixels = np.frombuffer(data, np.uint8).reshape(height, width, 3)
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    oval = floats(np.interp(np.hypot(x / 0.75, y / 0.95), [0.7, 1.1], [1, 0]))
    if min(size) < 24:
        return oval, False
    # Things lie in the middle; people reach down to the lower edge. Try both.
    central = _cut(pixels, x, y, limit=0.75, bias=0.2)
    standing = _cut(pixels, x, np.where(y > 0, 0.4 * y, y), limit=0.5, bias=0.35)
    both = np.maximum(central, standing)
    for found in (both, central, standing):
        if _LEAST <= found.mean() <= _MOST and _edged(pixels, found) >= _EDGED:
            return found, True
    return oval, False


def _cut(pixels: Pixels, x: Grid, y: Grid, limit: float, bias: float) -> Floats:
    """Cut out what is unlike the rim and near the middle.

    Args:
        pixels: The small photo.
        x: How far to the side each column is, -1 to 1.
        y: How far up or down each row is, -1 to 1.
        limit: Share of the height down to which the sides count as background.
        bias: What being near the middle counts by itself.
    """
    height, width = pixels.shape[:2]
    nearness = np.exp(-1.6 * (x * x + 0.7 * y * y))
    lab = cv2.GaussianBlur(to_lab(floats(pixels) / np.float32(255)), (0, 0), 1.5)
    rim, upper = max(2, round(0.03 * min(height, width))), round(limit * height)
    sides = [lab[:rim], lab[:upper, :rim], lab[:upper, -rim:]]
    samples = np.concatenate([side.reshape(-1, 3) for side in sides])
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    labels = np.zeros((len(samples), 1), np.int32)
    count = min(6, len(samples))
    _, _, colours = cv2.kmeans(samples, count, labels, stop, 2, cv2.KMEANS_PP_CENTERS)
    unlike = np.min([np.linalg.norm(lab - colour, axis=2) for colour in colours], axis=0)
    score = nearness * (np.minimum(unlike, 50) / 50 + bias)
    grey = (255 * score / max(float(score.max()), 1e-6)).astype(np.uint8)
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    cut = np.where(grey > level, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    cut[:rim] = cut[:upper, :rim] = cut[:upper, -rim:] = cv2.GC_BGD
    if not (cut == cv2.GC_PR_FGD).any():
        return np.zeros((height, width), np.float32)
    models = (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.grabCut(pixels, cut, (0, 0, 0, 0), *models, 6, cv2.GC_INIT_WITH_MASK)
    return _main_parts((cut == cv2.GC_FGD) | (cut == cv2.GC_PR_FGD))


def _edged(pixels: Pixels, found: Floats) -> float:
    """Return the share of an outline, the frame of the photo aside, where the colours change."""
    lab = cv2.GaussianBlur(to_lab(floats(pixels) / np.float32(255)), (0, 0), 1)
    slopes = [cv2.Sobel(lab, cv2.CV_32F, *direction) / 8 for direction in ((1, 0), (0, 1))]
    steps = np.sqrt(sum((slope**2).sum(axis=2) for slope in slopes))
    outline = cv2.morphologyEx(found, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    outline[:2] = outline[-2:] = outline[:, :2] = outline[:, -2:] = False
    return float((steps[outline] > 5).mean()) if outline.any() else 0.0


def _main_parts(found: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Floats:
    """Drop specks and fill holes."""
    solid = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    for value in (1, 0):
        count, labels, stats, _ = cv2.connectedComponentsWithStats(
            (solid == value).astype(np.uint8)
        )
        areas = stats[1:, cv2.CC_STAT_AREA] if count > 1 else np.zeros(0)
        for label, area in enumerate(areas, start=1):
            if area < (0.1 * areas.max() if value else 0.01 * solid.size):
                solid[labels == label] = 1 - value
    return floats(solid)
