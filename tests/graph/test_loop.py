"""The whole loop with fakes: what it makes, when it stops, what it survives."""

import json
from typing import Any

import pytest
from langgraph.cache.memory import InMemoryCache
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from editthinker.graph import EditContext, Policies, build_graph
from editthinker.graph.record import record_run
from editthinker.graph.state import EditState
from editthinker.graph.thinkers.base import Plan, Region, Requirement, Thought, Usage
from editthinker.graph.thinkers.replies import UnreadableReplyError
from editthinker.graph.thinkers.scripted import ScriptedThinker
from editthinker.tools.editors.base import EditRequest, EditResult
from editthinker.tools.editors.fake import FakeEditor
from editthinker.tools.errors import (
    ConfigError,
    EditorError,
    EditRefusedError,
    MediaError,
    ReplyParseError,
    ThinkerError,
    TransientEditorError,
    TransientThinkerError,
)

QUICK = Policies(first_wait_s=0.001)


def thought(semantic: float | None, prompt: str | None = None, **more: Any) -> Thought:
    quality = None if semantic is None else 9.0
    reasoning = more.pop("reasoning", f"semantic {semantic}")
    return Thought(semantic, quality, reasoning, prompt, **more)


class Loop:
    """Runs the graph on one photo."""

    def __init__(self, blobs: Any, photo: Any) -> None:
        self.blobs, self.photo = blobs, photo
        self.events: list[Any] = []

    async def run(
        self, thinker: Any, *editors: Any, policies: Policies = QUICK, **settings: Any
    ) -> Any:
        graph = build_graph(
            editors or [FakeEditor()], thinker, self.blobs, policies=policies
        ).compile()
        given: Any = {"image": self.photo, "instruction": "make it warmer"}
        result: Any = None
        async for mode, chunk in graph.astream(
            given, context=EditContext(**settings), stream_mode=["custom", "values"]
        ):
            if mode == "custom":
                self.events.append(chunk)
            else:
                result = chunk
        return result


@pytest.fixture
def loop(blobs: Any, photo: Any) -> Loop:
    return Loop(blobs, photo)


async def test_tries_again_with_the_refined_prompt_until_accepted(loop: Loop) -> None:
    editor = FakeEditor()
    thinker = ScriptedThinker([thought(4, "warmer, please"), thought(9)])
    out = await loop.run(thinker, editor)
    assert out["stop_reason"] == "accepted"
    assert [a["prompt"] for a in out["attempts"]] == ["make it warmer", "warmer, please"]
    assert [a["prompt_by"] for a in out["attempts"]] == ["user", "thinker"]
    assert out["chosen"] == (2, 0)
    assert out["result"] == out["attempts"][1]["image"]
    assert [call.images[0].ref for call in editor.calls] == [loop.photo, loop.photo]


async def test_the_best_edit_wins_even_if_a_later_one_is_worse(loop: Loop) -> None:
    thoughts = [thought(4, "b"), thought(7, "c"), thought(5, "d"), thought(2, "e")]
    out = await loop.run(ScriptedThinker(thoughts))
    assert (out["stop_reason"], out["chosen"]) == ("max_turns", (2, 0))
    out = await loop.run(ScriptedThinker(thoughts), select="last")
    assert out["chosen"] == (4, 0)


async def test_the_thinker_sees_source_edit_prompt_notes_and_history(loop: Loop) -> None:
    thinker = ScriptedThinker([thought(4, "b"), thought(9)])
    out = await loop.run(thinker)
    first, second = thinker.calls
    assert second.source.ref == loop.photo
    assert second.edited.ref == out["attempts"][1]["image"]
    assert (second.instruction, second.prompt, second.turn) == ("make it warmer", "b", 2)
    assert first.history == ()
    assert [(p.turn, p.semantic) for p in second.history] == [(1, 4)]


async def test_events_tell_the_story_in_order(loop: Loop) -> None:
    await loop.run(ScriptedThinker([thought(4, "b"), thought(9)]))
    turn = ["edit_started", "edit_step", "edit_finished", "critique_started", "critique_finished"]
    assert [e["event"] for e in loop.events] == [*turn, *turn, "selected"]
    json.dumps(loop.events)


async def test_candidates_are_made_side_by_side_with_their_own_seeds(loop: Loop) -> None:
    thinker = ScriptedThinker([thought(4, "b"), thought(6, "c"), thought(5, "d")])
    out = await loop.run(thinker, candidates=3, max_turns=1)
    assert [a["seed"] for a in out["attempts"]] == [0, 1, 2]
    assert len({a["image"]["sha256"] for a in out["attempts"]}) == 3
    best = max(out["attempts"], key=lambda a: a["semantic"])
    assert out["chosen"] == (1, best["candidate"])


