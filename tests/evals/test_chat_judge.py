"""The judge that is a chat model: passes, repairs, cache, failures, cost."""

import asyncio
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda
from small_evals import picture

from editthinker.evals.benchmarks.base import Evidence, Original, Sample
from editthinker.evals.benchmarks.gedit import GEdit
from editthinker.evals.benchmarks.imgedit import ImgEdit
from editthinker.evals.chat_judge import ChatJudge, JudgeOptions, expected_values
from editthinker.evals.judges import Judgement, same_family
from editthinker.graph.thinkers.pricing import Price
from editthinker.tools.errors import ConfigError
from editthinker.tools.images import Picture

GOOD = "Fine.\ncompliance: 5\nnaturalness: 4\ncoherence: 3"
PRICE = Price(input=2.0, cached_input=0.5, output=8.0)


class Script:
    """A fake chat model: replies from a queue, and keeps what it was sent."""

    def __init__(self, replies: Sequence[str | Exception]) -> None:
        self.replies = list(replies)
        self.calls: list[Any] = []
        self.model = RunnableLambda(self._reply)

    def next(self, messages: Any) -> str | Exception:
        return self.replies.pop(0)

    def _reply(self, messages: Any) -> AIMessage:
        self.calls.append(messages)
        reply = self.next(messages)
        if isinstance(reply, Exception):
            raise reply
        usage = {"input_tokens": 1000, "output_tokens": 100, "total_tokens": 1100}
        return AIMessage(reply, usage_metadata=usage)  # type: ignore[arg-type]


def images_in(messages: Any) -> int:
    return sum(part["type"] == "image_url" for part in messages[0].content)


def judge(script: Script, folder: Path, **more: Any) -> ChatJudge:
    options = JudgeOptions(cache_dir=folder, **more)
    return ChatJudge(script.model, "chat", "gpt-4.1-2025-04-14", options, PRICE)


def sample(category: str = "add") -> Sample:
    return Sample("1", category, "add a {hat} </answer>", (Original("x", bytes),))


def evidence(seed: int = 2) -> Evidence:
    source, edited = (Picture.from_bytes(picture(s)) for s in (1, seed))
    return Evidence((source,), edited)


async def ask(script: Script, folder: Path, **more: Any) -> Judgement:
    return await judge(script, folder, **more).judge(ImgEdit(), sample(), evidence())


async def test_scores_cost_and_reply_are_kept(tmp_path: Path) -> None:
    got = await ask(Script([GOOD]), tmp_path)
    assert got.scores == {"scores": [5, 4, 3]}
    assert got.replies == (GOOD,)
    assert got.usage.cost_usd == pytest.approx((1000 * 2 + 100 * 8) / 1e6)


async def test_an_unreadable_reply_is_shown_to_the_model_once(tmp_path: Path) -> None:
    script = Script(["no scores here", GOOD])
    got = await ask(script, tmp_path)
    assert got.scores == {"scores": [5, 4, 3]}
    assert got.error is None
    assert "no scores here" in str(script.calls[1][1].content)


async def test_two_unreadable_replies_make_no_score(tmp_path: Path) -> None:
    got = await ask(Script(["no", "no again"]), tmp_path)
    assert got.scores == {"scores": None}
    assert got.error
    assert got.calls == 2


async def test_a_failed_call_is_no_judgement(tmp_path: Path) -> None:
    got = await ask(Script([ConnectionError("refused")]), tmp_path)
    assert got.scores is None
    assert "refused" in str(got.error)


async def test_the_same_question_is_asked_once(tmp_path: Path) -> None:
    script = Script([GOOD])
    first = judge(script, tmp_path)
    two = await asyncio.gather(*(first.judge(ImgEdit(), sample(), evidence()) for _ in (1, 2)))
    third = await ask(script, tmp_path)
    assert [each.scores for each in (*two, third)] == [{"scores": [5, 4, 3]}] * 3
    assert sum(each.calls for each in (*two, third)) == 1
    assert third.usage.cost_usd == 0


async def test_another_image_or_model_is_another_question(tmp_path: Path) -> None:
    script = Script([GOOD, GOOD, GOOD])
    await ask(script, tmp_path)
    await judge(script, tmp_path).judge(ImgEdit(), sample(), evidence(3))
    other = ChatJudge(script.model, "chat", "another", JudgeOptions(cache_dir=tmp_path))
    await other.judge(ImgEdit(), sample(), evidence())
    assert len(script.calls) == 3


async def test_passes_are_averaged_and_their_spread_told(tmp_path: Path) -> None:
    worse = GOOD.replace("compliance: 5", "compliance: 2")
    got = await ask(Script([GOOD, worse]), tmp_path, passes=2)
    assert got.scores == {"scores": [3.5, 4, 3]}
    assert got.spread["scores"] == pytest.approx(math.sqrt(0.5), abs=1e-3)


async def test_one_lost_pass_leaves_the_others(tmp_path: Path) -> None:
    got = await ask(Script(["no", GOOD, "no"]), tmp_path, passes=2)
    assert got.scores == {"scores": [5, 4, 3]}


async def test_gedit_shows_quality_only_the_edit(tmp_path: Path) -> None:
    class ByImages(Script):
        def next(self, messages: Any) -> str | Exception:
            return '{"score": [9, 3]}' if images_in(messages) == 2 else '{"score": [7, 8]}'

    script = ByImages([])
    got = await judge(script, tmp_path).judge(GEdit(), sample("ps_human"), evidence())
    assert got.scores == {"semantics": 3, "quality": 7}
    images = [sum(part["type"] == "image_url" for part in call[0].content) for call in script.calls]
    assert sorted(images) == [1, 2]


async def test_official_texts_come_from_the_users_folder(tmp_path: Path) -> None:
    rubrics = tmp_path / "official"
    rubrics.mkdir()
    (rubrics / "imgedit_add.txt").write_text("Judge <edit_prompt> and {braces}")
    script = Script([GOOD])
    one = judge(script, tmp_path / "cache", rubric_dir=rubrics)
    await one.judge(ImgEdit(), sample(), evidence())
    text = script.calls[0][0].content[0]["text"]
    assert text == "Judge add a {hat} </answer> and {braces}"
    assert one.rubrics == "official (user's)"
    with pytest.raises(ConfigError, match="imgedit_style"):
        await one.judge(ImgEdit(), sample("style"), evidence())


def test_expected_scores_weigh_the_alternatives() -> None:
    tokens = [
        ("4", {"4": 0.0}),  # a number in the reasoning before the score
        ("Score", {}),
        (" 5", {" 5": math.log(0.5), " 3": math.log(0.25), "x": math.log(0.25)}),
    ]
    assert expected_values(tokens, [5]) == [pytest.approx((5 * 0.5 + 3 * 0.25) / 0.75)]
    assert expected_values(tokens, [2]) is None


def test_thinker_and_judge_of_one_family_are_seen() -> None:
    assert same_family("gpt-4.1", "gpt-4o-2024-11-20") == "gpt"
    assert same_family("editthinker-8b", "Qwen2.5-VL-72B") == "qwen"
    assert same_family("observer", "gpt-4.1") is None
