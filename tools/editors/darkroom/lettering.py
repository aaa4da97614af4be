"""Text that a photo shows: erasing it, and writing other words in its place, size and colour.

A line of text is found as a mask (by reading, or marked by the user); its ink is told from the
ground it stands on, upright letters or not.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from editthinker.tools.editors.darkroom.ink import ink_among, ink_on
from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab
from editthinker.tools.editors.darkroom.matte import dilated, mixed, spread
from editthinker.tools.editors.darkroom.typeface import font, refuse_lacking
from editthinker.tools.vision.inpainter import inpaint

_PLAIN = 9.0
"""Spread of the ground, in CIELAB, below which letters can be told from it one by one."""

_DRAWN = 4
"""Letters are drawn so many times larger and scaled down, for smooth slopes."""

_NARROWEST = 0.78
"""Share of their width to which letters may be narrowed to fit."""


@dataclass(frozen=True)
class Line:
    """One line of text in a photo, seen upright."""

    upright: NDArray[np.float64]
    """3 x 3, from the photo's pixels to upright ones."""
    size: tuple[int, int]
    """Width and height of the upright strip; the line is its middle third."""
    ink: Floats
    """Where the letters are in the strip, in [0, 1]."""
    colour: Floats
    """Of the ink, sRGB in [0, 1]."""
    outline: Floats | None
    """Colour of the rim of the letters, where they have one."""
    mask: Floats
    """What must be filled to erase it, in the photo."""
    even: bool
    """Whether the ground has one colour, or nearly: then it is continued, else invented."""
    plain: NDArray[np.bool_]
    """Columns of the strip whose ground is that of the line, where longer words may go."""

    def covers(self, x: int, y: int) -> bool:
        """Whether a pixel of the photo lies in the line."""
        across, down = cv2.perspectiveTransform(np.array([[[x, y]]], np.float64), self.upright)[
            0, 0
        ]
        return bool(
            self.size[0] / 3 <= across <= 2 * self.size[0] / 3 and 0 <= down <= self.size[1]
        )


def read_lines(pixels: Floats, mask: Floats) -> list[Line]:
    """Describe each line of text that a mask covers, from the top down."""
    solid = (mask > 0.5).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid)
    order = sorted(range(1, count), key=lambda i: (stats[i, cv2.CC_STAT_TOP], i))
    most = max((stats[i, cv2.CC_STAT_AREA] for i in order), default=0)
    return [
        _line(pixels, labels == i)
        for i in order
        if stats[i, cv2.CC_STAT_AREA] >= max(16, 0.02 * most)
    ]


def erase(pixels: Floats, lines: list[Line]) -> Floats:
    """Fill the ink of the lines from the ground around it."""
    for line in lines:
        if line.even:
            thick = cv2.distanceTransform(line.mask.astype(np.uint8), cv2.DIST_L2, 3).max()
            filled = spread(pixels, floats(1 - line.mask), round(float(thick)) + 2)
        else:
            filled = floats(
                inpaint(np.rint(pixels * 255).astype(np.uint8), line.mask) / np.float32(255)
            )
        pixels = mixed(pixels, filled, floats(cv2.blur(dilated(line.mask, 1), (3, 3))))
    return pixels


def rewrite(erased: Floats, line: Line, old: str, new: str) -> Floats:
    """Write words where a line was erased.

    Args:
        erased: The photo without the line.
        line: The line that was there.
        old: Its words, which tell how large and heavy its letters are.
        new: The words to write.

    Raises:
        EditRefusedError: if the font lacks a character.
    """
    refuse_lacking(new)
    rows, columns = _extent(line.ink, line.even)
    left, right = _room(line, columns)
    letters = _set(new, old or new, line, rows, columns, (left, right))
    if line.outline is not None:
        reach = max(1, round(0.045 * line.size[1]))
        erased = _laid(erased, line, dilated(letters, reach), line.outline)
    return _laid(erased, line, letters, line.colour)


