"""Arguments of TRL's configurations, checked against the TRL that is installed."""

from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from editthinker.tools.errors import ConfigError
from editthinker.training.recipe import Recipe

OURS = frozenset({"output_dir"})
"""Arguments that do not belong into a recipe."""


def check_arguments(kind: type, given: Mapping[str, Any]) -> None:
    """Check that every argument exists.

    Raises:
        ConfigError: naming the first that does not, and its nearest neighbours.
    """
    known = {each.name for each in fields(kind) if each.init}
    for name in given:
        if name in OURS:
            raise ConfigError(f"trainer.{name} does not belong into a recipe; use --out")
        if name not in known:
            near = get_close_matches(name, known, n=3)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise ConfigError(f"trainer.{name}: {kind.__name__} has no such argument{hint}")


def build_arguments(
    kind: type, recipe: Recipe, out: Path, *, overrides: Mapping[str, Any] | None = None
) -> Any:
    """Build TRL's configuration of a recipe.

    Raises:
        ConfigError: if an argument does not exist or its value is refused.
    """
    check_arguments(kind, recipe.trainer)
    given = {**recipe.trainer, **(overrides or {})}
    try:
        return kind(output_dir=str(out), **given)
    except (TypeError, ValueError, ImportError) as exc:
        raise ConfigError(f"{kind.__name__} refuses the recipe: {exc}") from exc
