"""What it took to write prompts from the source alone, beside any edit."""

from typing_extensions import TypedDict

from editthinker.graph.thinkers.base import Usage
from editthinker.graph.thinkers.replies import UnreadableReplyError


class Planning(TypedDict):
    """The sum over a run."""

    think_s: float
    input_tokens: int
    output_tokens: int
    cost_usd: float


def add_planning(before: Planning | None, usage: Usage, think_s: float) -> Planning:
    """Count one more prompt, written or not."""
    return Planning(
        think_s=(before["think_s"] if before else 0.0) + think_s,
        input_tokens=(before["input_tokens"] if before else 0) + usage.input_tokens,
        output_tokens=(before["output_tokens"] if before else 0) + usage.output_tokens,
        cost_usd=(before["cost_usd"] if before else 0.0) + usage.cost_usd,
    )


def usage_of_failure(error: BaseException) -> Usage:
    """Return what a call cost that gave nothing: replies that could not be read were paid for."""
    return error.usage if isinstance(error, UnreadableReplyError) else Usage()
