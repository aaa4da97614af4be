"""The loop as one node of graphs that know nothing of it."""

import json
import operator
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.func import entrypoint, task
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command, Send
from pydantic import BaseModel
from typing_extensions import TypedDict

from editthinker.graph import EditContext, edit_node
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.fake import FakeEditor
from editthinker.tools.errors import ConfigError, MediaError
from editthinker.tools.images import ImageRef

Parts = Callable[..., dict[str, Any]]


class Ticket(TypedDict, total=False):
    """A parent's state, with names of its own."""

    upload: Any
    wish: str
    answer: Any
    turns: int
    ended: str


TICKET = {
    "map_in": lambda state: {"image": state["upload"], "instruction": state["wish"]},
    "map_out": lambda out: {
        "answer": out["result"],
        "turns": len(out["attempts"]),
        "ended": out["stop_reason"],
    },
}


def parent_of(node: Any, saver: Any = None, context_schema: Any = None) -> Any:
    builder = StateGraph(Ticket, context_schema)
    builder.add_node("edit", node)
    builder.add_edge(START, "edit")
    builder.add_edge("edit", END)
    return builder.compile(checkpointer=saver)


async def test_maps_the_parents_state_in_and_out(parts: Parts, photo: ImageRef) -> None:
    parent = parent_of(edit_node(**parts(turns=2), **TICKET))
    out = await parent.ainvoke({"upload": photo, "wish": "warmer"})
    assert set(out) == {"upload", "wish", "answer", "turns", "ended"}
    assert (out["turns"], out["ended"]) == (2, "accepted")
    assert out["answer"] not in (None, photo)


async def test_a_parent_with_the_same_words_needs_no_mapping(parts: Parts, photo: ImageRef) -> None:
    class Same(TypedDict, total=False):
        image: Any
        instruction: str
        result: Any

    builder = StateGraph(Same)
    builder.add_node("edit", edit_node(**parts()))
    builder.add_edge(START, "edit")
    out = await builder.compile().ainvoke({"image": photo, "instruction": "warmer"})
    assert out["image"] == photo and out["result"] != photo


class Model(BaseModel):
    image: Any
    instruction: str
    result: Any = None


@dataclass
class Data:
    image: Any
    instruction: str
    result: Any = None


@pytest.mark.parametrize("state", [Model, Data])
async def test_a_parents_state_may_be_a_model_or_a_dataclass(
    state: Any, parts: Parts, photo: ImageRef
) -> None:
    builder = StateGraph(state)
    builder.add_node("edit", edit_node(**parts()))
    builder.add_edge(START, "edit")
    out = await builder.compile().ainvoke(state(image=photo, instruction="warmer"))
    assert out["result"]["media_type"] == "image/png"


async def test_a_conversation_gets_a_message_with_the_result(
    parts: Parts, photo: ImageRef, blobs: BlobStore
) -> None:
    import base64

    data = base64.b64encode(blobs.get(photo["sha256"])).decode()
    builder = StateGraph(MessagesState)
    builder.add_node("edit", edit_node(**parts()))
    builder.add_edge(START, "edit")
    asked = HumanMessage(
        [
            {"type": "text", "text": "make it warmer"},
            {"type": "image", "base64": data, "mime_type": "image/png"},
        ]
    )
    out = await builder.compile().ainvoke({"messages": [asked]})
    text, image = out["messages"][-1].content
    assert "Final prompt: prompt 2" in text["text"]
    assert blobs.get(image["file_id"])


class Mine(BaseModel):
    """A parent's context, with a field that the loop has too."""

    max_turns: int = 1
    mode: str = "single"


@pytest.mark.parametrize(
    ("schema", "context"),
    [
        (None, None),
        (Mine, {"max_turns": 1}),
        (EditContext, {"max_turns": 1}),
        (None, {"max_turns": 1}),
    ],
)
async def test_the_parents_context_never_leaks_in(
    schema: Any, context: Any, parts: Parts, photo: ImageRef
) -> None:
    parent = parent_of(edit_node(**parts(turns=3), **TICKET), context_schema=schema)
    out = await parent.ainvoke({"upload": photo, "wish": "warmer"}, context=context)
    assert out["turns"] == 3


