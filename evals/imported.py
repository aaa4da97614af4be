"""Scoring what others made: a folder of edits in the official layout becomes a run of ours."""

import asyncio
from pathlib import Path
from typing import cast

from editthinker.evals.benchmarks.base import Benchmark, Sample
from editthinker.evals.cells import TOOLS, Tools
from editthinker.evals.config import SweepConfig, write_config
from editthinker.evals.layouts import edits_of, read_meta
from editthinker.evals.session import RunFolder, load_samples, write_results
from editthinker.evals.summary import Summary
from editthinker.evals.sweep import Sweep, blank_record
from editthinker.graph.attempts import new_attempt
from editthinker.graph.state import Attempt, EditTask
from editthinker.tools.errors import ConfigError, MediaError
from editthinker.tools.ingest import ingest_image


def import_edits(
    config: SweepConfig, edits: Path, folder: RunFolder, *, tools: Tools = TOOLS
) -> Summary:
    """Judge a folder of edits that others made, and write tables and page.

    Every turn that EditThinker's `_meta.json` tells of is kept in the record; the final image is
    what counts.

    Args:
        config: Benchmark, data, judge; `editors` holds the model's name.
        edits: The model's folder, or one with `final/` in it.
        folder: Where the run is written; it must be new.
        tools: How the judge is made.

    Raises:
        ConfigError: if the folder holds a run, or there is no judge.
        EditThinkerError: if no edit is found.
    """
    if folder.config.exists():
        raise ConfigError(f"{str(folder.path)!r} holds a run; choose another --out")
    benchmark, samples = load_samples(config)
    judge = tools.judge(config, not benchmark.rubrics)
    if judge is None:
        raise ConfigError("importing edits needs a judge (--judge)")
    paths = list(edits_of(benchmark, samples, edits))
    folder.path.mkdir(parents=True, exist_ok=True)
    lines = (sample.line(None).model_dump_json(exclude_none=True) for sample in samples)
    folder.samples.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    about = {"judge": judge.name, "judge_model": judge.model, "rubrics": judge.rubrics}
    write_config(folder.config, config, {**about, "imported_from": edits.name})
    sweep = Sweep(benchmark, (), judge, folder.blobs, folder.records)
    cell = f"{config.editors[0]}|{config.thinkers[0]}|single"
    asyncio.run(_judge_all(sweep, samples, paths, cell, config.concurrency))
    return write_results(folder, config, benchmark)


async def _judge_all(
    sweep: Sweep, samples: list[Sample], paths: list[Path | None], cell: str, concurrency: int
) -> None:
    jobs = iter(list(zip(samples, paths, strict=True)))

    async def work() -> None:
        for sample, path in jobs:
            record = blank_record(cell, sample)
            try:
                pictures = [await sweep.ingest(image.read) for image in sample.images]
                record["source"] = pictures[0].ref
                if path is None:
                    record["error"] = "there is no edit"
                else:
                    ref = (await asyncio.to_thread(ingest_image, path, sweep.blobs)).ref
                    attempt = _attempt(sample, path, cell)
                    attempt["image"] = ref
                    record["attempts"], record["stop_reason"] = [attempt], "max_turns"
                    await sweep.judge_record(sample, pictures, record)
            except MediaError as exc:
                record["failed"], record["error"] = True, str(exc)
            sweep.records.append(record)

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(work())
    sweep.records.close()


def _attempt(sample: Sample, path: Path, cell: str) -> Attempt:
    meta = read_meta(path)
    turns = meta.get("turns")
    last = turns[-1] if isinstance(turns, list) and turns else {}
    prompt = last.get("rewritten_prompt") if isinstance(last, dict) else None
    task = {
        "turn": 1,
        "candidate": 0,
        "editor": cell.split("|")[0],
        "prompt": str(prompt or sample.instruction),
        "prompt_by": "user",
        "seed": 0,
    }
    return new_attempt(cast("EditTask", task))


def import_scores(benchmark: Benchmark, folder: Path, compat: str) -> list[str]:
    """Return the lines of scores in the judge files of official scripts below a folder.

    Raises:
        ConfigError: if there are none, or they are of another shape.
    """
    try:
        found = list(
            benchmark.read_judgements(folder, "official" if compat == "official" else "strict")
        )
    except ConfigError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise ConfigError(
            f"the judge files of {benchmark.name} in {str(folder)!r} are of another shape: {exc!r}"
        ) from exc
    if not found:
        raise ConfigError(f"{str(folder)!r} holds no judge files of {benchmark.name}")
    return [line.model_dump_json(exclude_none=False) for line in found]
