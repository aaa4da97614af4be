"""Wishes in free words, carried out by the loop: `make free`, or `make free LIST=first`.

Prints how each ended and the share that was accepted, and draws before and after of all. What is
accepted is what the observer believes: look at the sheet.
"""

import asyncio
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path

from everyday import Outcome, show
from table import Pair, run_pairs

from editthinker.graph.state import best_attempt
from editthinker.tools.blobs import BlobStore


def read_lists() -> Mapping[str, list[dict[str, str]]]:
    """Read all lists."""
    text = Path(__file__).with_name("free.toml").read_text(encoding="utf-8")
    return {name: table["wishes"] for name, table in tomllib.loads(text).items()}


def grant(wishes: list[dict[str, str]], folder: str) -> list[Outcome]:
    """Let the loop carry out every wish; the problem of one is why it was not accepted."""
    endings = asyncio.run(run_pairs([Pair(w["photo"], w["say"]) for w in wishes], folder))
    blobs = BlobStore(folder)
    outcomes = []
    for wish, ending in zip(wishes, endings, strict=True):
        chosen = best_attempt(ending.attempts)
        image = chosen and chosen["image"]
        edited = blobs.get_image(image).pixels if image else None
        problem = "" if ending.stop_reason == "accepted" else (ending.error or "not accepted")[:90]
        outcomes.append(Outcome("accepted", wish, ending, edited, problem))
    return outcomes


def main() -> None:
    """Run one list, the seventh unless another is named."""
    name = sys.argv[1] if len(sys.argv) > 1 else "seventh"
    sheet = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(f"out/free-{name}.png")
    with tempfile.TemporaryDirectory() as folder:
        outcomes = grant(read_lists()[name], folder)
    show(outcomes, sheet)


if __name__ == "__main__":
    main()
