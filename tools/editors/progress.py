"""Steps of an edit on their way from where it is made to where it was asked for.

Over HTTP they are server-sent events, `{"step": 3, "steps": 28}`, before a last one with the answer
that would else have been the whole response: `{"status": 200, "answer": {...}}`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import httpx

from editthinker.tools.editors.answers import EndpointFault
from editthinker.tools.editors.base import EditRequest, EditResult

MEDIA_TYPE = "text/event-stream"

MAX_ANSWER_BYTES = 256 * 2**20
"""Largest answer that is read, decompressed; an image of 64 megapixels fits twice, as base64."""

_OF_THE_WIRE = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Headers that do not hold for an answer that has been read."""


async def follow(
    edit: Callable[[EditRequest], Awaitable[EditResult]], request: EditRequest
) -> AsyncIterator[tuple[int, int] | EditResult]:
    """Carry out a request, and yield each step `(step, steps)` when it is made, then the result."""
    loop = asyncio.get_running_loop()
    made: asyncio.Queue[tuple[int, int] | None] = asyncio.Queue()

    def report(step: int, steps: int) -> None:
        loop.call_soon_threadsafe(made.put_nowait, (step, steps))

    work = asyncio.ensure_future(edit(replace(request, on_step=report)))
    work.add_done_callback(lambda _: made.put_nowait(None))
    try:
        while step := await made.get():
            yield step
        yield work.result()
    finally:
        work.cancel()


def write_event(**fields: object) -> str:
    """Return a server-sent event."""
    return f"data: {json.dumps(fields)}\n\n"


async def read_events(
    response: httpx.Response, on_step: Callable[[int, int], None]
) -> httpx.Response:
    """Read an answer; if it is a stream of events, report its steps and return what it ends with.

    Raises:
        EndpointFault: if it is a stream of something else, ends too early, or does not end.
    """
    if not response.headers.get("Content-Type", "").startswith(MEDIA_TYPE):
        content = b"".join([part async for part in _parts(response)])
        kept = {k: v for k, v in response.headers.items() if k not in _OF_THE_WIRE}
        return httpx.Response(
            response.status_code, headers=kept, content=content, request=response.request
        )
    async for line in _lines(response):
        if not line.startswith(b"data:"):
            continue
        try:
            event = json.loads(line[5:])
            if "status" not in event:
                on_step(int(event["step"]), int(event["steps"]))
            elif isinstance(event["status"], int):
                return httpx.Response(
                    event["status"], json=event["answer"], request=response.request
                )
            else:
                raise TypeError
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as exc:
            raise EndpointFault("sent an event that is none of ours", wrong=True) from exc
    raise EndpointFault("ended its answer before there was an image")


async def _parts(response: httpx.Response) -> AsyncIterator[bytes]:
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > MAX_ANSWER_BYTES:
            raise EndpointFault(f"sent more than {MAX_ANSWER_BYTES:,} bytes", wrong=True)
        yield part


async def _lines(response: httpx.Response) -> AsyncIterator[bytes]:
    held: list[bytes] = []
    async for part in _parts(response):
        *ends, rest = part.split(b"\n")
        for end in ends:
            yield b"".join([*held, end])
            held.clear()
        held.append(rest)
