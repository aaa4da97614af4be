"""A judge that is a chat model with eyes: GPT-4.1, or any vision model behind vLLM."""

import asyncio
import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from platformdirs import user_cache_path
from pydantic import JsonValue

from editthinker.evals.benchmarks.base import Ask, Benchmark, Evidence, Parsed, Sample
from editthinker.evals.judge_cache import CachedReply, JudgeCache
from editthinker.evals.judges import Judgement
from editthinker.evals.wording import Rubrics, fingerprint
from editthinker.graph.thinkers.base import Usage
from editthinker.graph.thinkers.chat_model import TOP_LOGPROBS, ChatModel
from editthinker.graph.thinkers.failures import as_thinker_error
from editthinker.graph.thinkers.pictures import data_uri
from editthinker.graph.thinkers.pricing import FREE, Price, price_of, usage_of
from editthinker.graph.thinkers.prompts import fill, load_prompt
from editthinker.tools.errors import ConfigError, JudgeError, ReplyParseError
from editthinker.tools.images import MAX_PIXELS


@dataclass(frozen=True)
class JudgeOptions:
    """How a chat model judges."""

    rubric_dir: Path | None = None
    """The official texts; None for our own."""
    passes: int = 1
    """Replies per question, whose scores are averaged."""
    expected_scores: bool = False
    """Whether scores are expected values over token probabilities."""
    temperature: float | None = None
    """None for what the benchmark's script uses."""
    concurrency: int = 32
    """Most calls under way at once."""
    deadline_s: float = 280.0
    """Seconds for a reply, with every retry of the model's client."""
    cache_dir: Path | None = None
    """Where replies are kept; None for the user's cache folder."""


@dataclass
class ChatJudge:
    """Asks a chat model the questions of a benchmark."""

    chat_model: ChatModel
    name: str
    model: str
    options: JudgeOptions = field(default_factory=JudgeOptions)
    price: Price = FREE

    def __post_init__(self) -> None:
        if self.options.passes < 1:
            raise ConfigError(f"a judge needs at least one pass, not {self.options.passes}")
        self._rubrics = Rubrics(self.options.rubric_dir)
        self.rubrics = self._rubrics.label
        folder = self.options.cache_dir or user_cache_path("editthinker") / "judgements"
        self._cache = JudgeCache(folder)
        self._gate = asyncio.Semaphore(self.options.concurrency)

    async def judge(
        self, benchmark: Benchmark, sample: Sample, evidence: Evidence, *, asking: int = 0
    ) -> Judgement:
        """Ask every question, as often as there are passes.

        A reply that cannot be read is shown to the model with its mistake, once; a pass that still
        cannot be read counts for nothing, and a score without any pass is null.
        """
        return await self.answer(await asyncio.to_thread(benchmark.asks, sample, evidence), asking)

    async def answer(self, asks: Sequence[Ask], asking: int = 0) -> Judgement:
        """Ask questions that are not a benchmark's."""
        outcomes = await asyncio.gather(
            *(self._ask(ask, (asking, at)) for ask in asks for at in range(self.options.passes)),
            return_exceptions=True,
        )
        answers: list[_Answer] = []
        error = None
        for outcome in outcomes:
            if isinstance(outcome, _Answer):
                answers.append(outcome)
            elif isinstance(outcome, JudgeError):
                error = str(outcome)
            else:
                raise outcome
        scores: dict[str, JsonValue] = {}
        spread: dict[str, float] = {}
        for ask in asks:
            for name in ask.names:
                passes = [a.scores[name] for a in answers if a.scores and name in a.scores]
                scores[name] = _average(passes)
                if len(passes) > 1:
                    spread[name] = round(stdev(mean(each) for each in passes), 4)
        usage = sum((answer.usage for answer in answers), Usage())
        unread = next((a.problem for a in answers if a.problem), None)
        return Judgement(
            scores=None if error else scores,
            spread=spread,
            replies=tuple(reply for answer in answers for reply in answer.replies),
            calls=sum(answer.calls for answer in answers),
            usage=usage,
            error=error or unread,
        )

    async def _ask(self, ask: Ask, place: tuple[int, int]) -> "_Answer":
        text = self._rubrics.fill(ask)
        messages: list[BaseMessage] = [await asyncio.to_thread(_message, text, ask)]
        answer = _Answer()
        for attempt in (0, 1):
            reply, asked = await self._reply(ask, text, messages, (*place, attempt))
            answer.replies.append(reply.text)
            answer.calls += asked
            if asked:
                answer.usage += Usage(reply.input_tokens, reply.output_tokens, reply.cost_usd)
            try:
                answer.scores = self._expected(ask.parse(reply.text), reply)
                answer.problem = None
                return answer
            except ReplyParseError as exc:
                answer.problem = f"{ask.rubric}: {exc}"
                again = fill(load_prompt("ask_again"), {"problem": str(exc)})
                shown = AIMessage(reply.text.strip() or "(no text)")
                messages = [*messages, shown, HumanMessage(again)]
        return answer

    async def _reply(
        self, ask: Ask, text: str, messages: Sequence[BaseMessage], place: tuple[int, ...]
    ) -> tuple[CachedReply, bool]:
        question: dict[str, JsonValue] = {
            "model": self.model,
            "text": fingerprint(text),
            "images": [[shown.caption, shown.picture.ref["sha256"]] for shown in ask.pictures],
            "place": list(place),
            "earlier": [fingerprint(str(message.content)) for message in messages[1:]],
            "temperature": self._temperature(ask),
            "expected": self.options.expected_scores,
        }
        return await self._cache.get(question, lambda: self._call(ask, messages))

    async def _call(self, ask: Ask, messages: Sequence[BaseMessage]) -> CachedReply:
        arguments: dict[str, Any] = {}
        if (temperature := self._temperature(ask)) is not None:
            arguments["temperature"] = temperature
        if self.options.expected_scores:
            arguments |= {"logprobs": True, "top_logprobs": TOP_LOGPROBS}
        async with self._gate:
            try:
                async with asyncio.timeout(self.options.deadline_s):
                    message = await self.chat_model.ainvoke([*messages], **arguments)
            except TimeoutError as exc:
                raise JudgeError(
                    f"{self.name} did not answer within {self.options.deadline_s:g} s"
                ) from exc
            except Exception as exc:
                raise JudgeError(str(as_thinker_error(exc, self.name))) from exc
        if not isinstance(message, AIMessage):
            raise JudgeError(f"{self.name} sent a {type(message).__name__}, not an AI message")
        usage = usage_of(message.usage_metadata, self.price)
        logprobs = message.response_metadata.get("logprobs") or {}
        return CachedReply(
            text=str(message.text),
            tokens=tuple(
                (
                    str(each["token"]),
                    {top["token"]: top["logprob"] for top in each.get("top_logprobs") or ()},
                )
                for each in logprobs.get("content") or ()
            ),
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost_usd=usage.cost_usd,
        )

    def _temperature(self, ask: Ask) -> float | None:
        given = self.options.temperature
        return ask.temperature if given is None else given

    def _expected(self, parsed: Parsed, reply: CachedReply) -> Parsed:
        if not self.options.expected_scores:
            return parsed
        values = [value for scores in parsed.values() for value in scores]
        means = expected_values(reply.tokens, values)
        if means is None:
            raise ReplyParseError("the probabilities of the scores' tokens are missing")
        left = iter(means)
        return {name: [next(left) for _ in scores] for name, scores in parsed.items()}


