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
        EndpointFault: if it is a stream of something else, or ends too early.
    """
    if not response.headers.get("Content-Type", "").startswith(MEDIA_TYPE):
        await response.aread()
        return response
    async for line in response.aiter_lines():
        if not line.startswith("data:"):
            continue
        try:
            event = json.loads(line[5:])
            if "status" in event:
                return httpx.Response(
                    event["status"], json=event["answer"], request=response.request
                )
            on_step(int(event["step"]), int(event["steps"]))
        except (ValueError, KeyError, TypeError) as exc:
            raise EndpointFault("sent an event that is none of ours", wrong=True) from exc
    raise EndpointFault("ended its answer before there was an image")
