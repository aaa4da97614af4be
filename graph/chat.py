"""The loop as a chat: photos and wishes in, edited pictures out, follow-ups in the same thread.

```
START -> read -> [edit?] -> edit -> answer -> END
```

Pictures leave the messages as soon as they are read, so that checkpoints stay small; the loop's
events stream from inside `edit` with `subgraphs=True`.
"""

import asyncio
import os
import re
from collections.abc import Sequence
from typing import Any, Literal, cast

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langgraph.config import get_config
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from editthinker.graph.blocks import picture_in, preview_block, reference_block, take_in
from editthinker.graph.build import build_graph
from editthinker.graph.context import EditContext, resolve_context
from editthinker.graph.embed import Loop, run_loop
from editthinker.graph.followups import read_remark
from editthinker.graph.policies import Policies
from editthinker.graph.record import record_run
from editthinker.graph.state import EditState
from editthinker.graph.summary import tell
from editthinker.graph.thinkers.base import Thinker
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.base import Editor
from editthinker.tools.errors import EditThinkerError
from editthinker.tools.images import ImageRef
from editthinker.tools.ingest import Limits

PUBLIC_URL = "EDITTHINKER_PUBLIC_URL"
"""Environment variable: where clients reach the blob route, such as `http://127.0.0.1:2024`. With
it, messages name pictures by address; without it they carry a small preview."""

ASK_FOR_PHOTO = "Show me a photo and say what to change, such as: make it warmer."
ASK_FOR_WISH = "What shall I change? For example: make it warmer and blur the background."


class Shown(TypedDict):
    """A picture of the chat."""

    number: int
    """0 for a photo, else counted over the edits of the thread."""
    image: ImageRef
    made_from: int | None
    """Place in `ChatState.pictures` of what it was made from."""


class ChatInput(MessagesState):
    """What a caller sends: the new message."""


class ChatState(MessagesState, total=False):
    """A chat and its pictures."""

    pictures: list[Shown]
    current: int
    """Place in `pictures` of the one that the next wish is about."""
    instruction: str
    """What to do to the current picture; empty if nothing."""
    said: str
    """What to answer."""


ChatBuilder = StateGraph[ChatState, EditContext, ChatInput, ChatState]


def build_chat(
    editors: Sequence[str | Editor] = ("darkroom",),
    thinker: str | Thinker = "observer",
    blobs: BlobStore | str | None = None,
    *,
    context: EditContext | None = None,
    policies: Policies | None = None,
    limits: Limits | None = None,
) -> ChatBuilder:
    """Build the chat, uncompiled; it needs a checkpointer to remember a thread's pictures.

    The arguments are those of `build_graph`.
    """
    store = blobs if isinstance(blobs, BlobStore) else BlobStore(blobs)
    defaults = context or EditContext()
    loop: Loop = build_graph(editors, thinker, store, context=defaults, policies=policies).compile(
        name="edit_thinker"
    )

    async def read(state: ChatState) -> dict[str, Any]:
        return await asyncio.to_thread(read_message, state, store, limits)

    async def edit(state: ChatState, runtime: Runtime[EditContext]) -> dict[str, Any]:
        pictures, current = state["pictures"], state["current"]
        given = {"image": pictures[current]["image"], "instruction": state["instruction"]}
        settings = resolve_context(runtime, defaults)
        try:
            whole = await run_loop(loop, store, given, settings, get_config())
        except EditThinkerError as exc:
            return {"said": escape(f"I could not do that: {exc}")}
        record = record_run(cast("EditState", whole))
        if record.result is None:
            return {"said": escape(tell(record))}
        number = 1 + max(shown["number"] for shown in pictures)
        made = Shown(number=number, image=record.result.image, made_from=current)
        return {
            "said": f"Edit {number}. {escape(tell(record))}",
            "pictures": [*pictures, made],
            "current": len(pictures),
        }

    async def answer(state: ChatState) -> dict[str, Any]:
        content: list[Any] = [{"type": "text", "text": state["said"]}]
        pictures = state.get("pictures", [])
        if pictures and state["said"].startswith(("Edit ", "The photo")):
            content.append(await asyncio.to_thread(show, pictures[state["current"]], store))
        return {"messages": [AIMessage(content)]}

    def route_wish(state: ChatState) -> Literal["edit", "answer"]:
        return "edit" if state["instruction"] else "answer"

    builder = StateGraph(ChatState, type(defaults), input_schema=ChatInput, output_schema=ChatState)
    builder.add_node("read", read)
    builder.add_node("edit", edit)
    builder.add_node("answer", answer)
    builder.add_edge(START, "read")
    builder.add_conditional_edges("read", route_wish)
    builder.add_edge("edit", "answer")
    builder.add_edge("answer", END)
    return builder


