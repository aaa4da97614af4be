"""The loop and single editors as tools of a model that calls tools."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command

from editthinker.graph import EditorToolkit, as_tool
from editthinker.graph.record import RunRecord
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.fake import FakeEditor
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.images import ImageRef

Parts = Callable[..., dict[str, Any]]


def call(name: str, number: int = 1, **args: Any) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": f"call-{number}"}])


@pytest.fixture
def shown(photo: ImageRef, blobs: BlobStore) -> HumanMessage:
    """Return a message of a person who shows the photo."""
    data = base64.b64encode(blobs.get(photo["sha256"])).decode()
    return HumanMessage(
        [
            {"type": "text", "text": "make it warmer"},
            {"type": "image", "base64": data, "mime_type": "image/png"},
        ]
    )


def agent_of(model: Any, tools: list[Any], **options: Any) -> Any:
    """Build an agent by hand, as LangGraph's own documentation does."""

    async def think(state: MessagesState) -> Any:
        return {"messages": [await model.ainvoke(state["messages"])]}

    builder = StateGraph(MessagesState)
    builder.add_node("model", think)
    builder.add_node("tools", ToolNode(tools))
    builder.add_edge(START, "model")
    builder.add_conditional_edges(
        "model", lambda s: "tools" if s["messages"][-1].tool_calls else "__end__"
    )
    builder.add_edge("tools", "model")
    return builder.compile(**options)


def create_agent(model: Any, tools: list[Any], **options: Any) -> Any:
    return pytest.importorskip("langchain.agents").create_agent(model, tools, **options)


def tool_messages(out: Any) -> list[ToolMessage]:
    return [m for m in out["messages"] if isinstance(m, ToolMessage)]


def test_the_schema_for_a_model_is_small(parts: Parts) -> None:
    schema = convert_to_openai_tool(as_tool(**parts()))["function"]
    assert set(schema["parameters"]["properties"]) == {"instruction", "image"}
    assert schema["parameters"]["required"] == ["instruction"]
    assert len(json.dumps(schema)) < 700


@pytest.mark.parametrize("build", [agent_of, create_agent])
async def test_an_agent_edits_the_photo_of_a_conversation_twice(
    build: Any, parts: Parts, caller: Any, shown: HumanMessage, photo: ImageRef
) -> None:
    tool = as_tool(**parts(turns=2, runs=2))
    model = caller(
        [
            call("edit_photo", 1, instruction="warmer"),
            call("edit_photo", 2, instruction="sharper"),
            AIMessage("Done."),
        ]
    )
    out = await build(model, [tool]).ainvoke({"messages": [shown]})
    first, second = (RunRecord.model_validate(m.artifact) for m in tool_messages(out))
    assert first.source == photo
    assert first.result and second.source == first.result.image
    text = tool_messages(out)[0].text
    assert first.result.image["sha256"][:12] in text
    assert "Final prompt: prompt 2" in text and "What changed: thought 2" in text
    assert len(text) < 400 and "base64" not in text


@pytest.mark.parametrize(
    ("which", "expected"),
    [("1", "photo"), ("2", "first"), ("latest", "first"), ("id", "photo"), ("sha", "photo")],
)
async def test_a_model_names_pictures_by_number_id_or_latest(
    which: str, expected: str, parts: Parts, caller: Any, shown: Any, photo: ImageRef
) -> None:
    named = {"id": photo["sha256"][:12], "sha": photo["sha256"]}.get(which, which)
    tool = as_tool(**parts(turns=1, runs=2))
    model = caller(
        [
            call("edit_photo", 1, instruction="warmer"),
            call("edit_photo", 2, instruction="sharper", image=named),
            AIMessage("Done."),
        ]
    )
    out = await agent_of(model, [tool]).ainvoke({"messages": [shown]})
    first, second = (m.artifact for m in tool_messages(out))
    assert second["source"] == {"photo": photo, "first": first["result"]["image"]}[expected]


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("9", "no picture 9; the conversation has 1"),
        ("deadbeef", "no picture of this conversation has the id"),
        ("/etc/passwd", "not image data"),
        ("file:///etc/passwd", "not image data"),
        ("http://localhost:2024/ok", "not image data"),
        ("f" * 64, "not in the blob store"),
        ("data:image/svg+xml;base64,PHN2Zz4=", "SVG drawing"),
    ],
)
async def test_a_wrong_picture_is_told_to_the_model_in_one_sentence(
    image: str, words: str, parts: Parts, caller: Any, shown: HumanMessage
) -> None:
    made = parts()
    model = caller([call("edit_photo", instruction="x", image=image), AIMessage("Sorry.")])
    out = await agent_of(model, [as_tool(**made)]).ainvoke({"messages": [shown]})
    (message,) = tool_messages(out)
    assert message.status == "error"
    assert words in message.text and "Traceback" not in message.text
    assert made["editors"][0].calls == []


