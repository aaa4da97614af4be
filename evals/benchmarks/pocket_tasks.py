"""What the pocket benchmark asks, and the hidden target of each request.

A target is written in units of its own (CIE Lab, shares of the image), as a band that a person
would accept for those words. Editor and thinker read the words alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

Check = dict[str, JsonValue]

PHOTOS = ("astronaut", "camera", "cat", "coffee", "flower", "hopper", "rocket", "temple")
COLOURFUL = ("astronaut", "cat", "coffee", "flower", "hopper", "rocket", "temple")
CUT_OUT = ("astronaut", "camera", "coffee", "flower", "hopper", "temple")
"""Photos whose subject stands clear of its background."""


@dataclass(frozen=True)
class Task:
    """One request, for one or more photos."""

    category: str
    words: tuple[str, ...]
    """Ways to say it; the photos take turns."""
    checks: tuple[Check, ...]
    """One for each clause."""
    free: tuple[str, ...] = ()
    """What the request may change by the way: light, chroma, hue, sharpness, frame, all."""
    photos: tuple[str, ...] = PHOTOS


def shift(what: str, low: float, high: float, where: str = "photo") -> Check:
    """Ask for a change of a mean within a band; ratios are given as factors."""
    return {"kind": "shift", "what": what, "low": low, "high": high, "where": where}


def recolour(low: float, high: float, target_low: float, target_high: float) -> Check:
    """Ask that pixels of one range of Lab hues (degrees) get another."""
    return {"kind": "recolour", "source": [low, high], "target": [target_low, target_high]}


def _tone() -> Iterator[Task]:
    def tone(
        words: tuple[str, ...], *checks: Check, free: tuple[str, ...] = ("light", "sharpness")
    ) -> Task:
        return Task("tone_transfer", words, checks, free)

    brighter, darker = shift("light", 9, 27), shift("light", -27, -8)
    warmer, cooler = shift("warmth", 7, 18), shift("warmth", -18, -7)
    punch = shift("contrast", 1.15, 1.6)
    hue = ("light", "hue", "chroma")
    yield tone(("slightly brighten the photo", "make it a bit brighter"), shift("light", 4, 15))
    yield tone(("make it brighter", "brighten the photo", "the photo should be brighter"), brighter)
    yield tone(("make it much brighter", "brighten it a lot"), shift("light", 17, 45))
    yield tone(("make it darker", "darken the photo"), darker)
    yield tone(("make it warmer", "warm up the photo", "give it a warmer look"), warmer, free=hue)
    yield tone(("make it cooler", "cool down the photo"), cooler, free=hue)
    yield tone(("increase the contrast", "add contrast"), punch, free=(*hue, "sharpness"))
    yield tone(
        ("reduce the contrast", "lower the contrast"),
        shift("contrast", 0.3, 0.8),
        free=(*hue, "sharpness"),
    )
    yield tone(
        ("make it brighter and warmer", "warm it up and brighten it"), brighter, warmer, free=hue
    )
    yield tone(
        ("make it darker, cooler and with more contrast", "darken it, cool it down, add contrast"),
        shift("light", -27, -6),
        cooler,
        shift("contrast", 1.05, 1.6),
        free=(*hue, "sharpness"),
    )
    yield tone(
        ("brighten it slightly and reduce the contrast", "a bit brighter, and less contrast"),
        shift("light", 4, 15),
        shift("contrast", 0.3, 0.85),
        free=(*hue, "sharpness"),
    )


def _colour() -> Iterator[Task]:
    def colour(words: tuple[str, ...], *checks: Check, more: tuple[str, ...] = ()) -> Task:
        return Task("color_alter", words, checks, ("chroma", "hue", *more), COLOURFUL)

    yield colour(("make the colours slightly more vivid",), shift("chroma", 1.08, 1.5))
    yield colour(("increase the saturation", "make it more saturated"), shift("chroma", 1.25, 2.0))
    yield colour(("desaturate it slightly", "slightly less saturated"), shift("chroma", 0.55, 0.92))
    yield colour(("desaturate it a lot", "make it much less saturated"), shift("chroma", 0.05, 0.5))
    yield colour(
        ("more saturated and brighter", "boost the saturation and make it brighter"),
        shift("chroma", 1.2, 2.0),
        shift("light", 9, 27),
        more=("light",),
    )
    for photo, name, low, high in (
        ("astronaut", "orange", 30.0, 75.0),
        ("coffee", "red", 20.0, 52.0),
        ("flower", "orange", 40.0, 85.0),
        ("hopper", "blue", 240.0, 305.0),
    ):
        for target, target_low, target_high in (
            ("green", 110.0, 185.0),
            ("purple", 295.0, 345.0),
            ("blue", 240.0, 312.0),
        ):
            if target != name:
                yield Task(
                    "color_alter",
                    (f"change the {name} to {target}",),
                    (recolour(low, high, target_low, target_high),),
                    ("all",),
                    (photo,),
                )


def _looks() -> Iterator[Task]:
    def style(words: tuple[str, ...], check: Check, *photos: str) -> Task:
        return Task("style_change", words, (check,), ("all",), photos or PHOTOS)

    yield style(("turn it black and white", "make it monochrome"), {"kind": "mono"}, *COLOURFUL)
    bluish = ("astronaut", "camera", "flower", "hopper", "rocket", "temple")
    yield style(("give it a sepia tone", "make it sepia"), {"kind": "sepia"}, *bluish)
    yield style(("turn it into a pencil sketch",), {"kind": "sketch"}, *COLOURFUL)
    yield style(("posterize it",), {"kind": "levels"}, *COLOURFUL)

    def material(words: tuple[str, ...], *checks: Check, free: tuple[str, ...]) -> Task:
        return Task("material_alter", words, checks, free)

    yield material(("sharpen it", "make it sharper"), shift("detail", 1.4, 8), free=("sharpness",))
    yield material(("blur it", "blur the photo"), shift("detail", 1e-5, 0.15), free=("sharpness",))
    yield material(
        ("add film grain", "add some grain"), shift("noise", 1.5, 15), free=("sharpness",)
    )

    def added(words: tuple[str, ...], *checks: Check, free: tuple[str, ...]) -> Task:
        return Task("subject-add", words, checks, free)

    yield added(
        ("add a vignette", "give it a vignette"), {"kind": "vignette"}, free=("light", "chroma")
    )
    yield added(("add a white border",), {"kind": "border", "light": 100}, free=("all",))
    yield added(
        ("add a black border and make it brighter", "make it brighter and add a black border"),
        {"kind": "border", "light": 0},
        shift("light", 9, 27, "inside"),
        free=("all",),
    )


def _frames() -> Iterator[Task]:
    def frame(words: tuple[str, ...], turn: str, *more: Check, free: tuple[str, ...] = ()) -> Task:
        return Task(
            "frame_change", words, ({"kind": "turned", "turn": turn}, *more), ("frame", *free)
        )

    yield frame(("rotate it 90 degrees clockwise",), "clockwise")
    yield frame(("rotate it 90 degrees counterclockwise",), "counterclockwise")
    yield frame(("flip it horizontally", "mirror it horizontally"), "mirrored")
    yield frame(("flip it vertically",), "upside down")
    yield Task(
        "frame_change",
        ("crop it to a square", "crop to 1:1"),
        ({"kind": "ratio", "ratio": 1.0},),
        ("all",),
        ("cat", "coffee", "flower", "hopper", "rocket", "temple"),
    )
    yield frame(
        ("flip it horizontally and make it warmer", "make it warmer and mirror it horizontally"),
        "mirrored",
        shift("warmth", 7, 18),
        free=("hue", "chroma"),
    )


def _texts() -> Iterator[Task]:
    for content, place, colour, light in (
        ("SALE", "top left", "white", 100),
        ("HELLO", "bottom right", "black", 0),
        ("2026", "bottom left", "white", 100),
    ):
        yield Task(
            "text_change",
            (
                f"write '{content}' at the {place} in {colour}",
                f"add the text '{content}' in {colour} at the {place}",
            ),
            ({"kind": "text", "place": place, "light": light, "letters": len(content)},),
            ("text",),
        )


def _places() -> Iterator[Task]:
    def background(words: tuple[str, ...], target: Check, *without: str) -> Task:
        photos = tuple(photo for photo in CUT_OUT if photo not in without)
        return Task("background_change", words, (target,), ("background",), photos)

    yield background(
        ("darken the background", "make the background darker"),
        shift("light", -30, -6, "background"),
    )
    yield background(
        ("blur the background", "make the background blurry"),
        shift("detail", 1e-5, 0.3, "background"),
    )
    yield background(
        ("make the background white", "replace the background with white"),
        {"kind": "filled", "light": 100},
        "temple",
    )
    yield background(
        ("make the background black and white",),
        shift("chroma", 0.0001, 0.2, "background"),
        "camera",
        "temple",
    )
    for words in (
        ("brighten the subject",),
        ("make the subject brighter, keep the background unchanged",),
    ):
        yield Task(
            "ps_human",
            words,
            (shift("light", 7, 27, "subject"),),
            ("subject",),
            ("astronaut", "hopper", "camera", "flower"),
        )


def tasks() -> Iterator[Task]:
    """Yield every task, in a fixed order."""
    for part in (_tone, _colour, _looks, _frames, _texts, _places):
        yield from part()


BOXES: Mapping[str, Mapping[str, tuple[tuple[float, float, float, float], ...]]] = {
    "astronaut": {
        "subject": ((0.12, 0.55, 0.5, 0.95), (0.33, 0.06, 0.55, 0.25)),
        "background": ((0.6, 0.02, 0.7, 0.35), (0.02, 0.05, 0.1, 0.4)),
    },
    "camera": {
        "subject": ((0.08, 0.35, 0.28, 0.7),),
        "background": ((0.7, 0.05, 0.98, 0.3), (0.75, 0.75, 0.98, 0.95)),
    },
    "coffee": {
        "subject": ((0.35, 0.1, 0.6, 0.5),),
        "background": ((0.0, 0.78, 0.1, 0.98), (0.84, 0.1, 0.98, 0.9)),
    },
    "flower": {
        "subject": ((0.32, 0.3, 0.64, 0.72),),
        "background": ((0.02, 0.05, 0.2, 0.9), (0.8, 0.1, 0.98, 0.7)),
    },
    "hopper": {
        "subject": ((0.38, 0.28, 0.65, 0.5), (0.35, 0.75, 0.6, 0.95)),
        "background": ((0.8, 0.05, 0.98, 0.5),),
    },
    "temple": {
        "subject": ((0.16, 0.25, 0.45, 0.75),),
        "background": ((0.55, 0.05, 0.95, 0.35),),
    },
}
"""Places that surely belong to the subject, or to the background: left, top, right, bottom, in
shares of the width and height, drawn by hand."""
