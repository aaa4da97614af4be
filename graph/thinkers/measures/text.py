"""Words set on the photo, taken off it, or put in place of others.

New words are strokes of strong contrast; what they say is read where a reader is installed.
"""

from difflib import SequenceMatcher

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.finding import Finding
from editthinker.graph.thinkers.measures.grade import unexplained
from editthinker.graph.thinkers.measures.lab import Floats, mean, shrink, to_lab
from editthinker.graph.thinkers.measures.palette import belongs
from editthinker.graph.thinkers.measures.scene import Scene
from editthinker.graph.thinkers.measures.traces import ghost, solid
from editthinker.tools.editors.darkroom.colours import lab_of
from editthinker.tools.editors.darkroom.recipe import Step
from editthinker.tools.images import Pixels
from editthinker.tools.vision.reader import TextBox, read_text

_EYES = 640
"""Longest side on which lines are compared, in pixels: the size that sights are read on."""


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
    reading, verb = _reading(scene.edited, str(step.options.get("content", "")))
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


def measure_erased(scene: Scene, step: Step) -> Finding:
    """Check that words are gone: read again, or by the strokes that are left."""
    area = solid(scene.changed)
    sight, name = scene.sights.get(step.region), step.region.phrase()
    if sight is not None:
        area = np.asarray(area * (sight.may > 0.5), np.float32)
    if area.mean() < 0.0003:
        return Finding(step, 0.0, f"Nothing changed where {name} is.")
    gone, verdict = _strokes_gone(scene, area)
    if sight is not None and (step.region.name or step.region.place in ("", "all")):
        left = _readable(scene.edited, step.region.name)
        if left is not None:
            gone = float(np.interp(left, [0.35, 0.9], [1, 0]))
            verdict = (
                "it cannot be read any more" if left < 0.4 else f"{left:.0%} can still be read"
            )
    done = gone
    return Finding(step, done, f"Erasing {name}: {verdict}{', done' if done >= 0.8 else ''}.")


def measure_replaced(scene: Scene, step: Step) -> Finding:
    """Check that other words stand where the old ones stood."""
    content, name = str(step.options["content"]), step.region.phrase()
    old_name = step.region.name.lower()
    area = solid(scene.changed)
    sight = scene.sights.get(step.region)
    placed = 1.0
    if sight is not None:
        total = float(area.sum())
        area = np.asarray(area * (sight.may > 0.5), np.float32)
        placed = float(np.interp(float(area.sum()) / max(total, 1.0), [0.3, 0.75], [0.2, 1]))
    if area.mean() < 0.0003:
        return Finding(step, 0.0, f"Nothing changed where {name} is.")
    shine = ghost(scene.before, scene.after, area)
    gone = float(np.interp(shine, [0.5, 0.8], [1, 0.2]))
    reading, verb = _reading(scene.edited, content)
    old, new = _line_at(scene.source, area, step.region.name), _line_at(scene.edited, area, content)
    if new is not None and (old is None or not _same(new.text, old.text)):
        gone = 1.0  # another line is read there now
    elif step.region.name and SequenceMatcher(None, content.lower(), old_name).ratio() < 0.6:
        left = _readable(scene.edited, step.region.name)
        gone = gone if left is None else float(np.interp(left, [0.4, 0.9], [1, 0]))
    alike = _set_alike(old, new)
    even = _same_ground(scene, area if sight is None else sight.must)
    done = gone * reading * placed * even * alike
    sentence = f"Replacing {name}: {verb}"
    if gone < 0.8:
        sentence += "; the old words still show"
    if even < 0.8:
        sentence += "; the ground behind them has another colour"
    if alike < 0.8:
        sentence += "; the new ones have another size, or stand on another line"
    if placed < 0.8:
        sentence += "; the new ones stand elsewhere"
    return Finding(step, done, f"{sentence}{', done' if done >= 0.8 else ''}.")


