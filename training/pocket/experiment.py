"""The pocket experiment: SFT, then GRPO, of a very small thinker on a simulated editor.

    python -m editthinker.training.pocket.experiment out/pocket          (`make pocket`)
    python -m editthinker.training.pocket.experiment --small out/small   (`make pocket SMALL=1`)

It goes on where it was stopped. The table lies in `table.md`, `table.html` and `table.json`.
"""

import multiprocessing
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import TypeVar

import numpy as np

from editthinker.graph.context import EditContext
from editthinker.graph.thinkers.base import THINKERS, Thinker
from editthinker.graph.thinkers.observer import Observer
from editthinker.training.pocket.answers import Answer, answer_all, judge_replies
from editthinker.training.pocket.expert import PocketExpert
from editthinker.training.pocket.kept import kept
from editthinker.training.pocket.loops import Blind, Run, run_loops
from editthinker.training.pocket.model import thinker_options
from editthinker.training.pocket.reinforce import reinforce
from editthinker.training.pocket.settings import FULL, SMALL, Settings
from editthinker.training.pocket.stages import load_steps, make_untrained, train_imitation
from editthinker.training.pocket.statistics import Values
from editthinker.training.pocket.steps import Step
from editthinker.training.pocket.table import (
    Report,
    as_markdown,
    as_page,
    constant_values,
    critic_values,
    habits,
    line,
    loop_values,
    paired,
    seeds_together,
)
from editthinker.training.samples import completion_text

TEXT_ONLY = "SFT, text only"
"""Imitation that never saw an edit: the control of what can be learnt from the text."""

T = TypeVar("T")
Say = Callable[[str], None]


def main(out: Path, settings: Settings, say: Say) -> Report:
    """Run every stage that is not done yet, and write the table."""
    started = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    say("expert trajectories")
    train, test = (load_steps(out, settings, split) for split in ("train", "test"))
    folders = {"untrained": make_untrained(out, settings)}
    say("imitation and GRPO")
    prompts = [step for step in train if step.sample.turn == 1]
    jobs: dict[str, Callable[[], dict[str, Path]]] = {
        str(seed): partial(_train, prompts, settings, seed, out) for seed in settings.seeds
    }
    jobs[TEXT_ONLY] = partial(_train_text_only, settings, out)
    for made in _side_by_side(jobs, settings.processes).values():
        folders |= made
    say("replies to unseen photos")
    first = [step for step in test if step.sample.turn == 1]
    answers = _answers(out, folders, first, settings)
    say("loops on unseen photos")
    runs = _runs(out, folders, first[: settings.loop_scenes], settings)
    report = _report(answers, runs, train, settings)
    report.facts["CPU time"] = f"{_add_up_cpu_s(out / 'cpu_s.txt') / 60:.0f} minutes, of all calls"
    report.facts["wall time"] = f"{(time.monotonic() - started) / 60:.0f} minutes, of the last call"
    (out / "table.json").write_text(report.model_dump_json(indent=1), encoding="utf-8")
    (out / "table.md").write_text(as_markdown(report), encoding="utf-8")
    (out / "table.html").write_text(as_page(report), encoding="utf-8")
    return report


def _train(steps: Sequence[Step], settings: Settings, seed: int, out: Path) -> dict[str, Path]:
    imitation = train_imitation(out, settings, seed)
    trained = out / f"grpo-{seed}" / "model"
    if not (trained / "model.safetensors").exists():
        reinforce(imitation, steps, settings, seed, out / f"grpo-{seed}")
    return {f"SFT {seed}": imitation, f"SFT+GRPO {seed}": trained}


def _train_text_only(settings: Settings, out: Path) -> dict[str, Path]:
    return {TEXT_ONLY: train_imitation(out, settings, settings.seeds[0], blind=True)}


def _answers(
    out: Path, folders: Mapping[str, Path], steps: Sequence[Step], settings: Settings
) -> dict[str, list[Answer]]:
    blobs = out / "blobs"
    jobs: dict[str, Callable[[], list[Answer]]] = {
        "expert": partial(
            judge_replies, [completion_text(step.sample, 1.0) for step in steps], steps, blobs
        )
    }
    for name, folder in folders.items():
        if name == TEXT_ONLY:
            jobs[name] = partial(answer_all, folder, steps, blobs, blind=True)
            continue
        jobs[name] = partial(answer_all, folder, steps, blobs)
        jobs[f"{name}, blind"] = partial(answer_all, folder, steps, blobs, blind=True)
        jobs[f"{name}, sampled"] = partial(answer_all, folder, steps, blobs, sampled=True)
    return _side_by_side(
        {n: partial(kept, out / "answers" / f"{n}.pickle", job) for n, job in jobs.items()},
        settings.processes,
    )


def _runs(
    out: Path, folders: Mapping[str, Path], steps: Sequence[Step], settings: Settings
) -> dict[str, list[Run]]:
    scenes = [step.scene for step in steps]
    most = max(settings.turns)
    loop = EditContext(max_turns=most)
    jobs: dict[str, Callable[[], list[Run]]] = {
        "observer": partial(run_loops, Observer(), scenes, loop, out / "blobs"),
        "expert": partial(run_loops, PocketExpert(), scenes, loop, out / "blobs"),
    }
    for count in settings.turns:
        drawn = EditContext(mode="best-of-n", max_turns=count)
        jobs[f"best of {count}"] = partial(run_loops, Observer(), scenes, drawn, out / "blobs")
    for name, folder in folders.items():
        if name == TEXT_ONLY:
            continue
        jobs[name] = partial(_run_local, folder, False, scenes, loop, out / "blobs")
        jobs[f"{name}, blind"] = partial(_run_local, folder, True, scenes, loop, out / "blobs")
    return _side_by_side(
        {n: partial(kept, out / "runs" / f"{n}.pickle", job) for n, job in jobs.items()},
        settings.processes,
    )


