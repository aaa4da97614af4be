"""The loop and single editors as tools of a model that calls tools.

A model sees pictures but cannot spell their bytes, so it names them: `latest`, a number in order of
appearance, or the id that a tool reported. What a name means is looked up in the conversation.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast

from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, BaseToolkit, StructuredTool, ToolException
from langgraph.prebuilt import InjectedState
from pydantic import ConfigDict, PrivateAttr

from editthinker.graph.blocking import lend_saver, run_blocking
from editthinker.graph.blocks import (
    pictures_of,
    preview_block,
    short_id,
    take_in,
)
from editthinker.graph.build import build_graph
from editthinker.graph.context import EditContext
from editthinker.graph.embed import Loop, messages_of, read_key, run_loop
from editthinker.graph.policies import Policies
from editthinker.graph.record import record_run
from editthinker.graph.state import EditState
from editthinker.graph.summary import tell
from editthinker.graph.thinkers.base import Thinker
from editthinker.graph.toolbox import Toolbox
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.base import Editor, EditRequest
from editthinker.tools.errors import EditThinkerError, MediaError
from editthinker.tools.images import ImageRef

Pictures = Literal["reference", "preview"]
"""How a tool's reply shows its picture to the model: named by hash, or as a small JPEG."""

WHICH = (
    "image: which picture to edit: 'latest' (the default), its number in the conversation counted "
    "from 1, or the id that a tool reported."
)


def as_tool(
    editors: Sequence[str | Editor] = ("darkroom",),
    thinker: str | Thinker = "observer",
    blobs: BlobStore | str | None = None,
    *,
    context: EditContext | None = None,
    policies: Policies | None = None,
    name: str = "edit_photo",
    pictures: Pictures = "reference",
) -> BaseTool:
    """Return the loop as a LangChain tool, for `create_agent`, supervisors and your own `ToolNode`.

    The reply to the model is short: the picture's id, the scores, the final prompt, what changed.
    The tool message's artifact is the full record (`RunRecord` as JSON). What fails is told to the
    model as a tool error in one sentence.

    Args:
        editors: As for `build_graph`.
        thinker: As for `build_graph`.
        blobs: As for `build_graph`.
        context: Settings of the loop; the agent's context is never used.
        policies: As for `build_graph`.
        name: The tool's name.
        pictures: `preview` puts a small JPEG into the reply, for models that see tool results.

    Raises:
        ConfigError: as `build_graph`.
    """
    store = blobs if isinstance(blobs, BlobStore) else BlobStore(blobs)
    settings = context or EditContext()
    builder = build_graph(editors, thinker, store, context=settings, policies=policies)
    loop: Loop = builder.compile(name="edit_thinker")

    async def edit(instruction: str, image: str, state: Any, config: RunnableConfig) -> Any:
        picked = await asyncio.to_thread(pick_picture, image, state, store)
        given = {"image": picked, "instruction": instruction}
        output = await run_loop(loop, store, given, settings, config)
        record = record_run(cast("EditState", output))
        ref = record.result.image if record.result else None
        content = await reply(tell(record), ref, store, pictures)
        return content, record.model_dump(mode="json")

    return make_tool(
        edit,
        name,
        "Edit a photo from a plain instruction. An editor and a critic take turns until the edit "
        f"is good; the reply says what was done and gives the new picture's id.\n\n{WHICH}",
    )


