"""Wishes in other forms than an order, put as orders: "I'd love a yellow mug" and the like.

The rules stand in `wishes.toml`; what no rule matches is left as it was written.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from editthinker.tools.editors.darkroom.quoting import QUOTED, masked, unmasked, with_quotes
from editthinker.tools.editors.darkroom.words import vocabulary

_PIXELS = re.compile(
    r",? (?:about |around |roughly |approximately |some )?(?P<n>[0-9]{1,4}) ?(?:px|pixels?)"
    r"(?: (?:high|tall|big|in height|in size))?(?=\W|$)",
    re.IGNORECASE,
)

_SMALL, _LARGE = 26, 60
"""Pixels up to which letters are small, and from which they are big."""

_SENTENCE = re.compile(r"(?<=[.!?;\n])\s+|\n+")

_TAIL = re.compile(r" (?:where|so that|so|because|since|while|when|without) .*$", re.IGNORECASE)
"""What may follow an order and belongs to no rule."""

_POLITE_END = re.compile(r",? (?:please|thanks|thank you|cheers)$", re.IGNORECASE)

_SIGN = re.compile(r"(?<![\w\\<])(C2|C|Q2|Q|X|N2|N)(?![\w>])")
"""A letter of a rule that stands for a thing, a colour or a text."""

_GROUP = re.compile(r"\\g<(\w+)>")

_NO_VERBS = frozenset(
    {"light", "warm", "cool", "up", "another", "one", "second", "copy", "print", "title", "new"}
    | {"other", "mirror", "read", "reads", "say", "says", "that", "horizon", "more", "it", "is"}
    | {"photo", "picture", "image", "neutral", "even", "it's", "crooked", "tilted", "looks", "name"}
    | {"colour", "color", "balance", "level", "auto", "until", "deep", "reading", "saying", "which"}
)
"""First words of orders that begin other things more often."""


class _Rule(NamedTuple):
    pattern: re.Pattern[str]
    order: str


def imperative(text: str) -> str:
    """Put wishes as orders; what no rule knows stays as it is."""
    quoted, quotes = masked(with_quotes(text))
    for rule in _rules("anywhere"):
        quoted = rule.pattern.sub(rule.order, quoted)
    quoted = _PIXELS.sub(_in_words, quoted)
    sentences = (_reworded(sentence) for sentence in _SENTENCE.split(quoted))
    return unmasked(" ".join(sentences), quotes)


def _in_words(found: re.Match[str]) -> str:
    size = int(found["n"])
    return " in small letters" if size <= _SMALL else " in big letters" if size > _LARGE else ""


def _reworded(sentence: str) -> str:
    """Put the clauses of one sentence as orders, together or each by itself."""
    bare = sentence.rstrip(" .!?;")
    end = sentence[len(bare) :]
    if whole := _order(bare):
        return whole + end
    parts = _joints().split(bare)
    orders = [(_order(part) or part) if at % 2 == 0 else part for at, part in enumerate(parts)]
    return "".join(orders) + end


def _order(clause: str) -> str | None:
    """Return the order that a clause stands for; None where no rule knows it."""
    core = _POLITE_END.sub("", _polite().sub("", clause.strip()))
    tail = _TAIL.search(core)
    bare = core[: tail.start()] if tail else core
    for said, rest in dict.fromkeys(((core, ""), (clause.strip(), ""), (bare, core[len(bare) :]))):
        for pattern, order in _rules("orders"):
            if found := pattern.fullmatch(said):
                return _filled(order, found) + rest
    return None


def _filled(order: str, found: re.Match[str]) -> str:
    groups = {name: value or "" for name, value in found.groupdict().items()}
    first, _, rest = groups.get("X", "").partition(" ")
    if first.lower() in {"my", "our"}:
        groups["X"] = f"the {rest}"
    order = _SIGN.sub(lambda sign: groups.get(sign[1], ""), order)
    order = _GROUP.sub(lambda name: groups.get(name[1], ""), order)
    order = re.sub(r", (?:too|make it) (?=,|$)", "", order)  # what a group did not find
    return re.sub(r"\s{2,}", " ", order).strip()


@lru_cache(maxsize=2)
def _rules(name: str) -> Sequence[_Rule]:
    rules: Sequence[tuple[str, str]] = _data()[name]["rules"]
    return tuple(_Rule(re.compile(_spelt(rule), re.IGNORECASE), order) for rule, order in rules)


def _spelt(rule: str) -> str:
    """Write out the groups of a rule, and the letters that stand for something."""
    rule = re.sub(r"\{([a-z]+)\}", lambda found: _groups()[found[1]], rule)
    return _SIGN.sub(lambda sign: _signs()[sign[1]], rule)


@lru_cache(maxsize=1)
def _signs() -> Mapping[str, str]:
    names = (" ".join(words) for words, m in vocabulary().items() if m.kind == "colour")
    listed = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    colour = f"{_groups()['shades']}(?:{listed})"
    return {
        "C": f"(?P<C>{colour})",
        "C2": f"(?P<C2>{colour})",
        "Q": f"(?P<Q>{QUOTED})",
        "Q2": f"(?P<Q2>{QUOTED})",
        "X": "(?P<X>[^,:]{1,80}?)",
        "N": "(?P<N>[a-z -]{2,30}?)",
        "N2": "[a-z -]{1,30}?",
    }


@lru_cache(maxsize=1)
def _groups() -> Mapping[str, str]:
    groups: dict[str, str] = {}
    for name, pattern in _data()["group"].items():
        groups[name] = re.sub(r"\{([a-z]+)\}", lambda found: groups[found[1]], pattern)
    return groups


@lru_cache(maxsize=1)
def _polite() -> re.Pattern[str]:
    return re.compile(f"^{_groups()['polite']}", re.IGNORECASE)


@lru_cache(maxsize=1)
def _joints() -> re.Pattern[str]:
    """Find where one order ends and the next begins."""
    verbs = "|".join(sorted(set(_verbs()), key=len, reverse=True))
    start = f"{_groups()['polite']}(?:{verbs}|i'd|i want|i need|i only|leave|keep|don't|do not)\\b"
    ends = rf"(,? (?:and then|and|but|then|plus) (?={start})|, (?={start}))"
    return re.compile(ends, re.IGNORECASE)


def _verbs() -> Iterator[str]:
    for words, meaning in vocabulary().items():
        if meaning.order and words[0] not in _NO_VERBS:
            yield re.escape(words[0])


@lru_cache(maxsize=1)
def _data() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("wishes.toml").read_text(encoding="utf-8"))
