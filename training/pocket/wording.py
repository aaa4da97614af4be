"""What the pocket world can ask for, and the words for it."""

import random
from collections.abc import Sequence
from typing import Literal, NamedTuple

from editthinker.tools.editors.darkroom.recipe import Operation, Step
from editthinker.tools.editors.quirky import DEAF_TO, UNKNOWN_WORDS

Figure = Literal["brightness", "contrast", "saturation", "warmth"]


class Wish(NamedTuple):
    """One thing to change."""

    figure: Figure
    up: bool
    amount: float
    """As the darkroom has it, in (0, 1]."""


AMOUNTS = {0.25: "slightly", 0.5: "", 0.75: "a lot"}
"""Amounts that a user asks for, and their words."""

WORDS: dict[tuple[Figure, bool], tuple[str, ...]] = {
    ("brightness", True): ("brighten it{}", "make it{} brighter"),
    ("brightness", False): ("darken it{}", "make it{} darker"),
    ("contrast", True): ("raise the contrast{}", "increase the contrast{}"),
    ("contrast", False): ("reduce the contrast{}", "lower the contrast{}"),
    ("saturation", True): ("saturate it{}", "make it{} more colourful"),
    ("saturation", False): ("desaturate it{}", "make it{} less colourful"),
    ("warmth", True): ("warm it up{}", "make it{} warmer"),
    ("warmth", False): ("cool it down{}", "make it{} cooler"),
}
"""Ways to say it; an amount goes between the braces. Nobody here knows which of them work."""

CONNECTORS = (" and ", ", ", ", then ")

KEEP = ", keep the details"

_BEFORE = {"slightly": "slightly", "a lot": "much"}
"""Words for amounts in front of a comparative."""


def ask(wishes: Sequence[Wish], chance: random.Random) -> str:
    """Say wishes as a user would."""
    clauses = []
    for wish in wishes:
        form = chance.choice(WORDS[wish.figure, wish.up])
        amount = AMOUNTS[wish.amount]
        if form.startswith("make"):
            amount = _BEFORE.get(amount, "")
        clauses.append(form.format(f" {amount}" if amount else ""))
    return chance.choice(CONNECTORS).join(clauses)


def order(steps: Sequence[Step], chance: random.Random) -> str:
    """Say steps as an expert would, with amounts in tens of percent, in words drawn by chance."""
    clauses = []
    for step in steps:
        form = chance.choice(WORDS[figure_of(step.operation), step.amount > 0])
        percent = f"{min(10, max(1, round(abs(step.amount) * 10))) * 10}%"
        clauses.append(form.format(f" {percent}" if form.startswith("make") else f" by {percent}"))
    return chance.choice(CONNECTORS).join(clauses) + chance.choice((KEEP, ""))


def is_plain(prompt: str) -> bool:
    """Tell whether a prompt has none of the words that this editor does not follow."""
    return not (UNKNOWN_WORDS | {DEAF_TO}) & set(prompt.replace(",", " ").split())


def figure_of(operation: Operation) -> Figure:
    """Return the figure that an operation of this world moves."""
    for figure, _ in WORDS:
        if figure == operation:
            return figure
    raise ValueError(f"{operation!r} is no operation of the pocket world")
