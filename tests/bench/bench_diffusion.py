"""What the diffusion adapter gains over the plain pipeline call, on real architectures.

    python tests/bench/bench_diffusion.py                  # needs a GPU of 80 GB or more
    python tests/bench/bench_diffusion.py --tiny           # checks the script on a CPU
    python tests/bench/bench_diffusion.py --tiny --compile # the same, and compiles for minutes

Weights are random: speed and memory do not depend on them, except that of the step cache, which
skips what changes little: how much that is with random weights says nothing of a trained model.
`plain` is one call of the pipeline per image, as the EditThinker authors' services do. Every row is
of the same run; `same` is the largest difference of a pixel to `plain`, of 255, and `calls` are
those of the pipeline for all candidates.
"""

import asyncio
import gc
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
import torch
import typer

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
import tiny_models
import tiny_pipelines

from editthinker.tools.editors.base import EditRequest
from editthinker.tools.editors.diffusion.editor import DiffusionEditor
from editthinker.tools.editors.diffusion.loading import default_device, prepare_pipeline
from editthinker.tools.editors.diffusion.options import DiffusionOptions
from editthinker.tools.editors.diffusion.presets import PRESETS, Preset
from editthinker.tools.editors.diffusion.runner import Runner
from editthinker.tools.images import Picture

CANDIDATES = 4


@dataclass(frozen=True)
class Row:
    """One way of running the model."""

    name: str
    options: dict[str, Any]
    together: bool = False
    """Whether the candidates are asked for at the same time."""


def rows(compiled: bool) -> list[Row]:
    """Return what is compared; what is compiled stays so, and comes last therefore."""
    faster = {"compile": True} if compiled else {}
    together = {"max_batch": CANDIDATES, **faster}
    return [
        Row("plain", {"reuse": 0, "max_batch": 1}),
        Row("reuse", {"max_batch": 1}),
        Row("batch", {"reuse": 0, "max_batch": CANDIDATES}, together=True),
        Row("reuse + batch", {"max_batch": CANDIDATES}, together=True),
        *([Row("compile", {"reuse": 0, "max_batch": 1, **faster})] if compiled else []),
        *([Row("all, exact", together, together=True)] if compiled else []),
        Row("all + step cache", {"step_cache": 0.1, **together}, together=True),
    ]


def pipeline_maker(preset: Preset, tiny: bool) -> Callable[[], Any]:
    """Return what makes a preset's pipeline with random weights, in bfloat16 on a GPU."""
    module = tiny_pipelines
    if preset.name.startswith("flux"):
        sizes = module.TINY_FLUX if tiny else module.REAL_FLUX
        return lambda: module.flux(preset.pipeline, sizes)
    sizes = module.TINY_QWEN if tiny else module.REAL_QWEN
    return lambda: module.qwen(preset.pipeline, sizes)


def make_pipeline(preset: Preset, tiny: bool) -> Any:
    """Make it where it is to run, since random numbers are slow on a CPU."""
    device = default_device()
    torch.set_default_dtype(torch.float32 if device == "cpu" else torch.bfloat16)
    try:
        with torch.device(device):
            pipeline = pipeline_maker(preset, tiny)()
    finally:
        torch.set_default_dtype(torch.float32)
    for part in pipeline.components.values():
        if isinstance(part, torch.nn.Module):
            part.eval()  # as loading does; else dropout makes every call another image
    return pipeline


async def measure(editor: DiffusionEditor, row: Row, photo: Picture) -> tuple[float, list[Any]]:
    """Return seconds per image, and the images."""

    async def turn(first_seed: int) -> list[Any]:
        edits = (
            editor.edit(EditRequest((photo,), "make it red", seed))
            for seed in range(first_seed, first_seed + CANDIDATES)
        )
        if row.together:
            made = await asyncio.gather(*edits)
        else:
            made = [await each for each in edits]
        return [Picture.from_bytes(each.image).pixels.astype(int) for each in made]

    await turn(100)  # compiles, and fills what is reused: the source was encoded in an earlier turn
    if torch.cuda.is_available():
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
    editor.runner.calls = 0
    started = time.perf_counter()
    images = await turn(0)
    return (time.perf_counter() - started) / CANDIDATES, images


def main(
    preset: Annotated[list[str] | None, typer.Option(help="Which; may be repeated.")] = None,
    steps: Annotated[int | None, typer.Option(help="[default: 28, or 4 with --tiny]")] = None,
    side: Annotated[int | None, typer.Option(help="[default: 1024, or 64 with --tiny]")] = None,
    tiny: Annotated[bool, typer.Option(help="Tiny weights, to check the script.")] = False,
    compiled: Annotated[
        bool | None, typer.Option("--compile/--no-compile", help="[default: not with --tiny]")
    ] = None,
) -> None:
    """Print a table for each preset."""
    steps, side = steps or (4 if tiny else 28), side or (64 if tiny else 1024)
    if tiny:
        tiny_models.keep_small(pytest.MonkeyPatch())
    for name in preset or ["flux-kontext", "qwen-image-edit", "qwen-image-edit-plus"]:
        compare(PRESETS[name], steps, side, tiny, compiled if compiled is not None else not tiny)
        gc.collect()
        torch.cuda.empty_cache()


def compare(preset: Preset, steps: int, side: int, tiny: bool, compiled: bool) -> None:
    """Print a preset's table."""
    noise = np.random.default_rng(0).integers(0, 255, (side, side, 3), np.uint8)
    pipeline = make_pipeline(preset, tiny)
    typer.echo(f"\n{preset.name}, {steps} steps, {side} x {side}, {CANDIDATES} candidates")
    heads = ("s/image", "images/s", "ratio", "peak GiB", "calls", "same")
    typer.echo(f"{'':18}" + "".join(f"{head:>9}" for head in heads))
    plain_s, plain = 0.0, []

    def load(preset: Preset, options: DiffusionOptions) -> Any:
        fresh = type(pipeline)(**pipeline.components)
        prepare_pipeline(fresh, preset, options)
        return fresh

    for row in rows(compiled):
        options = DiffusionOptions(steps=steps, area=side * side, **row.options)
        editor = DiffusionEditor(preset, options)
        editor.runner = Runner(preset, options, load)
        seconds, images = asyncio.run(measure(editor, row, Picture.from_pixels(noise)))
        if not plain:
            plain_s, plain = seconds, images
        same = max(np.abs(a - b).max() for a, b in zip(plain, images, strict=True))
        peak = torch.cuda.max_memory_allocated() / 2**30 if torch.cuda.is_available() else 0.0
        typer.echo(
            f"{row.name:18}{seconds:9.3f}{1 / seconds:9.3f}{plain_s / seconds:9.2f}{peak:9.1f}"
            f"{editor.runner.calls:9}{same:9}"
        )


if __name__ == "__main__":
    typer.run(main)
