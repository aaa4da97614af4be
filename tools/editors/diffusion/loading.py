"""Loading a preset's pipeline, with everything that makes it fit or makes it fast."""

from typing import Any

import diffusers
import torch
from diffusers import DiffusionPipeline, FirstBlockCacheConfig
from diffusers.quantizers import PipelineQuantizationConfig

from editthinker.tools.editors.diffusion.options import DiffusionOptions
from editthinker.tools.editors.diffusion.presets import Preset
from editthinker.tools.errors import ConfigError, EditorError

_QUANTIZED: dict[str, dict[str, Any]] = {
    "int8": {"quant_backend": "bitsandbytes_8bit", "quant_kwargs": {"load_in_8bit": True}},
    "nf4": {
        "quant_backend": "bitsandbytes_4bit",
        "quant_kwargs": {
            "load_in_4bit": True,
            "bnb_4bit_quant_type": "nf4",
            "bnb_4bit_compute_dtype": torch.bfloat16,
        },
    },
}


def load_pipeline(preset: Preset, options: DiffusionOptions) -> DiffusionPipeline:
    """Load a preset's weights and prepare its pipeline.

    Raises:
        ConfigError: if the installed diffusers has no such pipeline, or an option cannot be had.
        EditorError: if the weights are not there or cannot be loaded.
    """
    name = preset.name
    pipeline_class = getattr(diffusers, preset.pipeline, None)
    if pipeline_class is None:
        raise ConfigError(
            f"editor {name!r} needs {preset.pipeline}, which diffusers {diffusers.__version__} "
            "does not have; pip install --upgrade 'editthinker[diffusers]'"
        )
    device = options.device or default_device()
    model = options.model or preset.model
    extra: dict[str, Any] = {}
    if options.quantize != "none":
        extra["quantization_config"] = PipelineQuantizationConfig(
            components_to_quantize=["transformer"], **_QUANTIZED[options.quantize]
        )
    try:
        pipeline = pipeline_class.from_pretrained(model, dtype=_dtype(options, device), **extra)
        if preset.lora:
            pipeline.load_lora_weights(preset.lora.model, weight_name=preset.lora.file)
            pipeline.fuse_lora()
    except ImportError as exc:
        raise ConfigError(f"editor {name!r} with these options needs a package: {exc}") from exc
    except Exception as exc:  # every kind of file and network error
        raise EditorError(
            f"{name} cannot load the weights of {model!r}: {_first_line(exc)}; fetch them where "
            f"there is a network with 'hf download {model}', or name their folder in the option "
            "model"
        ) from exc
    prepare_pipeline(pipeline, preset, options)
    return pipeline


def prepare_pipeline(
    pipeline: DiffusionPipeline, preset: Preset, options: DiffusionOptions
) -> None:
    """Put a loaded pipeline on its device, with the scheduler and the options that it is to have.

    Raises:
        ConfigError: if an option cannot be had.
    """
    if preset.scheduler:
        config = {**pipeline.scheduler.config, **preset.scheduler}
        pipeline.scheduler = type(pipeline.scheduler).from_config(config)
    try:
        _place(pipeline, options, options.device or default_device())
        _hasten(pipeline, options)
    except (ImportError, ValueError, NotImplementedError) as exc:
        raise ConfigError(f"editor {preset.name!r}: {_first_line(exc)}") from exc


def default_device() -> str:
    """Return the best device of this machine."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def denoiser(pipeline: DiffusionPipeline) -> Any:
    """Return the part of a pipeline that works in every step."""
    return getattr(pipeline, "transformer", None) or pipeline.unet


def _dtype(options: DiffusionOptions, device: str) -> torch.dtype:
    default = "float32" if device == "cpu" else "bfloat16"
    dtype: torch.dtype = getattr(torch, options.dtype or default)
    return dtype


def _place(pipeline: DiffusionPipeline, options: DiffusionOptions, device: str) -> None:
    if options.offload == "model":
        pipeline.enable_model_cpu_offload(device=device)
    elif options.offload == "sequential":
        pipeline.enable_sequential_cpu_offload(device=device)
    else:
        pipeline.to(device)
    if options.vae_tiling:
        pipeline.vae.enable_tiling()


def _hasten(pipeline: DiffusionPipeline, options: DiffusionOptions) -> None:
    model = denoiser(pipeline)
    if options.attention:
        model.set_attention_backend(options.attention)
    if options.step_cache:
        model.enable_cache(FirstBlockCacheConfig(threshold=options.step_cache))
    if options.compile:
        model.compile_repeated_blocks(fullgraph=options.step_cache is None)


def _first_line(exc: Exception) -> str:
    lines = str(exc).strip().splitlines()
    return lines[0][:300] if lines else type(exc).__name__
