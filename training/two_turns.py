"""An experiment: two turns in one episode, so that a thinker learns to go on from its own edit.

A `rollout_func` of TRL's `GRPOTrainer` (experimental there, and two of its private methods are used
here). The thinker replies, the graph edits with its prompt, an answer in words says what came of
it, and the thinker replies again. What the environment says is masked out of the loss.

Limits, which is why this is behind a flag:

- The second turn sees no second picture: TRL 1.16 cannot add one in a roll-out. It is told whether
  its edit was better, without scores, since it would copy those into its own.
- So the critic part counts for the first reply alone; the edit parts compare the last edit with the
  one the episode began with.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from datasets import Dataset

from editthinker.graph.thinkers.scores import Scores
from editthinker.training.outcomes import Outcome, Row, Sample, log_outcomes, rows_of
from editthinker.training.reward_parts import NEUTRAL, Parts, add_up, edit_part
from editthinker.training.rewards import EditReward

ROW = "row"
"""Key of the first message that names the row: a roll-out is handed prompts and nothing else."""

PER_TOKEN = ("mm_token_type_ids", "token_type_ids")
"""What the processor returns for each token."""


def number_rows(rows: Dataset) -> Dataset:
    """Write each row's number into its first message."""

    def number(row: dict[str, Any], at: int) -> dict[str, Any]:
        first, *others = row["prompt"]
        return {"prompt": [{**first, ROW: at}, *({**each, ROW: at} for each in others)]}

    return rows.map(number, with_indices=True)


class TwoTurns:
    """Makes episodes of two turns, and scores them."""

    __name__ = "two_turn_reward"

    def __init__(self, reward: EditReward, rows: Dataset) -> None:
        self.reward = reward
        self._rows = rows

    def roll_out(self, prompts: Sequence[Any], trainer: Any) -> dict[str, Any]:
        """Let the policy reply twice; returns tokens, a mask of its own ones, and both replies."""
        tokenizer = trainer.processing_class.tokenizer
        training = trainer.model.training
        group = trainer.num_generations if training else trainer.num_generations_eval
        prompt_ids, images, fields = trainer._tokenize_prompts(list(prompts))
        first, logprobs = trainer._generate_single_turn(prompt_ids, images, fields, group)
        replies = tokenizer.batch_decode(first, skip_special_tokens=True)
        scored = self.reward.score(self._rows_of(prompts), replies)
        outcomes = asyncio.run_coroutine_threadsafe(scored, trainer.async_loop).result()
        said = [
            _answer_ids(tokenizer, ids, outcome)
            for ids, outcome in zip(first, outcomes, strict=True)
        ]
        longer = [[*p, *f, *s] for p, f, s in zip(prompt_ids, first, said, strict=True)]
        second, more = trainer._generate_single_turn(longer, images, _stretched(fields, longer), 1)
        parts = list(zip(first, said, second, strict=True))
        return {
            "prompt_ids": prompt_ids,
            "completion_ids": [[*f, *s, *t] for f, s, t in parts],
            "env_mask": [[1] * len(f) + [0] * len(s) + [1] * len(t) for f, s, t in parts],
            "logprobs": logprobs
            and [[*a, *[0.0] * len(s), *b] for a, s, b in zip(logprobs, said, more, strict=True)],
            "replies": [
                list(pair)
                for pair in zip(
                    replies, tokenizer.batch_decode(second, skip_special_tokens=True), strict=True
                )
            ],
        }

    async def __call__(
        self, prompts: Sequence[Any], completions: Sequence[Any], **columns: Any
    ) -> list[float | None]:
        """Score episodes, as TRL asks for it."""
        rows = rows_of(len(completions), columns)
        replies = columns["replies"]
        firsts = await self.reward.score(rows, [pair[0] for pair in replies])
        following = [self.next_row(row, first) for row, first in zip(rows, firsts, strict=True)]
        seconds = await self.reward.score(following, [pair[1] for pair in replies])
        outcomes = [self.episode(*each) for each in zip(firsts, following, seconds, strict=True)]
        both = ["\n\n".join(pair) for pair in replies]
        self.reward.last = [Sample(*each) for each in zip(rows, both, outcomes, strict=True)]
        self.reward.counts.update(outcome.ending for outcome in outcomes)
        log_outcomes(outcomes, columns.get("log_metric"), columns.get("log_extra"))
        return [outcome.reward for outcome in outcomes]

    def next_row(self, row: Row, first: Outcome) -> Row:
        """Return what the second reply is about: the new edit, or the old one if there is none."""
        if first.edited is None or first.prompt is None:
            return row
        edited = self.reward.blobs.get_image(first.edited)
        return replace(row, edited=edited, prompt=first.prompt, before=first.after)

    def episode(self, first: Outcome, following: Row, second: Outcome) -> Outcome:
        """Put two outcomes together: both replies must be well-formed, the last edit counts."""
        if first.reward is None or second.reward is None:
            return Outcome(None, "masked", error=first.error or second.error)
        if "malformed" in (first.ending, second.ending):
            return Outcome(0.0, "malformed", Parts(0.0, 0.0, 0.0, 0.0))
        assert first.parts and second.parts
        before, after = first.before, second.after or following.before
        if second.ending == "refused":
            gains = [0.0, 0.0]
        elif before is None or after is None:
            gains = [NEUTRAL, NEUTRAL]
        else:
            gains = [edit_part(b, a) for b, a in zip(before, after, strict=True)]
        parts = Parts(1.0, first.parts.critic, *gains)
        reward = add_up(parts, self.reward.recipe.weights)
        return replace(second, reward=reward, parts=parts, before=before, after=after)

    def _rows_of(self, prompts: Sequence[Any]) -> list[Row]:
        chosen = self._rows.select([prompt[0][ROW] for prompt in prompts])
        return rows_of(len(chosen), {name: list(chosen[name]) for name in chosen.column_names})


def describe(outcome: Outcome) -> str:
    """Say in words what came of a reply."""
    if outcome.ending == "edited" and outcome.before and outcome.after:
        return f"The edit is made. It is {_compared(outcome.before, outcome.after)}."
    said = {
        "refused": f"The editor refused: {outcome.error}",
        "repeated": "That is the instruction of the last time; nothing new was made.",
        "skipped": "The last edit was good; nothing new was made.",
        "malformed": "The reply could not be read; nothing was made.",
    }
    return said.get(outcome.ending, "The edit failed; nothing was made.")


def _compared(before: Scores, after: Scores) -> str:
    gain = after.semantic * after.quality - before.semantic * before.quality
    return "better than the last one" if gain > 0 else "worse" if gain < 0 else "no better"


def _answer_ids(tokenizer: Any, reply: Sequence[int], outcome: Outcome) -> list[int]:
    """Return the tokens between two replies, in the form of Qwen's conversations."""
    ended = bool(reply) and reply[-1] == tokenizer.convert_tokens_to_ids("<|im_end|>")
    text = (
        f"{'' if ended else '<|im_end|>'}\n<|im_start|>user\n{describe(outcome)} "
        "Score it and write the next instruction.<|im_end|>\n<|im_start|>assistant\n"
    )
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def _stretched(fields: Mapping[str, Any], longer: Sequence[Sequence[int]]) -> dict[str, Any]:
    """Make what stands for each token as long as the prompts have become."""
    return {
        name: [
            [*given, *[0] * (len(ids) - len(given))]
            for given, ids in zip(value, longer, strict=True)
        ]
        if name in PER_TOKEN
        else value
        for name, value in fields.items()
    }
