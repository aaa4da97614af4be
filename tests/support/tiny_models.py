"""Every editing preset that has a tiny version with random weights, by name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import pytest
import tiny_pipelines
import torch
from diffusers.pipelines.longcat_image import pipeline_longcat_image_edit as longcat
from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit as qwen
from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as qwen_plus
from diffusers.pipelines.qwenimage21 import pipeline_qwenimage21 as qwen21
from peft import LoraConfig, get_peft_model_state_dict
from safetensors.torch import save_file
from tiny_flux2 import build_flux2, build_flux2_klein
from tiny_pix2pix import build_pix2pix, build_sdxl_pix2pix
from tiny_qwen21 import build_qwen21

AREA = 64 * 64
LORA = "lightning.safetensors"


def lora_weights(pipeline: Any) -> dict[str, torch.Tensor]:
    """Put a LoRA with random weights on a pipeline's transformer."""
    torch.manual_seed(1)
    pipeline.transformer.add_adapter(
        LoraConfig(r=4, init_lora_weights=False, target_modules=["to_q", "to_k", "to_v"])
    )
    return get_peft_model_state_dict(pipeline.transformer)


def build_lightning(folder: Path) -> Path:
    """Save a model, and a LoRA laid out as Lightning's is."""
    tiny_pipelines.build_qwen(folder)
    weights = {}
    for name, value in lora_weights(
        diffusers.QwenImageEditPipeline.from_pretrained(folder)
    ).items():
        published = name.replace("lora_A", "lora_down").replace("lora_B", "lora_up")
        weights[published] = value.contiguous()
        weights[published.rpartition(".lora_")[0] + ".alpha"] = torch.tensor(8.0)
    save_file(weights, folder / LORA)
    return folder


BUILDERS: dict[str, Callable[[Path], Path]] = {
    "flux-kontext": tiny_pipelines.build_flux,
    "qwen-image-edit": tiny_pipelines.build_qwen,
    "qwen-image-edit-lightning": build_lightning,
    "qwen-image-edit-plus": lambda f: tiny_pipelines.build_qwen(f, "QwenImageEditPlusPipeline"),
    "qwen-image-2.1": build_qwen21,
    "longcat-image-edit": tiny_pipelines.build_longcat,
    "flux2": build_flux2,
    "flux2-klein": build_flux2_klein,
    "instruct-pix2pix": build_pix2pix,
    "sdxl-instruct-pix2pix": build_sdxl_pix2pix,
}


def keep_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pipelines that enlarge to a literal megapixel stop earlier."""
    for module in (qwen, qwen_plus, qwen21, longcat):
        original = module.calculate_dimensions

        def smaller(area: int, ratio: float, original: Any = original) -> Any:
            return original(min(area, AREA), ratio)

        monkeypatch.setattr(module, "calculate_dimensions", smaller)
