"""What a person may choose about a diffusion model on their machine."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from editthinker.tools.errors import ConfigError


class DiffusionOptions(BaseModel):
    """How to load and run a preset; what is None is left to the preset or to diffusers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str | None = Field(None, description="Hub id or folder in place of the preset's.")
    lora: str | None = Field(
        None, description="LoRA on top, in place of the preset's: a file, or owner/name/file."
    )
    steps: int | None = Field(None, ge=1, le=1000, description="Denoising steps.")
    guidance: float | None = Field(None, ge=0, le=100, description="The preset's first guidance.")
    negative_prompt: str | None = Field(None, description="What guidance pushes away from.")
    area: int | None = Field(None, ge=256, description="Working area in pixels.")
    device: str | None = Field(None, description="Such as cuda:1; the best there is by default.")
    dtype: Literal["bfloat16", "float16", "float32"] | None = Field(
        None, description="Type of the weights; bfloat16 on GPUs, float32 on CPUs by default."
    )
    offload: Literal["none", "model", "sequential"] = Field(
        "none", description="Keep parts in main memory: whole models, or layer by layer (slow)."
    )
    vae_tiling: bool = Field(False, description="Decode in tiles; less memory for large images.")
    quantize: Literal["none", "int8", "nf4"] = Field(
        "none",
        description="Store the transformer's weights in 8 bits (with torchao) or in 4 (with "
        "bitsandbytes, on GPUs only).",
    )
    compile: bool = Field(False, description="torch.compile the transformer's blocks.")
    attention: str | None = Field(
        None, description="Attention backend of diffusers, such as flash or sage."
    )
    step_cache: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Skip most of a step where its first block changes less than this share "
        "(first-block cache); faster, and no longer the same image.",
    )
    max_batch: int = Field(
        4, ge=1, le=64, description="Most candidates of one prompt that are made in one call."
    )
    reuse: int = Field(
        4,
        ge=0,
        le=64,
        description="How many encoded prompts and source images are kept between calls.",
    )


def parse_options(editor: str, given: dict[str, object]) -> DiffusionOptions:
    """Check options that a person gave.

    Raises:
        ConfigError: naming the option, its value and what it may be.
    """
    try:
        return DiffusionOptions.model_validate(given)
    except ValidationError as exc:
        first = exc.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise ConfigError(
            f"editor {editor!r}: option {name} = {str(first['input'])[:80]!r}: {first['msg']}; "
            f"known options: {', '.join(DiffusionOptions.model_fields)}"
        ) from exc
