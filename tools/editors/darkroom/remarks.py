"""What people say beside their wishes: how the photo is now, what it is for, what it is like."""

from dataclasses import replace

from editthinker.tools.editors.darkroom.clauses import Clause
from editthinker.tools.editors.darkroom.phrases import phrase
from editthinker.tools.editors.darkroom.recipe import REDRAWING, SIGNED, Operation, Step
from editthinker.tools.editors.darkroom.target import PHOTO
from editthinker.tools.editors.darkroom.words import Word, opposites

_FAMILIES: tuple[frozenset[Operation], ...] = (
    frozenset({"brightness", "exposure", "contrast", "shadows", "highlights"}),
    frozenset({"saturation", "warmth", "tint", "white-balance", "hue", "wash", "black-and-white"}),
    frozenset({"blur", "sharpen", "denoise", "grain"}),
)
"""Operations that are remedies for the same complaints."""

_COLOURS = frozenset({"saturation", "hue", "warmth", "tint"})
"""Operations whose names mean the colours of a photo."""

TONES = _FAMILIES[0] | _FAMILIES[1]
"""Operations of which something more natural is a quality."""

_REPLACES: frozenset[Operation] = frozenset({"recolour", "fill", "remove", "cutout", "wash"})
"""Operations after which no complaint about the same thing is left."""

_SPARES = frozenset(
    {"keep", "keeping", "leave", "leaving", "preserve", "don't touch", "dont touch"}
)
_SPARES |= {"without touching", "without changing", "without affecting", "do not touch"}
"""Words that say that something stays, of which it does not matter whether it is known."""

_ASKS = frozenset({"operation", "direction", "act", "quote"})

_TELLING = frozenset({"colour", "look", "scene", "gradient", "clear"})
"""What may be the wish itself after "so"."""

_PRODUCTS = frozenset({"text", "posterize", "border"})
"""Operations of which a name is that of a thing as well: "print", "poster", "frame"."""

_WHY = frozenset(
    {"so", "so that", "like", "as if", "as though", "for", "as in", "to match", "to suit"}
)
"""Words that a comparison or a purpose begins with."""

_UPON = frozenset({"on", "against", "over", "upon", "onto"})
"""Words between what is seen and what it is seen on."""

_SWAPS = frozenset({"replace", "swap", "switch", "exchange", "substitute", "change"})
"""Verbs after which "for" tells what comes instead."""


def tells(clause: Clause) -> bool:
    """Return whether a clause tells how something is, and orders nothing."""
    if clause.orders:
        return False
    if phrase("wishing").search(clause.text):
        return False
    return bool(phrase("opening").match(clause.text) or phrase("telling").search(clause.text))


def explains(clause: Clause) -> bool:
    """Return whether a clause tells what the photo is for: "I'm making a sticker"."""
    return bool(phrase("using").match(clause.text))


def qualifies(clause: Clause) -> bool:
    """Return whether a clause only says how natural the photo or its colours should be."""
    named = [word for word in clause.all("region") if word.meaning.target != PHOTO]
    others = clause.all("operation")
    plain = clause.only("quality", "degree", "region", "operation", "keepable", "noun")
    colours = all(w.meaning.value in _COLOURS and w.meaning.role == "name" for w in others)
    return clause.has("quality") and plain and colours and not named


def narrates(clause: Clause) -> bool:
    """Return whether a clause tells how the photo was taken or what it is for, and nothing else."""
    if any(word.meaning.value in _PRODUCTS for word in clause.all("operation")):
        clause = replace(clause, words=tuple(w for w in clause.words if w.kind != "operation"))
    if phrase("taken").match(clause.text):
        return not clause.has("direction", "operation", "quote")
    asks = clause.has("operation", "colour", "look", "quote", "scene")
    return bool(phrase("used-as").match(clause.text)) and not asks


def leaves(clause: Clause) -> bool:
    """Return whether a clause tells what is left over: "I only need the paragraph"."""
    return bool(phrase("left-over").match(clause.text))


def leaves_alone(clause: Clause) -> bool:
    """Return whether a clause tells what is left over as an order: "just keep the woman"."""
    return bool(phrase("left-alone").match(clause.text))


def without_use(clause: Clause) -> tuple[Clause, str] | None:
    """Take "for my wall" from what is asked of something else."""
    for at in range(len(clause.words) - 1, 0, -1):
        head, rest = clause.words[:at], clause.words[at + 1 :]
        if clause.words[at].text != "for" or any(verb.text in _SWAPS for verb in head):
            continue
        said = clause.text[clause.words[at].start - clause.words[0].start :]
        redrawn = any(word.meaning.value in REDRAWING for word in head)
        known = said.lower().startswith("for the ") and not redrawn  # "raise it for the sky"
        plain = not any(_asks(word) or word.kind == "keep" for word in rest) and not known
        if plain and any(w.kind == "region" for w in head) and any(w.meaning.target for w in rest):
            return clause.part(0, at), said
    return None


