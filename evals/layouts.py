"""Official folder layouts, both ways: our runs for their scripts, their images for our judges."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from editthinker.evals.benchmarks.base import Benchmark, Sample
from editthinker.evals.config import SweepConfig, reopen_config
from editthinker.evals.records import Record
from editthinker.evals.replay import Ended, best_of, replay
from editthinker.evals.session import RunFolder, load_samples
from editthinker.graph.context import Mode
from editthinker.graph.state import Attempt
from editthinker.tools.errors import ConfigError, EditThinkerError, MediaError
from editthinker.tools.images import Format, Picture, encode_like

FORMATS: dict[str, Format] = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg"}

METHODS = {"user": "no_rewrite", "plan": "polish_edit_prompt"}
"""EditThinker's words for how a prompt came about; the others are `evaluate_and_rewrite_prompt`."""


@dataclass(frozen=True)
class Exported:
    """What was written."""

    folder: Path
    images: int
    missing: int
    """Samples without an edit; the official scripts skip them or stop."""


def export_run(
    run: RunFolder, out: Path, *, cell: str | None = None, max_turns: int | None = None
) -> list[Exported]:
    """Write the results of a run as the official scripts of its benchmark want them.

    Each cell gets its own model folder. Beside each image lie the source (`_SRCIMG.png`), every
    turn (`_turnN.png`) and `_meta.json`, named as EditThinker's own harness names them.

    Args:
        run: A run.
        out: Where the model folders are made.
        cell: Only this one, as `editor|thinker|mode`.
        max_turns: As if the run had this limit.

    Raises:
        ConfigError: if there is no such run or cell.
    """
    config = reopen_config(run.config)
    benchmark, samples = load_samples(config)
    by_key = {sample.key: sample for sample in samples}
    cells = dict.fromkeys(record["cell"] for record in run.records.latest())
    if cell is not None and cell not in cells:
        raise ConfigError(f"the run has no cell {cell!r}; it has {', '.join(cells)}")
    results = []
    for name in [cell] if cell else list(cells):
        folder = out / name.replace("|", "--")
        images = missing = 0
        for record in run.records.latest():
            if record["cell"] != name or record["sample"] not in by_key:
                continue
            ended = ended_of(config, record, max_turns or config.max_turns)
            written = _write(run, benchmark, by_key[record["sample"]], record, ended, folder)
            images, missing = images + written, missing + (not written)
        results.append(Exported(folder, images, missing))
    return results


def find_edit(benchmark: Benchmark, sample: Sample, folder: Path) -> Path | None:
    """Return an edited image below a model's folder, in the official layout or a fork's.

    Also below `final/`, where EditThinker's harness puts its results.
    """
    for top in (folder, folder / "final"):
        for place in benchmark.places(sample):
            stem = (top / place).with_suffix("")
            for end in FORMATS:
                path = stem.with_name(stem.name + end)
                if path.is_file():
                    return path
    return None


def read_meta(image: Path) -> dict[str, JsonValue]:
    """Read the `_meta.json` beside an image of EditThinker's harness; empty if there is none."""
    path = image.with_name(f"{image.stem}_meta.json")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return {}
    except ValueError as exc:
        raise MediaError(f"{str(path)!r} is not JSON: {exc}") from exc
    return found if isinstance(found, dict) else {}


def ended_of(config: SweepConfig, record: Record, max_turns: int) -> Ended:
    """Return how a record ended, or would have with a smaller limit."""
    mode: Mode = record["cell"].split("|")[2]  # type: ignore[assignment]
    if mode == "best-of-n":
        return best_of(record, max_turns)
    return replay(record, config.context(mode), min(max_turns, config.max_turns))


def _write(
    run: RunFolder,
    benchmark: Benchmark,
    sample: Sample,
    record: Record,
    ended: Ended,
    folder: Path,
) -> bool:
    place = folder / benchmark.places(sample)[0]
    place.parent.mkdir(parents=True, exist_ok=True)
    blobs = run.blobs
    source = blobs.get_image(record["source"]) if record["source"] else None
    if source:
        _save(source, place.with_name(f"{place.stem}_SRCIMG.png"))
    paths: list[tuple[Attempt, Path]] = []
    for attempt in ended.attempts:
        if attempt["image"] and attempt["candidate"] == 0:
            path = place.with_name(f"{place.stem}_turn{attempt['turn']}.png")
            _save(blobs.get_image(attempt["image"]), path)
            paths.append((attempt, path))
    chosen = ended.chosen
    if chosen and chosen["image"]:
        _save(blobs.get_image(chosen["image"]), place)
    meta = _meta(sample, record, ended, place, paths, folder)
    text = json.dumps(meta, ensure_ascii=False, indent=2)
    place.with_name(f"{place.stem}_meta.json").write_text(text, encoding="utf-8")
    return chosen is not None


def _save(picture: Picture, path: Path) -> None:
    """Write an image in the encoding that its name says."""
    path.write_bytes(encode_like(picture, FORMATS[path.suffix]))


def _meta(
    sample: Sample,
    record: Record,
    ended: Ended,
    place: Path,
    paths: Sequence[tuple[Attempt, Path]],
    folder: Path,
) -> dict[str, JsonValue]:
    """Say what EditThinker's `_meta.json` says, and the scores that it drops."""

    def relative(path: Path) -> str:
        return path.relative_to(folder).as_posix()

    where = {(a["turn"], a["candidate"]): relative(path) for a, path in paths}
    source = relative(place.with_name(f"{place.stem}_SRCIMG.png"))
    turns: list[JsonValue] = []
    for a in ended.attempts:
        turns.append(
            {
                "turn_number": a["turn"],
                "rewritten_prompt": a["prompt"],
                "method": METHODS.get(a["prompt_by"], "evaluate_and_rewrite_prompt"),
                "evaluation": {
                    "is_satisfied": bool(a["satisfied"]),
                    "reason": a["reasoning"],
                    "new_prompt": a["refined_prompt"],
                    "semantic": a["semantic"],
                    "quality": a["quality"],
                },
                "generated": a["image"] is not None,
                "action": "generated",
                "output_path": where.get((a["turn"], a["candidate"])),
                "source_path": source,
            }
        )
    chosen = ended.chosen
    finals: list[JsonValue] = [{"turn": a["turn"], "path": relative(p)} for a, p in paths]
    return {
        "key": sample.id,
        "task_type": sample.category,
        "instruction_language": sample.language,
        "original_instruction": sample.instruction,
        "max_turns": len({a["turn"] for a in ended.attempts}),
        "turns": turns,
        "is_satisfied": ended.stop_reason == "accepted",
        "final_turn": chosen["turn"] if chosen else None,
        "final_output_path": relative(place) if chosen else None,
        "final_source_path": source,
        "all_turns_in_final": finals,
        "stop_reason": ended.stop_reason,
    }


def edits_of(
    benchmark: Benchmark, samples: Sequence[Sample], folder: Path
) -> Iterator[Path | None]:
    """Yield the edited image of each sample, None where there is none.

    Raises:
        EditThinkerError: if not one is there, which is a wrong folder.
    """
    found = [find_edit(benchmark, sample, folder) for sample in samples]
    if not any(found):
        example = benchmark.places(samples[0])[0]
        raise EditThinkerError(f"{str(folder)!r} holds no edits, such as {example}")
    yield from found
