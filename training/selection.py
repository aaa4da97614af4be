"""Which steps are worth learning from: pure functions, each with its line in the ledger.

The order is the paper's (THINKEDIT, section 4): trajectories that get better, cut at their best
step, unrolled to steps, split by how much the scores vary, balanced by task and score. Balancing
comes after the split, so that each part is balanced, not only their sum.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median, pvariance
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from editthinker.training.ledger import BalanceCell, Filtered, FilterLine, sort_out
from editthinker.training.samples import StepSample, flaw
from editthinker.training.trajectories import Step, Trajectory, cut_after

Split = Literal["sft", "rl", "test"]

LEVELS = 5
"""Score levels of equal width over 0 to 10."""


class Selection(BaseModel):
    """Numbers of the filters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stop_score: float = Field(
        8.0, ge=0, le=10, description="A step at which to stop needs both scores at least here."
    )
    rl_variance: float = Field(
        1.0, ge=0, description="Trajectories whose scores vary more than this are for RL ..."
    )
    steady_score: float = Field(
        8.0, ge=0, le=10, description="... unless every score is at least this."
    )
    per_cell: int | None = Field(
        None, ge=1, description="Most steps of one task and score level; twice the median if none."
    )
    sft_steps: int | None = Field(None, ge=1, description="Most steps for SFT.")
    rl_steps: int | None = Field(None, ge=1, description="Most steps for RL.")
    agree: bool = Field(
        False, description="Leave out steps where the judge would stop and the expert goes on."
    )
    holdout: float = Field(
        0.0, ge=0, lt=1, description="Share of source images whose trajectories are for tests."
    )
    score_step: float = Field(
        1.0, gt=0, le=5, description="Scores in replies are multiples of this."
    )
    seed: int = Field(0, ge=0, description="Of every draw.")


def reaching_first_score(trajectories: Sequence[Trajectory]) -> Filtered[Trajectory]:
    """Keep trajectories where some later step reaches at least the first step's score."""

    def reason(trajectory: Trajectory) -> str | None:
        if not trajectory.steps:
            return "without an edit"
        first = trajectory.steps[0].score
        if first is None:
            return "whose first edit has no score"
        if len(trajectory.steps) == 1:
            return "of one step"
        later = [step.score for step in trajectory.steps[1:] if step.score is not None]
        if max(later, default=-1.0) < first:
            return "where no later step reaches the first"
        return None

    return sort_out(
        ((each, reason(each)) for each in trajectories),
        name="reach",
        rule="some later step scores at least as much as the first",
        unit="trajectories",
    )


def best_place(trajectory: Trajectory) -> int:
    """Return the place of the best later step, the earliest of equals.

    The first step does not count, even where a later one only equals it: a trajectory that is kept
    has something to show.
    """
    later = range(1, len(trajectory.steps))
    scores = [step.score for step in trajectory.steps]
    return max(later, key=lambda at: -1.0 if (score := scores[at]) is None else score)


def truncated(trajectories: Sequence[Trajectory]) -> Filtered[Trajectory]:
    """Cut trajectories after their best later step; they must have one."""
    cut = tuple(cut_after(each, best_place(each) + 1) for each in trajectories)
    lost = sum(len(each.steps) for each in trajectories) - sum(len(each.steps) for each in cut)
    line = FilterLine(
        name="truncate",
        rule="cut after the best later step, the earliest of equals",
        unit="trajectories",
        before=len(trajectories),
        kept=len(cut),
        notes=(f"{lost} steps after the best one are gone",),
    )
    return Filtered(cut, line)


def unrolled(trajectories: Sequence[Trajectory], settings: Selection) -> Filtered[StepSample]:
    """Make a sample of each step that has a reply to learn."""
    outcomes: list[tuple[StepSample | None, str | None]] = []
    for trajectory in trajectories:
        for step, following in pairwise([*trajectory.steps, None]):
            assert step is not None
            reason = _wrong_with(step, following, settings)
            sample = None if reason else _sample(trajectory, step, final=following is None)
            if sample:
                reason = flaw(sample, settings.score_step)
            outcomes.append((sample, reason))
    found = sort_out(
        outcomes,
        name="unroll",
        rule="a step with scores and the expert's prompt that made the next image, or, where the "
        f"expert was content, both scores at least {settings.stop_score:g}",
        unit="steps",
    )
    return Filtered(tuple(sample for sample in found.kept if sample), found.line)


def _wrong_with(step: Step, following: Step | None, settings: Selection) -> str | None:
    if step.semantic is None or step.quality is None:
        return "without scores"
    if following is None:
        if not step.accepted:
            return "at the end, with which the expert was not content"
        if min(step.semantic, step.quality) < settings.stop_score:
            return "at the end, with which the expert was content and the judge was not"
        return None
    follows = following.turn == step.turn + 1 and following.prompt_by == "thinker"
    if not follows or not step.refined_prompt or step.refined_prompt != following.prompt:
        return "whose next image was made by another's prompt"
    if step.refined_prompt.split() == step.prompt.split():
        return "where the expert repeated the prompt"
    if settings.agree and min(step.semantic, step.quality) >= settings.stop_score:
        return "where the judge would stop and the expert goes on"
    return None


