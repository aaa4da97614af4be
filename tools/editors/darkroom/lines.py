"""Lines of text in a photo: where each stands, which pixels are its letters, and how it is set.

Where the text was read, each line has its own box; else the parts of a mask are taken for lines.
The box only says roughly where to look: the letters themselves are told from their ground.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.tools.editors.darkroom.corners import (
    Corners,
    back,
    columns_inside,
    corners_of,
    ends_of,
    grown,
    height_of,
    level_of,
    moved,
)
from editthinker.tools.editors.darkroom.ink import Ink, ink_among
from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.editors.darkroom.matte import dilated
from editthinker.tools.editors.darkroom.strips import Known, Seen, look_at, strip_of, upright_of

Align = Literal["left", "centre", "right"]


@dataclass(frozen=True)
class Line:
    """One line of text in a photo, or some words of it, seen upright."""

    upright: NDArray[np.float64]
    """3 x 3, from the photo's pixels to those of the strip."""
    size: tuple[int, int]
    """Width and height of the upright strip; the line is the middle third of its columns."""
    body: tuple[int, int]
    """First row of the line in the strip, and the first below it."""
    ink: Floats
    """Where the letters are in the strip, in [0, 1]."""
    colour: Floats
    """Of the ink, sRGB in [0, 1]."""
    outline: Floats | None
    """Colour of the rim of the letters, where they have one."""
    hole: NDArray[np.bool_]
    """What must be filled to erase it, in the photo."""
    strange: NDArray[np.bool_]
    """Other ink nearby, in the photo: no ground to fill from."""
    even: bool
    """Whether the ground is smooth: then it is continued, else invented."""
    bend: Floats
    """How far down the line runs in each column of the strip, as on a round mug, in pixels."""
    plain: NDArray[np.bool_]
    """Columns of the strip whose ground is that of the line, where longer words may go."""
    words: str = ""
    """What the line says, where it was read."""
    align: Align = "centre"
    """Which edge other words keep."""

    @property
    def width(self) -> float:
        """Length of the line in the photo, in pixels."""
        scale = float(np.sqrt(abs(np.linalg.det(self.upright[:2, :2]))))
        return self.size[0] / 3 / max(scale, 1e-6)


def read_lines(pixels: Floats, mask: Floats, known: Sequence[Known] = ()) -> list[Line]:
    """Describe each line of text that a mask means, from the top down.

    Args:
        pixels: The photo.
        mask: What is meant: whole lines, or words in them.
        known: The lines that the photo is known to have.
    """
    solid = floats(mask > 0.5)
    lines, rest = [], solid.copy()
    for i, covered in _meant(solid, known).items():
        one = known[i]
        cv2.fillPoly(rest, [np.rint(grown(one.corners, 0.3)).astype(np.int32)], 0)
        others = [other for other in known if other is not one]
        lines.append((one.corners[0, 1], _line(pixels, one, others, covered)))
    for region in _parts(rest, solid):
        corners = corners_of(region)
        lines.append((corners[0, 1], _line(pixels, Known("", corners), known, None)))
    return [line for _, line in sorted(lines, key=lambda item: float(item[0]))]


def _parts(rest: Floats, solid: Floats) -> list[NDArray[np.bool_]]:
    """Return the parts of a mask where no line is known."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(rest.astype(np.uint8))
    least = max(16.0, 0.02 * float(solid.sum()))
    if rest.sum() < 0.3 * solid.sum():  # rims of the known ones
        return []
    return [labels == i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= least]


def _meant(solid: Floats, known: Sequence[Known]) -> dict[int, NDArray[np.bool_]]:
    """Return which hundredths of each line a mask means; lines that it only touches are left out.

    A mask that was made of such lines reaches a little beyond them. One that was drawn by hand may
    be narrower.
    """
    for margin, least in ((0.09, 0.95), (0.0, 0.6)):
        meant = {}
        for i, one in enumerate(known):
            corners = grown(one.corners, margin)
            goal = np.array([[0, 0], [100, 0], [100, 20], [0, 20]], np.float32)
            way = cv2.getPerspectiveTransform(corners, goal)
            strip = cv2.warpPerspective(solid, way, (100, 20), borderMode=cv2.BORDER_REPLICATE)
            columns = np.asarray(strip.mean(axis=0) > least)
            if columns.mean() > 0.04:
                meant[i] = columns
        if meant:
            return meant
    return {}


def _line(
    pixels: Floats, one: Known, others: Sequence[Known], covered: NDArray[np.bool_] | None
) -> Line:
    seen = look_at(pixels, one, others, covered)
    if seen is None:
        return _busy(pixels, one)
    straight = _straightened(one.corners, seen)
    if straight is not None:
        again = look_at(pixels, Known(one.words, straight), others, covered)
        seen = again or seen
    upright, size, body, lab, found, own = seen
    shape = pixels.shape[:2]
    ink = floats(found.share * own)
    soft = floats(found.share > 0.02) * dilated(floats(own), 2 + size[1] // 48)
    hole = back(soft, upright, shape, grow=max(3, round(0.03 * height_of(one.corners))))
    other = floats(((found.share > 0.4) & ~own) | found.beyond)
    strange, letters = (back(other, upright, shape, grow=by) for by in (2, 0))
    hole &= ~letters
    partial = covered is not None and covered.mean() < 0.9
    return Line(
        *(upright, size, body, ink, found.colour, None, hole, strange & ~hole),
        even=True,
        bend=_bend(own, body, size[0]),
        plain=_plain(lab, found, own, body) & columns_inside(upright, size, body, shape),
        words="" if partial else one.words,
        align="left" if partial else _align(one.corners, others, shape[1]),
    )


def _straightened(corners: Corners, seen: Seen) -> Corners | None:
    """Return the corners of a box along the feet of its letters; None where it lies so already."""
    x, y = _feet(seen.own)
    if len(x) < 3:
        return None
    first, second = np.triu_indices(len(x), 1)
    far = np.abs(x[second] - x[first]) > 0.25 * np.ptp(x)
    if far.sum() < 2:
        return None
    ways = (y[second] - y[first])[far] / (x[second] - x[first])[far]
    slope, height = float(np.median(ways)), seen.body[1] - seen.body[0]
    width = seen.size[0] // 3
    if not 0.06 * height < abs(slope) * width or abs(slope) > 0.35:
        return None
    goal = moved(corners, seen.upright)
    middle = float(np.mean(x)) if len(x) else 1.5 * width
    goal[:, 1] += slope * (goal[:, 0] - middle)
    return moved(floats(goal), np.asarray(np.linalg.inv(seen.upright), np.float64))


def _feet(own: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where the letters of a line that are no dots and commas end below, from the left."""
    stats = cv2.connectedComponentsWithStats(own.astype(np.uint8))[2][1:]
    left, top, wide, high = (stats[:, i].astype(np.float64) for i in range(4))
    tall = high > 0.5 * np.percentile(high, 80) if len(high) else np.zeros(0, bool)
    order = np.argsort(left[tall])
    return (left + wide / 2)[tall][order], (top + high)[tall][order]


