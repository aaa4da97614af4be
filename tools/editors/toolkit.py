"""Generators as LangChain tools, so that an agent can make its own source image.

Editors are tools too: `editthinker.graph.toolkit` has them, since they take their picture from the
conversation of the agent that calls them.
"""

import asyncio
from typing import Annotated, Any

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import Field

from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.base import Editor, EditRequest
from editthinker.tools.editors.generators import ASPECTS, GENERATORS, named_size
from editthinker.tools.errors import EditThinkerError

ID_DIGITS = 12
"""Hexadecimal digits of a picture's id in the answer to the model."""


def generate_tool(
    generator: str | Editor = "qwen-image",
    blobs: BlobStore | str | None = None,
    *,
    name: str = "generate_image",
) -> BaseTool:
    """Return a tool that makes an image from words.

    The answer to the model names the image and its size; the artifact is `{"image": ImageRef}`,
    what the loop takes as its source.

    Args:
        generator: A generator, or its name in the registry.
        blobs: Where the image is kept; None for the user's default store.
        name: What the model calls the tool.

    Raises:
        ConfigError: if there is no generator of that name.
    """
    if isinstance(generator, str):
        GENERATORS.check(generator)
    store = blobs if isinstance(blobs, BlobStore) else BlobStore(blobs)
    loaded: list[Editor] = [] if isinstance(generator, str) else [generator]

    async def generate(
        description: Annotated[str, Field(min_length=1, description="What the image shows.")],
        size: Annotated[
            str, Field(description=f"Shape of the image: {', '.join(ASPECTS)}.")
        ] = "1:1",
        seed: Annotated[
            int, Field(ge=0, lt=2**31, description="Another number makes another image.")
        ] = 0,
    ) -> tuple[str, dict[str, Any]]:
        """Make a new image from a description, with nothing to start from."""
        try:
            width, height = named_size(size)
            if not loaded:
                loaded.append(await asyncio.to_thread(lambda: GENERATORS.load(str(generator))()))
            request = EditRequest((), description, seed=seed, options={"size": [width, height]})
            result = await loaded[0].edit(request)
            ref = await asyncio.to_thread(store.put_image, result.image)
        except EditThinkerError as exc:
            raise ToolException(str(exc)) from exc
        text = f"New picture {ref['sha256'][:ID_DIGITS]} ({ref['width']} x {ref['height']})."
        return text, {"image": ref}

    return StructuredTool.from_function(
        coroutine=generate,
        name=name,
        response_format="content_and_artifact",
        handle_tool_error=True,
    )
