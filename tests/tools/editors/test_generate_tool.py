from pathlib import Path

import numpy as np
import pytest
from langchain_core.messages import ToolCall

from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.base import Capabilities, EditRequest, EditResult
from editthinker.tools.editors.generators import ASPECTS, GENERATORS, named_size
from editthinker.tools.editors.toolkit import generate_tool
from editthinker.tools.errors import ConfigError, EditorError
from editthinker.tools.images import Picture


class Painter:
    """Paints one colour, drawn from the seed."""

    name = "painter"
    capabilities = Capabilities(max_images=0, needs_image=False, options=("size",))

    async def edit(self, request: EditRequest) -> EditResult:
        if request.prompt == "nothing":
            raise EditorError("out of paint")
        width, height = request.options["size"]  # type: ignore[misc]
        pixels = np.full((height, width, 3), request.seed % 256, np.uint8)  # type: ignore[has-type]
        return EditResult(Picture.from_pixels(pixels).data)


def call(**arguments: object) -> ToolCall:
    return ToolCall(name="generate_image", args=arguments, id="1", type="tool_call")


async def test_makes_an_image_that_the_loop_can_take(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    tool = generate_tool(Painter(), blobs)
    message = await tool.ainvoke(call(description="a cat", size="16:9", seed=7))
    ref = message.artifact["image"]
    assert (ref["width"], ref["height"]) == (1360, 768)
    assert ref["sha256"][:12] in message.content
    assert (blobs.get_image(ref).pixels == 7).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"description": "nothing"}, "out of paint"),
        ({"description": "a cat", "size": "7:1"}, "unknown size '7:1'"),
    ],
)
async def test_failures_are_told_to_the_model(
    tmp_path: Path, arguments: dict[str, object], words: str
) -> None:
    message = await generate_tool(Painter(), str(tmp_path)).ainvoke(call(**arguments))
    assert message.status == "error"
    assert words in message.content


def test_the_schema_says_what_may_be_given() -> None:
    schema = generate_tool(Painter()).tool_call_schema.model_json_schema()  # type: ignore[union-attr]
    assert set(schema["properties"]) == {"description", "size", "seed"}
    assert all("description" in field for field in schema["properties"].values())


def test_an_unknown_generator_is_refused() -> None:
    with pytest.raises(ConfigError, match="did you mean 'qwen-image'"):
        generate_tool("qwen-imag")
    assert GENERATORS.names() == ["flux-krea", "qwen-image", "qwen-image-lightning"]


@pytest.mark.parametrize("name", ASPECTS)
def test_a_named_size_has_its_shape_and_about_its_area(name: str) -> None:
    width, height = named_size(name)
    across, down = map(int, name.split(":"))
    assert width / height == pytest.approx(across / down, rel=0.02)
    assert width * height == pytest.approx(1024 * 1024, rel=0.03)
    assert width % 16 == height % 16 == 0
