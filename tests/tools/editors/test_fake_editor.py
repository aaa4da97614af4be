import asyncio
import time

import numpy as np
import pytest

from editthinker.tools.editors.base import EDITORS, Editor, EditRequest
from editthinker.tools.editors.fake import FakeEditor
from editthinker.tools.errors import EditorError
from editthinker.tools.images import Picture

PHOTO = Picture.from_pixels(np.full((64, 48, 3), 90, np.uint8))
CLEAR = Picture.from_pixels(np.full((64, 48, 4), 90, np.uint8))


async def edited(picture: Picture = PHOTO, prompt: str = "warmer", seed: int = 0) -> bytes:
    return (await FakeEditor().edit(EditRequest((picture,), prompt, seed))).image


def test_is_an_editor_that_can_be_chosen_by_name() -> None:
    assert isinstance(EDITORS.load("fake")(name="other"), Editor)


async def test_the_same_request_makes_the_same_bytes() -> None:
    assert await edited() == await edited()


async def test_image_prompt_and_seed_each_change_the_result() -> None:
    darker = Picture.from_pixels(np.full((64, 48, 3), 89, np.uint8))
    results = [await edited(), await edited(darker), await edited(prompt="x"), await edited(seed=1)]
    assert len(set(results)) == 4
    assert PHOTO.data not in results


@pytest.mark.parametrize("picture", [PHOTO, CLEAR], ids=["rgb", "rgba"])
async def test_tints_a_band_and_nothing_else(picture: Picture) -> None:
    pixels = Picture.from_bytes(await edited(picture)).pixels
    assert pixels.shape == picture.pixels.shape
    changed = (pixels != picture.pixels).any(axis=(1, 2))
    assert changed.sum() == 8
    assert np.array_equal(pixels[..., 3:], picture.pixels[..., 3:])


async def test_works_on_an_image_of_one_row() -> None:
    row = Picture.from_pixels(np.zeros((1, 9, 3), np.uint8))
    assert Picture.from_bytes(await edited(row)).ref["height"] == 1


async def test_echo_returns_the_input_unchanged() -> None:
    result = await FakeEditor(echo=True).edit(EditRequest((PHOTO,), "warmer"))
    assert result.image is PHOTO.data


async def test_fails_as_scripted_and_then_works() -> None:
    boom = EditorError("no image")
    editor = FakeEditor(fail_on=(None, boom))
    requests = [EditRequest((PHOTO,), "warmer", seed) for seed in range(3)]
    await editor.edit(requests[0])
    with pytest.raises(EditorError) as caught:
        await editor.edit(requests[1])
    assert caught.value is boom
    await editor.edit(requests[2])
    assert editor.calls == requests


async def test_waits_without_blocking_others() -> None:
    editor = FakeEditor(delay_s=0.5, echo=True)
    start = time.perf_counter()
    await asyncio.gather(*(editor.edit(EditRequest((PHOTO,), str(i))) for i in range(20)))
    assert 0.5 <= time.perf_counter() - start < 5


async def test_reports_its_only_step() -> None:
    steps: list[tuple[int, int]] = []
    request = EditRequest((PHOTO,), "warmer", on_step=lambda *step: steps.append(step))
    await FakeEditor().edit(request)
    assert steps == [(1, 1)]
