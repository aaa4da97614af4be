"""From a pool to a data set on disk, with its card and ledger."""

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from editthinker.evals.cells import TOOLS, Tools
from editthinker.evals.config import SweepConfig, make_config, read_config
from editthinker.evals.judges import same_family
from editthinker.evals.session import RunFolder
from editthinker.evals.sweep import Progress
from editthinker.graph.thinkers.conversation import TagsWording
from editthinker.graph.thinkers.prompts import read_template
from editthinker.tools.blobs import BlobStore
from editthinker.tools.errors import ConfigError
from editthinker.training.card import Facts, licence_of, prompt_hash, write_card
from editthinker.training.dataset_folder import (
    DATASET,
    SplitCounts,
    file_hash,
    file_hashes,
    write_dataset,
)
from editthinker.training.ledger import BalanceCell, Ledger, sort_out
from editthinker.training.ledger import FilterLine as Line
from editthinker.training.samples import Row, StepSample, make_row
from editthinker.training.selection import (
    Selection,
    Split,
    balanced,
    reaching_first_score,
    split_by_variance,
    truncated,
    unrolled,
    without_repeats,
)
from editthinker.training.thinkedit_files import write_rl, write_sft
from editthinker.training.trajectories import Generated, Trajectory, generate, read_trajectories

Steps = dict[Split, tuple[StepSample, ...]]


class DataConfig(BaseModel):
    """Every setting of a data set; written beside it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pool: SweepConfig = Field(description="The pool, the expert, its editors and the judge.")
    repeats: int = Field(1, ge=1, le=1000, description="Loops per sample, each with its own seeds.")
    selection: Selection = Field(Selection(), description="Numbers of the filters.")
    prompt_template: Path | None = Field(None, description="A wording other than our own.")
    licence: str | None = Field(None, description="Of the pool, for the card.")
    released_files: bool = Field(False, description="Whether to write ThinkEdit's files too.")


class DataFolder:
    """Where a data set and what it was made from lie."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "data.yaml"
        self.run = RunFolder(path / "trajectories")
        self.dataset = path / DATASET
        self.ledger = path / "ledger.json"
        self.released = path / "thinkedit"


class Built(BaseModel):
    """What came of it."""

    rows: dict[str, int] = Field(description="Rows of each split.")
    failed: int = Field(description="Trajectories that broke; --resume does them again.")
    too_many_failed: bool = Field(False, description="Whether that is above the pool's limit.")
    stopped: str | None = Field(None, description="Why generating ended early.")
    cost_usd: float = 0.0
    ledger: Ledger


def make_data_config(given: Mapping[str, object]) -> DataConfig:
    """Check settings of a data set.

    Raises:
        ConfigError: naming the setting, its value and what it may be.
    """
    pool = given.get("pool")
    checked = make_config(
        {**(pool if isinstance(pool, dict) else {}), "modes": ("think-while",), "best_of_n": False}
    )
    try:
        return DataConfig.model_validate({**given, "pool": checked})
    except ValidationError as exc:
        problem = exc.errors()[0]
        name = ".".join(map(str, problem["loc"])) or "settings"
        raise ConfigError(f"{name} = {str(problem.get('input'))[:80]!r}: {problem['msg']}") from exc


def reopen(folder: DataFolder, selection: Mapping[str, object]) -> DataConfig:
    """Read the settings that a data set was made with, with other numbers for the filters.

    Raises:
        ConfigError: if there are none.
    """
    found = read_config(folder.config)
    saved = found.get("selection")
    found["selection"] = {**(saved if isinstance(saved, dict) else {}), **selection}
    return make_data_config(found)


def build(
    config: DataConfig,
    folder: DataFolder,
    *,
    resumed: bool = False,
    tools: Tools = TOOLS,
    watch: Callable[[Progress], None] = lambda progress: None,
) -> Built:
    """Generate what is missing, filter everything, and write the data set anew.

    Raises:
        ConfigError: if a setting cannot work, the folder holds another data set, or nothing is
            worth keeping.
    """
    if not resumed and (folder.run.path / "records.jsonl").exists():
        raise ConfigError(f"{str(folder.path)!r} holds a data set; use --resume, or another --out")
    template = read_template(config.prompt_template) if config.prompt_template else None
    folder.path.mkdir(parents=True, exist_ok=True)
    values = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    folder.config.write_text(values, encoding="utf-8")
    made = generate(config.pool, config.repeats, folder.run, tools=tools, watch=watch)
    context = config.pool.context("think-while")
    trajectories = read_trajectories(folder.run, context, made.pool.targets)
    steps, ledger = select(trajectories, config.selection, _asked(made, len(trajectories)))
    folder.ledger.write_text(ledger.model_dump_json(indent=1) + "\n", encoding="utf-8")
    if not any(steps.values()):
        raise ConfigError(
            f"no step is worth keeping; {str(folder.ledger)!r} says why. Loosen the filters with "
            "--resume, or choose a pool in which the expert's later edits get better"
        )
    rows = _Rows(steps, folder.run.blobs, TagsWording(template), config.selection.score_step)
    counts = write_dataset({name: rows.of(name) for name in steps}, folder.dataset)
    if config.released_files:
        write_sft(rows.of("sft"), folder.released)
        write_rl(rows.of("rl"), folder.released)
    settings = _settings(config, template, folder)
    _finish(folder, config, ledger, counts, _made_by(config, made), settings)
    return Built(
        rows={name: found.rows for name, found in counts.items()},
        failed=made.progress.failed,
        too_many_failed=made.progress.failed > config.pool.max_failed * made.progress.total,
        stopped=made.progress.stopped,
        cost_usd=round(made.progress.cost_usd, 4),
        ledger=ledger,
    )


