"""Every option of a diffusion editor on real pipelines with tiny weights, alone and together."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")

import diffusers
import torch
from diffusers.models.attention_dispatch import _AttentionBackendRegistry
from tiny_models import BUILDERS, lora_weights

from editthinker.tools.editors.base import EditRequest
from editthinker.tools.editors.diffusion.editor import DiffusionEditor
from editthinker.tools.editors.diffusion.loading import denoiser
from editthinker.tools.errors import ConfigError, EditorError
from editthinker.tools.images import Picture

pytestmark = [pytest.mark.tiny_real, pytest.mark.xdist_group("tiny_real")]

PHOTO = Picture.from_pixels(np.random.default_rng(0).integers(0, 255, (50, 70, 3), np.uint8))
EVERY = pytest.mark.parametrize("name", BUILDERS)
WITH_UNET = ("instruct-pix2pix", "sdxl-instruct-pix2pix")
WITHOUT_CACHE = (*WITH_UNET, "flux2", "flux2-klein", "qwen-image-2.1")
CACHING = pytest.mark.parametrize("name", [n for n in BUILDERS if n not in WITHOUT_CACHE])
Make = Callable[..., DiffusionEditor]


async def edit(editor: DiffusionEditor, seed: int = 0) -> np.ndarray:
    result = await editor.edit(EditRequest((PHOTO,), "make it red", seed))
    return Picture.from_bytes(result.image).pixels.astype(int)


def difference(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one - other).max())


@EVERY
async def test_what_only_saves_memory_changes_no_more_than_rounding(make: Make, name: str) -> None:
    """Offload has nowhere to go on a CPU, but its hooks are the ones that a GPU has.

    Kernels may add up in another order where weights lie elsewhere in memory: one level of 255.
    """
    plain = await edit(make(name))
    assert difference(plain, await edit(make(name, offload="model"))) <= 1
    cut = make(name, vae_tiling=True)
    await edit(cut)
    assert cut.runner.pipeline.vae.use_tiling


@EVERY
async def test_eight_bits_make_nearly_the_same_image_from_fewer_bytes(
    make: Make, name: str
) -> None:
    pytest.importorskip("torchao")
    plain, small = make(name), make(name, quantize="int8")
    for editor in (plain, small):
        await editor.load()
    sizes = [_bytes(denoiser(editor.runner.pipeline)) for editor in (plain, small)]
    # Convolutions, most of a U-Net, stay as they are.
    assert sizes[1] < (0.8 if name in WITH_UNET else 0.6) * sizes[0]
    assert difference(await edit(plain), await edit(small)) <= 40


def _bytes(model: torch.nn.Module) -> int:
    total = 0
    for weight in model.parameters():
        stored = getattr(weight, "qdata", weight)
        total += stored.numel() * stored.element_size()
    return total


async def test_four_bits_say_that_they_need_a_gpu(make: Make) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(ConfigError, match="quantize=int8 works on a CPU"):
        await edit(make("flux-kontext", quantize="nf4"))


async def test_offload_layer_by_layer_says_that_it_needs_a_gpu(make: Make) -> None:
    with pytest.raises(ConfigError, match="moves weights to a GPU, and there is none"):
        await edit(make("flux-kontext", offload="sequential", device="cpu"))


async def test_a_lora_changes_the_weights_and_leaves_no_layers_behind(
    make: Make, weights: Callable[[str], Path]
) -> None:
    lightning = make("qwen-image-edit-lightning")
    await lightning.load()
    with_lora = lightning.runner.pipeline.transformer.transformer_blocks[0].attn.to_q
    folder = weights("qwen-image-edit-lightning")
    plain = diffusers.QwenImageEditPipeline.from_pretrained(folder).transformer
    without = plain.transformer_blocks[0].attn.to_q
    assert type(with_lora) is torch.nn.Linear
    assert not torch.equal(with_lora.weight, without.weight)
    scheduler = lightning.runner.pipeline.scheduler.config
    assert scheduler.base_shift == scheduler.max_shift == pytest.approx(np.log(3))


@pytest.fixture
async def own_lora(make: Make, tmp_path: Path) -> str:
    editor = make("flux-kontext")
    await editor.load()
    weights = lora_weights(editor.runner.pipeline)
    diffusers.FluxKontextPipeline.save_lora_weights(
        tmp_path, weights, weight_name="own.safetensors"
    )
    return str(tmp_path / "own.safetensors")


async def test_any_preset_takes_a_lora_of_ones_own(make: Make, own_lora: str) -> None:
    plain, changed = make("flux-kontext"), make("flux-kontext", lora=own_lora)
    assert difference(await edit(plain), await edit(changed)) > 0


async def test_a_lora_of_another_model_is_told(make: Make, own_lora: str) -> None:
    with pytest.raises(EditorError, match="it is another model's"):
        await edit(make("instruct-pix2pix", lora=own_lora))


@pytest.mark.parametrize(
    ("lora", "words"),
    [
        ("/nowhere/x.safetensors", "hf download /nowhere x.safetensors"),
        ("lightx2v/some/x.safetensors", "hf download lightx2v/some x.safetensors"),
    ],
)
async def test_a_lora_that_is_not_there_is_told_how_to_get(
    make: Make, lora: str, words: str
) -> None:
    with pytest.raises(EditorError, match=words):
        await edit(make("qwen-image-edit-lightning", lora=lora))


@pytest.mark.parametrize("name", [n for n in BUILDERS if n not in WITH_UNET])
async def test_an_attention_backend_makes_the_same_image(make: Make, name: str) -> None:
    """`flash` and `sage` run on GPUs only, and `flex` is compiled for minutes."""
    before = _AttentionBackendRegistry.get_active_backend()
    other = make(name, attention="_native_math")
    assert difference(await edit(make(name)), await edit(other)) <= 2
    assert _AttentionBackendRegistry.get_active_backend() == before


@pytest.mark.parametrize("backend", ["psychic", "flash", "sage"])
async def test_an_attention_backend_that_is_not_there_is_refused(make: Make, backend: str) -> None:
    with pytest.raises(ConfigError, match="editor 'flux-kontext'"):
        await edit(make("flux-kontext", attention=backend))


@CACHING
async def test_a_step_cache_saves_work_and_forgets_between_calls(make: Make, name: str) -> None:
    work: dict[float, int] = {}
    for threshold in (1e-9, 0.99):
        editor = make(name, step_cache=threshold, steps=6)
        await editor.load()
        model = denoiser(editor.runner.pipeline)
        calls: list[int] = []
        last = getattr(model, "single_transformer_blocks", model.transformer_blocks)[-1]
        last.attn.register_forward_hook(lambda *_, calls=calls: calls.append(1))
        first = await edit(editor)
        work[threshold] = len(calls)
        assert difference(first, await edit(editor)) == 0
    assert work[0.99] < work[1e-9]


@pytest.mark.parametrize(
    ("name", "option"),
    [
        *((name, {"step_cache": 0.1}) for name in WITHOUT_CACHE),
        *((name, {"attention": "native"}) for name in WITH_UNET),
    ],
)
async def test_what_a_model_does_not_have_is_refused(
    make: Make, name: str, option: dict[str, object]
) -> None:
    with pytest.raises(ConfigError, match=f"editor '{name}': .*; leave out {next(iter(option))}"):
        await edit(make(name, **option))


TOGETHER: dict[str, object] = {
    "offload": "model",
    "vae_tiling": True,
    "quantize": "int8",
    "attention": "_native_math",
    "step_cache": 0.2,
    "max_batch": 1,
    "reuse": 0,
    "dtype": "bfloat16",
}
PAIRS = [dict(pair) for pair in combinations(TOGETHER.items(), 2)]
"""Every option with every other."""


@pytest.mark.parametrize("options", PAIRS, ids=lambda o: "-".join(o))
async def test_every_two_options_work_together(make: Make, options: dict[str, object]) -> None:
    pytest.importorskip("torchao")
    editor = make("flux-kontext", steps=4, **options)
    assert difference(await edit(editor), await edit(editor)) == 0


@CACHING
async def test_all_options_work_together(make: Make, name: str) -> None:
    pytest.importorskip("torchao")
    editor = make(name, steps=4, **TOGETHER)
    assert difference(await edit(editor), await edit(editor)) == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["flux-kontext", "qwen-image-edit-lightning", "instruct-pix2pix"])
async def test_compiled_blocks_make_the_same_image(make: Make, name: str) -> None:
    assert difference(await edit(make(name)), await edit(make(name, compile=True))) <= 2


@pytest.mark.slow
async def test_compiled_blocks_work_with_all_other_options(make: Make) -> None:
    options = {**TOGETHER, "dtype": "float32"}
    plain = await edit(make("flux-kontext", steps=4, **options))
    assert (
        difference(plain, await edit(make("flux-kontext", steps=4, compile=True, **options))) <= 4
    )
