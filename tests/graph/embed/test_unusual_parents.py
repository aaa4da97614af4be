"""Parents that the loop was not written for: deep, retried, timed, blocking, in parallel."""

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import entrypoint, task
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, RetryPolicy, TimeoutPolicy
from pydantic import BaseModel, ConfigDict
from typing_extensions import TypedDict

from editthinker.graph import as_tool, edit_node
from editthinker.tools.editors.fake import FakeEditor
from editthinker.tools.images import ImageRef

Parts = Callable[..., dict[str, Any]]


class Plain(TypedDict, total=False):
    image: Any
    instruction: str
    result: Any
    stop_reason: str


def wrap(node: Any, **options: Any) -> Any:
    builder = StateGraph(Plain)
    builder.add_node("inner", node, **options)
    builder.add_edge(START, "inner")
    return builder


class Killed(BaseException):
    pass


class Mortal(FakeEditor):
    async def edit(self, request: Any) -> Any:
        if request.prompt == "prompt 3" and not any(c.prompt == "prompt 3" for c in self.calls):
            self.calls.append(request)
            raise Killed
        return await super().edit(request)


async def test_three_graphs_deep_it_still_resumes_in_the_third_turn(
    parts: Parts, photo: ImageRef
) -> None:
    editor = Mortal()
    middle = wrap(edit_node(**parts(turns=4, editor=editor))).compile()
    parent = wrap(middle).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    with pytest.raises(Killed):
        await parent.ainvoke({"image": photo, "instruction": "warmer"}, config, durability="sync")
    out = await parent.ainvoke(None, config)
    assert out["stop_reason"] == "accepted"
    prompts = [c.prompt for c in editor.calls]
    assert prompts == ["warmer", "prompt 2", "prompt 3", "prompt 3", "prompt 4"]


async def test_a_parents_policies_apply_to_the_node(parts: Parts, photo: ImageRef) -> None:
    node = edit_node(**parts(turns=2))
    policies = {
        "retry_policy": RetryPolicy(max_attempts=2),
        "timeout": TimeoutPolicy(run_timeout=30.0),
    }
    out = await wrap(node, **policies).compile().ainvoke({"image": photo, "instruction": "warmer"})
    assert out["stop_reason"] == "accepted"


async def test_a_parent_may_stop_before_the_node(parts: Parts, photo: ImageRef) -> None:
    parent = wrap(edit_node(**parts())).compile(
        checkpointer=InMemorySaver(), interrupt_before=["inner"]
    )
    config: Any = {"configurable": {"thread_id": "t"}}
    await parent.ainvoke({"image": photo, "instruction": "warmer"}, config)
    await parent.aupdate_state(config, {"instruction": "colder"})
    out = await parent.ainvoke(None, config)
    assert out["stop_reason"] == "accepted" and out["instruction"] == "colder"


async def test_the_same_thread_runs_twice(parts: Parts, photo: ImageRef) -> None:
    parent = wrap(edit_node(**parts(turns=1, runs=2))).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    first = await parent.ainvoke({"image": photo, "instruction": "warmer"}, config)
    second = await parent.ainvoke({"image": photo, "instruction": "colder"}, config)
    assert first["result"] != second["result"]


async def test_a_strict_model_as_state(parts: Parts, photo: ImageRef) -> None:
    class Strict(BaseModel):
        model_config = ConfigDict(extra="forbid")
        image: Any
        instruction: str
        result: Any = None

    builder = StateGraph(Strict)
    builder.add_node("edit", edit_node(**parts()))
    builder.add_edge(START, "edit")
    out = await builder.compile().ainvoke({"image": photo, "instruction": "warmer"})
    assert out["result"]["media_type"] == "image/png"


def test_a_blocking_functional_workflow(parts: Parts, photo: ImageRef) -> None:
    node = edit_node(**parts(turns=2))

    @task
    def improve(image: Any) -> Any:
        return node.invoke({"image": image, "instruction": "warmer"})

    @entrypoint(checkpointer=InMemorySaver())
    def workflow(image: Any) -> Any:
        return improve(image).result()["stop_reason"]

    assert workflow.invoke(photo, {"configurable": {"thread_id": "t"}}) == "accepted"


async def test_a_node_may_hand_over_to_it_with_a_command(parts: Parts, photo: ImageRef) -> None:
    class Shared(Plain, total=False):
        log: Annotated[list[str], lambda old, new: [*old, *new]]

    def decide(state: Shared) -> Command[Any]:
        return Command(goto="edit", update={"instruction": "warmer", "log": ["decided"]})

    builder = StateGraph(Shared)
    builder.add_node("decide", decide, destinations=("edit",))
    builder.add_node(
        "edit", edit_node(**parts(), map_out=lambda out: {"log": [out["stop_reason"]]})
    )
    builder.add_edge(START, "decide")
    builder.add_edge("edit", END)
    out = await builder.compile().ainvoke({"image": photo, "log": []})
    assert out["log"] == ["decided", "accepted"]


@pytest.mark.parametrize("blocking", [False, True])
async def test_two_tool_calls_in_one_message_keep_apart(
    blocking: bool, parts: Parts, photo: ImageRef
) -> None:
    tool = as_tool(**parts(turns=1, runs=2))
    builder = StateGraph(MessagesState)
    builder.add_node("tools", ToolNode([tool]))
    builder.add_edge(START, "tools")
    graph = builder.compile(checkpointer=InMemorySaver())
    calls = [
        {
            "name": "edit_photo",
            "args": {"instruction": wish, "image": photo["sha256"]},
            "id": wish,
        }
        for wish in ("warmer", "colder")
    ]
    given = {"messages": [HumanMessage("both"), AIMessage("", tool_calls=calls)]}
    config: Any = {"configurable": {"thread_id": "t"}}
    out = graph.invoke(given, config) if blocking else await graph.ainvoke(given, config)
    made = [m for m in out["messages"] if isinstance(m, ToolMessage)]
    assert [m.artifact["instruction"] for m in made] == ["warmer", "colder"]


async def test_tools_beside_each_other_each_wait_for_a_person(
    parts: Parts, photo: ImageRef
) -> None:
    class Pair(TypedDict, total=False):
        image: Any
        log: Annotated[list[Any], lambda old, new: [*old, *new]]

    builder = StateGraph(Pair)
    for wish in ("warmer", "colder"):
        ask = edit_node(
            **parts(turns=1, review=True),
            map_in=lambda state, wish=wish: {"image": state["image"], "instruction": wish},
            map_out=lambda out: {"log": [(out["attempts"][0]["prompt"], out["stop_reason"])]},
        )
        builder.add_node(wish, ask)
        builder.add_edge(START, wish)
    graph = builder.compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    out = await graph.ainvoke({"image": photo, "log": []}, config)
    waiting = {i.value["instruction"]: i.id for i in out["__interrupt__"]}
    answers = {waiting["warmer"]: {"action": "accept"}, waiting["colder"]: {"action": "stop"}}
    out = await graph.ainvoke(Command(resume=answers), config)
    assert sorted(out["log"]) == [("colder", "stopped"), ("warmer", "accepted")]
