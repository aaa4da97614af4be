import inspect
import sys

import pytest

from editthinker.tools.editors.base import EDITORS
from editthinker.tools.editors.diffusion.presets import PRESETS, Preset, flux_kontext
from editthinker.tools.errors import ConfigError

EVERY = pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)


@EVERY
def test_every_editing_preset_is_an_editor_by_name(preset: Preset) -> None:
    if preset.task == "generate":
        assert preset.name not in EDITORS.names()
    else:
        assert EDITORS.load(preset.name) is preset
    assert preset.summary.endswith(".")


@EVERY
def test_guidance_that_needs_a_negative_prompt_has_one(preset: Preset) -> None:
    strength = preset.guidance.get("true_cfg_scale", 0)
    assert (strength > 1) <= (preset.negative_prompt is not None)


@EVERY
@pytest.mark.tiny_real
def test_the_installed_pipeline_takes_every_argument(preset: Preset) -> None:
    pytest.importorskip("torch")
    diffusers = pytest.importorskip("diffusers")
    taken = inspect.signature(getattr(diffusers, preset.pipeline).__call__).parameters
    given = {"prompt", "num_inference_steps", "generator", *preset.guidance, *preset.arguments}
    given |= {"negative_prompt"} if preset.negative_prompt is not None else set()
    given |= {"num_images_per_prompt"} if preset.batches else set()
    given |= {"width", "height"} if preset.sends_size else set()
    given |= {"max_area"} if preset.sends_area else set()
    given |= {preset.image_argument} if preset.task != "generate" else set()
    given |= {"mask_image"} if preset.task == "fill" else set()
    assert given <= set(taken)
    known = {"guidance_scale", "true_cfg_scale", "image_guidance_scale", "img_guidance_scale"}
    assert known & set(preset.guidance)


UNBUILT = {
    "glm-image": "its processor and its image tokeniser need torchvision",
    "omnigen": "its pipeline needs torchvision",
    "qwen-image-edit-2511": "the pipeline of qwen-image-edit-plus with other weights",
    "flux-fill": "needs a mask; has a test of its own",
}
"""Editing presets without a tiny version, and why."""


@pytest.mark.tiny_real
def test_every_editing_preset_runs_tiny_or_says_why_not() -> None:
    pytest.importorskip("diffusers")
    from tiny_models import BUILDERS

    editing = {name for name, preset in PRESETS.items() if preset.task != "generate"}
    assert {*BUILDERS, *UNBUILT} == editing
    assert not set(BUILDERS) & set(UNBUILT)


def test_an_unknown_preset_is_told_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'flux-kontext'"):
        EDITORS.load("flux-kontex")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"steps": 0}, "option steps = '0'"),
        ({"stepps": 3}, "known options: model, lora, steps"),
        ({"offload": "all"}, "option offload = 'all'"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        flux_kontext(**options)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [m for m in sys.modules if m.startswith("editthinker.tools.editors.diffusion")]:
        if name.rpartition(".")[2] in ("editor", "runner", "loading", "reuse"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ConfigError, match=r"pip install 'editthinker\[diffusers\]'"):
        flux_kontext()


def test_a_preset_costs_no_heavy_import() -> None:
    import subprocess

    code = (
        "import sys; from editthinker.tools.editors.base import EDITORS\n"
        "[EDITORS.load(n) for n in EDITORS.names()]\n"
        "print('torch' in sys.modules, 'diffusers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