def read_message(
    state: ChatState, blobs: BlobStore, limits: Limits | None = None
) -> dict[str, Any]:
    """Take the pictures out of the newest message and find out what it asks for."""
    message = state["messages"][-1]
    pictures, current = list(state.get("pictures", [])), state.get("current", 0)
    said = ""
    try:
        kept, photos = take_pictures(message, blobs, limits)
    except EditThinkerError as exc:
        return {
            "messages": [HumanMessage(message.text, id=message.id)],
            "said": escape(f"I cannot use that picture: {exc}"),
            "instruction": "",
        }
    for ref in photos:
        pictures.append(Shown(number=0, image=ref, made_from=None))
        current = len(pictures) - 1
    remark = read_remark(message.text)
    if not pictures:
        said = ASK_FOR_PHOTO
    elif remark.which is not None:
        place = find_picture(remark.which, pictures, current)
        if place is None:
            edits = max(shown["number"] for shown in pictures)
            said = f"There is no such picture; this chat has the photo and {edits} edits."
        else:
            current = place
            number = pictures[place]["number"]
            said = f"Edit {number} again." if number else "The photo as it was."
    elif not remark.instruction:
        said = ASK_FOR_WISH
    wish = remark.instruction if pictures and not said.startswith("There is no") else ""
    return {
        "messages": [kept],
        "pictures": pictures,
        "current": current,
        "instruction": wish,
        "said": said,
    }


def take_pictures(
    message: BaseMessage, blobs: BlobStore, limits: Limits | None = None
) -> tuple[BaseMessage, list[ImageRef]]:
    """Store the pictures of a message; return it with references in their places, and them.

    Raises:
        MediaError: if one cannot be used.
    """
    if isinstance(message.content, str):
        return message, []
    photos: list[ImageRef] = []
    content: list[Any] = []
    for block in message.content:
        if held := picture_in(block):
            photos.append(take_in(held, blobs, limits))
            content.append(reference_block(photos[-1], os.environ.get(PUBLIC_URL, "")))
        else:
            content.append(block)
    return message.model_copy(update={"content": content}), photos


def find_picture(which: int | str, pictures: Sequence[Shown], current: int) -> int | None:
    """Return the place of a picture; of several photos, the one behind the current picture."""
    if which == "previous":
        return pictures[current]["made_from"]
    if which == 0:
        while (before := pictures[current]["made_from"]) is not None:
            current = before
        return current
    return next((place for place, p in enumerate(pictures) if p["number"] == which), None)


def show(picture: Shown, blobs: BlobStore) -> dict[str, Any]:
    """Return the block that shows a picture in a chat."""
    if url := os.environ.get(PUBLIC_URL):
        return reference_block(picture["image"], url)
    return preview_block(blobs.get_image(picture["image"]))


def escape(text: str) -> str:
    """Make text plain for front ends that render Markdown or HTML: no links, images, tags, code."""
    return re.sub(r"([\\`<>\[\]])", r"\\\1", text)


chat = build_chat().compile(name="chat")
"""The chat with the embedded pair, for servers and Studio."""
