"""The reward: one async function that runs the graph from a thinker's reply.

`EditReward` is what TRL's `GRPOTrainer` takes as a reward function. For each reply it reads the
scores and the next prompt, lets the graph edit the source with that prompt (editor node only, no
thinker), lets the judge score the new edit against the user's own words, and adds up named parts.

- What cannot be known is `None`, which masks the sample: an edit that failed or timed out, a judge
  that gave no score. It is counted and logged, and never a number.
- A reply that is not well-formed earns 0, and so does the edit of a prompt that the editor refuses:
  these are the reply's own fault.
- A prompt with the words of the previous one earns the neutral 0.5 for its edit, without an edit:
  another draw of the same lottery is no merit.
"""

import asyncio
import hashlib
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from editthinker.graph.build import build_graph
from editthinker.graph.choices import make
from editthinker.graph.context import EditContext
from editthinker.graph.policies import Policies
from editthinker.graph.thinkers.scores import Scores
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.base import EDITORS, Editor
from editthinker.tools.errors import (
    ConfigError,
    EditorError,
    EditThinkerError,
    JudgeError,
)
from editthinker.tools.images import ImageRef, Picture
from editthinker.tools.recent import Recent
from editthinker.training.outcomes import (
    Ending,
    Outcome,
    Row,
    Sample,
    log_outcomes,
    rows_of,
    text_of,
)
from editthinker.training.pictures import Pictures
from editthinker.training.reward_parts import (
    NEUTRAL,
    NOTHING,
    Parts,
    add_up,
    critic_part,
    edit_part,
    is_good_enough,
    read_strictly,
    same_words,
)
from editthinker.training.reward_recipe import RewardRecipe
from editthinker.training.scoring import Scorer, make_scorer

T = TypeVar("T")


@dataclass(frozen=True)
class _Made:
    """An edit and its scores; without an image where the editor refused."""

    image: ImageRef | None
    scores: Scores | None
    error: str | None = None


@dataclass
class _Gates:
    editor: asyncio.Semaphore
    judge: asyncio.Semaphore
    running: dict[str, "asyncio.Future[Any]"] = field(default_factory=dict)


