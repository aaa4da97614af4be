"""The verdict on one edit: what was done, what drifted, what was harmed, and two scores.

Semantic score: `10 * (mean share done over the steps) * (product of what was kept)`. At most
`UNFINISHED` while a step is less than half done, and at most `UNSURE` while the instruction has
clauses that cannot be measured, or that take each other back: the observer accepts only what it has
seen. Quality score: 10 less the points of every damage.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from editthinker.graph.thinkers.measures import (
    backdrop,
    colour,
    focus,
    geometry,
    grade,
    moves,
    region,
    rewording,
    style,
    text,
    things,
    wash,
)
from editthinker.graph.thinkers.measures.artefacts import find_damage
from editthinker.graph.thinkers.measures.finding import Damage, Finding
from editthinker.graph.thinkers.measures.mistaking import picks_one, tell_which
from editthinker.graph.thinkers.measures.preservation import Drift, find_drifts
from editthinker.graph.thinkers.measures.scene import Scene, lay_over
from editthinker.tools.editors.darkroom.recipe import SIGNED, Operation, Recipe, Step
from editthinker.tools.editors.darkroom.target import BACKGROUND, MARKED, PHOTO, SUBJECT, Kind
from editthinker.tools.images import Pixels

UNFINISHED = 7.5
"""Best semantic score of an edit with a step that is less than half done."""

UNSURE = 7.0
"""Best semantic score of an edit whose instruction was only partly measured."""

LONGEST = 900
"""Characters of reasoning."""


@dataclass(frozen=True)
class Assessment:
    """Everything that was measured on one edit."""

    findings: tuple[Finding, ...]
    """One for each step, in the order of the recipe."""
    drifts: tuple[Drift, ...]
    damage: tuple[Damage, ...]
    unknown: tuple[str, ...]
    """Clauses that were not measured, in the user's words."""
    picked: bool = False
    """Whether all that was edited is the one of several things alike that a place names."""

    @property
    def opposed(self) -> tuple[str, ...]:
        """The user's words that take each other back, so that one of them was read wrong."""
        steps = [f.step for f in self.findings if f.step.operation in SIGNED]
        pairs = ((one, other) for at, one in enumerate(steps) for other in steps[:at])
        clauses = [
            (other.clause, one.clause)
            for one, other in pairs
            if (one.operation, one.region) == (other.operation, other.region)
            and one.amount * other.amount < 0
        ]
        return clauses[0] if clauses else ()

    @property
    def semantic(self) -> float:
        """Instruction followed and the rest preserved, in [0, 10]."""
        shares = [finding.done for finding in self.findings]
        score = 10 * float(np.mean(shares)) * prod(drift.kept for drift in self.drifts)
        if min(shares) < 0.5:
            score = min(score, UNFINISHED)
        if self.unknown or self.opposed:
            score = min(score, UNSURE)
        return round(score, 1)

    @property
    def quality(self) -> float:
        """Absence of artefacts, in [0, 10]."""
        return round(max(0.0, 10 - sum(harm.points for harm in self.damage)), 1)

    @property
    def reasoning(self) -> str:
        """The figures in a few plain sentences, what needs work first."""
        worst_first = sorted(self.findings, key=lambda finding: finding.done >= 0.8)
        costly = sorted(self.damage, key=lambda harm: -harm.points)
        sentences = [finding.sentence for finding in worst_first[:4]]
        if self.unknown:
            sentences.append(f"Not measured: {'; '.join(self.unknown)[:200]}.")
        if self.opposed:
            one, other = (clause[:80] for clause in self.opposed)
            sentences.append(f"{one!r} and {other!r} take each other back: what is meant?")
        sentences += [drift.sentence for drift in self.drifts[:2]]
        sentences += [harm.sentence for harm in costly[:2]]
        if not self.drifts and not self.damage:
            sentences.append("Nothing else was harmed.")
        kept = ""
        for sentence in sentences:
            if len(kept) + len(sentence) < LONGEST:
                kept = f"{kept} {sentence}".strip()
        return kept


