"""The ink of a line of text: which of its pixels are letters, and in which colour."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.tools.editors.darkroom.light import Floats, floats

_LEAST = 12.0
"""Difference in CIELAB from which ink can be told from its ground."""

_WIDEST = 0.5
"""Share of a line's height that no stroke of a letter is wide."""

_SMOOTH = 5.0
"""Roughness of a ground, in CIELAB, up to which it can be continued behind letters."""

_FAINTER = 0.18
"""The same as a share of how far the ink differs from it: strong letters are told on more."""

_UPPER, _LOWER = 0.3, 0.7


class Ink(NamedTuple):
    """What is written on a strip of a photo."""

    share: Floats
    """How much of each pixel is ink, in [0, 1], whatever line it belongs to."""
    beyond: NDArray[np.bool_]
    """What differs from the ground in the other way: neither of the two."""
    colour: Floats
    """Of the ink, sRGB in [0, 1]."""
    ground: Floats
    """Colour of what it stands on, CIELAB."""
    scatter: float
    """How uneven the ground is in itself, CIELAB."""


def ink_on(
    lab: Floats, pixels: Floats, line: tuple[slice, slice], tallest: float = 0.0
) -> Ink | None:
    """Tell letters from the ground they stand on; None where the ground is too busy.

    Args:
        lab: A strip of the photo around a line of text, upright, CIELAB.
        pixels: The same in sRGB.
        line: Where in it the line is.
        tallest: Height of the tallest line beside it: its wide strokes are ink as well.
    """
    inside = lab[line]
    height = inside.shape[0]
    if min(inside.shape[:2]) < 3:
        return None
    # Light that falls off along the line is no second colour.
    wide = cv2.GaussianBlur(inside, (0, 0), height)
    inside = floats(inside - wide + np.median(wide.reshape(-1, 3), axis=0))
    dark, light = _two(inside)
    edge, beyond = max(1, round(0.08 * height)), round(0.2 * height)
    rows, columns = line
    flat = floats(lab[:, columns] - wide.mean(axis=(0, 1)) + np.median(wide.reshape(-1, 3), axis=0))
    upper, lower = flat[max(0, rows.start - beyond) : rows.start], flat[rows.stop :][:beyond]
    rims = (inside[:edge], inside[-edge:], upper, lower)
    rim = np.concatenate([part.reshape(-1, 3) for part in rims])
    near_dark = np.linalg.norm(rim - dark, axis=1) < np.linalg.norm(rim - light, axis=1)
    ground, ink = (dark, light) if near_dark.mean() > 0.5 else (light, dark)
    way = ink - ground
    if np.linalg.norm(way) < _LEAST:
        return None
    along = floats(((lab - ground) @ way) / float(way @ way))
    # What is wider than any stroke is ground in shade, or another thing.
    widest = _WIDEST * min(max(height, tallest), 3 * height)
    size = 2 * max(1, round(widest / 2)) + 1
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    detail = along - cv2.morphologyEx(along, cv2.MORPH_OPEN, brush)
    top = float(np.percentile(detail[line], 97))
    if top < 0.35:
        return None
    share = floats(np.interp(detail / max(top, 0.8), [_UPPER, _LOWER], [0, 1]))
    bare = cv2.dilate(floats(detail > 0.12 * top), np.ones((3, 3), np.uint8)) < 0.5
    scatter = _roughness(lab[line], bare[line], height)
    covered = float((share[line] > 0.5).mean())
    smooth = scatter <= max(_SMOOTH, _FAINTER * float(np.linalg.norm(way)))
    if not smooth or not 0.01 < covered < 0.7:
        return None
    opposite = np.asarray(cv2.morphologyEx(along, cv2.MORPH_CLOSE, brush) < -0.6)
    return Ink(
        share, opposite, _colour(pixels[line], share[line], detail[line]), floats(ground), scatter
    )


