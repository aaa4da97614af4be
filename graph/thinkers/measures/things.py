"""Things taken away, moved or copied."""

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.finding import Finding, credit
from editthinker.graph.thinkers.measures.lab import Floats, mean
from editthinker.graph.thinkers.measures.scene import Scene
from editthinker.graph.thinkers.measures.traces import (
    ghost,
    palette_distance,
    ring,
    solid,
)
from editthinker.tools.editors.darkroom.recipe import Step

_SEARCHED = 128
"""Longest side on which moves are looked for, in pixels."""


def measure_remove(scene: Scene, step: Step) -> Finding:
    """Check that a thing is gone, and that what stands there fits the surroundings."""
    name, sight = step.region.phrase(), scene.sights.get(step.region)
    area = solid(scene.changed)
    if sight is not None:
        area = np.asarray(area * (sight.may > 0.5), np.float32)
    if area.mean() < 0.0004:
        return Finding(step, 0.0, f"Removal: nothing changed where {name} is.")
    cover = 1.0
    if sight is not None and sight.must.sum() > 8:
        share = mean(scene.changed, sight.must)
        cover = float(np.interp(share, [0.1, 0.45, 0.85], [0, 0.55, 1]))
        cover = 1 - sight.trust * (1 - cover)
    around = np.asarray(ring(area) * (scene.changed < 0.3), np.float32)
    off = palette_distance(scene.after, area, around, scene.before)
    fits = float(np.interp(off, [8, 18], [1, 0.4]))
    core = cv2.erode(area, np.ones((3, 3), np.uint8))
    shine = ghost(scene.before, scene.after, np.asarray(core, np.float32))
    gone = float(np.interp(shine, [0.35, 0.75], [1, 0.25]))
    left = _left_over(scene, area, around)
    whole = float(np.interp(left, [0.12, 0.4], [1, 0.5]))
    done = cover * fits * gone * whole
    faults = [
        sentence
        for bad, sentence in (
            (cover < 0.8, f"part of {name} was not touched"),
            (fits < 0.8, "the filling has colours that the surroundings have not"),
            (gone < 0.8, "its drawing still shines through"),
            (whole < 0.8, "more of the same stands beside it"),
        )
        if bad
    ]
    verdict = "; ".join(faults) if faults else "gone"
    return Finding(step, done, f"Removal of {name}, {area.mean():.1%} of the photo: {verdict}.")


def _left_over(scene: Scene, area: Floats, around: Floats) -> float:
    """Return the share of the surroundings that looks like what was taken away."""
    if around.sum() < 20:
        return 0.0
    taken, filling = (lab[area > 0.5] for lab in (scene.before, scene.after))
    beside = scene.before[around > 0.5]
    colours = [np.percentile(taken, share, axis=0) for share in (30, 50, 70)]
    near = np.min([np.linalg.norm(beside - colour, axis=1) for colour in colours], axis=0)
    own = np.linalg.norm(beside - np.median(filling, axis=0), axis=1)
    return float(((near < 9) & (own > 16)).mean())


def measure_move(scene: Scene, step: Step) -> Finding:
    """Find the thing at its new place, and check its old one."""
    way = str(step.options["direction"])
    across = way in ("left", "right")
    sign = -1.0 if way in ("left", "up") else 1.0
    found, share, matched = _shift(scene, across, step.operation == "move")
    name = step.region.phrase()
    verb = "Copy" if step.operation == "duplicate" else "Move"
    if not matched.any():
        return Finding(step, 0.0, f"{verb} of {name}: it is nowhere to be seen {way} of its place.")
    ratio = sign * found / step.amount
    done = credit(ratio, step)
    before, after = (_small(lab) for lab in (scene.before, scene.after))
    off = np.linalg.norm(after - before, axis=2)
    # Where the thing still covers its old place nothing can be said.
    pixels = round(found * before.shape[1 if across else 0])
    there = np.roll(matched, pixels, axis=1 if across else 0)
    freed = matched & ~there
    sentence = f"{verb} of {name}: {abs(found):.0%} {way if sign * found > 0 else 'the other way'}"
    sentence += f" of {step.amount:.0%} asked"
    if freed.any():
        stays = float((off[freed] < 6).mean())
        wanted = stays if step.operation == "duplicate" else 1 - stays
        done *= float(np.interp(wanted, [0.2, 0.75], [0.25, 1]))
        if wanted < 0.5:
            sentence += (
                "; the first one is gone"
                if step.operation == "duplicate"
                else "; it still stands at its old place as well"
            )
    done *= float(np.interp(share, [0.25, 0.6], [0.4, 1]))
    if share < 0.5:
        sentence += f"; only {share:.0%} of what changed is the thing itself"
    return Finding(step, done, f"{sentence}{', done' if done >= 0.8 else ''}.", ratio)


def _small(lab: Floats) -> Floats:
    scale = _SEARCHED / max(lab.shape[:2])
    if scale >= 1:
        return lab
    size = (round(lab.shape[1] * scale), round(lab.shape[0] * scale))
    return np.asarray(cv2.resize(lab, size, interpolation=cv2.INTER_AREA), np.float32)


def _shift(scene: Scene, across: bool, leaves: bool) -> tuple[float, float, np.ndarray]:
    """Find the shift that explains the change best.

    Returns:
        The shift as a share of the side, the share of the new place that it explains, and the old
        place of what was moved.
    """
    before, after = _small(scene.before), _small(scene.after)
    off = np.linalg.norm(after - before, axis=2)
    new = off > 6
    axis = 1 if across else 0
    side = before.shape[axis]
    # What moved away must have changed its old place; or the ground it freed would seem to move.
    left = cv2.dilate(new.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0 if leaves else off < 6
    best, place, share = 0.0, np.zeros(new.shape, bool), 0.0
    found = 0
    for pixels in [p for p in range(-side + 3, side - 2) if abs(p) >= 2]:
        come = np.roll(before, pixels, axis=axis)
        valid = np.ones(side, bool)
        valid[: max(0, pixels)] = False
        valid[side + min(0, pixels) :] = False
        here = valid[None, :] if across else valid[:, None]
        fits = (
            new
            & here
            & np.roll(left, pixels, axis=axis)
            & (np.linalg.norm(after - come, axis=2) < 7)
        )
        # What moved was unlike the place it came to.
        weight = float(off[fits].clip(0, 40).sum())
        if weight > best and fits.mean() > 0.001:
            best, found = weight, pixels
            place = np.roll(fits, -pixels, axis=axis)
            moved = fits.sum()
            near = cv2.dilate(fits.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
            share = float(moved / max((near & new).sum(), 1))
    return found / side, share, place
