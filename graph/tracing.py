"""Traces without pictures: what goes to LangSmith or an OpenTelemetry collector, where it is on.

Tracing is LangSmith's own: off unless `LANGSMITH_TRACING` says so.
"""

from typing import Any

from langsmith import utils
from langsmith.run_trees import get_cached_client

LONGEST = 20_000
"""Characters of a text that a trace keeps; no prompt or reply comes near, an encoded image does."""


def keep_pictures_out() -> None:
    """Make the process's LangSmith client drop pictures from all it sends; call it before a run.

    Does nothing where tracing is off, or a client was made before.
    """
    if utils.tracing_is_enabled():
        get_cached_client(anonymizer=without_pictures)


def without_pictures(value: Any) -> Any:
    """Return JSON with the bytes of pictures replaced by how many there were."""
    if isinstance(value, dict):
        return {key: _without(key, held) for key, held in value.items()}
    if isinstance(value, list):
        return [without_pictures(held) for held in value]
    if isinstance(value, str) and (value[:5].lower() == "data:" or len(value) > LONGEST):
        return f"[{len(value):,} characters left out]"
    return value


def _without(key: str, held: Any) -> Any:
    if key in ("base64", "data") and isinstance(held, str) and len(held) > 100:
        return f"[{len(held):,} characters left out]"
    return without_pictures(held)
