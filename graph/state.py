"""The state of the loop: JSON only; images are references into the blob store."""

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal, NotRequired

from typing_extensions import TypedDict

from editthinker.graph.planning import Planning
from editthinker.tools.images import ImageRef

StopReason = Literal[
    "accepted",
    "unchanged",
    "max_turns",
    "no_gain",
    "budget",
    "unparsable",
    "editor_failed",
    "thinker_failed",
    "stopped",
]
"""Why a loop ended:

- `accepted`: an edit reached both thresholds, or the thinker or a person accepted it
- `unchanged`: the thinker had no better prompt, and another seed would change nothing
- `max_turns`: the turns are used up
- `no_gain`: the scores stopped rising
- `budget`: seconds or dollars are used up
- `unparsable`: the thinker's reply could not be read
- `editor_failed`, `thinker_failed`: a call failed and no other editor was left
- `stopped`: a person stopped it
"""

PromptBy = Literal["user", "plan", "thinker", "person"]
"""Who wrote a prompt; `user` is the unchanged instruction, `person` a reviewer in the loop."""

Failure = Literal["refused", "editor", "thinker", "unparsable"]
"""What went wrong in an attempt: the editor refused or failed, or its edit could not be scored."""


class RequirementMark(TypedDict):
    """One point of a thinker's checklist, as it judged an edit by it."""

    text: str
    keep: bool
    """Whether it is about what must stay as it is."""
    status: Literal["done", "partly", "not"] | None
    note: str
    region: list[float] | None
    """Left, top, right, bottom in fractions of the edit's size, if a place can be named."""


class Attempt(TypedDict):
    """One edit and what the thinker said about it."""

    turn: int
    """From 1."""
    candidate: int
    """From 0."""
    editor: str
    prompt: str
    prompt_by: PromptBy
    seed: int
    seeded: bool
    """Whether another seed makes another image."""
    image: ImageRef | None
    """None if the editor made none."""
    notes: list[str]
    """What the editor said about its work."""
    details: dict[str, Any]
    """What the editor recorded of it, for studies: no thinker sees it. Empty if over 2 kB."""
    semantic: float | None
    """Instruction followed and the rest preserved, in [0, 10]; None if not scored."""
    quality: float | None
    """Naturalness, in [0, 10]; None if not scored."""
    satisfied: bool | None
    """The thinker's own verdict, where its protocol has one."""
    reasoning: str
    refined_prompt: str | None
    """What the thinker would try next."""
    checklist: list[RequirementMark]
    """The instruction point by point, from thinkers that work with a list."""
    scoring: str | None
    """Where the scores come from: stated, expected, checklist or mean; None if not scored."""
    next_editor: str | None
    """The editor the thinker asks for next."""
    reply: str | None
    """SHA-256 of the thinker's raw reply in the blob store."""
    repairs: list[str]
    """What the parser mended to read the reply."""
    edit_s: float
    """Seconds spent editing."""
    think_s: float
    """Seconds spent thinking."""
    input_tokens: int
    output_tokens: int
    cost_usd: float
    failure: Failure | None
    error: str | None
    """The failure in a sentence."""


def merge_attempts(old: Sequence[Attempt] | None, new: Sequence[Attempt] | None) -> list[Attempt]:
    """Put attempts in order of turn and candidate; a later version replaces an earlier one."""
    by_place = {(a["turn"], a["candidate"]): a for a in (*(old or ()), *(new or ()))}
    return [by_place[place] for place in sorted(by_place)]


class EditTask(TypedDict):
    """What one editor node is asked to make: one candidate of one turn."""

    image: ImageRef
    turn: int
    candidate: int
    editor: str
    prompt: str
    prompt_by: PromptBy
    seed: int
    mask: NotRequired[ImageRef]
    """White where the edit may happen; missing where that is everywhere."""


class EditInput(TypedDict):
    """What a caller must give."""

    image: str | ImageRef
    """The photo: a `data:image/...;base64,` URI, or a picture in the blob store by its reference,
    its SHA-256 or its `/blobs/` address."""
    instruction: str
    """What to change, in plain words."""
    mask: NotRequired[str | ImageRef | None]
    """White where the edit may happen, in the size of the photo; named as `image` is."""


class EditOutput(TypedDict, total=False):
    """What a caller may rely on."""

    source: ImageRef
    result: ImageRef | None
    """The selected edit; None if no editor made an image."""
    chosen: tuple[int, int] | None
    """Turn and candidate of the result."""
    stop_reason: StopReason
    error: str | None
    """What failed, in a sentence, where something did."""
    attempts: list[Attempt]


class EditState(EditInput, total=False):
    """Everything the loop knows."""

    settings: dict[str, Any]
    """The resolved `EditContext` of the run, and the names of its editors and thinker."""
    editors: list[str]
    """Editors in the order of escalation."""
    source: ImageRef
    marked: ImageRef | None
    """The mask, as `source` is the image; None where the edit may happen everywhere."""
    prompt: str
    """What the next turn sends to the editor."""
    prompt_by: PromptBy
    planning: Planning | None
    """What plans took; None where there was none."""
    attempts: Annotated[list[Attempt], merge_attempts]
    chosen: tuple[int, int] | None
    result: ImageRef | None
    stop_reason: StopReason | None
    error: str | None


def geometric_mean(semantic: float | None, quality: float | None) -> float | None:
    """Return the overall score, in [0, 10], as GEdit-Bench defines it; None if not scored."""
    if semantic is None or quality is None:
        return None
    return math.sqrt(semantic * quality)


def overall(attempt: Attempt) -> float | None:
    """Return the overall score of an attempt, in [0, 10]; None if not scored."""
    return geometric_mean(attempt["semantic"], attempt["quality"])


def best_attempt(attempts: Sequence[Attempt]) -> Attempt | None:
    """Return the attempt with the highest overall score, the earliest of equals.

    Scored edits come before unscored ones; None if no attempt has an image.
    """
    made = [a for a in attempts if a["image"] is not None]
    return max(made, key=lambda a: -1.0 if (score := overall(a)) is None else score, default=None)