class EditorToolkit(BaseToolkit):
    """The loop and each editor by itself as tools: `edit_photo`, `edit_with_darkroom`, ...

    A tool of a single editor makes one edit, without critique.

    Args:
        editors: As for `build_graph`.
        thinker: As for `build_graph`.
        blobs: As for `build_graph`.
        context: Settings of the loop.
        pictures: As for `as_tool`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    _tools: list[BaseTool] = PrivateAttr()

    def __init__(
        self,
        editors: Sequence[str | Editor] = ("darkroom",),
        thinker: str | Thinker = "observer",
        blobs: BlobStore | str | None = None,
        *,
        context: EditContext | None = None,
        pictures: Pictures = "reference",
    ) -> None:
        super().__init__()
        box = Toolbox(editors, thinker, blobs)
        loop = as_tool(editors, thinker, box.blobs, context=context, pictures=pictures)
        self._tools = [loop, *(editor_tool(box, n, pictures) for n in box.editor_names)]

    def get_tools(self) -> list[BaseTool]:
        """Return the tools, the loop first."""
        return list(self._tools)


def editor_tool(box: Toolbox, editor_name: str, pictures: Pictures) -> BaseTool:
    """Return one editor as a tool that makes a single edit."""

    async def edit(instruction: str, image: str, state: Any, config: RunnableConfig) -> Any:
        picked = await asyncio.to_thread(pick_picture, image, state, box.blobs)
        picture = await asyncio.to_thread(box.blobs.get_image, picked)
        editor = await asyncio.to_thread(box.editor, editor_name)
        result = await editor.edit(EditRequest(images=(picture,), prompt=instruction))
        ref = await asyncio.to_thread(box.blobs.put_image, result.image)
        text = f"New picture {short_id(ref)} ({ref['width']} x {ref['height']})."
        if result.notes:
            text += f" {' '.join(result.notes)}"
        content = await reply(text, ref, box.blobs, pictures)
        return content, {"editor": editor_name, "prompt": instruction, "result": {"image": ref}}

    return make_tool(
        edit,
        f"edit_with_{editor_name.replace('-', '_')}",
        f"Make one edit with the editor {editor_name}, without looking at the outcome.\n\n{WHICH}",
    )


def make_tool(edit: Any, name: str, description: str) -> BaseTool:
    """Wrap a coroutine function as a tool that works with and without an event loop."""

    async def call(
        instruction: str,
        config: RunnableConfig,
        image: str = "latest",
        state: Annotated[Any, InjectedState] = None,
    ) -> Any:
        try:
            return await edit(instruction, image, state, config)
        except EditThinkerError as exc:
            raise ToolException(str(exc)) from exc

    def call_blocking(
        instruction: str,
        config: RunnableConfig,
        image: str = "latest",
        state: Annotated[Any, InjectedState] = None,
    ) -> Any:
        return run_blocking(call(instruction, lend_saver(config), image, state))

    return StructuredTool.from_function(
        func=call_blocking,
        coroutine=call,
        name=name,
        description=description,
        response_format="content_and_artifact",
        handle_tool_error=True,
    )


def pick_picture(named: str, state: object, blobs: BlobStore) -> ImageRef:
    """Find the picture that a tool call names, in the agent's state or the blob store.

    Raises:
        MediaError: if there is no such picture.
    """
    known = _pictures_in(state)
    wanted = named.strip().lower()
    if wanted == "latest" or wanted.isdecimal():
        number = len(known) if wanted == "latest" else int(wanted)
        if not known:
            raise MediaError("there is no picture in this conversation; ask for one")
        if not 1 <= number <= len(known):
            raise MediaError(
                f"there is no picture {wanted}; the conversation has {len(known)}, counted from 1"
            )
        return take_in(known[number - 1], blobs)
    if 6 <= len(wanted) < 64 and all(c in "0123456789abcdef" for c in wanted):
        for picture in reversed(known):
            ref = take_in(picture, blobs)
            if ref["sha256"].startswith(wanted):
                return ref
        raise MediaError(f"no picture of this conversation has the id {named!r}; use 'latest'")
    return take_in(named, blobs)


async def reply(
    text: str, ref: ImageRef | None, blobs: BlobStore, pictures: Pictures
) -> str | list[dict[str, Any]]:
    """Return a tool's message to the model."""
    if ref is None or pictures == "reference":
        return text
    picture = await asyncio.to_thread(blobs.get_image, ref)
    return [{"type": "text", "text": text}, await asyncio.to_thread(preview_block, picture)]


def _pictures_in(state: object) -> list[object]:
    """Return the pictures of an agent's state: its `image`, then those of its messages."""
    given = read_key(state, "image")
    return [*([given] if given else []), *pictures_of(messages_of(state) or [])]
