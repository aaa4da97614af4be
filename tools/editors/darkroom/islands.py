"""What a clause wants, told by a few words of it: the islands of an island grammar.

Each reader looks for the words that its wish turns on (`gist.toml`), lets the rest be water, and
returns the wish as a plain order. What it turns on must be there: nothing is made up.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from editthinker.tools.editors.darkroom.kinds import belongs
from editthinker.tools.editors.darkroom.merging import GROWN
from editthinker.tools.editors.darkroom.recipe import REDRAWING
from editthinker.tools.editors.darkroom.target import BACKGROUND, PHOTO, SUBJECT, Target, quoted
from editthinker.tools.editors.darkroom.words import Word

JOINTS = frozenset(
    {"on", "of", "off", "from", "in", "at", "under", "behind", "across", "over", "to", "with"}
    | {"crossing", "near", "beside", "for", "around", "between", "against", "into"}
)
"""Words after which a thing only tells where another one is."""

POINTS = frozenset({"it", "them", "this one", "that one", "them both", "this", "both"})
"""Words for what was spoken of before."""

_NAMELESS = frozenset({"unknown", "body", "thing", "operation", "vertical-place", "look"})
"""Kinds of words that may be the noun that a verb is about."""

_COUNTS = frozenset({"two", "three", "four", "five", "ten"})

_SKY = Target("sky")

_WHOLE = frozenset({"background", "sky", "ground", "photo"})

_MEDIA = REDRAWING | {"sepia", "black-and-white"}

_SAID = re.compile(r"[^\s,;.!?]+")

_LETTERING = re.compile(
    r"^(all|both|whole|every|lines? of|the| )*(writing|lettering|text|letters|words|print)\b"
)

_CUTS = re.compile(r"\bcut\b.*\bout\b(?! of)|\bcut-?out\b|\bisolated?\b|\bstand-?alone\b")

_BEHIND = re.compile(r"\bbehind( these| those| this| that| my| your| our| all)*$")

_SPLASH = re.compile(r"\b(?:splash|pop|touch|hint|dash) of ([a-z]+)\b")

_CLOUDS = re.compile(r"\b(add|give|put|want|some|with|need|like)\b.*\bclouds\b")

_FADES = re.compile(
    r"\b(fade|fades|fading|blend|blends|blending|go|going|run|running|shade|melt)\b.*\b(to|into)\b"
)


@dataclass(frozen=True)
class Chunk:
    """A part of a sentence that may hold one wish."""

    words: tuple[Word, ...]
    text: str
    topic: tuple[Target, ...] = ()
    """What was spoken of before: "it"."""

    @property
    def said(self) -> str:
        """The text in lower case, with one space between words and around it."""
        words = _SAID.findall(self.text.lower().replace("’", "'"))
        return f" {' '.join(words)} "

    def says(self, name: str) -> str:
        """Return the first of a list's words that stands in it; empty for none."""
        return next((words for words in listed(name) if f" {words} " in self.said), "")

    def where(self, name: str) -> tuple[int, int] | None:
        """Return where in `said` the longest words of a list stand first."""
        found = [(self.said.find(f" {w} "), -len(w)) for w in listed(name) if f" {w} " in self.said]
        if not found:
            return None
        at, size = min(found)
        return at + 1, at + 1 - size

    def things(self) -> list[tuple[int, Word, Target]]:
        """Return the things that it names, with the number of the word."""
        return [
            (at, word, target)
            for at, word in enumerate(self.words)
            if (target := _meant(word)) and target != PHOTO
        ]

    def named(self) -> tuple[Target, ...]:
        """Return what it is about: what it names first, or what was spoken of before."""
        found = _object(self, 0)
        if not self.things():
            return self.topic if self.points() else ()
        return found or ()

    def points(self) -> bool:
        """Whether it speaks of what was named before."""
        return any(word.meaning.target == PHOTO for word in self.words) or bool(
            re.search(r"\b(that|this|those|these|both|them|it|its|one)\b", self.said)
        )

    def colours(self, *, all_of_them: bool = False) -> list[tuple[int, str]]:
        """Return the colours that something is to have, with the number of the word.

        Args:
            all_of_them: Whether the one that it has now counts: "from blue to white".
        """
        return [
            (at, str(word.meaning.value))
            for at, word in enumerate(self.words)
            if word.kind == "colour"
            and not self._describes(at)
            and not self._follows(at, "instead" if all_of_them else "not_colour")
        ]

    def _describes(self, at: int) -> bool:
        """Whether a colour only tells which thing is meant: "a blue scarf"."""
        word, rest = self.words[at], self.words[at + 1 :]
        if not rest or rest[0].text == "of":
            return bool(rest)
        after = rest[0]
        if not _touches(word, after) or after.text in listed("surfaces"):
            return False
        if after.meaning.target:
            return after.meaning.target != BACKGROUND
        strange = {"unknown", "thing", "operation", "look", "body", "distinct", "scene"}
        return after.kind in strange and after.text not in listed("hues")

    def patterned(self) -> bool:
        """Whether something else is to have a colour, too: "with white dots"."""
        return any(
            word.kind == "colour" and after.kind in {"unknown", "thing"} and self._describes(at)
            for at, (word, after) in enumerate(pairwise(self.words))
        )

    def _follows(self, at: int, name: str) -> bool:
        """Whether words of a list stand right before a word."""
        before = " ".join(word.text for word in self.words[max(0, at - 3) : at])
        return any(f" {before} ".endswith(f" {words} ") for words in listed(name))