async def test_one_failed_candidate_does_not_harm_the_others(loop: Loop) -> None:
    editor = FakeEditor(fail_on=[EditorError("no luck"), None])
    out = await loop.run(ScriptedThinker([thought(9)]), editor, candidates=2)
    assert out["stop_reason"] == "accepted"
    assert sorted(a["error"] or "" for a in out["attempts"]) == ["", "no luck"]


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (ThinkerError("the model is gone"), "thinker_failed"),
        (TransientThinkerError("still overloaded"), "thinker_failed"),
        (ReplyParseError("no scores in the reply"), "unparsable"),
    ],
)
async def test_a_thinker_lost_in_turn_three_leaves_the_best_of_the_first_two(
    failure: Exception, reason: str, loop: Loop
) -> None:
    script = [thought(4, "b"), thought(6, "c"), failure, failure, failure]
    out = await loop.run(ScriptedThinker(script))
    assert (out["stop_reason"], out["chosen"]) == (reason, (2, 0))
    assert out["error"] == str(failure)
    last = out["attempts"][2]
    assert last["image"] and last["semantic"] is None and last["quality"] is None


async def test_an_editor_lost_in_turn_two_leaves_turn_one(loop: Loop) -> None:
    editor = FakeEditor(fail_on=[None, ValueError("cuda is gone")])
    out = await loop.run(ScriptedThinker([thought(4, "b")]), editor)
    assert (out["stop_reason"], out["chosen"]) == ("editor_failed", (1, 0))
    assert out["error"] == "fake: ValueError: cuda is gone"


async def test_no_image_at_all_is_a_result_of_none_with_the_cause(loop: Loop) -> None:
    refusal = EditRefusedError("I cannot make him smile")
    out = await loop.run(ScriptedThinker([]), FakeEditor(fail_on=[refusal, refusal]))
    assert (out["result"], out["stop_reason"]) == (None, "editor_failed")
    assert out["error"] == "I cannot make him smile"


async def test_a_refused_prompt_is_rewritten_by_the_thinker(loop: Loop) -> None:
    editor = FakeEditor(fail_on=[EditRefusedError("say it plainly"), None])
    thinker = ScriptedThinker([thought(9)], plans=[Plan("warmer by 20%")])
    out = await loop.run(thinker, editor)
    assert out["stop_reason"] == "accepted"
    assert [c.prompt for c in editor.calls] == ["make it warmer", "warmer by 20%"]


async def test_what_may_pass_is_tried_again(loop: Loop) -> None:
    busy = TransientEditorError("busy")
    editor = FakeEditor(fail_on=[busy, busy, None])
    thinker = ScriptedThinker([TransientThinkerError("busy"), thought(9)])
    out = await loop.run(thinker, editor)
    assert out["stop_reason"] == "accepted"
    assert (len(editor.calls), len(out["attempts"])) == (3, 1)


async def test_a_slow_editor_is_timed_out_and_the_next_takes_over(loop: Loop) -> None:
    slow = FakeEditor(name="slow", delay_s=30)
    out = await loop.run(
        ScriptedThinker([thought(9)]),
        slow,
        FakeEditor(name="quick"),
        policies=Policies(edit_timeout_s=2),
    )
    assert [a["editor"] for a in out["attempts"]] == ["slow", "quick"]
    assert out["attempts"][0]["error"] == "slow gave no answer within 2 s"
    assert out["stop_reason"] == "accepted"


async def test_a_slow_thinker_is_timed_out(loop: Loop) -> None:
    class Sleepy(ScriptedThinker):
        async def think(self, request: Any) -> Thought:
            import asyncio

            await asyncio.sleep(30)
            raise AssertionError

    out = await loop.run(Sleepy([]), policies=Policies(think_timeout_s=0.05))
    assert out["stop_reason"] == "thinker_failed"
    assert out["error"] == "critique gave no answer within 0.05 s"
    assert out["result"] is not None


async def test_scores_that_stall_bring_in_the_next_editor(loop: Loop) -> None:
    thoughts = [thought(5, "b"), thought(5, "c"), thought(5, "d"), thought(9)]
    out = await loop.run(
        ScriptedThinker(thoughts), FakeEditor(name="first"), FakeEditor(name="second")
    )
    assert [a["editor"] for a in out["attempts"]] == ["first", "first", "first", "second"]