def _line_at(pixels: Pixels, area: Floats, words: str) -> TextBox | None:
    """Return the line that is read where a picture changed, the one with given words first."""
    lines = read_text(shrink(pixels, _EYES)) or []
    scale = area.shape[1] / shrink(pixels, _EYES).shape[1]
    near = []
    for line in lines:
        (left, top), (right, bottom) = (
            np.clip(np.rint(f(np.array(line.corners), axis=0) * scale), 0, None).astype(int)
            for f in (np.min, np.max)
        )
        if area[top : bottom + 1, left : right + 1].any():
            wanted = "".join(words.lower().split())
            share = _share("".join(line.text.lower().split()), wanted) if words else 0.0
            covered = float(area[top : bottom + 1, left : right + 1].sum())
            near.append((share, covered, line))
    best = max(near, key=lambda found: found[:2], default=None)
    return None if best is None or (words and best[0] < 0.5) else best[2]


def _same(one: str, other: str) -> bool:
    return "".join(one.lower().split()) == "".join(other.lower().split())


def _set_alike(old: TextBox | None, new: TextBox | None) -> float:
    """Return how well new words keep the height and the place of the old ones, in [0, 1]."""
    if old is None or new is None:
        return 1.0
    before, after = (np.array(line.corners, np.float64) for line in (old, new))
    heights = [float(np.linalg.norm(c[3] - c[0])) for c in (before, after)]
    larger = abs(float(np.log(heights[1] / max(heights[0], 1e-6))))
    moved = abs(float(after[:, 1].mean() - before[:, 1].mean())) / max(heights[0], 1e-6)
    edges = [abs(float(f(after[:, 0]) - f(before[:, 0]))) for f in (np.min, np.mean, np.max)]
    aside = min(edges) / max(heights[0], 1e-6)
    return float(
        np.interp(larger, [0.45, 0.9], [1, 0.4])
        * np.interp(moved, [0.5, 1.0], [1, 0.4])
        * np.interp(aside, [1.0, 2.5], [1, 0.5])
    )


def _strokes_gone(scene: Scene, area: Floats) -> tuple[float, str]:
    before, after = (_strength(lab, area) for lab in (scene.before, scene.after))
    left = after / max(before, 0.3)
    shine = ghost(scene.before, scene.after, area)
    gone = float(np.interp(left, [0.4, 0.85], [1, 0]) * np.interp(shine, [0.4, 0.8], [1, 0.2]))
    return gone, f"{left:.0%} of its strokes are left"


def _same_ground(scene: Scene, area: Floats) -> float:
    """Return how well the commonest colour behind words stayed what it was, in [0, 1]."""
    inside = area > 0.5
    if inside.sum() < 20:
        return 1.0
    before, after = (np.median(lab[inside], axis=0) for lab in (scene.before, scene.after))
    return float(np.interp(np.linalg.norm(after - before), [8, 22], [1, 0.5]))


def _strength(lab: Floats, area: Floats) -> float:
    plane = lab[..., 0]
    return mean(np.asarray(np.abs(plane - cv2.GaussianBlur(plane, (0, 0), 2)), np.float32), area)


def _reading(pixels: Pixels, content: str) -> tuple[float, str]:
    """Return the credit for what can be read, in [0, 1], and a few words about it."""
    readable = _readable(pixels, content) if content else None
    if readable is None:
        return 1.0, "the wording was not read"
    credit = float(np.interp(readable, [0.55, 0.9], [0.3, 1]))
    return credit, "it reads as asked" if credit >= 0.8 else "it does not read as asked"


def _readable(pixels: Pixels, content: str) -> float | None:
    """Return how well words can be read in a picture, in [0, 1]; None without a reader."""
    lines = read_text(pixels)
    if lines is None:
        return None
    if not content:
        return 1.0 if lines else 0.0
    wanted = "".join(content.lower().split())
    texts = ["".join(line.text.lower().split()) for line in lines]
    # A reader breaks lines where it likes: try them alone and all in a row.
    tries = [*texts, "".join(texts)]
    return max((_share(text, wanted) for text in tries), default=0.0)


def _share(text: str, wanted: str) -> float:
    """Return how much of some words is in a line, in order."""
    if not text or not wanted:
        return 0.0
    if wanted in text:
        return 1.0
    blocks = SequenceMatcher(None, text, wanted, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size > 1) / len(wanted)


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