def _bend(own: NDArray[np.bool_], body: tuple[int, int], width: int) -> Floats:
    """Return how far each column of a line lies below its middle, where it runs in a bow."""
    straight = np.zeros(width, np.float32)
    x, y = _feet(own)
    height = body[1] - body[0]
    if len(x) < 6:
        return straight
    at, weights = (x - x.mean()) / max(float(np.ptp(x)), 1.0), np.ones_like(x)
    for _ in range(6):  # descenders count less and less
        bow = np.polyfit(at, y, 2, w=weights)
        off = np.abs(y - np.polyval(bow, at))
        weights = 1 / (1 + (off / (0.06 * height)) ** 2)
    rise = abs(float(bow[0])) / 4
    if not 0.06 * height < rise < 0.5 * height or np.median(off) > 0.06 * height:
        return straight
    places = np.clip((np.arange(width) - x.mean()) / max(float(np.ptp(x)), 1.0), -0.7, 0.7)
    down = np.polyval(bow, places)
    return floats(down - np.polyval(bow, 0.0))


def _busy(pixels: Floats, one: Known) -> Line:
    """Describe a line on a ground too rough to be told from letters one by one."""
    upright, size, body = strip_of(one.corners)
    width, shape = size[0] // 3, pixels.shape[:2]
    strip, lab = upright_of(pixels, upright, size)
    middle = (slice(*body), slice(width, 2 * width))
    letters, colour, outline = np.zeros(size[::-1], np.float32), strip[middle].mean((0, 1)), None
    part = np.ascontiguousarray(lab[middle])
    if among := ink_among(part, strip[middle]):
        letters[middle], colour, outline = among
    box = np.zeros(shape, np.uint8)
    cv2.fillPoly(box, [np.rint(grown(one.corners, 0.12)).astype(np.int32)], 1)
    nothing = np.zeros(shape, bool)
    off = np.linalg.norm(lab[slice(*body)] - np.median(part.reshape(-1, 3), axis=0), axis=2)
    plain = np.percentile(off, 90, axis=0) < 2 * np.percentile(off[:, width : 2 * width], 75)
    return Line(
        *(upright, size, body, letters, floats(colour), outline, box > 0, nothing),
        even=False,
        bend=np.zeros(size[0], np.float32),
        plain=plain & columns_inside(upright, size, body, shape),
        words=one.words,
    )


def _plain(
    lab: Floats, found: Ink, own: NDArray[np.bool_], body: tuple[int, int]
) -> NDArray[np.bool_]:
    """Return the columns without other ink, whose ground is that of the line."""
    rows = slice(*body)
    off = np.linalg.norm(lab[rows] - found.ground, axis=2)
    alike = np.percentile(np.where(own[rows], 0, off), 90, axis=0) < max(18.0, 3 * found.scatter)
    free = ((found.share[rows] > 0.4) & ~own[rows]).mean(axis=0) < 0.02
    return np.asarray(alike & free)


def _align(corners: Corners, others: Sequence[Known], wide: int) -> Align:
    """Return which edge a line has in common with others; alone, it is taken for centred."""
    high = height_of(corners)
    left, right = ends_of(corners)
    votes = {"left": 0, "centre": 0, "right": 0}
    for other in others:
        if abs(level_of(other.corners) - level_of(corners)) > 6 * max(
            high, height_of(other.corners)
        ):
            continue
        start, end = ends_of(other.corners)
        near = 0.35 * high
        same = abs(start - left) < near, abs(end - right) < near
        if same[0] and (not same[1] or len(others) > 2):
            votes["left"] += 1
        elif same == (False, True):
            votes["right"] += 1
        elif abs(start + end - left - right) < near:
            votes["centre"] += 1
    if not any(votes.values()):
        return "left" if left < 0.06 * wide and right < 0.9 * wide else "centre"
    if votes["left"] and votes["left"] >= max(votes.values()):
        return "left"
    return "right" if votes["right"] > votes["centre"] else "centre"
