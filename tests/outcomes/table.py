"""How the loop ends over many photos and instructions: `make outcomes`.

Each pair of `pairs.toml` is edited by the embedded pair, then by a simulated faulty editor, once
and in a loop. Prints one row per pair, and the table that README quotes.
"""

import asyncio
import os
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from editthinker.graph import EditContext, build_graph
from editthinker.graph.context import Mode
from editthinker.graph.state import Attempt, EditOutput, best_attempt, overall
from editthinker.tools.blobs import BlobStore
from editthinker.tools.ingest import ingest_image

HERE = Path(__file__).parent
PHOTOS = HERE.parents[1] / "tools" / "photos"


@dataclass(frozen=True)
class Pair:
    """A photo and what is asked of it."""

    photo: str
    instruction: str


@dataclass(frozen=True)
class Ending:
    """How one run ended."""

    pair: Pair
    stop_reason: str
    error: str | None
    attempts: Sequence[Attempt]

    @property
    def first(self) -> float:
        """Overall score of turn 1; 0 where it made nothing that could be scored."""
        return overall(self.attempts[0]) or 0.0

    @property
    def best(self) -> float:
        """Overall score of the result."""
        chosen = best_attempt(self.attempts)
        return (chosen and overall(chosen)) or 0.0

    @property
    def outcome(self) -> str:
        """One of: accepted at turn 1, accepted by the loop, improved, no better, refused."""
        if self.stop_reason == "accepted":
            return "accepted at turn 1" if len(self.attempts) == 1 else "accepted by the loop"
        if all(a["image"] is None for a in self.attempts):
            return "refused"
        return "improved, not accepted" if self.best > self.first + 0.05 else "given up"


def read_pairs() -> list[Pair]:
    """Read the set."""
    pairs = tomllib.loads((HERE / "pairs.toml").read_text(encoding="utf-8"))
    return [Pair(photo, text) for photo, texts in pairs.items() for text in texts]


async def run_pairs(
    pairs: Sequence[Pair], folder: str, *, editor: str = "darkroom", mode: Mode = "think-while"
) -> list[Ending]:
    """Edit every pair, a few at a time."""
    blobs = BlobStore(folder)
    graph = build_graph([editor], "observer", blobs).compile()
    slots = asyncio.Semaphore(os.cpu_count() or 1)

    async def run_one(pair: Pair) -> Ending:
        async with slots:
            photo = str(PHOTOS / f"{pair.photo}.jpg")
            ingested = await asyncio.to_thread(ingest_image, photo, blobs)
            out: EditOutput = await graph.ainvoke(  # type: ignore[assignment]
                {"image": ingested.ref, "instruction": pair.instruction},
                context=EditContext(mode=mode),
            )
            return Ending(pair, out["stop_reason"], out["error"], out["attempts"])

    return await asyncio.gather(*(run_one(pair) for pair in pairs))


def accepted(endings: Sequence[Ending]) -> float:
    """Return the share of accepted edits."""
    return sum(e.stop_reason == "accepted" for e in endings) / len(endings)


def main() -> None:
    """Print all rows and the summary."""
    pairs = read_pairs()
    with tempfile.TemporaryDirectory() as folder:
        endings = asyncio.run(run_pairs(pairs, folder))
        for e in endings:
            scores = " ".join(
                "-" if a["semantic"] is None else f"{a['semantic']:.1f}/{a['quality']:.1f}"
                for a in e.attempts
            )
            typer.echo(f"{e.pair.photo:10} {e.pair.instruction[:58]:58} {e.outcome:22} {scores}")
            if e.error and "-v" in sys.argv:
                typer.echo(f"           {e.error}")
        counts = Counter(e.outcome for e in endings)
        typer.echo(
            f"\n{len(pairs)} pairs, {len({p.photo for p in pairs})} photos, darkroom + observer"
        )
        for outcome, count in counts.most_common():
            typer.echo(f"  {count:3} {outcome}")
        single = asyncio.run(run_pairs(pairs, folder, editor="simulated", mode="single"))
        loop = asyncio.run(run_pairs(pairs, folder, editor="simulated"))
        before, after = accepted(single), accepted(loop)
        typer.echo(
            f"simulated faults: accepted {before:.0%} in a single pass, {after:.0%} in the loop "
            f"({after / before - 1:+.0%})"
        )


if __name__ == "__main__":
    main()
