import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from openai_server import (
    PLAN_TAGS,
    TAGS,
    VERDICT,
    Body,
    Cut,
    OpenAIServer,
    Raw,
    Reply,
    Silence,
    Status,
    Turn,
)

from editthinker.graph.thinkers.base import (
    THINKERS,
    PastAttempt,
    PlanRequest,
    Thinker,
    ThinkRequest,
)
from editthinker.graph.thinkers.chat_model import ChatModelThinker
from editthinker.graph.thinkers.replies import UnreadableReplyError
from editthinker.tools.errors import ConfigError, ThinkerError, TransientThinkerError
from editthinker.tools.images import Picture

NOW = {"Retry-After": "0.01"}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VLLM_BASE_URL", "VLLM_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


def grey(value: int, width: int = 60) -> Picture:
    return Picture.from_pixels(np.full((40, width, 3), value, np.uint8))


REQUEST = ThinkRequest(
    source=grey(120),
    edited=grey(90),
    instruction="turn the sky orange",
    prompt="make the sky orange",
)
PLAN = PlanRequest(source=grey(120), instruction="turn the sky orange")


def thinker(name: str, server: OpenAIServer, **options: object) -> Thinker:
    return THINKERS.load(name)(base_url=server.base_url, **options)


async def test_speaks_the_tags_protocol(server: OpenAIServer) -> None:
    thought = await thinker("editthinker-8b", server).think(REQUEST)
    assert (thought.semantic, thought.quality) == (5, 8)
    assert thought.refined_prompt == "Turn the whole sky orange, clouds included."
    assert thought.satisfied is None
    assert thought.raw == TAGS
    assert (thought.usage.input_tokens, thought.usage.output_tokens) == (1000, 100)
    assert thought.usage.cost_usd == 0
    [call] = server.calls
    assert [message["role"] for message in call.body["messages"]] == ["user"]
    assert [part["type"] for part in call.parts] == ["image_url", "image_url", "text"]
    assert "turn the sky orange" in call.text
    assert "make the sky orange" in call.text
    assert {k: v for k, v in call.body.items() if k != "messages"} == {
        "model": "appletea2333/EditThinker-8B",
        "stream": False,
        "temperature": 0.7,
        "top_p": 0.8,
        "seed": 0,
        "max_completion_tokens": 4096,
    }


