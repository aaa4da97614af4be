"""Throughput of `editthinker serve editor` with more copies, and with batching on and off.

    python tests/bench/bench_serving.py     # needs the extras serve and diffusers; two minutes

`waiting` is an editor that sleeps, which shows what routing can give; `tiny` is FLUX.1-Kontext's
pipeline with tiny random weights, which shares the cores of this machine among its copies.
"""

import asyncio
import base64
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import httpx
import numpy as np
import typer

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
import tiny_pipelines
from served import Service

from editthinker.tools.images import Picture

CALLS = 32


class Row(NamedTuple):
    """One way of serving."""

    name: str
    arguments: tuple[str, ...]


def rows(model: Path) -> list[Row]:
    """Return what is compared."""
    waiting = ("fake", "--ongoing", "1", "--set", "delay_s=0.2")
    tiny = ("flux-kontext", "--set", f"model={model}", "--set", "steps=8", "--ongoing", "8")
    return [
        Row("waiting, 1 copy", (*waiting, "--replicas", "1")),
        Row("waiting, 2 copies", (*waiting, "--replicas", "2")),
        Row("waiting, 4 copies", (*waiting, "--replicas", "4")),
        Row("tiny, 1 copy, no batches", (*tiny, "--replicas", "1", "--set", "max_batch=1")),
        Row("tiny, 1 copy, batches of 4", (*tiny, "--replicas", "1", "--set", "max_batch=4")),
        Row("tiny, 2 copies, no batches", (*tiny, "--replicas", "2", "--set", "max_batch=1")),
        Row("tiny, 2 copies, batches of 4", (*tiny, "--replicas", "2", "--set", "max_batch=4")),
    ]


async def images_per_second(url: str) -> float:
    """Ask for candidates of one prompt, all at once."""
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    image = base64.b64encode(Picture.from_pixels(noise).data).decode()

    async def ask(client: httpx.AsyncClient, seed: int) -> None:
        body = {"image": image, "prompt": "make it red", "seed": seed}
        (await client.post(url + "/edit", json=body)).raise_for_status()

    async with httpx.AsyncClient(timeout=300) as client:
        await asyncio.gather(*(ask(client, seed) for seed in range(8)))
        started = time.perf_counter()
        await asyncio.gather(*(ask(client, seed) for seed in range(CALLS)))
        return CALLS / (time.perf_counter() - started)


def main() -> None:
    """Print images per second."""
    with tempfile.TemporaryDirectory() as folder:
        model = tiny_pipelines.build_flux(Path(folder) / "flux")
        for row in rows(model):
            service = Service(*row.arguments, "--gpus", "0")
            try:
                rate = asyncio.run(images_per_second(service.url))
            finally:
                service.stop()
            typer.echo(f"{row.name:30} {rate:6.2f} images/s")


if __name__ == "__main__":
    typer.run(main)
