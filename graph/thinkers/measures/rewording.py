"""Words taken off a photo, or put in place of others.

Their place is read closely before and after: what is left of the old ones, and what stands there.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.finding import Finding
from editthinker.graph.thinkers.measures.lab import Floats, mean
from editthinker.graph.thinkers.measures.scene import Scene
from editthinker.graph.thinkers.measures.sight import Sight
from editthinker.graph.thinkers.measures.traces import ghost, solid
from editthinker.graph.thinkers.measures.writing import (
    Words,
    credit,
    plane_of,
    read_out,
    share_in,
    share_inside,
    words_near,
)
from editthinker.tools.editors.darkroom.recipe import Step
from editthinker.tools.vision.passages import compact


def measure_erased(scene: Scene, step: Step) -> Finding:
    """Check that words are gone: read again, or by the strokes that are left."""
    area = solid(scene.changed)
    sight, name = scene.sights.get(step.region), step.region.phrase()
    if sight is not None:
        area = np.asarray(area * (sight.may > 0.5), np.float32)
    if area.mean() < 0.0003:
        return Finding(step, 0.0, f"Nothing changed where {name} is.")
    gone, verdict = _strokes_gone(scene, area)
    lefts = None if sight is None else _left(scene, _meant(scene, sight), "")
    if lefts:
        # A word that stays of those that were named is a failure; a line of a whole page is a part.
        left = max(lefts) if step.region.name else float(np.mean(lefts))
        gone = float(np.interp(left, [0.35, 0.9] if step.region.name else [0.08, 0.5], [1, 0]))
        verdict = "it cannot be read any more" if gone > 0.9 else f"{left:.0%} can still be read"
    done = gone
    return Finding(step, done, f"Erasing {name}: {verdict}{', done' if done >= 0.8 else ''}.")


def measure_replaced(scene: Scene, step: Step) -> Finding:
    """Check that other words stand where the old ones stood, and nothing besides them."""
    content, name = str(step.options["content"]), step.region.phrase()
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
    gone, clear, alike = float(np.interp(shine, [0.5, 0.8], [1, 0.2])), 1.0, 1.0
    reading, verb = read_out(scene.edited, content)
    old = [] if sight is None else _meant(scene, sight)
    left = _left(scene, old, content)
    if left:
        gone = float(np.interp(max(left), [0.5, 0.9], [1, 0]))
        before, after = (words_near(pixels, old) or [] for pixels in (scene.source, scene.edited))
        here = share_in(_said(after), content)
        reading, verb = max((reading, verb), credit(here))
        clear = _clear(before, after, old, content)
        alike = _set_alike(before, after, content) if len(old) == 1 else 1.0
    even = _same_ground(scene, area if sight is None else sight.must)
    done = gone * reading * placed * even * alike * clear
    faults = {
        "the old words still show": gone,
        "other letters stand among the new ones": clear,
        "the ground behind them has another colour": even,
        "the new ones have another size, or stand on another line": alike,
        "the new ones stand elsewhere": placed,
    }
    sentence = "; ".join([verb, *(fault for fault, good in faults.items() if good < 0.8)])
    return Finding(step, done, f"Replacing {name}: {sentence}{', done' if done >= 0.8 else ''}.")


def _meant(scene: Scene, sight: Sight) -> list[Words]:
    """Return the words that an edit is about: where they stand several times, those it changed."""
    area = scene.enlarged(solid(scene.changed))
    changed = [
        place
        for place in sight.words
        if any((plane_of([w.corners], area.shape) * area).any() for w in place)
    ]
    return [words for place in changed or sight.words for words in place]


def _left(scene: Scene, old: Sequence[Words], content: str) -> list[float]:
    """Return how much of each line can still be read in its place; none without a reader.

    What the new words say as well is no remainder.
    """
    after = words_near(scene.edited, old) if old else None
    if after is None:
        return []
    left = []
    for words in old:
        at = plane_of([words.corners], scene.edited.shape)
        there = "".join(one.text for one in after if share_inside(one.corners, at) > 0.3)
        share = share_in(there, words.text)
        left.append(share if share > share_in(content, words.text) else 0.0)
    return left


def _clear(
    before: Sequence[Words], after: Sequence[Words], old: Sequence[Words], content: str
) -> float:
    """Return how free the place is of letters that neither stood beside the words nor are new."""
    beside = len(compact(_said(before))) - len(compact("".join(words.text for words in old)))
    wanted = len(compact(content))
    more = len(compact(_said(after))) - max(beside, 0) - wanted
    return float(np.interp(more / max(wanted, 4), [0.35, 0.9], [1, 0.3]))


def _said(lines: Sequence[Words]) -> str:
    return "".join(line.text for line in lines)


def _set_alike(old: Sequence[Words], new: Sequence[Words], content: str) -> float:
    """Return how well new words keep the height and the place of the old ones, in [0, 1]."""
    fitting = [line for line in new if share_in(line.text, content) > 0.5]
    if not old or not fitting:
        return 1.0
    before, after = (np.asarray(lines[0].corners, np.float64) for lines in (old, fitting))
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