async def test_speaks_the_json_protocol(server: OpenAIServer) -> None:
    thought = await thinker("gpt-4.1", server).think(REQUEST)
    assert (thought.semantic, thought.quality, thought.satisfied) == (5, 8, False)
    assert thought.usage.cost_usd == pytest.approx(1000 * 2e-6 + 100 * 8e-6)
    [call] = server.calls
    form = call.body["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["strict"] is True
    schema = form["json_schema"]["schema"]
    assert schema["required"] == list(schema["properties"]) == list(VERDICT)
    assert call.body["temperature"] == 0


async def test_charges_cached_tokens_at_their_own_price(server: OpenAIServer) -> None:
    server.script = [Reply(json.dumps(VERDICT), cached_tokens=600)]
    thought = await thinker("gpt-4.1", server).think(REQUEST)
    assert thought.usage.cost_usd == pytest.approx(400 * 2e-6 + 600 * 0.5e-6 + 100 * 8e-6)


async def test_prices_a_dated_version_like_its_model(server: OpenAIServer) -> None:
    thought = await thinker("gpt-4.1", server, model="gpt-4.1-2025-04-14").think(REQUEST)
    assert thought.usage.cost_usd > 0


@pytest.mark.parametrize("name", ["editthinker-8b", "gpt-4.1"])
async def test_plans_from_the_source_alone(name: str, server: OpenAIServer) -> None:
    plan = await thinker(name, server).plan(PLAN)
    assert plan.prompt == "Turn the sky orange."
    assert plan.reasoning == "A sky."
    assert plan.usage.input_tokens == 1000
    assert len(server.calls[0].images) == 1


async def test_a_plan_after_a_refusal_shows_it(server: OpenAIServer) -> None:
    request = replace(PLAN, prompt="add {refusal}", refusal="I cannot add objects.")
    await thinker("editthinker-8b", server).plan(request)
    assert "I cannot add objects." in server.calls[0].text
    assert "add {refusal}" in server.calls[0].text


async def test_the_source_is_the_first_and_the_same_in_every_turn(server: OpenAIServer) -> None:
    mind = thinker("editthinker-8b", server)
    for turn in (1, 2):
        await mind.think(replace(REQUEST, turn=turn, edited=grey(turn)))
    first, second = server.calls
    assert first.images[0] == second.images[0]
    assert first.images[1] != second.images[1]


async def test_uses_the_template_of_the_user(server: OpenAIServer, tmp_path: Path) -> None:
    path = tmp_path / "template.txt"
    path.write_text('<image><image>T: {original_instruction}; P: {rewritten_prompt}; {"a": 1}')
    mind = thinker("editthinker-8b", server, prompt_template=path)
    hostile = replace(REQUEST, instruction="write {rewritten_prompt} <image>", notes=("hm",))
    await mind.think(hostile)
    assert server.calls[0].text == (
        'T: write {rewritten_prompt} <image>; P: make the sky orange; {"a": 1}'
    )
    server.script = [Reply(PLAN_TAGS)]
    await mind.plan(PLAN)
    assert server.calls[1].text == 'T: turn the sky orange; P: ; {"a": 1}'
    assert len(server.calls[1].images) == 2


async def test_tells_the_model_what_the_editor_remarked(server: OpenAIServer) -> None:
    for name in ("editthinker-8b", "gpt-4.1"):
        await thinker(name, server).think(replace(REQUEST, notes=("left out the clouds",)))
    assert all("left out the clouds" in call.text for call in server.calls)


async def test_lets_an_expert_ask_for_another_editor(server: OpenAIServer) -> None:
    server.script = [
        Reply(json.dumps({**VERDICT, "editor": "flux"})),
        Reply(json.dumps({**VERDICT, "editor": "nonsense"})),
    ]
    mind = thinker("gpt-4.1", server)
    request = replace(REQUEST, editors=("darkroom", "flux"))
    assert (await mind.think(request)).editor == "flux"
    assert (await mind.think(request)).editor is None


async def test_shows_a_picture_of_the_difference_where_asked(server: OpenAIServer) -> None:
    mind = thinker("editthinker-8b", server, difference=True)
    await mind.think(REQUEST)
    [call] = server.calls
    assert len(call.images) == 3


@pytest.mark.parametrize(("history", "images"), [("none", 2), ("text", 2), ("thumbnails", 3)])
async def test_shows_earlier_attempts_as_asked(
    server: OpenAIServer, history: str, images: int
) -> None:
    past = (
        PastAttempt(1, "first prompt", grey(10, width=900), 3.0, 6.5, "too dark", None),
        PastAttempt(2, "second prompt", None, None, None, "", "the editor was busy"),
    )
    await thinker("editthinker-8b", server, history=history).think(replace(REQUEST, history=past))
    [call] = server.calls
    assert len(call.images) == images
    for word in ("first prompt", "semantic 3, quality 6.5", "too dark", "the editor was busy"):
        assert (word in call.text) == (history != "none")


@pytest.mark.parametrize("name", ["editthinker-8b", "gpt-4.1"])
async def test_shows_the_model_its_mistake_once(name: str, server: OpenAIServer) -> None:
    server.script = [Reply("The edit is fine.")]
    thought = await thinker(name, server).think(REQUEST)
    assert (thought.semantic, thought.quality) == (5, 8)
    assert thought.usage.input_tokens == 2000
    assert any("asked again" in repair for repair in thought.repairs)
    again = server.calls[1].body["messages"]
    assert again[-2] == {"role": "assistant", "content": "The edit is fine."}
    assert "neither scores nor a next prompt" in again[-1]["content"]
    assert again[:-2] == server.calls[0].body["messages"]


async def test_gives_up_after_the_second_reply_and_says_what_it_cost(server: OpenAIServer) -> None:
    server.script = [Reply("Fine."), Reply(TAGS.replace("5", "50"))]
    with pytest.raises(UnreadableReplyError, match="from 0 to 10") as caught:
        await thinker("gpt-4.1", server).think(REQUEST)
    assert len(server.calls) == 2
    assert caught.value.usage.output_tokens == 200
    assert caught.value.raw == TAGS.replace("5", "50")


async def test_a_reply_cut_at_the_token_limit_is_not_read(server: OpenAIServer) -> None:
    server.script = [Reply(json.dumps({**VERDICT, "satisfied": True}), "length")]
    thought = await thinker("gpt-4.1", server).think(REQUEST)
    assert thought.satisfied is False
    assert "limit of tokens" in server.calls[1].text


async def test_an_empty_reply_is_asked_for_again(server: OpenAIServer) -> None:
    server.script = [Reply("")]
    assert (await thinker("editthinker-8b", server).think(REQUEST)).semantic == 5
    assert server.calls[1].body["messages"][-2]["content"] == "(no text)"


@pytest.mark.parametrize("fault", [Status(408, NOW), Status(429, NOW), Status(500, NOW), Cut()])
async def test_retries_what_may_pass(fault: Turn, server: OpenAIServer) -> None:
    server.script = [fault]
    assert (await thinker("editthinker-8b", server).think(REQUEST)).semantic == 5
    assert len(server.calls) == 2


async def test_waits_as_long_as_retry_after_says(server: OpenAIServer) -> None:
    server.script = [Status(429, {"Retry-After": "0.7"})]
    await thinker("editthinker-8b", server).think(REQUEST)
    first, second = server.calls
    assert second.at - first.at >= 0.7  # the longest first back-off is 0.5 s


@pytest.mark.parametrize("code", [400, 401, 403, 404, 422])
async def test_does_not_retry_what_the_caller_did_wrong(code: int, server: OpenAIServer) -> None:
    server.script = [Status(code, message="image too large")]
    with pytest.raises(ThinkerError, match=f"HTTP {code}.*image too large") as caught:
        await thinker("editthinker-8b", server).think(REQUEST)
    assert not isinstance(caught.value, TransientThinkerError)
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Status(429, NOW, "slow down"), "HTTP 429.*slow down"),
        (Status(503, NOW), "HTTP 503"),
        (Cut(), "did not answer"),
        (Raw(b'{"choices": []}'), "no choices"),
        (Raw(b'{"choices": null}'), "no proper reply"),
        (Raw(b'{"oops'), "no proper reply"),
        (Raw(b"[]"), "no proper reply"),
        (Raw(b"<html>Bad gateway</html>", "text/html"), "Bad gateway"),
        (Raw(b'{"error": {"message": "out of memory"}}'), "out of memory"),
    ],
)
async def test_an_outage_is_transient_and_says_its_cause(
    fault: Turn, message: str, server: OpenAIServer
) -> None:
    server.brain = lambda body: fault
    with pytest.raises(TransientThinkerError, match=message):
        await thinker("editthinker-8b", server, max_retries=0).think(REQUEST)


