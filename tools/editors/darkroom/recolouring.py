"""Reads clauses about named colours: a plain background, one colour turned into another."""

from editthinker.tools.editors.darkroom.adjusting import Carry, Reading, region_of
from editthinker.tools.editors.darkroom.clauses import Clause
from editthinker.tools.editors.darkroom.recipe import Step

_LONGEST_NAME = 3
"""Most words that may name the thing whose colour is meant: "the red sports car"."""


def read_fill(clause: Clause, _: Carry) -> Reading | None:
    """Read "make the background white", "replace the background with light blue"."""
    colours = clause.all("colour")
    removed = clause.only("region", "direction") and any(
        word.meaning.value == "off" for word in clause.all("direction")
    )
    if region_of(clause) != "background" or not (len(colours) == 1 or removed):
        return None
    if not removed and not clause.only("region", "colour", "noun"):
        return None
    if any(word.meaning.value == "subject" for word in clause.all("region")):
        return None
    colour = "white" if removed else str(colours[0].meaning.value)
    notes = ("Removed the background by making it plain white.",) if removed else ()
    step = Step("fill", region="background", options={"colour": colour}, clause=clause.text)
    return Reading([step], Carry(steps=(step,), region="background"), notes)


def read_recolour(clause: Clause, carry: Carry) -> Reading | None:
    """Read "change the red to blue", "turn the orange flowers purple"."""
    colours = clause.all("colour")
    continues = any(step.operation == "recolour" for step in carry.steps)
    joined = any(word.text in {"to", "into", "with", "for"} for word in clause.words)
    if len(colours) != 2 or not clause.only("colour", "noun", "region", "unknown"):
        return None
    if not (clause.orders or (joined and continues)):
        return None
    source, target = (str(word.meaning.value) for word in colours)
    named = [word for word in clause.all("unknown")]
    first, last = (clause.words.index(word) for word in colours)
    between = clause.words[first + 1 : last]
    if source == target or len(named) > _LONGEST_NAME or any(w not in between for w in named):
        return None
    notes: tuple[str, ...] = ()
    if named:
        thing = " ".join(word.text for word in named)
        notes = (f"Matched the colour {source} wherever it is, not the {thing!r} as such.",)
    options = {"source": source, "target": target}
    step = Step("recolour", region=region_of(clause), options=options, clause=clause.text)
    return Reading([step], Carry(steps=(step,)), notes)
