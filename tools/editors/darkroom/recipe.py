"""What an instruction asks for, once read: steps that classical photo tools can carry out.

The parser (`editthinker.tools.editors.darkroom.parse`) turns English into a `Recipe`, the darkroom
carries it out, the observer measures whether it was. `Recipe.sentence` writes it back as English
that parses to the same recipe.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from editthinker.tools.editors.darkroom.target import PHOTO, Target, quoted

Operation = Literal[
    "brightness",
    "exposure",
    "contrast",
    "shadows",
    "highlights",
    "saturation",
    "warmth",
    "tint",
    "hue",
    "wash",
    "white-balance",
    "invert",
    "black-and-white",
    "sepia",
    "vignette",
    "sharpen",
    "blur",
    "denoise",
    "grain",
    "rotate",
    "flip",
    "crop",
    "straighten",
    "border",
    "posterize",
    "sketch",
    "watercolour",
    "oil",
    "cartoon",
    "pixelate",
    "text",
    "fill",
    "recolour",
    "remove",
    "cutout",
    "move",
    "duplicate",
    "erase-text",
    "replace-text",
    "isolate",
]
"""Every operation the darkroom has."""

REDRAWING: frozenset[Operation] = frozenset(
    {"posterize", "sketch", "watercolour", "oil", "cartoon", "pixelate"}
)
"""Looks of other media: they bring edges and texture of their own."""

DYEING: frozenset[Operation] = frozenset({"recolour", "fill", "wash"})
"""What gives something a colour."""

OPERATIONS: tuple[Operation, ...] = get_args(Operation)

SIGNED = frozenset(
    {"brightness", "exposure", "contrast", "shadows", "highlights", "saturation", "warmth", "tint"}
)
"""Operations whose amount has a direction: brighter and darker, warmer and cooler."""


@dataclass(frozen=True)
class Step:
    """One thing to do."""

    operation: Operation
    amount: float = 0.5
    """How much, as a share of the strongest sensible edit: in [-1, 1] for `SIGNED` operations
    (brighter, warmer, towards magenta are positive), else in (0, 1]. A plain word is 0.5,
    `slightly` 0.25, `very` 0.75, `30%` 0.3. Angles and sizes are in `options` instead. What is
    moved or duplicated goes that share of the photo's width, or of its height."""
    region: Target = PHOTO
    """Where it applies, or what it is done to."""
    options: Mapping[str, str | float] = field(default_factory=dict)
    """What an operation needs besides an amount:

    - rotate, hue: `degrees`, clockwise positive
    - wash: `colour`, and `dark` where the dark tones take another one
    - flip: `axis`, `horizontal` (mirrored left to right) or `vertical`
    - crop: `ratio`, width over height
    - border: `colour`, a name of `editthinker.tools.editors.darkroom.colours`; a border lies around
      the picture and covers nothing
    - fill: `colour`; for a gradient also `end`, the colour at the far side, and `direction`, `down`
      or `right`; instead of them `image`, the number of another input image, from 2, or `scene`,
      one of `editthinker.tools.editors.darkroom.scenes`
    - recolour: `target`, a colour name, and `source` where one colour is meant and not all of the
      region
    - text: `content`, `position` (such as `top left`), `colour`
    - replace-text: `content`, the new words; the old ones are the region's
    - move, duplicate: `direction`: `left`, `right`, `up` or `down`
    """
    clause: str = field(default="", compare=False)
    """The user's words for it."""

    def sentence(self) -> str:
        """Return the step as an order in plain English, without a full stop."""
        values = {
            "photo": self.region.phrase(),
            "percent": f"{abs(self.amount) * 100:.10g}%",
            **self.options,
        }
        template = _SENTENCES[self.operation]
        if self.operation in SIGNED:
            up, _, down = template.partition("/")
            template = up if self.amount > 0 else down
        if self.operation == "rotate":
            degrees = float(values["degrees"])
            values["way"] = "clockwise" if degrees > 0 else "counterclockwise"
            values["degrees"] = abs(degrees)
        if self.operation in {"text", "replace-text"}:
            values["content"] = quoted(str(values["content"]))
        if self.operation == "recolour" and "source" not in self.options:
            template = "change the colour of {photo} to {target}"
        elif self.operation == "recolour" and self.region != PHOTO:
            template += " in {photo}"
        if self.operation == "erase-text" and self.region == Target("text"):
            template = "erase the line of text"  # "the text" is all of it
        if self.operation == "remove" and self.amount > 0.5:
            template += " with its shadow and everything attached to it"
        if self.operation == "wash" and "dark" in self.options:
            template = "wash {photo} in {dark} to {colour} by {percent}"
        if self.operation == "fill" and "scene" in self.options:
            scene, colour = SCENES[str(self.options["scene"])], self.options.get("colour", "")
            values["scene"] = scene.replace("a ", f"a {colour} ", 1) if colour else scene
            template = "replace {photo} with {scene}"
        elif self.operation == "fill" and "image" in self.options:
            template = "replace {photo} with image {image:g}"
        elif self.operation == "fill" and "end" in self.options:
            values["way"] = _GRADIENTS[str(self.options["direction"])]
            template = "replace {photo} with a gradient from {colour} to {end} {way}"
        return template.format(**values)


