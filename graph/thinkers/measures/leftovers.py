"""What a removal left standing: the rest of a thing, its handle, its shadow."""

from typing import NamedTuple

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.lab import Floats
from editthinker.graph.thinkers.measures.scene import Scene
from editthinker.graph.thinkers.measures.sight import Sight, widened
from editthinker.graph.thinkers.measures.traces import (
    commonest,
    distances,
    new_steps,
    outline,
    solid,
)

_ALIKE = 9.0
"""Difference in colour up to which a thing cannot be told from what came in its place."""

_TOLD = 0.2
"""Share of a thing of which it must be plain whether it is gone."""

_DEEP, _INSIDE = 7, 0.1
"""Pixels of a window that lies inside of a thing and not at its rim, and how much of the colour of
what is left must be there, as a share of it."""

_SMALL = np.ones((3, 3), np.uint8)


class Leftovers(NamedTuple):
    """How much of a thing still stands."""

    share: float
    """What it takes from the removal, in [0, 1]."""
    sentence: str
    """What and where, without a full stop."""


def find_leftovers(scene: Scene, area: Floats, around: Floats, sight: Sight | None) -> Leftovers:
    """Look for what is left of a thing.

    Args:
        scene: The edit.
        area: What was taken away, 0 or 1, size of `scene.before`.
        around: What lies around it and was not changed.
        sight: Where the thing is, where these eyes can tell.
    """
    found = [_untouched(scene, area, sight), _torn(scene, area), _same(scene, area, around)]
    found.append(_shadow(scene, area))
    return max(found, key=lambda left: left.share)


def _untouched(scene: Scene, area: Floats, sight: Sight | None) -> Leftovers:
    """Look at the part of the thing itself that has not changed."""
    if sight is None or sight.must.sum() <= 8:
        return Leftovers(0, "")
    # Black before black looks as it did and is gone all the same: there only its drawing tells.
    drawing = scene.drawing
    unlike = distances(scene.before, commonest(scene.after[area > 0.5])) > _ALIKE
    plain = np.maximum(scene.changed, np.maximum(unlike, ~np.isnan(drawing)))
    told = np.asarray(plain * sight.must, np.float32)
    if told.sum() < _TOLD * sight.must.sum():
        told = sight.must
    still = (1 - scene.changed) * np.where(unlike, 1, np.nan_to_num(drawing, nan=1.0))
    rest = np.asarray(told * still, np.float32)
    lost = float(rest.sum() / told.sum())
    # A rim that is left all around is a matter of masks; a lump is a part of the thing.
    lump = cv2.morphologyEx((rest > 0.5).astype(np.uint8), cv2.MORPH_OPEN, _SMALL)
    share = float((rest * lump).sum() / told.sum())
    missed = max(
        float(np.interp(lost, [0.15, 0.55, 0.9], [0, 0.45, 1])),
        float(np.interp(share, [0.07, 0.15, 0.5], [0, 0.25, 0.5])),
    )
    where = _where(np.asarray(rest * lump, np.float32), sight.must)
    return Leftovers(sight.trust * missed, f"{lost:.0%} of it was not touched{where}")


def _torn(scene: Scene, area: Floats) -> Leftovers:
    """Look where the filling ends and the thing goes on, and follow its colour from there."""
    edge = outline(area)
    torn = (new_steps(scene.before, scene.after, area) * edge > 0.5).astype(np.uint8)
    near = widened(area, 0.12) > 0.5
    open_side = near & (cv2.erode(near.astype(np.uint8), _SMALL) < 1)
    free = near & (area < 0.5) & (scene.changed < 0.3)
    # Of what stands behind it the margin of a removal takes a strip, but nothing deeper inside.
    deep = cv2.erode(area, np.ones((_DEEP, _DEEP), np.uint8)) > 0.5
    count, labels = cv2.connectedComponents(torn, connectivity=8)
    piece = np.zeros(area.shape, bool)
    for index in range(1, count):
        cut = (labels == index).astype(np.uint8)
        if cut.sum() < 3:
            continue
        beside = cv2.dilate(cut, np.ones((7, 7), np.uint8)) > 0
        taken = scene.before[beside & (area > 0.5)]
        if len(taken) < 3:
            continue
        off = np.linalg.norm(scene.before - np.median(taken, axis=0), axis=2)
        parts = cv2.connectedComponents(((off < 14) & free).astype(np.uint8))[1]
        touching = np.unique(parts[beside & (parts > 0)])
        part = np.isin(parts, touching) & (parts > 0)
        # What runs on to all sides is the ground and no part of the thing.
        held = (part & open_side).sum() < 0.25 * part.sum() ** 0.5
        if part.any() and held and (deep & (off < 14)).sum() > _INSIDE * part.sum():
            piece |= part
    share = float(piece.sum() / max(float(area.sum()), 1))
    rest = float(np.interp(share, [0.04, 0.1, 0.5], [0, 0.3, 0.6]))
    where = _where(np.asarray(piece, np.float32), area)
    return Leftovers(rest, f"it is cut through, and a part of it still stands{where}")