def _touches(word: Word, after: Word) -> bool:
    """Whether nothing stands between two words, not even "the"."""
    return after.start - word.end <= 1


def _meant(word: Word) -> Target | None:
    target = word.meaning.target
    if target and target.kind == "object" and target.name == "wall" and target.behind:
        return BACKGROUND
    return target


@lru_cache(maxsize=1)
def _lists() -> Mapping[str, tuple[str, ...]]:
    text = Path(__file__).with_name("gist.toml").read_text(encoding="utf-8")
    return {
        name: tuple(sorted(dict.fromkeys(words), key=len, reverse=True))
        for name, words in tomllib.loads(text).items()
    }


def listed(name: str) -> tuple[str, ...]:
    """Return a list of `gist.toml`, longest words first."""
    return _lists()[name]


def phrases(targets: Sequence[Target]) -> str:
    """Return things as a list in plain English."""
    return " and ".join(target.phrase() for target in targets)


def orders_in(chunk: Chunk) -> Iterator[str]:
    """Return what a clause may want as plain orders, the likeliest first."""
    for read in _READERS:
        if found := read(chunk):
            yield found


def _text(chunk: Chunk) -> str:
    """Read a clause with a text in quotation marks."""
    quotes = [
        (at, str(w.meaning.value).strip()) for at, w in enumerate(chunk.words) if w.kind == "quote"
    ]
    if not quotes or len(quotes) > 2:
        return ""
    (first, old), (last, new) = quotes[0], quotes[-1]
    if len(quotes) == 2:
        joint = " ".join(word.text for word in chunk.words[first + 1 : last])
        if any(f" {words} " in f" {joint} " for words in listed("instead")):
            return f"replace the text {quoted(new)} with {quoted(old)}"
        if any(f" {words} " in f" {joint} " for words in listed("between")):
            return f"replace the text {quoted(old)} with {quoted(new)}"
        return ""
    before = " ".join(word.text for word in chunk.words[:first])
    if any(f" {words} " in f" {before} " for words in listed("takes") if words != "no"):
        return f"remove the text {quoted(old)}"
    named = [target for at, _, target in chunk.things() if target.kind == "text" and at < first]
    if any(f" {words} " in f" {before} " for words in listed("rewrites")) and (
        named or re.search(r"\b(say|read|says|reads|spell)\b", before)
    ):
        return f"replace {(named or [Target('text')])[0].phrase()} with {quoted(old)}"
    changes = chunk.says("rewrites") not in ("", "make", "should", "must", "let")
    upon = re.search(r"\b(on|onto|to) $", f"{before_thing(chunk)} ")
    if changes or upon or chunk.says("takes") == "no":
        return ""
    return _writing(chunk, old)


def before_thing(chunk: Chunk) -> str:
    """Return the words up to the first object that is named."""
    at = next((at for at, _, target in chunk.things() if target.kind == "object"), 0)
    return " ".join(word.text for word in chunk.words[:at])


