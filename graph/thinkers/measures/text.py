"""Words set on the photo.

New words are strokes of strong contrast; what they say is read where a reader is installed.
"""

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.finding import Finding
from editthinker.graph.thinkers.measures.grade import unexplained
from editthinker.graph.thinkers.measures.lab import Floats, to_lab
from editthinker.graph.thinkers.measures.palette import belongs
from editthinker.graph.thinkers.measures.scene import Scene
from editthinker.graph.thinkers.measures.writing import read_out
from editthinker.tools.editors.darkroom.colours import lab_of
from editthinker.tools.editors.darkroom.recipe import Step


def strokes(scene: Scene) -> Floats:
    """Return where strongly contrasting marks were added: 0 or 1, size of the fine picture."""
    before, after = to_lab(scene.source), to_lab(scene.edited)
    strong = (unexplained(before, after, scene.shared) > 26) & (scene.shared > 0.5)
    marks = cv2.morphologyEx(strong.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    return np.asarray(marks, np.float32)


def around(marks: Floats) -> Floats:
    """Return the marks with the smooth rim, and the outline, that letters have."""
    depth = cv2.distanceTransform(marks.astype(np.uint8), cv2.DIST_L2, 3)
    stroke = float(np.percentile(depth[marks > 0], 95)) if marks.any() else 0.0
    size = max(5, round(0.012 * min(marks.shape)) | 1, 2 * round(1.2 * stroke) + 3)
    return np.asarray(cv2.dilate(marks, np.ones((size, size), np.uint8)), np.float32)


def measure_text(scene: Scene, step: Step, marks: Floats) -> Finding:
    """Check for new strokes at the asked place, in the asked colour."""
    place, colour = str(step.options.get("position", "")), str(step.options.get("colour", ""))
    box = _box(place, marks.shape)
    total, inside = float(marks.sum()), float(marks[box].sum())
    share = inside / marks.size
    if share < 0.0008:
        return Finding(step, 0.0, "No new text can be seen where it was asked.")
    placed = float(np.interp(inside / total, [0.3, 0.75], [0.3, 1]))
    coloured = 1.0
    if colour:
        lab = to_lab(scene.edited)[box][marks[box] > 0]
        close = np.linalg.norm(lab - lab_of(colour), axis=1) < 25
        named = belongs(lab[None], colour)[0] > 0.5
        coloured = float(np.interp((close | named).mean(), [0.05, 0.25], [0.4, 1]))
    # Words that run over the sides or cover much of the photo are not what anyone asks for.
    sensible = float(np.interp(share, [0.0008, 0.002, 0.06, 0.15], [0.5, 1, 1, 0.4]))
    done = sensible * placed * coloured * _uncut(marks)
    reading, verb = read_out(scene.edited, str(step.options.get("content", "")))
    done *= reading
    where = f" at the {place}" if place else ""
    verdict = (
        "New marks stand" if done >= 0.8 else "The marks do not fit what was asked: they cover"
    )
    return Finding(step, done, f"{verdict}{where} ({share:.1%} of the photo); {verb}.")


def _uncut(marks: Floats) -> float:
    """Return how sure it is that no word runs over the side, in [0, 1]."""
    sides = [marks[:, :2].max(axis=1), marks[:, -2:].max(axis=1), marks[:2].max(axis=0)]
    cut = max(float(side.sum()) for side in (*sides, marks[-2:].max(axis=0)))
    return float(np.interp(cut, [1, 4], [1, 0.5]))


def _box(place: str, shape: tuple[int, ...]) -> tuple[slice, slice]:
    height, width = shape[:2]
    top, bottom = _span(place, "top", "bottom", height)
    left, right = _span(place, "left", "right", width, wide=True)
    return slice(top, bottom), slice(left, right)


def _span(place: str, first: str, last: str, size: int, *, wide: bool = False) -> tuple[int, int]:
    if first in place:
        return 0, round(size * (0.7 if wide else 0.45))
    if last in place:
        return round(size * (0.3 if wide else 0.55)), size
    # Centred words may be as wide as the photo.
    return (0, size) if wide or not place else (round(size * 0.25), round(size * 0.75))
