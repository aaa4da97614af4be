"""Whether the observer prefers good edits to bad ones: `make pairs`.

Every case of `cases.toml`, on which the observer was tuned, and of `second.toml`, which was made
afterwards, has one good edit and several bad ones, each spoilt in one way. A pair is ordered
rightly when the good edit's overall score is the higher one. `-v` shows every score, `--sheet FILE`
draws all edits.
"""

import asyncio
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import typer
from making import Case, make
from PIL import Image, ImageDraw
from second import Case as Second
from second import read_second
from spoiling import spoil

from editthinker.graph.state import geometric_mean
from editthinker.graph.thinkers.base import ThinkRequest, Thought
from editthinker.graph.thinkers.observer import Observer
from editthinker.tools.images import Picture, Pixels

GOAL = 0.95
"""Share of the pairs that must be ordered rightly."""


@dataclass(frozen=True)
class Pair:
    """A good and a bad edit of one photo, and what the observer thinks of them."""

    case: Case | Second
    kind: str
    good: Thought
    bad: Thought

    @property
    def right(self) -> bool:
        """Whether the good edit has the higher score."""
        return score(self.good) > score(self.bad)


def score(thought: Thought) -> float:
    """Return the overall score that the loop goes by."""
    return geometric_mean(thought.semantic, thought.quality) or 0.0


@cache
def read_cases() -> tuple[Case, ...]:
    """Read the set."""
    text = Path(__file__).with_name("cases.toml").read_text(encoding="utf-8")
    cases = tomllib.loads(text)["case"]
    return tuple(Case(**{("source" if k == "from" else k): v for k, v in c.items()}) for c in cases)


def edit(case: Case | Second, kind: str = "") -> Pixels:
    """Return the good edit of a case, or one of the bad ones."""
    if isinstance(case, Second):
        return case.edited(kind)
    return spoil(case, kind) if kind else make(case)


def think(case: Case | Second, edited: Pixels) -> Thought:
    """Ask the observer about one edit."""
    source, result = (Picture.from_pixels(pixels) for pixels in (case.pixels, edited))
    mask = None if case.mark is None else Picture.from_pixels(case.mark)
    request = ThinkRequest(source, result, case.instruction, case.instruction, mask=mask)
    return asyncio.run(Observer().think(request))


def rank(cases: Sequence[Case | Second]) -> list[Pair]:
    """Judge every pair."""
    pairs = []
    for case in cases:
        good = think(case, edit(case))
        for kind in case.bad:
            pairs.append(Pair(case, kind, good, think(case, edit(case, kind))))
    return pairs


def draw_sheet(cases: Sequence[Case | Second], target: Path, side: int = 200) -> None:
    """Draw every edit, one case a row: the photo, the good edit, the bad ones."""
    columns = 2 + max(len(case.bad) for case in cases)
    sheet = Image.new("RGB", (columns * side, len(cases) * (side + 14)), "white")
    draw = ImageDraw.Draw(sheet)
    for row, case in enumerate(cases):
        edits = [case.pixels, edit(case), *(edit(case, kind) for kind in case.bad)]
        names = [case.instruction[:60], "", *case.bad]
        for column, (pixels, name) in enumerate(zip(edits, names, strict=True)):
            image = Image.fromarray(np.ascontiguousarray(pixels))
            image.thumbnail((side, side))
            place = (column * side, row * (side + 14) + 14)
            sheet.paste(image.convert("RGB"), place, image if image.mode == "RGBA" else None)
            draw.text((place[0], place[1] - 13), name, fill="black")
    sheet.save(target)


def main() -> None:
    """Print the pairs that are ordered wrongly, and the rate of each kind."""
    if "--sheet" in sys.argv:
        target = Path(sys.argv[sys.argv.index("--sheet") + 1])
        draw_sheet([*read_cases(), *read_second()], target)
        return
    for name, cases in (("first set", read_cases()), ("second set", read_second())):
        if "--second" in sys.argv and name == "first set":
            continue
        print_table(name, rank(cases))


def print_table(name: str, pairs: Sequence[Pair]) -> None:
    """Print the pairs that are ordered wrongly, and the rate of each kind."""
    shown = None
    for pair in pairs:
        if "-v" in sys.argv and pair.case is not shown:
            shown = pair.case
            typer.echo(f"\n{_line(pair.case.photo, pair.case.instruction, pair.good)}")
        if "-v" in sys.argv or not pair.right:
            mark = "  " if pair.right else "X "
            typer.echo(f"{mark}{_line(pair.case.photo, pair.kind, pair.bad)}")
    typer.echo(f"\n{name:14} right  pairs")
    for kind in sorted({pair.kind for pair in pairs}):
        of_kind = [pair.right for pair in pairs if pair.kind == kind]
        typer.echo(f"{kind:14} {sum(of_kind) / len(of_kind):5.0%} {len(of_kind):6}")
    rate = sum(pair.right for pair in pairs) / len(pairs)
    typer.echo(f"{'all':14} {rate:5.0%} {len(pairs):6}   (goal {GOAL:.0%})")


def _line(photo: str, what: str, thought: Thought) -> str:
    scores = f"{thought.semantic:4.1f}/{thought.quality:4.1f}"
    return f"{photo:10} {what[:44]:44} {scores}  {thought.reasoning[:230]}"


if __name__ == "__main__":
    main()
