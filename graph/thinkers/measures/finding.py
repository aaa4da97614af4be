"""What a measurement found, and how much of an amount a person accepts as done."""

import re
from dataclasses import dataclass

import numpy as np

from editthinker.tools.editors.darkroom.recipe import Operation, Step
from editthinker.tools.editors.darkroom.target import Place


@dataclass(frozen=True)
class Finding:
    """How much of one step is in the edited picture."""

    step: Step
    done: float
    """Share of the step that a person would call done, in [0, 1]."""
    sentence: str
    """The same in plain words, with figures."""
    ratio: float | None = None
    """Measured change over wanted change; None where there is no amount to steer."""
    instead: tuple[Place, ...] = ()
    """Other words that pick out the thing that was meant, where another one was edited."""


@dataclass(frozen=True)
class Damage:
    """Harm that nobody asked for."""

    points: float
    """What it costs of ten points of quality."""
    sentence: str
    causes: frozenset[Operation] = frozenset()
    """Operations that make it worse the stronger they are."""


_RATIOS = (0.0, 0.15, 0.5, 0.6, 0.8, 1.4, 1.6, 2.0, 3.0, 5.0)
_ACCEPTED = (0.0, 0.12, 0.55, 0.8, 1.0, 1.0, 0.8, 0.5, 0.25, 0.1)
_STRICT_RATIOS = (0.0, 0.15, 0.5, 0.7, 0.85, 1.2, 1.4, 1.8, 3.0)
_STRICT_ACCEPTED = (0.0, 0.1, 0.5, 0.8, 1.0, 1.0, 0.8, 0.4, 0.1)


_HELPED = 2.5
"""How far a step may seem to go where another one moves the same figure."""


def credit(ratio: float, step: Step) -> float:
    """Return how much of a step is done, in [0, 1], for a share of the wanted change.

    Words such as `brighter` leave room: 60 % to 160 % of the usual change still passes. A figure in
    the user's words, such as `30%`, leaves less. The wrong direction is nothing done.
    """
    if re.search(r"\d", step.clause):
        return float(np.interp(ratio, _STRICT_RATIOS, _STRICT_ACCEPTED))
    return float(np.interp(ratio, _RATIOS, _ACCEPTED))


def together(ratio: float) -> float:
    """Return how far a step went that another one helps: a wash of orange warms, too."""
    return max(1.0, ratio / _HELPED) if ratio > 1 else ratio
