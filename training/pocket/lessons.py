"""What a thinker is taught of the expert's steps.

Scores and findings are the judge's, so that the one follows from the other. Answers are the
expert's, by the rule of the THINKEDIT pipeline: those on the way to the best later edit, where that
is at least as good as the first. Its words are drawn by chance, and that rule leaves in some that
the editor does not follow.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
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

_ACCEPTED = 8.0
"""Overall score from which leaving the prompt as it is may be learnt."""

_ANSWER = "<answer>"


def teach(steps: Sequence[Step]) -> list[str]:
    """Return a reply to learn for every step; it ends before an answer that is not to be learnt."""
    followed = set(_followed(steps))
    replies = []
    for step in steps:
        whole = completion_text(replace(step.sample, reasoning=describe(step)), _SCORE_STEP)
        stops = step.sample.final and _overall(step) >= _ACCEPTED
        worth = stops or (step.scene.id, step.sample.turn) in followed
        replies.append(whole if worth else whole.partition(_ANSWER)[0])
    return replies


def _followed(steps: Sequence[Step]) -> Iterator[tuple[str, int]]:
    """Name the steps, by scene and turn, whose new prompts led to the best later edit."""
    by_scene: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        by_scene[step.scene.id].append(step)
    for first, *later in by_scene.values():
        best = max(later, key=_overall, default=None)
        if best is None or _overall(best) < _overall(first):
            continue
        for step in (first, *later):
            if step.sample.turn < best.sample.turn and not step.sample.final:
                yield step.scene.id, step.sample.turn


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
    return is_plain(step.sample.prompt_before)


def _overall(step: Step) -> float:
    return geometric_mean(step.sample.semantic, step.sample.quality) or 0.0
