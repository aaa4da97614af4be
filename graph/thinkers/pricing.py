"""What tokens cost, from the dated table `prices.toml`."""

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files

from langchain_core.messages.ai import UsageMetadata

from editthinker.graph.thinkers.base import Usage


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens."""

    input: float
    cached_input: float
    output: float


FREE = Price(0.0, 0.0, 0.0)
"""For a model of one's own."""


def price_of(model: str) -> Price:
    """Look up a model, dated versions such as `gpt-4.1-2025-04-14` included; else `FREE`."""
    text = (files("editthinker.graph.thinkers") / "prices.toml").read_text("utf-8")
    table: dict[str, dict[str, float]] = tomllib.loads(text)["models"]
    values = table.get(re.sub(r"-\d{4}-\d{2}-\d{2}$", "", model))
    return Price(**values) if values else FREE


def usage_of(metadata: UsageMetadata | None, price: Price) -> Usage:
    """Turn what a chat model reports into tokens and dollars."""
    if metadata is None:
        return Usage()
    cached = metadata.get("input_token_details", {}).get("cache_read") or 0
    sent, made = metadata["input_tokens"], metadata["output_tokens"]
    dollars = (
        (sent - cached) * price.input + cached * price.cached_input + made * price.output
    ) / 1e6
    return Usage(sent, made, dollars)
