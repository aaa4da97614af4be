"""Everyday wishes, carried out by the loop and checked by measurement: part of `make outcomes`.

Prints one row per wish and the share per category; `--sheet FILE` draws before and after of all.
"""

import asyncio
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from checks import check
from drawn import photo
from PIL import Image, ImageDraw
from table import Ending, Pair, run_pairs

from editthinker.graph.state import best_attempt
from editthinker.tools.blobs import BlobStore
from editthinker.tools.images import Pixels

GOAL = 0.85
"""Share of the wishes that must come true."""


@dataclass(frozen=True)
class Outcome:
    """What became of one wish."""

    category: str
    wish: Mapping[str, Any]
    ending: Ending
    edited: Pixels | None
    problem: str
    """What is wrong with the result; empty where the wish came true."""


def read_wishes() -> list[tuple[str, Mapping[str, Any]]]:
    """Read the list, each wish with its category."""
    text = Path(__file__).with_name("everyday.toml").read_text(encoding="utf-8")
    return [
        (category, wish)
        for category, table in tomllib.loads(text).items()
        for wish in table["wishes"]
    ]


def grant(wishes: Sequence[tuple[str, Mapping[str, Any]]], folder: str) -> list[Outcome]:
    """Let the loop carry out every wish, and check what came of it."""
    pairs = [Pair(wish["photo"], wish["say"]) for _, wish in wishes]
    endings = asyncio.run(run_pairs(pairs, folder))
    blobs = BlobStore(folder)
    outcomes = []
    for (category, wish), ending in zip(wishes, endings, strict=True):
        chosen = best_attempt(ending.attempts)
        if chosen is None or chosen["image"] is None:
            problem = f"{ending.stop_reason}: {(ending.error or '')[:90]}"
            outcomes.append(Outcome(category, wish, ending, None, problem))
            continue
        edited = blobs.get_image(chosen["image"]).pixels
        outcomes.append(Outcome(category, wish, ending, edited, check(wish, edited)))
    return outcomes


def came_true(outcomes: Sequence[Outcome]) -> float:
    """Return the share of wishes that came true."""
    return sum(not outcome.problem for outcome in outcomes) / len(outcomes)


def draw_sheet(outcomes: Sequence[Outcome], target: Path, side: int = 200) -> None:
    """Draw every photo beside its result, four a row; what failed has a red frame."""
    rows = -(-len(outcomes) // 4)
    sheet = Image.new("RGB", (4 * (2 * side + 12), rows * (side + 16)), "white")
    draw = ImageDraw.Draw(sheet)
    for index, outcome in enumerate(outcomes):
        x, y = index % 4 * (2 * side + 12), index // 4 * (side + 16)
        for at, pixels in enumerate((photo(outcome.wish["photo"]), outcome.edited)):
            if pixels is None:
                continue
            image = Image.fromarray(pixels)
            image.thumbnail((side, side - 14))
            place = (x + at * side, y + 14)
            sheet.paste(image.convert("RGB"), place, image if image.mode == "RGBA" else None)
        draw.text((x, y), outcome.wish["say"][:62], fill="red" if outcome.problem else "black")
        if outcome.problem:
            draw.rectangle((x - 2, y, x + 2 * side + 2, y + side + 13), outline="red", width=2)
    sheet.save(target)


def print_table(outcomes: Sequence[Outcome]) -> None:
    """Print one row per wish, then the share of each category."""
    for outcome in outcomes:
        scores = " ".join(
            "-" if a["semantic"] is None else f"{a['semantic']:.1f}/{a['quality']:.1f}"
            for a in outcome.ending.attempts
        )
        mark = "X" if outcome.problem else " "
        typer.echo(
            f"{mark} {outcome.wish['photo']:10}{outcome.wish['say'][:60]:60} "
            f"{outcome.ending.stop_reason:10} {scores:28} {outcome.problem}"
        )
    for category in dict.fromkeys(outcome.category for outcome in outcomes):
        of_kind = [outcome for outcome in outcomes if outcome.category == category]
        typer.echo(f"{category:12} {came_true(of_kind):5.0%} of {len(of_kind)}")
    typer.echo(f"{'all':12} {came_true(outcomes):5.0%} of {len(outcomes)}   (goal {GOAL:.0%})")


def show(outcomes: Sequence[Outcome], sheet: Path) -> None:
    """Print the table and draw the contact sheet."""
    print_table(outcomes)
    sheet.parent.mkdir(parents=True, exist_ok=True)
    draw_sheet(outcomes, sheet)
    typer.echo(f"contact sheet: {sheet}")


def main() -> None:
    """Grant all wishes, print the table and draw the contact sheet."""
    sheet = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("out/everyday.png")
    with tempfile.TemporaryDirectory() as folder:
        outcomes = grant(read_wishes(), folder)
    show(outcomes, sheet)


if __name__ == "__main__":
    main()
