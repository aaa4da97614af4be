"""A real HTTP server on the loopback address that answers, fails and hangs as a test says."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from editthinker.tools.images import Picture

EDITED = Picture.from_pixels(np.full((64, 48, 3), 200, np.uint8))


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b"{}"
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class Drop(Exception):
    """Close the connection without an answer."""


def answer(status: int = 200, headers: Mapping[str, str] | None = None, **fields: Any) -> Reply:
    return Reply(status, json.dumps(fields).encode(), headers=headers or {})


def edited(picture: Picture = EDITED, **fields: Any) -> Reply:
    image = base64.b64encode(picture.data).decode()
    return answer(success=True, edited_image=image, **fields)


def web_page(status: int = 200) -> Reply:
    page = b"<!doctype html><html><head><title>Welcome to the proxy</title></head></html>"
    return Reply(status, page, "text/html")


Handler = Callable[[Request], Awaitable[Reply]]


class Loopback:
    """The server; `handler` may be replaced at any time, and `requests` holds what came.

    Requests for /ready and /health are answered by `ready` and counted in `probes` only.
    """

    def __init__(self, handler: Handler | None = None, ready: int = 200) -> None:
        self.handler = handler or succeed
        self.ready = ready
        self.requests: list[Request] = []
        self.probes: list[str] = []
        self.in_flight = self.most_in_flight = self.abandoned = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> "Loopback":
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, limit=2**26, backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def __aenter__(self) -> "Loopback":
        return await self.start()

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        try:
            while self._server and (request := await self._read(reader)):
                reply = await self._answer(request, reader)
                head = [f"HTTP/1.1 {reply.status} X", f"Content-Length: {len(reply.body)}"]
                head += [f"{k}: {v}" for k, v in reply.headers.items()]
                head += [f"Content-Type: {reply.media_type}", "", ""]
                writer.write("\r\n".join(head).encode() + reply.body)
                await writer.drain()
        except (Drop, asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> Request:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().strip().split("\r\n")
        headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _ = first.split()
        return Request(method, path, headers, body)

    async def _answer(self, request: Request, reader: asyncio.StreamReader) -> Reply:
        if request.path in ("/ready", "/health"):
            self.probes.append(request.path)
            return answer(self.ready)
        self.requests.append(request)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        work = asyncio.ensure_future(self.handler(request))
        gone = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                self.abandoned += 1
                raise Drop
            return work.result()
        finally:
            self.in_flight -= 1
            work.cancel()
            gone.cancel()
            await asyncio.wait({gone})


async def succeed(request: Request) -> Reply:
    return edited()


async def hang(request: Request) -> Reply:
    await asyncio.Event().wait()
    raise AssertionError


def in_turn(*replies: Reply | Exception) -> Handler:
    """Give each reply once, in this order, and the last one for ever."""
    left = list(replies)

    async def handle(request: Request) -> Reply:
        reply = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(reply, Exception):
            raise reply
        return reply

    return handle


async def until(condition: Callable[[], object]) -> None:
    """Let others work until something holds, at most half a minute."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 what is waited for lies behind a socket
            await asyncio.sleep(0.001)
