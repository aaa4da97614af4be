"""What to ask for next, from what the last prompt asked for and what came of it."""

from collections.abc import Iterator
from dataclasses import replace

from editthinker.graph.thinkers.measures.assessment import Assessment
from editthinker.graph.thinkers.measures.finding import Finding
from editthinker.tools.editors.darkroom.recipe import REDRAWING, SIGNED, Operation, Recipe, Step
from editthinker.tools.editors.darkroom.target import Target

_FINE = 0.95
"""A step done to this share keeps its amount."""

_GOOD = 8.0
"""Quality below which the steps that cost it are asked for less."""

_LEAST, _MOST = 0.03, 1.0
"""Amounts, without their sign."""

_FURTHEST = 1.6
"""How many times what the user asked for may be asked of an editor."""

_MINOR, _SEVERE = 0.8, 4.0
"""Points of quality that a step cost: too little to act on, and enough to act firmly."""

_STRONGER: frozenset[Operation] = REDRAWING | {"sepia", "border"}
"""Steps without a measured amount that more of may complete."""

_ANGLED: frozenset[Operation] = frozenset({"rotate", "hue"})
_KEYS = ("axis", "ratio", "colour", "source", "target", "content", "direction", "image")


def alternatives(asked: Recipe, tried: Recipe, assessment: Assessment) -> Iterator[Recipe]:
    """Yield what to try next, the best first: things that were mistaken in other words."""
    refined = refine(asked, tried, assessment)
    for finding in assessment.findings:
        for place in finding.instead:
            old, new = finding.step.region, replace(finding.step.region, place=place)
            steps = (
                replace(step, region=new) if _alike(step.region, old) else step
                for step in refined.steps
            )
            yield replace(refined, steps=tuple(steps))
    yield refined


def refine(asked: Recipe, tried: Recipe, assessment: Assessment) -> Recipe:
    """Return the recipe to try next: steps that were missed first, the rest in their order.

    Args:
        asked: What the user wants.
        tried: What the prompt of the edit asked for; its amounts are the ones to adjust.
        assessment: What came of it.
    """
    harm: dict[Operation, float] = {}
    if assessment.quality < _GOOD:
        for damage in assessment.damage:
            for operation in damage.causes:
                harm[operation] = harm.get(operation, 0.0) + damage.points
    missed: list[Step] = []
    rest: list[Step] = []
    for finding in assessment.findings:
        old = _counterpart(finding.step, tried)
        step = _adjusted(finding, old, harm.get(finding.step.operation, 0.0))
        (missed if finding.done < 0.12 else rest).append(step)
    return Recipe(tuple(missed + rest), keep=asked.keep, unknown=tried.unknown, spared=asked.spared)


def _counterpart(step: Step, tried: Recipe) -> Step | None:
    """Return the step of the prompt that stood for an asked one, maybe in other words."""
    alike = [
        other
        for other in tried.steps
        if other.operation == step.operation
        and _alike(other.region, step.region)
        and all(other.options.get(key) == step.options.get(key) for key in _KEYS)
    ]
    exact = [other for other in alike if other.region == step.region]
    return next(iter(exact or alike), None)


def _alike(one: Target, other: Target) -> bool:
    """Return whether two targets differ at most in the place."""
    return replace(one, place=other.place) == other


def _adjusted(finding: Finding, old: Step | None, harm: float) -> Step:
    step = finding.step
    if old is None:
        return step
    ratio = finding.ratio
    if step.operation == "remove":  # what is left of it is to go along
        return replace(old, amount=_MOST) if ratio is not None else old
    if ratio is None:
        stronger = step.operation in _STRONGER and finding.done < _FINE
        return _scaled(step, old, 1.5) if stronger else old
    if harm > _MINOR:
        # Down to the least that still passes; where even that is not reached, leave it be.
        least = 0.7 if harm < _SEVERE else 0.5
        return _scaled(step, old, max(least, 0.7 / ratio)) if ratio > 0.8 else old
    if finding.done >= _FINE:
        return old
    if ratio < 0.1:
        return _scaled(step, old, 1.5)
    return _scaled(step, old, min(max(1 / ratio, 0.4), 2.5) ** 0.9)


def _scaled(step: Step, old: Step, factor: float) -> Step:
    if step.operation in _ANGLED:
        asked, degrees = float(step.options["degrees"]), float(old.options["degrees"]) * factor
        limit = 2 * abs(asked)
        return replace(
            old, options={**old.options, "degrees": round(max(-limit, min(limit, degrees)), 1)}
        )
    # A measure that is never content must not drive a step to extremes.
    most = min(_FURTHEST * abs(step.amount), _MOST)
    size = min(max(abs(old.amount) * factor, _LEAST), most)
    sign = -1 if step.operation in SIGNED and step.amount < 0 else 1
    return replace(old, amount=sign * round(size, 2))
