"""A thinker over any LangChain chat model that sees images."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import mean
from typing import Any, Literal, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import Runnable

from editthinker.graph.thinkers.base import (
    Plan,
    PlanRequest,
    Requirement,
    ThinkRequest,
    Thought,
    Usage,
)
from editthinker.graph.thinkers.checklist import parse_checklist, parse_marks, semantic_score
from editthinker.graph.thinkers.conversation import (
    Ask,
    History,
    JsonWording,
    Schema,
    TagsWording,
    Wording,
    ask_checklist,
)
from editthinker.graph.thinkers.expectation import Token, expected_scores
from editthinker.graph.thinkers.failures import as_thinker_error
from editthinker.graph.thinkers.pricing import FREE, Price, usage_of
from editthinker.graph.thinkers.prompts import fill, load_prompt
from editthinker.graph.thinkers.replies import UnreadableReplyError, parse_plan, parse_reply
from editthinker.graph.thinkers.scores import Scores
from editthinker.tools.errors import (
    ConfigError,
    ReplyParseError,
    ThinkerError,
    TransientThinkerError,
)

ReplyProtocol = Literal["tags", "json"]
"""How a model replies: EditThinker's tags, or a JSON object."""

ChatModel = Runnable[LanguageModelInput, BaseMessage]
"""Any chat model, or one with bound arguments."""

TOP_LOGPROBS = 20
"""How many alternatives of a token are asked for; the most that servers give."""

T = TypeVar("T")


@dataclass(frozen=True)
class ThinkerOptions:
    """How a chat model is used as a thinker."""

    prompt_template: str | None = None
    """The text of a template in place of our own, `tags` only; see `prompts.read_template`."""
    history: History = "none"
    """How much of earlier attempts the model sees."""
    difference: bool = False
    """Whether a third picture shows what the edit changed, `tags` only."""
    passes: int = 1
    """Replies per thought, asked for side by side, whose scores are averaged."""
    expected_scores: bool = False
    """Whether to ask for token probabilities and use the expected scores."""
    checklist: bool = False
    """Whether to split the instruction into requirements and mark each, `json` only."""
    seed: int | None = None
    """Seed of the first pass, sent with each call; None where a model takes none."""
    deadline_s: float = 280.0
    """Seconds for one reply, with every retry and wait of the model's client."""
    max_concurrency: int = 16
    """Most calls under way at once."""


class _Reply(NamedTuple):
    text: str
    usage: Usage
    cut: bool
    tokens: tuple[Token, ...]