@pytest.mark.parametrize(
    ("mode", "edits", "plans"),
    [
        ("single", 1, 0),
        ("think-before", 1, 1),
        ("think-while", 3, 0),
        ("think-before-and-while", 3, 1),
        ("best-of-n", 3, 0),
    ],
)
async def test_every_mode_is_a_setting_of_the_same_graph(
    mode: str, edits: int, plans: int, loop: Loop
) -> None:
    editor = FakeEditor()
    thinker = ScriptedThinker(
        [thought(5, "b"), thought(6, "c"), thought(7, "d")], plans=[Plan("warm, as at dusk")]
    )
    out = await loop.run(thinker, editor, mode=mode, max_turns=3)
    assert len(out["attempts"]) == edits
    assert (out["attempts"][0]["prompt_by"] == "plan") == bool(plans)
    assert sum(e["event"] == "planned" for e in loop.events) == plans


async def test_a_failed_plan_falls_back_to_the_users_words(loop: Loop) -> None:
    thinker = ScriptedThinker([thought(9)], plans=[ThinkerError("no plan")])
    out = await loop.run(thinker, mode="think-before")
    assert out["stop_reason"] == "accepted"
    assert out["attempts"][0]["prompt_by"] == "user"


async def test_the_last_edit_is_not_judged_where_the_paper_does_not(loop: Loop) -> None:
    thinker = ScriptedThinker([thought(5, "b")])
    out = await loop.run(thinker, max_turns=2, judge_last=False, select="last")
    assert (len(out["attempts"]), len(thinker.calls)) == (2, 1)
    assert (out["stop_reason"], out["chosen"]) == ("max_turns", (2, 0))


async def test_cost_and_tokens_are_kept_with_the_attempt(loop: Loop) -> None:
    costly = thought(9, usage=Usage(1000, 50, 0.02), raw="<think>...")
    out = await loop.run(ScriptedThinker([costly]))
    attempt = out["attempts"][0]
    assert (attempt["input_tokens"], attempt["output_tokens"], attempt["cost_usd"]) == (
        1000,
        50,
        0.02,
    )
    assert loop.blobs.get(attempt["reply"]) == b"<think>..."


async def test_plans_cost_too(blobs: Any, photo: Any) -> None:
    refusing = FakeEditor(fail_on=[EditRefusedError("no hats here")] * 2)
    plans = [
        Plan("a hat", usage=Usage(100, 10, 0.01)),
        UnreadableReplyError("no", "raw", Usage(7, 3, 0.02)),
    ]
    context = EditContext(mode="think-before-and-while")
    graph = build_graph([refusing], ScriptedThinker([], plans), blobs, context=context).compile()
    state: Any = await graph.ainvoke(
        {"image": photo, "instruction": "x"}, output_keys=list(EditState.__annotations__)
    )
    usage = record_run(state).usage
    assert (usage.input_tokens, usage.output_tokens, usage.cost_usd) == (107, 13, 0.03)
    assert usage.latency_s > 0


async def test_a_plan_counts_against_the_budget(loop: Loop) -> None:
    plans = [Plan("warmer", usage=Usage(cost_usd=0.5))]
    thinker = ScriptedThinker([thought(3, "much warmer")], plans=plans)
    out = await loop.run(thinker, mode="think-before-and-while", budget_usd=0.4)
    assert (out["stop_reason"], len(out["attempts"])) == ("budget", 1)


async def test_no_flood_of_an_editors_remarks_reaches_a_checkpoint(loop: Loop) -> None:
    class Talker(FakeEditor):
        async def edit(self, request: EditRequest) -> EditResult:
            return EditResult(request.images[0].data, notes=("remark\x1b[2J " * 10_000,) * 500)

    out = await loop.run(ScriptedThinker([thought(9)]), Talker())
    notes = out["attempts"][0]["notes"]
    assert len(notes) == 20
    assert max(map(len, notes)) <= 1000 and "\x1b" not in notes[0]


async def test_a_thinkers_checklist_is_kept_and_goes_on_to_its_next_turn(loop: Loop) -> None:
    marked = Requirement("the sky is orange", status="partly", region=Region(0, 0, 1, 0.4))
    thinker = ScriptedThinker([thought(4, "b", checklist=(marked,)), thought(9)])
    out = await loop.run(thinker)
    assert out["attempts"][0]["checklist"][0]["region"] == [0, 0, 1, 0.4]
    assert thinker.calls[1].checklist == (Requirement("the sky is orange"),)


