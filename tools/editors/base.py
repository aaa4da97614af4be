"""What an editor is: something that turns a picture and a prompt into a picture."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from pydantic import JsonValue

from editthinker.tools.images import Picture
from editthinker.tools.registry import Registry


@dataclass(frozen=True)
class Capabilities:
    """What an editor can do, as data."""

    max_images: int = 1
    """How many input pictures one call takes."""
    supports_seed: bool = False
    """Whether another seed makes another image."""
    supports_mask: bool = False
    """Whether `EditRequest.mask` limits the edit."""
    requires_mask: bool = False
    """Whether it edits nothing without one."""
    needs_image: bool = True
    """Whether it edits an image; else it makes one from words."""
    needs_negative_prompt: bool = False
    """Whether guidance works only with a negative prompt (diffusers' true CFG)."""
    sizes: tuple[tuple[int, int], ...] = ()
    """Output sizes `(width, height)` in pixels; empty when it follows its input."""
    options: tuple[str, ...] = ()
    """Names in `EditRequest.options` that change something."""
    simulation: bool = False
    """Whether its failures are simulated on purpose."""


def ignore_step(step: int, steps: int) -> None:
    """Do nothing: nobody wants to know of steps."""


@dataclass(frozen=True)
class EditRequest:
    """One call of an editor."""

    images: tuple[Picture, ...]
    """Input pictures, the one to edit first; at least one."""
    prompt: str
    """What to do, in words."""
    seed: int = 0
    """Starting point of any randomness; 0 to 2**31 - 1."""
    mask: Picture | None = None
    """White where the edit may happen, and what words such as `this` mean; same size as the first
    image."""
    options: Mapping[str, JsonValue] = field(default_factory=dict)
    """How to run this one call: `steps`, `guidance`, `negative_prompt`, `size` as `[width, height]`
    where there is no image. Names that are not in `Capabilities.options` change nothing."""
    on_step: Callable[[int, int], None] = ignore_step
    """Called with `(step, steps)` while a slow editor works."""


@dataclass(frozen=True)
class EditResult:
    """What an editor made."""

    image: bytes
    """Encoded PNG, JPEG or WebP."""
    notes: tuple[str, ...] = ()
    """Sentences for the thinker and the record: what was left out, guessed or adjusted."""
    cost_usd: float = 0.0
    """Price of the call in US dollars."""
    details: Mapping[str, JsonValue] = field(default_factory=dict)
    """Anything worth recording, as JSON: steps, guidance, sizes."""


@runtime_checkable
class Editor(Protocol):
    """Makes an image from an image and a prompt.

    Implementations are cheap to construct and load what is heavy at the first call. `edit` may run
    concurrently with itself and keeps no state between calls.
    """

    name: str
    """Kebab-case id; also the name of its node in the graph."""
    capabilities: Capabilities

    async def edit(self, request: EditRequest) -> EditResult:
        """Edit the first image of the request.

        Raises:
            EditRefusedError: if the prompt asks for what this editor cannot do.
            TransientEditorError: if trying again may help.
            EditorError: for any other failure.
        """
        ...


_PRESETS = "editthinker.tools.editors.diffusion.presets"
_PRESET_NAMES = (
    "flux-kontext",
    "qwen-image-edit",
    "qwen-image-edit-lightning",
    "qwen-image-edit-plus",
    "qwen-image-edit-2511",
    "longcat-image-edit",
    "flux2",
    "flux2-klein",
    "qwen-image-2.1",
    "glm-image",
    "omnigen",
    "instruct-pix2pix",
    "sdxl-instruct-pix2pix",
    "flux-fill",
)

EDITORS: Registry[Editor] = Registry(
    kind="editor",
    group="editthinker.editors",
    builtin={
        "darkroom": "editthinker.tools.editors.darkroom.editor:Darkroom",
        "fake": "editthinker.tools.editors.fake:FakeEditor",
        **{
            name: f"{_PRESETS}:{name.replace('-', '_').replace('.', '_')}" for name in _PRESET_NAMES
        },
        "openai-images": "editthinker.tools.editors.openai_images:OpenAIImagesEditor",
        "quirky": "editthinker.tools.editors.quirky:QuirkyEditor",
        "remote": "editthinker.tools.editors.remote:RemoteEditor",
        "simulated": "editthinker.tools.editors.simulated:SimulatedEditor",
    },
)
"""Editors that can be chosen by name."""