def _writing(chunk: Chunk, content: str) -> str:
    said = chunk.said
    size = "small " if chunk.says("smalls") else "big " if chunk.says("larges") else ""
    colour = next((str(w.meaning.value) for w in chunk.words if w.kind == "colour"), "")
    letters = f" in {size}{colour} letters" if size or colour else ""
    content = content.upper() if chunk.says("capitals") else content
    rows = [row for row, name in (("top", "tops"), ("bottom", "bottoms")) if chunk.says(name)]
    sides = [side for side in ("left", "right") if f" {side} " in said or f"-{side} " in said]
    place = " ".join([*rows[:1], *sides[:1]]) or ("centre" if chunk.says("middles") else "")
    if not rows and sides and chunk.says("middles"):
        place = sides[0]
    return f"write {quoted(content)}{letters}" + (f" at the {place}" if place else "")


def isolation(chunk: Chunk) -> str:
    """Read "everything grey except the flower", "the lamp in colour and the rest grey"."""
    grey = chunk.says("greys")
    if grey and (spot := _SPLASH.search(chunk.said)):
        return f"turn everything black and white except the {spot[1]}"
    things = [one for _, _, one in chunk.things() if one.kind not in _WHOLE | {"colour"}]
    if not grey or not things:
        return ""
    kept = chunk.where("excepts")
    rest = re.search(r"\b(everything|all|the rest|rest of|whole|entire|anything)\b", chunk.said)
    if chunk.colours() and not all(colour == "grey" for _, colour in chunk.colours()):
        return ""
    if not rest or not (kept or chunk.says("rests")):
        return ""
    return f"turn everything black and white except {phrases(things[:1])}"


def _removal(chunk: Chunk) -> str:
    """Read "lose the lamp", "the lamp has to go", "could it be taken out"."""
    works = {"operation", "look", "scene", "colour"}
    if any(w.kind in works and w.meaning.role not in {"hosts", "name"} for w in chunk.words):
        return ""
    found: tuple[Target, ...] | None = ()
    if where := chunk.where("takes"):
        taken = chunk.said[where[0] : where[1]].strip()
        if taken not in {"get", "take"} or chunk.says("away"):
            start = _word_at(chunk, taken)
            if _LETTERING.search(" ".join(word.text for word in chunk.words[start : start + 5])):
                return "remove the text"
            found = _object(chunk, start)
            picks = any(word.kind in {"size", "side", "distinct", "number"} for word in chunk.words)
            if found is None and chunk.points() and not picks:  # not "remove the biggest one"
                found = chunk.topic
    elif chunk.says("goes"):
        found = chunk.named()
    if not found or any(target.kind in _WHOLE or target == SUBJECT for target in found):
        return ""
    return f"remove {phrases(found)}"


def _word_at(chunk: Chunk, said: str) -> int:
    """Return the number of the first word after some words."""
    last, ends = said.split()[-1], said.split()
    for at, word in enumerate(chunk.words):
        text = word.text.split()
        if text[: len(ends)] == ends or text[-1:] == [last] or word.text == said:
            return at + 1
    return 0


def _object(chunk: Chunk, start: int) -> tuple[Target, ...] | None:
    """Return the things that follow a verb; () for one that has no name here, None for none."""
    strange, words = False, chunk.words
    group: list[Target] = []
    for at in range(start, len(words)):
        word, target = words[at], _meant(words[at])
        if target and target != PHOTO:
            aside = target.side or any(other.kind == "side" for other in words)
            counted = aside and _COUNTS & set(word.text.split())
            if (
                counted
                or _is_of_another(chunk, at)
                or _is_one_of_several(words[start:], at - start, target)
            ):
                return ()
            group.append(target)
            if at + 1 == len(words) or words[at + 1].kind != "break":
                return tuple(group)
            continue
        if word.kind == "break":
            if not group:
                return () if strange else None
            continue
        if group and word.kind not in {"filler", "degree", "quantifier", "noun"}:
            return tuple(group)
        strange |= word.kind in _NAMELESS or (target == PHOTO and word.text not in POINTS)
        strange &= word.text not in listed("frames")
        if strange and (word.text in JOINTS or word.text.endswith(" of")):
            return ()
    return tuple(group) or (() if strange else None)


