"""Rubrics: what a judge is told. Our own words, or the official texts in a folder of the user's."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from editthinker.evals.benchmarks.base import Ask
from editthinker.tools.errors import ConfigError

_HEADER = re.compile(r"\A<!--.*?-->\s*", re.DOTALL)

ALIASES = {
    "edit_prompt": "instruction",
    "instruct": "instruction",
    "explain": "explanation",
    "explain_en": "explanation",
    "reference_txt": "reference",
}
"""Places of the official texts, by the name they have here; `<name>` works like `{name}`."""


@dataclass(frozen=True)
class Rubrics:
    """The texts of a run.

    Attributes:
        folder: Official texts as `NAME.md` or `NAME.txt`; None for our own.
    """

    folder: Path | None = None

    @cached_property
    def label(self) -> str:
        """Say in tables which texts were used."""
        return "own" if self.folder is None else f"{self.folder.name} (user's)"

    def fill(self, ask: Ask) -> str:
        """Return the text of a question.

        Raises:
            ConfigError: if the user's folder lacks it.
        """
        values = {**ask.values}
        values |= {alias: values[name] for alias, name in ALIASES.items() if name in values}
        names = "|".join(map(re.escape, values)) or "(?!)"
        # In one pass: what a value holds is never replaced.
        return re.sub(
            rf"\{{({names})\}}|<({names})>",
            lambda match: values[match[1] or match[2]],
            self.text(ask),
        )

    def text(self, ask: Ask) -> str:
        """Return the unfilled text."""
        if self.folder is None:
            place = files("editthinker.evals") / "rubrics" / f"{ask.fallback or ask.rubric}.md"
            return _HEADER.sub("", place.read_text("utf-8")).strip()
        for end in (".md", ".txt"):
            path = self.folder / f"{ask.rubric}{end}"
            if path.is_file():
                return path.read_text("utf-8").strip()
        raise ConfigError(
            f"{str(self.folder)!r} holds no {ask.rubric}.md or .txt; a run uses either our rubrics "
            "or all of yours"
        )


def fingerprint(text: str) -> str:
    """Name a text by content, for records."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
