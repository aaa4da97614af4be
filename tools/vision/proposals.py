"""What a photo could show, before anything has a name: SAM 2 asked at points all over it."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.tools.images import Pixels
from editthinker.tools.recent import Recent
from editthinker.tools.vision.detector import find_boxes
from editthinker.tools.vision.masks import Box, Mask, Part, part_of, split
from editthinker.tools.vision.segmenter import LOW, finely, guesses, outlines_with_model

_CELLS = 7
"""Rows and columns of points at which is asked."""

_SETTLED = 0.1
"""Share of the photo up to which nothing more is asked about a sure thing."""

_MOST_QUESTIONS = 44
"""Points at which SAM 2 is asked about one photo, each a tenth of a second."""

_LEAST_SCORE, _LEAST_STABLE = 0.7, 0.75
"""How good SAM 2 must think a mask, and what share of it must stay when its limit is shifted."""

_VERY_STABLE = 0.95
"""From here on, a mask is believed that SAM 2 itself thinks little of."""

_LEAST, _MOST = 0.0004, 0.75
"""Shares of the photo that a thing may take up."""

_LEFT_OVER = 0.008
"""Share of the photo from which something must stand where nothing was found."""

_FAINT = 0.1
"""Confidence of the detector from which something is there, whatever it is."""

_SAME = 0.75
"""Overlap from which two masks are of one thing."""

_CACHE_BYTES = 48 * 2**20

Flat = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Proposal:
    """One thing that SAM 2 sees, whatever it is."""

    logits: NDArray[np.float16]
    """As the decoder gave them, `(256, 256)`."""
    score: float
    """How good SAM 2 thinks the mask, in [0, 1]."""
    size: tuple[int, int]
    """Height and width of the photo, in pixels."""

    @cached_property
    def low(self) -> Flat:
        """Where it is, `(256, 256)`, whatever the photo's sides."""
        return np.asarray(self.logits > 0)

    @cached_property
    def area(self) -> float:
        """Share of the photo that it takes up."""
        return float(self.low.mean())

    @cached_property
    def box(self) -> Box:
        """Left, top, right, bottom on the small mask."""
        return part_of(np.asarray(self.low, np.float32)).box

    @cached_property
    def centre(self) -> tuple[float, float]:
        """Its centre of mass, x and y as shares of width and height."""
        return part_of(np.asarray(self.low, np.float32)).centre

    @cached_property
    def solidity(self) -> float:
        """Share of its convex hull that it fills."""
        outlines, _ = cv2.findContours(
            self.low.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
        )
        hull = cv2.convexHull(np.concatenate(outlines))
        return float(self.low.sum() / max(cv2.contourArea(hull), self.low.sum(), 1))

    @cached_property
    def tallness(self) -> float:
        """Height over width, in pixels of the photo."""
        left, top, right, bottom = self.box
        return float((bottom - top) * self.size[0] / max((right - left) * self.size[1], 1))

    @cached_property
    def roundness(self) -> float:
        """Overlap with the ellipse of its box, 1 for an oval."""
        left, top, right, bottom = self.box
        rows, columns = np.mgrid[:LOW, :LOW].astype(np.float32)
        x = (columns - (left + right - 1) / 2) / max((right - left) / 2, 1)
        y = (rows - (top + bottom - 1) / 2) / max((bottom - top) / 2, 1)
        return shared(self.low, np.asarray(np.hypot(x, y) <= 1))

    @cached_property
    def sides(self) -> frozenset[str]:
        """Which edges of the photo it touches: left, top, right, bottom."""
        left, top, right, bottom = self.box
        touched = (left <= 1, top <= 1, right >= LOW - 1, bottom >= LOW - 1)
        names = ("left", "top", "right", "bottom")
        return frozenset(name for name, is_there in zip(names, touched, strict=True) if is_there)

    def inside(self, mask: Mask) -> float:
        """Return what share of it lies in a mask of the photo's size."""
        small = cv2.resize(mask, (LOW, LOW), interpolation=cv2.INTER_AREA)
        return float(small[self.low].sum() / max(self.low.sum(), 1))

    def part(self, pixels: Pixels) -> Part:
        """Return it with its outline fitted to the photo."""
        return part_of(finely(np.asarray(self.logits, np.float32), pixels))


_RECENT: Recent[tuple[Proposal, ...]] = Recent(
    _CACHE_BYTES, lambda found: sum(proposal.logits.nbytes for proposal in found) + 1
)


def propose(pixels: Pixels) -> tuple[Proposal, ...]:
    """Return the things that SAM 2 sees in `(H, W, 3) uint8` pixels, the surest first.

    Each photo is looked through once, and so is every thing in it. Nothing without the model.
    """
    if not outlines_with_model():
        return ()
    name = f"{hashlib.sha256(np.ascontiguousarray(pixels).data).hexdigest()} {pixels.shape}"
    found = _RECENT.get(name)
    if found is None:
        found = _look(pixels)
        _RECENT.put(name, found)
    return found