def _is_of_another(chunk: Chunk, at: int) -> bool:
    """Whether a thing only tells whose another one is: "the boat's hull", "the plate of food"."""
    rest = chunk.words[at + 1 :]
    if not rest:
        return False
    merged = JOINTS & set(chunk.words[at].text.split())  # "the twig crossing the cat's nose"
    if (rest[0].kind == "owner" and not merged) or (rest[0].text == "of" and len(rest) > 1):
        return True
    if rest[0].text in {"on", "of"} and len(rest) > 1 and rest[1].kind == "body":
        return True
    if rest[0].text in listed("heads") or rest[0].text.endswith(("ing", "ed")):
        return False
    named = rest[0].kind in {"unknown", "body", "thing"}
    placed = chunk.words[at].text.endswith(("left", "right", "top", "bottom"))
    return named and not placed and _touches(chunk.words[at], rest[0])


def _is_one_of_several(words: Sequence[Word], at: int, target: Target) -> bool:
    """Whether a thing is picked out in a way that is not understood."""
    placed = bool(target.place not in ("", "all") or target.side or target.row or target.number)
    aside = placed or any(word.kind == "side" for word in words)
    distinct = any(word.kind == "distinct" for word in words[:at])
    numbers = [float(word.meaning.value) for word in words if word.kind == "number"]
    return (distinct and not placed) or any(
        (number >= 2 and aside) or number == 1 for number in numbers
    )


def _background(chunk: Chunk) -> str:
    """Read what is to lie behind something: a colour, a gradient, nothing, a sky."""
    if any(word.meaning.value in REDRAWING for word in chunk.words):
        return ""
    things = [target for _, _, target in chunk.things()]
    place = next((one for one in things if one in (BACKGROUND, _SKY)), None)
    if not things and chunk.topic in ((BACKGROUND,), (_SKY,)):
        place = chunk.topic[0]  # "can you put a plain beige there"
    clear = any(word.kind == "clear" for word in chunk.words)
    if clear or (_CUTS.search(chunk.said) and not chunk.colours()):
        return _cutout(chunk, things, place)
    if not place and re.search(r"\b(on|onto|against|behind|before)\b.*\bgradient\b", chunk.said):
        place = BACKGROUND
    if not place and chunk.colours() and _BEHIND.search(before_thing(chunk)):
        place = BACKGROUND  # "a dark green behind these coins"
    name = place.phrase() if place else ""
    scene = next((w for w in chunk.words if w.kind == "scene"), None)
    if place and scene and not scene.definite:
        return f"replace {name} with a {scene.text}"
    if _CLOUDS.search(chunk.said) and not chunk.says("takes"):
        return "replace the sky with a blue sky with clouds"
    if place and (wall := next((one for one in things if one.name == "wall" and one.colour), None)):
        return f"make {name} {wall.colour}"  # "into a plain white wall"
    colours = chunk.colours()
    ends = chunk.colours(all_of_them=True)
    fades = _FADES.search(chunk.said) and len(ends) == 2
    if place and ends and (fades or any(w.kind == "gradient" for w in chunk.words)):
        if any(word.kind == "side" for word in chunk.words) or len(ends) > 2:
            return ""
        first, last = ends[0][1], ends[-1][1] if len(ends) > 1 else "white"
        if _upside_down(chunk, ends[0][0]):
            first, last = last, first
        return f"replace {name} with a gradient from {first} to {last}"
    if len(colours) != 1 or _FADES.search(chunk.said):
        return ""
    if place:
        return f"make {name} {colours[0][1]}"
    lies = (things or chunk.topic) and _lies_on(chunk, colours[0][0])
    return f"make the background {colours[0][1]}" if lies else ""


def _cutout(chunk: Chunk, things: Sequence[Target], place: Target | None) -> str:
    thing = next((one for one in things if one.kind == "object"), None)
    if not place and not (_CUTS.search(chunk.said) or re.search(r"\b(png|sticker)\b", chunk.said)):
        return ""
    if place == _SKY:
        return ""
    return f"cut out {thing.phrase()}" if thing else "make the background transparent"


