"""Things taken away: gone, and nothing of them left."""

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.finding import Finding
from editthinker.graph.thinkers.measures.leftovers import find_leftovers
from editthinker.graph.thinkers.measures.scene import Scene
from editthinker.graph.thinkers.measures.traces import (
    ghost,
    palette_distance,
    ring,
    solid,
)
from editthinker.tools.editors.darkroom.recipe import Step


def measure_remove(scene: Scene, step: Step) -> Finding:
    """Check that a thing is gone, and that what stands there fits the surroundings."""
    name, sight = step.region.phrase(), scene.sights.get(step.region)
    area = solid(scene.changed)
    if sight is not None:
        area = np.asarray(area * (sight.may > 0.5), np.float32)
    if area.mean() < 0.0004:
        return Finding(step, 0.0, f"Removal: nothing changed where {name} is.")
    around = np.asarray(ring(area) * (scene.changed < 0.3), np.float32)
    off = palette_distance(scene.after, area, around, scene.before)
    fits = float(np.interp(off, [8, 18], [1, 0.4]))
    core = cv2.erode(area, np.ones((3, 3), np.uint8))
    shine = ghost(scene.before, scene.after, np.asarray(core, np.float32))
    gone = float(np.interp(shine, [0.35, 0.75], [1, 0.25]))
    left = find_leftovers(scene, area, around, sight)
    done = fits * gone * (1 - left.share)
    faults = [
        sentence
        for bad, sentence in (
            (left.share > 0.2, left.sentence),
            (fits < 0.8, "the filling has colours that the surroundings have not"),
            (gone < 0.8, "its drawing still shines through"),
        )
        if bad
    ]
    verdict = "; ".join(faults) if faults else "gone"
    sentence = f"Removal of {name}, {area.mean():.1%} of the photo: {verdict}."
    return Finding(step, done, sentence, 1 - left.share if left.share > 0.2 else None)
