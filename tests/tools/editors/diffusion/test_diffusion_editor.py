"""Real pipelines of diffusers with tiny random weights, saved and loaded without a network."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")

import tiny_pipelines as tiny
import torch
from loopback import until
from tiny_models import AREA, BUILDERS, LORA

from editthinker.graph.build import build_graph
from editthinker.graph.context import EditContext
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.base import EditRequest
from editthinker.tools.editors.diffusion import presets
from editthinker.tools.editors.diffusion.editor import DiffusionEditor
from editthinker.tools.editors.diffusion.loading import denoiser
from editthinker.tools.errors import EditorError, EditRefusedError
from editthinker.tools.images import Picture

pytestmark = [pytest.mark.tiny_real, pytest.mark.xdist_group("tiny_real")]

PHOTO = Picture.from_pixels(np.random.default_rng(0).integers(0, 255, (50, 70, 3), np.uint8))
OTHER = Picture.from_pixels(np.random.default_rng(1).integers(0, 255, (40, 40, 3), np.uint8))

EVERY = pytest.mark.parametrize("name", BUILDERS)
ONE_PASS = {"flux-kontext", "flux2", "qwen-image-edit-lightning"}
"""Models whose guidance is an input, or off."""


async def edit(editor: DiffusionEditor, seed: int = 0, prompt: str = "make it red") -> np.ndarray:
    return Picture.from_bytes((await editor.edit(EditRequest((PHOTO,), prompt, seed))).image).pixels


@EVERY
async def test_runs_the_whole_loop(
    make: Callable[..., DiffusionEditor], name: str, tmp_path: Path
) -> None:
    blobs = BlobStore(tmp_path)
    graph = build_graph(editors=[make(name)], thinker="observer", blobs=blobs).compile()
    source = blobs.put_image(PHOTO.data)
    final = await graph.ainvoke(
        {"image": source, "instruction": "make it brighter"},
        context=EditContext(max_turns=2, patience=2),
    )
    assert final["result"] is not None
    assert (final["result"]["width"], final["result"]["height"]) == (70, 50)
    assert final["error"] is None


@EVERY
async def test_a_seed_decides_the_image(make: Callable[..., DiffusionEditor], name: str) -> None:
    editor = make(name)
    first = await edit(editor, seed=1)
    assert np.array_equal(first, await edit(editor, seed=1))
    assert not np.array_equal(first, await edit(editor, seed=2))
    assert not np.array_equal(first, await edit(editor, seed=1, prompt="a quiet blue sea"))


@EVERY
async def test_sizes_are_recorded_and_the_model_makes_what_was_asked(
    make: Callable[..., DiffusionEditor], name: str
) -> None:
    result = await make(name).edit(EditRequest((PHOTO,), "make it red"))
    sizes = result.details["sizes"]
    assert isinstance(sizes, dict)
    assert sizes["input"] == sizes["output"] == [70, 50]
    assert sizes["made"] == sizes["working"]


@EVERY
async def test_steps_are_reported(make: Callable[..., DiffusionEditor], name: str) -> None:
    steps: list[tuple[int, int]] = []
    request = EditRequest((PHOTO,), "x", on_step=lambda *step: steps.append(step))
    await make(name, steps=3).edit(request)
    assert steps == [(1, 3), (2, 3), (3, 3)]


@EVERY
async def test_guidance_is_on(make: Callable[..., DiffusionEditor], name: str) -> None:
    editor = make(name)
    await editor.load()
    calls: list[int] = []
    model = denoiser(editor.runner.pipeline)
    model.register_forward_hook(lambda _, args, out: calls.append(len(out[0])))
    await edit(editor)
    # The older pipelines make all passes of a step at once: plain, with the image, with both.
    passes = 1 if name in ONE_PASS else 3 if "pix2pix" in name else 2
    assert sum(calls) == 2 * passes


@EVERY
async def test_candidates_share_one_call_and_keep_their_seeds(
    make: Callable[..., DiffusionEditor], name: str
) -> None:
    editor = make(name, max_batch=3)
    await editor.load()
    alone = [await edit(editor, seed) for seed in range(3)]
    editor.runner.calls = 0
    release = threading.Event()
    editor.runner._thread.submit(release.wait)
    together = asyncio.gather(*(edit(editor, seed) for seed in range(3)))
    await until(lambda: len(editor.runner._waiting) == 3)
    release.set()
    for one, other in zip(alone, await together, strict=True):
        assert np.abs(one.astype(int) - other).max() <= 2
    assert editor.runner.calls == 1


@EVERY
async def test_reused_encodings_change_no_pixel(
    make: Callable[..., DiffusionEditor], name: str
) -> None:
    reusing, plain = make(name), make(name, reuse=0)
    for seed in range(2):
        assert np.array_equal(await edit(reusing, seed), await edit(plain, seed))
    assert all(r.hits for r in reusing.runner.remembered)
    assert bool(reusing.runner.remembered) == (name != "instruct-pix2pix")
    assert not plain.runner.remembered


async def test_a_wish_made_twice_at_a_time_is_made_once(
    make: Callable[..., DiffusionEditor],
) -> None:
    editor = make("flux-kontext", max_batch=4)
    await editor.load()
    alone = [await edit(editor, seed) for seed in (1, 2)]
    sizes: list[int] = []
    model = editor.runner.pipeline.transformer
    model.register_forward_hook(lambda _, args, out: sizes.append(len(out[0])))
    release = threading.Event()
    editor.runner._thread.submit(release.wait)
    together = asyncio.gather(*(edit(editor, seed) for seed in (1, 2, 1, 2)))
    await until(lambda: len(editor.runner._waiting) == 4)
    release.set()
    made = await together
    assert set(sizes) == {2}
    assert np.array_equal(made[0], made[2])
    assert np.array_equal(made[1], made[3])
    for one, other in zip(alone, made, strict=False):
        assert np.abs(one.astype(int) - other).max() <= 2


async def test_randomness_beside_the_generator_is_decided_by_the_seed_too(
    weights: Callable[[str], Path],
) -> None:
    """OmniGen and GLM-Image, which are not built here, draw from torch's own generator as well."""
    preset = replace(presets.flux_kontext, draws_globally=True)
    editor = preset(model=str(weights("flux-kontext")), steps=2, area=AREA)
    await editor.load()
    noisy = editor.runner.pipeline.transformer
    noisy.register_forward_hook(lambda _, args, out: (out[0] + torch.randn_like(out[0]),))
    before = torch.get_rng_state()
    first = await edit(editor, seed=1)
    assert np.array_equal(first, await edit(editor, seed=1))
    assert not np.array_equal(first, await edit(editor, seed=2))
    assert torch.equal(before, torch.get_rng_state())