async def test_retries_a_server_that_stays_silent(server: OpenAIServer) -> None:
    server.script = [Silence()]
    mind = thinker("editthinker-8b", server, timeout_s=2, max_retries=1)
    assert (await mind.think(REQUEST)).semantic == 5


async def test_gives_up_at_the_deadline(server: OpenAIServer) -> None:
    server.script = [Silence()]
    started = time.monotonic()
    with pytest.raises(TransientThinkerError, match=r"within 0\.3 s"):
        await thinker("editthinker-8b", server, deadline_s=0.3).think(REQUEST)
    assert time.monotonic() - started < 10


async def test_an_unreachable_server_is_named() -> None:
    mind = THINKERS.load("editthinker-8b")(base_url="http://127.0.0.1:9/v1", max_retries=0)
    with pytest.raises(TransientThinkerError, match=r"127\.0\.0\.1:9.*did not answer"):
        await mind.think(REQUEST)


async def test_keeps_to_the_limit_of_calls_at_once(server: OpenAIServer) -> None:
    mind = thinker("editthinker-8b", server, max_concurrency=2)
    await asyncio.gather(*(mind.think(REQUEST) for _ in range(8)))
    assert len(server.calls) == 8
    assert server.most_at_once <= 2


def test_serves_one_event_loop_after_another(server: OpenAIServer) -> None:
    mind = thinker("editthinker-8b", server)
    for _ in range(3):
        assert asyncio.run(mind.think(REQUEST)).semantic == 5


