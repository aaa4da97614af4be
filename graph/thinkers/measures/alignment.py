"""Where every pixel of the source went: turned, mirrored, cropped, scaled or framed.

Registration works on the strength of edges, so that it survives changes of tone and colour.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.graph.thinkers.measures.lab import Floats, lightness, shrink
from editthinker.tools.editors.darkroom.recipe import Operation, Recipe
from editthinker.tools.images import Pixels

Matrix = NDArray[np.float64]
"""Affine, 3 x 3, from source pixels to pixels of the edited picture."""

_SIDE = 320
_GEOMETRY = frozenset({"rotate", "flip", "crop", "straighten"})
_EXCHANGED = frozenset({"fill", "cutout", "remove", "move", "duplicate"})
"""Steps after which much of the photo shows something else."""


@dataclass(frozen=True)
class Alignment:
    """How the source lies in the edited picture."""

    matrix: Matrix
    likeness: float
    """Correlation of the edges where both pictures are, in [-1, 1]."""

    @property
    def mirrored(self) -> bool:
        """Whether left and right changed places."""
        return bool(np.linalg.det(self.matrix[:2, :2]) < 0)

    @property
    def stretch(self) -> float:
        """Longer over shorter scale of the two axes; 1 when proportions are kept."""
        values = np.linalg.svd(self.matrix[:2, :2], compute_uv=False)
        return float(values[0] / max(values[1], 1e-9))

    def angle_after(self, expected: Matrix) -> float:
        """Degrees, clockwise, that the picture is turned beyond the linear map `expected`."""
        rest = self.matrix[:2, :2] @ np.linalg.inv(expected)
        return float(np.degrees(np.arctan2(rest[1, 0] - rest[0, 1], rest[0, 0] + rest[1, 1])))


def expected_turn(recipe: Recipe, *, flips: bool = True) -> Matrix:
    """Return the 2 x 2 map that the asked turns and flips make together."""
    total = np.eye(2)
    for step in recipe.steps:
        if step.operation == "rotate":
            total = _turn(float(step.options["degrees"])) @ total
        elif step.operation == "flip" and flips:
            horizontal = step.options["axis"] == "horizontal"
            total = np.diag([-1.0, 1.0] if horizontal else [1.0, -1.0]) @ total
    return total


_LETTERED: frozenset[Operation] = frozenset({"erase-text", "replace-text"})
"""Steps after which little may be left to match."""


def align(source: Pixels, edited: Pixels, recipe: Recipe) -> Alignment:
    """Find the affine map from the source to the edited picture.

    Where nothing about the frame was asked and the pictures agree as they lie, they are taken as
    they lie; else quarter turns, mirror images, crops, and free turns by matched features compete.
    """
    small, result = shrink(source, _SIDE), shrink(edited, _SIDE)
    to_small = _scaling(source, small)
    from_result = np.linalg.inv(_scaling(edited, result))
    edges_source, edges_result = _edges(small), _edges(result)

    def best(candidates: Iterable[Matrix]) -> Alignment:
        scored = [Alignment(m, _likeness(edges_source, edges_result, m)) for m in candidates]
        return max(scored, key=lambda a: a.likeness, default=Alignment(np.eye(3), -1.0))

    asked = any(step.operation in _GEOMETRY for step in recipe.steps)
    found = best([_fitted(np.eye(2), small, result)])
    same_shape = abs(found.stretch - 1) < 0.02
    lettered = any(step.operation in _LETTERED for step in recipe.steps)
    if lettered and not asked and same_shape:
        # A page without its text resembles nothing, and still lies as it lay.
        return Alignment(from_result @ found.matrix @ to_small, found.likeness)
    if asked or found.likeness < 0.5 or not same_shape:
        others = max(
            best(_quarter_turns(small, result)),
            best(_crops(edges_source, edges_result, source, edited, recipe)),
            key=lambda a: a.likeness,
        )
        # A picture that was redrawn resembles nothing much: then it is taken as it lies.
        margin = 0.3 if any(s.operation in _EXCHANGED for s in recipe.steps) else 0.1
        if others.likeness > found.likeness + (0.0 if asked or not same_shape else margin):
            found = others
        if asked or found.likeness < 0.7:
            free = best(_free_turns(small, result))
            if free.likeness > found.likeness + (0.02 if margin < 0.2 else margin):
                found = free
    return Alignment(from_result @ found.matrix @ to_small, found.likeness)


def _turn(degrees: float) -> Matrix:
    # Image rows grow downwards, so this turns clockwise on the screen.
    angle = np.radians(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _scaling(large: Pixels, small: Pixels) -> Matrix:
    return np.diag([small.shape[1] / large.shape[1], small.shape[0] / large.shape[0], 1.0])


def _fitted(linear: Matrix, source: Pixels, result: Pixels) -> Matrix:
    """Return the map that turns the source by `linear` and fills the result with it."""
    height, width = source.shape[:2]
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64) @ linear.T
    low, high = corners.min(axis=0), corners.max(axis=0)
    scale = np.array([result.shape[1], result.shape[0]]) / (high - low)
    matrix = np.eye(3)
    matrix[:2, :2] = np.diag(scale) @ linear
    matrix[:2, 2] = -scale * low
    return matrix


def _quarter_turns(source: Pixels, result: Pixels) -> Iterator[Matrix]:
    for mirror in (np.eye(2), np.diag([-1.0, 1.0])):
        for degrees in (0, 90, 180, 270):
            yield _fitted(np.round(_turn(degrees)) @ mirror, source, result)


def _crops(
    edges_source: Floats, edges_result: Floats, source: Pixels, edited: Pixels, recipe: Recipe
) -> Iterator[Matrix]:
    """Look for the result in the source, at its own scale and at the largest that fits."""
    linear = np.round(expected_turn(recipe))
    if abs(abs(np.linalg.det(linear)) - 1) > 1e-6:
        linear = np.eye(2)
    for turn in {linear.tobytes(): linear, np.eye(2).tobytes(): np.eye(2)}.values():
        sides = np.abs(turn) @ [edges_source.shape[1], edges_source.shape[0]]
        width, height = round(sides[0]), round(sides[1])
        canvas = np.zeros((height, width, 3), np.uint8)
        placed = _fitted(turn, np.zeros((*edges_source.shape, 3), np.uint8), canvas)
        turned = cv2.warpAffine(edges_source, placed[:2], (width, height))
        fits = min(width / edges_result.shape[1], height / edges_result.shape[0])
        own = (edges_source.shape[1] / source.shape[1]) * (edited.shape[1] / edges_result.shape[1])
        for scale in {fits, min(own, fits)}:
            size = (int(edges_result.shape[1] * scale), int(edges_result.shape[0] * scale))
            if min(size) < 16:
                continue
            template = cv2.resize(edges_result, size)
            scores = cv2.matchTemplate(turned, template, cv2.TM_CCOEFF_NORMED)
            x, y = cv2.minMaxLoc(scores)[3]
            yield (
                np.diag([1 / scale, 1 / scale, 1])
                @ np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1]])
                @ placed
            )


def _free_turns(source: Pixels, result: Pixels) -> Iterator[Matrix]:
    """Match features of the source, as it is and mirrored, and fit a similarity."""
    finder = cv2.SIFT.create(400)
    points, marks = finder.detectAndCompute(cv2.cvtColor(result, cv2.COLOR_RGB2GRAY), None)
    for mirrored in (False, True):
        matrix = np.diag([-1.0 if mirrored else 1.0, 1.0, 1.0])
        matrix[0, 2] = source.shape[1] - 1 if mirrored else 0
        grey = cv2.cvtColor(source, cv2.COLOR_RGB2GRAY)
        here, signs = finder.detectAndCompute(cv2.flip(grey, 1) if mirrored else grey, None)
        if marks is None or signs is None or min(len(marks), len(signs)) < 8:
            continue
        pairs = cv2.BFMatcher().knnMatch(signs, marks, k=2)
        good = [m for m, other in pairs if m.distance < 0.75 * other.distance]
        if len(good) < 8:
            continue
        fit, inliers = cv2.estimateAffinePartial2D(
            np.array([here[m.queryIdx].pt for m in good]),
            np.array([points[m.trainIdx].pt for m in good]),
            ransacReprojThreshold=2.0,
        )
        if fit is not None and int(inliers.sum()) >= 8:
            yield np.vstack([fit, [0, 0, 1]]) @ matrix


def _edges(pixels: Pixels) -> Floats:
    plane = cv2.GaussianBlur(lightness(pixels), (0, 0), 1.2)
    strength = np.hypot(cv2.Sobel(plane, cv2.CV_32F, 1, 0), cv2.Sobel(plane, cv2.CV_32F, 0, 1))
    return np.asarray(np.sqrt(strength), np.float32)


def _likeness(edges_source: Floats, edges_result: Floats, matrix: Matrix) -> float:
    size = (edges_result.shape[1], edges_result.shape[0])
    moved = cv2.warpAffine(edges_source, matrix[:2], size)
    there = cv2.warpAffine(np.ones_like(edges_source), matrix[:2], size) > 0.99
    there = cv2.erode(there.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if there.mean() < 0.2:
        return -1.0
    return correlation(np.asarray(moved[there], np.float32), edges_result[there])


def correlation(left: Floats, right: Floats) -> float:
    """Return Pearson's correlation; 0 where one of the two is flat."""
    spread = float(left.std() * right.std())
    if spread < 1e-6:
        return 0.0
    return float(((left - left.mean()) * (right - right.mean())).mean()) / spread
