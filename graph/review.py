"""Human review: pause after a turn and let a person decide."""

from typing import Literal, Self

from langgraph.types import interrupt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from typing_extensions import TypedDict

from editthinker.graph.instruction import check_instruction
from editthinker.graph.state import Attempt, EditState, PromptBy, StopReason
from editthinker.tools.errors import ConfigError


class ReviewAnswer(BaseModel):
    """A person's decision, as `Command(resume={...})` carries it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Literal["continue", "accept", "prompt", "stop"] = Field(
        description="Let the loop decide, accept an edit, try another prompt, or stop."
    )
    prompt: str | None = Field(None, description="For `prompt`: what the next turn sends.")
    turn: int | None = Field(None, ge=1, description="For `accept`: the turn; default the latest.")
    candidate: int = Field(0, ge=0, description="For `accept`: the candidate of that turn.")

    @model_validator(mode="after")
    def _check_prompt(self) -> Self:
        if self.action == "prompt":
            try:
                check_instruction(self.prompt or "")
            except ConfigError as exc:
                raise ValueError(str(exc)) from exc
        return self


class ReviewUpdate(TypedDict, total=False):
    """What a review changes in the state."""

    prompt: str
    prompt_by: PromptBy
    stop_reason: StopReason
    chosen: tuple[int, int]


class ReviewPayload(TypedDict):
    """What a reviewer is shown; JSON, images as references."""

    instruction: str
    turn: int
    attempts: list[Attempt]
    """Every attempt so far."""
    next_prompt: str
    """What the loop would try next."""
    answers: dict[str, str]
    """The possible answers and what they do."""
    error: str | None
    """Why the last answer was refused."""


ANSWERS = {
    '{"action": "continue"}': "let the loop decide",
    '{"action": "accept"}': "take this edit (with `turn` and `candidate`: that one)",
    '{"action": "prompt", "prompt": "..."}': "edit again with this prompt",
    '{"action": "stop"}': "end here with the best edit so far",
}
"""The possible answers, for people who see the payload."""


async def review_turn(state: EditState) -> ReviewUpdate:
    """Interrupt until a person gives a usable answer, then turn it into an update."""
    attempts = state["attempts"]
    turn = attempts[-1]["turn"]
    error: str | None = None
    while True:
        answer = interrupt(
            ReviewPayload(
                instruction=state["instruction"],
                turn=turn,
                attempts=attempts,
                next_prompt=state["prompt"],
                answers=ANSWERS,
                error=error,
            )
        )
        try:
            decision = ReviewAnswer.model_validate(
                {"action": answer} if isinstance(answer, str) else answer
            )
        except ValidationError as exc:
            error = "; ".join(str(problem["msg"]) for problem in exc.errors())
            continue
        if decision.action == "continue":
            return {}
        if decision.action == "stop":
            return {"stop_reason": "stopped"}
        if decision.action == "prompt":
            return {"prompt": check_instruction(decision.prompt or ""), "prompt_by": "person"}
        chosen = (decision.turn or turn, decision.candidate)
        if decision.turn is None:
            best = [a for a in attempts if a["turn"] == turn and a["image"]]
            chosen = (turn, decision.candidate if len(best) > 1 else best[0]["candidate"])
        if any((a["turn"], a["candidate"]) == chosen and a["image"] for a in attempts):
            return {"stop_reason": "accepted", "chosen": chosen}
        error = f"turn {chosen[0]} has no edit of candidate {chosen[1]}"
