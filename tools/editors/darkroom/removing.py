"""Reads clauses about things as a whole: remove, cut out, move, duplicate, leave in colour."""

from dataclasses import replace

from editthinker.tools.editors.darkroom.adjusting import (
    Carry,
    Reading,
    amount_of,
    read_adjustments,
    things,
)
from editthinker.tools.editors.darkroom.clauses import Clause
from editthinker.tools.editors.darkroom.recipe import Operation, Step
from editthinker.tools.editors.darkroom.target import BACKGROUND, MARKED, PHOTO, SUBJECT, Target
from editthinker.tools.editors.darkroom.words import Word

_PLAIN_WAY = 0.25
"""How far something is moved where no word says how far, as a share of the photo."""

_POINTED = frozenset({"this", "that", "these", "those", "this one", "that one"})

_POLITE = frozenset(
    {"please", "kindly", "can", "could", "would", "you", "i", "we", "want", "want to", "to"}
    | {"would like", "i'd", "i'd like", "like to", "just", "simply", "now", "completely"}
)

_PUSHES = frozenset({"shift", "push", "pull", "scoot"})

_PUTS = frozenset({"put", "place", "set", "bring"})

_LETTERS = frozenset({"text", "texts", "lettering", "letters", "writing", "words", "wording"})
"""What means all that is written, where no place picks out a line."""

_IN_COLOUR = frozenset({"colour", "color", "coloured", "colored"})

_PARTS = frozenset({"eye", "lips", "mouth", "nose", "teeth", "skin"})
"""Without which a face is no face."""

_WAYS = {
    **{name: name for name in ("left", "right", "up", "down")},
    "top": "up",
    "higher": "up",
    "bottom": "down",
    "lower": "down",
}


def read_remove(clause: Clause, _: Carry) -> Reading | None:
    """Read "remove the man on the left", "erase the text", "remove everything but the cat"."""
    ways = clause.all("direction")
    if not ways or any(word.meaning.value != "off" for word in ways):
        return None
    if any(verb.meaning.value in {"add", "change"} for verb in clause.all("verb")):
        return None  # "I don't want you to change the background"
    if clause.words[-1].text == "take off" and clause.has("verb"):
        return None  # "let the rocket take off"
    named = things(with_every_line(clause))
    quotes = [str(word.meaning.value).strip() for word in clause.all("quote")]
    if not named and len(quotes) == 1 and quotes[0] and clause.only("direction", "quote"):
        return _reading(clause, Step("erase-text", region=Target("text", quotes[0])))
    if not named and points(clause):
        return _reading(clause, Step("remove", region=MARKED))
    if not named or not clause.only("direction", "region", "except", "degree", "attached"):
        return None
    if clause.all("region")[0].meaning.target == PHOTO:
        return None  # "remove the picture on the wall"
    if clause.has("except"):
        return _reading(clause, Step("cutout", region=named[0])) if len(named) == 1 else None
    if named[0] == BACKGROUND and len(named) == 2:  # "remove the background of the cat"
        return _reading(clause, Step("cutout", region=named[1]))
    step = removal(named[0]) if len(named) == 1 else None
    if step and step.operation == "remove" and clause.has("attached"):
        step = replace(step, amount=1.0)
    return _reading(clause, step) if step else None


def with_every_line(clause: Clause) -> Clause:
    """Read "the text" as every line of it; "the caption" and what is placed is one."""
    return replace(clause, words=tuple(_every_line(word) for word in clause.words))


def _every_line(word: Word) -> Word:
    target, said = word.meaning.target, set(word.text.split())
    if not target or target.kind != "text" or target.name or target.place:
        return word
    if "line" in said or not said & _LETTERS:
        return word
    return replace(word, meaning=replace(word.meaning, target=replace(target, place="all")))


