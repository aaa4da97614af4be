"""Tiny versions of the presets; what needs torch is imported where it is used."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from editthinker.tools.editors.diffusion import presets

if TYPE_CHECKING:
    from editthinker.tools.editors.diffusion.editor import DiffusionEditor


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    from tiny_models import BUILDERS

    built: dict[str, Path] = {}

    def build(name: str) -> Path:
        if name not in built:
            built[name] = BUILDERS[name](tmp_path_factory.mktemp("weights") / name)
        return built[name]

    return build


@pytest.fixture
def make(
    weights: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., "DiffusionEditor"]:
    from tiny_models import AREA, LORA, keep_small

    keep_small(monkeypatch)

    def make(name: str, **options: object) -> "DiffusionEditor":
        folder = weights(name)
        given = {"model": str(folder), "steps": 2, "area": AREA}
        if presets.PRESETS[name].lora:
            given["lora"] = str(folder / LORA)
        return presets.PRESETS[name](**{**given, **options})

    return make
