"""Options of thinkers that are chat models, checked at the edge."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from editthinker.graph.thinkers.chat_model import ReplyProtocol, ThinkerOptions
from editthinker.graph.thinkers.conversation import History
from editthinker.graph.thinkers.prompts import read_template
from editthinker.tools.errors import ConfigError


class ModelOptions(BaseModel):
    """What model thinks, and how it is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(description="Name of the model.", min_length=1)
    protocol: ReplyProtocol = Field(description="How the model replies.")
    prompt_template: Path | None = Field(None, description="File in place of our own wording.")
    temperature: float | None = Field(None, ge=0, le=2, description="None for the model's own.")
    top_p: float | None = Field(None, gt=0, le=1, description="None for the model's own.")
    max_tokens: int = Field(4096, ge=1, description="Most tokens of a reply.")
    seed: int | None = Field(0, ge=0, description="None for a model that takes no seed.")
    deadline_s: float = Field(280, gt=0, description="Seconds for a reply with all its retries.")
    max_concurrency: int = Field(16, ge=1, description="Most calls under way at once.")
    history: History = Field("none", description="How much of earlier attempts the model sees.")
    difference: bool = Field(
        False, description="Show what the edit changed as a third picture; tags only."
    )
    passes: int = Field(1, ge=1, le=32, description="Replies per edit, whose scores are averaged.")
    expected_scores: bool = Field(
        False, description="Score by token probabilities, where the model gives them."
    )
    checklist: bool = Field(False, description="Mark the instruction point by point; json only.")

    def thinker_options(self) -> ThinkerOptions:
        """Return what a `ChatModelThinker` needs of them, the template read.

        Raises:
            ConfigError: if the template is unusable, or several passes would all say the same.
        """
        if self.passes > 1 and self.temperature == 0:
            raise ConfigError(
                f"passes={self.passes} needs a temperature above 0, or all passes say the same"
            )
        return ThinkerOptions(
            prompt_template=read_template(self.prompt_template) if self.prompt_template else None,
            history=self.history,
            difference=self.difference,
            passes=self.passes,
            expected_scores=self.expected_scores,
            checklist=self.checklist,
            seed=self.seed,
            deadline_s=self.deadline_s,
            max_concurrency=self.max_concurrency,
        )


Options = TypeVar("Options", bound=ModelOptions)


def check_options(
    kind: type[Options], name: str, defaults: Mapping[str, object], given: Mapping[str, object]
) -> Options:
    """Lay what was given over the defaults of a thinker.

    Raises:
        ConfigError: if an option is unknown or cannot work.
    """
    try:
        return kind.model_validate({**defaults, **given})
    except ValidationError as exc:
        first = exc.errors()[0]
        what = ".".join(map(str, first["loc"]))
        raise ConfigError(
            f"thinker {name!r}: option {what} = {str(first['input'])[:80]!r}: {first['msg']}; "
            f"known options: {', '.join(kind.model_fields)}"
        ) from exc
