"""The loop inside other people's agents: as a node of a graph, and as a tool of a model.

Both run the loop with settings of its own: a parent's state, context and recursion limit stay
outside. The checkpointer, the stream and interrupts are the parent's.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langgraph.graph.state import CompiledStateGraph

from editthinker.graph.blocking import lend_saver, run_blocking
from editthinker.graph.blocks import pictures_of, reference_block, take_in
from editthinker.graph.build import build_graph
from editthinker.graph.context import EditContext
from editthinker.graph.policies import Policies
from editthinker.graph.record import record_run
from editthinker.graph.state import EditInput, EditOutput, EditState
from editthinker.graph.summary import tell
from editthinker.graph.thinkers.base import Thinker
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.base import Editor
from editthinker.tools.errors import ConfigError

Loop = CompiledStateGraph[EditState, EditContext, EditInput, EditOutput]

STATE_KEYS = tuple(EditState.__annotations__)
"""The whole state, where a caller of the graph sees only its output."""

MAX_STEPS = 10_000
"""LangGraph's steps of one loop. Turns and budgets end it; a parent's recursion limit must not."""


def edit_node(
    editors: Sequence[str | Editor] = ("darkroom",),
    thinker: str | Thinker = "observer",
    blobs: BlobStore | str | None = None,
    *,
    context: EditContext | None = None,
    policies: Policies | None = None,
    map_in: Callable[[Any], Mapping[str, Any]] | None = None,
    map_out: Callable[[EditOutput], Any] | None = None,
) -> Runnable[Any, Any]:
    """Return the loop as a node for a graph with any state.

    The node works under `invoke` and `ainvoke`, under `Send`, and inside tasks of the functional
    API. To see its events, stream the parent with `subgraphs=True`.

    Args:
        editors: As for `build_graph`.
        thinker: As for `build_graph`.
        blobs: As for `build_graph`.
        context: Settings of the loop; a parent's context is never used.
        policies: As for `build_graph`.
        map_in: Makes `{"image": ..., "instruction": ...}` of the parent's state; by default they
            are read from there, and what is missing from the latest of its `messages`. The image
            may be a reference, a data URI, a content block of a message or a SHA-256.
        map_out: Makes the parent's update of the loop's output (`EditOutput`); by default the
            output itself, of which the parent keeps the keys that its state has, and a message
            where the state has `messages`.

    Raises:
        ConfigError: as `build_graph`; the node raises it too where the state has no image or
            instruction.
    """
    store = blobs if isinstance(blobs, BlobStore) else BlobStore(blobs)
    settings = context or EditContext()
    builder = build_graph(editors, thinker, store, context=settings, policies=policies)
    loop: Loop = builder.compile(name="edit_thinker")

    async def call(loop: Loop, state: Any, config: RunnableConfig) -> Any:
        given = (map_in or read_input)(state)
        whole = await run_loop(loop, store, given, settings, config)
        output = cast("EditOutput", {key: whole.get(key) for key in EditOutput.__annotations__})
        if map_out:
            return map_out(output)
        if messages_of(state) is None:
            return output
        record = record_run(cast("EditState", whole))
        said: list[Any] = [{"type": "text", "text": tell(record)}]
        if record.result:
            said.append(reference_block(record.result.image))
        return {**output, "messages": [AIMessage(said)]}

    # Both name `loop`: that is how LangGraph finds the subgraph, for `xray` and `get_state`.
    async def edit(state: Any, config: RunnableConfig) -> Any:
        return await call(loop, state, config)

    def edit_blocking(state: Any, config: RunnableConfig) -> Any:
        return run_blocking(call(loop, state, lend_saver(config)))

    return RunnableLambda(edit_blocking, edit, name="edit_thinker")


async def run_loop(
    loop: Loop,
    blobs: BlobStore,
    given: Mapping[str, Any],
    settings: EditContext,
    config: RunnableConfig,
) -> dict[str, Any]:
    """Run the loop inside a parent's node or tool, and return its whole state.

    Raises:
        ConfigError: if the image or the instruction is missing.
        MediaError: if the image cannot be used.
    """
    if missing := [name for name in ("image", "instruction") if not given.get(name)]:
        raise ConfigError(
            f"there is no {' and no '.join(missing)} for the loop; give edit_node(map_in=...) a "
            "function that returns both"
        )
    start = EditInput(
        image=await asyncio.to_thread(take_in, given["image"], blobs),
        instruction=str(given["instruction"]),
    )
    if given.get("mask"):
        start["mask"] = await asyncio.to_thread(take_in, given["mask"], blobs)
    limited: RunnableConfig = {**config, "recursion_limit": MAX_STEPS}
    return await loop.ainvoke(start, limited, context=settings, output_keys=STATE_KEYS)


def read_input(state: Any) -> dict[str, Any]:
    """Read `image` and `instruction` from a state of any kind: mapping, model or dataclass.

    What is missing there comes from its `messages`: the latest picture, the latest human text.
    """
    found = {name: read_key(state, name) for name in ("image", "instruction")}
    messages = messages_of(state) or []
    if not found["image"]:
        found["image"] = next(reversed(pictures_of(messages)), None)
    if not found["instruction"]:
        asked = [m.text for m in messages if isinstance(m, HumanMessage) and m.text]
        found["instruction"] = asked[-1] if asked else None
    return found


def read_key(state: Any, name: str) -> Any:
    """Read a value of a mapping, model or dataclass; None if there is none."""
    return state.get(name) if isinstance(state, Mapping) else getattr(state, name, None)


def messages_of(state: Any) -> list[BaseMessage] | None:
    """Return the conversation of a state, which may be nothing else; None if it has none."""
    messages = state if isinstance(state, list) else read_key(state, "messages")
    return messages if isinstance(messages, list) else None
