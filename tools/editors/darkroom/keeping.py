"""Reads clauses about what must stay: "keep the background unchanged", "except the red"."""

from typing import NamedTuple

from editthinker.tools.editors.darkroom.adjusting import Carry, things
from editthinker.tools.editors.darkroom.clauses import Clause
from editthinker.tools.editors.darkroom.target import BACKGROUND, PHOTO, SUBJECT, Target

_KEEPS = {
    "background": "background",
    "subject": "subject",
    "photo": "everything else",
    "saturation": "colours",
    "hue": "colours",
    "warmth": "colours",
    "tint": "colours",
    "brightness": "brightness",
    "exposure": "brightness",
}
"""What "keep ... unchanged" keeps, by region or operation named; else `everything else`."""


_STATES = frozenset({"sharpen", "saturation", "brightness"})
"""What "keep the flower sharp" and "keep it vivid" say of a thing that stays as it is."""


class Kept(NamedTuple):
    """What one clause asks to leave as it is."""

    names: list[str]
    things: list[Target]
    """Other than the background and the subject."""


def read_keep(clause: Clause, carry: Carry) -> Kept | None:
    """Read what to keep; None if the clause is about something else."""
    allowed = ("keep", "closer", "keepable", "region", "operation", "degree", "colour", "noun")
    named = clause.all("keepable", "region", "operation")
    colours = [Target("colour", str(word.meaning.value), "all") for word in clause.all("colour")]
    listed = (
        carry.keeping
        and not clause.orders
        and clause.only("keepable", "region", "operation", "colour")
    )
    listed = listed and all(word.meaning.role in {"", "name"} for word in named)
    listed = listed and not (clause.has("keepable") and clause.has("operation"))
    marked = clause.has("keep", "closer")
    shown = ("aspect",) if clause.has("region") and clause.has("keep") else ()  # "keep it glowing"
    if not clause.only(*allowed, *shown) or not (named or colours) or not (marked or listed):
        return None
    places = things(clause)
    if places:  # "keep the car red"
        colours = []
    if clause.has("noun") and not clause.has("keep"):
        return None  # "make both chairs the same colour"
    if any(
        word.meaning.role not in {"", "name", "hosts"}
        and not (places and word.meaning.value in _STATES)
        for word in named
    ):
        return None
    if len(named) > 1:  # "keep the colours of the photo"
        named = [word for word in named if word.meaning.target != PHOTO] or named
    spared = [thing for thing in places if thing not in (BACKGROUND, SUBJECT)]
    names = [
        str(word.meaning.value)
        if word.kind == "keepable"
        else _KEEPS.get(str(word.meaning.value), "everything else")
        for word in named
        if not (places and word.meaning.value in _STATES) and word.meaning.target not in spared
    ]
    return Kept(names, spared + colours)
