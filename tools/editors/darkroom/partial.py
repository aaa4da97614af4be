"""Clauses without what no reader can explain: a tail that only tells more, an adjective.

A verb and the noun that a clause is about are never left out: "make him smile" stays unknown.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from editthinker.tools.editors.darkroom.clauses import Clause
from editthinker.tools.editors.darkroom.merging import GROWN
from editthinker.tools.editors.darkroom.recipe import REDRAWING, Step
from editthinker.tools.editors.darkroom.target import PHOTO, SUBJECT
from editthinker.tools.editors.darkroom.things import NO_ADJECTIVES, name_things
from editthinker.tools.editors.darkroom.words import DETERMINERS, Word

_REASONS = frozenset(
    {"where", "that", "which", "who", "whose", "while", "without", "so", "so that", "because"}
    | {"since", "when", "as", "as if", "as though", "like", "if", "until", "than", "that are"}
    | {"that is", "which is", "which are", "it's", "they're", "that's"}
)
"""Words after which anything may be told."""

_PERSONS = frozenset({"she", "he", "they", "she's", "he's", "they're", "i", "you", "we"})

_BECAUSE = ("so ", "because ", "since ", "as ")
"""What a reason begins with."""

_PREPOSITIONS = frozenset(
    {"in", "on", "at", "with", "from", "for", "along", "across", "over", "around", "round"}
    | {"near", "through", "against", "past", "off", "down", "within", "throughout", "amid"}
    | {"beyond", "towards", "toward", "after", "before", "during", "onto", "out of"}
)
"""Words after which only a place or a circumstance may be told."""

_ASKS = frozenset(
    {"operation", "direction", "act", "quote", "gradient", "clear", "keep", "colour", "side"}
    | {"vertical-place", "corner", "percent", "number", "degrees", "distinct", "negation"}
)
"""Kinds of words that a wish may turn on."""

_LEADS = re.compile(r"(?:^|\s)(?:a|an|the|some|any)\s+$", re.IGNORECASE)
"""What stands before a noun with its adjectives."""

_DESCRIBED = frozenset({"region", "thing", "noun", "look", "scene"})

_MOST = 4
"""Adjectives that a clause may lose."""

_LONGEST = 40
"""Words of a clause that is looked at."""


@dataclass(frozen=True)
class Shortened:
    """A clause that has lost some words."""

    clause: Clause
    lost: tuple[str, ...]
    """What was left out, in the user's words."""


def shortened(clause: Clause) -> Iterator[Shortened]:
    """Return a clause without adjectives, without a tail, and without both, least loss first."""
    if len(clause.words) > _LONGEST:
        return
    plain = _without_adjectives(clause)
    if plain:
        yield plain
    for at in range(len(clause.words) - 1, 0, -1):
        if not _is_tail(clause.words, at):
            continue
        head, lost = clause.part(0, at), _said(clause, at)
        head = replace(head, joined_by=clause.joined_by)
        yield Shortened(head, (lost,))
        if simpler := _without_adjectives(head):
            yield Shortened(simpler.clause, (*simpler.lost, lost))
    yield from _without_middle(clause)


def halves(clause: Clause) -> Iterator[tuple[Clause, Clause]]:
    """Return a clause as two, at each place where a second order may begin."""
    if clause.has("negation", "keep") or len(clause.words) > _LONGEST:
        return
    for at, word in enumerate(clause.words):
        if at and (word.text == "with" or word.meaning.order):
            first = clause.part(0, at)
            if not first.only():
                yield first, clause.part(at, len(clause.words))


def _without_middle(clause: Clause) -> Iterator[Shortened]:
    """Leave out "at the edge of the picture" of "make the tower at the edge ... disappear"."""
    words = clause.words
    for at in range(1, len(words) - 2):
        if words[at].text not in _PREPOSITIONS and words[at].kind != "relation":
            continue
        if words[at - 1].kind not in {"region", "thing"} or words[at - 1].meaning.target == PHOTO:
            continue
        for end in range(at + 2, min(at + 7, len(words))):
            if words[end - 1].kind not in {"region", "unknown", "aspect"}:
                continue
            if any(word.kind in _ASKS - {"corner"} for word in words[at:end]):
                break
            start = words[0].start
            lost = clause.text[words[at].start - start : words[end - 1].end - start]
            named, notes = name_things(words[:at] + words[end:])
            yield Shortened(replace(clause, words=named, notes=clause.notes + notes), (lost,))


