"""Arguments of TRL's configurations, checked against the TRL that is installed."""

from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError
from transformers.integrations.integration_utils import INTEGRATION_TO_CALLBACK

from editthinker.tools.errors import ConfigError
from editthinker.training.recipe import Recipe

OURS = frozenset({"output_dir"})
"""Arguments that do not belong into a recipe."""

PLAIN = frozenset({bool, int, float, str, type(None)})
"""Types whose values are checked here; the configuration itself takes whatever it is given."""


def read_arguments(kind: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check that every argument exists and has a value of its type.

    YAML takes `1e-5` for text; it is read as the number that it is.

    Raises:
        ConfigError: naming the first that is wrong.
    """
    known = {each.name for each in fields(kind) if each.init}
    hints = get_type_hints(kind)
    read = {}
    for name, value in given.items():
        if name in OURS:
            raise ConfigError(f"trainer.{name} does not belong into a recipe; use --out")
        if name not in known:
            near = get_close_matches(name, known, n=3)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise ConfigError(f"trainer.{name}: {kind.__name__} has no such argument{hint}")
        read[name] = value
        if not _is_plain(hints[name]):
            continue
        try:
            read[name] = TypeAdapter(hints[name]).validate_python(value)
        except ValidationError as exc:
            problem = exc.errors()[0]["msg"]
            raise ConfigError(f"trainer.{name} = {str(value)[:80]!r}: {problem}") from exc
    return read


def build_arguments(
    kind: type, recipe: Recipe, out: Path, *, overrides: Mapping[str, Any] | None = None
) -> Any:
    """Build TRL's configuration of a recipe.

    Raises:
        ConfigError: if an argument does not exist or its value is refused.
    """
    given = {**read_arguments(kind, recipe.trainer), **(overrides or {})}
    try:
        built = kind(output_dir=str(out), **given)
    except (TypeError, ValueError, ImportError) as exc:
        raise ConfigError(f"{kind.__name__} refuses the recipe: {exc}") from exc
    for name in built.report_to:
        if name not in INTEGRATION_TO_CALLBACK:
            near = " or ".join(get_close_matches(name, INTEGRATION_TO_CALLBACK)) or "none"
            raise ConfigError(f"trainer.report_to = {name!r}: there is no such tracker; {near}?")
    return built


def _is_plain(hint: Any) -> bool:
    kinds = get_args(hint) if isinstance(hint, UnionType) or get_args(hint) else (hint,)
    return set(kinds) <= PLAIN
