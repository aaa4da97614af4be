"""Prompt texts: our own files in `graph/prompts`, and a template of the user's."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from editthinker.tools.errors import ConfigError

PLACEHOLDERS = ("original_instruction", "rewritten_prompt")
"""What a template of the user's must hold, in braces."""

_HEADER = re.compile(r"\A<!--.*?-->\s*", re.DOTALL)


@cache
def load_prompt(name: str) -> str:
    """Read one of our own prompts, such as `tags`, without its header comment."""
    text = (files("editthinker.graph") / "prompts" / f"{name}.md").read_text("utf-8")
    return _HEADER.sub("", text).strip()


def read_template(path: Path) -> str:
    """Read a template of the user's, such as the one a released model was trained with.

    Literal `<image>` marks are dropped, since the images travel beside the text.

    Raises:
        ConfigError: if it cannot be read or lacks a placeholder.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"prompt template {str(path)!r} cannot be read: {exc}") from exc
    missing = [f"{{{name}}}" for name in PLACEHOLDERS if f"{{{name}}}" not in text]
    if missing:
        raise ConfigError(f"prompt template {str(path)!r} lacks {' and '.join(missing)}")
    return text.replace("<image>", "").strip()


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values in place of `{name}`, in one pass: what a value holds is never replaced.

    Other braces are left alone, as in JSON examples.
    """
    names = "|".join(map(re.escape, values))
    return re.sub(rf"\{{({names})\}}", lambda match: values[match[1]], template)
