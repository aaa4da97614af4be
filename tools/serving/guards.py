"""What stands before the routes: the largest body, and who may call."""

import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN_PATHS = frozenset({"/health", "/ready"})
"""What load balancers ask without a token."""


class _TooLargeError(Exception):
    pass


class Guards:
    """ASGI middleware that refuses bodies that are too large and callers without the token.

    Args:
        app: What to guard.
        max_bytes: Largest body, declared or counted.
        token: Bearer token that callers must send; None lets everybody in.
    """

    def __init__(self, app: App, max_bytes: int, token: str | None) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._token = token.encode() if token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if self._token and scope["path"] not in OPEN_PATHS:
            kind, _, given = headers.get(b"authorization", b"").partition(b" ")
            if kind.lower() != b"bearer" or not hmac.compare_digest(given.strip(), self._token):
                said = "send the service's token as 'Authorization: Bearer ...'"
                await _answer(send, 401, said, [(b"www-authenticate", b"Bearer")])
                return
        said = f"the request is larger than {self._max_bytes:,} bytes; send a smaller image"
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self._max_bytes:
            await _answer(send, 413, said)
            return
        received = 0

        async def count() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_bytes:
                raise _TooLargeError
            return message

        async def send_unless_too_large(message: Message) -> None:
            if received <= self._max_bytes:
                await send(message)

        # The application may answer the exception itself, with a status of its own choice.
        with suppress(_TooLargeError):
            await self._app(scope, count, send_unless_too_large)
        if received > self._max_bytes:
            await _answer(send, 413, said)


async def _answer(
    send: Send, status: int, detail: str, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    body = json.dumps({"detail": detail, "error": {"message": detail, "code": None}}).encode()
    head = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": head + (headers or [])})
    await send({"type": "http.response.body", "body": body})