def _upside_down(chunk: Chunk, at: int) -> bool:
    """Whether the first colour that is named is the lower one."""
    near = " ".join(word.text for word in chunk.words[at + 1 : at + 5])
    low = any(f" {w} " in f" {near} " for w in (*listed("bottoms"), "horizon"))
    high = any(f" {w} " in f" {near} " for w in listed("tops"))
    return low and not (high and near.find("top") < near.find("bottom"))


def _lies_on(chunk: Chunk, colour: int) -> bool:
    """Whether a thing is put on a colour: "the coins on a clean ivory board"."""
    for at in range(colour - 1, max(-1, colour - 4), -1):
        word = chunk.words[at]
        if word.text in listed("onto"):
            rest = chunk.words[colour + 1 : colour + 3]
            return (
                not rest
                or rest[0].text in listed("surfaces")
                or rest[0].kind in {"filler", "closer", "noun"}
            )
        if word.kind not in {"filler", "noun", "unknown", "degree"}:
            return False
    return False


def _recolouring(chunk: Chunk) -> str:
    """Read "the helmet would be so much cooler in gold", "give the man a dark red coat"."""
    colours = chunk.colours()
    several = len({colour for _, colour in colours}) > 1 or chunk.patterned()
    if several or not chunk.says("wishes"):
        return ""
    if colours:
        at, colour = colours[0]
        before = Chunk(chunk.words[:at], chunk.text, chunk.topic)
        named = before.named()
        goes_on = chunk.words[at + 1 : at + 2]
        if not before.things() and not named and not any(w.meaning.target for w in goes_on):
            named = Chunk(chunk.words[at + 1 :], chunk.text).named()
        if not chunk.things() and not any(word.kind in _NAMELESS for word in chunk.words):
            named = named or chunk.topic  # "I'd prefer a warm burgundy"
        if any(target.kind in _WHOLE | {"subject"} or target.name == "person" for target in named):
            return ""
        return ", ".join(f"make {target.phrase()} {colour}" for target in named)
    worn = [one for _, _, one in chunk.things() if one.colour and _is_new(chunk, one)]
    if re.search(r"\b(change|replace|swap|switch|turn|convert)\b", chunk.said):
        return ""
    if chunk.says("adds"):
        puts_in = chunk.says("adds") != "give"
        worn = [one for one in worn if belongs(one.name, "clothes") or one.name in GROWN]
        worn = [] if puts_in else worn
    return ", ".join(f"make {replace(one, colour='').phrase()} {one.colour}" for one in worn)


def _is_new(chunk: Chunk, target: Target) -> bool:
    """Whether a thing is not one that was spoken of: "a dark red coat", not "the red coat"."""
    noun = target.name.split()[-1]
    return bool(re.search(rf"\b(a|an|some)( [a-z-]+){{1,4}}? {noun}", chunk.said)) or not re.search(
        rf"\b(the|his|her|their|my|that|this|these|those)( [a-z-]+){{0,4}}? {noun}", chunk.said
    )


def _styling(chunk: Chunk) -> str:
    """Read "my kids want a cartoon of the sleeping cat"."""
    strange = {"negation", "keepable", "scene"}
    mends = re.search(r"\b(fix|restore|repair|correct|expression|background|sky)\b", chunk.said)
    if mends or any(word.kind in strange for word in chunk.words) or not chunk.says("wishes"):
        return ""
    if any(word.meaning.order and word.kind == "direction" for word in chunk.words):
        return ""
    orders = []
    for at, word in enumerate(chunk.words):
        value, role = word.meaning.value, word.meaning.role
        if word.kind == "look" and not word.definite and not chunk.colours():
            orders.append(f"make it look {word.text}")
        elif value in _MEDIA and role in {"name", "do", "high"} and not word.definite:
            orders.append(f"turn the photo into {word.text}")
        elif value == "border" and orders:
            before = chunk.words[at - 1]
            orders.append(f"add a {before.text if before.kind == 'colour' else ''} border")
    return ", ".join(dict.fromkeys(orders))


_READERS: Sequence[Callable[[Chunk], str]] = (
    _text,
    isolation,
    _background,
    _removal,
    _recolouring,
    _styling,
)
