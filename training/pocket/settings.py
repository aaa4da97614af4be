"""How large the pocket experiment is."""

from dataclasses import dataclass

from editthinker.training.pocket.imitation import STAGES, Stage


@dataclass(frozen=True)
class Settings:
    """Numbers of one run of the experiment."""

    scenes: int = 3500
    """Training scenes; each has one to three steps."""
    test_scenes: int = 240
    """From photos and pairs of wishes that are kept for it."""
    loop_scenes: int = 48
    """Of those, how many whole loops are run on."""
    look_steps: int = 250
    stages: tuple[Stage, ...] = STAGES
    prompts: int = 1500
    """Steps that GRPO asks about."""
    grpo_steps: int = 200
    grpo_batch: int = 64
    """Replies in a GRPO step."""
    seeds: tuple[int, ...] = (0, 1)
    """Of imitation, and of the GRPO that starts from it."""
    turns: tuple[int, ...] = (2, 4)
    draws: int = 2000
    """Bootstrap draws."""
    processes: int = 2


FULL = Settings()

SMALL = Settings(
    scenes=60,
    test_scenes=12,
    loop_scenes=4,
    look_steps=10,
    stages=(Stage(10, 2e-3, 0.5, 4.0, answers=False, speechless=0.5), Stage(10, 2e-3, 0.3, 2.0)),
    prompts=16,
    grpo_steps=2,
    grpo_batch=8,
    seeds=(0,),
    turns=(2,),
    draws=200,
    processes=1,
)
"""Shows that everything runs, in about two minutes; it learns nothing worth a table."""
