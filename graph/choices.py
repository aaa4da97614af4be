"""Editors and thinkers as a command line names them, with what they need to be reached."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from editthinker.graph.thinkers.base import THINKERS, Thinker
from editthinker.tools.editors.base import EDITORS, Editor
from editthinker.tools.errors import ConfigError
from editthinker.tools.registry import Registry

T = TypeVar("T")


@dataclass(frozen=True)
class Choices:
    """How to make what a run names; addresses and the like are no part of its record."""

    thinker_options: Mapping[str, object] = field(default_factory=dict)
    """Keyword arguments of the thinker's factory, such as `base_url`."""
    editor_options: Mapping[str, object] = field(default_factory=dict)
    """Keyword arguments of the editors' factories: `EDITOR.NAME` for one, `NAME` for all."""
    endpoints: Sequence[str] = ()
    """Addresses for `remote` and `openai-images`."""

    def thinker(self, name: str) -> Thinker:
        """Make a thinker."""
        return make(THINKERS, name, self.thinker_options)

    def editor(self, name: str) -> Editor:
        """Make an editor."""
        options: dict[str, object] = {}
        for key, value in self.editor_options.items():
            editor, dot, option = key.partition(".")
            if not dot or editor == name:
                options[option or key] = value
        if self.endpoints and name == "remote":
            options["endpoints"] = tuple(self.endpoints)
        elif self.endpoints and name == "openai-images":
            options["base_url"] = self.endpoints[0]
        return make(EDITORS, name, options)


def make(registry: Registry[T], name: str, options: Mapping[str, object]) -> T:
    """Call a factory.

    Raises:
        ConfigError: if the name is unknown, or it does not take one of the options.
    """
    factory: Callable[..., T] = registry.load(name)
    if not options:
        return factory()
    try:
        return factory(**options)
    except TypeError as exc:
        raise ConfigError(
            f"{registry.kind} {name!r} does not take {', '.join(options)} ({exc})"
        ) from exc
