"""What the server has beside LangGraph's own routes: pictures in and out, a guard at the door.

`POST /blobs` takes the bytes of an image and returns its reference; `GET /blobs/SHA256` returns
an image that is in the store. The guard wraps every route of the server, LangGraph's too.
"""

import asyncio
import hmac
import re
from functools import lru_cache
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from editthinker.graph.server_settings import server_settings
from editthinker.tools.blobs import BlobStore
from editthinker.tools.errors import MediaError
from editthinker.tools.images import EXTENSIONS, Picture
from editthinker.tools.ingest import ingest_image

OPEN = frozenset({"/ok"})
"""Paths that need no token."""

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "private, max-age=31536000, immutable",
}
"""A picture is never run as a page, and its type is never guessed."""


@lru_cache(maxsize=1)
def blob_store() -> BlobStore:
    """Return the store that the served graphs use."""
    return BlobStore()


async def upload_image(request: Request) -> Response:
    """Store an image; the body is its bytes, whatever type is declared."""
    settings = server_settings()
    try:
        data = await request.body()
        ingested = await asyncio.to_thread(ingest_image, data, blob_store(), limits=settings.limits)
    except MediaError as exc:
        return refuse(400, str(exc))
    base = settings.public_url.rstrip("/")
    body = {**ingested.ref, "url": f"{base}/blobs/{ingested.ref['sha256']}"}
    return JSONResponse(body, status_code=201)


async def download_image(request: Request) -> Response:
    """Return a stored image; anything else in the store counts as missing."""
    sha256 = request.path_params["sha256"]
    try:
        picture = await asyncio.to_thread(_read_picture, sha256)
    except MediaError:
        return refuse(404, "there is no such image")
    media_type = picture.ref["media_type"]
    name = f"{sha256[:12]}{EXTENSIONS[media_type]}"
    headers = {**SAFE_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(picture.data, media_type=media_type, headers=headers)


def _read_picture(sha256: str) -> Picture:
    return Picture.from_bytes(blob_store().get(sha256))


def refuse(status: int, reason: str) -> JSONResponse:
    """Say in one sentence why a request is refused, where LangGraph's clients look for it."""
    return JSONResponse({"detail": reason}, status_code=status)


class Guard:
    """Lets in who has a token, where tokens are set, and no body over the limit."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan" or not server_settings().users:
                await self._app(scope, receive, send)
            return
        settings = server_settings()
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        is_open = scope["path"] in OPEN or scope["method"] == "OPTIONS"
        if settings.users and not is_open and find_user(headers, settings.users) is None:
            refusal = refuse(401, "give a valid token as Authorization: Bearer ...")
            await refusal(scope, receive, send)
            return
        most = settings.max_body
        too_large = refuse(413, f"the request is larger than {most:,} bytes")
        declared = headers.get("content-length", "0")
        if not re.fullmatch(r"\d{1,15}", declared) or int(declared) > most:
            await too_large(scope, receive, send)
            return
        await self._count(scope, receive, send, most, too_large)

    async def _count(
        self, scope: Scope, receive: Receive, send: Send, most: int, too_large: Response
    ) -> None:
        seen, started = 0, False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            return message if seen <= most else {"type": "http.disconnect"}

        async def watched(message: Message) -> None:
            nonlocal started
            if seen <= most or started:
                started = True
                await send(message)

        try:
            await self._app(scope, counted, watched)
        except Exception:
            if seen <= most:
                raise
        if seen > most and not started:
            await too_large(scope, receive, send)


def find_user(headers: dict[str, str], users: dict[str, str]) -> str | None:
    """Return the name of the user whose token the headers carry, as bearer or `x-api-key`."""
    bearer = headers.get("authorization", "")
    given = bearer[7:] if bearer[:7].lower() == "bearer " else headers.get("x-api-key", "")
    names = [name for token, name in users.items() if _same(given.strip(), token)]
    return names[0] if names else None


def _same(given: str, token: str) -> bool:
    return bool(token) and hmac.compare_digest(given.encode(), token.encode())


routes: list[Any] = [
    Route("/blobs", upload_image, methods=["POST"]),
    Route("/blobs/{sha256}", download_image, methods=["GET"]),
]

app = Starlette(routes=routes, middleware=[Middleware(Guard)])
"""What `langgraph.json` names as `http.app`."""