def _said(clause: Clause, at: int) -> str:
    return clause.text[clause.words[at].start - clause.words[0].start :].strip()


def _is_tail(words: Sequence[Word], at: int) -> bool:
    """Return whether what stands from a word on only tells more about what is before it."""
    word, rest = words[at], words[at + 1 :]
    if not rest or (words[at - 1].meaning.target == PHOTO and word.text != "with"):
        return False  # "the picture on the wall"
    if word.text in _REASONS:
        return True
    owned = words[at - 1].meaning.target
    if owned and owned.name in GROWN and any(w.kind == "body" for w in rest):
        return False  # "the hair on her arm" is not all her hair
    follows = any(before.kind in {"region", "thing", "unknown"} for before in words[:at])
    styled = word.text in {"with", "in"} and any(w.meaning.value in REDRAWING for w in words[:at])
    told = styled or not any(w.kind in _ASKS for w in rest)  # "oil paint with brush strokes"
    relative = word.text in _PERSONS and words[at - 1].kind == "region"  # "the hat she wears"
    if relative or word.text in _PREPOSITIONS or word.kind == "relation":
        return told
    moves = word.text.endswith("ing") and word.kind in {"unknown", "filler", "relation"}
    after_noun = words[at - 1].kind in {"region", "thing"}
    return moves and follows and after_noun and told


def _without_adjectives(clause: Clause) -> Shortened | None:
    """Leave out unknown words between an article and what they describe."""
    words = clause.words
    dropped = [at for at in range(1, len(words)) if _is_adjective(clause, at)]
    if not 1 <= len(dropped) <= _MOST:
        return None
    kept = tuple(word for at, word in enumerate(words) if at not in dropped)
    first = dropped[0]
    kept = tuple(
        replace(w, definite=True)
        if w.start > words[first].start and w is words[dropped[-1] + 1] and words[first].definite
        else w
        for w in kept
    )
    named, notes = name_things(kept)
    lost = " ".join(words[at].text for at in dropped)
    return Shortened(replace(clause, words=named, notes=clause.notes + notes), (lost,))


def _is_adjective(clause: Clause, at: int) -> bool:
    """Return whether an unknown word only describes the noun that follows it."""
    words = clause.words
    word = words[at]
    if (
        word.text in NO_ADJECTIVES
        or word.kind not in {"unknown", "aspect"}
        or not word.text.replace("-", "").isalpha()
    ):
        return False
    end = at + 1
    if any(other.text in NO_ADJECTIVES for other in words[at : at + _MOST]):
        return False
    while end < len(words) and words[end].kind in {"unknown", "aspect", "degree", "size"}:
        end += 1
    if end == len(words) or words[end].meaning.order:
        return False
    named = words[end].meaning.role == "name" and words[end].kind == "operation"
    last = end + 1 == len(words) and words[end].kind == "colour" and not words[end].definite
    if last and word.kind == "unknown":  # "to a lush green"
        before = clause.text[: word.start - words[0].start].lower().split()
        return before[-1:] in (["a"], ["an"])
    if not named and words[end].kind not in _DESCRIBED:
        return False
    start = at
    while start > 0 and (
        words[start - 1].kind in {"unknown", "aspect", "colour", "size", "degree", "number"}
        and not _led(clause, start)
    ):
        start -= 1
    return _led(clause, start)


def _led(clause: Clause, at: int) -> bool:
    """Return whether an article or the like stands before a word."""
    words = clause.words
    if words[at].definite or (at and words[at - 1].text in DETERMINERS):
        return True
    if at and words[at - 1].kind in {"owner", "quantifier"}:
        return True
    return bool(_LEADS.search(clause.text[: words[at].start - words[0].start]))


def stands(steps: Sequence[Step], lost: str) -> bool:
    """Return whether what was left out of a clause is not what it turned on."""
    if lost.lower().startswith(_BECAUSE):
        return True
    vague = any(step.region == SUBJECT and step.operation != "blur" for step in steps)
    kinds = {step.operation for step in steps}
    cuts = "background" in lost and bool(kinds & {"cutout", "fill"})
    return not (vague or cuts or "text" in kinds)
