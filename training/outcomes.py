"""What the reward knows of a reply, what it earned, and how that is logged."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from editthinker.graph.thinkers.scores import Scores
from editthinker.tools.errors import ConfigError
from editthinker.tools.images import ImageRef
from editthinker.training.reward_parts import Parts

Ending = Literal["edited", "skipped", "repeated", "refused", "malformed", "masked"]
"""What became of a reply:

- `edited`: a new edit was made and judged
- `skipped`: the previous edit was good enough already
- `repeated`: the prompt has the words of the previous one
- `refused`: the editor cannot do what the prompt asks
- `malformed`: the reply is not well-formed
- `masked`: there is no reward
"""


AnyImage = Any
"""A picture, or an image as a data loader gives it; see `pictures.Pictures`."""


@dataclass(frozen=True)
class Row:
    """What the reward knows of a prompt; all replies of a group share it."""

    source: AnyImage
    edited: AnyImage
    """The edit that the reply is about."""
    instruction: str
    prompt: str
    """What `edited` was made with."""
    before: Scores | None = None
    """Judged scores of `edited`; None to have it judged."""
    task: str = ""
    targets: str | None = None
    """JSON that only the judge sees."""
    seed: int | None = None
    """Of the new edit; None to draw one from the content."""


@dataclass(frozen=True)
class Outcome:
    """What a reply earned, and why."""

    reward: float | None
    ending: Ending
    parts: Parts | None = None
    before: Scores | None = None
    after: Scores | None = None
    prompt: str | None = None
    """What the new edit was made with."""
    edited: ImageRef | None = None
    error: str | None = None


@dataclass(frozen=True)
class Sample:
    """One reply with its outcome, for pages."""

    row: Row
    reply: str
    outcome: Outcome


def text_of(completion: Any) -> str:
    """Return the text of a completion: a conversation, a message or the text itself."""
    if isinstance(completion, str):
        return completion
    if isinstance(completion, Mapping):
        return text_of(completion.get("content") or "")
    if all(isinstance(part, Mapping) and "type" in part for part in completion):
        return "".join(str(part.get("text") or "") for part in completion)
    return text_of(completion[-1])


LogMetric = Callable[[str, float], None]
LogExtra = Callable[[str, list[Any]], None]


def log_outcomes(
    outcomes: Sequence[Outcome], log_metric: LogMetric | None, log_extra: LogExtra | None
) -> None:
    """Log parts and endings by name: means over the batch, and a column each per sample."""
    names = ("format", "critic", "semantic", "quality")
    columns: dict[str, list[float | None]] = {
        name: [getattr(o.parts, name) if o.parts else None for o in outcomes] for name in names
    }
    if log_extra:
        for name, values in columns.items():
            log_extra(f"part_{name}", values)
        log_extra("ending", [outcome.ending for outcome in outcomes])
        log_extra("error", [outcome.error or "" for outcome in outcomes])
    if not log_metric or not outcomes:
        return
    for name, values in columns.items():
        if known := [value for value in values if value is not None]:
            log_metric(f"reward_parts/{name}", sum(known) / len(known))
    gained = [(o.after.semantic - o.before.semantic) for o in outcomes if o.after and o.before]
    if gained:
        log_metric("reward_parts/semantic_gain", sum(gained) / len(gained))
    counts = Counter(outcome.ending for outcome in outcomes)
    for ending in get_args(Ending):
        log_metric(f"reward_share/{ending}", counts[ending] / len(outcomes))


def rows_of(count: int, columns: Mapping[str, Any]) -> list[Row]:
    """Put the columns of a batch, as TRL hands them over, into rows.

    Raises:
        ConfigError: if one is missing that the reward cannot do without.
    """

    def column(name: str, *, needed: bool = False) -> Sequence[Any]:
        if needed and name not in columns:
            raise ConfigError(
                f"the reward needs the column {name!r}; the data has {', '.join(columns)}"
            )
        values: Sequence[Any] = columns.get(name) or [None] * count
        return values

    rows = []
    for images, instruction, prompt, semantic, quality, task, targets, seed in zip(
        column("images", needed=True),
        column("instruction", needed=True),
        column("prompt_before", needed=True),
        column("semantic"),
        column("quality"),
        column("task"),
        column("targets"),
        column("seed"),
        strict=True,
    ):
        known = semantic is not None and quality is not None
        before = Scores(float(semantic), float(quality)) if known else None
        source, edited = images[:2]
        rows.append(Row(source, edited, instruction, prompt, before, task or "", targets, seed))
    return rows
