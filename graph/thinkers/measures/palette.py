"""Colours by their English names, the way people use the words: red includes brick and wine."""

import numpy as np

from editthinker.graph.thinkers.measures.lab import Floats, chroma
from editthinker.tools.editors.darkroom.colours import colour_mask, lab_of

_NEUTRAL = 10.0
"""Chroma below which a colour has no hue worth naming."""

_DARK = 20.0
"""Lightness up to which a colour is hard to tell from black."""

USUAL, LOOSE = 24.0, 42.0
"""How far hues may be from the named one, in degrees: to go by its name, and to be near it."""


def belongs(lab: Floats, name: str, reach: float = USUAL) -> Floats:
    """Return, for each pixel, whether a person would call it by the name: soft, in [0, 1]."""
    wanted, strength = lab_of(name), chroma(lab)
    if float(np.hypot(wanted[1], wanted[2])) < _NEUTRAL:
        slack = reach - USUAL
        pale = np.interp(strength, [10 + slack, 18 + slack], [1, 0])
        distance = np.abs(lab[..., 0] - wanted[0])
        return np.asarray(pale * np.interp(distance, [reach, reach + 14], [1, 0]), np.float32)
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
    off = np.abs((hue - np.degrees(np.arctan2(wanted[2], wanted[1])) + 180) % 360 - 180)
    least = 10.0 if reach == USUAL else 5.0
    coloured = np.interp(strength, [least, least + 8], [0, 1])
    return np.asarray(coloured * np.interp(off, [reach, reach + 14], [1, 0]), np.float32)


def told_as(lab: Floats, name: str) -> Floats:
    """Return what people call by a colour where they tell a thing by it: navy may be black."""
    own = colour_mask(lab, name)
    if lab_of(name)[0] > _DARK:
        return own
    black = np.interp(lab[..., 0], [_DARK, _DARK + 8], [1, 0])
    return np.asarray(np.maximum(own, black), np.float32)


def near_colour(lab: tuple[float, float, float], name: str) -> bool:
    """Return whether one plain colour goes by the name."""
    point = np.array([[lab]], np.float32)
    close = float(np.linalg.norm(point[0, 0] - lab_of(name))) < 25
    return close or float(belongs(point, name)[0, 0]) > 0.5
