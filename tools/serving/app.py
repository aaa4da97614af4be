"""The service as a FastAPI application, whatever makes the images.

`create_app(engine)` knows nothing of Ray: it runs under uvicorn alone, in tests, and as the ingress
of `editthinker.tools.serving.ray_serve`.
"""

import asyncio
import base64
import json
import random
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar
from uuid import uuid4

from fastapi import FastAPI, File, Form, HTTPException, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import JsonValue

from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.base import EditRequest, EditResult
from editthinker.tools.editors.generators import named_size
from editthinker.tools.editors.progress import MEDIA_TYPE, follow, write_event
from editthinker.tools.errors import (
    ConfigError,
    EditRefusedError,
    EditThinkerError,
    MediaError,
    TransientError,
)
from editthinker.tools.images import ImageRef, Picture
from editthinker.tools.ingest import Limits, ingest_image
from editthinker.tools.serving.contract import (
    EditIn,
    EditOut,
    FillOut,
    GenerateIn,
    GenerateOut,
    Trouble,
)
from editthinker.tools.serving.engine import BusyError, Engine
from editthinker.tools.serving.guards import Guards

T = TypeVar("T")

MAX_BYTES = 64 * 2**20
"""Largest request by default."""

MAX_IMAGES = 8
"""Most images that one request to `/v1/images/edits` may ask for."""

RETRY_AFTER_S = "2"

_TROUBLES: dict[int | str, dict[str, Any]] = {
    status: {"model": Trouble} for status in (400, 401, 413, 422, 429, 500, 503)
}


def create_app(
    engine: Engine,
    *,
    token: str | None = None,
    max_bytes: int = MAX_BYTES,
    limits: Limits | None = None,
) -> FastAPI:
    """Make the service.

    Args:
        engine: Makes the images.
        token: Bearer token that callers must send, except to `/health` and `/ready`.
        max_bytes: Largest request.
        limits: Which images are too large or too small.
    """
    limits = limits or Limits()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await engine.ready()  # starts loading
        yield

    app = FastAPI(title=f"EditThinker: {engine.name}", lifespan=lifespan, responses=_TROUBLES)
    app.add_middleware(Guards, max_bytes=max_bytes, token=token)
    app.add_exception_handler(EditThinkerError, _tell)
    app.add_exception_handler(RequestValidationError, _tell_invalid)
    capabilities = engine.capabilities

    async def make(request: Request, wish: EditRequest) -> EditOut:
        started = time.perf_counter()
        result = await _while_connected(request, engine.edit(wish))
        return _answer(engine.name, wish, result, time.perf_counter() - started)

    async def read(body: EditIn) -> EditRequest:
        texts = [body.image, *body.extra_images, *([body.mask_image] if body.mask_image else [])]
        pictures = await asyncio.to_thread(lambda: [_from_base64(t, limits) for t in texts])
        mask = pictures.pop() if body.mask_image else None
        return _wish(pictures, body.prompt, body.seed, mask, body.options())

    async def events(request: Request, wish: EditRequest) -> AsyncIterator[str]:
        started = time.perf_counter()
        try:
            async for made in follow(engine.edit, wish):
                if isinstance(made, EditResult):
                    answer = _answer(engine.name, wish, made, time.perf_counter() - started)
                    yield write_event(status=200, answer=answer.model_dump())
                else:
                    yield write_event(step=made[0], steps=made[1])
        except EditThinkerError as exc:
            said = await _tell(request, exc)
            yield write_event(status=said.status_code, answer=json.loads(said.body))

    @app.get("/health")
    async def health() -> dict[str, str]:
        """Say that the process is alive."""
        return {"status": "alive", "editor": engine.name}

    @app.get("/ready")
    async def ready() -> JSONResponse:
        """Say whether a model is loaded: 200 or 503."""
        missing = await engine.ready()
        if missing:
            return JSONResponse({"detail": missing}, 503, {"Retry-After": RETRY_AFTER_S})
        return JSONResponse({"status": "ready", "editor": engine.name})

    if not capabilities.needs_image:

        @app.post("/generate")
        async def generate(request: Request, body: GenerateIn) -> GenerateOut:
            """Make an image from words."""
            size = named_size(body.aspect_ratio)
            options: dict[str, JsonValue] = {**body.options(), "size": list(size)}
            made = await make(request, _wish([], body.prompt, body.seed, None, options))
            return GenerateOut(
                **made.model_dump(), image=made.edited_image, generation_time=made.processing_time
            )

        return app

    @app.post("/edit", response_model=EditOut)
    async def edit(request: Request, body: EditIn) -> EditOut | StreamingResponse:
        """Edit an image that is sent as base64."""
        wish = await read(body)
        if body.stream:
            return StreamingResponse(events(request, wish), media_type=MEDIA_TYPE)
        return await make(request, wish)

    @app.post("/edit-upload")
    async def edit_upload(
        request: Request,
        image_file: Annotated[UploadFile, File()],
        prompt: Annotated[str, Form(min_length=1, max_length=8000)],
        mask_file: Annotated[UploadFile | None, File()] = None,
        seed: Annotated[int | None, Form(ge=0, le=2**31 - 1)] = None,
        num_inference_steps: Annotated[int | None, Form(ge=1, le=1000)] = None,
        guidance_scale: Annotated[float | None, Form(ge=0, le=100)] = None,
        negative_prompt: Annotated[str | None, Form(max_length=8000)] = None,
    ) -> EditOut:
        """Edit an image that is sent as a file."""
        files = [image_file, *([mask_file] if mask_file else [])]
        pictures = await _read_files(files, limits)
        mask = pictures.pop() if mask_file else None
        given = {
            "steps": num_inference_steps,
            "guidance": guidance_scale,
            "negative_prompt": negative_prompt,
        }
        options: dict[str, JsonValue] = {k: v for k, v in given.items() if v is not None}
        return await make(request, _wish(pictures, prompt, seed, mask, options))

    @app.post("/v1/images/edits")
    async def images_edits(
        request: Request,
        prompt: Annotated[str, Form(min_length=1, max_length=8000)],
        image: Annotated[list[UploadFile] | None, File()] = None,
        images: Annotated[list[UploadFile] | None, File(alias="image[]")] = None,
        mask: Annotated[UploadFile | None, File()] = None,
        n: Annotated[int, Form(ge=1, le=MAX_IMAGES)] = 1,
        seed: Annotated[int | None, Form(ge=0, le=2**31 - 1 - MAX_IMAGES)] = None,
        response_format: Annotated[str, Form()] = "b64_json",
        stream: Annotated[bool, Form()] = False,
    ) -> dict[str, Any]:
        """Edit images as OpenAI's images API does."""
        if response_format != "b64_json" or stream:
            raise ConfigError("only response_format=b64_json without stream is served")
        files = [*(image or []), *(images or []), *([mask] if mask else [])]
        pictures = await _read_files(files, limits)
        masked = _white_where_transparent(pictures.pop()) if mask else None
        first = _wish(pictures, prompt, seed, masked, {})
        wishes = [
            EditRequest(first.images, prompt, first.seed + i, masked, first.options)
            for i in range(n)
        ]
        made = await asyncio.gather(*(make(request, wish) for wish in wishes))
        return {
            "created": int(time.time()),
            "data": [{"b64_json": each.edited_image} for each in made],
            "output_format": "png",
            "details": [each.details for each in made],
        }

    if capabilities.requires_mask:

        @app.post("/fill")
        async def fill(request: Request, body: EditIn) -> FillOut:
            """Paint into the mask of an image that is sent as base64."""
            made = await make(request, await read(body))
            return FillOut(**made.model_dump(), filled_image=made.edited_image)

    return app