async def test_sends_the_key_of_the_environment(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLLM_API_KEY", "own-key")
    await thinker("editthinker-8b", server).think(REQUEST)
    await thinker("gpt-4.1", server).think(REQUEST)
    sent = [
        {name.lower(): value for name, value in call.headers.items()}["authorization"]
        for call in server.calls
    ]
    assert sent == ["Bearer own-key", "Bearer sk-test"]


async def test_never_sends_the_openai_key_to_another_server(server: OpenAIServer) -> None:
    await thinker("chat", server, model="m").think(REQUEST)
    assert "sk-test" not in str(server.calls[0].headers)


def test_a_missing_key_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        THINKERS.load("gpt-4.1")()
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        THINKERS.load("chat")(model="gpt-4o")


def test_a_missing_address_says_how_to_give_one() -> None:
    with pytest.raises(ConfigError, match=r"--base-url.*VLLM_BASE_URL"):
        THINKERS.load("editthinker-8b")()


def test_takes_the_address_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLLM_BASE_URL", "http://127.0.0.1:8000/v1")
    assert THINKERS.load("editthinker-8b-kontext")().name == "editthinker-8b-kontext"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temprature": 1}, "temprature"),
        ({"temperature": 7}, "temperature"),
        ({"passes": 0}, "passes"),
        ({"passes": 3, "temperature": 0}, "temperature above 0"),
        ({"history": "all"}, "history"),
        ({"checklist": True}, "protocol json"),
        ({"prompt_template": Path("missing.txt")}, "cannot be read"),
        ({"base_url": "localhost:8000"}, "base_url"),
    ],
)
def test_refuses_options_that_cannot_work(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        THINKERS.load("editthinker-8b")(**{"base_url": "http://127.0.0.1:1/v1", **options})


def test_reads_options_as_a_command_line_gives_them(server: OpenAIServer) -> None:
    assert thinker("editthinker-8b", server, passes="3", temperature="0.5", seed="7")


def test_a_picture_of_the_difference_needs_the_protocol_tags() -> None:
    with pytest.raises(ConfigError, match="protocol tags"):
        THINKERS.load("gpt-4.1")(base_url="http://127.0.0.1:1/v1", difference=True)


def test_chat_needs_a_model() -> None:
    with pytest.raises(ConfigError, match="--model"):
        THINKERS.load("chat")()


def scored(semantic: float, quality: float, **more: object) -> Reply:
    return Reply(json.dumps({**VERDICT, "semantic": semantic, "quality": quality, **more}))


async def test_averages_the_scores_of_several_passes(server: OpenAIServer) -> None:
    by_seed = {
        3: scored(2, 8, refined_prompt="low"),
        4: scored(6, 8, refined_prompt="middle"),
        5: scored(7, 5, refined_prompt="high", satisfied=True),
    }
    server.brain = lambda body: by_seed[body["seed"]]
    mind = thinker("gpt-4.1", server, passes=3, temperature=0.5, seed=3)
    thought = await mind.think(REQUEST)
    assert (thought.semantic, thought.quality) == (5, 7)
    assert thought.refined_prompt == "middle"
    assert thought.satisfied is False
    assert thought.usage.output_tokens == 300
    assert thought.scoring == "mean of 3 stated"


async def test_a_pass_that_is_lost_is_said_and_not_counted(server: OpenAIServer) -> None:
    by_seed: dict[int, Turn] = {0: scored(4, 8), 1: scored(8, 8), 2: Status(400)}
    server.brain = lambda body: by_seed[body["seed"]]
    thought = await thinker("gpt-4.1", server, passes=3, temperature=0.5).think(REQUEST)
    assert thought.semantic == 6
    assert "1 of 3 passes lost" in thought.repairs


async def test_fails_when_every_pass_is_lost(server: OpenAIServer) -> None:
    server.brain = lambda body: Status(400)
    with pytest.raises(ThinkerError, match="HTTP 400"):
        await thinker("gpt-4.1", server, passes=3, temperature=0.5).think(REQUEST)


def with_probabilities(body: Body) -> Reply:
    pieces: list[tuple[str, dict[str, float]]] = [
        ('<think>ok</think><score>{"semantic": ', {}),
        ("5", {"5": -0.6931, "7": -0.6931}),
        (', "quality": ', {}),
        ("8", {"8": 0.0}),
        ("}</score><answer>Turn it orange.</answer>", {}),
    ]
    content = [
        {
            "token": text,
            "logprob": 0.0,
            "bytes": None,
            "top_logprobs": [
                {"token": t, "logprob": p, "bytes": None} for t, p in (tops or {text: 0.0}).items()
            ],
        }
        for text, tops in pieces
    ]
    return Reply("".join(text for text, _ in pieces), logprobs={"content": content})


async def test_scores_by_token_probabilities(server: OpenAIServer) -> None:
    server.brain = with_probabilities
    thought = await thinker("editthinker-8b", server, expected_scores=True).think(REQUEST)
    assert thought.semantic == pytest.approx(6)
    assert thought.quality == pytest.approx(8)
    assert thought.scoring == "expected"
    assert server.calls[0].body["logprobs"] is True
    assert server.calls[0].body["top_logprobs"] == 20


async def test_says_when_there_are_no_probabilities(server: OpenAIServer) -> None:
    thought = await thinker("editthinker-8b", server, expected_scores=True).think(REQUEST)
    assert (thought.semantic, thought.scoring) == (5, "stated")
    assert any("probabilities" in repair for repair in thought.repairs)


async def test_scores_by_a_checklist_that_is_made_once(server: OpenAIServer) -> None:
    mind = thinker("gpt-4.1", server, checklist=True)
    first = await mind.think(REQUEST)
    assert (first.semantic, first.quality, first.scoring) == (5, 8, "checklist")
    assert [each.status for each in first.checklist] == ["partly", "done"]
    assert first.checklist[0].region == (0, 0, 1, 0.4)
    assert first.usage.input_tokens == 2000
    await mind.think(replace(REQUEST, turn=2))
    await thinker("gpt-4.1", server, checklist=True).think(
        replace(REQUEST, turn=2, checklist=first.checklist)
    )
    titles = [
        call.body["response_format"]["json_schema"]["schema"]["title"] for call in server.calls
    ]
    assert titles == ["checklist", "thought", "thought", "thought"]
    assert "1. the sky is orange\n2. must stay: the sea" in server.calls[3].text


async def test_is_not_satisfied_while_the_checklist_is_open(server: OpenAIServer) -> None:
    marks = [{"number": 1, "status": "done"}, {"number": 2, "status": "not"}]
    server.script = [
        Reply('{"requirements": [{"text": "a"}, {"text": "b", "keep": true}]}'),
        scored(10, 10, satisfied=True, checklist=marks),
    ]
    thought = await thinker("gpt-4.1", server, checklist=True).think(REQUEST)
    assert thought.satisfied is False
    assert thought.semantic == 0


async def test_asks_again_for_an_unmarked_requirement(server: OpenAIServer) -> None:
    server.script = [
        Reply('{"requirements": [{"text": "a"}, {"text": "b", "keep": true}]}'),
        scored(10, 10, checklist=[{"number": 1, "status": "done"}]),
    ]
    thought = await thinker("gpt-4.1", server, checklist=True).think(REQUEST)
    assert "number 2 of the checklist is not marked" in server.calls[2].text
    assert thought.semantic == 5


async def test_works_with_any_chat_model_of_langchain() -> None:
    for protocol, text in (("tags", TAGS), ("json", json.dumps(VERDICT))):
        model = GenericFakeChatModel(messages=iter([AIMessage(text)]))
        mind = ChatModelThinker(model, protocol, name="fake")  # type: ignore[arg-type]
        thought = await mind.think(REQUEST)
        assert (thought.semantic, thought.quality) == (5, 8)
        assert thought.usage.input_tokens == 0
