"""Builds checkpoints of the FLUX.2 pipelines with tiny random weights, laid out as published."""

from pathlib import Path

import diffusers
import torch
from tiny_pipelines import make_tokenizer
from transformers import (
    Mistral3Config,
    Mistral3ForConditionalGeneration,
    Qwen3Config,
    Qwen3ForCausalLM,
)

WIDTH = 16
LAYERS = 31
"""The pipelines read the outputs of layers up to the thirtieth."""

TEXT = {
    "hidden_size": WIDTH,
    "intermediate_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 1024,
}


def build_flux2(folder: Path) -> Path:
    torch.manual_seed(0)
    tokenizer = make_tokenizer(512, ["[IMG]"])
    vision = {"hidden_size": WIDTH, "intermediate_size": WIDTH, "num_hidden_layers": 1}
    config = Mistral3Config(
        text_config={"model_type": "mistral", "vocab_size": len(tokenizer), **TEXT},
        vision_config={"model_type": "pixtral", "num_attention_heads": 2, "head_dim": 8, **vision},
        image_token_index=tokenizer.convert_tokens_to_ids("[IMG]"),
    )
    # Published with a PixtralProcessor, which needs torchvision; its tokenizer is all that is used.
    tokenizer.chat_template = (
        "{% for message in messages %}{% for part in message.content %}{{ part.text }}"
        "{% endfor %}{% endfor %}"
    )
    diffusers.Flux2Pipeline(
        text_encoder=Mistral3ForConditionalGeneration(config), tokenizer=tokenizer, **_rest()
    ).save_pretrained(folder)
    return folder


def build_flux2_klein(folder: Path) -> Path:
    torch.manual_seed(0)
    tokenizer = make_tokenizer(512)
    tokenizer.chat_template = "{% for message in messages %}{{ message.content }}{% endfor %}"
    config = Qwen3Config(vocab_size=len(tokenizer), **TEXT)
    diffusers.Flux2KleinPipeline(
        text_encoder=Qwen3ForCausalLM(config), tokenizer=tokenizer, **_rest()
    ).save_pretrained(folder)
    return folder


def _rest() -> dict[str, torch.nn.Module]:
    return {
        "scheduler": diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        "vae": diffusers.AutoencoderKLFlux2(
            block_out_channels=(4, 4, 8, 8),
            layers_per_block=1,
            latent_channels=4,
            norm_num_groups=2,
        ),
        "transformer": diffusers.Flux2Transformer2DModel(
            in_channels=16,
            num_layers=2,
            num_single_layers=2,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=3 * WIDTH,
            timestep_guidance_channels=16,
            axes_dims_rope=(4, 4, 4, 4),
        ),
    }
