"""Samples with several input images: editors that take several get them all.

The loop carries one source image. The others of a sample travel beside it, in a context variable
that the editor's wrapper reads; a thinker sees the source alone.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from editthinker.tools.editors.base import Capabilities, Editor, EditRequest, EditResult
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.images import Picture

FURTHER_IMAGES: ContextVar[Sequence[Picture]] = ContextVar("further_images", default=())
"""The images of the sample under way, after the first."""


@dataclass
class WithReferences:
    """Hands an editor the further images of a sample."""

    inner: Editor
    name: str = field(init=False)
    capabilities: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.capabilities = self.inner.name, self.inner.capabilities

    async def edit(self, request: EditRequest) -> EditResult:
        """Edit with every image of the sample.

        Raises:
            EditRefusedError: if the editor takes fewer images than the sample has.
        """
        further = tuple(FURTHER_IMAGES.get())
        if not further:
            return await self.inner.edit(request)
        most, there = self.capabilities.max_images, 1 + len(further)
        if there > most:
            raise EditRefusedError(
                f"{self.name} takes {most} image{'s' * (most > 1)}; this sample has {there}"
            )
        return await self.inner.edit(replace(request, images=(*request.images, *further)))
