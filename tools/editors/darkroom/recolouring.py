"""Reads clauses about named colours: a plain background, a thing or a colour that gets another."""

from dataclasses import replace

from editthinker.tools.editors.darkroom.adjusting import PLACED, Carry, Reading, region_of, things
from editthinker.tools.editors.darkroom.clauses import Clause
from editthinker.tools.editors.darkroom.recipe import Step
from editthinker.tools.editors.darkroom.target import BACKGROUND, MARKED, PHOTO, SUBJECT, Target
from editthinker.tools.editors.darkroom.words import Meaning, Word

_LONGEST_NAME = 3
"""Most words that may name the thing whose colour is meant: "the red sports car"."""

_LONGEST_NOUN = 2
"""Most words of a noun that stands in no list."""

_SKIES = {
    **dict.fromkeys(("sunset", "dusk", "dawn", "golden-hour"), "sunset"),
    **dict.fromkeys(("overcast", "stormy"), "overcast"),
    "night": "stars",
    "daylight": "clear",
}
"""What a sky or a background shows that becomes one of these looks."""

_STANDS = frozenset({"against", "on", "at", "in"})

_BECOMES = frozenset(
    {"replace", "swap", "switch", "change", "turn", "convert", "substitute", "put", "set", "use"}
    | {"place", "transform", "alter", "modify", "exchange"}
)

_PAINTS = frozenset({"paint", "repaint", "dye", "recolour", "recolor"})
"""Verbs that lay a colour on a thing, and not a tone over a photo."""

_SWAPS = frozenset({"replace", "swap", "switch", "exchange", "substitute"})

_PLAIN = frozenset({"plain", "solid"})

_BACKDROPS = frozenset({"wall", "walls", "crowd", "scenery", "curtain", "curtains"})
"""What stands behind the main thing of a photo, where something plain is to replace it."""

_WHEN = frozenset({"where", "when", "which", "who", "whose", "because"})

_FILLED = frozenset({"background", "sky", "ground", "marked"})
"""Targets that may be replaced by something plain."""


def read_fill(clause: Clause, _: Carry) -> Reading | None:
    """Read "make the background white", "replace the sky with a gradient from blue to white"."""
    clause = _emptied(_walled(clause))
    named = things(clause)
    replaces = any(word.text in {"replace", "swap", "fill"} for word in clause.words)
    scenery = any(thing.kind in {"sky", "ground"} for thing in named)
    if len(named) == 2 and BACKGROUND in named and _puts(clause) and not scenery:
        named = [BACKGROUND]
    ones = [thing.name for thing in named[1:] if thing.kind == "colour" and not thing.place]
    if len(named) != 1 + len(ones) or named[0].kind not in _FILLED or len(ones) > 1:
        return None
    drawn = clause.has("gradient") or _scene(clause)
    if not replaces and named[0] != BACKGROUND and not drawn:
        return None
    if drawn := _scene(clause):
        step = Step("fill", region=named[0], options=drawn, clause=clause.text)
        return Reading([step], Carry(steps=(step,), region=named[0]))
    kinds = ("region", "colour", "noun", "gradient", "axis", "number", "act", "degree")
    puts = ["relation"] if _puts(clause) else []
    if not clause.only(*kinds, "vertical-place", *puts):
        return None
    options: dict[str, str | float] | None = _filling(clause)
    if ones:  # "with a plain grey one"
        options = {"colour": ones[0]} if not clause.has("colour", "gradient") else None
    if options is None:
        return None
    step = Step("fill", region=named[0], options=options, clause=clause.text)
    return Reading([step], Carry(steps=(step,), region=named[0]))


def _walled(clause: Clause) -> Clause:
    """Read "put her in front of a cream wall" as a cream background."""
    words, puts = clause.words, {word.text for word in clause.all("verb")} & {"put", "place", "set"}
    for at in range(1, len(words)):
        target = words[at].meaning.target
        stands = words[at - 1].kind in {"relation", "noun"} or words[at - 1].text in _STANDS
        if puts and target and target.name == "wall" and target.colour and stands:
            colour = replace(words[at], meaning=Meaning("colour", target.colour))
            behind = replace(words[at], meaning=Meaning("region", "background", target=BACKGROUND))
            return replace(clause, words=(*words[:at], colour, behind, *words[at + 1 :]))
    return clause


def _emptied(clause: Clause) -> Clause:
    """Read "replace the crowd with plain blue" as a plain background."""
    named = [word for word in clause.all("region") if word.meaning.target]
    plain = clause.has("gradient") or any(set(word.text.split()) & _PLAIN for word in clause.words)
    swaps = any(word.text in _SWAPS for word in clause.words)
    if not named or not (plain and swaps) or not all(_is_behind(word) for word in named):
        return clause
    words = [word for word in clause.words if word not in named[1:]]
    at = words.index(named[0])
    words[at] = replace(words[at], meaning=Meaning("region", "background", target=BACKGROUND))
    return replace(clause, words=tuple(words))