async def test_the_parents_recursion_limit_does_not_end_the_loop(
    parts: Parts, photo: ImageRef
) -> None:
    parent = parent_of(edit_node(**parts(turns=4), **TICKET))
    out = await parent.ainvoke({"upload": photo, "wish": "warmer"}, {"recursion_limit": 3})
    assert out["turns"] == 4


async def test_events_come_through_with_subgraphs(parts: Parts, photo: ImageRef) -> None:
    parent = parent_of(edit_node(**parts(turns=2), **TICKET))
    seen = []
    async for namespace, event in parent.astream(
        {"upload": photo, "wish": "warmer"}, stream_mode="custom", subgraphs=True
    ):
        assert namespace[0].startswith("edit:")
        seen.append(event["event"])
    assert seen.count("edit_finished") == 2
    assert seen[-1] == "selected"


def test_works_without_an_event_loop(parts: Parts, photo: ImageRef) -> None:
    parent = parent_of(edit_node(**parts(turns=2), **TICKET))
    assert parent.invoke({"upload": photo, "wish": "warmer"})["ended"] == "accepted"
    parent = parent_of(edit_node(**parts(turns=2), **TICKET))
    events = list(
        parent.stream({"upload": photo, "wish": "warmer"}, stream_mode="custom", subgraphs=True)
    )
    assert events[-1][1]["event"] == "selected"


async def test_works_under_a_blocking_call_inside_a_running_loop(
    parts: Parts, photo: ImageRef
) -> None:
    parent = parent_of(edit_node(**parts(turns=2), **TICKET))
    assert parent.invoke({"upload": photo, "wish": "warmer"})["ended"] == "accepted"


class Killed(BaseException):
    """What the process dies of: no error handler of a graph gets to see it."""


class Mortal(FakeEditor):
    """Dies once, at the given prompt."""

    async def edit(self, request: Any) -> Any:
        if request.prompt == "prompt 3" and not any(c.prompt == "prompt 3" for c in self.calls):
            self.calls.append(request)
            raise Killed
        return await super().edit(request)


async def test_a_parent_killed_in_the_childs_third_turn_resumes_there(
    parts: Parts, photo: ImageRef, tmp_path: Any
) -> None:
    editor = Mortal()
    async with AsyncSqliteSaver.from_conn_string(str(tmp_path / "parent.sqlite")) as saver:
        parent = parent_of(edit_node(**parts(turns=4, editor=editor), **TICKET), saver)
        config: Any = {"configurable": {"thread_id": "t"}}
        with pytest.raises(Killed):
            await parent.ainvoke({"upload": photo, "wish": "warmer"}, config, durability="sync")
        assert [c.prompt for c in editor.calls] == ["warmer", "prompt 2", "prompt 3"]
        inside = (await parent.aget_state(config, subgraphs=True)).tasks[0].state
        assert len(inside.values["attempts"]) == 2

        out = await parent.ainvoke(None, config)
    assert (out["turns"], out["ended"]) == (4, "accepted")
    assert [c.prompt for c in editor.calls][3:] == ["prompt 3", "prompt 4"]


@pytest.mark.parametrize("make", [InMemorySaver, None])
def test_a_blocking_parent_resumes_in_the_third_turn_too(
    make: Any, parts: Parts, photo: ImageRef
) -> None:
    saver = make() if make else SqliteSaver(sqlite3.connect(":memory:", check_same_thread=False))
    editor = Mortal()
    parent = parent_of(edit_node(**parts(turns=4, editor=editor), **TICKET), saver)
    config: Any = {"configurable": {"thread_id": "t"}}
    with pytest.raises(Killed):
        parent.invoke({"upload": photo, "wish": "warmer"}, config, durability="sync")
    out = parent.invoke(None, config)
    assert (out["turns"], out["ended"]) == (4, "accepted")
    prompts = [c.prompt for c in editor.calls]
    assert prompts == ["warmer", "prompt 2", "prompt 3", "prompt 3", "prompt 4"]