@dataclass
class _Answer:
    scores: Parsed | None = None
    replies: list[str] = field(default_factory=list)
    calls: int = 0
    usage: Usage = field(default_factory=Usage)
    problem: str | None = None


def expected_values(
    tokens: Sequence[tuple[str, dict[str, float]]], stated: Sequence[float]
) -> list[float] | None:
    """Return the mean of each stated score over its token's numerals; None where one is not found.

    Scores are looked for from the end of the reply, since reasoning before them holds numbers too.
    """
    means: list[float] = []
    at = len(tokens)
    for value in reversed(stated):
        numeral = f"{value:g}"
        at = next((i for i in range(at - 1, -1, -1) if tokens[i][0].strip() == numeral), -1)
        if at < 0:
            return None
        mass = total = 0.0
        for text, logprob in tokens[at][1].items():
            if re.fullmatch(r"10|\d", text.strip()):
                mass += math.exp(logprob)
                total += float(text) * math.exp(logprob)
        if not mass:
            return None
        means.append(total / mass)
    return means[::-1]


def gpt_4_1(**options: object) -> ChatJudge:
    """Make a judge of GPT-4.1, the snapshot that RISEBench's script names."""
    return _openai("gpt-4.1", "gpt-4.1-2025-04-14", options)


def gpt_4o(**options: object) -> ChatJudge:
    """Make a judge of GPT-4o, the snapshot that EditThinker's ImgEdit and KRIS scripts name."""
    return _openai("gpt-4o", "gpt-4o-2024-11-20", options)


def chat(**options: object) -> ChatJudge:
    """Make a judge of any vision model behind an OpenAI-compatible endpoint.

    Raises:
        ConfigError: if there is no model or no key.
    """
    if not options.get("model"):
        raise ConfigError("judge 'chat' needs the name of a model (--judge-model)")
    return _openai("chat", "", options)


def _openai(name: str, model: str, options: dict[str, object]) -> ChatJudge:
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    given = dict(options)
    model = str(given.pop("model", None) or model)
    url = given.pop("base_url", None) or (
        os.environ.get("OPENAI_BASE_URL") if name != "chat" else None
    )
    variable = "VLLM_API_KEY" if url and name == "chat" else "OPENAI_API_KEY"
    key = os.environ.get(variable)
    if not key and variable == "OPENAI_API_KEY":
        raise ConfigError(f"judge {name!r} needs an API key in the environment: OPENAI_API_KEY")
    chat_model = ChatOpenAI(
        model=model,
        base_url=str(url) if url else None,
        api_key=SecretStr(key or "none"),
        max_completion_tokens=4096,
        timeout=180,
        max_retries=4,
        use_responses_api=False,
    )
    judge_options = JudgeOptions(**given)  # type: ignore[arg-type]
    return ChatJudge(chat_model, name, model, judge_options, price_of(model))


def _average(passes: Sequence[Sequence[float]]) -> JsonValue:
    """Average over passes, score by score; a lone score stands without a list."""
    if not passes:
        return None
    means: list[JsonValue] = [round(mean(scores), 4) for scores in zip(*passes, strict=True)]
    return means[0] if len(means) == 1 else means


def _message(text: str, ask: Ask) -> HumanMessage:
    content: list[str | dict[str, object]] = [{"type": "text", "text": text}]
    for shown in ask.pictures:
        if shown.caption:
            content.append({"type": "text", "text": f"{shown.caption}:"})
        uri = data_uri(shown.picture, MAX_PIXELS)
        content.append({"type": "image_url", "image_url": {"url": uri}})
    return HumanMessage(content)