def points(clause: Clause) -> bool:
    """Return whether a clause points at what the user marked: "remove this, please"."""
    said = [word for word in clause.words if word.text not in _POLITE]
    if len(said) > 2 and said[-1].meaning.target == PHOTO and said[-2].text in {"from", "in"}:
        said = said[:-2]
    kinds = [word.kind for word in said[:-1]]
    return kinds == ["direction"] and said[-1].text in _POINTED


def removal(target: Target) -> Step | None:
    """Return the step that takes something away, None where nothing would be left of the photo."""
    if target.kind == "text":
        return Step("erase-text", region=target)
    if target == BACKGROUND:
        return Step("cutout", region=SUBJECT)
    if target.kind in {"photo", "sky", "ground"} or target.name in _PARTS:
        return None
    return Step("remove", region=target)


def read_cutout(clause: Clause, carry: Carry) -> Reading | None:
    """Read "cut out the cat", "make the background transparent"."""
    named = things(clause)
    puts = any(word.text in {"put", "place", "set"} for word in clause.words)
    if len(named) == 2 and named[1] == BACKGROUND and clause.has("clear"):
        # "isolate the rocket on a transparent background"
        puts |= [step.operation for step in carry.steps[:1]] == ["cutout"]
        if not clause.only("act", "region", "clear", "noun") or not (_acts(clause) or puts):
            return None
        wanted = _acts(clause) <= {"cut-out"} and named[0].kind not in {"sky", "ground"}
        return _reading(clause, Step("cutout", region=named[0])) if wanted else None
    if len(named) > 1 or not clause.only("act", "region", "clear", "degree", "noun"):
        return None
    if _acts(clause) == {"cut-out"} and not clause.has("clear"):
        kept = SUBJECT if not named or named[0] == BACKGROUND else named[0]
        return _reading(clause, Step("cutout", region=kept))
    if clause.has("clear") and not clause.has("act") and named == [BACKGROUND]:
        return _reading(clause, Step("cutout", region=SUBJECT))
    return None


def read_move(clause: Clause, carry: Carry) -> Reading | None:
    """Read "move the cup to the right", "duplicate the balloon"."""
    acts, named = _acts(clause), things(clause)
    if replaced := _read_put(clause, carry):
        return replaced
    kinds = ("act", "region", "side", "vertical-place", "direction", "degree", "percent", "corner")
    if any(word.text in _PUSHES for word in clause.words) and not acts:
        acts = {"move"}
    if not acts and not clause.orders and carry.steps:  # "... and the woman to the right"
        acts = {"move", "duplicate"}.intersection([carry.steps[0].operation])
    if not named and any(word.text in {"it", "this"} for word in clause.words):
        named = [SUBJECT]
    if len(acts) != 1 or len(named) != 1 or not clause.only(*kinds):
        return None
    if named[0].kind in {"background", "sky", "ground"}:
        return None
    words = [w for w in clause.all("side", "vertical-place", "direction") if w.text not in _PUSHES]
    ways = {
        _WAYS.get(word.text if word.kind == "direction" else str(word.meaning.value), "")
        for word in words
    }
    copies = acts == {"duplicate"}
    if "" in ways or len(ways) > 1 or acts == {"cut-out"} or not (ways or copies):
        return None
    if copies and not ways and clause.has("verb") and named[0].place in _WAYS:
        # "put another cup on the left"
        ways, named = {_WAYS[named[0].place]}, [replace(named[0], place="")]
    share = amount_of(clause.words)
    if share is None:
        share = _PLAIN_WAY
    elif not clause.has("percent"):
        share = round(share * _PLAIN_WAY / 0.5, 4)
    if not share:
        return None
    way = ways.pop() if ways else "right"
    operation: Operation = "duplicate" if copies else "move"
    return _reading(clause, Step(operation, share, named[0], {"direction": way}))


