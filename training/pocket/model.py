"""A Qwen3-VL of 1.7 million parameters from scratch, saved as a checkpoint like the large ones."""

from collections.abc import Iterable
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3VLConfig, Qwen3VLForConditionalGeneration
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from editthinker.graph.thinkers.local import ImageOnlyQwen3VLProcessor
from editthinker.training.pocket.lessons import LEVELS, STATES
from editthinker.training.pocket.world import SIDE
from editthinker.training.policy import save_processor

PATCH = 16
"""Pixels of a patch; four patches are one token, so that a crop is four tokens."""

TEMPLATE = "{original_instruction}\n{rewritten_prompt}"
"""What the thinker is told beside the pictures: no rules, it learns them."""

PICTURES = 3
"""Source, edit and what the edit changed."""

TEMPLATE_FILE = "prompt.txt"
"""Where a checkpoint keeps `TEMPLATE`."""

_SPECIAL = [
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>"),
    *("<|image_pad|>", "<|video_pad|>"),
]
_WHOLE = [
    *("<think>", "</think>\n", '<score>{"semantic": ', ', "quality": ', "}</score>\n"),
    *LEVELS,
    *STATES,
    *("<answer>", "</answer>", *map(str, range(11)), *(f"{n}0%" for n in range(1, 11))),
]
"""Texts that are one token: the form of a reply costs little, a score or amount is one choice."""

_VOCABULARY = 600
_CHAT = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% if message.content is string %}{{ message.content }}{% else %}"
    "{% for part in message.content %}"
    "{% if part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part.text }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def make_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """Learn byte pairs from texts; the parts of a reply, scores and amounts are whole tokens."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=_VOCABULARY,
        special_tokens=_SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(texts, trainer)
    raw.add_tokens([AddedToken(text, normalized=False) for text in _WHOLE])
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=_SPECIAL[3:],
        padding_side="left",
    )


def make_processor(tokenizer: PreTrainedTokenizerFast) -> ImageOnlyQwen3VLProcessor:
    """Put a processor of crops around a tokenizer."""
    images = Qwen2VLImageProcessorPil(
        patch_size=PATCH,
        temporal_patch_size=2,
        merge_size=2,
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
        size={"shortest_edge": 1024, "longest_edge": SIDE * SIDE},
    )
    return ImageOnlyQwen3VLProcessor(images, tokenizer, _CHAT)


def make_model(tokenizer: PreTrainedTokenizerFast, seed: int) -> Qwen3VLForConditionalGeneration:
    """Make a model with random weights."""
    torch.manual_seed(seed)
    names = ("image", "video", "vision_start", "vision_end")
    tokens = ("<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>")
    ids = {
        f"{name}_token_id": tokenizer.convert_tokens_to_ids(token)
        for name, token in zip(names, tokens, strict=True)
    }
    config = Qwen3VLConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": 128,
            "intermediate_size": 384,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "num_key_value_heads": 4,
            "head_dim": 32,
            "max_position_embeddings": 512,
            "tie_word_embeddings": True,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10000.0,
                "mrope_section": [8, 4, 4],
                "mrope_interleaved": True,
            },
        },
        vision_config={
            "depth": 2,
            "hidden_size": 96,
            "intermediate_size": 288,
            "num_heads": 4,
            "patch_size": PATCH,
            "out_hidden_size": 128,
            "num_position_embeddings": 64,
            "deepstack_visual_indexes": [0],
        },
        tie_word_embeddings=True,
        **ids,
    )
    model = Qwen3VLForConditionalGeneration(config)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    return model


def save(model: torch.nn.Module, processor: ImageOnlyQwen3VLProcessor, folder: Path) -> Path:
    """Save a checkpoint that the `local` thinker loads, with its template."""
    model.save_pretrained(folder)
    save_processor(processor, folder)
    write_template(folder)
    return folder


def write_template(folder: Path) -> None:
    """Write the template into a checkpoint's folder, where a trainer has not."""
    (folder / TEMPLATE_FILE).write_text(TEMPLATE, encoding="utf-8")


def thinker_options(folder: Path, **more: object) -> dict[str, object]:
    """Return the options of the `local` thinker for such a checkpoint."""
    return {
        "model": str(folder),
        "prompt_template": folder / TEMPLATE_FILE,
        "device": "cpu",
        "dtype": "float32",
        "difference": True,
        "temperature": 0.0,
        "top_p": None,
        "max_tokens": 64,
        **more,
    }
