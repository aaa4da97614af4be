"""One sweep from its settings to a folder of results; what the command line calls."""

import asyncio
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from math import inf
from pathlib import Path

from pydantic import JsonValue

from editthinker.evals.benchmarks.base import BENCHMARKS, Benchmark, Sample
from editthinker.evals.cells import TOOLS, Tools, make_cells
from editthinker.evals.config import SweepConfig, reopen_config, write_config
from editthinker.evals.drift import judge_again, read_rejudged
from editthinker.evals.estimate import Estimate, estimate_sweep
from editthinker.evals.judges import JUDGES
from editthinker.evals.records import Records
from editthinker.evals.sampling import stratified
from editthinker.evals.scores import ScoreLine, read_scores
from editthinker.evals.summary import Summary, summarise
from editthinker.evals.sweep import Progress, Sweep
from editthinker.graph.record import VERSIONED
from editthinker.graph.thinkers.base import THINKERS
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.base import EDITORS
from editthinker.tools.errors import ConfigError


@dataclass(frozen=True)
class RunFolder:
    """Where a sweep's results lie."""

    path: Path

    @property
    def config(self) -> Path:
        """Settings, versions and how it was judged."""
        return self.path / "config.yaml"

    @property
    def samples(self) -> Path:
        """The chosen samples, as lines of scores without scores."""
        return self.path / "samples.jsonl"

    @property
    def records(self) -> Records:
        """One line for each finished sample."""
        return Records(self.path / "records.jsonl")

    @property
    def rejudged(self) -> Path:
        """Images that were judged twice."""
        return self.path / "rejudged.jsonl"

    @property
    def summary(self) -> Path:
        """The tables."""
        return self.path / "summary.json"

    @property
    def report(self) -> Path:
        """The page."""
        return self.path / "report.html"

    @property
    def blobs(self) -> BlobStore:
        """Images and raw replies."""
        return BlobStore(self.path / "blobs")

    def read_summary(self) -> Summary:
        """Read the tables of a finished run.

        Raises:
            ConfigError: if there are none.
        """
        try:
            return Summary.model_validate_json(self.summary.read_text(encoding="utf-8"))
        except (OSError, ValueError) as exc:
            raise ConfigError(f"{str(self.path)!r} holds no finished run: {exc}") from exc


def load_samples(config: SweepConfig) -> tuple[Benchmark, list[Sample]]:
    """Return a benchmark and the samples that the settings choose.

    Raises:
        ConfigError: if its data is not there, or of another shape.
    """
    benchmark = BENCHMARKS.load(config.benchmark)()
    try:
        everything = list(benchmark.load(config.data_dir))
    except ConfigError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise ConfigError(
            f"the data of {config.benchmark} in {str(config.data_dir)!r} is of another shape: "
            f"{exc!r}"
        ) from exc
    samples = stratified(everything, config.limit, config.seed)
    if not samples:
        raise ConfigError(f"{config.benchmark} has no samples in {str(config.data_dir)!r}")
    return benchmark, samples


def plan(config: SweepConfig) -> Estimate:
    """Tell what a sweep would take; makes no call.

    Raises:
        ConfigError: if there is no such editor, thinker, judge or data.
    """
    for name in config.editors:
        EDITORS.check(name)
    for name in config.thinkers:
        THINKERS.check(name)
    if config.judge not in ("auto", "none"):
        JUDGES.check(config.judge)
    benchmark, samples = load_samples(config)
    judge = None
    if config.judge not in ("none", "program") and benchmark.rubrics:
        judge = config.judge_model or config.judge
    return estimate_sweep(config, benchmark, samples, judge)


