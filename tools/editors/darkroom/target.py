"""What an edit is aimed at, once read: the whole photo, or one thing in it.

The parser turns words into a `Target`; `editthinker.tools.editors.darkroom.grounding` finds it in
a photo.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from editthinker.tools.vision.masks import Order

Kind = Literal[
    "photo",
    "background",
    "subject",
    "sky",
    "ground",
    "colour",
    "text",
    "face",
    "object",
    "marked",
]
"""What can be named; `marked` is what the user drew with `--box`, `--point` or `--mask`."""

Place = Literal[Order, "", "all"]
"""Which one is meant where there are several; empty for the largest, with a note."""

SIDES = frozenset(
    {"left", "right", "top", "bottom", "top left", "top right", "bottom left", "bottom right"}
)
"""Places where a thing must lie to be meant."""

KINDS: tuple[Kind, ...] = get_args(Kind)
PLACES: tuple[Place, ...] = get_args(Place)


@dataclass(frozen=True)
class Target:
    """One thing to edit, in the user's terms."""

    kind: Kind
    name: str = ""
    """A colour of `editthinker.tools.editors.darkroom.colours`, the words of a text (empty for any
    text), or what an object is called."""
    place: Place = ""
    colour: str = ""
    """The colour that tells an object from others of its kind: `the red car`."""
    behind: bool = False
    """Whether it is in the background: not the main thing of the photo."""

    def phrase(self) -> str:
        """Return the target in plain English: `the left red thing`, `the text "SALE"`."""
        if self.behind:
            return f"{replace(self, behind=False).phrase()} in the background"
        place = "" if self.place in ("", "all") else f"{self.place} "
        article = "all the" if self.place == "all" else "the"
        several = "s" if self.place == "all" else ""
        match self.kind:
            case "photo" if self.place:
                return f"the {place}side of the photo"
            case "colour":
                return f"{article} {place}{self.name} thing{several}"
            case "text":
                return f"{article} {place}text" + (f" {quoted(self.name)}" if self.name else "")
            case "face":
                return f"{article} {place}face{several}"
            case "object":
                colour = f"{self.colour} " if self.colour else ""
                return f"{article} {place}{colour}{self.name}{several}"
            case "marked":
                return "the marked area"
        return f"the {place}{self.kind}"


def quoted(content: str) -> str:
    """Put text in the first pair of quotation marks that it does not hold itself."""
    pairs = [(a, b) for a, b in ('""', "“”", "«»", "''") if a not in content and b not in content]
    opening, closing = pairs[0] if pairs else '""'
    return f"{opening}{content}{closing}"


PHOTO = Target("photo")
BACKGROUND = Target("background")
SUBJECT = Target("subject")
MARKED = Target("marked")
