"""Names of editors, thinkers, judges, benchmarks and commands, and how they are loaded.

Built-ins are lazy `"module:attribute [extra]"` strings, so that listing costs nothing; plug-ins are
entry points of the same group. `Registry.load` imports one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar, cast

from editthinker.tools.errors import ConfigError

T = TypeVar("T")


@dataclass(frozen=True)
class Registry(Generic[T]):
    """What can be chosen by name.

    Attributes:
        kind: Singular noun for messages, such as `editor`.
        group: Entry-point group of plug-ins, such as `editthinker.editors`.
        builtin: Each built-in factory by name, as `"module:attribute"`, followed by the extra it
            needs as in `" [diffusers]"`.
    """

    kind: str
    group: str
    builtin: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _targets(self) -> dict[str, EntryPoint]:
        plugins = {point.name: point for point in entry_points(group=self.group)}
        builtin = {n: EntryPoint(n, value, self.group) for n, value in self.builtin.items()}
        return {**plugins, **builtin}

    def names(self) -> list[str]:
        """Return every name, sorted, without importing anything."""
        return sorted(self._targets)

    def check(self, name: str) -> None:
        """Raise `ConfigError`, with the nearest names, if there is no such name."""
        if name in self._targets:
            return
        near = get_close_matches(name, self._targets, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else ""
        known = ", ".join(self.names())
        raise ConfigError(f"unknown {self.kind} {name[:80]!r}; {hint or f'known: {known}'}")

    def load(self, name: str) -> Callable[..., T]:
        """Import and return the factory called `name`.

        Raises:
            ConfigError: if the name is unknown, what it needs is not installed, or it is not there.
        """
        self.check(name)
        target = self._targets[name]
        try:
            return cast("Callable[..., T]", target.load())
        except ImportError as exc:
            package = target.dist.name if target.dist else "editthinker"
            extras = f"[{','.join(target.extras)}]" if target.extras else ""
            raise ConfigError(
                f"{self.kind} {name!r} needs a package that is not installed ({exc}); "
                f"pip install '{package}{extras}'"
            ) from exc
        except AttributeError as exc:
            raise ConfigError(
                f"{self.kind} {name!r} cannot be loaded from {target.value!r} ({exc}); update or "
                "remove the package that provides it"
            ) from exc

    def describe(self) -> list[str]:
        """Return a line for each name: what it is, or why it cannot be used here."""
        lines = []
        for name in self.names():
            try:
                summary = (self.load(name).__doc__ or "").strip().split("\n")[0]
            except ConfigError as exc:
                summary = f"not available: {exc}"
            lines.append(f"{name:28} {summary}")
        return lines
