"""Calls of a service over HTTP: least loaded endpoint, retries, one deadline for everything."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple
from uuid import uuid4
from weakref import WeakKeyDictionary

import httpx
from pydantic import JsonValue, SecretStr

from editthinker.tools.editors.answers import EndpointFault, read_answer
from editthinker.tools.editors.base import ignore_step
from editthinker.tools.editors.endpoints import Endpoint, EndpointPool, describe_transport
from editthinker.tools.editors.progress import read_events
from editthinker.tools.errors import EditorError

FIRST_WAIT_S = 0.25
"""Wait before the first retry at an endpoint; doubles, with jitter."""

LONGEST_WAIT_S = 8.0
"""Most that the wait grows to, where the service asks for no other."""

KEPT_CONNECTIONS = 32
"""Idle connections kept open. The time that httpcore 1.0 needs for each call grows with the square
of this number while hundreds of calls end at once."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to wait, in seconds."""

    timeout_s: float = 600.0
    """One call, with all its waiting and retrying."""
    retry_s: float = 60.0
    """How long after its first failure a call is still retried; above the time in which serving
    frameworks restart what died. A busy service (HTTP 429) is asked again until `timeout_s`."""
    connect_s: float = 10.0
    """Making a connection."""


class Body(NamedTuple):
    """What to send."""

    content: bytes
    media_type: str


@dataclass(frozen=True)
class _Session:
    client: httpx.AsyncClient
    pool: EndpointPool


@dataclass
class _Call:
    """One call and what went wrong in it so far."""

    headers: dict[str, str]
    tries: int = 0
    first_failure: float | None = None
    not_before: dict[Endpoint, float] = field(default_factory=dict)


class HttpService:
    """One service at several addresses.

    A call goes to the least loaded endpoint that is up. Failures of an endpoint (broken connection,
    HTTP 5xx, 408, 425, 429) are retried there or elsewhere with exponential back-off and jitter, or
    as `Retry-After` says, under one `Idempotency-Key`; what the service says about the request
    (other 4xx) is raised at once. May be used from several event loops, each with its own
    connections.

    Args:
        name: What to call it in errors.
        urls: Base addresses.
        token: Sent as bearer token.
        patience: Time limits.
        ready_paths: Where an endpoint says whether it is ready.
    """

    def __init__(
        self,
        name: str,
        urls: Sequence[str],
        token: SecretStr | None,
        patience: Patience,
        ready_paths: Sequence[str] = ("/ready", "/health"),
    ) -> None:
        self.name = name
        self.urls = tuple(urls)
        self._token = token
        self._patience = patience
        self._ready_paths = ready_paths
        # Reads the certificates from disk, which must not happen inside an event loop.
        self._tls = httpx.create_ssl_context()
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, _Session] = WeakKeyDictionary()

    async def post(
        self, path: str, body: Body, on_step: Callable[[int, int], None] = ignore_step
    ) -> dict[str, JsonValue]:
        """Send a request until an endpoint answers with a JSON object, and return that.

        Args:
            path: Below the base address.
            body: What to send.
            on_step: Called with the steps that an endpoint tells of before it answers.

        Raises:
            EditRefusedError: if the service will not do what was asked.
            EditorError: if it says that the request is wrong, or failed for longer than allowed.
        """
        session = self._session()
        call = _Call({"Content-Type": body.media_type, "Idempotency-Key": uuid4().hex})
        timeout_s = self._patience.timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    endpoint = await self._choose(session.pool, call)
                    try:
                        return await self._try(session, endpoint, path, call, body, on_step)
                    except EndpointFault as fault:
                        self._note(session.pool, endpoint, fault, call)
        except TimeoutError as exc:
            troubles = session.pool.troubles()
            raise EditorError(
                f"{self.name} made no image within {timeout_s:g} s"
                f"{f' ({troubles})' if troubles else ''}; allow more time or add endpoints"
            ) from exc

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session:
            await session.client.aclose()

    def _session(self) -> _Session:
        loop = asyncio.get_running_loop()
        if loop not in self._sessions:
            key = self._token and {"Authorization": f"Bearer {self._token.get_secret_value()}"}
            client = httpx.AsyncClient(
                verify=self._tls,
                timeout=httpx.Timeout(None, connect=self._patience.connect_s),
                limits=httpx.Limits(
                    max_connections=None, max_keepalive_connections=KEPT_CONNECTIONS
                ),
                headers=key or {},
            )
            pool = EndpointPool([Endpoint(u) for u in self.urls], client, self._ready_paths)
            self._sessions[loop] = _Session(client, pool)
        return self._sessions[loop]

    async def _choose(self, pool: EndpointPool, call: _Call) -> Endpoint:
        since = call.first_failure or asyncio.get_running_loop().time()
        endpoint = await pool.choose(call.not_before, since + self._patience.retry_s)
        if endpoint is None:
            raise EditorError(
                f"{self.name} cannot be reached ({pool.troubles()}); start the service, or name "
                "one that runs with --endpoint"
            )
        return endpoint

    async def _try(
        self,
        session: _Session,
        endpoint: Endpoint,
        path: str,
        call: _Call,
        body: Body,
        on_step: Callable[[int, int], None],
    ) -> dict[str, JsonValue]:
        endpoint.in_flight += 1
        try:
            async with session.client.stream(
                "POST", endpoint.url + path, content=body.content, headers=call.headers
            ) as response:
                answer = read_answer(self.name, await read_events(response, on_step))
        except httpx.HTTPError as exc:
            down = isinstance(exc, httpx.ConnectError | httpx.ConnectTimeout)
            raise EndpointFault(describe_transport(exc), down=down) from exc
        except EditorError:
            session.pool.succeeded(endpoint)
            raise
        finally:
            endpoint.in_flight -= 1
        session.pool.succeeded(endpoint)
        return answer

    def _note(
        self, pool: EndpointPool, endpoint: Endpoint, fault: EndpointFault, call: _Call
    ) -> None:
        """Prepare the next try.

        Raises:
            EditorError: if there is to be none.
        """
        now = asyncio.get_running_loop().time()
        back_off_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**call.tries) * random.uniform(0.5, 1)
        call.tries += 1
        call.not_before[endpoint] = inf if fault.wrong else now + max(fault.wait_s, back_off_s)
        if fault.busy:
            return
        call.first_failure = call.first_failure or now
        pool.failed(endpoint, str(fault), at_once=fault.wrong or fault.down)
        hopeless = all(call.not_before.get(e) == inf for e in pool.endpoints)
        if hopeless or now - call.first_failure >= self._patience.retry_s:
            tries = f" in {call.tries} tries" if call.tries > 1 else ""
            raise EditorError(
                f"{self.name} made no image{tries}: {endpoint.url} {fault}"
            ) from fault
