"""Reads clauses about a colour laid over the photo: "give it a purple tint", "in pink tones"."""

from editthinker.tools.editors.darkroom.adjusting import (
    PLACED,
    PLAIN,
    Carry,
    Reading,
    amount_of,
    region_of,
)
from editthinker.tools.editors.darkroom.clauses import Clause
from editthinker.tools.editors.darkroom.recipe import Step
from editthinker.tools.editors.darkroom.target import PHOTO

_LAID = frozenset(
    {"tint", "tints", "tinted", "tone", "tones", "toned", "cast", "glow", "hue", "hues", "filter"}
    | {"wash", "overlay", "tinge", "light", "lighting", "tint it", "washed in", "coloured light"}
    | {"colour cast", "color cast", "colour tone", "color tone", "colour tones", "color tones"}
    | {"duotone", "monochrome", "colour palette", "color palette", "colour scheme", "color scheme"}
    | {"atmosphere", "mood", "ambience", "colour grade", "color grade", "colour filter"}
    | {"color filter", "palette", "vibe"}
)
"""What is laid over a photo, where a colour stands before it."""

_WHOLE = frozenset(
    {"photo", "photograph", "picture", "image", "pic", "shot", "everything", "scene"}
)

_FOUND = ("colour", "region", "aspect", "degree", "percent", "number", "noun", "keepable", *PLACED)


def read_wash(clause: Clause, _: Carry) -> Reading | None:
    """Read "wash the photo in teal by 40%", "add a purple tint", "tint the photo blue"."""
    colours = [str(word.meaning.value) for word in clause.all("colour")]
    washes = [w for w in clause.words if w.meaning.value == "wash" and w.kind == "operation"]
    laid = washes or [word for word in clause.words if word.text in _LAID]
    region = region_of(clause)
    whole = region == PHOTO and _about_all(clause)
    more = [word for word in clause.all("direction") if word.text in {"more", "bit more"}]
    if more and len(colours) == 1 and clause.words[-1].kind == "colour":
        laid = more  # "make the water more turquoise"
    said = [word.text for word in clause.words]
    if not washes and len(colours) == 2 and {"to", "into", "with"} & set(said):
        return None  # "change the red tones to orange"
    if not 1 <= len(colours) <= 2 or region is None or not (laid or whole):
        return None
    others = [word for word in clause.words if word not in laid]
    if any(word.kind not in {*_FOUND, "filler", "verb"} for word in others):
        return None
    if any(word.kind == "keepable" and word.meaning.value != "brightness" for word in others):
        return None
    tints = any(word.text in {"tint", "tint it"} for word in clause.words)
    if tints and region != PHOTO and len(clause.all("verb")) == 1:
        return None  # "tint the sky orange" gives it that colour
    if (
        not washes
        and not more
        and (region.kind not in {"photo", "background", "sky", "subject", "ground"})
    ):
        return None
    size = amount_of(clause.words if washes else others)
    options: dict[str, str | float] = {"colour": colours[-1]}
    if len(colours) == 2 and colours[0] != colours[1]:
        options["dark"] = colours[0]
    step = Step("wash", PLAIN if size is None else size, region, options, clause.text)
    return Reading([step], Carry(steps=(step,), region=region)) if step.amount else None


def lays_two(first: Clause, second: Clause) -> bool:
    """Return whether "blue" and "orange tones" are two colours of one wash or gradient."""
    if first.words[-1].kind != "colour" or second.words[0].kind != "colour" or second.orders:
        return False
    words = first.words + second.words
    if len([word for word in words if word.kind == "colour"]) != 2:
        return False
    return first.has("gradient") or second.has("gradient") or any(w.text in _LAID for w in words)


def _about_all(clause: Clause) -> bool:
    """Read "make the photo blue" and "tint it blue": nothing but the whole photo is named."""
    named = clause.all("region")
    tints = any(word.text in {"tint", "tint it"} for word in clause.words)
    said = {part for word in named for part in word.text.split()}
    return tints or (clause.orders and bool(said & _WHOLE))