def _is_behind(word: Word) -> bool:
    """Return whether a word names what stands behind the main thing: "the wall", "the crowd"."""
    target = word.meaning.target
    return bool(target and target.behind) or word.text.split()[-1] in _BACKDROPS


def _scene(clause: Clause) -> dict[str, str | float] | None:
    """Return what is drawn in the place of a background: "a starry night sky"."""
    scenes = [str(word.meaning.value) for word in clause.all("scene")]
    looks = [_SKIES.get(str(word.meaning.value), "") for word in clause.all("look")]
    verbs = {word.text for word in clause.all("verb")}
    if looks and not verbs & _BECOMES:
        return None  # "make the background moody"
    found = set(scenes or looks)
    colours = [str(word.meaning.value) for word in clause.all("colour")]
    kinds = ("region", "scene", "look", "noun", "aspect", "relation", "colour", "operation")
    plain = all(word.meaning.role in {"high", "low"} for word in clause.all("operation"))
    if len(found) != 1 or "" in found or not clause.only(*kinds, "gradient") or not plain:
        return None
    scene = found.pop()
    if not colours or scene != "studio":
        return {"scene": scene} if not colours else None
    return {"scene": scene, "colour": colours[0]} if len(colours) == 1 else None


def _puts(clause: Clause) -> bool:
    """Return whether a thing is put in front of something: "put the cat on a white background"."""
    if any(word.text == "isolate" for word in clause.words):
        return not any(word.definite for word in clause.all("colour"))
    return any(word.text in {"put", "place", "set"} for word in clause.words)


def _filling(clause: Clause) -> dict[str, str | float] | None:
    """Return what takes the place of the old: a colour, a gradient or another image."""
    colours = [str(word.meaning.value) for word in clause.all("colour")]
    numbers = [float(w.meaning.value) for w in clause.all("number") if w.text != "one"]
    axes = [word.text for word in clause.all("axis")]
    ends = [word.meaning.value for word in clause.all("vertical-place")]
    if ends:  # "from black at the top to grey at the bottom"
        axes.append("top to bottom" if ends == ["top", "bottom"] else "bottom to top")
    if clause.has("gradient") and len(colours) == 2 and not numbers and len(axes) < 2:
        if axes == ["bottom to top"]:
            colours.reverse()
        across = any(word.meaning.value == "horizontal" for word in clause.all("axis"))
        way = "right" if across else "down"
        return {"colour": colours[0], "end": colours[1], "direction": way}
    if clause.has("gradient", "axis"):
        return None
    if len(colours) == 2 and not numbers and clause.words[-1].kind == "colour":
        colours = colours[1:]  # "change the background from white to black"
    if len(numbers) == 1 and not colours and clause.has("region"):
        return {"image": numbers[0]} if numbers[0] >= 2 else None
    return {"colour": colours[0]} if len(colours) == 1 and not numbers else None


def read_repaint(clause: Clause, carry: Carry) -> Reading | None:
    """Read "make the car red", "change the colour of the cat to orange"."""
    clause = _with_unknown_named(clause)
    named = things(clause) or _pointed(clause) or _furry(clause)
    verbs = clause.all("verb")
    clause, instead = _without_instead(_gilded(clause))
    colours = clause.all("colour")
    if not named or not clause.only("region", "colour", "noun", "degree", "act"):
        return None
    if len(named) == 1 and named[0].name == "hair" and named[0].colour and not colours:
        if not any(verb.text in {"give", "giving"} for verb in verbs):
            return None
        hair, options = replace(named[0], colour=""), {"target": named[0].colour}
        step = Step("recolour", region=hair, options=options, clause=clause.text)
        return Reading([step], Carry(steps=(step,), region=hair))  # "give her red hair"
    adds = verbs and all(verb.meaning.value == "add" for verb in verbs)
    if clause.has("act") or (adds and not clause.has("noun")):
        return None
    thing, target = named[0], _colour_of(named, [str(word.meaning.value) for word in colours])
    if not target or thing == BACKGROUND or not _paints(clause, carry):
        return None
    source = thing.colour or (thing.name if thing.kind == "colour" and thing.place == "all" else "")
    if instead and not source:
        options = {"source": instead, "target": target}
        step = Step("recolour", region=thing, options=options, clause=clause.text)
        return Reading([step], Carry(steps=(step,), region=thing))
    if source == target:
        return None
    region, options = thing, {"target": target}
    if source:
        options = {"source": source, "target": target}
        region = thing if thing.colour else PHOTO
    step = Step("recolour", region=region, options=options, clause=clause.text)
    return Reading([step], Carry(steps=(step,), region=region))