def _wish(
    pictures: Sequence[Picture],
    prompt: str,
    seed: int | None,
    mask: Picture | None,
    options: dict[str, JsonValue],
) -> EditRequest:
    if seed is None:
        seed = random.randrange(2**31 - MAX_IMAGES)
    return EditRequest(tuple(pictures), prompt, seed, mask, options)


def _answer(editor: str, wish: EditRequest, result: EditResult, seconds: float) -> EditOut:
    return EditOut(
        task_id=uuid4().hex,
        editor=editor,
        edited_image=base64.b64encode(result.image).decode("ascii"),
        seed=wish.seed,
        original_prompt=wish.prompt,
        processing_time=round(seconds, 3),
        notes=list(result.notes),
        cost_usd=result.cost_usd,
        details=dict(result.details),
    )


class _OnePicture(BlobStore):
    """Keeps the picture that is taken in, and nothing on disk."""

    picture: Picture

    def put_image(self, data: bytes) -> ImageRef:
        self.picture = Picture.from_bytes(data)
        return self.picture.ref


def _take_in(data: bytes | str, limits: Limits) -> Picture:
    store = _OnePicture()
    ingest_image(data, store, limits=limits, allow_paths=False)
    return store.picture


def _from_base64(text: str, limits: Limits) -> Picture:
    uri = text if text[:5].lower() == "data:" else f"data:image/png;base64,{text}"
    return _take_in(uri, limits)


async def _read_files(files: Sequence[UploadFile], limits: Limits) -> list[Picture]:
    contents = [await file.read() for file in files]
    if not contents:
        raise MediaError("no image was sent; add it as the file field 'image'")
    return await asyncio.to_thread(lambda: [_take_in(data, limits) for data in contents])


def _white_where_transparent(mask: Picture) -> Picture:
    pixels = mask.pixels
    if pixels.shape[2] == 3:
        return mask
    return Picture.from_pixels(255 - pixels[..., 3:].repeat(3, axis=2))


async def _while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Do work that is stopped when the caller goes away."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise HTTPException(499, "the caller went away")
        return task.result()
    finally:
        task.cancel()
        gone.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _trouble(request: Request, status: int, detail: str, code: str | None = None) -> JSONResponse:
    headers = {"Retry-After": RETRY_AFTER_S} if status in (429, 503) else None
    body: dict[str, Any] = {"detail": detail, "code": code}
    if request.url.path.startswith("/v1/"):
        kind = "invalid_request_error" if status < 500 else "server_error"
        body = {"error": {"message": detail, "type": kind, "param": None, "code": code}}
    return JSONResponse(body, status, headers)


async def _tell(request: Request, exc: Exception) -> JSONResponse:
    said = str(exc)
    if isinstance(exc, BusyError):
        return _trouble(request, 429, said)
    if isinstance(exc, EditRefusedError):
        return _trouble(request, 422, said, "refused")
    if isinstance(exc, MediaError | ConfigError):
        return _trouble(request, 400, said)
    return _trouble(request, 503 if isinstance(exc, TransientError) else 500, said)


async def _tell_invalid(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, RequestValidationError)
    problems = (f"{'.'.join(map(str, e['loc'][1:]))}: {e['msg']}" for e in exc.errors()[:5])
    status = 400 if request.url.path.startswith("/v1/") else 422
    return _trouble(request, status, "; ".join(problems))