def propose_in(pixels: Pixels, box: Box) -> list[Proposal]:
    """Return the small things in a box of a photo, at which is looked more closely."""
    found: list[Proposal] = []
    if outlines_with_model():
        left, top, right, bottom = box
        part = np.ascontiguousarray(pixels[top:bottom, left:right])
        for _, x, y in _points(part, 3):
            at = (
                left + int((x + 0.5) * (right - left) / LOW),
                top + int((y + 0.5) * (bottom - top) / LOW),
            )
            found += believed(pixels, *guesses(pixels, point=at))
    return list(_distinct(found))


def shared(one: Flat, other: Flat) -> float:
    """Return intersection over union."""
    return float((one & other).sum() / max((one | other).sum(), 1))


def _look(pixels: Pixels) -> tuple[Proposal, ...]:
    height, width = pixels.shape[:2]
    seen = np.zeros((LOW, LOW), bool)
    found: list[Proposal] = []
    asked = 0
    for _, x, y in _points(pixels, _CELLS):
        if seen[y, x] or asked == _MOST_QUESTIONS:
            continue
        asked += 1
        at = (int((x + 0.5) * width / LOW), int((y + 0.5) * height / LOW))
        for proposal in believed(pixels, *guesses(pixels, point=at)):
            found.append(proposal)
            if proposal.area < _SETTLED and proposal.score > 0.9:
                seen |= proposal.low
    boxes = find_boxes(pixels, _FAINT)[:8]
    for least in (0.04, 0.0):
        boxes += _left_over([one for one in found if one.area > least], (width, height))
    for box in boxes:
        found += believed(pixels, *guesses(pixels, box=box))
    return _distinct(found)


def _left_over(found: list[Proposal], size: tuple[int, int]) -> list[Box]:
    """Return the boxes of what no proposal covers: the largest four, in pixels of the photo."""
    covered = np.zeros((LOW, LOW), bool)
    for proposal in found:
        covered |= proposal.low
    rest = cv2.erode((~covered).astype(np.float32), np.ones((7, 7), np.uint8))
    boxes = []
    for part in split(np.asarray(rest, np.float32), _LEFT_OVER)[:4]:
        left, top, right, bottom = part.box
        sides = np.clip((left - 3, top - 3, right + 3, bottom + 3), 0, LOW).tolist()
        x0, y0, x1, y1 = (round(side * size[i % 2] / LOW) for i, side in enumerate(sides))
        boxes.append((x0, y0, x1, y1))
    return boxes


def _points(pixels: Pixels, cells: int) -> list[tuple[float, int, int]]:
    """Return a point of each cell of a grid: where it looks least like what lies around."""
    small = cv2.resize(pixels, (LOW, LOW), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 1.5), cv2.COLOR_RGB2Lab)
    around = cv2.medianBlur(lab, 61)
    off = np.linalg.norm(lab.astype(np.float32) - around.astype(np.float32), axis=2)
    edges = np.linspace(0, LOW, cells + 1).astype(int)
    points = []
    for top, bottom in pairwise(edges):
        for left, right in pairwise(edges):
            y, x = np.mgrid[-1 : 1 : (bottom - top) * 1j, -1 : 1 : (right - left) * 1j]
            middling = 1 - 0.25 * np.maximum(np.abs(x), np.abs(y))
            cell = (off[top:bottom, left:right] + 4) * middling
            row, column = np.unravel_index(int(np.argmax(cell)), cell.shape)
            points.append((float(cell.max()), int(left + column), int(top + row)))
    return sorted(points, key=lambda point: -point[0])


def believed(
    pixels: Pixels, masks: Mask, scores: Mask, least: float = _LEAST_SCORE
) -> list[Proposal]:
    """Return the guesses of SAM 2 that are good enough.

    Args:
        pixels: The photo.
        masks: Logits, `(3, 256, 256)`.
        scores: How good SAM 2 thinks each, in [0, 1].
        least: The score that is good enough; then a mask need not be stable, where it is thin.
    """
    kept = []
    for mask, score in zip(masks, scores, strict=True):
        area = float((mask > 0).mean())
        stable = float((mask > 1).sum() / max(int((mask > -1).sum()), 1))
        sure = score >= least and (stable >= _LEAST_STABLE or least < _LEAST_SCORE)
        if (sure or (stable >= _VERY_STABLE and score > 0.3)) and _LEAST < area < _MOST:
            logits = np.clip(mask, -8, 8).astype(np.float16)
            kept.append(Proposal(logits, float(score), (pixels.shape[0], pixels.shape[1])))
    return kept


def _distinct(found: list[Proposal]) -> tuple[Proposal, ...]:
    kept: list[Proposal] = []
    for proposal in sorted(found, key=lambda one: -one.score):
        if all(shared(proposal.low, other.low) < _SAME for other in kept):
            kept.append(proposal)
    return tuple(kept)
