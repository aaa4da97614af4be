"""Settings of one run: what LangGraph calls its context, and Studio shows as a form."""

from collections.abc import Mapping
from typing import Literal

from langgraph.runtime import Runtime, get_runtime
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from editthinker.tools.errors import ConfigError

Mode = Literal["single", "think-before", "think-while", "think-before-and-while", "best-of-n"]
"""How thinking and editing are interleaved (paper, section 3).

`single` edits once. `think-before` rewrites the instruction from the source image, then edits once.
`think-while` critiques each edit and tries again. `think-before-and-while` does both. `best-of-n`
makes several candidates of one prompt and keeps the best.
"""


class EditContext(BaseModel):
    """Settings of one run; every field has a default that suits a first try."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = Field("think-while", description="How thinking and editing are interleaved.")
    max_turns: int = Field(
        4, ge=1, le=32, description="Most turns; each makes one edit per candidate."
    )
    candidates: int = Field(
        1,
        ge=1,
        le=16,
        description="Edits per turn, each with its own seed; in best-of-n, 1 means max_turns.",
    )
    editors: tuple[str, ...] = Field(
        (),
        description="Editors in the order of escalation; empty means all of the graph's.",
    )
    accept_semantic: float = Field(
        8.0,
        ge=0,
        le=10,
        description="Accept an edit whose semantic score (0-10) is at least this ...",
    )
    accept_quality: float = Field(
        8.0, ge=0, le=10, description="... and whose quality score (0-10) is at least this."
    )
    patience: int = Field(
        2,
        ge=1,
        le=32,
        description="Turns without a better score before the next editor, or the end.",
    )
    min_gain: float = Field(
        0.1,
        ge=0,
        le=10,
        description="Smallest rise of the overall score (0-10) that counts as better.",
    )
    retry_unchanged: bool = Field(
        True,
        description="Try a repeated prompt with another seed; off stops there, as the paper does.",
    )
    edit_from: Literal["source", "best", "last"] = Field(
        "source", description="Which image each turn edits."
    )
    select: Literal["best", "last"] = Field(
        "best", description="Which edit is the result; `last` reproduces the paper."
    )
    judge_last: bool = Field(
        True, description="Critique the last turn too; off reproduces the paper."
    )
    review: bool = Field(False, description="Pause after every turn for a person to decide.")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="First seed handed to the editors.")
    budget_s: float | None = Field(
        None,
        gt=0,
        description="Start no further turn after this many seconds of editing and thinking.",
    )
    budget_usd: float | None = Field(
        None, gt=0, description="Start no further turn after spending this many US dollars."
    )

    def accepts(
        self, semantic: float | None, quality: float | None, satisfied: bool | None
    ) -> bool:
        """Whether both scores reach their thresholds, or, without scores, the thinker agrees."""
        if semantic is None or quality is None:
            return satisfied is True
        return semantic >= self.accept_semantic and quality >= self.accept_quality

    @classmethod
    def largest(cls, name: str) -> float | None:
        """Return the most that a setting of this class can be: less on a server that limits it."""
        bounds = (getattr(bound, "le", None) for bound in cls.model_fields[name].metadata)
        return next((most for most in bounds if most is not None), None)

    @property
    def plans(self) -> bool:
        """Whether the instruction is rewritten before the first edit."""
        return self.mode in ("think-before", "think-before-and-while")

    @property
    def turns(self) -> int:
        """Most turns that the mode allows."""
        return self.max_turns if self.mode in ("think-while", "think-before-and-while") else 1

    @property
    def candidates_per_turn(self) -> int:
        """Edits made in each turn; `best-of-n` makes as many as a loop would."""
        if self.mode == "best-of-n" and self.candidates == 1:
            return self.max_turns
        return self.candidates


def parse_settings(given: Mapping[str, object]) -> EditContext:
    """Check settings that a person wrote; numbers and truth values may be strings.

    Raises:
        ConfigError: naming the setting, its value and what it may be.
    """
    try:
        return EditContext.model_validate(dict(given))
    except ValidationError as exc:
        problem = exc.errors()[0]
        name = str(problem["loc"][0]) if problem["loc"] else "settings"
        raise ConfigError(f"{name} = {problem['input']!r}: {problem['msg']}") from exc


def resolve_context(runtime: Runtime[EditContext], default: EditContext) -> EditContext:
    """Return the settings of this run.

    LangGraph 1.2 hands a subgraph its parent's context, whatever that is, and None where the caller
    gave none: anything but an `EditContext` means the defaults of this graph.
    """
    return runtime.context if isinstance(runtime.context, EditContext) else default


def current_context(settings: Mapping[str, object], default: EditContext) -> EditContext:
    """Return the settings of this run where a route is asked for.

    LangGraph 1.2 gives routes no runtime while `update_state` forks a thread: then the settings
    that the run began with, as the state keeps them, count.
    """
    runtime: Runtime[EditContext] | None = get_runtime(EditContext)
    if runtime is None:
        return settings_of(settings)
    return resolve_context(runtime, default)


def settings_of(settings: Mapping[str, object]) -> EditContext:
    """Return the context that a state or a record keeps under `settings`."""
    return EditContext.model_validate(
        {name: settings[name] for name in EditContext.model_fields if name in settings}
    )