def _run_local(folder: Path, blind: bool, *rest: object) -> list[Run]:
    thinker: Thinker = THINKERS.load("local")(**thinker_options(folder))
    scenes, context, blobs = rest
    return run_loops(Blind(thinker) if blind else thinker, scenes, context, blobs)  # type: ignore[arg-type]


def _report(
    answers: Mapping[str, list[Answer]],
    runs: Mapping[str, list[Run]],
    train: Sequence[Step],
    settings: Settings,
) -> Report:
    first = f"SFT {settings.seeds[0]}"
    critics = {
        name: dict(critic_values(each))
        for name, each in answers.items()
        if not name.endswith(", sampled")
    }
    for name in critics:
        if drawn := answers.get(f"{name}, sampled"):
            values = critic_values(drawn)
            critics[name] |= {f"{what}, sampled": values[what] for what in ("format", "gain")}
    critics["expert"] = {"gain": critics["expert"]["gain"]}
    semantic, quality = (
        float(np.median([getattr(step.sample, name) for step in train if step.sample.turn == 1]))
        for name in ("semantic", "quality")
    )
    always = constant_values(answers[first], semantic, quality)
    loops = {
        name: loop_values(each, settings.turns)
        for name, each in runs.items()
        if not name.startswith("best of")
    }
    loops["best of n, observer"] = {
        f"{count} turns": loop_values(runs[f"best of {count}"], (1,))["1 turns"]
        for count in settings.turns
    }
    once = loop_values(runs["observer"], (1,))["1 turns"]
    loops["single"] = {f"{count} turns": once for count in settings.turns}
    trained = [f"{name} {seed}" for name in ("SFT", "SFT+GRPO") for seed in settings.seeds]
    for name in ("SFT", "SFT+GRPO"):
        for blind in ("", ", blind"):
            arms = [f"{name} {seed}{blind}" for seed in settings.seeds]
            critics[name + blind] = seeds_together([critics[arm] for arm in arms])
            loops[name + blind] = seeds_together([loops[arm] for arm in arms])
    draws = settings.draws
    order = ["untrained", "SFT", "SFT+GRPO", *trained]
    with_blind = [arm for name in order for arm in (name, f"{name}, blind")]

    def all_of(arm: str) -> dict[str, Values]:
        return {**critics[arm], **loops.get(arm, {})}

    contrasts = {
        "SFT - untrained": ("SFT", "untrained"),
        "GRPO - SFT": ("SFT+GRPO", "SFT"),
        **{
            f"GRPO {seed} - SFT {seed}": (f"SFT+GRPO {seed}", f"SFT {seed}")
            for seed in settings.seeds
        },
        "SFT: text only - seeing": (TEXT_ONLY, first),
        "SFT: blind - seeing": ("SFT, blind", "SFT"),
        "GRPO: blind - seeing": ("SFT+GRPO, blind", "SFT+GRPO"),
    }
    differences = [
        paired(name, all_of(second), all_of(first), draws)
        for name, (second, first) in contrasts.items()
    ]
    expert = paired("GRPO - observer", loops["SFT+GRPO"], loops["observer"], draws)
    return Report(
        critics=[
            line("same scores always", always, draws),
            line("expert", critics["expert"], draws),
            *(line(name, critics[name], draws) for name in (TEXT_ONLY, *with_blind)),
        ],
        loops=[
            line(name, loops[name], draws)
            for name in ("single", "best of n, observer", "observer", "expert", *with_blind)
        ],
        differences=[*differences, expert],
        habits={
            name: habits(answers[name])
            for seen in ("expert", *trained)
            for name in (seen, f"{seen}, sampled")
            if name in answers
        },
        facts={
            "training": f"{len(train)} steps of {settings.scenes} scenes",
            "unseen": f"{len(answers[first])} scenes, {len(runs[first])} with whole loops",
            "GRPO": f"{settings.grpo_steps} steps of {settings.grpo_batch} replies, "
            f"seeds {', '.join(map(str, settings.seeds))}",
        },
    )


def _side_by_side(jobs: Mapping[str, Callable[[], T]], processes: int) -> dict[str, T]:
    """Do jobs, each in a process of its own: torch is faster alone than with two threads."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn, initializer=_alone) as pool:
        running = {name: pool.submit(job) for name, job in jobs.items()}
        return {name: each.result() for name, each in running.items()}


def _alone() -> None:
    import torch

    torch.set_num_threads(1)


def _add_up_cpu_s(path: Path) -> float:
    """Add what this call has used to what calls before it have."""
    used = (getrusage(who) for who in (RUSAGE_SELF, RUSAGE_CHILDREN))
    total = sum(each.ru_utime + each.ru_stime for each in used)
    if path.exists():
        total += float(path.read_text(encoding="utf-8"))
    path.write_text(f"{total:.0f}", encoding="utf-8")
    return total


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    names = [each for each in sys.argv[1:] if each != "--small"]
    if len(names) != 1:
        sys.exit("usage: python -m editthinker.training.pocket.experiment [--small] FOLDER")
    _alone()
    chosen = SMALL if "--small" in sys.argv else FULL
    sys.stdout.write(as_markdown(main(Path(names[0]), chosen, _say)))
