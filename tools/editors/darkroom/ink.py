"""The ink of a line of text: which of its pixels are letters, and in which colour."""

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.tools.editors.darkroom.light import Floats, floats


def ink_on(lab: Floats, pixels: Floats, ground: Floats) -> tuple[Floats, Floats]:
    """Return where letters are, and their colour: what differs most from an even ground."""
    off = np.linalg.norm(lab - ground, axis=2)
    level = max(10.0, 0.55 * float(np.percentile(off, 97)))
    strong = off > level
    if not strong.any():
        return np.zeros(off.shape, np.float32), floats(pixels.reshape(-1, 3).mean(axis=0))
    core = cv2.erode(strong.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    chosen = core if core.sum() > 20 else strong
    middle = np.median(lab[chosen], axis=0)
    near = chosen & (np.linalg.norm(lab - middle, axis=2) < 25)
    colour = np.median(pixels[near if near.any() else chosen], axis=0)
    way = middle - ground
    share = ((lab - ground) @ way) / max(float(way @ way), 1e-6)
    return floats(np.interp(share, [0.3, 0.7], [0, 1])), floats(colour)


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