def mends(clause: Clause) -> bool:
    """Return whether a clause tells how a hole is filled: "and fill in the gap"."""
    return bool(phrase("mending").match(clause.text))


def likens(clause: Clause) -> bool:
    """Return whether a clause only tells what the result is to be like: "like an old print"."""
    return bool(clause.joined_by and phrase("comparing").match(clause.text))


def remedy(clause: Clause, step: Step) -> Step | None:
    """Return what helps against "the photo looks dark"; None where nothing does.

    "It is too dark" says so by itself.
    """
    if clause.has("direction") or any(w.text.startswith("too ") for w in clause.words):
        return step
    if step.operation in SIGNED:
        return replace(step, amount=-step.amount)
    other = opposites().get(step.operation)
    return replace(step, operation=other) if other else None


def settled(complaints: list[Step], ordered: list[Step]) -> list[Step]:
    """Return the remedies that no order gives in its own way: "it is too dark, brighten it"."""
    return [
        step
        for step in complaints
        if not any(
            other.region == step.region
            and (
                other.operation in _REPLACES
                or any({step.operation, other.operation} <= family for family in _FAMILIES)
            )
            for other in ordered
        )
    ]


def opposed(step: Step, cures: list[Step]) -> bool:
    """Return whether a step of a look does what the user complains about."""
    return any(
        step.operation == cure.operation
        and step.region == cure.region
        and step.amount * cure.amount < 0
        for cure in cures
    )


def _asks(word: Word) -> bool:
    return word.kind in _ASKS | _TELLING and word.meaning.value != "text"


def without_end(clause: Clause) -> tuple[Clause, str] | None:
    """Take "make it easier to read by" from the front: what for, and by what means."""
    for at in range(1, len(clause.words) - 1):
        means = clause.words[at].text == "by" and clause.words[at + 1].meaning.order
        if means and not any(_asks(word) for word in clause.words[:at]):
            said = clause.text[: clause.words[at].start - clause.words[0].start]
            return clause.part(at + 1, len(clause.words)), said.strip()
    return None


def without_likeness(clause: Clause) -> tuple[Clause, str] | None:
    """Take "like a portrait lens would" or "for my profile" from the end of a clause."""
    for at in range(len(clause.words) - 1, 0, -1):
        word = clause.words[at]
        rest = clause.words[at + 1 :]
        if word.text not in _WHY or not rest:
            continue
        swaps = any(verb.text in _SWAPS for verb in clause.words[:at])
        if word.text == "for" and swaps:
            continue
        if any(later.kind in _ASKS for later in rest):
            continue
        if word.text in {"so", "so that"} and any(later.kind in _TELLING for later in rest):
            continue
        return clause.part(0, at), clause.text[word.start - clause.words[0].start :]
    return None


def spares(clause: Clause) -> bool:
    """Return whether a clause only asks that something stays which nothing here knows."""
    first = clause.words[0]
    strange = clause.has("unknown", "body", "scene", "look", "aspect")
    fur = any(word.meaning.value == "coat" for word in clause.words)
    asks = clause.has("direction", "act", "quote", "verb")
    return first.text in _SPARES and (strange or fur) and not asks


def contrasts(clause: Clause) -> bool:
    """Return whether a clause without a verb sets things off from a colour: "white on black"."""
    words = clause.words
    at = next((at for at, word in enumerate(words) if word.text in _UPON), 0)
    before, after = words[:at], words[at + 1 :]
    tinted = [any(_is_hue(word) for word in part) for part in (before, after)]
    return not clause.orders and all(tinted) and not any(word.definite for word in words)


def _is_hue(word: Word) -> bool:
    target = word.meaning.target
    named = target is not None and bool(target.colour or target.kind == "colour")
    dark = word.kind == "operation" and word.meaning.role in {"high", "low"}
    return word.kind == "colour" or named or dark or word.text == "light"


def details(clause: Clause) -> bool:
    """Return whether a clause without a verb may only tell more of a style: "bold outlines"."""
    kinds = {
        "direction",
        "act",
        "quote",
        "body",
        "negation",
        "keep",
        "distinct",
        "reason",
        "number",
    }
    named = [w for w in clause.all("region") if w.meaning.value != "photo"]
    return not (clause.orders or named or clause.has(*kinds))
