"""The record of a run: what `run.json` holds."""

import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from editthinker.graph.planning import Planning, add_planning
from editthinker.graph.state import (
    Attempt,
    EditState,
    Failure,
    PromptBy,
    RequirementMark,
    StopReason,
    geometric_mean,
)
from editthinker.graph.thinkers.base import Usage
from editthinker.tools.images import ImageRef

VERSIONED = (
    "editthinker",
    "langgraph",
    "langchain-core",
    "numpy",
    "opencv-python-headless",
    "pillow",
)
"""Packages whose versions a record names."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TurnRecord(_Record):
    """One edit and what the thinker said about it."""

    turn: int = Field(description="From 1.")
    candidate: int = Field(description="From 0.")
    editor: str
    prompt: str = Field(description="What the editor was told.")
    prompt_by: PromptBy = Field(description="Who wrote the prompt.")
    seed: int
    image: ImageRef | None = Field(description="The edit; null if the editor made none.")
    semantic: float | None = Field(description="Score in [0, 10]; null if not scored.")
    quality: float | None = Field(description="Score in [0, 10]; null if not scored.")
    satisfied: bool | None = Field(description="The thinker's own verdict, if it gives one.")
    reasoning: str
    refined_prompt: str | None = Field(description="What the thinker would try next.")
    checklist: tuple[RequirementMark, ...] = Field(
        (), description="The instruction point by point, from thinkers that work with a list."
    )
    scoring: str | None = Field(None, description="Where the scores come from.")
    notes: tuple[str, ...] = Field(description="What the editor said about its work.")
    details: dict[str, JsonValue] = Field({}, description="What the editor recorded of its work.")
    repairs: tuple[str, ...] = Field(description="What was mended to read the thinker's reply.")
    reply: str | None = Field(description="SHA-256 of the thinker's raw reply among the blobs.")
    latency_s: float = Field(description="Seconds of editing and thinking.")
    edit_s: float = Field(description="Seconds of editing.")
    think_s: float = Field(description="Seconds of thinking.")
    tokens: int = Field(description="Tokens in and out of the thinker.")
    cost_usd: float
    failure: Failure | None = Field(description="Kind of failure, if any.")
    error: str | None = Field(description="The failure in a sentence.")

    @property
    def overall(self) -> float | None:
        """Geometric mean of both scores, in [0, 10]; None if not scored."""
        return geometric_mean(self.semantic, self.quality)


class ResultRecord(_Record):
    """The edit that was selected."""

    turn: int
    candidate: int
    image: ImageRef
    file: str | None = Field(
        description="Name of the file beside run.json, in the source's format."
    )


class UsageRecord(_Record):
    """What a run took in all, plans included."""

    edits: int = Field(description="Calls of editors that made an image.")
    thoughts: int = Field(description="Edits that a thinker scored.")
    input_tokens: int
    output_tokens: int
    cost_usd: float
    latency_s: float = Field(description="Seconds of editing and thinking, summed over candidates.")
    format_failures: int = Field(
        description="Edits for which a reply could not be read, at once or at all."
    )


class RunRecord(_Record):
    """Everything about one run; images are named by content and lie in `blobs/`."""

    instruction: str = Field(description="The user's own words.")
    source: ImageRef
    source_file: str | None = Field(description="Where the photo came from, as the user named it.")
    source_note: str = Field("", description="What was odd about the photo, if anything.")
    mask: ImageRef | None = Field(None, description="White where the edit was allowed, if given.")
    turns: tuple[TurnRecord, ...]
    result: ResultRecord | None = Field(description="Null if no editor made an image.")
    stop_reason: StopReason
    error: str | None = Field(description="What failed, in a sentence, where something did.")
    usage: UsageRecord
    settings: dict[str, JsonValue] = Field(description="Every setting of the run.")
    versions: dict[str, str] = Field(description="Of Python and of the packages that matter.")

    def write(self, path: Path) -> None:
        """Write the record as JSON, atomically."""
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
        fresh.replace(path)


def record_run(
    state: EditState,
    *,
    source_file: str | None = None,
    source_note: str = "",
    result_file: str | None = None,
) -> RunRecord:
    """Make the record of a run from its state; an unfinished run counts as `stopped`."""
    attempts = state.get("attempts", [])
    chosen = next(
        (a for a in attempts if (a["turn"], a["candidate"]) == tuple(state.get("chosen") or ())),
        None,
    )
    return RunRecord(
        instruction=state["instruction"],
        source=state["source"],
        source_file=source_file,
        source_note=source_note,
        mask=state.get("marked"),
        turns=tuple(_turn(a) for a in attempts),
        result=ResultRecord(
            turn=chosen["turn"],
            candidate=chosen["candidate"],
            image=chosen["image"],
            file=result_file,
        )
        if chosen and chosen["image"]
        else None,
        stop_reason=state.get("stop_reason") or "stopped",
        error=state.get("error"),
        usage=_usage(attempts, state.get("planning")),
        settings=state["settings"],
        versions=_versions(),
    )


def _turn(a: Attempt) -> TurnRecord:
    kept = {name: a[name] for name in TurnRecord.model_fields if name in a}  # type: ignore[literal-required]
    return TurnRecord(
        **kept,
        latency_s=a["edit_s"] + a["think_s"],
        tokens=a["input_tokens"] + a["output_tokens"],
    )


def _usage(attempts: Sequence[Attempt], planning: Planning | None) -> UsageRecord:
    plans = planning or add_planning(None, Usage(), 0.0)
    return UsageRecord(
        edits=sum(a["image"] is not None for a in attempts),
        thoughts=sum(a["semantic"] is not None or a["satisfied"] is not None for a in attempts),
        input_tokens=plans["input_tokens"] + sum(a["input_tokens"] for a in attempts),
        output_tokens=plans["output_tokens"] + sum(a["output_tokens"] for a in attempts),
        cost_usd=plans["cost_usd"] + sum(a["cost_usd"] for a in attempts),
        latency_s=plans["think_s"] + sum(a["edit_s"] + a["think_s"] for a in attempts),
        format_failures=sum(
            a["failure"] == "unparsable" or any(r.startswith("asked again") for r in a["repairs"])
            for a in attempts
        ),
    )


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in VERSIONED:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