class ChatModelThinker:
    """Lets a chat model score edits and write prompts.

    Args:
        model: A chat model that takes images; its own client retries what is worth retrying.
        protocol: How it replies.
        name: Name in records.
        options: How it is used.
        structured: Turns a JSON schema into call arguments that make the model keep to it; without
            it, the wording alone asks for the form.
        price: For the cost of each call.

    Raises:
        ConfigError: if the options contradict each other.
    """

    def __init__(
        self,
        model: ChatModel,
        protocol: ReplyProtocol = "tags",
        *,
        name: str = "chat",
        options: ThinkerOptions | None = None,
        structured: Callable[[Schema], Mapping[str, object]] | None = None,
        price: Price = FREE,
    ) -> None:
        self.name = name
        self._model = model
        self._options = options = options or ThinkerOptions()
        self._structured = structured
        self._price = price
        self._wording = _wording(protocol, options)
        self._ask_again = load_prompt("ask_again")  # read here, not in an event loop
        self._gates: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
            WeakKeyDictionary()
        )
        self._checklists: dict[tuple[str, str], tuple[Requirement, ...]] = {}

    async def think(self, request: ThinkRequest) -> Thought:
        """Score an edit and refine its prompt.

        A reply that cannot be read is shown to the model with its mistake, once.

        Raises:
            UnreadableReplyError: if the second reply cannot be read either.
            TransientThinkerError: if the service did not answer, or not properly.
            ThinkerError: if it refused the call.
        """
        checklist, usage = request.checklist, Usage()
        if self._options.checklist and not checklist:
            checklist, usage = await self._split(request)
        outcomes = await asyncio.gather(
            *(self._think_once(request, checklist, at) for at in range(self._options.passes)),
            return_exceptions=True,
        )
        thoughts = [outcome for outcome in outcomes if isinstance(outcome, Thought)]
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        unforeseen = [each for each in failures if not isinstance(each, ThinkerError)]
        if unforeseen or not thoughts:
            raise (unforeseen or failures)[0]
        for each in failures:
            if isinstance(each, UnreadableReplyError):
                usage += each.usage
        return _average(thoughts, len(outcomes), usage)

    async def plan(self, request: PlanRequest) -> Plan:
        """Write a prompt from the source image alone; same errors as `think`."""
        ask = await asyncio.to_thread(self._wording.plan, request)
        read, reply, usage, _ = await self._ask(ask, lambda reply: parse_plan(reply.text), 0)
        return replace(read, raw=reply.text, usage=usage)

    async def _think_once(
        self, request: ThinkRequest, checklist: tuple[Requirement, ...], at: int
    ) -> Thought:
        ask = await asyncio.to_thread(self._wording.think, request, checklist)

        def parse(reply: _Reply) -> Thought:
            thought = self._with_expectation(parse_reply(reply.text), reply.tokens)
            return _with_marks(thought, checklist) if checklist else thought

        thought, _, usage, repairs = await self._ask(ask, parse, at)
        editor = thought.editor if thought.editor in request.editors else None
        return replace(thought, usage=usage, editor=editor, repairs=(*repairs, *thought.repairs))

    async def _split(self, request: ThinkRequest) -> tuple[tuple[Requirement, ...], Usage]:
        """Make the checklist, or recall it: candidates of one turn share one list."""
        key = (request.source.ref["sha256"], request.instruction)
        if key in self._checklists:
            return self._checklists[key], Usage()
        ask = await asyncio.to_thread(ask_checklist, request.source, request.instruction)
        made, _, usage, _ = await self._ask(ask, lambda reply: parse_checklist(reply.text), 0)
        return self._checklists.setdefault(key, made), usage

    def _with_expectation(self, thought: Thought, tokens: tuple[Token, ...]) -> Thought:
        if not self._options.expected_scores or thought.semantic is None:
            return thought
        assert thought.quality is not None
        scores = expected_scores(tokens, Scores(thought.semantic, thought.quality))
        if scores is None:
            mend = "no token probabilities for the scores; the stated ones count"
            return replace(thought, repairs=(*thought.repairs, mend))
        return replace(
            thought, semantic=scores.semantic, quality=scores.quality, scoring="expected"
        )

    async def _ask(
        self, ask: Ask, parse: Callable[[_Reply], T], at: int
    ) -> tuple[T, _Reply, Usage, tuple[str, ...]]:
        """Get a reply that can be read, asking a second time if need be."""
        first = await self._call(ask, at)
        try:
            return _parse(first, parse), first, first.usage, ()
        except ReplyParseError as exc:
            problem = str(exc)
        # An empty assistant message is refused by some servers.
        shown = AIMessage(first.text.strip() or "(no text)")
        request = HumanMessage(fill(self._ask_again, {"problem": problem}))
        second = await self._call(Ask([*ask.messages, shown, request], ask.schema), at)
        usage = first.usage + second.usage
        try:
            read = _parse(second, parse)
        except ReplyParseError as exc:
            raise UnreadableReplyError(
                f"{self.name} replied twice in a form that cannot be read: {exc}",
                second.text,
                usage,
            ) from exc
        return read, second, usage, (f"asked again, because {problem}",)

    async def _call(self, ask: Ask, at: int) -> _Reply:
        arguments: dict[str, Any] = {}
        if self._options.seed is not None:
            arguments["seed"] = self._options.seed + at
        if self._options.expected_scores:
            arguments |= {"logprobs": True, "top_logprobs": TOP_LOGPROBS}
        if ask.schema and self._structured:
            arguments |= self._structured(ask.schema)
        async with self._gate():
            try:
                async with asyncio.timeout(self._options.deadline_s):
                    message = await self._model.ainvoke(ask.messages, **arguments)
            except TimeoutError as exc:
                raise TransientThinkerError(
                    f"{self.name} did not answer within {self._options.deadline_s:g} s"
                ) from exc
            except ThinkerError:
                raise
            except Exception as exc:
                raise as_thinker_error(exc, self.name) from exc
        if not isinstance(message, AIMessage):
            raise ThinkerError(f"{self.name} sent a {type(message).__name__}, not an AI message")
        facts = message.response_metadata
        cut = facts.get("finish_reason", facts.get("stop_reason")) in ("length", "max_tokens")
        refusal = message.additional_kwargs.get("refusal")
        return _Reply(
            str(message.text) or (refusal if isinstance(refusal, str) else ""),
            usage_of(message.usage_metadata, self._price),
            cut,
            _tokens(facts.get("logprobs")),
        )

    def _gate(self) -> asyncio.Semaphore:
        """Return the semaphore of the running loop: one thinker may serve several in its life."""
        loop = asyncio.get_running_loop()
        return self._gates.setdefault(loop, asyncio.Semaphore(self._options.max_concurrency))


