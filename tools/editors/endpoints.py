"""Several addresses of one service: which to use next, and which to leave alone for a while."""

import asyncio
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx

from editthinker.tools.errors import ConfigError

FAILURES_TO_OPEN = 3
"""Failures in a row after which an endpoint is left alone."""

FIRST_PAUSE_S = 0.5
"""How long it is left alone first; doubles with every failed look at it."""

LONGEST_PAUSE_S = 30.0
"""Most that the pause grows to."""

PROBE_TIMEOUT_S = 5.0
"""How long the question whether an endpoint is ready may take."""

_CLOCK = count()


@dataclass(eq=False)
class Endpoint:
    """One address and what is known of it; its circuit is open while `up` is false."""

    url: str
    up: bool = False
    reason: str = ""
    in_flight: int = 0
    failures: int = 0
    pauses: int = 0
    retry_at: float = 0.0
    last_used: int = -1
    probe: asyncio.Task[None] | None = field(default=None, repr=False)


@dataclass
class EndpointPool:
    """Chooses the least loaded endpoint that is up, and looks after those that are not.

    An endpoint is asked whether it is ready before its first use and before it is used again after
    `FAILURES_TO_OPEN` failures in a row; then a single failure suffices to leave it alone again.

    Attributes:
        endpoints: All of them; belongs to one event loop.
        client: Asks for readiness.
        ready_paths: Where to ask, each if the one before does not exist; with none, every endpoint
            is taken to be ready.
    """

    endpoints: Sequence[Endpoint]
    client: httpx.AsyncClient
    ready_paths: Sequence[str] = ("/ready", "/health")

    async def choose(
        self, not_before: Mapping[Endpoint, float], give_up_at: float
    ) -> Endpoint | None:
        """Return the endpoint to use now, waiting for one if need be; None if none came up.

        Args:
            not_before: Loop time before which this call must not use an endpoint again; infinity
                to never do.
            give_up_at: Loop time until which to wait for an endpoint to come up.
        """
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            usable = [e for e in self.endpoints if not_before.get(e, 0.0) < float("inf")]
            self._start_probes(usable, now)
            new = [e.probe for e in usable if e.probe and e.pauses == 0 and not e.up]
            if new:  # else the first of them to answer would get the whole first burst
                await asyncio.wait(new)
                continue
            up = [e for e in usable if e.up]
            free = [e for e in up if not_before.get(e, 0.0) <= now]
            if free:
                chosen = min(free, key=lambda e: (e.in_flight, e.last_used))
                chosen.last_used = next(_CLOCK)
                return chosen
            if not up and now >= give_up_at:
                return None
            times = [not_before.get(e, 0.0) if e.up else e.retry_at for e in usable]
            wait_s = max(0.0, min([*times, now + LONGEST_PAUSE_S]) - now)
            probes = [e.probe for e in usable if e.probe]
            if probes:
                await asyncio.wait(probes, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(wait_s if up else min(wait_s, give_up_at - now))

    def succeeded(self, endpoint: Endpoint) -> None:
        """Note that an endpoint answered properly."""
        endpoint.failures = endpoint.pauses = 0
        endpoint.reason = ""

    def failed(self, endpoint: Endpoint, reason: str, *, at_once: bool) -> None:
        """Note a failure; `at_once` leaves the endpoint alone without waiting for more."""
        endpoint.reason = reason
        endpoint.failures += 1
        if endpoint.up and (at_once or endpoint.failures >= FAILURES_TO_OPEN):
            self._pause(endpoint)

    def troubles(self) -> str:
        """Say of every endpoint with a trouble what it last was."""
        return "; ".join(f"{e.url} {e.reason}" for e in self.endpoints if e.reason)

    def _pause(self, endpoint: Endpoint) -> None:
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**endpoint.pauses)
        endpoint.up = False
        endpoint.pauses += 1
        endpoint.retry_at = asyncio.get_running_loop().time() + pause_s

    def _start_probes(self, endpoints: Sequence[Endpoint], now: float) -> None:
        for endpoint in endpoints:
            if not endpoint.up and endpoint.probe is None and now >= endpoint.retry_at:
                endpoint.probe = asyncio.create_task(self._probe(endpoint))

    async def _probe(self, endpoint: Endpoint) -> None:
        try:
            reason = await self._ask(endpoint.url)
            if reason:
                endpoint.reason = reason
                self._pause(endpoint)
            else:
                endpoint.up = True
                endpoint.failures = FAILURES_TO_OPEN - 1 if endpoint.pauses else 0
        finally:
            endpoint.probe = None

    async def _ask(self, url: str) -> str | None:
        """Return why an endpoint is not ready, or None."""
        timeout = httpx.Timeout(PROBE_TIMEOUT_S)
        try:
            async with asyncio.timeout(2 * PROBE_TIMEOUT_S):  # some answer drop by drop
                for path in self.ready_paths:
                    async with self.client.stream("GET", url + path, timeout=timeout) as response:
                        status = response.status_code
                    if status >= 500:
                        return f"is not ready (HTTP {status})"
                    if status not in (404, 405):
                        break
        except (httpx.ReadTimeout, TimeoutError):
            # Services that answer from one small pool of threads are silent while they are busy.
            return None
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            return describe_transport(exc)
        # Other services of the same kind have neither path, or want a key even here.
        return None


def describe_transport(exc: Exception) -> str:
    """Say in a few words why no HTTP answer came."""
    if isinstance(exc, httpx.ConnectTimeout | httpx.PoolTimeout):
        return "gave no connection in time"
    if isinstance(exc, httpx.TimeoutException):
        return "gave no answer in time"
    text = " ".join(str(exc).split())
    if isinstance(exc, httpx.ConnectError):
        return f"takes no connection ({text})"
    return f"lost the connection ({text or type(exc).__name__})"


def read_endpoints(given: Sequence[str], variable: str, example: str) -> tuple[str, ...]:
    """Return base addresses without a slash at the end.

    Args:
        given: Addresses, or `@FILE` for a file of one address a line with `#` comments. If empty,
            the environment variable's, separated by commas or spaces.
        variable: That variable.
        example: An address to show in errors.

    Raises:
        ConfigError: if there is none, one is no HTTP address, or a file cannot be read.
    """
    texts = list(given) or re.split(r"[,\s]+", os.environ.get(variable, "").strip())
    urls: dict[str, None] = {}
    for text in texts:
        lines = _read_lines(text[1:]) if text.startswith("@") else [text]
        urls.update((_base(line, example), None) for line in lines if line)
    if not urls:
        raise ConfigError(
            f"no address was given; name the service with --endpoint {example} or in {variable}"
        )
    return tuple(urls)


def _read_lines(path: str) -> list[str]:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"the file of endpoints {path!r} cannot be read: {exc}") from exc
    return [line.partition("#")[0].strip() for line in text.splitlines()]


def _base(text: str, example: str) -> str:
    url = text if "://" in text else f"http://{text}"
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ConfigError(f"{text[:120]!r} is not the address of a service; write {example}")
    return url.rstrip("/")
