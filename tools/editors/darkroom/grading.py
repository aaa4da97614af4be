"""Colour laid over a whole picture: washes, neutral whites, the negative."""

import numpy as np

from editthinker.tools.editors.darkroom.colours import lab_of
from editthinker.tools.editors.darkroom.light import Floats, Work, floats, from_lab, to_lab

_REACH = 0.9
"""Share of a colour's own chroma that the strongest wash gives to the mid-tones."""


def wash(work: Work) -> Floats:
    """Lay a colour over the tones, or one over the dark and another over the light ones.

    Lightness stays; black and white take less of the colour than the tones between them.
    """
    lab, options, amount = to_lab(work.pixels), work.step.options, np.float32(work.step.amount)
    light = lab[..., 0] / 100
    over = lab_of(str(options["colour"]))[1:]
    under = lab_of(str(options.get("dark", options["colour"])))[1:]
    share = np.clip((light - 0.25) / 0.5, 0, 1)[..., None]
    depth = (0.25 + 0.75 * np.sqrt(np.clip(4 * light * (1 - light), 0, 1)))[..., None]
    goal = (under + (over - under) * share) * depth * np.float32(_REACH)
    lab[..., 1:] += amount * (goal - 0.6 * lab[..., 1:])
    return from_lab(lab)


def white_balance(work: Work) -> Floats:
    """Take the cast out of what has least colour, all of it at twice a plain amount."""
    sample = to_lab(work.sample())
    cast = cast_of(sample.reshape(-1, 3))
    lab = to_lab(work.pixels)
    depth = np.sqrt(np.clip(4 * lab[..., 0] / 100 * (1 - lab[..., 0] / 100), 0, 1))[..., None]
    lab[..., 1:] -= min(1.0, 2 * work.step.amount) * cast * (0.4 + 0.6 * depth)
    return from_lab(lab)


def cast_of(lab: Floats) -> Floats:
    """Return the mean a* and b* of the palest third of the mid-tones of `(N, 3)` CIELAB."""
    middle = lab[(lab[:, 0] > 20) & (lab[:, 0] < 97)]
    middle = middle if len(middle) else lab
    chroma = np.hypot(middle[:, 1], middle[:, 2])
    pale = middle[chroma <= np.percentile(chroma, 33)]
    return floats(pale[:, 1:].mean(axis=0))


def invert(work: Work) -> Floats:
    """Return the negative."""
    return floats(1 - work.pixels)
