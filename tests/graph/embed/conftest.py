"""What tests of embedding share: a loop of fakes with a script, and a model that calls tools."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from dev_server import DevServer, run_server
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel

from editthinker.graph import EditContext
from editthinker.graph.thinkers.base import Thought
from editthinker.graph.thinkers.scripted import ScriptedThinker
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.fake import FakeEditor
from editthinker.tools.images import ImageRef


def rising(turns: int) -> list[Thought]:
    """Say something better about each edit, and accept the last."""
    return [
        Thought(9.0 if n == turns - 1 else 2.0 + n, 9.0, f"thought {n + 1}", f"prompt {n + 2}")
        for n in range(turns)
    ]


class Caller(GenericFakeChatModel):
    """A chat model that calls the tools it is told to."""

    def bind_tools(self, tools: Any, **options: Any) -> Any:
        return self


@pytest.fixture
def parts(blobs: BlobStore) -> Callable[..., dict[str, Any]]:
    """Return what `edit_node` and `as_tool` take, for a loop that ends after `turns`."""

    def make(
        turns: int = 2, runs: int = 1, editor: FakeEditor | None = None, **settings: Any
    ) -> dict[str, Any]:
        context = EditContext(**{"max_turns": turns, "patience": 9, **settings})
        return {
            "editors": [editor or FakeEditor()],
            "thinker": ScriptedThinker(rising(turns) * runs),
            "blobs": blobs,
            "context": context,
        }

    return make


@pytest.fixture
def caller() -> Callable[[Sequence[Any]], Caller]:
    return lambda messages: Caller(messages=iter(messages))


@pytest.fixture
def photos(blobs: BlobStore, photo: ImageRef) -> list[ImageRef]:
    """Return a folder's worth of photos, each another one."""
    import numpy as np

    from editthinker.tools.images import Picture

    shades = (np.full((16, 16, 3), n * 20, np.uint8) for n in range(6))
    return [blobs.put_image(Picture.from_pixels(pixels).data) for pixels in shades]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    """Return a real server with two users and narrow limits."""
    with run_server(
        tmp_path_factory.mktemp("server"),
        EDITTHINKER_EDITORS="fake",
        EDITTHINKER_THINKER="patient",
        EDITTHINKER_TOKENS="ann:ann-secret,bob:bob-secret",
        EDITTHINKER_MAX_BYTES="1000000",
        EDITTHINKER_MAX_PIXELS="1000000",
        EDITTHINKER_MAX_TURNS="3",
        EDITTHINKER_MAX_CANDIDATES="2",
        EDITTHINKER_MAX_SECONDS="60",
    ) as started:
        yield started
