"""What every editor must do, whatever it is. Run it against yours with `--editor NAME`."""

import asyncio
import re

import numpy as np
import pytest
from conformance_subject import BEHIND_HTTP, Subject

from editthinker.tools.editors.base import Capabilities, Editor, EditRequest
from editthinker.tools.errors import EditorError, EditRefusedError, EditThinkerError
from editthinker.tools.images import Format, Picture, Pixels, encode_like

PROMPTS = ["make it brighter", "make it warmer", "make it darker", "add a lot of contrast"]


def scene(width: int = 96, height: int = 64, channels: int = 3) -> Pixels:
    """A gradient with a bright square: something for any tool to work on."""
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.empty((height, width, channels), np.uint8)
    pixels[..., 0] = 40 + 120 * x / width
    pixels[..., 1] = 60 + 100 * y / height
    pixels[..., 2] = 90
    pixels[height // 4 : height // 2, width // 4 : width // 2, :3] = [200, 40, 40]
    if channels == 4:
        pixels[..., 3] = np.where(x < width // 2, 255, 128)
    return pixels


def photo(width: int = 96, height: int = 64) -> Picture:
    return Picture.from_pixels(scene(width, height))


async def pixels_of(editor: Editor, request: EditRequest) -> Pixels:
    return Picture.from_bytes((await editor.edit(request)).image).pixels


async def test_is_an_editor_with_a_kebab_case_name(editor: Editor) -> None:
    assert isinstance(editor, Editor)
    assert re.fullmatch(r"[a-z0-9]+([-.][a-z0-9]+)*", editor.name)
    assert isinstance(editor.capabilities, Capabilities)


async def test_changes_the_picture_and_leaves_the_request_alone(editor: Editor) -> None:
    picture = photo()
    before = bytes(picture.data)
    result = await pixels_of(editor, EditRequest((picture,), PROMPTS[0]))
    assert not np.array_equal(result, picture.pixels)
    assert picture.data == before


async def test_the_same_request_makes_the_same_image(editor: Editor) -> None:
    request = EditRequest((photo(),), PROMPTS[0], seed=3)
    assert np.array_equal(await pixels_of(editor, request), await pixels_of(editor, request))


async def test_another_seed_makes_another_image_where_seeds_count(editor: Editor) -> None:
    if not editor.capabilities.supports_seed:
        pytest.skip("its capabilities say that it has no seed")
    first, second = [EditRequest((photo(),), PROMPTS[0], seed=seed) for seed in (1, 2)]
    assert not np.array_equal(await pixels_of(editor, first), await pixels_of(editor, second))


@pytest.mark.parametrize("size", [(96, 64), (64, 96), (33, 17), (8, 8), (160, 16)], ids=str)
async def test_the_result_has_the_size_of_the_source(editor: Editor, size: tuple[int, int]) -> None:
    height, width, _ = (await pixels_of(editor, EditRequest((photo(*size),), PROMPTS[0]))).shape
    expected = editor.capabilities.sizes or (size,)
    assert (width, height) in expected


@pytest.mark.parametrize("format_", ["png", "jpeg", "webp"])
async def test_takes_every_encoding(editor: Editor, format_: Format) -> None:
    picture = Picture.from_bytes(encode_like(photo(), format_))
    assert (await pixels_of(editor, EditRequest((picture,), PROMPTS[0]))).shape[:2] == (64, 96)


async def test_takes_transparency(editor: Editor) -> None:
    picture = Picture.from_pixels(scene(channels=4))
    assert (await pixels_of(editor, EditRequest((picture,), PROMPTS[0]))).shape[:2] == (64, 96)


async def test_calls_side_by_side_make_what_they_make_alone(editor: Editor) -> None:
    requests = [EditRequest((photo(64 + 8 * i, 64),), p) for i, p in enumerate(PROMPTS)]
    alone = [await pixels_of(editor, request) for request in requests]
    together = await asyncio.gather(*(pixels_of(editor, r) for r in [*requests, *requests]))
    for one, other in zip([*alone, *alone], together, strict=True):
        assert np.array_equal(one, other)


async def test_a_cancelled_call_ends_and_the_next_one_works(editor: Editor) -> None:
    request = EditRequest((photo(),), PROMPTS[0])
    expected = await pixels_of(editor, request)
    task = asyncio.create_task(editor.edit(request))
    await asyncio.sleep(0)
    task.cancel()
    async with asyncio.timeout(30):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert np.array_equal(await pixels_of(editor, request), expected)


async def test_calls_that_run_out_of_time_end_and_spoil_no_other(editor: Editor) -> None:
    request = EditRequest((photo(),), PROMPTS[0])
    expected = await pixels_of(editor, request)

    async def in_no_time() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await editor.edit(request)

    patient = asyncio.create_task(pixels_of(editor, request))
    await asyncio.gather(*(in_no_time() for _ in range(4)))
    assert np.array_equal(await patient, expected)
    assert np.array_equal(await pixels_of(editor, request), expected)


async def test_a_service_that_never_answers_is_given_up_in_time(opener: Subject) -> None:
    if opener.name not in BEHIND_HTTP:
        pytest.skip("it calls no service")
    async with opener.open(hangs=True) as editor, asyncio.timeout(30):
        with pytest.raises(EditorError, match=r"within 0\.3 s"):
            await editor.edit(EditRequest((photo(),), PROMPTS[0]))


async def test_other_calls_before_change_nothing(editor: Editor, opener: Subject) -> None:
    request = EditRequest((photo(),), PROMPTS[0])
    for prompt in PROMPTS[1:]:
        await editor.edit(EditRequest((photo(64, 48),), prompt, seed=9))
    cut = Picture.from_bytes(photo().data[:200])
    with pytest.raises(EditThinkerError):
        await editor.edit(EditRequest((cut,), PROMPTS[0]))
    after = await pixels_of(editor, request)
    async with opener.open() as fresh:
        assert np.array_equal(after, await pixels_of(fresh, request))


async def test_more_images_than_it_takes_are_refused(editor: Editor) -> None:
    many = (photo(),) * (editor.capabilities.max_images + 1)
    with pytest.raises(EditRefusedError):
        await editor.edit(EditRequest(many, PROMPTS[0]))


async def test_a_mask_it_cannot_use_is_refused(editor: Editor) -> None:
    able = editor.capabilities.supports_mask
    mask = photo(8, 8) if able else photo()
    with pytest.raises(EditThinkerError if able else EditRefusedError):
        await editor.edit(EditRequest((photo(),), PROMPTS[0], mask=mask))


async def test_a_broken_image_is_one_of_our_errors(editor: Editor) -> None:
    cut = Picture.from_bytes(photo().data[:200])
    with pytest.raises(EditThinkerError) as caught:
        await editor.edit(EditRequest((cut,), PROMPTS[0]))
    assert str(caught.value)


async def test_steps_are_reported_in_order(editor: Editor) -> None:
    steps: list[tuple[int, int]] = []
    request = EditRequest((photo(),), PROMPTS[0], on_step=lambda *step: steps.append(step))
    await editor.edit(request)
    await asyncio.sleep(0)
    assert steps == sorted(steps)
    assert all(1 <= step <= total for step, total in steps)


def test_serves_one_event_loop_after_another(opener: Subject) -> None:
    async def once() -> Pixels:
        async with opener.open() as editor:
            return await pixels_of(editor, EditRequest((photo(),), PROMPTS[0]))

    assert np.array_equal(asyncio.run(once()), asyncio.run(once()))