def run_sweep(
    config: SweepConfig,
    folder: RunFolder,
    *,
    tools: Tools = TOOLS,
    watch: Callable[[Progress], None] = lambda progress: None,
    resumed: bool = False,
) -> Summary:
    """Run a sweep, or what is missing of one, and write its tables and page.

    Raises:
        ConfigError: if a setting cannot work or the folder holds another run.
    """
    if not resumed and folder.config.exists():
        raise ConfigError(f"{str(folder.path)!r} holds a run; use --resume, or another --out")
    benchmark, samples = load_samples(config)
    judge = tools.judge(config, not benchmark.rubrics)
    blobs = folder.blobs
    cells = make_cells(config, blobs, tools)
    folder.path.mkdir(parents=True, exist_ok=True)
    if not resumed:
        lines = (sample.line(None).model_dump_json(exclude_none=True) for sample in samples)
        folder.samples.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        about = _about(judge.name if judge else "none", judge.model if judge else "none")
        about["rubrics"] = judge.rubrics if judge else "none"
        write_config(folder.config, config, about)
    estimate = estimate_sweep(config, benchmark, samples, judge.model if judge else None)
    sweep = Sweep(
        benchmark,
        cells,
        judge,
        blobs,
        folder.records,
        concurrency=config.concurrency,
        budget_usd=config.budget_usd,
        expected_usd=estimate.cost_usd / max(1, estimate.samples * estimate.cells),
        watch=watch,
    )
    started = time.monotonic()

    async def run() -> Progress:
        progress = await sweep.run(samples)
        if benchmark.rubrics and config.rejudge and not progress.stopped:
            by_key = {sample.key: sample for sample in samples}
            spent = progress.cost_usd + read_rejudged(folder.rejudged).cost_usd
            left = inf if config.budget_usd is None else config.budget_usd - spent
            await judge_again(sweep, by_key, config.rejudge, folder.rejudged, left)
        return progress

    progress = asyncio.run(run())
    wall_s = time.monotonic() - started
    if resumed and folder.summary.exists():
        wall_s += folder.read_summary().wall_s
    return write_results(folder, config, benchmark, progress.stopped, wall_s)


def resume_sweep(
    folder: RunFolder,
    *,
    tools: Tools = TOOLS,
    watch: Callable[[Progress], None] = lambda progress: None,
) -> Summary:
    """Do what is missing or failed of a run, with the settings that it has.

    Raises:
        ConfigError: if there is no such run.
    """
    config = reopen_config(folder.config)
    return run_sweep(config, folder, tools=tools, watch=watch, resumed=True)


def write_results(
    folder: RunFolder,
    config: SweepConfig,
    benchmark: Benchmark,
    stopped: str | None = None,
    wall_s: float = 0.0,
) -> Summary:
    """Write `summary.json` and `report.html` from what is recorded."""
    from editthinker.evals.report import write_report

    about = _read_about(folder)
    summary = summarise(
        config,
        benchmark,
        list(chosen_samples(folder)),
        folder.records.latest(),
        judge=str(about.get("judge", "none")),
        judge_model=str(about.get("judge_model", "none")),
        rubrics=str(about.get("rubrics", "none")),
        rejudged=read_rejudged(folder.rejudged),
        stopped=stopped,
        wall_s=round(wall_s, 2),
    )
    fresh = folder.path / ".summary.json.new"
    fresh.write_text(summary.model_dump_json(indent=1) + "\n", encoding="utf-8")
    fresh.replace(folder.summary)
    write_report(folder, summary, benchmark)
    return summary


def chosen_samples(folder: RunFolder) -> Iterator[ScoreLine]:
    """Yield the samples of a run, without scores."""
    return read_scores(folder.samples)


def _about(judge: str, judge_model: str) -> dict[str, JsonValue]:
    about: dict[str, JsonValue] = {"judge": judge, "judge_model": judge_model}
    about["commit"] = _commit()
    for package in VERSIONED:
        try:
            about[package] = version(package)
        except PackageNotFoundError:
            continue
    return about


def _read_about(folder: RunFolder) -> dict[str, JsonValue]:
    import yaml

    found = yaml.safe_load(folder.config.read_text(encoding="utf-8"))
    about: dict[str, JsonValue] = json.loads(json.dumps(found.get("about") or {}))
    return about


def _commit() -> str | None:
    """Return the commit of the checkout, None outside of one."""
    try:
        found = subprocess.run(
            ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip()