def _wording(protocol: ReplyProtocol, options: ThinkerOptions) -> Wording:
    if options.passes < 1:
        raise ConfigError(f"passes must be at least 1, not {options.passes}")
    if protocol == "tags":
        if options.checklist:
            raise ConfigError("a checklist needs the protocol json; leave out one of the two")
        return TagsWording(options.prompt_template, options.history, options.difference)
    if options.prompt_template:
        raise ConfigError("a prompt template needs the protocol tags; leave out one of the two")
    if options.difference:
        raise ConfigError("a picture of the difference needs the protocol tags")
    return JsonWording(options.history)


def _parse(reply: _Reply, parse: Callable[[_Reply], T]) -> T:
    if reply.cut:
        raise ReplyParseError("it ran into the limit of tokens before its end; be much shorter")
    return parse(reply)


def _with_marks(thought: Thought, checklist: Sequence[Requirement]) -> Thought:
    """Score by the marked list; a verdict of satisfied needs every entry done."""
    marked = parse_marks(thought.raw, checklist)
    done = all(each.status == "done" for each in marked)
    repairs = thought.repairs
    if thought.satisfied and not done:
        repairs = (*repairs, "satisfied, although the checklist is not done")
    return replace(
        thought,
        semantic=semantic_score(marked),
        satisfied=thought.satisfied and done,
        checklist=marked,
        scoring="checklist",
        repairs=repairs,
    )


def _average(thoughts: Sequence[Thought], asked: int, usage: Usage) -> Thought:
    """Average the scores of several passes; the words are those of the pass nearest to them.

    It is satisfied only if more than half of all passes asked for are.
    """
    for thought in thoughts:
        usage += thought.usage
    if asked == 1:
        return replace(thoughts[0], usage=usage)
    scored = [t for t in thoughts if t.semantic is not None and t.quality is not None] or thoughts
    semantic = mean(t.semantic or 0.0 for t in scored) if scored[0].semantic is not None else None
    quality = mean(t.quality or 0.0 for t in scored) if scored[0].quality is not None else None
    nearest = min(
        scored,
        key=lambda t: (
            abs((t.semantic or 0.0) - (semantic or 0.0))
            + abs((t.quality or 0.0) - (quality or 0.0))
        ),
    )
    verdicts = [t.satisfied for t in thoughts if t.satisfied is not None]
    lost = asked - len(thoughts)
    return replace(
        nearest,
        semantic=semantic,
        quality=quality,
        satisfied=verdicts.count(True) * 2 > asked if verdicts else None,
        usage=usage,
        repairs=(*nearest.repairs, *([f"{lost} of {asked} passes lost"] if lost else [])),
        scoring=f"mean of {len(scored)} {nearest.scoring}",
    )


def _tokens(logprobs: object) -> tuple[Token, ...]:
    """Read token probabilities in the shape of OpenAI's API."""
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    return tuple(
        Token(
            str(each.get("token", "")),
            {str(top["token"]): float(top["logprob"]) for top in each.get("top_logprobs") or ()},
        )
        for each in content or ()
    )
