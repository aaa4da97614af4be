"""How long the darkroom takes at 1 MP: tones, edits of a region, a removal, a second turn.

Run with `make bench`. Prints medians of one run. With the model pack (`editthinker models pull`)
the removal is MI-GAN's, without it Telea's.
"""

import asyncio
import statistics
import time
from pathlib import Path

import numpy as np
import typer
from PIL import Image

from editthinker.tools.editors.base import EditRequest
from editthinker.tools.editors.darkroom.editor import Darkroom
from editthinker.tools.images import Picture
from editthinker.tools.vision.inpainter import fills_with_model

PHOTO = Path(__file__).parents[2] / "tools" / "photos" / "flower.jpg"
SIZE = 1224, 817
RUNS = 5

TONES = (
    "brighter",
    "increase the contrast",
    "lift the shadows",
    "more vivid",
    "warmer",
    "exposure up by one stop",
)


def photo(shift: int = 0) -> Picture:
    """Return the photo at 1 MP; another shift is another photo to every cache."""
    with Image.open(PHOTO) as image:
        pixels = np.asarray(image.convert("RGB").resize(SIZE))
    return Picture.from_pixels(np.roll(pixels, shift, axis=1))


def seconds(picture: Picture, prompt: str, runs: int = RUNS) -> float:
    """Return the median seconds of an edit of a decoded photo, the encoded result included."""
    assert picture.pixels.size
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        asyncio.run(Darkroom().edit(EditRequest((picture,), prompt)))
        times.append(time.perf_counter() - started)
    return statistics.median(times)


if __name__ == "__main__":
    seconds(photo(), "brighter", 1)  # tables are made at the first use
    tones = [seconds(photo(), prompt) for prompt in TONES]
    typer.echo(f"tone edit, median                {statistics.median(tones):6.2f} s  (goal 0.15)")
    typer.echo(f"tone edit, slowest               {max(tones):6.2f} s")
    for prompt in ("blur the background", "make the subject blue", "cut out the subject"):
        typer.echo(f"{prompt:32} {seconds(photo(), prompt):6.2f} s")
    by = "MI-GAN" if fills_with_model() else "Telea"
    seconds(photo(), "remove the subject", 1)
    first = statistics.median(seconds(photo(i), "remove the flower", 1) for i in (1, 2, 3))
    typer.echo(f"removal, new photo, {by:12} {first:6.2f} s  (goal 12)")
    again = seconds(photo(1), "remove the flower", 3)
    typer.echo(f"removal, second turn             {again:6.2f} s  (goal 5)")
