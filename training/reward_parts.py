"""The parts of the reward: pure functions of a reply and of judged scores.

Formulas follow EditThinker's reward (EasyR1, `edit_thinker_reward.py` at 803d1a7), where they are
written but partly switched off. What differs, and why:

- The format part reads replies strictly; the reference accepts empty answers, booleans and numbers
  out of range as scores, and repeated tags.
- A reply that is not well-formed earns nothing at all, so no part can make up for another.
- The skip threshold is compared with the root of the scores' product. The reference takes the root
  of their sum, which never reaches it.
"""

import json
import re
from dataclasses import dataclass

from pydantic import JsonValue

from editthinker.graph.instruction import check_instruction
from editthinker.graph.thinkers.replies import parse_reply
from editthinker.graph.thinkers.scores import HIGHEST, Scores
from editthinker.tools.errors import ConfigError, ReplyParseError
from editthinker.tools.plain import is_control
from editthinker.training.reward_recipe import Weights

MAX_REPLY = 50_000
"""Characters of a reply; longer ones are not well-formed."""

NEUTRAL = 0.5
"""What an edit that changed nothing for the better or worse earns."""

_WHOLE = re.compile(
    r"\s*<think>(?P<think>.*?)</think>"
    r"\s*<score>(?P<score>.*?)</score>"
    r"\s*<answer>(?P<answer>.*?)</answer>\s*",
    re.DOTALL,
)
_ANY_TAG = re.compile(r"[<\[]\s*[/\\]?\s*(?:think|score|answer)", re.IGNORECASE)
_TAGS = 6
_QUOTE = re.compile(r"[\"“”«»„]|(?<!\w)['‘]")
_WORD = re.compile(r"\w+|[^\w\s.,;:!?]")


@dataclass(frozen=True)
class WellFormed:
    """What a reply says that keeps to the form."""

    scores: Scores
    prompt: str


@dataclass(frozen=True)
class Parts:
    """Each in [0, 1]."""

    format: float
    critic: float
    semantic: float
    quality: float


NOTHING = Parts(0.0, 0.0, 0.0, 0.0)
"""What a reply earns that is not well-formed."""


def read_strictly(reply: str) -> WellFormed | None:
    """Read a reply that has all three parts, once each, in order, and nothing around them.

    The scores must be one JSON object with the numbers `semantic` and `quality` in [0, 10], the
    answer something that may be sent to an editor, and the loop's own parser must read the same.
    Nothing in it may steer a terminal.

    Returns:
        The scores and the next prompt; None for every other reply.
    """
    whole = _WHOLE.fullmatch(reply) if len(reply) <= MAX_REPLY else None
    if whole is None or len(_ANY_TAG.findall(reply)) != _TAGS or not whole["think"].strip():
        return None
    if any(map(is_control, reply)):
        return None
    try:
        scores = _read_scores(whole["score"])
        thought = parse_reply(reply)
        prompt = check_instruction(thought.refined_prompt or "")
    except (ConfigError, ReplyParseError, ValueError, RecursionError):
        return None
    if thought.repairs or (thought.semantic, thought.quality) != scores:
        return None
    return WellFormed(scores, prompt)


def critic_part(stated: Scores, judged: Scores) -> float:
    """Return `max(0, 10 - MSE) / 10` of the stated against the judged scores."""
    error = sum((a - b) ** 2 for a, b in zip(stated, judged, strict=True)) / len(judged)
    return max(0.0, 10.0 - error) / 10.0


def edit_part(before: float, after: float) -> float:
    """Map a change of a score from [-10, 10] to [0, 1]; no change is `NEUTRAL`."""
    return min(1.0, max(0.0, ((after - before) / HIGHEST + 1.0) / 2.0))


def add_up(parts: Parts, weights: Weights) -> float:
    """Return the weighted sum of the parts, in [0, 1]."""
    return (
        weights.format * parts.format
        + weights.critic * parts.critic
        + weights.semantic * parts.semantic
        + weights.quality * parts.quality
    )


def is_good_enough(before: Scores, skip_at: float | None) -> bool:
    """Whether the geometric mean of the scores reaches the threshold; never for None."""
    # Squares, so that two scores of exactly the threshold reach it.
    return skip_at is not None and before.semantic * before.quality >= skip_at**2


def same_words(one: str, other: str) -> bool:
    """Whether two prompts differ in white space, capitals and marks of a sentence only.

    Prompts that quote a text to be written differ by every sign.
    """
    return _words(one) == _words(other)


def _words(prompt: str) -> list[str]:
    if _QUOTE.search(prompt):
        return prompt.split()
    return _WORD.findall(prompt.casefold())


def _read_scores(text: str) -> Scores:
    def pairs(items: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
        if len({name for name, _ in items}) != len(items):
            raise ValueError("a key stands twice")
        return dict(items)

    def refuse(name: str) -> JsonValue:
        raise ValueError(f"{name} is no number")

    read = json.loads(text, object_pairs_hook=pairs, parse_constant=refuse)
    if not isinstance(read, dict) or read.keys() != set(Scores._fields):
        raise ValueError("the scores are semantic and quality, and nothing else")
    return Scores(*(_number(read[name]) for name in Scores._fields))


def _number(value: JsonValue) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is no number")
    if not 0 <= value <= HIGHEST:
        raise ValueError(f"{value!r} is outside of [0, 10]")
    return float(value)
