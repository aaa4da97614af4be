"""Reads clauses that adjust tone, colour, focus or style: "slightly warmer", "less contrast"."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from editthinker.tools.editors.darkroom.clauses import Clause
from editthinker.tools.editors.darkroom.recipe import REDRAWING, SIGNED, Operation, Step
from editthinker.tools.editors.darkroom.target import PHOTO, Place, Target
from editthinker.tools.editors.darkroom.words import Meaning, Word, opposites

PLAIN = 0.5
"""The amount where no word says how much."""

_MOST = 12
"""Operations that a clause may name; more are noise."""

_ELSEWHERE: frozenset[str] = frozenset({"rotate", "flip", "crop", "border", "text", "hue", "wash"})
"""Operations with readers of their own."""

_WHOLE: frozenset[str] = frozenset({"straighten"})
"""Operations that make sense for the whole photo only."""

_UNSHARED: frozenset[str] = frozenset({"vignette", "grain"})
"""Operations that are about the whole photo unless their own clause says otherwise."""

PLACED = ("side", "vertical-place", "corner")
"""Kinds of words that name a part of the photo."""

LISTS = frozenset(
    {"and", "&", ",", "also", "and also", "but", "but also", "or", "plus", "as well as"}
)
"""Breaks over which words are left out in English."""


@dataclass(frozen=True)
class Carry:
    """What a clause hands on to the next one of its list."""

    steps: tuple[Step, ...] = ()
    region: Target = PHOTO
    direction: Meaning | None = None
    amount: float | None = None
    shape: str = ""
    """`name` after nouns ("increase the contrast"), `do` after orders ("brighten"), else empty."""
    placed: bool = True
    """Whether it named where."""
    but: bool = False
    """Whether it left out a thing: "blur everything except the cat"."""
    keeping: bool = False
    """Whether it said what to keep."""


@dataclass(frozen=True)
class Reading:
    """What one clause asks for."""

    steps: Sequence[Step]
    carry: Carry
    notes: tuple[str, ...] = ()
    spared: tuple[Target, ...] = ()
    """Things that it leaves as they are: "blur everything except the cat"."""
    shares_region: bool = False
    """Whether its region counts for the clause before too: "darken and blur the background"."""
    look: bool = False
    """Whether its steps give way to others on the same thing."""
    instead: bool = False
    """Whether it says anew what the clause before said: "put the copy on the left"."""
    shares_amount: bool = False
    """Whether its amount does: "increase the contrast and saturation by 20%"."""


def read_adjustments(clause: Clause, carry: Carry) -> Reading | None:
    """Read operations with their direction, amount and region."""
    telling = ("operation", "direction", "degree", "percent", "number", "stops")
    region = _coloured(clause) if clause.has("colour") else region_of(clause)
    if not clause.only(*telling, "region", "colour", *PLACED) or region is None:
        return None
    clause = _directed_hosts(_saturating(clause))
    operations = _telling(clause.all("operation"))
    if not operations or any(word.meaning.value in _ELSEWHERE for word in operations):
        return None
    if len(operations) > _MOST:
        return None
    continues = clause.joined_by in LISTS and not clause.orders
    placed = clause.has("region", *PLACED)
    if continues and region == PHOTO and not placed:
        region = carry.region
    steps: list[Step] = []
    for at, word in enumerate(operations):
        part = _part(clause, operations, at)
        step = _step(word, part, carry if continues else Carry(), _adds(clause, part))
        if step is None:
            return None
        unshared = step.operation in _UNSHARED and not placed
        steps.append(replace(step, region=PHOTO if unshared else region, clause=clause.text))
    said = {(step.operation, step.amount > 0, step.region) for step in carry.steps}
    alike = all((step.operation, step.amount > 0, step.region) in said for step in steps)
    compared = all(word.meaning.role in {"more", "less", "high", "low"} for word in operations)
    if continues and alike and compared and amount_of(clause.words) is None:
        return Reading((), carry)  # "colder, bluer"
    if any(step.operation in _WHOLE and step.region != PHOTO for step in steps):
        return None
    if clause.has("colour") and any(step.operation in REDRAWING for step in steps):
        return None  # "turn the drawing black"
    if len({(step.operation, step.amount > 0) for step in steps}) < len(steps):
        steps = list({(step.operation, step.amount > 0): step for step in steps}.values())
    roles = {word.meaning.role for word in operations}
    shape = "name" if roles <= {"name", "hosts"} else "do" if roles <= {"do", "undo"} else ""
    own_amount = amount_of(clause.words)
    joined = clause.joined_by in {"and", "&", "as well as"} and shape == carry.shape != ""
    directions = clause.all("direction")
    return Reading(
        steps,
        Carry(
            steps=tuple(steps),
            region=region,
            direction=directions[-1].meaning
            if directions
            else carry.direction
            if continues
            else None,
            amount=own_amount if own_amount is not None else carry.amount if continues else None,
            shape=shape,
            placed=placed,
        ),
        shares_region=joined
        and region != PHOTO
        and not carry.placed
        and (shape == "do" or not clause.orders),
        shares_amount=joined
        and shape == "name"
        and not clause.orders
        and not directions
        and carry.amount is None
        and own_amount is not None,
    )


def things(clause: Clause) -> list[Target]:
    """Return the things that a clause names, the photo as such left out."""
    named = [word.meaning.target for word in clause.all("region")]
    return list(dict.fromkeys(target for target in named if target and target != PHOTO))


def region_of(clause: Clause) -> Target | None:
    """Return where a clause applies, None where it names several things or places."""
    named = things(clause)
    sides = {word.meaning.value for word in clause.all("side", "vertical-place")}
    if len(named) + len(sides) > 1:
        return None
    if sides:
        return Target("photo", place=cast("Place", sides.pop()))
    return named[0] if named else PHOTO


def _coloured(clause: Clause) -> Target | None:
    """Return the colour that "make the blue more saturated" is about."""
    colours = [str(word.meaning.value) for word in clause.all("colour")]
    if len(colours) > 1 or clause.has("region", *PLACED):
        return None
    return Target("colour", colours[0], "all")


def _telling(operations: list[Word]) -> list[Word]:
    """Leave out nouns that another word says more of: "make the colours richer"."""
    signed = {word.meaning.value for word in operations if word.meaning.role != "name"}
    return [w for w in operations if w.meaning.role != "name" or w.meaning.value not in signed]


def _directed_hosts(clause: Clause) -> Clause:
    """Read "brighten the shadows" and "darker highlights" as shadows up and highlights down."""
    if not any(word.meaning.role == "hosts" for word in clause.words):
        return clause
    words: list[Word] = []
    for word in clause.words:
        meaning = word.meaning
        if meaning.value == "brightness" and meaning.role not in {"name", "hosts"}:
            ways = [before.meaning for before in words if before.kind == "direction"]
            sign, amount = meaning.sign, None
            if ways and meaning.role in {"high", "low"}:
                if ways[-1].value == "tone":
                    continue  # "brighten the dark shadows"
                sign, amount = sign * ways[-1].sign, ways[-1].amount  # "too dark"
            meaning = Meaning("direction", "tone", sign, amount, order=meaning.order)
        words.append(replace(word, meaning=meaning))
    return replace(clause, words=tuple(words))


def _saturating(clause: Clause) -> Clause:
    """Read "boost the blues" as more saturated blues."""
    ways = clause.all("direction")
    if not clause.has("colour") or clause.has("operation") or len(ways) != 1:
        return clause
    if not ways[0].meaning.order or ways[0].meaning.value == "off":
        return clause
    meaning = Meaning("operation", "saturation", role="name")
    word = replace(clause.all("colour")[0], meaning=meaning)
    return replace(clause, words=(*clause.words, word))


def _part(clause: Clause, operations: list[Word], at: int) -> tuple[Word, ...]:
    """Return the words that belong to one operation of a clause."""
    if len(operations) == 1:
        return clause.words
    bounds = [clause.words.index(word) for word in operations]
    before = clause.words[bounds[at - 1] + 1 if at else 0 : bounds[at]]
    after = clause.words[bounds[at] + 1 : bounds[at + 1] if at + 1 < len(bounds) else None]
    telling = {"direction", "degree", "percent", "number", "stops"}
    return before if any(word.kind in telling for word in before) else after


def _adds(clause: Clause, part: tuple[Word, ...]) -> bool:
    """Return whether a noun means more of it: "add contrast", "with strong contrast"."""
    verbs = {word.meaning.value for word in clause.all("verb")}
    strong = any(word.kind == "degree" for word in part)
    return "change" not in verbs and ("add" in verbs or strong)


def _step(word: Word, part: tuple[Word, ...], carry: Carry, adds: bool) -> Step | None:
    operation: Operation = word.meaning.value  # type: ignore[assignment]
    # "cool it down" is not the opposite of cool.
    agrees = word.meaning.role in {"low", "undo"}
    own = [w for w in part if w.kind == "direction" and not (agrees and w.text == "down")]
    signs = [w.meaning.sign for w in part if w.kind in {"number", "percent", "stops"}]
    bare = word.meaning.role in {"name", "hosts", "high", "low"}
    direction = own[-1].meaning if own else carry.direction if bare else None
    if word.meaning.role == "hosts" and (direction is None or direction.value == "off"):
        return None  # "remove the shadow", "add a shadow"
    turn = direction.sign if direction else 1
    if not direction and any(signs):
        turn = next(sign for sign in signs if sign)
    elif direction is None and operation in SIGNED and word.meaning.sign == 0 and not adds:
        return None
    sign = (word.meaning.sign or 1) * turn
    size = amount_of(part)
    if size is None and direction and direction.amount:
        size = direction.amount if operation in SIGNED else 0.75
    if size is None and carry.amount is not None and not own:
        size = carry.amount
    size = PLAIN if size is None else size
    if not size:
        return None
    if operation in SIGNED:
        if operation == "brightness" and any(w.kind == "stops" for w in part):
            operation = "exposure"
        return Step(operation, sign * size)
    if sign < 0:
        if operation not in opposites():
            return None
        operation = opposites()[operation]
    return Step(operation, PLAIN if operation in {"black-and-white", "straighten"} else size)


def amount_of(words: Sequence[Word]) -> float | None:
    """Return how much the words say, None where they do not."""
    degrees = [float(word.meaning.value) for word in words if word.kind == "degree"]
    for at, word in enumerate(words):
        number = word.meaning.value
        if not isinstance(number, float):
            continue
        if word.kind == "percent" and at and words[at - 1].text == "to":
            return _share(abs(100 - number) / 100)  # "reduce the contrast to 80%"
        if word.kind == "percent" or (word.kind == "number" and number > 1):
            return _share(number / 100)
        if word.kind == "number":
            return _share(number)
        if word.kind == "stops":
            return _share(number / 2)
    return min(degrees) if degrees else None


def _share(amount: float) -> float:
    return round(min(amount, 1.0), 4)
