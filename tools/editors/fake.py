"""A fake editor for tests and benchmarks: it follows no instruction."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from editthinker.tools.editors.base import Capabilities, EditRequest, EditResult
from editthinker.tools.editors.refusals import refuse_unsupported
from editthinker.tools.images import Picture


@dataclass
class FakeEditor:
    """A fake: tints a band of the image, its place and colour drawn from image, prompt and seed.

    The same request makes the same bytes, any other request other ones. Unlike real editors it
    keeps state: what it was asked.

    Attributes:
        name: Its id, and the name of its node in the graph.
        fail_on: What to raise in the first call, the second and so on, None to work; calls after
            these work.
        delay_s: How long a call takes at least.
        echo: Whether to return the input's bytes unchanged, which costs nothing.
        calls: Every request so far, the failed ones too.
    """

    name: str = "fake"
    fail_on: Sequence[Exception | None] = ()
    delay_s: float = 0.0
    echo: bool = False
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(supports_seed=True))
    calls: list[EditRequest] = field(default_factory=list, init=False)

    async def edit(self, request: EditRequest) -> EditResult:
        """Tint a band, or fail as `fail_on` says."""
        self.calls.append(request)
        refuse_unsupported(self.name, self.capabilities, request)
        failure = next(iter(self.fail_on[len(self.calls) - 1 :]), None)
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if failure:
            raise failure
        request.on_step(1, 1)
        if self.echo:
            return EditResult(request.images[0].data)
        return EditResult(await asyncio.to_thread(_tint_band, request))


def _tint_band(request: EditRequest) -> bytes:
    sha256 = request.images[0].ref["sha256"]
    digest = hashlib.sha256(f"{sha256}\n{request.seed}\n{request.prompt}".encode()).digest()
    pixels = request.images[0].pixels.copy()
    height = len(pixels)
    thickness = max(1, height // 8)
    top = int.from_bytes(digest[3:7]) % (height - thickness + 1)
    band = pixels[top : top + thickness, :, :3]
    band[...] = band // 2 + [channel // 2 for channel in digest[:3]]
    return Picture.from_pixels(pixels).data
