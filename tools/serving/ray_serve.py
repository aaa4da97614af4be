"""The service on Ray Serve: a gateway that speaks HTTP, and one worker for each copy of a model.

Serve itself does not repeat what was under way on a worker that died. The gateway does, so that a
lost worker costs its callers time and not their edit; what a lost gateway held is repeated by
clients such as `editthinker.tools.editors.remote`.

In a config file for `serve deploy`, `import_path` is `editthinker.tools.serving.ray_serve:build`
and `args` are those of `ServiceSettings`.
"""

import asyncio
import random
import re
import signal
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import ray
from fastapi import FastAPI
from ray import serve
from ray.exceptions import RayActorError, RayTaskError
from ray.serve.config import HTTPOptions
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError

from editthinker.tools.editors.base import Capabilities, EditRequest, EditResult, ignore_step
from editthinker.tools.editors.progress import follow
from editthinker.tools.errors import (
    ConfigError,
    EditorError,
    EditThinkerError,
    TransientEditorError,
)
from editthinker.tools.serving.app import create_app
from editthinker.tools.serving.engine import BusyError
from editthinker.tools.serving.settings import ServiceSettings, make_editor

APPLICATION = "editthinker-editor"
"""Name of the application in Ray Serve."""

TRIES = 6
"""How often the gateway gives a call to a worker before it tells its client to come back."""

FIRST_WAIT_S = 0.05
"""Wait before the second try; doubles. Together the waits outlast the time in which a dead worker
still gets calls, not its restart: there are other workers for that."""

READY_S = 3.0
"""How long a worker may take to say that it is ready."""


