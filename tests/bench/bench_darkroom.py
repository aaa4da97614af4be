"""What edits of the darkroom and looks of the observer cost on one photo of 1 MP.

Run with `make bench`. Prints medians of one run. Lines with `pack` need the model pack
(`editthinker models pull`) and are left out without it.
"""

import asyncio
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import typer
from PIL import Image

from editthinker.graph.thinkers.base import ThinkRequest
from editthinker.graph.thinkers.observer import Observer
from editthinker.tools.editors.base import EditRequest
from editthinker.tools.editors.darkroom.editor import Darkroom
from editthinker.tools.editors.darkroom.grounding import ground
from editthinker.tools.editors.darkroom.target import Target
from editthinker.tools.images import Picture
from editthinker.tools.vision.detector import find_objects, finds_objects
from editthinker.tools.vision.faces import find_faces
from editthinker.tools.vision.reader import read_text
from editthinker.tools.vision.segmenter import outlines_with_model

PHOTOS = Path(__file__).parents[2] / "tools" / "photos"
TONES = ("make it brighter", "add contrast", "lift the shadows", "make it warmer", "saturate it")
RUNS = 5


def enlarged(name: str, shift: int = 0) -> Picture:
    """Return a sample photo with one megapixel, another one for each shift of its light."""
    image = Image.open(PHOTOS / f"{name}.jpg").convert("RGB")
    scale = (1_000_000 / (image.width * image.height)) ** 0.5
    image = image.resize((round(image.width * scale), round(image.height * scale)))
    pixels = np.clip(np.asarray(image, np.int16) + shift, 0, 255).astype(np.uint8)
    picture = Picture.from_pixels(pixels)
    assert picture.pixels is not None  # decoded before the clock starts
    return picture


def edit(picture: Picture, prompt: str) -> Picture:
    """Edit once."""
    result = asyncio.run(Darkroom().edit(EditRequest((picture,), prompt)))
    return Picture.from_bytes(result.image)


def look(source: Picture, edited: Picture, instruction: str) -> None:
    """Look at an edit once."""
    asyncio.run(Observer().think(ThinkRequest(source, edited, instruction, instruction)))


def median(work: Callable[[int], object], runs: int = RUNS) -> float:
    """Return the median seconds of calls with 0, 1, 2 ..."""
    times = []
    for run in range(runs):
        started = time.perf_counter()
        work(run)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def report(what: str, seconds: float, goal: str = "") -> None:
    """Print a line."""
    typer.echo(f"{what:<46}{seconds:7.2f} s{f'  (goal {goal})' if goal else ''}")


def main() -> None:
    """Measure."""
    cat = enlarged("cat")
    edit(cat, TONES[0])
    tones = [median(lambda _, prompt=prompt: edit(cat, prompt)) for prompt in TONES]
    report("tone edit, median of five kinds", statistics.median(tones), "0.15")
    edited = edit(cat, TONES[0])
    report("observer, tone edit", median(lambda _: look(cat, edited, TONES[0])), "0.5")

    prompt = "remove the red thing"
    cups = [enlarged("coffee", shift) for shift in range(3)]
    by = "pack" if outlines_with_model() else "OpenCV"
    edit(cups[0], prompt)
    report(f"removal of a colour, {by}", median(lambda run: edit(cups[run], prompt), 3), "12")
    if finds_objects():
        measure_pack(cups)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    typer.echo(f"{'memory at most, everything loaded':<46}{peak:7.0f} MB (goal 2048)")


def measure_pack(cups: list[Picture]) -> None:
    """Measure what the models of the pack take."""
    prompt = "remove the cup"
    fresh = [enlarged("coffee", shift) for shift in (5, 6, 7)]
    ground(Target("object", "cup"), cups[0].pixels)
    report("removal of an object, pack", median(lambda run: edit(fresh[run], prompt), 3), "12")
    again = median(lambda run: edit(fresh[run], "move the cup to the left"), 3)
    report("second turn on the same photo, pack", again, "5")
    gone = edit(fresh[0], prompt)
    report("observer, removal, pack", median(lambda _: look(fresh[0], gone, prompt), 3), "0.5")
    report("objects", median(lambda run: find_objects(fresh[run].pixels), 3))
    report("faces", median(lambda run: find_faces(fresh[run].pixels), 3))
    report("text", median(lambda run: read_text(fresh[run].pixels), 3))


if __name__ == "__main__":
    main()
