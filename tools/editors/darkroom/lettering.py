"""Text that a photo shows: erasing it, and writing other words in its place, size and colour."""

from collections.abc import Sequence
from itertools import combinations, pairwise
from math import ceil

import cv2
import numpy as np
from PIL import Image, ImageDraw

from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.editors.darkroom.lines import Line
from editthinker.tools.editors.darkroom.matte import dilated, mixed
from editthinker.tools.editors.darkroom.surface import continued
from editthinker.tools.editors.darkroom.typeface import font, refuse_lacking
from editthinker.tools.vision.inpainter import inpaint

_DRAWN = 4
"""Letters are drawn so many times larger and scaled down, for smooth slopes."""

_SOFT = 0.7
"""Blur of an ordinary photo, in its pixels."""

_ROOMY = 0.7
"""Share of the room on the longest lines from which the first ones are taken instead."""

_FEW = 12
"""Words up to which every way to break them is tried."""

_NARROWEST = 0.78
"""Share of their width to which letters may be narrowed to fit."""


def erase(pixels: Floats, lines: Sequence[Line]) -> Floats:
    """Fill the ink of the lines from the ground around it; what is no ink stays bit by bit."""
    gone = np.zeros(pixels.shape[:2], bool)
    for line in lines:
        gone |= line.hole
    # Specks between two letters are their halo.
    gone |= cv2.morphologyEx(floats(gone), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)) > 0.5
    for line in lines:
        if line.even:
            near = dilated(floats(line.hole), 3) > 0.5
            hole = floats((line.hole | near & gone) & ~line.strange)
            filled = continued(pixels, gone | line.strange)
        else:
            hole = floats(line.hole)
            filled = floats(inpaint(np.rint(pixels * 255).astype(np.uint8), hole) / np.float32(255))
        pixels = mixed(pixels, filled, floats(cv2.blur(hole, (3, 3)) * (hole > 0)))
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
    rows, columns = _extent(line)
    letters = _bent(_set(new, old or new, line, rows, columns), line.bend)
    if line.outline is not None:
        reach = max(1, round(0.045 * (line.body[1] - line.body[0])))
        erased = _laid(erased, line, dilated(letters, reach), line.outline)
    return _laid(erased, line, letters, line.colour)


def broken_over(content: str, lines: Sequence[Line], *, every: bool) -> list[str]:
    """Break words over lines that they replace.

    Args:
        content: The words.
        lines: The old lines.
        every: Whether to use all of them, if there are words enough, and not as few as will do.

    Returns:
        What stands on each line; empty where nothing is left for it.
    """
    words, widths = content.split(), [line.width for line in lines]
    longest = max(len(line.words) for line in lines) or len(content)
    most = len(lines) if every else ceil(len(content) / longest)
    count = min(len(words), len(lines), most)
    rooms = [sum(widths[at : at + count]) for at in range(len(widths) - count + 1)]
    first = next(at for at, room in enumerate(rooms) if room >= _ROOMY * max(rooms))
    breaks = min(
        combinations(range(1, len(words)), count - 1) if len(words) <= _FEW else [],
        key=lambda ends: _fullest(_cut(words, ends), widths[first:]),
        default=tuple(round(len(words) * i / count) for i in range(1, count)),
    )
    parts = _cut(words, breaks)
    return [""] * first + parts + [""] * (len(widths) - first - count)


def _cut(words: Sequence[str], ends: Sequence[int]) -> list[str]:
    return [" ".join(words[a:b]) for a, b in pairwise((0, *ends, len(words)))]


def _fullest(parts: Sequence[str], widths: Sequence[float]) -> float:
    """Return how long the words of the fullest line are for the room that it has."""
    return max(len(part) / max(width, 1.0) for part, width in zip(parts, widths, strict=False))


def recoloured(pixels: Floats, lines: Sequence[Line], colour: Floats) -> Floats:
    """Give the ink of the lines another colour; the ground between the letters stays.

    An edge pixel is part ink, part ground: only its share of ink changes.
    """
    for line in lines:
        share = _ink_in_photo(line, pixels.shape)
        pixels = floats(np.clip(pixels + share[..., None] * (colour - line.colour), 0, 1))
    return pixels


def shifted(pixels: Floats, changed: Floats, lines: Sequence[Line]) -> Floats:
    """Give the ink of the lines the colour that it has in another copy of the photo.

    Args:
        pixels: The photo.
        changed: The same with another tone everywhere, which tells what becomes of the ink.
        lines: The lines.
    """
    result = pixels
    for line in lines:
        share = _ink_in_photo(line, pixels.shape)
        core = share > 0.9 * float(share.max())
        if share.max() > 0.3:
            shift = np.median(changed[core] - pixels[core], axis=0)
            result = floats(np.clip(result + share[..., None] * shift, 0, 1))
    return result


def _ink_in_photo(line: Line, shape: tuple[int, ...]) -> Floats:
    inverse = np.linalg.inv(line.upright)
    return floats(cv2.warpPerspective(line.ink, inverse, shape[1::-1], flags=cv2.INTER_AREA))


def _bent(letters: Floats, down: Floats) -> Floats:
    """Move each column of a strip down by so many pixels."""
    if not down.any():
        return letters
    x, y = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in letters.shape[::-1]))
    return floats(cv2.remap(letters, x, y - down[None], cv2.INTER_LINEAR))


