"""Builds checkpoints of real diffusers pipelines with tiny random weights, laid out as published.

Needs torch, diffusers and transformers, but no torchvision and no network.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import diffusers
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2VLProcessor,
    T5Config,
    T5EncoderModel,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.processing_utils import ProcessorMixin

SPECIAL = [
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>"),
    *("<|image_pad|>", "<|video_pad|>"),
]
WIDTH = 32


class ImageOnlyProcessor(Qwen2VLProcessor):
    """The stock processor without its video part, which needs torchvision."""

    def __init__(
        self, image_processor: Any = None, tokenizer: Any = None, chat_template: Any = None
    ) -> None:
        self.image_token, self.video_token = "<|image_pad|>", "<|video_pad|>"
        self.image_token_id = tokenizer.convert_tokens_to_ids(self.image_token)
        self.video_token_id = tokenizer.convert_tokens_to_ids(self.video_token)
        ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=chat_template)


Sizes = Mapping[str, Mapping[str, Any]]
"""What the parts of a pipeline are configured with, by part."""

TINY_FLUX: Sizes = {
    "clip": {
        "hidden_size": WIDTH,
        "intermediate_size": 37,
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
        "projection_dim": WIDTH,
    },
    "t5": {"d_model": WIDTH, "d_kv": 8, "d_ff": 37, "num_heads": 4, "num_layers": 2},
    "vae": {"block_out_channels": (4, 4, 8, 8), "norm_num_groups": 2, "latent_channels": 4},
    "transformer": {
        "in_channels": 16,
        "out_channels": 16,
        "num_layers": 2,
        "num_single_layers": 2,
        "attention_head_dim": 16,
        "num_attention_heads": 2,
        "joint_attention_dim": WIDTH,
        "pooled_projection_dim": WIDTH,
        "axes_dims_rope": (4, 4, 8),
    },
}
REAL_FLUX: Sizes = {
    "clip": {
        "hidden_size": 768,
        "intermediate_size": 3072,
        "num_attention_heads": 12,
        "num_hidden_layers": 12,
        "projection_dim": 768,
    },
    "t5": {
        "d_model": 4096,
        "d_kv": 64,
        "d_ff": 10240,
        "num_heads": 64,
        "num_layers": 24,
        "feed_forward_proj": "gated-gelu",
    },
    "vae": {
        "block_out_channels": (128, 256, 512, 512),
        "layers_per_block": 2,
        "latent_channels": 16,
    },
    "transformer": {},
}
TINY_QWEN: Sizes = {
    "text": {
        "hidden_size": WIDTH,
        "intermediate_size": WIDTH,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "rope_parameters": {"rope_type": "default", "mrope_section": [2, 3, 3]},
    },
    "vision": {
        "depth": 2,
        "hidden_size": WIDTH,
        "intermediate_size": WIDTH,
        "num_heads": 2,
        "out_hidden_size": WIDTH,
        "fullatt_block_indexes": [1],
    },
    "vae": {
        "base_dim": 8,
        "z_dim": 4,
        "dim_mult": [1, 1, 1, 1],
        "num_res_blocks": 1,
        "latents_mean": [0.0] * 4,
        "latents_std": [1.0] * 4,
    },
    "transformer": {
        "in_channels": 16,
        "out_channels": 4,
        "num_layers": 2,
        "attention_head_dim": 16,
        "num_attention_heads": 2,
        "joint_attention_dim": WIDTH,
        "axes_dims_rope": (4, 4, 8),
    },
}
REAL_QWEN: Sizes = {
    "text": {
        "hidden_size": 3584,
        "intermediate_size": 18944,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "rope_parameters": {"rope_type": "default", "mrope_section": [16, 24, 24]},
    },
    "vision": {
        "depth": 32,
        "hidden_size": 1280,
        "intermediate_size": 3420,
        "num_heads": 16,
        "out_hidden_size": 3584,
    },
    "vae": {},
    "transformer": {},
}


def flux(
    pipeline: str = "FluxKontextPipeline", sizes: Sizes = TINY_FLUX, in_channels: int | None = None
) -> Any:
    """Make a pipeline of the FLUX.1 family with random weights."""
    torch.manual_seed(0)
    clip, t5 = make_tokenizer(77), make_tokenizer(64)
    transformer = {**sizes["transformer"], "guidance_embeds": True}
    if in_channels:
        transformer["in_channels"] = in_channels
    return getattr(diffusers, pipeline)(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=make_vae(**sizes["vae"]),
        text_encoder=CLIPTextModel(
            CLIPTextConfig(
                vocab_size=len(clip),
                max_position_embeddings=77,
                bos_token_id=0,
                eos_token_id=2,
                pad_token_id=0,
                **sizes["clip"],
            )
        ),
        tokenizer=clip,
        text_encoder_2=T5EncoderModel(T5Config(vocab_size=len(t5), **sizes["t5"])),
        tokenizer_2=t5,
        transformer=diffusers.FluxTransformer2DModel(**transformer),
    )


def qwen(pipeline: str = "QwenImageEditPipeline", sizes: Sizes = TINY_QWEN) -> Any:
    """Make a pipeline of the Qwen-Image family with random weights."""
    torch.manual_seed(0)
    tokenizer = make_tokenizer(512)
    parts: dict[str, Any] = {}
    if pipeline != "QwenImagePipeline":
        parts["processor"] = _processor(tokenizer)
    return getattr(diffusers, pipeline)(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=diffusers.AutoencoderKLQwenImage(**sizes["vae"]),
        text_encoder=_qwen_vl(tokenizer, sizes),
        tokenizer=tokenizer,
        transformer=diffusers.QwenImageTransformer2DModel(**sizes["transformer"]),
        **parts,
    )


def build_flux(folder: Path, pipeline: str = "FluxKontextPipeline", **options: Any) -> Path:
    flux(pipeline, **options).save_pretrained(folder)
    return folder


def build_qwen(folder: Path, pipeline: str = "QwenImageEditPipeline") -> Path:
    qwen(pipeline).save_pretrained(folder)
    return folder


def build_longcat(folder: Path) -> Path:
    torch.manual_seed(0)
    tokenizer = make_tokenizer(512)
    diffusers.LongCatImageEditPipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=make_vae(**{**TINY_FLUX["vae"], "latent_channels": 16}),
        text_encoder=_qwen_vl(tokenizer),
        tokenizer=tokenizer,
        text_processor=_processor(tokenizer),
        transformer=diffusers.LongCatImageTransformer2DModel(
            in_channels=64,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=WIDTH,
            pooled_projection_dim=WIDTH,
            axes_dims_rope=[4, 4, 8],
        ),
    ).save_pretrained(folder)
    return folder


def make_vae(**sizes: Any) -> diffusers.AutoencoderKL:
    return diffusers.AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        scaling_factor=0.4,
        shift_factor=0.1,
        use_quant_conv=False,
        use_post_quant_conv=False,
        **sizes,
    )


def make_tokenizer(longest: int, special: Sequence[str] = ()) -> PreTrainedTokenizerFast:
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300 + len(special),
        special_tokens=[*SPECIAL, *special],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(["edit the image"], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        model_max_length=longest,
        bos_token="<|endoftext|>",
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=[*SPECIAL[3:], *special],
    )


def _processor(tokenizer: PreTrainedTokenizerFast) -> ImageOnlyProcessor:
    images = Qwen2VLImageProcessorPil(
        patch_size=14,
        temporal_patch_size=2,
        merge_size=2,
        size={"shortest_edge": 28 * 28, "longest_edge": 56 * 56},
    )
    return ImageOnlyProcessor(images, tokenizer)


def _qwen_vl(
    tokenizer: PreTrainedTokenizerFast, sizes: Sizes = TINY_QWEN
) -> Qwen2_5_VLForConditionalGeneration:
    token = tokenizer.convert_tokens_to_ids
    text = {
        "vocab_size": len(tokenizer),
        "max_position_embeddings": 2048,
        "bos_token_id": 0,
        "eos_token_id": 2,
        "pad_token_id": 0,
        **sizes["text"],
    }
    return Qwen2_5_VLForConditionalGeneration(
        Qwen2_5_VLConfig(
            text_config=text,
            vision_config=dict(sizes["vision"]),
            image_token_id=token("<|image_pad|>"),
            video_token_id=token("<|video_pad|>"),
            vision_start_token_id=token("<|vision_start|>"),
            vision_end_token_id=token("<|vision_end|>"),
        )
    )