async def test_an_unread_reply_is_kept_and_its_cost_counted(loop: Loop) -> None:
    unread = UnreadableReplyError("no scores", "mumble", Usage(1000, 20, 0.01))
    out = await loop.run(ScriptedThinker([unread]))
    attempt = out["attempts"][0]
    assert (out["stop_reason"], attempt["cost_usd"]) == ("unparsable", 0.01)
    assert loop.blobs.get(attempt["reply"]) == b"mumble"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"instruction": " "}, ConfigError),
        ({"instruction": "x" * 100_000}, ConfigError),
        ({"instruction": "warm\x00er"}, ConfigError),
        ({"image": "/etc/passwd"}, MediaError),
        ({"image": "https://example.com/a.png"}, MediaError),
        ({"image": "data:image/png;base64,AAAA"}, MediaError),
    ],
)
async def test_what_cannot_be_edited_is_refused_before_any_model_is_called(
    given: Any, error: type[Exception], blobs: Any, photo: Any
) -> None:
    editor = FakeEditor()
    graph = build_graph([editor], ScriptedThinker([]), blobs).compile()
    with pytest.raises(error):
        await graph.ainvoke({"image": photo, "instruction": "make it warmer", **given})
    assert editor.calls == []


@pytest.mark.parametrize(
    "instruction", ["</answer>", "{rewritten_prompt} {original_instruction}", "让照片更暖", "🌞‍🔥"]
)
async def test_odd_instructions_reach_the_editor_unchanged(
    instruction: str, blobs: Any, photo: Any
) -> None:
    editor = FakeEditor()
    graph = build_graph([editor], ScriptedThinker([thought(9)]), blobs).compile()
    await graph.ainvoke({"image": photo, "instruction": instruction})
    assert editor.calls[0].prompt == instruction


async def test_a_forged_reference_is_refused(blobs: Any, photo: Any) -> None:
    graph = build_graph([FakeEditor()], ScriptedThinker([]), blobs).compile()
    with pytest.raises(MediaError):
        await graph.ainvoke({"image": {**photo, "width": 9}, "instruction": "warmer"})


async def test_unknown_editors_are_refused(blobs: Any, photo: Any) -> None:
    graph = build_graph([FakeEditor()], ScriptedThinker([]), blobs).compile()
    with pytest.raises(ConfigError, match="built without the editor 'darkrom'"):
        await graph.ainvoke(
            {"image": photo, "instruction": "warmer"}, context=EditContext(editors=("darkrom",))
        )
    with pytest.raises(ConfigError, match="did you mean 'darkroom'"):
        build_graph(["darkrom"])
    with pytest.raises(ConfigError, match="'critique'"):
        build_graph([FakeEditor(name="critique")])


async def test_a_checkpoint_stays_under_20_kB(blobs: Any, photo: Any) -> None:
    long = "The sky took the colour but the roof turned orange as well. " * 30
    thoughts = [
        thought(5, f"Warm the sky only, attempt {n}. " * 12, reasoning=long, raw=long * 5)
        for n in range(6)
    ]
    saver = InMemorySaver()
    graph = build_graph([FakeEditor()], ScriptedThinker(thoughts), blobs).compile(
        checkpointer=saver
    )
    config: Any = {"configurable": {"thread_id": "t"}}
    context = EditContext(max_turns=6, patience=6)
    await graph.ainvoke({"image": photo, "instruction": "x"}, config, context=context)
    states = [snapshot async for snapshot in graph.aget_state_history(config)]
    assert max(len(saver.serde.dumps_typed(s.values)[1]) for s in states) < 20_000
    json.dumps([s.values for s in states])


async def test_a_thread_can_be_used_again_for_another_photo(blobs: Any, photo: Any) -> None:
    thinker = ScriptedThinker([thought(9), thought(9)])
    graph = build_graph([FakeEditor()], thinker, blobs).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    await graph.ainvoke({"image": photo, "instruction": "first"}, config)
    out = await graph.ainvoke({"image": photo, "instruction": "second"}, config)
    assert [a["prompt"] for a in out["attempts"]] == ["second"]


async def test_a_cache_saves_the_editor_the_same_work(blobs: Any, photo: Any) -> None:
    editor = FakeEditor()
    thinker = ScriptedThinker([thought(9), thought(9)])
    graph = build_graph([editor], thinker, blobs).compile(cache=InMemoryCache())
    for _ in range(2):
        await graph.ainvoke({"image": photo, "instruction": "warmer"})
    assert (len(editor.calls), len(thinker.calls)) == (1, 2)