async def test_several_images_reach_the_model(make: Callable[..., DiffusionEditor]) -> None:
    editor = make("qwen-image-edit-plus")
    one = await editor.edit(EditRequest((PHOTO,), "x"))
    two = await editor.edit(EditRequest((PHOTO, OTHER), "x"))
    assert one.image != two.image
    with pytest.raises(EditRefusedError, match="3 images at a time"):
        await editor.edit(EditRequest((PHOTO,) * 4, "x"))


async def test_an_abandoned_edit_stops_at_the_next_step(
    make: Callable[..., DiffusionEditor],
) -> None:
    editor = make("flux-kontext", steps=500)
    await editor.load()
    steps: list[int] = []
    started = asyncio.Event()

    def note(step: int, total: int) -> None:
        steps.append(step)
        started.set()

    request = EditRequest((PHOTO,), "x", on_step=note)
    task = asyncio.create_task(editor.edit(request))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    done = await asyncio.wrap_future(editor.runner._thread.submit(lambda: len(steps)))
    assert done < 400


async def test_without_memory_the_batch_is_halved_and_then_it_says_what_to_set(
    make: Callable[..., DiffusionEditor],
) -> None:
    editor = make("flux-kontext", max_batch=4)
    await editor.load()
    most = 1

    def check(module: torch.nn.Module, args: Any, kwargs: dict[str, Any]) -> None:
        if len(kwargs["hidden_states"]) > most:
            raise torch.OutOfMemoryError

    editor.runner.pipeline.transformer.register_forward_pre_hook(check, with_kwargs=True)
    images = await asyncio.gather(*(edit(editor, seed) for seed in range(4)))
    assert len({image.tobytes() for image in images}) == 4
    most = 0
    with pytest.raises(EditorError, match="offload=model"):
        await edit(editor)


