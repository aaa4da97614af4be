"""Loading a preset's pipeline, with everything that makes it fit or makes it fast."""

import inspect
from typing import Any

import diffusers
import torch
from diffusers import DiffusionPipeline, FirstBlockCacheConfig
from diffusers.hooks._helpers import TransformerBlockMetadata, TransformerBlockRegistry
from diffusers.models.attention_dispatch import _AttentionBackendRegistry
from diffusers.models.transformers import transformer_longcat_image as longcat
from diffusers.quantizers import PipelineQuantizationConfig

from editthinker.tools.editors.diffusion.options import DiffusionOptions
from editthinker.tools.editors.diffusion.presets import Lora, Preset
from editthinker.tools.errors import ConfigError, EditorError

OUT_OF_MEMORY = (
    "ran out of GPU memory; set offload=model, vae_tiling=true, quantize=int8 or nf4, or a smaller "
    "area"
)
"""What to tell a person."""

# The first-block cache has to know what a block returns; diffusers 0.42 leaves out LongCat's.
for _block in (longcat.LongCatImageTransformerBlock, longcat.LongCatImageSingleTransformerBlock):
    TransformerBlockRegistry.register(
        _block,
        TransformerBlockMetadata(
            return_hidden_states_index=1, return_encoder_hidden_states_index=0
        ),
    )


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
    try:
        pipeline = pipeline_class.from_pretrained(
            model,
            dtype=_dtype(options, device),
            **_quantization(pipeline_class, options, device),
        )
    except ImportError as exc:
        raise ConfigError(
            f"editor {name!r} with these options needs a package: {_first_line(exc)}"
        ) from exc
    except ConfigError:
        raise
    except Exception as exc:  # every kind of file and network error
        raise EditorError(
            f"{name} cannot load the weights of {model!r}: {_first_line(exc)}; fetch them where "
            f"there is a network with 'hf download {model}', or name their folder in the option "
            "model"
        ) from exc
    lora = _chosen_lora(preset, options)
    if lora:
        _add_lora(pipeline, name, lora)
    prepare_pipeline(pipeline, preset, options)
    return pipeline


def prepare_pipeline(
    pipeline: DiffusionPipeline, preset: Preset, options: DiffusionOptions
) -> None:
    """Put a loaded pipeline on its device, with the scheduler and the options that it is to have.

    Raises:
        ConfigError: if an option cannot be had.
        EditorError: if the GPU is too small.
    """
    if preset.scheduler:
        config = {**pipeline.scheduler.config, **preset.scheduler}
        pipeline.scheduler = type(pipeline.scheduler).from_config(config)
    try:
        _place(pipeline, options, options.device or default_device())
        _hasten(pipeline, preset, options)
    except torch.OutOfMemoryError as exc:
        raise EditorError(f"{preset.name} {OUT_OF_MEMORY}") from exc
    except (ImportError, ValueError, NotImplementedError, RuntimeError, LookupError) as exc:
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


def _quantization(pipeline_class: Any, options: DiffusionOptions, device: str) -> dict[str, Any]:
    """Return what `from_pretrained` is given to store the denoiser in fewer bits.

    Raises:
        ConfigError: if the device cannot.
        ImportError: if a package is missing.
    """
    if options.quantize == "none":
        return {}
    if options.quantize == "nf4":
        if device == "cpu":
            raise ConfigError("quantize=nf4 needs a GPU; quantize=int8 works on a CPU too")
        config: Any = diffusers.BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_compute_dtype=_dtype(options, device),
        )
    else:
        from torchao.quantization import Int8WeightOnlyConfig  # only where it is asked for

        config = diffusers.TorchAoConfig(Int8WeightOnlyConfig())
    parts = inspect.signature(pipeline_class.__init__).parameters
    part = "unet" if "unet" in parts else "transformer"
    return {"quantization_config": PipelineQuantizationConfig(quant_mapping={part: config})}


def _chosen_lora(preset: Preset, options: DiffusionOptions) -> Lora | None:
    if options.lora is None:
        return preset.lora
    folder, _, file = options.lora.rpartition("/")
    return Lora(folder or ".", file)


def _add_lora(pipeline: DiffusionPipeline, name: str, lora: Lora) -> None:
    """Merge a LoRA into the weights, so that it costs nothing in a call."""
    where = f"{lora.model}/{lora.file}"
    if not hasattr(pipeline, "load_lora_weights"):
        raise ConfigError(f"editor {name!r} takes no LoRA; leave out {where!r}")
    try:
        pipeline.load_lora_weights(lora.model, weight_name=lora.file)
        found = pipeline.get_list_adapters()
        pipeline.fuse_lora()
        pipeline.unload_lora_weights()
    except ImportError as exc:
        raise ConfigError(f"editor {name!r} needs a package for its LoRA: {exc}") from exc
    except Exception as exc:  # every kind of file and network error
        raise EditorError(
            f"{name} cannot load the LoRA {where!r}: {_first_line(exc)}; fetch it where there is a "
            f"network with 'hf download {lora.model} {lora.file}', or name a file in the option "
            "lora"
        ) from exc
    if not found:  # diffusers only warns
        raise EditorError(f"the LoRA {where!r} holds nothing for {name}; it is another model's")


def _place(pipeline: DiffusionPipeline, options: DiffusionOptions, device: str) -> None:
    if options.offload == "model":
        pipeline.enable_model_cpu_offload(device=device)
    elif options.offload == "sequential":
        if device == "cpu":
            raise ValueError("offload=sequential moves weights to a GPU, and there is none")
        pipeline.enable_sequential_cpu_offload(device=device)
    else:
        pipeline.to(device)
    if options.vae_tiling:
        pipeline.vae.enable_tiling()


def _hasten(pipeline: DiffusionPipeline, preset: Preset, options: DiffusionOptions) -> None:
    model = denoiser(pipeline)
    if options.attention:
        _choose_attention(model, options.attention)
    if options.step_cache:
        if not preset.caches_steps:
            raise ValueError(f"{preset.pipeline} has no step cache; leave out step_cache")
        model.enable_cache(FirstBlockCacheConfig(threshold=options.step_cache))
    if options.compile:
        model.compile_repeated_blocks(fullgraph=options.step_cache is None)


def _choose_attention(model: Any, backend: str) -> None:
    """Set a model's attention backend, and not, as diffusers does, that of every model to come."""
    active, _ = _AttentionBackendRegistry.get_active_backend()
    try:
        model.set_attention_backend(backend)
    finally:
        _AttentionBackendRegistry.set_active_backend(active)
    processors = (getattr(module, "processor", None) for module in model.modules())
    if not any(getattr(processor, "_attention_backend", None) for processor in processors):
        raise ValueError(f"{type(model).__name__} has one attention only; leave out attention")


def _first_line(exc: Exception) -> str:
    lines = str(exc).strip().splitlines()
    return lines[0][:300] if lines else type(exc).__name__