def _with_unknown_named(clause: Clause) -> Clause:
    """Read the cone of "make the traffic cone green" as a thing, though no list has it."""
    words = clause.words
    unknown = [at for at, word in enumerate(words) if word.kind == "unknown"]
    if clause.has("region", "look") or not 1 <= len(unknown) <= _LONGEST_NOUN:
        return clause
    first, last = unknown[0], unknown[-1]
    text = " ".join(word.text for word in words[first : last + 1])
    apart = last - first + 1 != len(unknown)
    if apart or not words[first].definite or not text.replace(" ", "").isalpha():
        return clause
    meaning = Meaning("region", "object", target=Target("object", text))
    thing = replace(
        words[last], text=text, meaning=meaning, start=words[first].start, definite=True
    )
    return replace(clause, words=(*words[:first], thing, *words[last + 1 :]))


def _pointed(clause: Clause) -> list[Target]:
    """Read "make this red" as about what the user marked, "paint it red" as the main thing."""
    said = [word.text for word in clause.all("region")]
    if said in (["it"], ["them"]) and any(verb.text in _PAINTS for verb in clause.all("verb")):
        return [SUBJECT]
    return [MARKED] if said in (["this"], ["this one"]) else []


def _furry(clause: Clause) -> list[Target]:
    """Read "make his fur brown" as about the main thing, where nobody was spoken of before."""
    return [SUBJECT] if any(word.meaning.value == "coat" for word in clause.words) else []


def _gilded(clause: Clause) -> Clause:
    """Read "make the car golden" as a colour; a golden photo or sky is a warm one."""
    named, gold = things(clause), Meaning("colour", "gold")
    gives = any(verb.meaning.value == "add" for verb in clause.all("verb"))
    if len(named) != 1 or named[0].kind not in {"object", "text"} or gives:
        return clause
    words = (replace(w, meaning=gold) if w.text == "golden" else w for w in clause.words)
    return replace(clause, words=tuple(words))


def _without_instead(clause: Clause) -> tuple[Clause, str]:
    """Take "instead of red" from the end of a clause, and return the colour apart."""
    words = clause.words
    if len(words) < 2 or words[-2].text != "instead of" or words[-1].kind != "colour":
        return clause, ""
    return replace(clause, words=words[:-2]), str(words[-1].meaning.value)


def _colour_of(named: list[Target], colours: list[str]) -> str:
    """Return what a thing becomes: a colour, or what has it, as in "with a blue one"."""
    if len(named) == 1 and len(colours) == 1:
        return colours[0]
    if len(named) != 2 or colours:
        return ""
    thing, other = named
    if other.kind == "colour" and not other.place:
        return other.name
    return other.colour if other.kind == "object" and other.name == thing.name else ""


def _paints(clause: Clause, carry: Carry) -> bool:
    """Return whether a clause orders a colour, and does not only tell of one."""
    first = next(word for word in clause.words if word.kind != "filler")
    if clause.orders or first.kind == "noun":
        return True
    if [word.kind for word in clause.words] == ["region", "colour"]:
        return True
    wished = {"should", "must", "want", "needs", "need", "would like", "i'd like", "like to"}
    wished |= {"could", "can", "prefer", "id like", "i'd love", "i would like"}
    listed = any(step.operation == "recolour" for step in carry.steps)
    return listed or any(word.text in wished for word in clause.words)


def _by_colour(source: str, thing: str) -> str:
    return f"Matched the colour {source} wherever it is, not the {thing!r} as such."


def read_recolour(clause: Clause, carry: Carry) -> Reading | None:
    """Read "change the red to blue", "turn the orange flowers purple"."""
    if clause.words and clause.words[-1].text == "instead":
        clause = replace(clause, words=clause.words[:-1])
    colours = clause.all("colour")
    continues = any(step.operation == "recolour" for step in carry.steps)
    joined = clause.has("region") or any(
        word.text in {"to", "into", "with", "for"} for word in clause.words
    )
    if len(colours) != 2 or not clause.only("colour", "noun", "region", "unknown", *PLACED):
        return None
    region = region_of(clause)
    wished = joined and _paints(clause, carry)
    if region is None or not (clause.orders or wished or (joined and continues)):
        return None
    source, target = (str(word.meaning.value) for word in colours)
    named = [word for word in clause.all("unknown")]
    if any(word.text in _WHEN for word in named):
        return None  # "blue where it is orange now"
    first, last = (clause.words.index(word) for word in colours)
    between = clause.words[first + 1 : last]
    if source == target or len(named) > _LONGEST_NAME or any(w not in between for w in named):
        return None
    notes: tuple[str, ...] = ()
    if named:
        notes = (_by_colour(source, " ".join(word.text for word in named)),)
    options = {"source": source, "target": target}
    step = Step("recolour", region=region, options=options, clause=clause.text)
    return Reading([step], Carry(steps=(step,)), notes)
