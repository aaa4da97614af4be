"""Filling a hole with patches from elsewhere in the photo, without a model.

Each patch of the hole looks for the patch outside that is most like it, and takes over its pixels;
what many patches say of one pixel is averaged. This is done on a small copy first and refined on
larger ones, so that lines go on across the hole and textures stay textures.

The method is that of Wexler, Shechtman and Irani ("Space-Time Completion of Video", 2007), and
the search that of Barnes and others ("PatchMatch", 2009), for all pixels at once.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.tools.images import Pixels

_RADIUS = 3
"""Of a patch, in pixels: it is 7 x 7."""

_SIDES = (40, 80, 160, 320)
"""Longest sides of the copies on which patches are searched, in pixels."""

_ROUNDS = (10, 6, 4, 2)
"""How often they are searched and averaged on each."""

_AROUND = 1.2
"""How far around the hole the photo is looked at, in sizes of the hole."""

Grid = NDArray[np.intp]
Plane = NDArray[np.float32]
Flags = NDArray[np.bool_]


class _Sheet(NamedTuple):
    """One copy of the photo while its hole is being filled, with a margin of one patch."""

    pixels: Plane
    hole: Flags
    usable: Flags
    """Where the middle of a patch may be that is all outside of the hole."""
    targets: Grid
    """Rows and columns of the patches that reach into the hole, `(2, N)`."""
    weights: Plane
    """How far each of them can be trusted: less, the deeper in the hole; `(N,)`."""


def fill_with_patches(pixels: Pixels, hole: Flags) -> Pixels | None:
    """Fill a hole in `(H, W, 3) uint8` pixels; None if too little is around to take patches from.

    Only pixels in the hole change. The same hole is always filled the same way.
    """
    window = _window(hole)
    part, gap = pixels[window], hole[window]
    random = np.random.default_rng(0)
    sources: Grid | None = None
    sheet: _Sheet | None = None
    for side, rounds in zip(_SIDES, _ROUNDS, strict=True):
        larger = _sheet(part, gap, side)
        if not larger.usable.any() or not larger.targets.size:
            continue
        if sheet is not None and larger.hole.shape == sheet.hole.shape:
            break  # the photo is no larger
        sources = _carried(sheet, sources, larger, random)
        sheet = larger if sheet is None else larger._replace(pixels=_averaged(larger, sources))
        for _ in range(rounds):
            sources = _searched(sheet, sources, random)
            sheet = sheet._replace(pixels=_averaged(sheet, sources))
    if sheet is None or sources is None:
        return None
    full = _sheet(part, gap, max(gap.shape))
    if full.pixels.shape != sheet.pixels.shape:
        sources = _carried(sheet, sources, full, random)
        sheet = full._replace(pixels=_averaged(full, sources))
    filled = pixels.copy()
    inner = sheet.pixels[_RADIUS:-_RADIUS, _RADIUS:-_RADIUS]
    filled[window][gap] = np.rint(np.clip(inner, 0, 255)).astype(np.uint8)[gap]
    return filled


def _window(hole: Flags) -> tuple[slice, slice]:
    """Return the part of the photo around the hole."""
    rows, columns = np.nonzero(hole.any(axis=1))[0], np.nonzero(hole.any(axis=0))[0]
    size = max(int(np.ptp(rows)), int(np.ptp(columns))) + 1
    reach = max(48, round(_AROUND * size))
    top, left = max(0, int(rows[0]) - reach), max(0, int(columns[0]) - reach)
    return slice(top, int(rows[-1]) + reach + 1), slice(left, int(columns[-1]) + reach + 1)


def _sheet(pixels: Pixels, hole: Flags, side: int) -> _Sheet:
    """Make a copy whose longer side has at most so many pixels."""
    height, width = hole.shape
    scale = min(1.0, side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # Pixels of the hole must not shine into those around it.
    known = np.where(hole, 0, 1).astype(np.float32)
    light = cv2.resize(pixels * known[..., None], size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
    gap = share < 0.6
    small = light / np.maximum(share, 1e-3)[..., None]
    flat = np.rint(np.clip(small, 0, 255)).astype(np.uint8)
    first = cv2.inpaint(flat, gap.astype(np.uint8), 3, cv2.INPAINT_TELEA)
    small = np.where(gap[..., None], first, small).astype(np.float32)
    margin = (_RADIUS, _RADIUS), (_RADIUS, _RADIUS)
    outside = np.pad(gap, margin, constant_values=True)
    box = np.ones((2 * _RADIUS + 1,) * 2, np.uint8)
    usable = cv2.dilate(outside.astype(np.uint8), box, borderValue=1) == 0
    gap = np.pad(gap, margin)
    reached = cv2.dilate(gap.astype(np.uint8), box) > 0
    reached[:_RADIUS] = reached[-_RADIUS:] = reached[:, :_RADIUS] = reached[:, -_RADIUS:] = False
    deep = cv2.distanceTransform(gap.astype(np.uint8), cv2.DIST_L2, 3)
    targets = np.stack(np.nonzero(reached))
    weights = np.asarray(1.3 ** -deep[tuple(targets)], np.float32)
    padded = np.pad(small, (*margin, (0, 0)), mode="edge").astype(np.float32)
    return _Sheet(padded, gap, usable, targets, weights)


def _carried(
    before: _Sheet | None, sources: Grid | None, sheet: _Sheet, random: np.random.Generator
) -> Grid:
    """Take over from a smaller copy where each patch comes from; at first, from anywhere."""
    places = np.stack(np.nonzero(sheet.usable))
    anywhere = places[:, random.integers(0, places.shape[1], sheet.targets.shape[1])]
    if before is None or sources is None:
        return anywhere
    shape, old = np.array(sheet.hole.shape) - 2 * _RADIUS, np.array(before.hole.shape) - 2 * _RADIUS
    ratio = (shape / old)[:, None]
    offsets = np.zeros((2, *before.hole.shape))
    offsets[:, *before.targets] = sources - before.targets
    here = np.floor((sheet.targets - _RADIUS + 0.5) / ratio).astype(np.intp) + _RADIUS
    here = np.clip(here, _RADIUS, old[:, None] - 1 + _RADIUS)
    carried = sheet.targets + np.rint(offsets[:, *here] * ratio).astype(np.intp)
    return np.where(_inside(sheet, carried), carried, anywhere)


def _searched(sheet: _Sheet, sources: Grid, random: np.random.Generator) -> Grid:
    """Let each patch try what its neighbours found, and some places around what it found."""
    costs = _costs(sheet, sources)
    at = np.full(sheet.hole.shape, -1, np.intp)
    at[tuple(sheet.targets)] = np.arange(sheet.targets.shape[1])

    def try_out(candidates: Grid, allowed: Flags) -> None:
        better = np.nonzero(allowed & _inside(sheet, candidates))[0]
        found = _costs(sheet, candidates[:, better], better)
        wins = found < costs[better]
        costs[better[wins]] = found[wins]
        sources[:, better[wins]] = candidates[:, better[wins]]

    for step in (1, 4):
        for way in np.array([[0, step], [step, 0], [0, -step], [-step, 0]]):
            beside = sheet.targets + way[:, None]
            limits = np.array(sheet.hole.shape)[:, None] - 1
            neighbour = at[tuple(np.clip(beside, 0, limits))]
            try_out(sources[:, neighbour] - way[:, None], neighbour >= 0)
    reach = max(sheet.hole.shape) / 2
    while reach >= 1:
        aside = np.rint(random.uniform(-reach, reach, sources.shape)).astype(np.intp)
        try_out(sources + aside, np.ones(sources.shape[1], np.bool_))
        reach /= 2
    return sources


def _inside(sheet: _Sheet, places: Grid) -> Flags:
    limits = np.array(sheet.hole.shape)[:, None]
    within = ((places >= 0) & (places < limits)).all(axis=0)
    return np.asarray(within & sheet.usable[tuple(np.clip(places, 0, limits - 1))])


def _costs(sheet: _Sheet, sources: Grid, which: Grid | None = None) -> Plane:
    """Return how unlike patches are: the sum of their squared differences."""
    targets = sheet.targets if which is None else sheet.targets[:, which]
    total = np.zeros(sources.shape[1], np.float32)
    flat, width = sheet.pixels.reshape(-1, 3), sheet.hole.shape[1]
    here, there = (places[0] * width + places[1] for places in (targets, sources))
    for down in range(-_RADIUS, _RADIUS + 1):
        for along in range(-_RADIUS, _RADIUS + 1):
            step = down * width + along
            off = flat[here + step] - flat[there + step]
            total += np.einsum("ij,ij->i", off, off)
    return total


def _averaged(sheet: _Sheet, sources: Grid) -> Plane:
    """Fill the hole with what the patches over each pixel say, the likest ones loudest."""
    costs = _costs(sheet, sources)
    spread = max(float(np.percentile(costs, 60)), 1.0)
    shares = sheet.weights * np.exp(-costs / spread) + np.float32(1e-8)
    width = sheet.hole.shape[1]
    flat = sheet.pixels.reshape(-1, 3)
    sums, total = np.zeros_like(flat), np.zeros(len(flat), np.float32)
    here, there = (places[0] * width + places[1] for places in (sheet.targets, sources))
    for down in range(-_RADIUS, _RADIUS + 1):
        for along in range(-_RADIUS, _RADIUS + 1):
            step = down * width + along
            sums[here + step] += shares[:, None] * flat[there + step]
            total[here + step] += shares
    filled = flat.copy()
    gap = sheet.hole.ravel() & (total > 0)
    filled[gap] = sums[gap] / total[gap, None]
    return filled.reshape(sheet.pixels.shape)
