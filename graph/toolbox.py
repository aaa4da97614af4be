"""What the nodes work with: editors, a thinker and a blob store, each made when first used.

Importing a model client reads files, so nodes ask for their tools in a worker thread.
"""

from collections.abc import Sequence

from editthinker.graph.thinkers.base import THINKERS, Thinker
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.base import EDITORS, Editor
from editthinker.tools.errors import ConfigError


class Toolbox:
    """Editors in the order of escalation, one thinker, and where images are kept.

    Args:
        editors: Editors, or their names in the registry; at least one, no name twice.
        thinker: A thinker, or its name in the registry.
        blobs: A store, or its folder or URL; None for the user's default store.

    Raises:
        ConfigError: if a name is unknown, missing or doubled.
    """

    def __init__(
        self,
        editors: Sequence[str | Editor],
        thinker: str | Thinker,
        blobs: BlobStore | str | None = None,
    ) -> None:
        names = [e if isinstance(e, str) else e.name for e in editors]
        if not names or len(set(names)) < len(names):
            raise ConfigError(f"editors must be one or more different names, not {names}")
        for editor in editors:
            if isinstance(editor, str):
                EDITORS.check(editor)
        if isinstance(thinker, str):
            THINKERS.check(thinker)
        self._editors = dict(zip(names, editors, strict=True))
        self._thinker = thinker
        self.blobs = blobs if isinstance(blobs, BlobStore) else BlobStore(blobs)

    @property
    def editor_names(self) -> list[str]:
        """Names of the editors, in the order of escalation."""
        return list(self._editors)

    @property
    def thinker_name(self) -> str:
        """Name of the thinker."""
        return self._thinker if isinstance(self._thinker, str) else self._thinker.name

    def editor(self, name: str) -> Editor:
        """Return an editor, importing and making it at the first call."""
        editor = self._editors[name]
        if isinstance(editor, str):
            editor = self._editors[name] = EDITORS.load(editor)()
        return editor

    def thinker(self) -> Thinker:
        """Return the thinker, importing and making it at the first call."""
        if isinstance(self._thinker, str):
            self._thinker = THINKERS.load(self._thinker)()
        return self._thinker