@dataclass(frozen=True)
class Recipe:
    """Everything an instruction asks for."""

    steps: tuple[Step, ...]
    keep: tuple[str, ...] = ()
    """What must stay: `background`, `subject`, `colours`, `brightness`, `size` or the rest, as
    `everything else`."""
    unknown: tuple[str, ...] = ()
    """Clauses that were not understood, in the user's words."""
    notes: tuple[str, ...] = field(default=(), compare=False)
    """Sentences about how it was read: contradictions, colours taken for objects."""
    strange: tuple[str, ...] = field(default=(), compare=False)
    """Words of the unknown clauses that stand nowhere in the vocabulary."""
    spared: tuple[Target, ...] = ()
    """Things that must stay as they are, besides the background and the subject."""
    excepted: tuple[Target, ...] = field(default=(), compare=False)
    """Those of them without which nothing is to be edited: "everything except the cat"."""

    def sentence(self) -> str:
        """Return steps and what to keep in plain English; what was not understood is left out."""
        parts = [step.sentence() for step in self.steps]
        parts += [
            f"keep {name if name == 'everything else' else f'the {name}'} unchanged"
            for name in self.keep
        ]
        parts += [f"keep {target.phrase()} unchanged" for target in self.spared]
        return ", ".join(parts)


# For signed operations: up, then down.
_SENTENCES: Mapping[Operation, str] = {
    "brightness": "brighten {photo} by {percent}/darken {photo} by {percent}",
    "exposure": "increase the exposure of {photo} by {percent}"
    "/reduce the exposure of {photo} by {percent}",
    "contrast": "increase the contrast of {photo} by {percent}"
    "/reduce the contrast of {photo} by {percent}",
    "shadows": "lift the shadows of {photo} by {percent}"
    "/deepen the shadows of {photo} by {percent}",
    "highlights": "lift the highlights of {photo} by {percent}"
    "/recover the highlights of {photo} by {percent}",
    "saturation": "saturate {photo} by {percent}/desaturate {photo} by {percent}",
    "warmth": "warm up {photo} by {percent}/cool down {photo} by {percent}",
    "tint": "tint {photo} towards magenta by {percent}/tint {photo} towards green by {percent}",
    "hue": "shift the hue of {photo} by {degrees:g} degrees",
    "wash": "wash {photo} in {colour} by {percent}",
    "white-balance": "fix the white balance of {photo} by {percent}",
    "invert": "invert {photo}",
    "black-and-white": "turn {photo} black and white",
    "sepia": "give {photo} a sepia tone of {percent}",
    "vignette": "add a vignette of {percent} to {photo}",
    "sharpen": "sharpen {photo} by {percent}",
    "blur": "blur {photo} by {percent}",
    "denoise": "denoise {photo} by {percent}",
    "grain": "add a grain of {percent} to {photo}",
    "rotate": "rotate {photo} by {degrees:g} degrees {way}",
    "flip": "flip {photo} {axis}",
    "crop": "crop {photo} to {ratio:.4f}:1",
    "straighten": "straighten {photo}",
    "border": "add a {colour} border of {percent}",
    "posterize": "posterize {photo} by {percent}",
    "sketch": "turn {photo} into a pencil sketch by {percent}",
    "watercolour": "turn {photo} into a watercolour by {percent}",
    "oil": "turn {photo} into an oil painting by {percent}",
    "cartoon": "turn {photo} into a cartoon by {percent}",
    "pixelate": "pixelate {photo} by {percent}",
    "text": "write {content} at the {position} in {colour} by {percent}",
    "fill": "replace {photo} with {colour}",
    "recolour": "change the {source} to {target}",
    "remove": "remove {photo}",
    "cutout": "cut out {photo}",
    "move": "move {photo} {direction} by {percent}",
    "duplicate": "duplicate {photo} {direction} by {percent}",
    "erase-text": "erase {photo}",
    "replace-text": "replace {photo} with {content}",
    "isolate": "make everything except {photo} black and white",
}

SCENES = {
    "stars": "a starry night sky",
    "sunset": "a sunset sky",
    "clear": "a clear blue sky",
    "clouds": "a cloudy sky",
    "overcast": "an overcast sky",
    "studio": "a studio backdrop",
    "bokeh": "bokeh lights",
}
"""What a background or a sky may become without another photo, in words."""

_GRADIENTS = {"down": "top to bottom", "right": "left to right"}