def _laid(pixels: Floats, line: Line, letters: Floats, colour: Floats) -> Floats:
    """Lay letters, drawn in the strip, on the photo."""
    height, width = pixels.shape[:2]
    inverse = np.linalg.inv(line.upright)
    cover = cv2.warpPerspective(letters, inverse, (width, height), flags=cv2.INTER_AREA)
    return mixed(pixels, np.broadcast_to(colour, pixels.shape), floats(np.clip(cover, 0, 1)))


def _line(pixels: Floats, region: NDArray[np.bool_]) -> Line:
    corners = _corners(region)
    wide = float(np.linalg.norm(corners[1] - corners[0]))
    high = float(np.linalg.norm(corners[3] - corners[0]))
    scale = float(np.clip(48 / max(high, 1), 1, 6))
    width, height = max(4, round(wide * scale)), max(4, round(high * scale))
    goal = np.array([[width, 0], [2 * width, 0], [2 * width, height], [width, height]], np.float32)
    upright = np.asarray(cv2.getPerspectiveTransform(corners, goal), np.float64)
    size = (3 * width, height)
    strip = floats(
        cv2.warpPerspective(
            pixels, upright, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    )
    inside = strip[:, width : 2 * width]
    lab = to_lab(np.ascontiguousarray(inside))
    edge = max(1, round(0.06 * height))
    ring = np.concatenate([part.reshape(-1, 3) for part in (lab[:edge], lab[-edge:])])
    ground = np.median(ring, axis=0)
    scatter = float(np.percentile(np.linalg.norm(ring - ground, axis=1), 75))
    ink, colour = ink_on(lab, inside, ground)
    outline = None
    even = scatter < _PLAIN and 0.01 < float(ink.mean()) < 0.7
    if not even and (among := ink_among(lab, inside)):
        ink, colour, outline = among
    letters = np.zeros((height, 3 * width), np.float32)
    letters[:, width : 2 * width] = ink
    off = np.linalg.norm(to_lab(strip) - ground, axis=2)
    plain = np.percentile(off, 90, axis=0) < max(2 * _PLAIN, 2 * scatter)
    plain &= _inside(upright, size, region.shape)
    if even:
        loose = np.zeros_like(letters)
        loose[:, width : 2 * width] = np.linalg.norm(lab - ground, axis=2) > max(5.0, 2 * scatter)
        back = cv2.warpPerspective(loose, np.linalg.inv(upright), region.shape[::-1])
        hole = dilated(floats(back > 0.05), max(3, round(0.08 * high)))
    else:  # letters on a busy ground: take all of the strip
        hole = floats(region)
    return Line(upright, size, letters, colour, outline, hole, even, plain)


def _inside(
    upright: NDArray[np.float64], size: tuple[int, int], shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Return which columns of a strip lie within the photo."""
    x = np.arange(size[0], dtype=np.float64)
    ends = np.concatenate([np.stack([x, np.full_like(x, y)], 1) for y in (0, size[1] - 1)])
    places = cv2.perspectiveTransform(ends[None], np.linalg.inv(upright))[0]
    within = ((places >= 0) & (places <= np.array(shape[1::-1]) - 1)).all(axis=1)
    return np.asarray(within.reshape(2, -1).all(axis=0))


def _corners(region: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the corners of the narrowest box, from the upper left, clockwise along the text."""
    points = np.argwhere(region)[:, ::-1].astype(np.float32)
    centre, (wide, high), angle = cv2.minAreaRect(points)
    if angle > 45:  # OpenCV turns up to a quarter; text leans less
        wide, high, angle = high, wide, angle - 90
    corners = cv2.boxPoints((centre, (wide + 1, high + 1), angle))
    start = int(corners.sum(axis=1).argmin())
    corners = np.roll(corners, -start, axis=0)
    if (
        np.cross(np.append(corners[1] - corners[0], 0), np.append(corners[2] - corners[1], 0))[2]
        < 0
    ):
        corners = corners[[0, 3, 2, 1]]
    return corners.astype(np.float32)


def _extent(ink: Floats, even: bool) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return first and last row and column with ink."""
    solid = ink > 0.5
    along, down = solid.sum(axis=1), solid.sum(axis=0)
    least = 0.01 if even else 0.2
    rows = np.nonzero(along > least * along.max())[0]
    columns = np.nonzero(down > (0 if even else 0.15 * down.max()))[0]
    height, width = ink.shape
    if not even and len(rows) and np.ptp(rows) > 0.75 * height:
        # The ground has the colour of the ink: go by how capitals stand in a box that was read.
        rows = np.array([0.23 * height, 0.77 * height])
    if not len(rows) or not len(columns):
        return (height // 5, 4 * height // 5), (width // 3, 2 * width // 3)
    return (int(rows[0]), int(rows[-1])), (int(columns[0]), int(columns[-1]))


def _room(line: Line, columns: tuple[int, int]) -> tuple[int, int]:
    """Return the columns that longer words may use: on the same plain ground, inside the photo."""
    left, right = columns
    height = line.size[1]
    while left > 0 and line.plain[left - 1]:
        left -= 1
    while right < line.size[0] - 1 and line.plain[right + 1]:
        right += 1
    spare = height // 4
    return min(columns[0], left + spare), max(columns[1], right - spare)


def _set(
    new: str,
    old: str,
    line: Line,
    rows: tuple[int, int],
    columns: tuple[int, int],
    room: tuple[int, int],
) -> Floats:
    """Draw words into the strip, on the old baseline, in the old size and weight."""
    tall = (rows[1] - rows[0] + 1) * _DRAWN
    sized = font(200).getbbox(old, anchor="ls")
    size = max(8, round(200 * tall / max(sized[3] - sized[1], 1)))
    baseline = rows[0] * _DRAWN - font(size).getbbox(old, anchor="ls")[1]
    stroke = _weight(old, size, line.ink, rows, columns) if line.even else 0
    left, _, right, _ = font(size).getbbox(new, anchor="ls", stroke_width=stroke)
    most = (room[1] - room[0] + 1) * _DRAWN
    shrink = min(1.0, most / max(right - left, 1))
    if shrink < _NARROWEST:  # first narrower letters, then smaller ones
        smaller = shrink / _NARROWEST
        lift = (1 - smaller) * tall / 2
        size, stroke = max(8, round(size * smaller)), round(stroke * smaller)
        baseline -= lift
        left, _, right, _ = font(size).getbbox(new, anchor="ls", stroke_width=stroke)
        shrink = min(1.0, most / max(right - left, 1))
    width = max(1, round((right - left) * shrink))
    sheet = Image.new("L", (int(right - left) + 1, line.size[1] * _DRAWN))
    ImageDraw.Draw(sheet).text(
        (-left, baseline), new, 255, font(size), anchor="ls", stroke_width=stroke
    )
    drawn = floats(np.asarray(sheet.resize((width, sheet.height), Image.Resampling.LANCZOS)))
    wide = line.size[0] * _DRAWN
    start = _start(line, columns, width, room)
    strip = np.zeros((line.size[1] * _DRAWN, wide), np.float32)
    end = min(wide, start + width)
    strip[:, start:end] = drawn[:, : end - start] / 255
    return floats(cv2.resize(strip, line.size, interpolation=cv2.INTER_AREA))


def _start(line: Line, columns: tuple[int, int], width: int, room: tuple[int, int]) -> int:
    """Return where words begin: around the middle of the old ones, within the room."""
    middle = (columns[0] + columns[1] + 1) / 2 * _DRAWN
    low, high = room[0] * _DRAWN, (room[1] + 1) * _DRAWN - width
    return int(np.clip(round(middle - width / 2), low, max(low, high)))


def _weight(
    old: str, size: int, ink: Floats, rows: tuple[int, int], columns: tuple[int, int]
) -> int:
    """Return the stroke that makes the font as heavy as the old letters."""
    part = ink[rows[0] : rows[1] + 1, columns[0] : columns[1] + 1]
    wanted = float((part > 0.5).mean()) if part.size else 0.0
    drawn = np.asarray(font(size).getmask(old)).reshape(-1)
    have = float((drawn > 127).mean()) if drawn.size else 0.0
    if not have or wanted <= 1.1 * have:
        return 0
    # Letters are strokes: their ink grows with the width of the stroke, about a tenth of the size.
    return int(np.clip(round(0.05 * size * (wanted / have - 1)), 0, round(0.05 * size)))
