"""Things moved or copied."""

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.finding import Finding, credit
from editthinker.graph.thinkers.measures.lab import Floats
from editthinker.graph.thinkers.measures.scene import Scene
from editthinker.graph.thinkers.measures.sight import widened
from editthinker.graph.thinkers.measures.traces import commonest, distances, solid
from editthinker.tools.editors.darkroom.recipe import Step

_SEARCHED = 128
"""Longest side on which moves are looked for, in pixels."""


def measure_move(scene: Scene, step: Step) -> Finding:
    """Find the thing at its new place, and check its old one."""
    way = str(step.options["direction"])
    across = way in ("left", "right")
    sign = -1.0 if way in ("left", "up") else 1.0
    found, share, matched = _shift(scene, step, across)
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
    """Return a picture on which a shift by part of a pixel makes no difference."""
    scale = _SEARCHED / max(lab.shape[:2])
    size = (max(1, round(lab.shape[1] * scale)), max(1, round(lab.shape[0] * scale)))
    if scale < 1:
        lab = np.asarray(cv2.resize(lab, size, interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(cv2.GaussianBlur(lab, (0, 0), 0.7), np.float32)


def _likely(scene: Scene, step: Step, changed: Floats) -> Floats:
    """Return where the thing can have stood: what the words name, or what is unlike the ground."""
    sight = scene.sights.get(step.region)
    if sight is not None:
        return sight.may
    around = (widened(changed, 0.08) > 0.5) & (scene.changed < 0.3)
    if around.sum() < 50 or changed.sum() < 20:
        return np.ones_like(changed)
    off = distances(scene.before, commonest(scene.before[around]))
    return np.asarray(np.interp(off, [6, 18], [0.15, 1]), np.float32)


def _shift(scene: Scene, step: Step, across: bool) -> tuple[float, float, np.ndarray]:
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
    left = off < 6
    if step.operation == "move":
        left = cv2.dilate(new.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    likely = _likely(scene, step, solid(scene.changed))
    likely = np.asarray(cv2.resize(likely, new.shape[::-1], interpolation=cv2.INTER_AREA))
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
        weight = float((off.clip(0, 40) * np.roll(likely, pixels, axis=axis))[fits].sum())
        if weight > best and fits.mean() > 0.001:
            best, found = weight, pixels
            place = np.roll(fits, -pixels, axis=axis)
            moved = fits.sum()
            near = cv2.dilate(fits.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
            share = float(moved / max((near & new).sum(), 1))
    return found / side, share, place