def _sample(trajectory: Trajectory, step: Step, *, final: bool) -> StepSample:
    assert step.semantic is not None
    assert step.quality is not None
    return StepSample(
        trajectory=trajectory.id,
        task=trajectory.task,
        turn=step.turn,
        instruction=trajectory.instruction,
        prompt_before=step.prompt,
        notes=step.notes,
        source=trajectory.source,
        edited=step.image,
        semantic=step.semantic,
        quality=step.quality,
        reasoning=step.reasoning,
        answer=step.prompt if final else step.refined_prompt or "",
        final=final,
        targets=trajectory.targets,
    )


def without_repeats(steps: Sequence[StepSample]) -> Filtered[StepSample]:
    """Keep one of several steps that show and ask the same; repeats of a loop may agree."""
    seen: set[tuple[str, str, str, str]] = set()
    outcomes: list[tuple[StepSample, str | None]] = []
    for step in steps:
        key = (step.source["sha256"], step.edited["sha256"], step.instruction, step.prompt_before)
        outcomes.append((step, "seen before" if key in seen else None))
        seen.add(key)
    return sort_out(
        outcomes, name="repeats", rule="images, instruction and prompt are new", unit="steps"
    )


def split_by_variance(
    trajectories: Sequence[Trajectory], settings: Selection
) -> tuple[Mapping[str, Split], FilterLine]:
    """Tell the split of each trajectory by its id.

    RL gets those whose scores vary: there a group of replies can differ in worth. SFT gets those
    that vary little or are good throughout. Sources put aside by `holdout` are for tests.
    """
    aside = held_out({each.source["sha256"] for each in trajectories}, settings)
    splits: dict[str, Split] = {}
    for each in trajectories:
        varied = pvariance(each.scores) > settings.rl_variance
        steady = min(each.scores) >= settings.steady_score
        by_scores: Split = "rl" if varied and not steady else "sft"
        splits[each.id] = "test" if each.source["sha256"] in aside else by_scores
    given = list(splits.values())
    line = FilterLine(
        name="split",
        rule=f"rl: variance of scores over {settings.rl_variance:g}, not all scores at least "
        f"{settings.steady_score:g}; sft: the others",
        unit="trajectories",
        before=len(trajectories),
        kept=len(trajectories),
        notes=tuple(
            f"{name}: {given.count(name)}" for name in ("sft", "rl", "test") if name in given
        ),
    )
    return splits, line


def held_out(sources: set[str], settings: Selection) -> frozenset[str]:
    """Draw the source images that are put aside; at least one if a share is asked for."""
    drawn = sorted(sources, key=lambda sha256: _lot(settings.seed, sha256))
    count = round(settings.holdout * len(drawn))
    return frozenset(drawn[: max(1, count) if settings.holdout and len(drawn) > 1 else 0])


class Balanced(NamedTuple):
    """A balanced split."""

    steps: Filtered[StepSample]
    cells: tuple[BalanceCell, ...]


def balanced(
    steps: Sequence[StepSample], split: Split, size: int | None, settings: Selection
) -> Balanced:
    """Keep so many steps of each task and score level that none outweighs the others.

    Args:
        steps: Those of one split.
        split: Its name.
        size: Most steps to keep in all; cells are filled evenly up to it.
        settings: `per_cell` is the most of a cell; without one, twice the median cell.

    Returns:
        The steps in the order they came, drawn by lot, and the counts of every cell.
    """
    cells: dict[tuple[str, int], list[StepSample]] = defaultdict(list)
    for step in steps:
        cells[step.task, level_of(step.score)].append(step)
    sizes = [len(found) for found in cells.values()]
    cap = settings.per_cell or max(1, int(2 * median(sizes))) if sizes else 0
    if size is not None:
        cap = min(cap, even_cap(sizes, size))
    chosen: set[str] = set()
    counts = []
    for (task, level), found in sorted(cells.items()):
        drawn = sorted(found, key=lambda step: _lot(settings.seed, step.id))[:cap]
        chosen |= {step.id for step in drawn}
        counts.append(
            BalanceCell(
                split=split,
                task=task,
                level=level_name(level),
                before=len(found),
                kept=len(drawn),
            )
        )
    kept = sort_out(
        ((step, None if step.id in chosen else "above the most of a cell") for step in steps),
        name=f"balance {split}",
        rule=f"at most {cap} steps of each task and score level" if cells else "nothing to balance",
        unit="steps",
    )
    return Balanced(kept, tuple(counts))


def even_cap(sizes: Sequence[int], total: int) -> int:
    """Return the largest cap with which cells of these sizes hold at most `total`."""
    cap = 0
    while cap < max(sizes, default=0) and sum(min(size, cap + 1) for size in sizes) <= total:
        cap += 1
    return cap


def level_of(score: float) -> int:
    """Return the level of a score in [0, 10], from 0."""
    return min(int(score * LEVELS / 10), LEVELS - 1)


def level_name(level: int) -> str:
    """Write a level as its range of scores."""
    width = 10 // LEVELS
    return f"{level * width}-{(level + 1) * width}"


def _lot(seed: int, name: str) -> str:
    """Return where a name stands in a draw: other names do not move it."""
    return hashlib.sha256(f"{seed}/{name}".encode()).hexdigest()
