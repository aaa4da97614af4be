"""What an instruction asks for, once read: steps that classical photo tools can carry out.

The parser (`editthinker.tools.editors.darkroom.parse`) turns English into a `Recipe`, the darkroom
carries it out, the observer measures whether it was. `Recipe.sentence` writes it back as English
that parses to the same recipe.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

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
    "text",
    "fill",
    "recolour",
]
"""Every operation the darkroom has."""

OPERATIONS: tuple[Operation, ...] = get_args(Operation)

SIGNED = frozenset(
    {"brightness", "exposure", "contrast", "shadows", "highlights", "saturation", "warmth", "tint"}
)
"""Operations whose amount has a direction: brighter and darker, warmer and cooler."""

Region = Literal["photo", "background", "subject"]
"""Where a step applies; a recoloured colour is its own region."""


@dataclass(frozen=True)
class Step:
    """One thing to do."""

    operation: Operation
    amount: float = 0.5
    """How much, as a share of the strongest sensible edit: in [-1, 1] for `SIGNED` operations
    (brighter, warmer, towards magenta are positive), else in (0, 1]. A plain word is 0.5,
    `slightly` 0.25, `very` 0.75, `30%` 0.3. Angles and sizes are in `options` instead."""
    region: Region = "photo"
    options: Mapping[str, str | float] = field(default_factory=dict)
    """What an operation needs besides an amount:

    - rotate, hue: `degrees`, clockwise positive
    - flip: `axis`, `horizontal` (mirrored left to right) or `vertical`
    - crop: `ratio`, width over height
    - border, fill: `colour`, a name of `editthinker.tools.editors.darkroom.colours`; a border lies
      around the picture and covers nothing
    - recolour: `source` and `target`, colour names
    - text: `content`, `position` (such as `top left`), `colour`
    """
    clause: str = field(default="", compare=False)
    """The user's words for it."""

    def sentence(self) -> str:
        """Return the step as an order in plain English, without a full stop."""
        values = {
            "photo": f"the {self.region}",
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
        if self.operation == "text":
            values["content"] = _quoted(str(values["content"]))
        if self.operation == "recolour" and self.region != "photo":
            template += " in {photo}"
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

    def sentence(self) -> str:
        """Return steps and what to keep in plain English; what was not understood is left out."""
        parts = [step.sentence() for step in self.steps]
        parts += [
            f"keep {name if name == 'everything else' else f'the {name}'} unchanged"
            for name in self.keep
        ]
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
    "text": "write {content} at the {position} in {colour} by {percent}",
    "fill": "replace the background with {colour}",
    "recolour": "change the {source} to {target}",
}


def _quoted(content: str) -> str:
    """Put text in the first pair of quotation marks that it does not hold itself."""
    pairs = [(a, b) for a, b in ('""', "“”", "«»", "''") if a not in content and b not in content]
    opening, closing = pairs[0] if pairs else '""'
    return f"{opening}{content}{closing}"
