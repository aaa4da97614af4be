"""The diffusion models that can be chosen by name, as data.

Each preset is the factory of its editor: `flux_kontext(steps=20)`. Steps and guidance are the
defaults of the EditThinker authors' services where they have one, else those of the model's card.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log
from typing import TYPE_CHECKING, Literal

from pydantic import JsonValue

from editthinker.tools.editors.diffusion.canvas import SizePolicy
from editthinker.tools.editors.diffusion.options import parse_options
from editthinker.tools.errors import ConfigError

if TYPE_CHECKING:
    from editthinker.tools.editors.diffusion.editor import DiffusionEditor

Task = Literal["edit", "fill", "generate"]


@dataclass(frozen=True)
class Lora:
    """A small set of weights on top of a model."""

    model: str
    file: str


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One model: which pipeline, which weights, and how it wants to be called."""

    name: str
    summary: str
    """One line for lists of editors."""
    pipeline: str
    """Class of diffusers."""
    model: str
    """Id on the Hugging Face hub."""
    steps: int
    guidance: Mapping[str, float]
    """Strengths of guidance by the pipeline's own name for each, the main one first."""
    negative_prompt: str | None = None
    """Given wherever guidance needs one: without it, diffusers turns true CFG off silently."""
    task: Task = "edit"
    size: SizePolicy = field(default_factory=SizePolicy)
    sends_size: bool = True
    """Whether the pipeline takes width and height; others derive them from the image."""
    sends_area: bool = False
    """Whether the pipeline needs `max_area` too, since it scales width and height to it."""
    max_images: int = 1
    batches: bool = True
    """Whether one call can make several candidates."""
    caches_steps: bool = True
    """Whether the first-block cache of diffusers (0.42) works with its blocks."""
    draws_globally: bool = False
    """Whether the pipeline draws random numbers beside those of its generator."""
    arguments: Mapping[str, JsonValue] = field(default_factory=dict)
    """What else the pipeline is always given."""
    prompt_template: str = "{prompt}"
    """How the pipeline wants an instruction."""
    image_argument: str = "image"
    lora: Lora | None = None
    scheduler: Mapping[str, JsonValue] = field(default_factory=dict)
    """Changes to the configuration of its scheduler."""

    def __post_init__(self) -> None:
        # `editthinker editors` shows the first line of a factory's docstring.
        object.__setattr__(self, "__doc__", self.summary)

    @property
    def options(self) -> tuple[str, ...]:
        """What one call can change."""
        negative = ("negative_prompt",) if self.negative_prompt is not None else ()
        size = ("size",) if self.task == "generate" else ()
        return ("steps", "guidance", *negative, *size)

    def __call__(self, **options: object) -> "DiffusionEditor":
        """Make the editor; see `DiffusionOptions`.

        Raises:
            ConfigError: if an option is wrong, or the packages it needs are not installed.
        """
        parsed = parse_options(self.name, options)
        try:
            # The adapter imports torch; a list of presets must not.
            from editthinker.tools.editors.diffusion.editor import DiffusionEditor
        except ImportError as exc:
            raise ConfigError(
                f"editor {self.name!r} needs a package that is not installed ({exc}); "
                "pip install 'editthinker[diffusers]'"
            ) from exc
        return DiffusionEditor(self, parsed)


_FLUX2_SIZE = SizePolicy(enlarges=False, least_side=64, most_ratio=8)
_QWEN_SIZE = SizePolicy(multiple=32, rounding="nearest")
_LIGHTNING_SCHEDULER: Mapping[str, JsonValue] = {
    "base_shift": log(3),
    "max_shift": log(3),
    "shift": 1.0,
    "shift_terminal": None,
    "time_shift_type": "exponential",
    "use_dynamic_shifting": True,
}

