"""Which of several things the words mean, and which of them was edited."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.lab import Floats, mean
from editthinker.tools.editors.darkroom.target import Place

_APART = 0.04
"""How far two things must differ in a place or a size for it to tell them apart."""

_EDITED = 0.3
"""Share of a thing that has changed when it was edited."""


class Choice(NamedTuple):
    """Several things that fit the same words."""

    things: tuple[Floats, ...]
    """Soft masks `(H, W)` in [0, 1]."""
    meant: int | None
    """The one that the words pick out; None where they leave it open."""

    def share(self, index: int, changed: Floats) -> float:
        """Return the share of one of them that changed."""
        return mean(changed, self.things[index])

    def edited(self, changed: Floats) -> int | None:
        """Return the one that changed most; None where none has changed."""
        best = max(range(len(self.things)), key=lambda index: self.share(index, changed))
        return best if self.share(best, changed) > _EDITED else None

    def names(self, index: int) -> list[Place]:
        """Return the words that pick out one of them: `left`, `smallest`."""
        names: list[Place] = []
        for place, key in _KEYS.items():
            values = [key(thing) for thing in self.things]
            own = values.pop(index)
            if values and own < min(values) - _APART:
                names.append(place)
        return names


def pick(things: Sequence[Floats], place: Place) -> int:
    """Return which one is at a place, the largest where none is named."""
    key = _KEYS.get(place, _KEYS["largest"])
    return min(range(len(things)), key=lambda index: key(things[index]))


def parts_of(mask: Floats) -> list[Floats]:
    """Return the solid parts of a mask, specks left out."""
    solid = cv2.morphologyEx(
        (mask > 0.5).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)
    )
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid)
    areas = stats[1:count, cv2.CC_STAT_AREA]
    if not len(areas) or areas.max() < 0.0008 * mask.size:
        return []
    return [
        np.asarray(mask * (labels == index), np.float32)
        for index, area in enumerate(areas, start=1)
        if area >= max(0.0008 * mask.size, 0.08 * areas.max())
    ]


def half(place: Place, shape: tuple[int, ...]) -> Floats:
    """Return the half of a photo, or its middle, that a place names."""
    height, width = shape[:2]
    x, y = np.linspace(0, 1, width)[None, :], np.linspace(0, 1, height)[:, None]
    inside = {
        "left": x < 0.5,
        "right": x > 0.5,
        "top": y < 0.5,
        "bottom": y > 0.5,
        "middle": (abs(x - 0.5) < 0.3) & (abs(y - 0.5) < 0.3),
    }.get(place, np.ones((1, 1), bool))
    return np.asarray(np.broadcast_to(inside, (height, width)), np.float32)


def _centre(thing: Floats, axis: int) -> float:
    weight = thing.sum(axis=axis)
    return float((weight * np.linspace(0, 1, len(weight))).sum() / max(float(weight.sum()), 1e-6))


def _size(thing: Floats) -> float:
    """Return the side of a thing as a share of the photo's."""
    return float(np.sqrt(thing.mean()))


_KEYS: Mapping[Place, Callable[[Floats], float]] = {
    "left": lambda thing: _centre(thing, 0),
    "right": lambda thing: -_centre(thing, 0),
    "top": lambda thing: _centre(thing, 1),
    "bottom": lambda thing: -_centre(thing, 1),
    "middle": lambda thing: abs(_centre(thing, 0) - 0.5) + abs(_centre(thing, 1) - 0.5),
    "largest": lambda thing: -_size(thing),
    "smallest": _size,
}
"""What comes first is at the place."""
