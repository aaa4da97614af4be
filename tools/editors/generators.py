"""What makes an image from words alone: the text-to-image presets, and the names of sizes.

A generator is an editor whose requests have no image (`Capabilities.needs_image` is false).
"""

from math import sqrt

from editthinker.tools.editors.base import Editor
from editthinker.tools.errors import ConfigError
from editthinker.tools.registry import Registry

_PRESETS = "editthinker.tools.editors.diffusion.presets"

GENERATORS: Registry[Editor] = Registry(
    kind="generator",
    group="editthinker.generators",
    builtin={
        "flux-krea": f"{_PRESETS}:flux_krea",
        "qwen-image": f"{_PRESETS}:qwen_image",
        "qwen-image-lightning": f"{_PRESETS}:qwen_image_lightning",
    },
)
"""Generators that can be chosen by name."""

ASPECTS = ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3")
"""Names of sizes."""

_WORDS = {"square": "1:1", "landscape": "3:2", "portrait": "2:3", "wide": "16:9", "tall": "9:16"}


def named_size(name: str, area: int = 1024 * 1024, multiple: int = 16) -> tuple[int, int]:
    """Return `(width, height)` of an aspect such as `16:9` or `landscape`, near an area in pixels.

    Raises:
        ConfigError: if the name is unknown.
    """
    aspect = _WORDS.get(name, name)
    if aspect not in ASPECTS:
        known = ", ".join([*ASPECTS, *_WORDS])
        raise ConfigError(f"unknown size {name[:40]!r}; known: {known}")
    across, down = map(int, aspect.split(":"))
    width = sqrt(area * across / down)
    return (
        round(width / multiple) * multiple,
        round(width * down / across / multiple) * multiple,
    )
