"""Steps that move the frame: rotate, flip, crop, straighten, border."""

from dataclasses import replace

import numpy as np

from editthinker.graph.thinkers.measures.alignment import expected_turn
from editthinker.graph.thinkers.measures.finding import Finding, credit
from editthinker.graph.thinkers.measures.palette import near_colour
from editthinker.graph.thinkers.measures.scene import Scene
from editthinker.tools.editors.darkroom.geometry import find_lean
from editthinker.tools.editors.darkroom.recipe import Step

RECOGNISED = 0.35
"""Likeness of edges from which the frame is known for sure."""

_LEVEL = 0.4
"""Degrees of lean that nobody sees."""


def measure_rotate(scene: Scene, step: Step) -> Finding:
    """Compare the turn of the picture with the one asked; a flip may be missing."""
    if scene.alignment.likeness < RECOGNISED:
        return _unrecognised(step, "Rotation")
    asked = float(step.options["degrees"])
    expected = expected_turn(scene.recipe)
    if (np.linalg.det(expected) < 0) != scene.alignment.mirrored:
        expected = expected_turn(scene.recipe, flips=scene.alignment.mirrored)
        if scene.alignment.mirrored:
            expected = expected @ np.diag([-1.0, 1.0])
    error = scene.alignment.angle_after(expected)
    if abs(error) <= 0.7:
        return Finding(step, 1.0, f"Rotated by {asked:.0f} degrees, done.")
    turned = (asked + error + 180) % 360 - 180
    quarter = abs(asked) % 90 == 0
    sentence = f"Turned by {turned:.0f} of {asked:.0f} degrees asked."
    if quarter:
        return Finding(step, 0.0, sentence)
    done = credit(turned / asked, replace(step, clause="exactly 1"))
    return Finding(step, done, sentence, turned / asked)


def measure_flip(scene: Scene, step: Step) -> Finding:
    """Check that the picture is mirrored along the asked axis."""
    if scene.alignment.likeness < RECOGNISED:
        return _unrecognised(step, "Mirroring")
    name = "left to right" if step.options["axis"] == "horizontal" else "top to bottom"
    expected = expected_turn(scene.recipe)
    mirrored = (np.linalg.det(expected) < 0) == scene.alignment.mirrored
    turned = mirrored and abs(scene.alignment.angle_after(expected)) > 135
    if mirrored and not turned:
        return Finding(step, 1.0, f"Mirrored {name}, done.")
    problem = "along the other axis" if turned else "not mirrored"
    return Finding(step, 0.0, f"Mirroring {name}: {problem}.")


def measure_crop(scene: Scene, step: Step) -> Finding:
    """Check the shape of the picture, and that it is a part of the source in its proportions."""
    width, height = scene.source.shape[1], scene.source.shape[0]
    asked, shape = float(step.options["ratio"]), width / height
    error = abs(np.log(shape / asked))
    done = float(np.interp(error, [0.015, 0.12], [1, 0]))
    if done > 0 and scene.alignment.likeness < RECOGNISED:
        return _unrecognised(step, "Crop")
    if done > 0 and scene.alignment.stretch > 1.03:
        return Finding(step, 0.0, "The picture was squeezed into shape instead of cropped.")
    verdict = "done" if done >= 0.8 else "not as asked"
    sentence = f"Cropped to {shape:.2f} to 1, {asked:.2f} asked, {verdict}."
    return Finding(step, done, sentence)


def measure_straighten(scene: Scene, step: Step) -> Finding:
    """Compare how far level and upright lines lean before and after."""
    turned = scene.alignment.angle_after(np.eye(2))
    after = find_lean(scene.edited.astype(np.float32) / np.float32(255))
    before = 0.0 if after is None else after - turned
    if after is None or max(abs(before), abs(after)) < _LEVEL:
        done = 1.0 if abs(turned) < 2 * _LEVEL else 0.0
        return Finding(step, done, "The photo has no clear tilt to straighten.")
    excess = (abs(after) - _LEVEL) / max(abs(before) - _LEVEL, 0.2)
    done = float(np.clip(1 - excess, 0, 1))
    return Finding(step, done, f"Lines lean {after:.1f} degrees now, {before:.1f} before.")


def measure_border(scene: Scene, step: Step) -> Finding:
    """Check for a plain frame of the asked colour on all four sides."""
    border, name = scene.border, str(step.options.get("colour", "white"))
    sides = (border.left, border.top, border.right, border.bottom)
    if min(sides) == 0:
        return Finding(step, 0.0, "There is no plain border on all four sides.")
    width = min(sides) / min(scene.source.shape[:2])
    right = near_colour(border.colour, name)
    sensible = float(np.interp(width, [0.002, 0.01, 0.2, 0.4], [0, 1, 1, 0.3]))
    shown = _shown(scene)
    done = sensible * (1.0 if right else 0.4) * float(np.interp(shown, [0.7, 0.97], [0.3, 1]))
    colour = f"{name}, done" if right else f"but not {name}"
    covered = f" It covers {1 - shown:.0%} of the photo." if shown < 0.97 else ""
    return Finding(step, done, f"Border of {min(sides)} pixels, {colour}.{covered}")


def _shown(scene: Scene) -> float:
    """Return the share of the source that lies within the picture, in [0, 1]."""
    if {step.operation for step in scene.recipe.steps} & {"crop", "rotate", "straighten"}:
        return 1.0
    (wide, high), (height, width) = scene.size_before, scene.source.shape[:2]
    larger = abs(float(np.linalg.det(scene.alignment.matrix[:2, :2])))
    return float(min(1.0, width * height / max(wide * high * larger, 1.0)))


def _unrecognised(step: Step, name: str) -> Finding:
    return Finding(step, 0.0, f"{name}: the picture cannot be matched with the source.")
