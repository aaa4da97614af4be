"""The thinker that is trained: its checkpoint, its processor, what of it is trained."""

import json
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForImageTextToText, PreTrainedModel

from editthinker.graph.thinkers.local import load_processor
from editthinker.tools.errors import ConfigError
from editthinker.training.recipe import Lora, Recipe


def load_policy(recipe: Recipe) -> tuple[PreTrainedModel, Any]:
    """Load the model and the processor of a recipe.

    Under ZeRO-3, build TRL's configuration first: weights are then sharded while they are read.

    Raises:
        ConfigError: if the checkpoint cannot be loaded.
    """
    try:
        model = AutoModelForImageTextToText.from_pretrained(
            recipe.model, dtype=getattr(torch, recipe.dtype)
        )
    except (OSError, ValueError) as exc:
        raise ConfigError(f"model {recipe.model!r} cannot be loaded: {exc}") from exc
    freeze(model, recipe)
    return model, load_policy_processor(recipe)


def load_policy_processor(recipe: Recipe) -> Any:
    """Load the processor, with the recipe's limit of pixels."""
    processor = load_processor(recipe.model)
    # With padding on the right, prompts of different length break Qwen3-VL's generation.
    processor.tokenizer.padding_side = "left"
    if recipe.max_pixels is not None:
        size = {**processor.image_processor.size, "longest_edge": recipe.max_pixels}
        size["shortest_edge"] = min(size.get("shortest_edge", 1024), recipe.max_pixels)
        processor.image_processor.size = size
    return processor


def freeze(model: PreTrainedModel, recipe: Recipe) -> None:
    """Stop the training of the parts that the recipe names.

    Raises:
        ConfigError: if the model has no vision tower by that name.
    """
    if not recipe.freeze:
        return
    parts: dict[str, list[torch.nn.Parameter]] = {"vision_tower": [], "projector": []}
    for name, parameter in model.named_parameters():
        if "visual." in name:
            parts["projector" if "merger" in name else "vision_tower"].append(parameter)
    for part in recipe.freeze:
        if not parts[part]:
            raise ConfigError(f"freeze = {part!r}: {recipe.model!r} has no such part")
        for parameter in parts[part]:
            parameter.requires_grad_(False)


def lora_config(lora: Lora | None) -> Any:
    """Return PEFT's configuration; None for full training."""
    if lora is None:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=lora.target_modules,
        task_type="CAUSAL_LM",
    )


def save_processor(processor: Any, folder: Path) -> None:
    """Save a processor so that the stock class reads it.

    Our image-only class names itself and has no video half: `AutoProcessor`, and so vLLM, would
    refuse the checkpoint.
    """
    processor.save_pretrained(folder)
    path = folder / "processor_config.json"
    images = processor.image_processor
    config = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if config.get("processor_class") != "ImageOnlyQwen3VLProcessor":
        return
    config["processor_class"] = "Qwen3VLProcessor"
    config.setdefault(
        "video_processor",
        {
            "video_processor_type": "Qwen3VLVideoProcessor",
            "patch_size": images.patch_size,
            "temporal_patch_size": images.temporal_patch_size,
            "merge_size": images.merge_size,
        },
    )
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