async def test_a_run_that_died_goes_on_without_repeating_a_finished_edit(
    blobs: Any, photo: Any
) -> None:
    saver = InMemorySaver()
    config: Any = {"configurable": {"thread_id": "t"}}

    class Died(BaseException):
        pass

    class Dying(FakeEditor):
        async def edit(self, request: Any) -> Any:
            if len(self.calls) == 2:
                raise Died
            return await super().edit(request)

    first = build_graph(
        [Dying()], ScriptedThinker([thought(4, "b"), thought(5, "c")]), blobs
    ).compile(checkpointer=saver)
    with pytest.raises(Died):
        await first.ainvoke({"image": photo, "instruction": "a"}, config, durability="sync")

    editor = FakeEditor()
    again = build_graph([editor], ScriptedThinker([thought(9)]), blobs).compile(checkpointer=saver)
    out = await again.ainvoke(None, config)
    assert [c.prompt for c in editor.calls] == ["c"]
    assert [a["turn"] for a in out["attempts"]] == [1, 2, 3]


async def test_an_earlier_turn_can_be_forked_with_another_prompt(blobs: Any, photo: Any) -> None:
    editor = FakeEditor()
    thinker = ScriptedThinker([thought(4, "b"), thought(9), thought(5), thought(6)])
    graph = build_graph([editor], thinker, blobs).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    context = EditContext(max_turns=2)
    await graph.ainvoke({"image": photo, "instruction": "a"}, config, context=context)
    history = [state async for state in graph.aget_state_history(config)]
    turn_one = next(
        s for s in history if len(s.values.get("attempts", [])) == 1 and s.values["prompt"] == "b"
    )
    fork = await graph.aupdate_state(turn_one.config, {"prompt": "mine", "prompt_by": "person"})
    out = await graph.ainvoke(None, fork, context=context)
    assert [a["prompt"] for a in out["attempts"]] == ["a", "mine"]
    assert (out["stop_reason"], len(editor.calls)) == ("max_turns", 3)


class TestReview:
    @pytest.fixture
    def reviewed(self, blobs: Any, photo: Any) -> Any:
        async def start(*thoughts: Thought) -> Any:
            graph = build_graph(
                [FakeEditor()], ScriptedThinker(thoughts), blobs, context=EditContext(review=True)
            ).compile(checkpointer=InMemorySaver())
            config: Any = {"configurable": {"thread_id": "t"}}
            out = await graph.ainvoke({"image": photo, "instruction": "warmer"}, config)

            async def answer(value: Any) -> Any:
                return await graph.ainvoke(Command(resume=value), config)

            return out, answer

        return start

    async def test_shows_the_attempts_and_the_next_prompt(self, reviewed: Any) -> None:
        out, _ = await reviewed(thought(4, "b"))
        payload = out["__interrupt__"][0].value
        json.dumps(payload)
        assert (payload["turn"], payload["next_prompt"]) == (1, "b")

    async def test_accept_ends_the_loop_with_this_edit(self, reviewed: Any) -> None:
        _, answer = await reviewed(thought(4, "b"))
        out = await answer({"action": "accept"})
        assert (out["stop_reason"], out["chosen"]) == ("accepted", (1, 0))

    async def test_an_earlier_turn_can_be_picked(self, reviewed: Any) -> None:
        _, answer = await reviewed(thought(4, "b"), thought(6, "c"))
        await answer({"action": "continue"})
        out = await answer({"action": "accept", "turn": 1})
        assert (out["stop_reason"], out["chosen"]) == ("accepted", (1, 0))

    async def test_a_persons_prompt_is_used_even_after_a_good_edit(self, reviewed: Any) -> None:
        _, answer = await reviewed(thought(9), thought(9))
        await answer({"action": "prompt", "prompt": "colder"})
        out = await answer({"action": "continue"})
        assert [a["prompt"] for a in out["attempts"]] == ["warmer", "colder"]
        assert out["attempts"][1]["prompt_by"] == "person"
        assert out["stop_reason"] == "accepted"

    async def test_stop_keeps_the_best_so_far(self, reviewed: Any) -> None:
        _, answer = await reviewed(thought(4, "b"))
        out = await answer("stop")
        assert (out["stop_reason"], out["chosen"]) == ("stopped", (1, 0))

    @pytest.mark.parametrize(
        "nonsense",
        [
            "maybe",
            7,
            {"action": "prompt"},
            {"action": "accept", "turn": 9},
            {"action": "prompt", "prompt": " "},
        ],
    )
    async def test_an_answer_that_makes_no_sense_is_asked_again(
        self, nonsense: Any, reviewed: Any
    ) -> None:
        _, answer = await reviewed(thought(4, "b"))
        out = await answer(nonsense)
        assert out["__interrupt__"][0].value["error"]
        out = await answer({"action": "stop"})
        assert out["stop_reason"] == "stopped"
