"""What a thinker is taught of the expert's steps.

Scores and findings are the judge's, so that the one follows from the other. Answers are the
expert's, and only those are taught after which the next edit was better: its words are drawn by
chance, and those that the editor does not follow should not be learnt.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from editthinker.graph.state import geometric_mean
from editthinker.training.pocket.steps import Step
from editthinker.training.pocket.wording import is_plain
from editthinker.training.samples import completion_text

LEVELS = (" missed", " faint", " weak", " right", " strong", " excessive")
"""How far a wish came, in words."""

STATES = (" clean", " damaged")

_SCORE_STEP = 1.0
"""Scores are whole numbers, so that each is one token."""

_EDGES = (0.15, 0.5, 0.8, 1.3, 1.75)
"""Shares of the wanted change between two levels."""

_CLEAN = 8.0
"""Quality below which a picture is called damaged."""

_GAIN = 0.5
"""Points of ten by which the next edit must be better."""

_ACCEPTED = 8.0
"""Overall score from which leaving the prompt as it is may be learnt."""

_ANSWER = "<answer>"


def teach(steps: Sequence[Step]) -> list[str]:
    """Return a reply to learn for every step; it ends before an answer that helped nothing."""
    after = {(step.scene.id, step.sample.turn): _overall(step) for step in steps}
    replies = []
    for step in steps:
        whole = completion_text(replace(step.sample, reasoning=describe(step)), _SCORE_STEP)
        then = after.get((step.scene.id, step.sample.turn + 1))
        worth = step.sample.final and _overall(step) >= _ACCEPTED
        worth = worth or (then is not None and then >= _overall(step) + _GAIN)
        replies.append(whole if worth else whole.partition(_ANSWER)[0])
    return replies


def describe(step: Step) -> str:
    """Name how far each wish came, and whether the picture was harmed."""
    levels = np.digitize(step.shares, _EDGES)
    parts = [
        f"{wish.figure}{LEVELS[level]}"
        for wish, level in zip(step.scene.wishes, levels, strict=True)
    ]
    return ", ".join([*parts, STATES[step.sample.quality < _CLEAN].strip()])


def is_whole(reply: str) -> bool:
    """Tell whether a reply is taught with its answer."""
    return _ANSWER in reply


def speechless(step: Step) -> bool:
    """Tell whether no word of a step says what came of it: only the pictures do."""
    return len(step.scene.wishes) == 1 and is_plain(step.sample.prompt_before)


def _overall(step: Step) -> float:
    return geometric_mean(step.sample.semantic, step.sample.quality) or 0.0
