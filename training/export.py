"""From a checkpoint of training to a folder that vLLM, transformers and `local` read."""

import json
from pathlib import Path

import torch
from transformers import AutoModelForImageTextToText

from editthinker.graph.thinkers.local import load_processor
from editthinker.tools.errors import ConfigError
from editthinker.training.policy import save_processor

ADAPTER = "adapter_config.json"

DTYPES = ("auto", "bfloat16", "float16", "float32")


def export_checkpoint(checkpoint: Path, out: Path, *, dtype: str = "auto") -> Path:
    """Merge adapters into their model and write a whole checkpoint; returns its folder.

    Args:
        checkpoint: A folder of a model, or of adapters, with the processor in it.
        out: The new folder.
        dtype: Of the weights: auto, bfloat16, float16 or float32.

    Raises:
        ConfigError: if the checkpoint cannot be read, or `out` is not empty.
    """
    if out.is_dir() and any(out.iterdir()):
        raise ConfigError(f"{str(out)!r} is not empty; choose another --out")
    if dtype not in DTYPES:
        raise ConfigError(f"--dtype {dtype!r}: there are {', '.join(DTYPES)}")
    kind = dtype if dtype == "auto" else getattr(torch, dtype)
    try:
        adapter = checkpoint / ADAPTER
        base = str(checkpoint)
        if adapter.exists():
            base = json.loads(adapter.read_text(encoding="utf-8"))["base_model_name_or_path"]
        model = AutoModelForImageTextToText.from_pretrained(base, dtype=kind)
        if adapter.exists():
            from peft import PeftModel

            model = PeftModel.from_pretrained(model, str(checkpoint)).merge_and_unload()
        processor = load_processor(str(checkpoint) if _has_processor(checkpoint) else base)
    except (OSError, ValueError, KeyError, ImportError) as exc:
        raise ConfigError(f"checkpoint {str(checkpoint)!r} cannot be read: {exc}") from exc
    model.save_pretrained(out)
    save_processor(processor, out)
    return out


def _has_processor(folder: Path) -> bool:
    return (folder / "config.json").exists() and (folder / "tokenizer_config.json").exists()
