"""What a run would do, without doing it: every argument checked, memory estimated."""

import shlex
import warnings
from collections.abc import Sequence
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from editthinker.evals.benchmarks.base import BENCHMARKS
from editthinker.evals.judges import JUDGES
from editthinker.tools.editors.base import EDITORS
from editthinker.tools.errors import ConfigError
from editthinker.training.arguments import build_arguments
from editthinker.training.memory import estimate_generation, estimate_memory, size_of
from editthinker.training.recipe import GrpoRecipe, Recipe

ON_CPU = {"use_cpu": True}
"""A configuration for GPUs must also build where there is none."""


class Plan(BaseModel):
    """A run before it is made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: Literal["sft", "grpo"] = Field(description="What is run.")
    about: str = Field(description="The recipe in a sentence.")
    trl: str = Field(description="Version of TRL that the arguments were checked against.")
    gpus: int = Field(description="Processes that train; 0 is the CPU.")
    rows_per_update: int = Field(description="Rows, or replies, of one optimizer step.")
    prompts_per_generation: int | None = Field(None, description="Different prompts of a batch.")
    reward_worst_case_s: float | None = Field(
        None, description="Longest that the reward of a batch can take in one process."
    )
    memory_gb: dict[str, float] | None = Field(None, description="Estimate for each GPU.")
    memory_total_gb: float | None = Field(None, description="Their sum.")
    generation_gb: float | None = Field(None, description="Estimate while vLLM generates.")
    available_gb: float = Field(description="What each GPU has, by the recipe.")
    not_installed: list[str] = Field([], description="Packages that the run needs, and here lacks.")
    warnings: list[str] = Field([], description="What is likely to go wrong.")
    launch: str = Field(description="The command that starts it.")


def plan(recipe: Recipe, name: str, out: Path, settings: Sequence[str] = ()) -> Plan:
    """Check a recipe against the installed libraries and estimate what it needs.

    Args:
        recipe: What is to be run, with the settings in place.
        name: Of the recipe, for the command.
        out: Folder of the run.
        settings: What was set, as `NAME=VALUE`, for the command.

    Raises:
        ConfigError: if an argument, an editor, a judge or a benchmark does not exist, or numbers do
            not go together.
    """
    import trl

    stage: Literal["sft", "grpo"] = "grpo" if isinstance(recipe, GrpoRecipe) else "sft"
    kind = trl.GRPOConfig if stage == "grpo" else trl.SFTConfig
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arguments = build_arguments(kind, recipe, out, overrides=ON_CPU)
    processes = max(1, recipe.hardware.gpus)
    rows = arguments.per_device_train_batch_size * arguments.gradient_accumulation_steps * processes
    problems: list[str] = []
    values: dict[str, Any] = {}
    if isinstance(recipe, GrpoRecipe):
        values, problems = _check_grpo(recipe, arguments, processes)
    size = size_of(recipe)
    if size is None:
        problems.append(f"{recipe.model!r} is not on this disk and the recipe has no size")
    else:
        learning = estimate_memory(recipe, arguments, size)
        values |= {"memory_gb": dict(learning.parts), "memory_total_gb": learning.total}
        generating = (
            estimate_generation(recipe, arguments, size) if isinstance(recipe, GrpoRecipe) else None
        )
        if generating:
            values["generation_gb"] = generating.total
        if not learning.fits or (generating and not generating.fits):
            problems.append(f"more memory than the {recipe.hardware.gpu_gb:g} GB of each GPU")
    return Plan(
        stage=stage,
        about=recipe.about,
        trl=trl.__version__,
        gpus=recipe.hardware.gpus,
        rows_per_update=rows,
        available_gb=recipe.hardware.gpu_gb,
        not_installed=not_installed(recipe, arguments),
        warnings=problems,
        launch=launch_command(recipe, stage, name, out, settings),
        **values,
    )


def launch_command(
    recipe: Recipe, stage: str, name: str, out: Path, settings: Sequence[str] = ()
) -> str:
    """Return the command that starts a run on the recipe's hardware."""
    command = [stage, name, "--out", str(out)]
    if not recipe.data:
        command += ["--data", "DATA"]
    for setting in settings:
        key, _, value = setting.partition("=")
        command += [f"--{key}", value] if key in ("data", "model") else ["--set", setting]
    if recipe.hardware.gpus <= 1:
        return shlex.join(["editthinker", "train", *command])
    shards = {"none": "multi_gpu"}.get(recipe.hardware.sharding, recipe.hardware.sharding)
    config = Path(str(files("trl"))) / "accelerate_configs" / f"{shards}.yaml"
    processes = ["--num_processes", str(recipe.hardware.gpus)]
    launch = ["accelerate", "launch", "--config_file", str(config), *processes]
    return shlex.join([*launch, "-m", "editthinker.training", *command])


def not_installed(recipe: Recipe, arguments: Any) -> list[str]:
    """Name what the run needs beyond `editthinker[train]` and cannot find here."""
    needed = [name for name in arguments.report_to if name in ("tensorboard", "trackio", "wandb")]
    if recipe.hardware.sharding == "zero3":
        needed.append("deepspeed")
    if getattr(arguments, "use_vllm", False):
        needed.append("vllm")
    return [name for name in needed if find_spec(name) is None]


def _check_grpo(
    recipe: GrpoRecipe, arguments: Any, processes: int
) -> tuple[dict[str, Any], list[str]]:
    reward = recipe.reward
    EDITORS.check(reward.editor.name)
    JUDGES.check(reward.judge.name)
    BENCHMARKS.check(reward.judge.benchmark)
    device = arguments.per_device_train_batch_size
    # TRL counts the processes of this run; the recipe may be for more.
    given = recipe.trainer.get("generation_batch_size")
    steps = arguments.gradient_accumulation_steps
    replies = int(given) if isinstance(given, int) else device * steps * processes
    if replies % arguments.num_generations or replies % (device * processes):
        raise ConfigError(
            f"{replies} replies a batch do not go into groups of {arguments.num_generations} and "
            f"{processes} processes of {device}; change per_device_train_batch_size or "
            "gradient_accumulation_steps"
        )
    worst = reward.worst_case_s(-(-replies // processes))
    problems = []
    if processes > 1 and worst > arguments.ddp_timeout:
        problems.append(
            f"the reward may take {worst:.0f} s if the editor hangs, longer than ddp_timeout "
            f"({arguments.ddp_timeout} s): raise it, or lower deadline_s"
        )
    values = {
        "prompts_per_generation": replies // arguments.num_generations,
        "reward_worst_case_s": worst,
    }
    return values, problems
