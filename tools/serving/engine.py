"""What the service works with: an editor that is loaded first, and takes so many calls at once."""

import asyncio
from typing import Protocol

from editthinker.tools.editors.base import Capabilities, Editor, EditRequest, EditResult
from editthinker.tools.errors import EditThinkerError, TransientEditorError


class BusyError(TransientEditorError):
    """Too many calls wait already."""


class Engine(Protocol):
    """Makes images for the service."""

    name: str
    capabilities: Capabilities

    async def ready(self) -> str | None:
        """Return None if calls can be answered, else what is missing."""
        ...

    async def edit(self, request: EditRequest) -> EditResult:
        """Make an image.

        Raises:
            BusyError: if too many calls wait already.
            EditorError: as an editor does.
        """
        ...


class LocalEngine:
    """An editor in this process.

    Args:
        editor: What makes the images. If it has a method `load`, it is not ready before that ended.
        max_waiting: Most calls at a time, those under way included.
    """

    def __init__(self, editor: Editor, max_waiting: int = 64) -> None:
        self.name = editor.name
        self.capabilities = editor.capabilities
        self._editor = editor
        self._max_waiting = max_waiting
        self._waiting = 0
        self._loading: asyncio.Task[None] | None = None

    async def ready(self) -> str | None:
        """Return None once the editor is loaded, else what is missing."""
        load = getattr(self._editor, "load", None)
        if load is None:
            return None
        if self._loading is None:
            self._loading = asyncio.create_task(load())
        if not self._loading.done():
            return f"{self.name} is loading its weights"
        error = self._loading.exception()
        if error is None:
            return None
        self._loading = None  # the next question tries again
        return str(error) if isinstance(error, EditThinkerError) else repr(error)

    async def edit(self, request: EditRequest) -> EditResult:
        """Make an image."""
        if self._waiting >= self._max_waiting:
            raise BusyError(f"{self.name} has {self._waiting} calls to do; try again later")
        self._waiting += 1
        try:
            return await self._editor.edit(request)
        finally:
            self._waiting -= 1