def _same(scene: Scene, area: Floats, around: Floats) -> Leftovers:
    """Look beside what was taken away for more of the same colours."""
    if around.sum() < 20:
        return Leftovers(0, "")
    taken, filling = (lab[area > 0.5] for lab in (scene.before, scene.after))
    colours = [np.percentile(taken, share, axis=0) for share in (30, 50, 70)]
    near = np.min([np.linalg.norm(scene.before - colour, axis=2) for colour in colours], axis=0)
    # A sky has many colours from its top to the horizon: none of those in the filling is left over.
    ground = [np.percentile(filling, share, axis=0) for share in (10, 30, 50, 70, 90)]
    own = np.min([np.linalg.norm(scene.before - colour, axis=2) for colour in ground], axis=0)
    more = np.asarray((near < 9) & (own > 16) & (around > 0.5), np.float32)
    share = float(more.sum() / around.sum())
    left = float(np.interp(share, [0.12, 0.4], [0, 0.5]))
    return Leftovers(left, f"more of the same stands beside it{_where(more, area)}")


def _shadow(scene: Scene, area: Floats) -> Leftovers:
    """Look below for a dark patch of the ground's own hue that nothing casts any more."""
    rows = np.nonzero(area.any(axis=1))[0]
    near = widened(area, 0.04) * (1 - area) * (scene.changed < 0.3)
    far = widened(area, 0.12) * (1 - widened(area, 0.05)) * (scene.changed < 0.3)
    for plane in (near, far):
        plane[: (rows[0] + rows[-1]) // 2] = 0
    if near.sum() < 30 or far.sum() < 60:
        return Leftovers(0, "")
    lab = cv2.GaussianBlur(scene.after, (0, 0), 1.0)
    ground = np.median(lab[far > 0], axis=0)
    spread = np.percentile(np.linalg.norm(lab[far > 0] - ground, axis=1), 70)
    # On a ground of many colours a dark patch may be anything.
    if spread > 12:
        return Leftovers(0, "")
    darker = ground[0] - lab[..., 0]
    off = np.linalg.norm(lab[..., 1:] - ground[1:], axis=2)
    dark = solid(np.asarray(near * (darker > 10) * (off < 14), np.float32))
    share = float(dark.sum() / max(float(area.sum()), 1))
    left = float(np.interp(share, [0.04, 0.12], [0, 0.3]))
    return Leftovers(left, "a shadow is left where nothing casts one any more")


def _where(part: Floats, whole: Floats) -> str:
    """Say on which side of a thing a part of it lies."""
    if part.sum() < 1 or whole.sum() < 1:
        return ""
    offs, sizes = [], []
    for axis in (0, 1):
        lines = [plane.sum(axis=axis) for plane in (part, whole)]
        own, all_of_it = (float(line @ np.arange(len(line)) / line.sum()) for line in lines)
        offs.append(own - all_of_it)
        sizes.append(max(float(np.ptp(np.nonzero(lines[1])[0])), 1.0))
    x, y = (off / size for off, size in zip(offs, sizes, strict=True))
    if max(abs(x), abs(y)) < 0.15:
        return ""
    if abs(x) > abs(y):
        return " on its left side" if x < 0 else " on its right side"
    return " at its top" if y < 0 else " at its bottom"
