"""Lines of text in a photo, guessed by the look of letters: nothing here reads them.

Letters are patches of one colour on a ground of another, as high as their neighbours, made of
strokes, and they stand in a row.
"""

from collections import defaultdict
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.tools.images import Pixels
from editthinker.tools.vision.masks import shrunk

Corners = tuple[tuple[float, float], ...]
"""Four points (x, y) in pixels, from the upper left, clockwise along the text."""

_SIDES = (1000, 400)
"""Longest sides of the copies on which small and large letters are looked for, in pixels."""

_LEAST_HEIGHT, _MOST_HEIGHT = 7, 70
"""Of a letter on such a copy, in pixels."""

_CONTRAST = 28.0
"""Difference in grey from which letters can be told from their ground."""

_LEAST_LETTERS = 4
"""Rows of three are found in any foliage."""


@dataclass(frozen=True)
class _Letter:
    """One patch that could be a letter, or two that touch."""

    left: int
    top: int
    right: int
    bottom: int
    grey: float
    """Of its pixels, in the middle, 0 to 255."""
    stroke: float
    """Its thickness, in pixels."""

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def middle(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


def guess_lines(pixels: Pixels) -> list[Corners]:
    """Return what looks like lines of text in `(H, W, 3) uint8` pixels, from the top down."""
    found: list[tuple[float, Corners]] = []
    for side in _SIDES:
        small = shrunk(pixels, side)
        scale = pixels.shape[1] / small.shape[1], pixels.shape[0] / small.shape[0]
        grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
        for dark in (True, False):
            for row in _rows(_letters(grey, dark)):
                if _is_text(row):
                    around = tuple((x * scale[0], y * scale[1]) for x, y in _around(row))
                    found.append((float(len(row)), around))
    kept: list[Corners] = []
    for _, corners in sorted(found, key=lambda line: -line[0]):
        if all(_shared(corners, other) < 0.3 for other in kept):
            kept.append(corners)
    return sorted(kept, key=lambda corners: min(y for _, y in corners))


def _letters(grey: NDArray[np.uint8], dark: bool) -> list[_Letter]:
    ground = cv2.medianBlur(grey, _MOST_HEIGHT + 1) if min(grey.shape) > 3 else grey
    off = ground.astype(np.float32) - grey if dark else grey.astype(np.float32) - ground
    near = cv2.dilate(off, np.ones((2 * _LEAST_HEIGHT + 1,) * 2, np.uint8))
    solid = (off > np.maximum(_CONTRAST, 0.5 * near)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    letters = []
    for i in range(1, count):
        x, y, wide, high, area = (int(value) for value in stats[i])
        if not _LEAST_HEIGHT <= high <= _MOST_HEIGHT or wide > 3 * high or area < 0.1 * wide * high:
            continue
        here = labels[y : y + high, x : x + wide] == i
        stroke = 2 * float(cv2.distanceTransform(np.pad(here, 1).astype(np.uint8), 2, 3).max())
        own = grey[y : y + high, x : x + wide][here]
        even = float(np.percentile(own, 75) - np.percentile(own, 25)) < 45
        if stroke <= max(0.45 * high, 3) and even:
            letters.append(_Letter(x, y, x + wide, y + high, float(np.median(own)), stroke))
    return letters


def _rows(letters: list[_Letter]) -> list[list[_Letter]]:
    """Join each letter with the next one to its right that goes with it."""
    rows: list[list[_Letter]] = []
    bands: dict[int, list[list[_Letter]]] = defaultdict(list)  # rows by how far down they are
    for letter in sorted(letters, key=lambda letter: letter.left):
        band = int(letter.middle[1]) // _MOST_HEIGHT
        near = [row for at in (band - 1, band, band + 1) for row in bands[at]]
        fitting = [row for row in near if _follows(row[-1], letter)]
        row = min(fitting, key=lambda row: letter.left - row[-1].right, default=[])
        if not row:
            rows.append(row)
        row.append(letter)
        reach = letter.left - 2 * _MOST_HEIGHT
        bands[band] = [other for other in bands[band] if other[-1].right > reach] + [row]
    return rows


def _follows(one: _Letter, other: _Letter) -> bool:
    high, low = max(one.height, other.height), min(one.height, other.height)
    overlap = min(one.bottom, other.bottom) - max(one.top, other.top)
    gap = other.left - one.right
    strokes = sorted((one.stroke, other.stroke))
    return (
        low > 0.45 * high
        and overlap > 0.55 * low
        and -0.2 * high < gap < 1.1 * high
        and abs(one.grey - other.grey) < 35
        and strokes[1] < 1.8 * strokes[0] + 1
    )


def _is_text(row: list[_Letter]) -> bool:
    """Whether letters stand on one line, and are unlike each other as letters are."""
    if len(row) < _LEAST_LETTERS:
        return False
    height = float(np.median([letter.height for letter in row]))
    x = np.array([letter.middle[0] for letter in row])
    bottoms = np.array([letter.bottom for letter in row], np.float64)
    slope, base = np.polyfit(x, bottoms, 1)
    off = np.abs(bottoms - (slope * x + base))
    widths = np.array([letter.right - letter.left for letter in row])
    # Windows and fences stand in rows as well: all alike.
    alike = float(widths.std() / max(float(widths.mean()), 1)) < 0.03
    # One pen in one colour; leaves and fur have many.
    strokes, greys = (np.array([getattr(one, name) for one in row]) for name in ("stroke", "grey"))
    one_pen = strokes.std() < 0.25 * strokes.mean() + 0.3 and greys.std() < 10
    straight = abs(slope) < 0.4 and float(np.median(off)) < 0.12 * height
    return bool(straight and one_pen and not alike)


def _around(row: list[_Letter]) -> list[tuple[float, float]]:
    """Return the corners of a row of letters, along its slope."""
    middles = np.array([letter.middle for letter in row])
    slope = float(np.polyfit(middles[:, 0], middles[:, 1], 1)[0])
    along = np.array([1.0, slope]) / np.hypot(1, slope)
    across = np.array([-along[1], along[0]])
    # Of a leaning letter the upper and lower end count, not the corners of its upright box.
    tops = np.array([(letter.middle[0], letter.top) for letter in row]) @ across
    bottoms = np.array([(letter.middle[0], letter.bottom) for letter in row]) @ across
    ends = np.array([(x, one.middle[1]) for one in row for x in (one.left, one.right)]) @ along
    margin = 0.12 * float(bottoms.max() - tops.min())
    left, right = float(ends.min()) - margin, float(ends.max()) + margin
    top, bottom = float(tops.min()) - margin, float(bottoms.max()) + margin
    places = (left, top), (right, top), (right, bottom), (left, bottom)
    points = [x * along + y * across for x, y in places]
    return [(float(x), float(y)) for x, y in points]


def _shared(one: Corners, other: Corners) -> float:
    """Return the share of the smaller box that lies in the other one."""
    boxes = np.array([[np.min(c, axis=0), np.max(c, axis=0)] for c in (one, other)])
    inner = np.maximum(boxes[:, 1].min(axis=0) - boxes[:, 0].max(axis=0), 0)
    areas = np.prod(boxes[:, 1] - boxes[:, 0], axis=1)
    return float(np.prod(inner) / max(float(areas.min()), 1e-6))
