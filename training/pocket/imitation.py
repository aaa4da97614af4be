"""Learning from the expert: pictures first, then replies.

Plain PyTorch, not TRL's `SFTTrainer`: the vision tower has a rate of its own, and scores and
findings weigh more at first, so that a small model does not learn the wording alone.
"""

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy, smooth_l1_loss

from editthinker.training.pocket.batches import Encoded, make_batch, pixel_values, without_answers
from editthinker.training.pocket.lessons import speechless
from editthinker.training.pocket.model import PICTURES
from editthinker.training.pocket.steps import Step

Watch = Callable[[str], None]


@dataclass(frozen=True)
class Stage:
    """One part of the imitation."""

    steps: int
    rate: float
    vision: float
    """What the rate is multiplied by in the vision tower."""
    weight: float
    """Of scores and findings, against 1 of other tokens."""
    answers: bool = True
    """Whether answers are taught, too."""
    speechless: float = 0.0
    """In this first share of the stage, only pictures tell what came of a wish, never the words."""
    whole: float = 0.0
    """Share of each batch that is drawn from the replies with an answer, which are fewer."""


STAGES = (
    Stage(800, 2e-3, 0.5, 4.0, answers=False, speechless=0.6),
    Stage(600, 2e-3, 0.3, 2.0, whole=0.75),
)
"""Judge first, then speak, too. Words often tell that a wish is not met, and a small model that
learns from them first never looks: so it starts with steps whose words tell nothing."""

BATCH = 32

_OWN = 4
"""How many figures describe the source; the others say what changed."""


def look(
    model: Any, data: Encoded, steps: Sequence[Step], count: int, seed: int, watch: Watch = print
) -> float:
    """Teach the vision tower to see light, contrast and colour, and what of it changed.

    Returns:
        The last share of the variance that is explained, over all figures.
    """
    goals = torch.tensor(np.array([_figures(step) for step in steps]), dtype=torch.float32)
    goals = (goals - goals.mean(0)) / goals.std(0).clamp(min=1e-6)
    torch.manual_seed(seed)
    size = model.config.text_config.hidden_size
    own = torch.nn.Linear(size, _OWN)
    changed = torch.nn.Linear(2 * size, goals.shape[1] - _OWN)
    heads = [*own.parameters(), *changed.parameters()]
    parameters = [*model.model.visual.parameters(), *heads]
    optimizer = torch.optim.AdamW(parameters, lr=2e-3, weight_decay=0.01)
    schedule = _schedule(optimizer, count)
    chance = random.Random(seed)
    explained = 0.0
    for at in range(count):
        chosen = chance.sample(range(len(steps)), min(2 * BATCH, len(steps)))
        seen = model.model.visual(
            pixel_values(data, chosen), grid_thw=data.grid.repeat(PICTURES * len(chosen), 1)
        ).pooler_output
        unit = torch.nn.functional.normalize(seen, dim=-1)
        means = unit.view(len(chosen), PICTURES, -1, seen.shape[-1]).mean(2)
        source, edited, difference = means.unbind(1)
        both = torch.cat([edited - source, difference], 1)
        said = torch.cat([own(source), changed(both)], 1)
        loss = smooth_l1_loss(said, goals[chosen])
        _take(loss, optimizer, schedule, parameters)
        with torch.no_grad():
            now = 1 - ((said - goals[chosen]) ** 2).mean().item()
        explained = now if at == 0 else 0.9 * explained + 0.1 * now
        if at % 50 == 49:
            watch(f"look {at + 1}/{count}: explained {explained:.2f}")
    return explained


def imitate(
    model: Any,
    data: Encoded,
    steps: Sequence[Step],
    seed: int,
    stages: Sequence[Stage] = STAGES,
    watch: Watch = print,
) -> list[float]:
    """Teach replies; returns the loss of every step."""
    model.train()
    chance = random.Random(seed)
    silent = [at for at, step in enumerate(steps) if speechless(step)]
    judging = without_answers(data)
    whole = [at for at, reply in enumerate(data.replies) if data.answer in reply]
    losses: list[float] = []
    for number, stage in enumerate(stages):
        vision = [p for n, p in model.named_parameters() if "visual" in n]
        rest = [p for n, p in model.named_parameters() if "visual" not in n]
        groups = [{"params": rest}, {"params": vision, "lr": stage.rate * stage.vision}]
        optimizer = torch.optim.AdamW(groups, lr=stage.rate, betas=(0.9, 0.98), weight_decay=0.01)
        schedule = _schedule(optimizer, stage.steps)
        started = time.process_time()
        for at in range(stage.steps):
            pool = silent if at < stage.speechless * stage.steps else range(len(steps))
            answered = chance.sample(whole, min(round(stage.whole * BATCH), len(whole)))
            chosen = [*answered, *chance.sample(pool, min(BATCH - len(answered), len(pool)))]
            taught = data if stage.answers else judging
            loss = reply_loss(model, taught, chosen, stage.weight)
            _take(loss, optimizer, schedule, [*vision, *rest])
            losses.append(loss.item())
            if at % 50 == 49 or at + 1 == stage.steps:
                each_s = (time.process_time() - started) / (at + 1)
                recent = float(np.mean(losses[-50:]))
                watch(f"stage {number + 1}, {at + 1}/{stage.steps}: {recent:.3f}, {each_s:.2f} s")
    model.eval()
    return losses


def reply_loss(model: Any, data: Encoded, chosen: Sequence[int], weight: float) -> torch.Tensor:
    """Return the weighted cross-entropy of replies."""
    batch = make_batch(data, chosen)
    logits = model(**batch.inputs).logits[:, :-1]
    labels = batch.labels[:, 1:]
    known = labels >= 0
    each = cross_entropy(logits[known], labels[known], reduction="none")
    weights = 1 + (weight - 1) * data.heavy[labels[known]].float()
    return (each * weights).sum() / weights.sum()


def _figures(step: Step) -> list[float]:
    """Return figures of the source, then of what changed."""
    source = step.scene.source.pixels
    levels = source[..., :3].reshape(-1, 3).astype(np.float32)
    own = [levels.mean(), levels.std(), *levels.mean(0)[[0, 2]]]
    return [*map(float, own), *step.changes.values(), step.sample.quality]


def _schedule(optimizer: Any, count: int) -> Any:
    warm = min(60, max(1, count // 5))

    def factor(at: int) -> float:
        if at < warm:
            return (at + 1) / warm
        return 0.03 + 0.97 * (1 + math.cos(math.pi * (at - warm) / max(1, count - warm))) / 2

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def _take(loss: torch.Tensor, optimizer: Any, schedule: Any, parameters: Sequence[Any]) -> None:
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
    schedule.step()
