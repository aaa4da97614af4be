"""Wishes in other forms than an order, put as orders: "I'd love a yellow mug" and the like.

The rules stand in `rewordings.grammar` and `wishes.grammar`, the synonyms in `phrases.grammar`;
what no rule fits is left as it was written.
"""

import re
from functools import lru_cache

from editthinker.tools.editors.darkroom.phrases import phrase, rules
from editthinker.tools.editors.darkroom.quoting import masked, unmasked, with_quotes

_SMALL, _LARGE = 26, 60
"""Pixels up to which letters are small, and from which they are big."""

_SENTENCE = re.compile(r"(?<=[.!?;\n])\s+|\n+")

_ASIDE = re.compile(r"\s*\([^()]{1,80}\)?(?=\s*(?:$|[.!?,]))")
"""What stands in brackets at the end of a clause."""

_DASH = re.compile(r"\s+[-–]{1,2}\s+|--")


def imperative(text: str) -> str:
    """Put wishes as orders; what no rule knows stays as it is."""
    quoted, quotes = masked(with_quotes(text))
    quoted = _ASIDE.sub("", _DASH.sub(", ", quoted))
    quoted = rules().reworded(quoted)
    quoted = phrase("height").sub(_in_words, quoted)
    sentences = (_reworded(sentence) for sentence in _SENTENCE.split(quoted))
    return unmasked(" ".join(sentences), quotes)


def _in_words(found: re.Match[str]) -> str:
    size = int("".join(filter(str.isdecimal, found.group())))
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
    said = clause.strip()
    polite = phrase("politeness").match(said)
    core = phrase("thanks").sub("", said[polite.end() :] if polite else said).strip()
    tail = phrase("tail").search(core)
    bare = core[: tail.start()] if tail else core
    for start, rest in dict.fromkeys(((core, ""), (said, ""), (bare, core[len(bare) :]))):
        if (order := rules().order(start)) is not None:
            return order + rest
    return None


@lru_cache(maxsize=1)
def _joints() -> re.Pattern[str]:
    """Find where one order ends and the next begins."""
    phrases = rules().phrases
    return re.compile(f"({phrases['joint']} ?)(?={phrases['begins']})", re.IGNORECASE)
