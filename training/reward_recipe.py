"""What the reward is made of: editor, judge, weights and limits, as a recipe names them."""

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

STRICT = ConfigDict(frozen=True, extra="forbid")


class EditorChoice(BaseModel):
    """The editor that makes the edits of the reward."""

    model_config = STRICT

    name: str = Field("darkroom", description="Name in the registry of editors.")
    options: dict[str, JsonValue] = Field({}, description="Keyword arguments of its factory.")


class JudgeChoice(BaseModel):
    """The judge that scores them."""

    model_config = STRICT

    name: str = Field("observer", description="Name in the registry of judges.")
    benchmark: str = Field(
        "gedit", description="Whose questions are asked; its scores are semantics and quality."
    )
    options: dict[str, JsonValue] = Field({}, description="Keyword arguments of its factory.")


class Weights(BaseModel):
    """How the parts are added; each part is in [0, 1], and so is the reward.

    The default is `0.5 format + 0.5 (0.2 critic + 0.6 semantic + 0.2 quality)`, the formula that
    the reference has written and switched off. What its code really pays is `RELEASED`.
    """

    model_config = STRICT

    format: float = Field(0.5, ge=0, le=1, description="Of a well-formed reply.")
    critic: float = Field(0.1, ge=0, le=1, description="Of stated scores near the judged ones.")
    semantic: float = Field(0.3, ge=0, le=1, description="Of the change in the semantic score.")
    quality: float = Field(0.1, ge=0, le=1, description="Of the change in the quality score.")

    @model_validator(mode="after")
    def _sum_is_one(self) -> "Weights":
        total = self.format + self.critic + self.semantic + self.quality
        if abs(total - 1) > 1e-6:
            raise ValueError(f"the weights add up to {total:g}, not to 1")
        return self


RELEASED = Weights(format=0.5, critic=0.0, semantic=0.5, quality=0.0)
"""What the released code pays where an edit succeeds. Where one fails it pays up to 0.80 (a real
unchanged edit earns 0.75); here such samples are masked under every weighting."""


class RewardRecipe(BaseModel):
    """Everything that decides a reward, and how fast it comes."""

    model_config = STRICT

    editor: EditorChoice = Field(EditorChoice(), description="Makes the edit of each reply.")
    judge: JudgeChoice = Field(JudgeChoice(), description="Scores edits, before and after.")
    weights: Weights = Field(Weights(), description="How the parts are added.")
    skip_at: float | None = Field(
        8.0,
        ge=0,
        le=10,
        description="No new edit where the previous one's geometric mean reaches this; null: never",
    )
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Starting point of the groups' seeds.")
    editor_slots: int = Field(8, ge=1, le=4096, description="Most edits under way at once.")
    judge_slots: int = Field(32, ge=1, le=4096, description="Most judgements under way at once.")
    deadline_s: float = Field(
        120.0, gt=0, description="Seconds of work for one sample; waiting for a slot is not work."
    )
    cache_size: int = Field(20_000, ge=1, description="Outcomes kept in memory, by content.")
    max_lost_steps: int = Field(
        10, ge=1, description="Stop training after so many batches in a row without any reward."
    )

    def worst_case_s(self, samples: int) -> float:
        """Return the longest that the reward of so many samples can take, in seconds."""
        rounds = -(-samples // self.editor_slots) + -(-samples // self.judge_slots)
        return rounds * self.deadline_s
