"""Where the observer sees text: what it reads, and which of it is ink.

What is small is read closely, since words that were found must be found again to be judged.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.lab import Floats, shrink, to_lab
from editthinker.tools.images import Pixels
from editthinker.tools.vision.passages import Passage, Piece, compact, find_passages
from editthinker.tools.vision.reader import TextBox, read_closely, read_near, read_text

_EYES = 640
"""Longest side on which lines are read, in pixels; what is not found there is read closely."""

_LEAST = 12.0
"""Difference in CIELAB of letters from what they stand on."""


class Words(NamedTuple):
    """Letters that were read, and where they stand."""

    text: str
    corners: Floats
    """Four points in pixels of the picture."""


def find_words(pixels: Pixels, words: str) -> list[list[Words]]:
    """Return every place of some words, or every line for none, each line by line."""
    small = shrink(pixels, _EYES)
    scale = pixels.shape[1] / small.shape[1]
    lines = read_text(small) or []
    if not words and lines:
        return [[Words(line.text, _scaled(line, scale))] for line in lines]
    passages = find_passages(lines, words)
    if not passages:
        scale, lines = 1.0, read_closely(pixels) or []
        passages = find_passages(lines, words)
    if not words:
        return [[Words(line.text, _scaled(line, scale))] for line in lines]
    return [_placed(passage, scale) for passage in passages]


def words_near(pixels: Pixels, words: Sequence[Words]) -> list[Words] | None:
    """Read closely what stands where some words stood; None without a reader."""
    corners = np.concatenate([one.corners for one in words])
    high = max(float(np.linalg.norm(one.corners[3] - one.corners[0])) for one in words)
    sides = np.array(pixels.shape[1::-1])
    low = np.clip(corners.min(axis=0) - 1.5 * high, 0, sides - 1).astype(int)
    up = np.clip(corners.max(axis=0) + 1.5 * high, 1, sides).astype(int)
    lines = read_near(pixels, (int(low[0]), int(low[1]), int(up[0]), int(up[1])))
    if lines is None:
        return None
    at = plane_of([one.corners for one in words], pixels.shape)
    found = (Words(line.text, np.asarray(line.corners, np.float32)) for line in lines)
    return [one for one in found if share_inside(one.corners, at) > 0.3]


def plane_of(every: Sequence[Floats], shape: tuple[int, ...]) -> Floats:
    """Return what corners enclose, 0 or 1."""
    plane = np.zeros(shape[:2], np.uint8)
    for corners in every:
        cv2.fillPoly(plane, [np.rint(corners).astype(np.int32)], 1)
    return np.asarray(plane, np.float32)


def share_inside(corners: Floats, plane: Floats) -> float:
    """Return the share of a box that lies in a plane of 0 and 1."""
    own = plane_of([corners], plane.shape)
    return float((own * plane).sum() / max(float(own.sum()), 1.0))


def ink_in(pixels: Pixels, words: Sequence[Words]) -> Floats:
    """Return how much of each pixel is ink of some words, `(H, W)` in [0, 1].

    Letters differ from the commonest colour around them.
    """
    ink = np.zeros(pixels.shape[:2], np.float32)
    for one in words:
        high = float(np.linalg.norm(one.corners[3] - one.corners[0]))
        pad = round(high)
        low = np.maximum(one.corners.min(axis=0).astype(int) - pad, 0)
        up = one.corners.max(axis=0).astype(int) + pad
        here = (slice(low[1], up[1]), slice(low[0], up[0]))
        part = np.ascontiguousarray(pixels[here])
        if min(part.shape[:2]) < 3:
            continue
        size = min(2 * round(0.75 * high) + 1, 255)
        ground = cv2.medianBlur(part, max(3, size))
        off = np.linalg.norm(to_lab(part) - to_lab(np.asarray(ground)), axis=2)
        inside = plane_of([one.corners - low], part.shape) > 0
        strong = max(float(np.percentile(off[inside], 95)) if inside.any() else 0.0, _LEAST)
        share = np.interp(off / strong, [0.3, 0.7], [0, 1]) * inside
        ink[here] = np.maximum(ink[here], share)
    return ink


def read_out(pixels: Pixels, content: str) -> tuple[float, str]:
    """Return the credit for what can be read, in [0, 1], and a few words about it."""
    readable = legible(pixels, content) if content else None
    if readable is None:
        return 1.0, "the wording was not read"
    return credit(readable)


def credit(readable: float) -> tuple[float, str]:
    """Return what words are worth that can be read so well, and a few words about it."""
    worth = float(np.interp(readable, [0.55, 0.9], [0.3, 1]))
    return worth, "it reads as asked" if worth >= 0.8 else "it does not read as asked"


def legible(pixels: Pixels, content: str) -> float | None:
    """Return how well words can be read in a picture, in [0, 1]; None without a reader."""
    lines = read_text(pixels)
    if lines is None:
        return None
    if not content:
        return 1.0 if lines else 0.0
    # A reader breaks lines where it likes: try them alone and all in a row.
    tries = [line.text for line in lines]
    return max(share_in(text, content) for text in [*tries, "".join(tries)])


def share_in(text: str, words: str) -> float:
    """Return how much of some words is in a text, in order, in [0, 1]."""
    said, wanted = compact(text), compact(words)
    if not said or not wanted:
        return 0.0
    if wanted in said:
        return 1.0
    blocks = SequenceMatcher(None, said, wanted, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size > 1) / len(wanted)


def _scaled(line: TextBox, scale: float) -> Floats:
    return np.asarray(line.corners, np.float32) * np.float32(scale)


def _placed(passage: Passage, scale: float) -> list[Words]:
    return [Words(piece.text, _piece(piece) * np.float32(scale)) for piece in passage.pieces]


def _piece(piece: Piece) -> Floats:
    """Return where letters of a line stand, as if all were of one width."""
    corners = np.asarray(piece.line.corners, np.float32)
    begin, end = (at / len(piece.line.text) for at in (piece.start, piece.end))
    top, bottom = corners[1] - corners[0], corners[2] - corners[3]
    ends = (corners[0] + begin * top, corners[0] + end * top)
    return np.asarray([*ends, corners[3] + end * bottom, corners[3] + begin * bottom], np.float32)