async def test_a_person_reviews_through_the_parent(parts: Parts, photo: ImageRef) -> None:
    parent = parent_of(edit_node(**parts(turns=3, review=True), **TICKET), InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    out = await parent.ainvoke({"upload": photo, "wish": "warmer"}, config)
    assert out["__interrupt__"][0].value["turn"] == 1
    await parent.ainvoke(Command(resume={"action": "prompt", "prompt": "colder"}), config)
    out = await parent.ainvoke(Command(resume={"action": "accept"}), config)
    assert (out["turns"], out["ended"]) == (2, "accepted")


async def test_a_parents_checkpoint_stays_small(parts: Parts, photo: ImageRef) -> None:
    saver = InMemorySaver()
    parent = parent_of(edit_node(**parts(turns=3), **TICKET), saver)
    config: Any = {"configurable": {"thread_id": "t"}}
    await parent.ainvoke({"upload": photo, "wish": "warmer"}, config)
    sizes = [len(saver.serde.dumps_typed(saved.checkpoint)[1]) async for saved in saver.alist(None)]
    assert len(sizes) > 5
    assert max(sizes) < 20_000


class Folder(TypedDict, total=False):
    photos: list[Any]
    done: Annotated[list[Any], operator.add]


@pytest.mark.parametrize("blocking", [False, True])
async def test_edits_a_folder_of_photos_side_by_side(
    blocking: bool, parts: Parts, photos: list[ImageRef]
) -> None:
    node = edit_node(
        **parts(turns=2, runs=6, accept_semantic=0, accept_quality=0),
        map_out=lambda out: {"done": [(out["source"], out["result"], len(out["attempts"]))]},
    )
    builder = StateGraph(Folder)
    builder.add_node("edit", node)
    builder.add_conditional_edges(
        START,
        lambda state: [
            Send("edit", {"image": p, "instruction": "warmer"}) for p in state["photos"]
        ],
        ["edit"],
    )
    parent = builder.compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    given = {"photos": photos}
    out = parent.invoke(given, config) if blocking else await parent.ainvoke(given, config)
    assert [source for source, _, _ in out["done"]] == photos
    assert len({result["sha256"] for _, result, _ in out["done"]}) == 6


async def test_works_in_a_functional_workflow(parts: Parts, photo: ImageRef) -> None:
    node = edit_node(**parts(turns=2, runs=2, accept_semantic=10))

    @task
    async def improve(image: Any, wish: str) -> Any:
        return await node.ainvoke({"image": image, "instruction": wish})

    @entrypoint(checkpointer=InMemorySaver())
    async def workflow(request: dict[str, Any]) -> Any:
        first = await improve(request["image"], "warmer")
        second = await improve(first["result"], "sharper")
        return [first, second]

    config: Any = {"configurable": {"thread_id": "t"}}
    first, second = await workflow.ainvoke({"image": photo}, config)
    assert second["source"] == first["result"] != photo
    json.dumps([first, second])


async def test_two_loops_in_one_task_keep_apart(parts: Parts, photo: ImageRef) -> None:
    one, two = edit_node(**parts(turns=2)), edit_node(**parts(turns=3))

    @entrypoint(checkpointer=InMemorySaver())
    async def workflow(image: Any) -> Any:
        first = await one.ainvoke({"image": image, "instruction": "warmer"})
        second = await two.ainvoke({"image": image, "instruction": "colder"})
        return [[a["prompt"] for a in out["attempts"]] for out in (first, second)]

    config: Any = {"configurable": {"thread_id": "t"}}
    assert await workflow.ainvoke(photo, config) == [
        ["warmer", "prompt 2"],
        ["colder", "prompt 2", "prompt 3"],
    ]


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"wish": "warmer"}, ConfigError, "no image.*map_in"),
        ({"upload": "/etc/passwd", "wish": "x"}, MediaError, "not image data"),
        ({"upload": "http://169.254.169.254/", "wish": "x"}, MediaError, "not image data"),
        ({"upload": "a" * 64, "wish": "x"}, MediaError, "not in the blob store"),
        ({"upload": {"type": "text", "text": "hi"}, "wish": "x"}, MediaError, "not an image block"),
        ({"upload": 7, "wish": "x"}, MediaError, "no image"),
    ],
)
async def test_what_is_no_picture_is_refused_before_any_edit(
    given: Any, error: type[Exception], words: str, parts: Parts
) -> None:
    made = parts()
    maps = {**TICKET, "map_in": lambda s: {"image": s.get("upload"), "instruction": s.get("wish")}}
    parent = parent_of(edit_node(**made, **maps))
    with pytest.raises(error, match=words):
        await parent.ainvoke(given)
    assert made["editors"][0].calls == []
