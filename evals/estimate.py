"""What a sweep would take, before it is run."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from editthinker.evals.benchmarks.base import Benchmark, Sample
from editthinker.evals.config import SweepConfig
from editthinker.graph.thinkers.pricing import price_of

IMAGE_TOKENS = 1000
"""Of a picture of about a megapixel, as GPT-4.1-class models count."""
TEXT_TOKENS = 500
REPLY_TOKENS = 300


class Estimate(BaseModel):
    """Upper bounds: every loop runs all its turns."""

    samples: int
    cells: int
    edits: int
    thoughts: int
    judge_calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float = Field(description="At list prices; 0 for models of one's own.")


def estimate_sweep(
    config: SweepConfig, benchmark: Benchmark, samples: Sequence[Sample], judge_model: str | None
) -> Estimate:
    """Count calls, tokens and dollars."""
    edits = thoughts = 0
    for mode in config.executions:
        made = 1 if mode in ("single", "think-before") else config.max_turns
        edits += made
        thoughts += made + (mode in ("think-before", "think-before-and-while"))
    pairs = len(config.editors) * len(config.thinkers)
    edits, thoughts = edits * pairs * len(samples), thoughts * pairs * len(samples)
    questions = benchmark.questions if judge_model else 0.0
    judged_again = min(config.rejudge, edits)
    judge_calls = round((edits + judged_again) * questions * config.judge_passes)
    thinker = price_of(config.thinker_model or "")
    thinkers = [price_of(name) if price_of(name).input else thinker for name in config.thinkers]
    sent = thoughts * (2 * IMAGE_TOKENS + TEXT_TOKENS)
    judged = judge_calls * (2 * IMAGE_TOKENS + TEXT_TOKENS)
    judge = price_of(judge_model or "")
    cost = sum(sent * p.input + thoughts * REPLY_TOKENS * p.output for p in thinkers)
    cost = cost / len(thinkers) + judged * judge.input + judge_calls * REPLY_TOKENS * judge.output
    return Estimate(
        samples=len(samples),
        cells=pairs * len(config.executions),
        edits=edits,
        thoughts=thoughts,
        judge_calls=judge_calls,
        input_tokens=sent + judged,
        output_tokens=(thoughts + judge_calls) * REPLY_TOKENS,
        cost_usd=round(cost / 1e6, 2),
    )