def assess(
    source: Pixels, edited: Pixels, recipe: Recipe, mark: Pixels | None = None
) -> Assessment:
    """Measure an edit against a recipe with steps.

    Args:
        source: The photo, `(H, W, 3 or 4) uint8`.
        edited: What came of it, likewise.
        recipe: What was asked for.
        mark: What the user marked, `(H, W, C) uint8` of the photo's size, white in it.
    """
    limited = _limited(recipe, bounded=mark is not None)
    scene = lay_over(source, edited, limited, mark)
    lettered = any(step.operation == "text" for step in recipe.steps)
    marks = text.strokes(scene) if lettered else None
    if marks is not None:
        scene = scene.hiding(text.around(marks))

    def find(step: Step, asked: Step) -> Finding:
        if step.operation not in _MEASURES and step.operation != "text":
            return Finding(asked, 0.5, f"Not measured: {step.sentence()}.")
        if marks is not None and step.operation == "text":
            return text.measure_text(scene, step, marks)
        found = replace(_MEASURES[step.operation](scene, step), step=asked)
        if step.region.kind in _SOUGHT and step.region not in scene.sights:
            unseen = f"Where {step.region.phrase()} is cannot be checked here."
            return replace(found, sentence=f"{found.sentence} {unseen}")
        return tell_which(scene, found)

    return Assessment(
        tuple(find(*pair) for pair in zip(limited.steps, recipe.steps, strict=True)),
        tuple(find_drifts(scene)),
        tuple(find_damage(scene)),
        recipe.unknown,
        all(picks_one(scene, step) for step in limited.steps),
    )


def _limited(recipe: Recipe, *, bounded: bool) -> Recipe:
    """Return the recipe with steps on the whole photo limited to what they may change.

    That is what the user marked, if anything, or the other side of what is to be kept.
    """
    kept = {"background", "subject"} & set(recipe.keep)
    if len(kept) != 1 and not bounded:
        return recipe
    rest = MARKED if bounded else SUBJECT if "background" in kept else BACKGROUND
    steps = (
        replace(step, region=rest) if step.region == PHOTO and step.operation in LOCAL else step
        for step in recipe.steps
    )
    return replace(recipe, steps=tuple(steps))


_SOUGHT: frozenset[Kind] = frozenset({"object", "face", "text"})
"""Kinds of things that these eyes may not find."""

LOCAL: frozenset[Operation] = frozenset(
    {
        *grade.FIGURES,
        "hue",
        "wash",
        "black-and-white",
        "sepia",
        "sharpen",
        "blur",
        "denoise",
        "grain",
    }
)
"""Operations that can be measured on a part of the photo."""

_MEASURES: Mapping[Operation, Callable[[Scene, Step], Finding]] = {
    **dict.fromkeys(grade.FIGURES, grade.measure_grade),
    "hue": colour.measure_hue,
    "wash": wash.measure_wash,
    "white-balance": wash.measure_white_balance,
    "invert": wash.measure_invert,
    "black-and-white": colour.measure_black_and_white,
    "sepia": colour.measure_sepia,
    "sharpen": focus.measure_sharpen,
    "blur": focus.measure_blur,
    "denoise": focus.measure_denoise,
    "grain": focus.measure_grain,
    "rotate": geometry.measure_rotate,
    "flip": geometry.measure_flip,
    "crop": geometry.measure_crop,
    "straighten": geometry.measure_straighten,
    "border": geometry.measure_border,
    "posterize": style.measure_posterize,
    "sketch": style.measure_sketch,
    "watercolour": style.measure_watercolour,
    "oil": style.measure_oil,
    "cartoon": style.measure_cartoon,
    "pixelate": style.measure_pixelate,
    "fill": backdrop.measure_fill,
    "cutout": backdrop.measure_cutout,
    "isolate": backdrop.measure_isolate,
    "remove": things.measure_remove,
    "move": moves.measure_move,
    "duplicate": moves.measure_move,
    "erase-text": rewording.measure_erased,
    "replace-text": rewording.measure_replaced,
    "recolour": region.measure_recolour,
}
