"""What an edit is aimed at, once read: the whole photo, or one thing in it.

The parser turns words into a `Target`; `editthinker.tools.editors.darkroom.grounding` finds it in
a photo.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from editthinker.tools.editors.darkroom.plurals import plural
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
    row: int = 0
    """Which row it lies in, from the top; -1 for the bottom row, 0 for any."""
    number: int = 0
    """Which one of its row or of all, from the left; -1 for the last one, 0 for any."""
    side: Place = ""
    """On which side all of them lie, where several are meant: `all the medals on the right`."""

    def phrase(self) -> str:
        """Return the target in plain English: `the left red thing`, `the text "SALE"`."""
        if self.row or self.number:
            return f"the {self._counted()}"
        if self.side:
            joint = "on" if self.side in {"left", "right"} else "at"
            return f"{replace(self, side='').phrase()} {joint} the {self.side}"
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
                name = plural(self.name) if self.place == "all" else self.name
                return f"{article} {place}{colour}{name}"
            case "marked":
                return "the marked area"
        return f"the {place}{self.kind}"

    def _counted(self) -> str:
        """Return the target with its row: `second coin in the top row from the right`."""
        bare = replace(self, row=0, number=0, place="all" if self.place == "all" else "").phrase()
        name = bare.removeprefix("all the ").removeprefix("the ")
        row = {1: "top", -1: "bottom"}.get(self.row) or ordinal(self.row)
        if not self.number:
            return f"{row} row of {name}"
        last = self.number == -1 and self.row
        which = "last" if last else ordinal(abs(self.number))
        where = f" in the {row} row" if self.row else ""
        if self.number < -1 or not self.row:
            where += f" from the {'right' if self.number < 0 else 'left'}"
        return f"{which} {name}{where}"


ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def ordinal(number: int) -> str:
    """Return the word for a place in a row, from 1."""
    return ORDINALS[number - 1] if 1 <= number <= len(ORDINALS) else ""


def quoted(content: str) -> str:
    """Put text in the first pair of quotation marks that it does not hold itself."""
    pairs = [(a, b) for a, b in ('""', "“”", "«»", "''") if a not in content and b not in content]
    opening, closing = pairs[0] if pairs else '""'
    return f"{opening}{content}{closing}"


PHOTO = Target("photo")
BACKGROUND = Target("background")
SUBJECT = Target("subject")
MARKED = Target("marked")