def select(
    trajectories: list[Trajectory], settings: Selection, *earlier: Line
) -> tuple[Steps, Ledger]:
    """Run every filter, in order; returns the steps of each split and the ledger."""
    reached = reaching_first_score(trajectories)
    cut = truncated(reached.kept)
    splits, split_line = split_by_variance(cut.kept, settings)
    steps = unrolled(cut.kept, settings)
    fresh = without_repeats(steps.kept)
    lines = [*earlier, reached.line, cut.line, split_line, steps.line, fresh.line]
    parts: Steps = {}
    cells: list[BalanceCell] = []
    for name, size in (("sft", settings.sft_steps), ("rl", settings.rl_steps)):
        split: Split = "sft" if name == "sft" else "rl"
        own = [step for step in fresh.kept if splits[step.trajectory] == split]
        even = balanced(own, split, size, settings)
        parts[split] = even.steps.kept
        lines.append(even.steps.line)
        cells.extend(even.cells)
    parts["test"] = tuple(s for s in fresh.kept if splits[s.trajectory] == "test")
    return parts, Ledger(filters=tuple(lines), balance=tuple(cells))


class _Rows:
    """Rows of each split, made when they are asked for."""

    def __init__(
        self, steps: Steps, blobs: BlobStore, wording: TagsWording, score_step: float
    ) -> None:
        self._steps, self._blobs = steps, blobs
        self._wording, self._score_step = wording, score_step

    def of(self, split: Split) -> Iterator[Row]:
        """Yield the rows of a split."""
        for step in self._steps[split]:
            yield make_row(step, self._blobs, self._wording, self._score_step)


def _asked(made: Generated, finished: int) -> Line:
    """Count what became of the samples that were asked for."""
    progress = made.progress
    reasons: list[str | None] = [None] * finished
    reasons += ["that broke (--resume does them again)"] * progress.failed
    reasons += ["not run yet"] * max(0, progress.total - finished - progress.failed)
    line = sort_out(
        ((at, reason) for at, reason in enumerate(reasons)),
        name="generate",
        rule="the loop and the judge came to an end",
        unit="trajectories",
    ).line
    several = made.pool.several_images
    notes = (f"{several} samples of several images were not asked for",) if several else ()
    return line.model_copy(update={"notes": notes})


def _made_by(config: DataConfig, made: Generated) -> Facts:
    expert = " ".join(filter(None, (*config.pool.thinkers, config.pool.thinker_model)))
    caution: dict[str, str] = {}
    if made.judge.name in config.pool.thinkers:
        caution["caution"] = "the expert is its own judge"
    elif family := same_family(expert, made.judge.model):
        caution["caution"] = f"expert and judge are both of the family {family}"
    return {
        "editors": ", ".join(config.pool.editors),
        "expert": expert,
        "judge": f"{made.judge.name} ({made.judge.model}, rubrics: {made.judge.rubrics})",
        "samples of the pool": str(len(made.pool.samples)),
        "loops per sample": str(config.repeats),
        "turns": str(config.pool.max_turns),
        **caution,
    }


def _settings(config: DataConfig, template: str | None, folder: DataFolder) -> Facts:
    chosen = {name: str(value) for name, value in config.selection.model_dump().items()}
    return {
        **chosen,
        "seed of the loop": str(config.pool.context("think-while").seed),
        "prompt template": prompt_hash(template),
        "records.jsonl": file_hash(folder.run.path / "records.jsonl"),
        "editthinker": version("editthinker"),
        "datasets": version("datasets"),
    }


def _finish(
    folder: DataFolder,
    config: DataConfig,
    ledger: Ledger,
    counts: Mapping[str, SplitCounts],
    made_by: Facts,
    settings: Facts,
) -> None:
    card = write_card(
        name=f"Steps of {', '.join(config.pool.thinkers)} on {config.pool.benchmark}",
        pool=config.pool.benchmark,
        licence=licence_of(config.pool.benchmark, config.licence),
        made_by=made_by,
        settings=settings,
        counts=counts,
        ledger=ledger,
        hashes=file_hashes(folder.dataset),
    )
    (folder.dataset / "README.md").write_text(card, encoding="utf-8")
