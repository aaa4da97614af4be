"""A supervisor with two tools: this loop, and one that captions.

The chat model is scripted, so that this runs anywhere; put `init_chat_model("openai:gpt-4.1")` or
any other in its place. `create_agent(model, tools)` of LangChain takes the same tools.

Run: python docs/examples/supervisor.py photo.jpg
"""

import asyncio
import base64
import sys
from pathlib import Path
from typing import Any

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

from editthinker.graph import EditContext, as_tool
from editthinker.tools.blobs import BlobStore


@tool
def caption(picture: str) -> str:
    """Write a caption for the picture with this id."""
    return f"Picture {picture}: a quiet moment, gently retouched."


def build_supervisor(model: Any, blobs: BlobStore) -> StateGraph[MessagesState]:
    """Build a supervisor that calls tools until it has an answer."""
    tools = [as_tool(blobs=blobs, context=EditContext(max_turns=2)), caption]

    async def supervise(state: MessagesState) -> dict[str, list[AnyMessage]]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    builder = StateGraph(MessagesState)
    builder.add_node("supervisor", supervise)
    builder.add_node("tools", ToolNode(tools))
    builder.add_edge(START, "supervisor")
    builder.add_conditional_edges("supervisor", tools_condition)
    builder.add_edge("tools", "supervisor")
    return builder


def scripted_model() -> Any:
    """Return a model that edits, captions the latest edit, and answers."""
    calls = [
        {"name": "edit_photo", "args": {"instruction": "make it warmer"}, "id": "1"},
        {"name": "caption", "args": {"picture": "the latest"}, "id": "2"},
    ]
    replies = [*(AIMessage("", tool_calls=[call]) for call in calls), AIMessage("Here you are.")]
    return GenericFakeChatModel(messages=iter(replies))


async def main(photo: str, blob_folder: str = "blobs") -> list[AnyMessage]:
    """Show a photo to the supervisor and print the conversation."""
    data = base64.b64encode(Path(photo).read_bytes()).decode()
    asked = HumanMessage(
        [
            {"type": "text", "text": "Warm this up and write me a caption."},
            {"type": "image", "base64": data, "mime_type": "image/jpeg"},
        ]
    )
    graph = build_supervisor(scripted_model(), BlobStore(blob_folder)).compile()
    out = await graph.ainvoke({"messages": [asked]})
    messages: list[AnyMessage] = out["messages"]
    for message in messages:
        print(f"{message.type}: {message.text}")
    return messages


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
