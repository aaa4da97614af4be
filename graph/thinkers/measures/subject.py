"""Where the observer sees the subject of a photo: its own eyes, not the darkroom's.

Two guesses start from different seeds: something in the middle, and someone who reaches down to the
lower edge. Where both agree the observer is sure, where only one does it is in doubt and forgives.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.graph.thinkers.measures.lab import Floats, shrink, to_lab
from editthinker.tools.images import Pixels

SIDE = 144
"""Longest side on which the subject is looked for, in pixels."""


class Guess(NamedTuple):
    """Two opinions about the subject, `(H, W)` of 0 or 1, at most `SIDE` long."""

    sure: Floats
    """Where both see it."""
    possible: Floats
    """Where at least one does."""

    @property
    def trust(self) -> float:
        """How far to believe them, in [0, 1]: how well they agree."""
        union = float(self.possible.sum())
        agreement = float(self.sure.sum()) / union if union else 0.0
        return float(np.interp(agreement, [0.35, 0.75], [0.5, 1]))


def guess_subject(pixels: Pixels, *, people: bool = False) -> Guess:
    """Look for the subject of `(H, W, 3) uint8` pixels; people stand or sit on the lower edge."""
    small = shrink(pixels, SIDE)
    height, width = small.shape[:2]
    if min(height, width) < 16:
        nothing = np.zeros((height, width), np.float32)
        return Guess(nothing, nothing)
    lab = np.asarray(cv2.GaussianBlur(to_lab(small), (0, 0), 1.0), np.float32)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    middle = np.hypot(x / 0.62, y / 0.72)
    below = np.where(y > 0, 0.25 * y, y)
    standing = np.hypot(x / np.interp(y, [-0.2, 1], [0.55, 0.9]), below / 0.75)
    guesses = [
        _cut(small, lab, middle, rim=(np.abs(x) > 0.94) | (np.abs(y) > 0.94)),
        _cut(small, lab, standing, rim=(y < -0.94) | ((np.abs(x) > 0.94) & (y < 0))),
    ]
    if people and 0.05 < guesses[1].mean() < 0.75:
        guesses = guesses[1:]
    kept = [guess for guess in guesses if 0.02 < guess.mean() < 0.75]
    if not kept:
        nothing = np.zeros((height, width), np.float32)
        return Guess(nothing, nothing)
    face = find_skin(lab)
    if face is None:
        return Guess(np.min(kept, axis=0), np.max(kept, axis=0))
    # A face is sure to belong to the body below it; how far its hair goes is not.
    sure = np.min([_with_head(guess, face, hair=False) for guess in kept], axis=0)
    return Guess(sure, np.max([_with_head(guess, face, hair=True) for guess in kept], axis=0))


def find_skin(lab: Floats) -> Floats | None:
    """Return the largest skin-coloured area of a face's shape, filled, in small CIELAB."""
    light, strength = lab[..., 0], np.hypot(lab[..., 1], lab[..., 2])
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
    skin = (light > 35) & (strength > 11) & (strength < 42) & (hue > 25) & (hue < 78)
    solid = cv2.morphologyEx(skin.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(solid)
    best, largest = None, 0.004 * skin.size
    for index in range(1, count):
        left, top, width, height, area = stats[index]
        shaped = 0.6 < height / width < 1.9 and area > 0.38 * width * height
        if shaped and area > largest and area < 0.3 * skin.size and top < 0.55 * len(skin):
            middle = ((left + width / 2, top + height / 2), (0.95 * width, 1.1 * height), 0)
            best, largest = middle, area
    if best is None:
        return None
    oval = np.zeros(skin.shape, np.float32)
    cv2.ellipse(oval, best, 1, -1)
    return oval


def _with_head(guess: Floats, face: Floats, *, hair: bool) -> Floats:
    """Add a face, with room for its hair or without, to the body that was seen right below it."""
    columns = face.any(axis=0)
    bottom, height = int(np.nonzero(face.any(axis=1))[0][-1]), int(face.any(axis=1).sum())
    below = guess[bottom : bottom + max(2, height // 2), columns]
    if not below.size or below.mean() < 0.3:
        return guess
    room = max(3, height // 3) if hair else 1
    head = cv2.dilate(face, np.ones((room, room), np.uint8))
    return np.asarray(np.maximum(guess, head), np.float32)


def _cut(small: Pixels, lab: Floats, far: NDArray[np.float64], rim: NDArray[np.bool_]) -> Floats:
    """Cut out what lies within `far` < 1 and is unlike the rim."""
    samples = np.ascontiguousarray(lab[rim])
    cv2.setRNGSeed(3)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 12, 0.5)
    labels = np.zeros((len(samples), 1), np.int32)
    count = min(7, len(samples))
    _, nearest, colours = cv2.kmeans(samples, count, labels, stop, 1, cv2.KMEANS_PP_CENTERS)
    # A colour that few rim pixels have may well be the subject's own, where it touches the rim.
    common = np.bincount(nearest.ravel(), minlength=count) > 0.06 * len(samples)
    off = np.min(
        [
            np.linalg.norm(lab - colour, axis=2)
            for colour, often in zip(colours, common, strict=True)
            if often
        ]
        or [np.full(lab.shape[:2], 30.0)],
        axis=0,
    )
    likely = (off > 14) & (far < 1)
    cut = np.where(likely, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    cut[rim] = cv2.GC_BGD
    cut[(far > 1.5) & (off < 10)] = cv2.GC_BGD
    if not likely.any():
        return np.zeros(lab.shape[:2], np.float32)
    models = (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.grabCut(small, cut, (0, 0, 0, 0), *models, 3, cv2.GC_INIT_WITH_MASK)
    found = ((cut == cv2.GC_FGD) | (cut == cv2.GC_PR_FGD)).astype(np.uint8)
    opened = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return _main(np.asarray(opened, np.uint8))


def _main(found: NDArray[np.uint8]) -> Floats:
    """Keep the largest parts and fill what they surround."""
    for value in (1, 0):
        count, labels, stats, _ = cv2.connectedComponentsWithStats(
            (found == value).astype(np.uint8)
        )
        areas = stats[1:count, cv2.CC_STAT_AREA]
        least = 0.2 * areas.max() if value and len(areas) else 0.02 * found.size
        for index, area in enumerate(areas, start=1):
            if area < least:
                found[labels == index] = 1 - value
    return np.asarray(found, np.float32)
