"""Steps that part a subject from its background: filled, cut out, left in colour."""

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.finding import Finding
from editthinker.graph.thinkers.measures.lab import Floats, chroma, mean
from editthinker.graph.thinkers.measures.palette import LOOSE, belongs
from editthinker.graph.thinkers.measures.scene import Scene
from editthinker.graph.thinkers.measures.traces import commonest, distances, on_edges, slope, solid
from editthinker.tools.editors.darkroom.colours import lab_of
from editthinker.tools.editors.darkroom.recipe import Step
from editthinker.tools.editors.darkroom.target import BACKGROUND, SUBJECT

_SEEN = 0.05
"""Share of a photo that a background takes up from which things to be kept leave enough of it."""

_HALF = 0.5
"""Share of what looks like the region that must have changed for the rest to be something else."""

_SPARSE = 0.15
"""Share of the longest row from which a row of a gradient counts."""

_SEVERAL, _SMALL = 8, 0.0008
"""Things lying about from which none is the subject, and the share of a photo each takes up."""

_NECK, _UNLIKE = 15, 12.0
"""Pixels of an opening through which a hole may reach the outside, and the difference in colour of
what is no part of the ground."""

_PLAIN = 18.0
"""Difference in colour up to which a background has the one that was asked for."""

_COLOURLESS = 3.0
"""Mean chroma of a photo that is black and white already."""


def measure_fill(scene: Scene, step: Step) -> Finding:
    """Measure how much of a region is plain in the asked colour, or runs from one to another."""
    weights = scene.weights(step.region)
    core = np.asarray(weights > 0.8, np.float32)
    edited = solid(scene.changed)
    kept = bool(scene.recipe.spared) and edited.sum() > _HALF * core.sum()
    if (kept or core.mean() < _SEEN) and edited.mean() > _SEEN:
        core = np.asarray(edited > 0.5, np.float32)  # "... but keep the flag"
    elif "end" in step.options and step.region != BACKGROUND and mean(edited, core) > _HALF:
        core = np.asarray(core * (edited > 0.5), np.float32)  # a lake looks like sky
    name = step.region.phrase()
    if {"image", "scene"} & set(step.options):
        covered = mean(scene.changed, core)
        done = float(np.interp(covered, [0.3, 0.85], [0, 1]))
        sentence = f"{covered:.0%} of {name} shows something else now"
    elif "end" in step.options:
        # Over all of a background it is seen, also where these eyes are not sure of it.
        seen = np.maximum(core, edited) if step.region == BACKGROUND else core
        done, sentence = _gradient(scene, step, core, np.asarray(seen, np.float32))
    else:
        colour = str(step.options["colour"])
        plain = np.linalg.norm(scene.after - lab_of(colour), axis=2) < _PLAIN
        share = mean(np.maximum(plain.astype(np.float32), belongs(scene.after, colour)), core)
        even = mean(plain.astype(np.float32), core)
        done = float(np.interp(0.5 * share + 0.5 * even, [0.1, 0.85], [0, 1]))
        sentence = f"{even:.0%} of {name} is plain {colour}"
    if step.region == BACKGROUND:
        done *= float(np.interp(_missed(scene, step, core, edited), [0.12, 0.3], [1, 0.7]))
        kept, fault = _kept_subject(scene, np.asarray(1 - solid(scene.changed), np.float32))
        done, sentence = done * kept, sentence + fault
    verdict = "done" if done >= 0.8 else "not there yet"
    return Finding(step, done, f"{sentence}, {verdict}.")


def _missed(scene: Scene, step: Step, core: Floats, edited: Floats) -> float:
    """Return the share of what is surely background that stayed as it was, and is to be another."""
    fits = np.zeros_like(core)
    if set(step.options) == {"colour"}:
        off = np.linalg.norm(scene.after - lab_of(str(step.options["colour"])), axis=2)
        fits = np.asarray(off < _PLAIN, np.float32)
    left = np.asarray((1 - edited) * (1 - fits), np.float32)
    return 0.0 if _lie_about(left) else mean(left, core)


