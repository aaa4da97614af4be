"""Scores as expected values over a model's own token probabilities.

A sampled score is one draw of a coarse distribution. Its mean over the numerals 0 to 10, read from
the log-probabilities of the token where the score begins, costs nothing more and is steadier.
"""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from editthinker.graph.thinkers.scores import HIGHEST, Scores

_STATED = re.compile(
    r"[\"']?\b(?P<name>semantic|quality)\b[\"']?\s*[:=]\s*[\"']?(?P<number>\d{1,2})(?![\d.])",
    re.IGNORECASE,
)


class Token(NamedTuple):
    """A token of a reply, with the log-probabilities of the likeliest ones at its place."""

    text: str
    alternatives: dict[str, float]


def expected_scores(tokens: Sequence[Token], stated: Scores) -> Scores | None:
    """Return the expected value of both scores, or None where it cannot be had.

    Only a whole number that equals the stated score is replaced. Where `10` takes two tokens, the
    mass of a leading `1` counts as 10 if the stated score is above 5, else as 1: what would have
    followed a token that was not chosen is not known.
    """
    starts: list[int] = []
    text = ""
    for token in tokens:
        starts.append(len(text))
        text += token.text
    found: dict[str, float] = {}
    for match in _STATED.finditer(text):
        name = match["name"].lower()
        if float(match["number"]) != getattr(stated, name):
            continue
        at = max(i for i, start in enumerate(starts) if start <= match.start("number"))
        lead = text[starts[at] : match.start("number")]
        mean = _mean(tokens[at].alternatives, lead, getattr(stated, name))
        if mean is not None:
            found[name] = mean
    return Scores(**found) if len(found) == len(Scores._fields) else None


def _mean(alternatives: dict[str, float], lead: str, stated: float) -> float | None:
    """Average the numerals among the alternatives that begin like the chosen token."""
    mass = total = 0.0
    for text, logprob in alternatives.items():
        numeral = text.removeprefix(lead).strip()
        if not text.startswith(lead) or not re.fullmatch(r"\d{1,2}", numeral):
            continue
        value = float(numeral)
        if (
            numeral == "1"
            and "10" not in {t.strip() for t in alternatives}
            and stated > HIGHEST / 2
        ):
            value = HIGHEST
        if value <= HIGHEST:
            mass += math.exp(logprob)
            total += value * math.exp(logprob)
    return total / mass if mass else None