def _read_put(clause: Clause, carry: Carry) -> Reading | None:
    """Read "put it on the left": another way for what was just copied, or a move of its own."""
    if not clause.has("verb") or not all(word.text in _PUTS for word in clause.all("verb")):
        return None
    if not clause.only("act", "region", "side", "vertical-place", "corner"):
        return None
    named = things(clause)
    sides = [str(word.meaning.value) for word in clause.all("side", "vertical-place")]
    sides += [thing.place for thing in named if thing.place]
    if len(sides) == 2 and set(sides) & {"left", "right"}:  # "in the bottom left corner"
        sides = [side for side in sides if side in {"left", "right"}]
    if len(sides) != 1 or sides[0] not in _WAYS or len(named) > 1:
        return None
    last = carry.steps[0] if len(carry.steps) == 1 else None
    copied = last is not None and last.operation == "duplicate" and _acts(clause) <= {"duplicate"}
    if last and copied and (not named or replace(named[0], place="") == last.region):
        step = replace(last, options={"direction": _WAYS[sides[0]]})
        return replace(_reading(clause, step), instead=True)
    if not named or _acts(clause) or named[0].kind not in {"object", "subject", "colour"}:
        return None
    if not any(word.definite for word in clause.all("region")):
        return None  # "put a hat on the left"
    thing = replace(named[0], place="")
    return _reading(clause, Step("move", _PLAIN_WAY, thing, {"direction": _WAYS[sides[0]]}))


def read_only(clause: Clause) -> Reading | None:
    """Read "keep only the cat", "leave only the red in colour"."""
    if not any(word.text in {"only", "just"} for word in clause.words):
        return None
    named = things(clause)
    colours = [Target("colour", str(word.meaning.value), "all") for word in clause.all("colour")]
    coloured = any(word.text in _IN_COLOUR for word in clause.all("noun"))
    kinds = ("keep", "region", "noun", "colour", "closer")
    if not clause.only(*kinds) or len(named + colours) != 1 or not (clause.has("keep") or coloured):
        return None
    if (coloured or colours) and not (named and named[0] in (BACKGROUND, SUBJECT)):
        return _reading(clause, Step("isolate", region=(named + colours)[0]))
    if coloured:
        other = SUBJECT if named[0] == BACKGROUND else BACKGROUND
        return _reading(clause, Step("black-and-white", region=other))
    if not named or named[0].kind not in {"subject", "object", "colour", "face", "marked"}:
        return None
    return _reading(clause, Step("cutout", region=named[0]))


def read_rest(clause: Clause, carry: Carry) -> Reading | None:
    """Read "make everything except the flower black and white", "blur all but the cat"."""
    named = things(clause)
    if not clause.has("except") or len(named) != 1:
        return None
    if [word.meaning.value for word in clause.all("colour")] == ["grey"]:
        return _reading(clause, Step("isolate", region=named[0]))
    words = tuple(word for word in clause.words if word.kind not in {"except", "region"})
    return read_all_but(replace(clause, words=words), carry, named[0])


def read_all_but(clause: Clause, carry: Carry, thing: Target) -> Reading | None:
    """Read what is asked of the whole photo, one thing left as it is."""
    found = read_adjustments(clause, replace(carry, region=PHOTO))
    if found is None or any(step.region != PHOTO for step in found.steps):
        return None
    if thing in (BACKGROUND, SUBJECT):
        other = SUBJECT if thing == BACKGROUND else BACKGROUND
        return replace(found, steps=[replace(step, region=other) for step in found.steps])
    if all(_drains(step) for step in found.steps):
        found = _reading(clause, Step("isolate", region=thing))
        return replace(found, carry=replace(found.carry, but=True))
    return replace(found, spared=(thing,), carry=replace(found.carry, but=True))


def _drains(step: Step) -> bool:
    return step.operation == "black-and-white" or (
        step.operation == "saturation" and step.amount < 0
    )


def _acts(clause: Clause) -> set[str]:
    return {str(word.meaning.value) for word in clause.all("act")}


def _reading(clause: Clause, step: Step) -> Reading:
    step = replace(step, clause=clause.text)
    return Reading([step], Carry(steps=(step,), region=step.region))