def _gradient(scene: Scene, step: Step, core: Floats, seen: Floats) -> tuple[float, str]:
    """Follow the colours from one side to the other: how far along the way each line is."""
    name = step.region.phrase()
    first, last = (np.array(lab_of(str(step.options[key]))) for key in ("colour", "end"))
    way = last - first
    along = np.clip((scene.after - first) @ way / max(float(way @ way), 1.0), 0, 1)
    off = np.linalg.norm(scene.after - first - along[..., None] * way, axis=2)
    named = [belongs(scene.after, str(step.options[key]), LOOSE) for key in ("colour", "end")]
    fits = np.asarray((off < 30) | (np.max(named, axis=0) > 0.5), np.float32)
    share = mean(fits, core)
    across = 1 if step.options.get("direction", "down") == "down" else 0
    counts = seen.sum(axis=across)
    places = np.nonzero(counts > _SPARSE * counts.max())[0]
    means = ((along * seen).sum(axis=across) / np.maximum(counts, 1))[places]
    if len(places) < 8:
        return 0.0, f"{name} cannot be told"
    part = max(1, len(places) // 6)
    rise = float(means[-part:].mean() - means[:part].mean())
    smooth = mean(np.asarray(slope(scene.after) < 4, np.float32), core)
    done = float(np.interp(rise, [0.15, 0.5], [0, 1]) * np.interp(share, [0.3, 0.85], [0, 1]))
    colours = f"{step.options['colour']} to {step.options['end']}"
    return done * smooth, f"{share:.0%} of {name} runs from {colours}, {rise:.0%} of the way"


def measure_cutout(scene: Scene, step: Step) -> Finding:
    """Check that a thing is opaque and everything else is not."""
    if scene.alpha is None or scene.alpha.min() > 0.98:
        return Finding(step, 0.0, "Nothing was made transparent.")
    opaque = np.asarray(scene.alpha > 0.5, np.float32)
    name, sight = step.region.phrase(), scene.sights.get(step.region)
    share = float(opaque.mean())
    done = float(np.interp(share, [0.002, 0.02, 0.85, 0.97], [0, 1, 1, 0.1]))
    sentence = f"Cut out {name}: {share:.0%} of the photo is left"
    if sight is not None and sight.must.sum() > 8:
        others = [s.region for s in scene.recipe.steps if s.operation == "cutout" and s is not step]
        may = np.max(
            [sight.may, *(scene.sights[o].may for o in others if o in scene.sights)], axis=0
        )
        outside = np.asarray(may < 0.5, np.float32)
        spare = mean(opaque, outside) if outside.sum() > 8 else 0.0
        # A saucer that these eyes do not know lies beyond the cup.
        limits = [0.1, 0.5] if all(other in scene.sights for other in others) else [0.4, 0.8]
        clean = float(np.interp(spare, limits, [1, 0.2]))
        done *= 1 - sight.trust * (1 - clean)
        if clean < 0.8:
            sentence += f", {spare:.0%} of the rest stayed"
    kept, fault = _kept_subject(scene, opaque, step)
    holes = holes_in(opaque, scene.before)
    whole = float(np.interp(holes, [0.004, 0.02, 0.1], [1, 0.72, 0.4]))
    if whole < 0.9:
        fault += f", with holes of {holes:.0%} of it"
    done *= kept * whole
    verdict = ", done" if done >= 0.8 else ""
    return Finding(step, done, f"{sentence}{fault}{verdict}.")


def holes_in(opaque: Floats, before: Floats) -> float:
    """Return the size of the holes in a cut-out, as a share of it.

    What shows the ground that lies around it, as through a ring, is none.
    """
    solid = np.asarray(opaque > 0.5, np.uint8)
    margin = _NECK
    wide = np.pad(solid, margin)
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_NECK, _NECK))
    closed = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, shape)
    outside = cv2.connectedComponents(1 - closed, connectivity=4)[1]
    inner = (outside != outside[0, 0])[margin:-margin, margin:-margin] & (solid == 0)
    around = np.asarray((solid == 0) & ~inner)
    if not inner.any() or around.sum() < 50:
        return 0.0
    unlike = distances(before, commonest(before[around], 4)) > _UNLIKE
    lumps = cv2.morphologyEx(
        np.asarray(inner & unlike, np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)
    )
    return float(lumps.sum() / max(int(solid.sum()), 1))