class EditReward:
    """Scores replies by what their prompts do to the photo.

    Args:
        recipe: Weights, limits, and the names of editor and judge.
        blobs: Where images are kept: a store, a folder or a URL; by default the user's.
        editor: In place of the recipe's.
        scorer: In place of the recipe's.
    """

    __name__ = "edit_reward"

    def __init__(
        self,
        recipe: RewardRecipe,
        blobs: BlobStore | str | None = None,
        *,
        editor: Editor | None = None,
        scorer: Scorer | None = None,
    ) -> None:
        self.recipe = recipe
        self.blobs = blobs if isinstance(blobs, BlobStore) else BlobStore(blobs)
        self.counts: Counter[Ending] = Counter()
        """Endings since the beginning."""
        self.last: list[Sample] = []
        """The last batch."""
        self._editor = editor or make(EDITORS, recipe.editor.name, recipe.editor.options)
        judge = recipe.judge
        self._scorer = scorer or make_scorer(judge.name, judge.benchmark, judge.options)
        # One edit of a prompt, exactly as in a loop; the thinker is never made.
        policies = Policies(edit_timeout_s=recipe.deadline_s)
        builder = build_graph([self._editor], "scripted", self.blobs, policies=policies)
        self._graph = builder.compile(name="edit_reward")
        self.pictures = Pictures(self.blobs)
        self._known: Recent[Any] = Recent(recipe.cache_size, lambda value: 1)
        self._gates: WeakKeyDictionary[asyncio.AbstractEventLoop, _Gates] = WeakKeyDictionary()
        self._lost_steps = 0

    async def __call__(
        self, prompts: Sequence[Any], completions: Sequence[Any], **columns: Any
    ) -> list[float | None]:
        """Score a batch, as TRL asks for it.

        Args:
            prompts: Unused; the columns hold what counts.
            completions: Conversations of one assistant message, or texts.
            columns: `images` (source, edited), `instruction`, `prompt_before`, `semantic`,
                `quality`, and optionally `task`, `targets` and `seed`, one each per completion;
                `log_metric` and `log_extra`.

        Raises:
            ConfigError: if a column is missing, or too many batches in a row had no reward at all.
        """
        rows = rows_of(len(completions), columns)
        replies = [text_of(completion) for completion in completions]
        outcomes = await self.score(rows, replies)
        self.last = [Sample(*each) for each in zip(rows, replies, outcomes, strict=True)]
        self.counts.update(outcome.ending for outcome in outcomes)
        log_outcomes(outcomes, columns.get("log_metric"), columns.get("log_extra"))
        self._stop_if_lost(outcomes)
        return [outcome.reward for outcome in outcomes]

    async def score(self, rows: Sequence[Row], replies: Sequence[str]) -> list[Outcome]:
        """Score replies side by side; none depends on another."""
        pairs = zip(rows, replies, strict=True)
        return await asyncio.gather(*(self._score_safely(row, reply) for row, reply in pairs))

    async def _score_safely(self, row: Row, reply: str) -> Outcome:
        try:
            return await self._score(row, reply)
        except ConfigError:
            raise
        except EditThinkerError as exc:
            return Outcome(None, "masked", error=str(exc))
        except Exception as exc:  # one sample never shifts or ends the others
            logging.getLogger(__name__).exception("a reward failed")
            return Outcome(None, "masked", error=f"{type(exc).__name__}: {exc}")

    async def _score(self, row: Row, reply: str) -> Outcome:
        read = read_strictly(reply)
        if read is None:
            return Outcome(0.0, "malformed", NOTHING, row.before)
        source = await self.pictures.take_in(row.source)
        row = replace(row, source=source)
        before = row.before
        if before is None:
            before = await self._judge(row, await self.pictures.take_in(row.edited))
        critic = critic_part(read.scores, before)
        if is_good_enough(before, self.recipe.skip_at):
            return self._outcome(Parts(1.0, critic, NEUTRAL, NEUTRAL), "skipped", before)
        if same_words(read.prompt, row.prompt):
            return self._outcome(Parts(1.0, critic, NEUTRAL, NEUTRAL), "repeated", before)
        made = await self._make(row, read.prompt)
        if made.scores is None:
            parts = Parts(1.0, critic, 0.0, 0.0)
            return self._outcome(parts, "refused", before, prompt=read.prompt, error=made.error)
        gains = [edit_part(b, a) for b, a in zip(before, made.scores, strict=True)]
        return self._outcome(
            Parts(1.0, critic, *gains),
            "edited",
            before,
            after=made.scores,
            prompt=read.prompt,
            edited=made.image,
        )

    def _outcome(self, parts: Parts, ending: Ending, before: Scores, **more: Any) -> Outcome:
        return Outcome(add_up(parts, self.recipe.weights), ending, parts, before, **more)

    async def _make(self, row: Row, prompt: str) -> _Made:
        """Edit and judge, once for the same content."""
        seed = group_seed(row, self.recipe.seed) if row.seed is None else row.seed
        key = _key("edit", row.source, row.instruction, row.targets, row.task, prompt, str(seed))
        return await self._once(key, lambda: self._make_now(row, prompt, seed))

    async def _make_now(self, row: Row, prompt: str, seed: int) -> _Made:
        deadline_s = self.recipe.deadline_s
        async with self._gate().editor:
            started = time.monotonic()
            image, refusal = await self._edit(row, prompt, seed)
        if image is None:
            return _Made(None, None, refusal)
        left_s = deadline_s - (time.monotonic() - started)
        edited = await asyncio.to_thread(self.blobs.get_image, image)
        return _Made(image, await self._judge(row, edited, left_s))

    async def _edit(self, row: Row, prompt: str, seed: int) -> tuple[ImageRef | None, str | None]:
        """Run the graph; returns the image, or the refusal."""
        context = EditContext(mode="single", judge_last=False, seed=seed)
        given: Any = {"image": row.source.ref, "instruction": prompt}
        try:
            async with asyncio.timeout(self.recipe.deadline_s):
                state = await self._graph.ainvoke(given, context=context)
        except TimeoutError as exc:
            raise EditorError(f"no edit within {self.recipe.deadline_s:g} s") from exc
        (attempt,) = state["attempts"]
        if attempt["image"] is not None:
            return attempt["image"], None
        if attempt["failure"] == "refused":
            return None, attempt["error"]
        raise EditorError(attempt["error"] or "the editor failed")

    async def _judge(self, row: Row, edited: Picture, left_s: float | None = None) -> Scores:
        """Score an edit, once for the same content."""
        seconds = self.recipe.deadline_s if left_s is None else max(left_s, 0.0)

        async def judge() -> Scores:
            async with self._gate().judge:
                try:
                    async with asyncio.timeout(seconds):
                        return await self._scorer.score(
                            row.source,
                            edited,
                            row.instruction,
                            task=row.task,
                            targets=row.targets,
                        )
                except TimeoutError as exc:
                    raise JudgeError("no judgement within the sample's deadline") from exc

        key = _key("judge", row.source, row.instruction, row.targets, row.task, edited)
        return await self._once(key, judge)

    async def _once(self, key: str, work: Callable[[], Awaitable[T]]) -> T:
        """Return what is known under a key, or do the work; failures are not kept."""
        if (known := self._known.get(key)) is not None:
            result: T = known
            return result
        running = self._gate().running
        if key not in running:

            async def run() -> T:
                try:
                    done = await work()
                    self._known.put(key, done)
                    return done
                finally:
                    running.pop(key, None)

            running[key] = asyncio.ensure_future(run())
        result = await asyncio.shield(running[key])
        return result

    def _gate(self) -> _Gates:
        """Return the limits of the running loop; all batches and samples share them."""
        loop = asyncio.get_running_loop()
        if loop not in self._gates:
            recipe = self.recipe
            self._gates[loop] = _Gates(
                asyncio.Semaphore(recipe.editor_slots), asyncio.Semaphore(recipe.judge_slots)
            )
        return self._gates[loop]

    def _stop_if_lost(self, outcomes: Sequence[Outcome]) -> None:
        lost = all(outcome.reward is None for outcome in outcomes)
        self._lost_steps = self._lost_steps + 1 if lost else 0
        if self._lost_steps >= self.recipe.max_lost_steps:
            raise ConfigError(
                f"{self._lost_steps} batches in a row had no reward at all; the last reason: "
                f"{outcomes[0].error}"
            )


def group_seed(row: Row, seed: int) -> int:
    """Draw the seed that all replies to one prompt share, whatever their place in a batch."""
    text = f"{seed}\n{row.source.ref['sha256']}\n{row.instruction}\n{row.prompt}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) % 2**31


def _key(*parts: Picture | str | None) -> str:
    named = [part.ref["sha256"] if isinstance(part, Picture) else repr(part) for part in parts]
    return hashlib.sha256("\n".join(named).encode()).hexdigest()
