"""Builds a Qwen3-VL checkpoint of half a million random weights.

It is laid out like the published ones and needs only torch and transformers, so that an
environment with vLLM can run it too: `python tiny_qwen3_vl.py FOLDER MAX_PIXELS`.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

SPECIAL = [
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>"),
    *("<|image_pad|>", "<|video_pad|>"),
]
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% for part in message.content %}"
    "{% if part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part.text }}{% endif %}"
    "{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def build_tiny_qwen3_vl(
    folder: Path, max_pixels: int = 64 * 64, texts: Sequence[str] = (), vocabulary: int = 300
) -> Path:
    """Save a model, a byte-level tokenizer of `texts` and a processor; returns the folder."""
    tokenizer = _tokenizer(texts, vocabulary)
    torch.manual_seed(0)
    model = Qwen3VLForConditionalGeneration(_config(tokenizer))
    model.generation_config.eos_token_id = tokenizer.convert_tokens_to_ids("<|im_end|>")
    model.generation_config.pad_token_id = tokenizer.convert_tokens_to_ids("<|endoftext|>")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE)
    shape = {"patch_size": 16, "temporal_patch_size": 2, "merge_size": 2}
    images = Qwen2VLImageProcessorPil(
        **shape, size={"shortest_edge": 1024, "longest_edge": max_pixels}
    )
    processor = {
        "processor_class": "Qwen3VLProcessor",
        "image_processor": {
            **images.to_dict(),
            "image_processor_type": "Qwen2VLImageProcessor",
        },
        "video_processor": {"video_processor_type": "Qwen3VLVideoProcessor", **shape},
    }
    (folder / "processor_config.json").write_text(json.dumps(processor))
    return folder


def _tokenizer(texts: Sequence[str], vocabulary: int) -> PreTrainedTokenizerFast:
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(texts or ["score the edit and answer"], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=SPECIAL[3:],
    )


def _config(tokenizer: PreTrainedTokenizerFast) -> Qwen3VLConfig:
    size = 64
    names = ("image", "video", "vision_start", "vision_end")
    tokens = ("<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>")
    return Qwen3VLConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": size,
            "intermediate_size": 2 * size,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 32,
            "max_position_embeddings": 32768,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10000.0,
                "mrope_section": [8, 4, 4],
                "mrope_interleaved": True,
            },
        },
        vision_config={
            "depth": 2,
            "hidden_size": size,
            "intermediate_size": 2 * size,
            "num_heads": 4,
            "out_hidden_size": size,
            "num_position_embeddings": 64,
            "deepstack_visual_indexes": [0],
        },
        **{
            f"{name}_token_id": tokenizer.convert_tokens_to_ids(token)
            for name, token in zip(names, tokens, strict=True)
        },
    )


if __name__ == "__main__":
    build_tiny_qwen3_vl(Path(sys.argv[1]), int(sys.argv[2]))