def measure_isolate(scene: Scene, step: Step) -> Finding:
    """Check that a thing kept its colours and nothing else did."""
    start, end = chroma(scene.before), chroma(scene.after)
    sight = scene.sights.get(step.region)
    if sight is None:
        drained = float(start.mean()) < _COLOURLESS  # what has colour now was given it
        coloured = np.asarray((end > 10) & (drained | (start > 10) & (end > 0.6 * start)), float)
        share = float(coloured.mean())
        done = float(np.interp(share, [0.001, 0.01, 0.5, 0.9], [0, 1, 1, 0]))
        return Finding(
            step, done, f"{share:.0%} of the photo kept its colours; {step.region.phrase()} unseen."
        )
    held = float(np.clip(mean(end, sight.must) / max(mean(start, sight.must), 1.0), 0, 1))
    rest = np.asarray((sight.may < 0.5) * (start > 8), np.float32)
    left = mean(end, rest) / max(mean(start, rest), 1.0) if rest.sum() > 20 else 0.0
    done = float(np.interp(held, [0.3, 0.85], [0, 1]) * np.interp(left, [0.15, 0.8], [1, 0]))
    verdict = "done" if done >= 0.8 else "not there yet"
    return Finding(
        step,
        done,
        f"{step.region.phrase().capitalize()} kept {held:.0%} of its colour, the rest "
        f"{left:.0%}, {verdict}.",
    )


def _lie_about(kept: Floats) -> bool:
    """Whether what was kept are many things of a size, such as coins."""
    sizes = cv2.connectedComponentsWithStats((kept > 0.5).astype(np.uint8))[2][1:]
    large = [int(size) for size in sizes[:, cv2.CC_STAT_AREA] if size > _SMALL * kept.size]
    return len(large) >= _SEVERAL and max(large) < 0.3 * sum(large)


def _kept_subject(scene: Scene, kept: Floats, step: Step | None = None) -> tuple[float, str]:
    """Judge an outline: is all of the subject inside, and does it lie on edges of the photo?"""
    sight = scene.sights.get(step.region if step else SUBJECT)
    factor, fault = 1.0, ""
    if sight is not None and not _lie_about(kept):
        lost = 1 - mean(kept, sight.must) if sight.must.sum() > 8 else 0.0
        sure = float(np.interp(lost, [0.06, 0.3, 0.7], [1, 0.6, 0.25]))
        maybe = cv2.erode(sight.may, np.ones((5, 5), np.uint8))
        doubt = 1 - mean(kept, np.asarray(maybe, np.float32)) if maybe.sum() > 8 else 0.0
        limits = [0.6, 0.75, 0.9] if sight.roomy else [0.15, 0.45, 0.7]
        factor = min(
            1 - max(sight.trust, 0.5) * (1 - sure),
            float(np.interp(doubt, limits, [1, 0.72, 0.4])),
        )
        if factor < 0.9:
            fault = f", and {max(lost, doubt):.0%} of what looks like the subject is lost"
    smooth = cv2.morphologyEx(kept, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    edged = on_edges(np.asarray(smooth, np.float32), scene.before)
    if edged < 0.6:
        fault += f", its outline follows no edge of the photo for {1 - edged:.0%}"
    return factor * float(np.interp(edged, [0.3, 0.65], [0.6, 1])), fault