def _two(lab: Floats) -> tuple[Floats, Floats]:
    """Return the two colours that a line consists of, the darker first."""
    points = np.ascontiguousarray(lab.reshape(-1, 3))
    points = points[:: max(1, len(points) // 8000)]
    order = np.argsort(points[:, 0])
    few = max(1, len(points) // 25)
    centres = np.stack([points[order[:few]].mean(axis=0), points[order[-few:]].mean(axis=0)])
    for _ in range(8):
        off = np.linalg.norm(points[:, None] - centres[None], axis=2)
        nearer = off.argmin(axis=1)
        for i in (0, 1):
            if (nearer == i).any():
                centres[i] = points[nearer == i].mean(axis=0)
    return floats(centres[0]), floats(centres[1])


def _roughness(lab: Floats, bare: NDArray[np.bool_], height: int) -> float:
    """Return how much a ground differs from itself nearby, where no ink lies on it."""
    if bare.sum() < 20:
        return 0.0
    weight = floats(bare)
    sigma = max(1.0, 0.25 * height)
    around = cv2.GaussianBlur(lab * weight[..., None], (0, 0), sigma)
    around = around / (cv2.GaussianBlur(weight, (0, 0), sigma)[..., None] + 1e-4)
    return float(np.percentile(np.linalg.norm(lab - around, axis=2)[bare], 80))


def _colour(pixels: Floats, share: Floats, detail: Floats) -> Floats:
    """Return the colour of the ink where it is purest: thin strokes are half ground."""
    core = cv2.erode(floats(share > 0.9), np.ones((3, 3), np.uint8)) > 0
    chosen = core if core.sum() > 40 else share > 0.9
    if not chosen.any():
        chosen = share >= share.max()
    pure = chosen & (detail >= np.percentile(detail[chosen], 50))
    return floats(np.median(pixels[pure], axis=0))


def ink_among(lab: Floats, pixels: Floats) -> tuple[Floats, Floats, Floats | None] | None:
    """Return where letters are on a busy ground, their colour, and that of their outline.

    Letters have a colour that runs along the whole line, and is rare above and below it. Of two
    such colours, one lies around the other: the outline. None where there is no such colour.
    """
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    points = np.ascontiguousarray(lab.reshape(-1, 3))
    start = np.zeros((len(points), 1), np.int32)
    count = min(6, len(points))
    _, found, _ = cv2.kmeans(points, count, start, stop, 2, cv2.KMEANS_PP_CENTERS)
    labels = np.asarray(found.reshape(lab.shape[:2]), np.int32)
    edge = max(1, lab.shape[0] // 12)
    scores: list[tuple[float, NDArray[np.bool_]]] = []
    for i in range(count):
        here = labels == i
        rim = float(np.concatenate([here[:edge], here[-edge:]]).mean())
        middle = float(here[3 * edge : -3 * edge].mean()) if lab.shape[0] > 6 * edge else 0.0
        bins = [part.mean() > 0.03 for part in np.array_split(here, 12, axis=1)]
        if middle > 0.06 and np.mean(bins) > 0.7 and middle > 2 * rim:
            scores.append((middle - rim, here))
    if not scores:
        return None
    first, *others = [here for _, here in sorted(scores, key=lambda s: -s[0])[:2]]
    letters, outline = first, None
    for other in others:
        letters, outline = sorted((first, other), key=lambda here: _enclosed(here, labels))[::-1]
    colour = np.median(pixels[letters], axis=0)
    off = np.linalg.norm(lab - np.median(lab[letters], axis=0), axis=2)
    rim_colour = None if outline is None else floats(np.median(pixels[outline], axis=0))
    return floats(np.interp(off, [14, 28], [1, 0])), floats(colour), rim_colour


def _enclosed(here: NDArray[np.bool_], labels: NDArray[np.int32]) -> float:
    """Return the largest share of a colour's surroundings that is of one other colour."""
    around = (cv2.dilate(here.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0) & ~here
    return float(np.bincount(labels[around]).max() / max(int(around.sum()), 1))
