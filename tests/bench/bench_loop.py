"""What the graph itself costs per turn: fakes that return at once, a 1 MP photo, no checkpointer.

Run with `make bench`. Prints medians of one run; compare ratios, not machines.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import typer

from editthinker.graph import EditContext, build_graph
from editthinker.graph.thinkers.base import ThinkRequest, Thought
from editthinker.graph.thinkers.scripted import ScriptedThinker
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.fake import FakeEditor
from editthinker.tools.images import Picture

TURNS, RUNS = 8, 15


class NeverContent(ScriptedThinker):
    """A fake that asks for another turn each time, and keeps no requests."""

    async def think(self, request: ThinkRequest) -> Thought:
        """Raise the score a little."""
        return Thought(request.turn / 4, 5.0, "not yet", f"attempt {request.turn}")


def cost_per_turn() -> float:
    """Return the median milliseconds per turn over `RUNS` runs of `TURNS` turns."""
    noise = np.random.default_rng(0).integers(0, 255, (1024, 1024, 3), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        blobs = BlobStore(folder)
        photo = blobs.put_image(Picture.from_pixels(noise).data)
        graph = build_graph([FakeEditor(echo=True)], NeverContent(), blobs).compile()
        context = EditContext(max_turns=TURNS, patience=TURNS)
        times = []

        async def run() -> None:
            for _ in range(RUNS):
                started = time.perf_counter()
                out = await graph.ainvoke({"image": photo, "instruction": "x"}, context=context)
                times.append((time.perf_counter() - started) / TURNS * 1000)
                assert len(out["attempts"]) == TURNS

        asyncio.run(run())
    return statistics.median(times)


def start_up(*command: str | Path) -> float:
    """Return the median seconds that a fresh process takes."""
    times = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


if __name__ == "__main__":
    typer.echo(f"graph per turn, 1 MP, fakes      {cost_per_turn():6.2f} ms  (goal 5)")
    took = start_up(sys.executable, "-c", "import editthinker.graph.build")
    typer.echo(f"import editthinker.graph.build   {took:6.2f} s   (goal 1.5)")
    took = start_up(Path(sys.executable).with_name("editthinker"), "--help")
    typer.echo(f"editthinker --help               {took:6.2f} s   (goal 0.6)")