def _laid(pixels: Floats, line: Line, letters: Floats, colour: Floats) -> Floats:
    """Lay letters, drawn in the strip, on the photo."""
    height, width = pixels.shape[:2]
    inverse = np.linalg.inv(line.upright)
    scale = float(np.sqrt(abs(np.linalg.det(line.upright[:2, :2]))))
    if scale > 1:  # warping does not average down, so do that first
        letters = floats(cv2.GaussianBlur(letters, (0, 0), 0.45 * scale))
    cover = floats(cv2.warpPerspective(letters, inverse, (width, height), flags=cv2.INTER_LINEAR))
    if (cover > 0.3).any():  # the colour is that of the old strokes where they are strongest
        cover = cover / max(float(np.percentile(cover[cover > 0.3], 65)), 0.5)
    return mixed(pixels, np.broadcast_to(colour, pixels.shape), floats(np.clip(cover, 0, 1)))


def _extent(line: Line) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return first and last row and column with ink."""
    solid = _bent(line.ink, -line.bend) > 0.5
    along, down = solid.sum(axis=1), solid.sum(axis=0)
    least = 0.01 if line.even else 0.2
    rows = np.nonzero(along > least * along.max())[0]
    columns = np.nonzero(down > (0 if line.even else 0.15 * down.max()))[0]
    (top, bottom), width = line.body, line.size[0]
    height = bottom - top
    if not line.even and len(rows) and np.ptp(rows) > 0.75 * height:
        # The ground has the colour of the ink: go by how capitals stand in a box that was read.
        rows = np.array([top + 0.23 * height, top + 0.77 * height])
    if not len(rows) or not len(columns):
        fifth = height // 5
        return (top + fifth, bottom - fifth), (width // 3, 2 * width // 3)
    return (int(rows[0]), int(rows[-1])), (int(columns[0]), int(columns[-1]))


def _room(line: Line, columns: tuple[int, int]) -> tuple[int, int]:
    """Return the columns that longer words may use: on the same plain ground, inside the photo."""
    left, right = columns
    while left > 0 and line.plain[left - 1]:
        left -= 1
    while right < line.size[0] - 1 and line.plain[right + 1]:
        right += 1
    spare = (line.body[1] - line.body[0]) // 4
    return min(columns[0], left + spare), max(columns[1], right - spare)


def _set(new: str, old: str, line: Line, rows: tuple[int, int], columns: tuple[int, int]) -> Floats:
    """Draw words into the strip, on the old baseline, in the old size and weight."""
    tall = (rows[1] - rows[0] + 1) * _DRAWN
    sized = font(200).getbbox(old, anchor="ls")
    size = max(8, round(200 * tall / max(sized[3] - sized[1], 1)))
    stroke = _weight(old, size, line) if line.even else 0
    if stroke:  # a stroke makes letters taller, too
        size = max(8, round(size * tall / (tall + 2 * stroke)))
    baseline = rows[0] * _DRAWN - font(size).getbbox(old, anchor="ls")[1] + stroke
    left, _, right, _ = font(size).getbbox(new, anchor="ls", stroke_width=stroke)
    room = _room(line, columns)
    most = _most(line, columns, room) * _DRAWN
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


def _most(line: Line, columns: tuple[int, int], room: tuple[int, int]) -> int:
    """Return how wide words may be that keep the edge of the old ones."""
    if line.align == "left":
        return room[1] - columns[0] + 1
    if line.align == "right":
        return columns[1] - room[0] + 1
    return room[1] - room[0] + 1


def _start(line: Line, columns: tuple[int, int], width: int, room: tuple[int, int]) -> int:
    """Return where words begin: at the edge, or around the middle, of the old ones."""
    middle = (columns[0] + columns[1] + 1) / 2 * _DRAWN
    place = {
        "left": columns[0] * _DRAWN,
        "right": (columns[1] + 1) * _DRAWN - width,
        "centre": round(middle - width / 2),
    }[line.align]
    low, high = room[0] * _DRAWN, (room[1] + 1) * _DRAWN - width
    return int(np.clip(place, low, max(low, high)))


def _weight(old: str, size: int, line: Line) -> int:
    """Return the stroke that makes the font as heavy as the old letters.

    The font is looked at as the photo would show it: what is small is blurred, and looks bolder.
    """
    wanted = _thickness(floats(line.ink > 0.5))
    scale = float(np.sqrt(abs(np.linalg.det(line.upright[:2, :2]))))
    best, nearest = 0, np.inf
    for stroke in range(0, round(0.08 * size) + 1, max(1, round(0.012 * size))):
        sheet = Image.new("L", (int(font(size).getlength(old)) + size, 2 * size))
        place = (size // 2, size // 4)
        ImageDraw.Draw(sheet).text(place, old, 255, font(size), stroke_width=stroke)
        drawn = floats(np.asarray(sheet)) / 255
        small = 1 / (_DRAWN * max(scale, 1.0))
        shown = cv2.resize(drawn, None, fx=small, fy=small, interpolation=cv2.INTER_AREA)
        shown = cv2.GaussianBlur(shown, (0, 0), _SOFT)
        way = max(scale, 1.0)
        shown = cv2.resize(shown, None, fx=way, fy=way, interpolation=cv2.INTER_LINEAR)
        full = float(np.percentile(shown[shown > 0.1], 90)) if shown.max() > 0.1 else 1.0
        off = abs(_thickness(floats(shown > 0.5 * full)) / max(wanted, 1e-6) - 1)
        off += 0.06 * (stroke > 0)
        if off < nearest:
            best, nearest = stroke, off
    return best


def _thickness(solid: Floats) -> float:
    """Return how wide the strokes of letters are, in pixels: four times the mean depth in them."""
    depth = cv2.distanceTransform(solid.astype(np.uint8), cv2.DIST_L2, 5)
    return 4 * float(depth[solid > 0].mean()) if solid.any() else 0.0