@pytest.mark.parametrize(
    ("trouble", "words"), [("no weights", "hf download"), ("no memory", "offload=model")]
)
async def test_the_loop_survives_a_model_that_cannot_be_had(
    make: Callable[..., DiffusionEditor], tmp_path: Path, trouble: str, words: str
) -> None:
    editor = make("flux-kontext", **({"model": "/nowhere"} if trouble == "no weights" else {}))
    if trouble == "no memory":
        await editor.load()

        def fail(*_: object) -> None:
            raise torch.OutOfMemoryError

        editor.runner.pipeline.transformer.register_forward_pre_hook(fail)
    blobs = BlobStore(tmp_path)
    graph = build_graph(editors=[editor], thinker="observer", blobs=blobs).compile()
    source = blobs.put_image(PHOTO.data)
    final = await graph.ainvoke({"image": source, "instruction": "make it brighter"})
    assert final["stop_reason"] == "editor_failed"
    assert words in final["error"]


async def test_weights_that_are_not_there_are_told_how_to_get() -> None:
    editor = presets.flux_kontext(model="/nowhere/FLUX")
    with pytest.raises(EditorError, match="hf download /nowhere/FLUX"):
        await edit(editor)


async def test_no_network_and_no_weights_are_told_how_to_get() -> None:
    with pytest.raises(EditorError, match="hf download black-forest-labs"):
        await edit(presets.flux_kontext())


async def test_transparency_is_laid_on_white_and_said(
    make: Callable[..., DiffusionEditor],
) -> None:
    clear = Picture.from_pixels(np.full((50, 70, 4), 90, np.uint8))
    result = await make("flux-kontext").edit(EditRequest((clear,), "x"))
    assert result.notes == ("transparent parts were laid on white",)


async def test_fill_changes_nothing_outside_the_mask(tmp_path: Path) -> None:
    folder = tiny.build_flux(tmp_path / "fill", "FluxFillPipeline", in_channels=16 * 2 + 256)
    editor = presets.flux_fill(model=str(folder), steps=2)
    mask = np.zeros((50, 70, 3), np.uint8)
    mask[10:30, 10:30] = 255
    request = EditRequest((PHOTO,), "a hat", mask=Picture.from_pixels(mask))
    made = Picture.from_bytes((await editor.edit(request)).image).pixels
    changed = (made != PHOTO.pixels).any(axis=2)
    assert changed[10:30, 10:30].any()
    assert not changed[mask[..., 0] == 0].any()
    with pytest.raises(EditRefusedError, match="needs a mask"):
        await editor.edit(EditRequest((PHOTO,), "a hat"))


@pytest.mark.parametrize("name", ["flux-krea", "qwen-image", "qwen-image-lightning"])
async def test_a_generator_makes_an_image_of_the_size_asked(
    weights: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    if name == "flux-krea":
        folder = tiny.build_flux(tmp_path / name, "FluxPipeline")
    else:
        folder = tiny.build_qwen(tmp_path / name, "QwenImagePipeline")
    lora = str(weights("qwen-image-edit-lightning") / LORA) if "lightning" in name else None
    generator = presets.PRESETS[name](model=str(folder), steps=2, area=AREA, lora=lora)
    request = EditRequest((), "a cat", seed=3, options={"size": [96, 48]})
    result = await generator.edit(request)
    ref = Picture.from_bytes(result.image).ref
    assert (ref["width"], ref["height"]) == (96, 48)
    assert result.details["sizes"] == {"output": [96, 48]}
    square = Picture.from_bytes((await generator.edit(EditRequest((), "a cat"))).image).ref
    assert (square["width"], square["height"]) == (64, 64)
    with pytest.raises(EditorError, match="size is"):
        await generator.edit(EditRequest((), "a cat", options={"size": [9999, 9999]}))
    with pytest.raises(EditRefusedError):
        await generator.edit(EditRequest((PHOTO,), "a cat"))


async def test_a_call_may_change_steps_and_guidance(
    make: Callable[..., DiffusionEditor],
) -> None:
    editor = make("flux-kontext")
    plain = await editor.edit(EditRequest((PHOTO,), "x"))
    options = {"steps": 3, "guidance": 7.0, "sunshine": 1}
    changed = await editor.edit(EditRequest((PHOTO,), "x", options=options))
    assert (changed.details["steps"], changed.details["guidance_scale"]) == (3, 7.0)
    assert changed.image != plain.image
    with pytest.raises(EditorError, match="guidance is -1"):
        await editor.edit(EditRequest((PHOTO,), "x", options={"guidance": -1}))
