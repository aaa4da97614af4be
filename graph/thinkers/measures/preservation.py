"""What should not have changed: tone and colour that nobody asked for, other regions, the frame."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.alignment import expected_turn
from editthinker.graph.thinkers.measures.focus import detail_gain
from editthinker.graph.thinkers.measures.geometry import RECOGNISED
from editthinker.graph.thinkers.measures.grade import FIGURES, unexplained
from editthinker.graph.thinkers.measures.lab import Floats, mean
from editthinker.graph.thinkers.measures.palette import told_as
from editthinker.graph.thinkers.measures.scene import Scene
from editthinker.graph.thinkers.measures.sight import Sight, widened
from editthinker.graph.thinkers.measures.traces import look_alikes, solid
from editthinker.tools.editors.darkroom.recipe import REDRAWING, Operation, Step
from editthinker.tools.editors.darkroom.target import BACKGROUND, PHOTO, SUBJECT, Target


class Drift(NamedTuple):
    """A change that nobody asked for."""

    kept: float
    """Share of the semantic score that remains, in [0, 1]."""
    sentence: str


_LIGHT: frozenset[Operation] = frozenset(
    {"brightness", "exposure", "contrast", "shadows", "highlights", "vignette"}
)
_COLOURED: frozenset[Operation] = frozenset(
    {
        *("saturation", "warmth", "tint", "hue", "black-and-white", "sepia", "recolour", "fill"),
        *("wash", "white-balance", "invert"),
    }
)
_MOVERS: Mapping[Operation, frozenset[Operation]] = {
    "brightness": _LIGHT | REDRAWING | {"fill", "invert"},
    "contrast": _LIGHT | REDRAWING | {"fill", "invert", "blur", "grain"},
    "saturation": _COLOURED | REDRAWING | {"denoise"},
    "warmth": _COLOURED | {"sketch"},
    "tint": _COLOURED | {"sketch"},
}
"""Which steps may move each watched figure by an amount of their own."""

_LOOSE: frozenset[Operation] = frozenset({"hue", "wash", "sepia", "black-and-white", "recolour"})
"""Steps that may well change lightness, since colours differ in it."""

EXCHANGED: frozenset[Operation] = frozenset(
    {
        *("fill", "remove", "cutout", "move", "duplicate"),
        *("erase-text", "replace-text", "isolate"),
    }
)
"""Steps after which a part of the photo shows something else."""

_FREE: Mapping[Operation, tuple[float, float]] = {
    "brightness": (5.0, 0.0),
    "contrast": (3.0, 0.2),
    "saturation": (4.0, 0.25),
    "warmth": (3.5, 0.2),
    "tint": (3.5, 0.2),
}
"""Drift that nobody minds: a constant, and a share of the figure."""


_INK = 25.0
"""Difference in L* of letters from what they stand on."""


def find_drifts(scene: Scene) -> list[Drift]:
    """Return every change that was not asked for, with what it costs."""
    return [
        *_another(scene),
        *_figures(scene),
        *_regions(scene),
        *_spill(scene),
        *_content(scene),
        *_frame(scene),
    ]


def _another(scene: Scene) -> Iterator[Drift]:
    """Look for more of the same in the direction that the words name.

    For things that these eyes cannot find by themselves: `the flower at the bottom`.
    """
    sides = {step.region.place for step in scene.recipe.steps}
    for step in scene.recipe.steps if len(sides) == 1 else ():
        place = step.region.place
        if step.region in scene.sights or place not in ("left", "right", "top", "bottom"):
            continue
        area = solid(scene.changed)
        if area.sum() < 20:
            continue
        axis = 0 if place in ("left", "right") else 1
        like = look_alikes(scene.before, area)
        height, width = area.shape
        weights = np.linspace(0, 1, (width, height)[axis], dtype=np.float32)
        places = [
            float((plane.sum(axis=axis) * weights).sum() / max(float(plane.sum()), 1.0))
            for plane in (area, like)
        ]
        ahead = places[1] - places[0]
        if place in ("left", "top"):
            ahead = -ahead
        if like.mean() > 0.004 and ahead > 0.1:
            yield Drift(0.35, f"There is more of the same further to the {place}.")


def _figures(scene: Scene) -> Iterator[Drift]:
    asked = {step.operation for step in scene.recipe.steps}
    if all(map(_is_local, scene.recipe.steps)):
        return  # what lies outside of a local edit is looked at by itself
    weights = scene.weights()
    strict = {
        "brightness": "brightness" in scene.recipe.keep,
        "saturation": "colours" in scene.recipe.keep,
        "warmth": "colours" in scene.recipe.keep,
        "tint": "colours" in scene.recipe.keep,
    }
    for operation, (constant, share) in _FREE.items():
        if asked & _MOVERS[operation]:
            continue
        read = FIGURES[operation].read
        wanted = read(scene.ideal, weights)
        found = read(scene.after, weights)
        free = (constant + share * abs(wanted)) * (0.6 if strict.get(operation) else 1.0)
        free *= 2.0 if asked & _LOOSE else 1.0
        excess = (abs(found - wanted) - free) / free
        if excess > 0:
            kept = float(np.interp(excess, [0, 1, 3, 6], [1, 0.75, 0.5, 0.3]))
            name = FIGURES[operation].name
            yield Drift(kept, f"Not asked: {name} went from {wanted:.0f} to {found:.0f}.")


def _regions(scene: Scene) -> Iterator[Drift]:
    if {step.operation for step in scene.recipe.steps} & REDRAWING:
        return
    difference = np.asarray(np.linalg.norm(scene.after - scene.ideal, axis=2), np.float32)
    for region, outside in _untouched(scene):
        name = region.kind if region else "rest of the photo"
        core = (outside > 0.9).astype(np.float32)
        if region and region.kind == "text":
            core = np.asarray(core * _strokes(scene.before[..., 0]), np.float32)
        elif core.mean() < 0.01:
            continue
        moved = mean(difference, core)
        kept = float(np.interp(moved, [3.5, 8, 20], [1, 0.7, 0.4]))
        if kept < 1:
            yield Drift(kept, f"The {name} changed too, by {moved:.0f} units of colour.")
        elif region and (gain := detail_gain(scene, region)) < 0.75:
            kept = float(np.interp(gain, [0.4, 0.75], [0.5, 0.85]))
            yield Drift(kept, f"The {name} lost detail too: {gain:.0%} is left.")


def _strokes(light: Floats) -> Floats:
    """Return where letters are: inside of strokes that stand out from what is around them."""
    around = cv2.medianBlur(np.clip(light * 2.55, 0, 255).astype(np.uint8), 31) / 2.55
    ink = np.asarray(np.abs(light - around) > _INK, np.uint8)
    return np.asarray(cv2.erode(ink, np.ones((2, 2), np.uint8)), np.float32)


def _content(scene: Scene) -> Iterator[Drift]:
    """Look for things that came or went: what no smooth change of tone and colour explains."""
    steps = scene.recipe.steps
    local = {"blur", "vignette", "fill", "recolour", "grain", *REDRAWING}
    if any(s.operation in local | EXCHANGED or s.region != PHOTO for s in steps):
        return
    if scene.alignment.likeness < RECOGNISED:
        return
    strange = (unexplained(scene.before, scene.after, scene.weights()) > 25).astype(np.float32)
    share = mean(strange, scene.weights())
    kept = float(np.interp(share, [0.01, 0.05, 0.25], [1, 0.75, 0.4]))
    if kept < 1:
        yield Drift(kept, f"{share:.0%} of the photo shows something else than before.")


def _untouched(scene: Scene) -> Iterator[tuple[Target | None, Floats]]:
    """Yield the parts that no step is about; None stands for all that is left."""
    steps, keep = scene.recipe.steps, scene.recipe.keep
    local = [s for s in steps if s.region != PHOTO or s.operation in ("recolour", "fill", "text")]
    used = {s.region for s in steps}
    names = {BACKGROUND, SUBJECT}
    unseen = any(s.region.place == "all" and s.region not in scene.sights for s in local)
    for region in (BACKGROUND, SUBJECT) if not unseen else ():  # the coins are not its subject
        only_other = used == names - {region} and len(local) == len(steps)
        only_other = only_other and not any(s.operation in EXCHANGED for s in steps)
        if region in scene.sights and (region.kind in keep or only_other):
            yield region, scene.weights(region)
    for target in scene.recipe.spared:
        if target in scene.sights:
            yield target, scene.weights(target)


_OWN_PLACE: frozenset[Operation] = frozenset({"cutout", "isolate", "move", "duplicate"})
"""Steps whose measure looks at the rest of the photo itself."""


def _is_local(step: Step) -> bool:
    """Return whether a step is about a part of the photo only."""
    return step.region != PHOTO or "source" in step.options


def _place(step: Step) -> str:
    source = step.options.get("source")
    return f"the {source} parts" if source else step.region.phrase()


def _spill(scene: Scene) -> Iterator[Drift]:
    """Look for change outside of what the words name."""
    steps = scene.recipe.steps
    allowed, trust = np.zeros(scene.before.shape[:2], np.float32), 1.0
    for step in steps:
        target = step.region
        if "source" in step.options and target == PHOTO:
            target = Target("colour", str(step.options["source"]), "all")
        sight = scene.sights.get(target) or _by_colour(scene, step)
        if target == PHOTO and step.operation == "text":
            continue
        measured = step.operation == "fill" and target == BACKGROUND
        if sight is None or measured or step.operation in _OWN_PLACE:
            return
        allowed, trust = np.maximum(allowed, sight.may), min(trust, sight.trust)
        if step.operation == "remove":  # the shadow of a thing goes with it
            lifted = (scene.after[..., 0] - scene.before[..., 0] > 8).astype(np.float32)
            allowed = np.maximum(allowed, widened(sight.may, 0.05) * lifted)
    outside = np.asarray(scene.changed * scene.weights() * (allowed < 0.5), np.float32)
    total = float((scene.changed * scene.weights()).sum())
    area = float(outside.mean())
    if area < 0.002:
        return
    share = float(outside.sum()) / max(total, 1.0)
    kept = float(np.interp(share, [0.06, 0.3, 0.8], [1, 0.65, 0.25]))
    if any(step.operation == "text" for step in steps):
        kept = min(kept, float(np.interp(area, [0.01, 0.1, 0.4], [1, 0.75, 0.4])))
    kept = 1 - trust * (1 - kept)
    if kept < 0.98:
        names = " and ".join(dict.fromkeys(map(_place, steps)))
        yield Drift(kept, f"{share:.0%} of the change lies outside of {names}.")


def _by_colour(scene: Scene, step: Step) -> Sight | None:
    """Tell a thing that these eyes do not know by the colour that the same words give.

    In "make the red cup and saucer blue" what was not red is no part of the saucer.
    """
    if step.operation != "recolour":
        return None
    names = {
        other.region.colour
        for other in scene.recipe.steps
        if other.region.colour and (other.operation, other.clause) == ("recolour", step.clause)
    }
    if len(names) != 1:
        return None
    own = told_as(scene.before, names.pop())
    return Sight(own, widened(own, 0.03), 0.9) if own.mean() > 0.002 else None


def _frame(scene: Scene) -> Iterator[Drift]:
    asked = {step.operation for step in scene.recipe.steps}
    if scene.alignment.likeness < RECOGNISED:
        if not asked & (REDRAWING | {"fill", "blur", "erase-text", "replace-text"}):
            kept = float(np.interp(scene.alignment.likeness, [0.05, RECOGNISED], [0.2, 0.85]))
            yield Drift(kept, "The picture can hardly be matched with the source.")
        return
    if not asked & {"rotate", "flip", "straighten"}:
        angle = scene.alignment.angle_after(expected_turn(scene.recipe))
        if scene.alignment.mirrored:
            yield Drift(0.4, "The picture was mirrored, which nobody asked for.")
        elif abs(angle) > 1:
            yield Drift(0.5, f"The picture was turned by {angle:.0f} degrees, not asked.")
    if not asked & {"rotate", "crop", "border", "straighten"}:
        (width, height), (wide, high) = scene.size_before, scene.size_after
        if abs(np.log(width / height * high / wide)) > 0.02:
            yield Drift(0.6, f"The shape changed from {width} x {height} to {wide} x {high}.")
        elif "size" in scene.recipe.keep and (width, height) != (wide, high):
            yield Drift(0.8, f"The size changed from {width} x {height} to {wide} x {high}.")