flux_kontext = Preset(
    name="flux-kontext",
    summary="FLUX.1-Kontext-dev, 12B (needs 34 GB of GPU memory, or offload).",
    pipeline="FluxKontextPipeline",
    model="black-forest-labs/FLUX.1-Kontext-dev",
    steps=28,
    guidance={"guidance_scale": 2.5},
    size=SizePolicy(enlarges=False),
    sends_area=True,
    arguments={"_auto_resize": False},
)
qwen_image_edit = Preset(
    name="qwen-image-edit",
    summary="Qwen-Image-Edit, 20B.",
    pipeline="QwenImageEditPipeline",
    model="Qwen/Qwen-Image-Edit",
    steps=50,
    guidance={"true_cfg_scale": 4.0},
    negative_prompt=" ",
    size=_QWEN_SIZE,
)
qwen_image_edit_lightning = Preset(
    name="qwen-image-edit-lightning",
    summary="Qwen-Image-Edit in 8 steps (Lightning LoRA).",
    pipeline="QwenImageEditPipeline",
    model="Qwen/Qwen-Image-Edit",
    steps=8,
    guidance={"true_cfg_scale": 1.0},
    size=_QWEN_SIZE,
    lora=Lora("lightx2v/Qwen-Image-Lightning", "Qwen-Image-Edit-Lightning-8steps-V1.0.safetensors"),
    scheduler=_LIGHTNING_SCHEDULER,
)
qwen_image_edit_plus = Preset(
    name="qwen-image-edit-plus",
    summary="Qwen-Image-Edit-2509, 20B, up to three images.",
    pipeline="QwenImageEditPlusPipeline",
    model="Qwen/Qwen-Image-Edit-2509",
    steps=40,
    guidance={"true_cfg_scale": 4.0},
    negative_prompt=" ",
    size=_QWEN_SIZE,
    max_images=3,
)
qwen_image_edit_2511 = Preset(
    name="qwen-image-edit-2511",
    summary="Qwen-Image-Edit-2511, 20B, up to three images.",
    pipeline="QwenImageEditPlusPipeline",
    model="Qwen/Qwen-Image-Edit-2511",
    steps=40,
    guidance={"true_cfg_scale": 4.0},
    negative_prompt=" ",
    size=_QWEN_SIZE,
    max_images=3,
)
longcat_image_edit = Preset(
    name="longcat-image-edit",
    summary="LongCat-Image-Edit, 6B.",
    pipeline="LongCatImageEditPipeline",
    model="meituan-longcat/LongCat-Image-Edit",
    steps=50,
    guidance={"guidance_scale": 4.5},
    negative_prompt="",
    sends_size=False,
)
flux2 = Preset(
    name="flux2",
    summary="FLUX.2-dev, 32B, up to four images.",
    pipeline="Flux2Pipeline",
    model="black-forest-labs/FLUX.2-dev",
    steps=50,
    guidance={"guidance_scale": 2.5},
    size=_FLUX2_SIZE,
    max_images=4,
    caches_steps=False,
)
flux2_klein = Preset(
    name="flux2-klein",
    summary="FLUX.2-klein-base-9B, up to four images.",
    pipeline="Flux2KleinPipeline",
    model="black-forest-labs/FLUX.2-klein-base-9B",
    steps=50,
    guidance={"guidance_scale": 4.0},
    size=_FLUX2_SIZE,
    max_images=4,
    caches_steps=False,
)
qwen_image_2_1 = Preset(
    name="qwen-image-2.1",
    summary="Qwen-Image-2.1, which edits and generates.",
    pipeline="QwenImage21Pipeline",
    model="Qwen/Qwen-Image-2.1",
    steps=40,
    guidance={"true_cfg_scale": 4.0},
    negative_prompt=" ",
    size=_QWEN_SIZE,
    caches_steps=False,
)
glm_image = Preset(
    name="glm-image",
    summary="GLM-Image, which edits and generates.",
    pipeline="GlmImagePipeline",
    model="zai-org/GLM-Image",
    steps=50,
    guidance={"guidance_scale": 1.5},
    size=SizePolicy(multiple=32),
    batches=False,
    draws_globally=True,
    caches_steps=False,
)
omnigen = Preset(
    name="omnigen",
    summary="OmniGen v1, 4B (OmniGen2 is no part of diffusers; run it behind `remote`).",
    pipeline="OmniGenPipeline",
    model="Shitao/OmniGen-v1-diffusers",
    steps=50,
    guidance={"guidance_scale": 2.5, "img_guidance_scale": 1.6},
    image_argument="input_images",
    prompt_template="<img><|image_1|></img> {prompt}",
    batches=False,
    draws_globally=True,
    caches_steps=False,
)
instruct_pix2pix = Preset(
    name="instruct-pix2pix",
    summary="InstructPix2Pix, 1B: small and old, runs in 4 GB.",
    pipeline="StableDiffusionInstructPix2PixPipeline",
    model="timbrooks/instruct-pix2pix",
    steps=50,
    guidance={"guidance_scale": 7.5, "image_guidance_scale": 1.5},
    size=SizePolicy(area=512 * 512, multiple=8),
    sends_size=False,
    caches_steps=False,
)
sdxl_instruct_pix2pix = Preset(
    name="sdxl-instruct-pix2pix",
    summary="InstructPix2Pix on SDXL at 768 pixels.",
    pipeline="StableDiffusionXLInstructPix2PixPipeline",
    model="diffusers/sdxl-instructpix2pix-768",
    steps=50,
    guidance={"guidance_scale": 5.0, "image_guidance_scale": 1.5},
    size=SizePolicy(area=768 * 768, multiple=8),
    caches_steps=False,
)
flux_fill = Preset(
    name="flux-fill",
    summary="FLUX.1-Fill-dev, 12B: paints what the prompt says into a mask.",
    pipeline="FluxFillPipeline",
    model="black-forest-labs/FLUX.1-Fill-dev",
    steps=50,
    guidance={"guidance_scale": 30.0},
    task="fill",
    size=SizePolicy(enlarges=False),
    arguments={"max_sequence_length": 512},
)

qwen_image = Preset(
    name="qwen-image",
    summary="Qwen-Image, 20B: makes an image from words.",
    pipeline="QwenImagePipeline",
    model="Qwen/Qwen-Image",
    steps=50,
    guidance={"true_cfg_scale": 4.0},
    negative_prompt=" ",
    task="generate",
    size=SizePolicy(area=1328 * 1328),
)
qwen_image_lightning = Preset(
    name="qwen-image-lightning",
    summary="Qwen-Image in 8 steps (Lightning LoRA).",
    pipeline="QwenImagePipeline",
    model="Qwen/Qwen-Image",
    steps=8,
    guidance={"true_cfg_scale": 1.0},
    task="generate",
    size=SizePolicy(area=1328 * 1328),
    lora=Lora("lightx2v/Qwen-Image-Lightning", "Qwen-Image-Lightning-8steps-V1.1.safetensors"),
    scheduler=_LIGHTNING_SCHEDULER,
)
flux_krea = Preset(
    name="flux-krea",
    summary="FLUX.1-Krea-dev, 12B: makes an image from words.",
    pipeline="FluxPipeline",
    model="black-forest-labs/FLUX.1-Krea-dev",
    steps=50,
    guidance={"guidance_scale": 4.5},
    task="generate",
    arguments={"max_sequence_length": 512},
)

PRESETS: Mapping[str, Preset] = {
    p.name: p for p in list(globals().values()) if isinstance(p, Preset)
}
"""Every preset by name."""