class Worker:
    """One copy of the model. It takes calls once its weights are loaded.

    Args:
        settings: `ServiceSettings` as plain data.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        checked = ServiceSettings.model_validate(settings)
        self._editor = make_editor(checked.editor, checked.options)
        load = getattr(self._editor, "load", None)
        if load:
            # Ray calls this inside its event loop, which cannot be run a second time.
            with ThreadPoolExecutor(1) as thread:
                thread.submit(asyncio.run, load()).result()

    async def ready(self) -> None:
        """Answer."""

    async def edit(self, request: EditRequest) -> EditResult:
        """Make an image."""
        return await self._editor.edit(request)

    async def edit_in_steps(
        self, request: EditRequest
    ) -> AsyncIterator[tuple[int, int] | EditResult]:
        """Make an image, and tell of each step before."""
        async for made in follow(self._editor.edit, request):
            yield made


class WorkersEngine:
    """The workers, as what the HTTP application works with.

    Args:
        name: Name of the editor.
        capabilities: What it can do.
        workers: Handle of the deployment of `Worker`.
    """

    def __init__(self, name: str, capabilities: Capabilities, workers: Any) -> None:
        self.name = name
        self.capabilities = capabilities
        self._workers = workers

    async def ready(self) -> str | None:
        """Return None if a worker answers, else what is missing."""
        response = self._workers.ready.remote()
        try:
            await asyncio.wait_for(response, READY_S)
        except BackPressureError:
            return None  # it is loaded, and has much to do
        except (RayActorError, DeploymentUnavailableError, TimeoutError):
            response.cancel()
            return f"no copy of {self.name} is loaded"
        return None

    async def edit(self, request: EditRequest) -> EditResult:
        """Have a worker make an image, and another one if the first is lost."""
        for attempt in range(TRIES):
            if request.on_step is ignore_step:
                response = self._workers.edit.remote(request)
            else:
                sent = replace(request, on_step=ignore_step)  # what is sent must be data
                response = self._workers.options(stream=True).edit_in_steps.remote(sent)
            try:
                return await _result(response, request.on_step)
            except asyncio.CancelledError:
                response.cancel()
                raise
            except BackPressureError as exc:
                raise BusyError(f"all copies of {self.name} are busy; try again later") from exc
            except RayTaskError as exc:
                if isinstance(exc.cause, EditThinkerError):
                    raise exc.cause from None  # the text of Ray's own is a whole traceback
                raise EditorError(f"{self.name}: {exc.cause!r}"[:400]) from exc
            except (RayActorError, DeploymentUnavailableError):
                await asyncio.sleep(FIRST_WAIT_S * 2**attempt * random.uniform(0.5, 1))
        raise TransientEditorError(f"{self.name} lost its workers {TRIES} times; try again later")


def build(args: dict[str, Any]) -> Any:
    """Make the Ray Serve application of `ServiceSettings`, given as plain data."""
    settings = ServiceSettings.model_validate(args)
    editor = make_editor(settings.editor, settings.options)
    name, capabilities = editor.name, editor.capabilities
    token = settings.token.get_secret_value() if settings.token else None
    worker = serve.deployment(
        Worker,
        name="Worker",
        num_replicas=settings.replicas,
        max_ongoing_requests=settings.ongoing,
        max_queued_requests=settings.max_queued,
        # GPUs decide where a copy goes; whole CPUs would leave small machines without a gateway.
        ray_actor_options={"num_cpus": 0, "num_gpus": settings.gpus or 0},
        graceful_shutdown_timeout_s=30,
    ).bind(args)

    def make_app() -> FastAPI:
        application = serve.get_replica_context().app_name
        workers = serve.get_deployment_handle("Worker", app_name=application)
        engine = WorkersEngine(name, capabilities, workers)
        return create_app(engine, token=token, max_bytes=settings.max_bytes)

    gateway = serve.deployment(
        serve.ingress(make_app)(),
        name="Gateway",
        max_ongoing_requests=1000,
        ray_actor_options={"num_cpus": 0},
    )
    return gateway.bind(worker)


def serve_forever(
    settings: ServiceSettings, cluster: str | None = None, metrics_port: int | None = None
) -> None:
    """Serve until interrupted.

    Args:
        settings: What to serve.
        cluster: Address of a running Ray cluster; None starts one on this machine, for itself.
        metrics_port: Where that one shows its metrics.

    Raises:
        ConfigError: if there is no such cluster, there are not enough GPUs, or the model cannot be
            loaded.
    """
    # A running cluster does not let a newcomer choose these.
    own = {} if cluster else {"include_dashboard": False, "_metrics_export_port": metrics_port}
    try:
        ray.init(address=cluster, log_to_driver=False, configure_logging=False, **own)
    except (ConnectionError, RuntimeError) as exc:
        said = str(exc).strip().splitlines()
        raise ConfigError(
            f"Ray does not start: {said[0][:300] if said else exc!r}"
            + ("; is the cluster up, and RAY_AUTH_MODE the same on it and here?" if cluster else "")
        ) from exc
    try:
        there = ray.cluster_resources().get("GPU", 0)
        gpus = settings.gpus if settings.gpus is not None else min(1.0, there)
        if cluster is None and gpus * settings.replicas > there:
            raise ConfigError(
                f"{settings.replicas} copies with {gpus:g} GPUs each do not fit on {there:g}; "
                "give fewer --replicas, a smaller share of --gpus, or join a --cluster"
            )
        options = HTTPOptions(
            host=settings.host, port=settings.port, request_timeout_s=settings.timeout_s
        )
        serve.start(http_options=options)
        plain = settings.model_copy(update={"gpus": gpus}).model_dump()
        plain["token"] = settings.token and settings.token.get_secret_value()
        try:
            serve.run(build(plain), name=APPLICATION, route_prefix="/")
        except RuntimeError as exc:
            raise ConfigError(f"{settings.editor} cannot be served: {_reason()}") from exc
        _wait_for_a_signal()
        serve.delete(APPLICATION)
    finally:
        if cluster is None:
            serve.shutdown()
        ray.shutdown()


def _wait_for_a_signal() -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()


def _reason() -> str:
    """Return what Ray noted about the workers: the last error in it, or all of it."""
    application = serve.status().applications.get(APPLICATION)
    if application is None:
        return "Ray Serve dropped it before it said why"
    noted = " ".join(deployment.message for deployment in application.deployments.values())
    errors = re.findall(r"^[\w.]*Error: (.*)", noted, re.MULTILINE)
    return str((errors or [" ".join(noted.split())])[-1])[:600]


async def _result(response: Any, on_step: Callable[[int, int], None]) -> EditResult:
    """Wait for what a worker makes, with the steps before it if it tells them."""
    if on_step is ignore_step:
        result: EditResult = await response
        return result
    async for made in response:
        if isinstance(made, EditResult):
            return made
        on_step(*made)
    raise TransientEditorError("a copy ended before there was an image")
