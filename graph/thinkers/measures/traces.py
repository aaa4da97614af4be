"""What an edit of a part of the photo left behind: where it changed, and how its outline looks."""

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.lab import Floats, mean
from editthinker.graph.thinkers.measures.sight import widened

_NOTICED = (3.0, 7.0)
"""Colour differences that nobody and that everybody sees."""


_WINDOW, _COARSE = 15, 3.0
"""Pixels of a window in which drawings are compared, and the size of what is no drawing in it."""

_FAINT = 0.04
"""Mean square of detail, in L*, from which there is a drawing."""

_ALIKE = (0.35, 0.75)
"""Correlations from which on a drawing may be, and is, the same."""


def changed_area(before: Floats, after: Floats) -> Floats:
    """Return where two pictures, CIELAB, differ: soft, in [0, 1]."""
    off = np.linalg.norm(after - before, axis=2)
    return np.asarray(np.interp(off, _NOTICED, [0, 1]), np.float32)


def solid(changed: Floats) -> Floats:
    """Return a changed area without specks, its small gaps closed: 0 or 1."""
    rough = (changed > 0.5).astype(np.uint8)
    closed = cv2.morphologyEx(rough, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    return np.asarray(
        cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.float32
    )


def slope(lab: Floats) -> Floats:
    """Return the steepness of a picture: colour difference from pixel to pixel."""
    smooth = cv2.GaussianBlur(lab, (0, 0), 0.8)
    steps = [cv2.Sobel(smooth, cv2.CV_32F, *way) / 8 for way in ((1, 0), (0, 1))]
    return np.asarray(np.sqrt(sum((step**2).sum(axis=2) for step in steps)), np.float32)


def outline(mask: Floats) -> Floats:
    """Return the outline of a mask of 0 and 1, the frame of the photo left out."""
    edge = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    edge[:2] = edge[-2:] = 0
    edge[:, :2] = edge[:, -2:] = 0
    return np.asarray(edge, np.float32)


def on_edges(mask: Floats, before: Floats) -> float:
    """Return the share of a mask's outline that lies on edges of the photo, in [0, 1]."""
    edge = outline(mask)
    steep = cv2.dilate((slope(before) > 2.5).astype(np.float32), np.ones((3, 3), np.uint8))
    return mean(np.asarray(steep, np.float32), edge) if edge.sum() > 8 else 1.0


def seam(before: Floats, after: Floats, area: Floats) -> float:
    """Return the share of an area's outline where a step of colour stands that was not there."""
    edge = outline(area)
    return mean(new_steps(before, after, area), edge) if edge.sum() >= 12 else 0.0


def new_steps(before: Floats, after: Floats, area: Floats) -> Floats:
    """Return where a step of colour stands along an area's outline that was not there: 0 or 1.

    The colours a little inside and a little outside of the outline are compared, so that the edge
    of a thing, which was there before, is no seam.
    """
    small = np.ones((3, 3), np.uint8)
    inside = np.asarray(cv2.erode(area, small), np.float32)
    outside = np.asarray(1 - cv2.dilate(area, small), np.float32)

    def step(lab: Floats) -> Floats:
        off = _beside(lab, inside) - _beside(lab, outside)
        return np.asarray(np.linalg.norm(off, axis=2), np.float32)

    old, new = step(before), step(after)
    return np.asarray((new > 9) & (old < 0.4 * new) & (old < 8), np.float32)


def _beside(lab: Floats, part: Floats) -> Floats:
    """Return the mean colour that a part has near each pixel."""
    window = (7, 7)
    weight = cv2.blur(part, window) + 1e-4
    return np.asarray(cv2.blur(lab * part[..., None], window) / weight[..., None], np.float32)


def streaks(plane: Floats, weights: Floats) -> float:
    """Return how one-sided the fine steps of L* are: 0 alike in all directions, 1 streaks."""
    ways = [
        mean(np.abs(cv2.Sobel(plane, cv2.CV_32F, *way, ksize=1)).astype(np.float32), weights)
        for way in ((1, 0), (0, 1))
    ]
    return float(abs(ways[0] - ways[1]) / max(sum(ways), 0.15))


def texture(plane: Floats, weights: Floats) -> float:
    """Return the typical strength of fine detail in L*; single edges do not count."""
    inside = weights > 0.5
    if inside.sum() < 20:
        return 0.0
    detail = np.abs(plane - cv2.GaussianBlur(plane, (0, 0), 1.5))
    return float(np.mean(np.minimum(detail, 3 * np.median(detail[inside]) + 0.2)[inside]))


def ring(mask: Floats, near: float = 0.01, far: float = 0.07) -> Floats:
    """Return what lies around a mask of 0 and 1."""
    return np.asarray(widened(mask, far) - widened(mask, near), np.float32)


def commonest(samples: Floats, count: int = 8) -> Floats:
    """Return the commonest colours of `(N, 3)` samples."""
    samples = np.ascontiguousarray(samples[:: max(1, len(samples) // 3000)])
    cv2.setRNGSeed(5)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 10, 0.5)
    labels = np.zeros((len(samples), 1), np.int32)
    found = cv2.kmeans(samples, min(count, len(samples)), labels, stop, 1, cv2.KMEANS_PP_CENTERS)[2]
    return np.asarray(found, np.float32)


def distances(lab: Floats, colours: Floats) -> Floats:
    """Return how far each colour of `(..., 3)` is from the nearest of some others."""
    off = [np.linalg.norm(lab - colour, axis=-1) for colour in colours]
    return np.asarray(np.min(off, axis=0), np.float32)


def palette_distance(lab: Floats, weights: Floats, around: Floats, source: Floats) -> float:
    """Return how far the colours of a region are from the commonest ones around it.

    Args:
        lab: The picture to judge, CIELAB.
        weights: The region, 0 or 1.
        around: Where the colours to compare with are, 0 or 1.
        source: The picture they are taken from, CIELAB.
    """
    samples, points = source[around > 0.5], lab[weights > 0.5]
    if len(samples) < 12 or not len(points):
        return 0.0
    points = points[:: max(1, len(points) // 4000)]
    return float(distances(points, commonest(samples)).mean())


def ghost(before: Floats, after: Floats, weights: Floats) -> float:
    """Return how much of the old drawing still shows in a region: correlation of detail."""
    fine = [
        cv2.GaussianBlur(lab[..., 0], (0, 0), 0.8) - cv2.GaussianBlur(lab[..., 0], (0, 0), 4)
        for lab in (before, after)
    ]
    inside = weights > 0.5
    if inside.sum() < 30:
        return 0.0
    old, new = (plane[inside] - plane[inside].mean() for plane in fine)
    spread = float(np.sqrt((old**2).mean() * (new**2).mean()))
    return float((old * new).mean() / spread) if spread > 0.05 else 0.0


def same_drawing(before: Floats, after: Floats) -> Floats:
    """Return where the fine detail of L*, `(H, W)`, is what it was: soft, in [0, 1].

    NaN where there is none that could tell.
    """
    window = (_WINDOW, _WINDOW)
    old, new = (plane - cv2.GaussianBlur(plane, (0, 0), _COARSE) for plane in (before, after))
    power = cv2.blur(old * old, window)
    both = cv2.blur(old * new, window) / np.sqrt(
        np.maximum(power * cv2.blur(new * new, window), 1e-9)
    )
    same = np.interp(both, _ALIKE, [0, 1])
    return np.asarray(np.where(power > _FAINT, same, np.nan), np.float32)


def look_alikes(before: Floats, area: Floats) -> Floats:
    """Return other parts of a photo with the colours that an area has and its rim has not."""
    inside, around = before[area > 0.5], before[ring(area) > 0.5]
    if len(inside) < 20 or len(around) < 20:
        return np.zeros_like(area)
    own, other = np.median(inside, axis=0), np.median(around, axis=0)
    near, far = (np.linalg.norm(before - colour, axis=2) for colour in (own, other))
    like = ((near < 0.5 * far) & (near < 26) & (widened(area, 0.03) < 0.5)).astype(np.float32)
    return np.asarray(cv2.morphologyEx(like, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)), np.float32)
