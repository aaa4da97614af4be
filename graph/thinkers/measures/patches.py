"""Harm that an edit of a part of the photo does: seams at its edge, specks and smears inside."""

from collections.abc import Iterator

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.finding import Damage
from editthinker.graph.thinkers.measures.lab import Floats, deviation
from editthinker.graph.thinkers.measures.scene import Scene
from editthinker.graph.thinkers.measures.traces import ring, seam, solid, streaks, texture
from editthinker.tools.editors.darkroom.recipe import REDRAWING, Operation
from editthinker.tools.editors.darkroom.target import PHOTO

_OWN_EDGES: frozenset[Operation] = REDRAWING | {
    *("text", "border", "cutout", "move", "duplicate", "grain"),
}
"""Steps that bring edges or texture of their own."""

_FILLED: frozenset[Operation] = frozenset({"remove", "erase-text"})
"""Steps that must look like what is around."""


_SAME_GROUND, _NEW_GROUND = (0.15, 0.35, 0.7), (0.2, 0.45, 0.75)
"""Shares of an outline along which a seam is not seen, seen and ugly; before another ground every
outline is sharp."""


def find_traces(scene: Scene) -> Iterator[Damage]:
    """Look at the edge and the inside of what a local edit changed."""
    steps = scene.recipe.steps
    asked = {step.operation for step in steps}
    local = all(step.region != PHOTO or "source" in step.options for step in steps)
    area = solid(scene.changed)
    if not steps or not local or asked & _OWN_EDGES or not 0.0004 < area.mean() < 0.98:
        return
    causes = frozenset(asked)
    if not asked & {"blur", "replace-text"}:
        share = seam(scene.before, scene.after, area)
        limits = _NEW_GROUND if asked == {"fill"} else _SAME_GROUND
        yield Damage(
            float(np.interp(share, limits, [0, 2.5, 5])),
            f"A seam shows along {share:.0%} of the outline.",
            causes,
        )
    inside = cv2.erode(area, np.ones((3, 3), np.uint8))
    # Letters of another tone differ more or less from what they stand on: that was asked for.
    inked = all(step.region.kind == "text" for step in steps) and not asked & _FILLED
    if inside.sum() < 30 or inked or asked & {"fill", "replace-text"}:
        return
    core, around = (scene.enlarged(mask) for mask in (np.asarray(inside, np.float32), ring(area)))
    yield from (_filling if asked & _FILLED else _treated)(scene, core, around, causes)


def _filling(
    scene: Scene, core: Floats, around: Floats, _: frozenset[Operation]
) -> Iterator[Damage]:
    own, near = texture(scene.fine_after, core), texture(scene.fine_before, around)
    rough = float(np.interp(own - 1.5 * near, [0.3, 1.2, 3], [0, 2, 4.5]))
    yield Damage(rough, f"The filling is rougher than what is around it: {own:.1f} L*.")
    lacking = 1 - own / max(near, 0.2)
    poor = float(np.interp(lacking, [0.6, 0.95], [0, 2.5])) if near > 0.5 else 0.0
    yield Damage(poor, f"The filling lacks {lacking:.0%} of the detail around it.")
    drawn = streaks(scene.fine_after, core) - streaks(scene.fine_before, around)
    yield Damage(
        float(np.interp(drawn, [0.25, 0.6], [0, 4])),
        "The filling is smeared: it has streaks in one direction.",
    )


def _treated(
    scene: Scene, core: Floats, _: Floats, causes: frozenset[Operation]
) -> Iterator[Damage]:
    start, end = texture(scene.fine_before, core), texture(scene.fine_after, core)
    more = sum(s.amount for s in scene.recipe.steps if s.operation in ("sharpen", "contrast"))
    sharper = 1.2 * (1 + 1.2 * max(more, 0))
    specks = float(np.interp(end - sharper * start, [0.25, 1, 2.5], [0, 2, 4.5]))
    yield Damage(specks, f"Specks came up where it was edited, {end:.1f} L*.", causes)
    if causes & {"brightness", "exposure"}:
        tones = [deviation(plane, core) for plane in (scene.fine_before, scene.fine_after)]
        pale = 1 - tones[1] / max(tones[0], 4.0)
        points = float(np.interp(pale, [0.3, 0.6], [0, 5]))
        yield Damage(points, f"{pale:.0%} of its light and shade is washed out.", causes)
    if start > 0.5 and not causes & {"denoise", "blur", "brightness", "exposure"}:
        lost = 1 - end / start
        points = float(np.interp(lost, [0.5, 0.85], [0, 4]))
        yield Damage(points, f"{lost:.0%} of the texture is gone where it was edited.", causes)
