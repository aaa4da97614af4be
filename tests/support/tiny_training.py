"""Rows and recipes small enough to train a tiny Qwen3-VL on a CPU in seconds."""

from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset, List
from datasets import Image as ImageFeature
from PIL import Image
from tiny_qwen3_vl import build_tiny_qwen3_vl

from editthinker.training.recipe import GrpoRecipe, SftRecipe, make_recipe

REPLIES = [
    f'<think>Dim.</think><score>{{"semantic": 2, "quality": 9}}</score><answer>{answer}</answer>'
    for answer in ("make it much brighter", "make it brighter")
]
WISHES = ("make it brighter", "make it a bit brighter please", "brighter", "make it bright")
SMALL: dict[str, Any] = {
    "bf16": False,
    "use_cpu": True,
    "report_to": "none",
    "logging_steps": 1,
    "gradient_checkpointing": False,
    "disable_tqdm": True,
    "seed": 0,
}


def photo(seed: int) -> Image.Image:
    """Return a dim photo of 32 x 32."""
    noise = np.random.default_rng(seed).integers(20, 90, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((32, 32))


def make_rows(count: int = 12) -> Dataset:
    """Return rows of prompts of different lengths about edits that changed nothing."""

    def message(role: str, text: str, pictures: int = 0) -> list[dict[str, Any]]:
        parts = [{"type": "image", "text": None}] * pictures
        return [{"role": role, "content": [*parts, {"type": "text", "text": text}]}]

    rows = [
        {
            "images": [photo(at), photo(at)],
            "prompt": message("user", f"Judge: {WISHES[at % len(WISHES)]}", 2),
            "completion": message("assistant", REPLIES[at % len(REPLIES)]),
            "instruction": WISHES[at % len(WISHES)],
            "prompt_before": "keep it",
            "semantic": 0.0,
            "quality": 10.0,
            "task": "tone",
            "trajectory": f"t{at}",
            "turn": 1,
        }
        for at in range(count)
    ]
    return Dataset.from_list(rows).cast_column("images", List(ImageFeature()))


def tiny_model(folder: Path) -> Path:
    """Build the model that is trained."""
    return build_tiny_qwen3_vl(folder, 32 * 32, texts=[*REPLIES, *WISHES] * 4, vocabulary=360)


def sft_recipe(model: Path, held_out: int = 0, **trainer: Any) -> SftRecipe:
    """Return a recipe that learns the replies by heart."""
    given = {
        **SMALL,
        "per_device_train_batch_size": 4,
        "learning_rate": 5e-3,
        "max_length": None,
        **trainer,
    }
    return make_recipe(SftRecipe, {**_base(model, held_out), "trainer": given})


def grpo_recipe(model: Path, held_out: int = 0, **trainer: Any) -> GrpoRecipe:
    """Return a recipe with the embedded pair as editor and judge."""
    given = {
        **SMALL,
        "per_device_train_batch_size": 4,
        "num_generations": 4,
        "max_completion_length": 48,
        "learning_rate": 1e-4,
        **trainer,
    }
    return make_recipe(GrpoRecipe, {**_base(model, held_out), "samples_every": 1, "trainer": given})


def _base(model: Path, held_out: int) -> dict[str, Any]:
    return {
        "about": "a test",
        "model": str(model),
        "max_pixels": None,
        "dtype": "float32",
        "held_out": held_out,
    }
