"""What tests of the loop share: attempts and states made by hand, and a photo in a store."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from editthinker.graph.attempts import new_attempt
from editthinker.graph.state import Attempt, EditState, EditTask
from editthinker.tools.blobs import BlobStore
from editthinker.tools.images import ImageRef, Picture

SOURCE = ImageRef(sha256="0" * 64, media_type="image/png", width=8, height=8)


@pytest.fixture
def blobs(tmp_path: Any) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


@pytest.fixture
def photo(blobs: BlobStore) -> ImageRef:
    pixels = np.random.default_rng(0).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    return blobs.put_image(Picture.from_pixels(pixels).data)


def an_attempt(turn: int = 1, **changes: Any) -> Attempt:
    """Make a scored attempt of turn `turn`."""
    task = EditTask(
        image=SOURCE,
        turn=turn,
        candidate=0,
        editor="a",
        prompt="make it warmer",
        prompt_by="user",
        seed=0,
    )
    scored: Any = {
        **new_attempt(task),
        "image": SOURCE,
        "semantic": 5.0,
        "quality": 5.0,
        "refined_prompt": "make it much warmer",
        **changes,
    }
    return scored


def a_state(*attempts: Attempt, **changes: Any) -> EditState:
    """Make the state after the critique of the last attempt's turn."""
    state: Any = {
        "instruction": "make it warmer",
        "editors": ["a", "b"],
        "source": SOURCE,
        "prompt": (attempts[-1]["refined_prompt"] if attempts else None) or "make it warmer",
        "prompt_by": "thinker" if attempts else "user",
        "attempts": list(attempts),
        **changes,
    }
    return state


@pytest.fixture(scope="session")
def attempt() -> Callable[..., Attempt]:
    return an_attempt


@pytest.fixture(scope="session")
def state() -> Callable[..., EditState]:
    return a_state