async def test_an_editor_that_refuses_is_an_answer_not_a_crash(
    parts: Parts, caller: Any, shown: HumanMessage
) -> None:
    editor = FakeEditor(fail_on=[EditRefusedError("I cannot make him smile")] * 4)
    model = caller([call("edit_photo", instruction="smile"), AIMessage("Sorry.")])
    out = await agent_of(model, [as_tool(**parts(editor=editor))]).ainvoke({"messages": [shown]})
    (message,) = tool_messages(out)
    assert message.text.startswith("No edit was made") and "cannot make him smile" in message.text
    assert message.artifact["stop_reason"] == "editor_failed"


async def test_a_model_that_sees_tool_results_gets_a_preview(
    parts: Parts, caller: Any, shown: HumanMessage
) -> None:
    model = caller([call("edit_photo", instruction="warmer"), AIMessage("Done.")])
    tool = as_tool(**parts(), pictures="preview")
    out = await agent_of(model, [tool]).ainvoke({"messages": [shown]})
    (message,) = tool_messages(out)
    assert [block["type"] for block in message.content] == ["text", "image"]
    assert base64.b64decode(message.content[1]["base64"])[:2] == b"\xff\xd8"


async def test_events_and_review_reach_the_agents_caller(
    parts: Parts, caller: Any, shown: HumanMessage
) -> None:
    model = caller([call("edit_photo", instruction="warmer"), AIMessage("Done.")])
    agent = agent_of(model, [as_tool(**parts(review=True))], checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    events = [
        event["event"]
        async for _, event in agent.astream(
            {"messages": [shown]}, config, stream_mode="custom", subgraphs=True
        )
    ]
    assert events[-1] == "critique_finished"
    out = await agent.ainvoke(Command(resume={"action": "accept"}), config)
    assert out["messages"][-1].content == "Done."
    assert tool_messages(out)[0].artifact["stop_reason"] == "accepted"


def test_a_tool_works_without_an_event_loop(parts: Parts, photo: ImageRef) -> None:
    text = as_tool(**parts()).invoke({"instruction": "warmer", "image": photo["sha256"]})
    assert text.startswith("New picture ")


async def test_the_toolkit_has_the_loop_and_each_editor(
    parts: Parts, caller: Any, shown: HumanMessage, photo: ImageRef
) -> None:
    made = parts()
    kit = EditorToolkit([FakeEditor(name="flux-kontext")], made["thinker"], made["blobs"])
    loop, single = kit.get_tools()
    assert (loop.name, single.name) == ("edit_photo", "edit_with_flux_kontext")
    model = caller([call(single.name, instruction="warmer"), AIMessage("Done.")])
    out = await agent_of(model, [loop, single]).ainvoke({"messages": [shown]})
    (message,) = tool_messages(out)
    assert message.artifact["result"]["image"] != photo
    assert made["thinker"].calls == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_works_under_a_prebuilt_supervisor(
    parts: Parts, caller: Any, shown: HumanMessage
) -> None:
    supervisors = pytest.importorskip("langgraph_supervisor")
    retoucher = create_agent(
        caller([call("edit_photo", instruction="warmer"), AIMessage("Edited.")]),
        [as_tool(**parts())],
        name="retoucher",
    )
    boss = caller([call("transfer_to_retoucher", 7), AIMessage("All done.")])
    graph = supervisors.create_supervisor(
        [retoucher], model=boss, output_mode="full_history"
    ).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    out = await graph.ainvoke({"messages": [shown]}, config)
    assert out["messages"][-1].content == "All done."
    assert any(m.artifact and m.artifact["result"] for m in tool_messages(out))
