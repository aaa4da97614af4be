"""How much memory a recipe needs on each GPU: arithmetic on sizes, no measurement."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from editthinker.training.recipe import GrpoRecipe, Recipe, Size

GB = 1e9

BYTES = {"bfloat16": 2, "float32": 4}

OPTIMIZER = 12
"""Bytes for each trained parameter: AdamW's two moments and a master copy, in 32 bits each."""

LAYER = 40
"""Bytes for each token and unit of width that one layer keeps while it is computed."""

LOGITS = 6
"""Bytes for each token and word of the vocabulary: scores in 16 bits, and in 32 for the loss."""

SPARE = 0.08
"""Share of the sum for fragments, communication buffers and the CUDA context."""


@dataclass(frozen=True)
class Estimate:
    """GB on each GPU."""

    parts: Mapping[str, float]
    available: float

    @property
    def total(self) -> float:
        """All parts."""
        return round(sum(self.parts.values()), 1)

    @property
    def fits(self) -> bool:
        """Whether they fit."""
        return self.total <= self.available


def estimate_memory(recipe: Recipe, arguments: Any, size: Size) -> Estimate:
    """Estimate the peak on each GPU, while the model learns.

    Args:
        recipe: What is trained, and on how many GPUs.
        arguments: TRL's configuration of it.
        size: Of the model.
    """
    hardware = recipe.hardware
    shards = max(1, hardware.gpus) if hardware.sharding != "none" else 1
    width = BYTES[recipe.dtype]
    trained = _trained(recipe, size)
    batch = arguments.per_device_train_batch_size
    tokens = batch * hardware.tokens
    layers = 1 if arguments.gradient_checkpointing else size.layers
    kept = size.layers if arguments.gradient_checkpointing else 0
    parts = {
        "weights": size.parameters * width / shards,
        "gradients": trained * width / shards,
        "optimizer": trained * OPTIMIZER / shards,
        "activations": tokens * size.hidden * (LAYER * layers + width * kept),
        "logits": batch * _reply_tokens(recipe, arguments) * size.vocabulary * LOGITS,
    }
    if shards > 1:  # one layer at a time is gathered whole
        parts["gathered layers"] = 2 * size.parameters / size.layers * width
    if isinstance(recipe, GrpoRecipe):
        if arguments.beta and recipe.lora is None:
            parts["reference model"] = size.parameters * width / shards
        if arguments.use_vllm and arguments.vllm_mode == "colocate":
            asleep = arguments.vllm_enable_sleep_mode
            share = arguments.vllm_gpu_memory_utilization * hardware.gpu_gb * GB
            parts["vLLM, asleep" if asleep else "vLLM"] = 2 * GB if asleep else share
    parts["spare"] = SPARE * sum(parts.values())
    return Estimate({k: round(v / GB, 2) for k, v in parts.items()}, hardware.gpu_gb)


def estimate_generation(recipe: GrpoRecipe, arguments: Any, size: Size) -> Estimate | None:
    """Estimate the peak while vLLM generates on the same GPUs; None where it runs elsewhere."""
    if not arguments.use_vllm or arguments.vllm_mode != "colocate":
        return None
    learning = estimate_memory(recipe, arguments, size).parts
    held = ("weights", "optimizer", "reference model")
    parts = {name: learning[name] for name in held if name in learning}
    share = arguments.vllm_gpu_memory_utilization * recipe.hardware.gpu_gb
    parts["vLLM"] = round(share, 2)
    return Estimate(parts, recipe.hardware.gpu_gb)


def size_of(recipe: Recipe) -> Size | None:
    """Count a model on this disk, or take the recipe's word; None where neither is there."""
    if not (Path(recipe.model) / "config.json").is_file():
        return recipe.size
    import torch
    from transformers import AutoConfig, AutoModelForImageTextToText

    config = AutoConfig.from_pretrained(recipe.model)
    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(config)
    named = [(name, parameter.numel()) for name, parameter in model.named_parameters()]
    text = config.get_text_config()
    return Size(
        parameters=sum(count for _, count in named),
        vision=sum(count for name, count in named if "visual." in name),
        hidden=text.hidden_size,
        layers=text.num_hidden_layers,
        vocabulary=text.vocab_size,
    )


def _trained(recipe: Recipe, size: Size) -> float:
    if recipe.lora:
        # Seven projections a layer: inputs and outputs of Qwen3-VL-8B's add up to 18.5 widths.
        return recipe.lora.rank * 18.5 * size.hidden * size.layers
    return size.parameters - (size.vision if "vision_tower" in recipe.freeze else 0)


def _reply_tokens(recipe: Recipe, arguments: Any) -> int:
    if isinstance(recipe, GrpoRecipe):
        return int(arguments.max_completion_length or 512)
    return min(recipe.hardware.tokens, 512)  # only the reply counts, and TRL scores it in pieces
