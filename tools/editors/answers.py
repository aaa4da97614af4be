"""What a service's HTTP answer means: a JSON object, the request's fault, or the endpoint's."""

import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from pydantic import JsonValue

from editthinker.tools.errors import EditorError, EditRefusedError

REFUSAL_CODES = frozenset({"refused", "content_policy_violation", "moderation_blocked"})
"""Error codes of a service that understood the prompt and will not carry it out."""

_BROKEN = frozenset({408, 425, 500, 502, 503, 504})
_KEY = frozenset({401, 403})
_ADDRESS = frozenset({404, 405})
_MESSAGE_CHARS = 300


class EndpointFault(Exception):
    """An endpoint did not do its work; another one, or the same one later, may.

    Attributes:
        busy: It has too much to do, which is no sign of a defect.
        wrong: It never will: it is something else, or wants another key.
        down: Nothing answers there.
        wait_s: How long it asks to wait.
    """

    def __init__(
        self,
        reason: str,
        *,
        busy: bool = False,
        wrong: bool = False,
        down: bool = False,
        wait_s: float = 0.0,
    ) -> None:
        super().__init__(reason)
        self.busy, self.wrong, self.down, self.wait_s = busy, wrong, down, wait_s


def read_answer(name: str, response: httpx.Response) -> dict[str, JsonValue]:
    """Return the JSON object of an answer that has been read.

    Raises:
        EndpointFault: if another endpoint, or this one later, may answer better.
        EditRefusedError: if the service will not do what was asked.
        EditorError: if it says that the request cannot work.
    """
    status = response.status_code
    answer = _parse(response)
    said = _message(answer, response.text)
    wait_s = _retry_after(response)
    if status == 429:
        raise EndpointFault(f"is busy (HTTP 429): {said}", busy=True, wait_s=wait_s)
    if status in _BROKEN or status > 505:
        raise EndpointFault(f"failed (HTTP {status}): {said}", wait_s=wait_s)
    if status in _KEY:
        raise EndpointFault(f"wants another key (HTTP {status}): {said}", wrong=True)
    if status in _ADDRESS or (not response.is_success and status < 400):
        raise EndpointFault(
            f"has no {response.request.url.path} (HTTP {status}): {said}; check the address",
            wrong=True,
        )
    if response.is_success:
        if isinstance(answer, dict):
            return answer
        raise EndpointFault(
            f"answered without a JSON object: {said}; check the address", wrong=True
        )
    if _code(answer) in REFUSAL_CODES:
        raise EditRefusedError(said)
    raise EditorError(f"{name} refused the request (HTTP {status}): {said}")


def _parse(response: httpx.Response) -> JsonValue:
    try:
        parsed: JsonValue = json.loads(response.content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    return parsed


def _refuse_constant(text: str) -> JsonValue:
    raise ValueError(f"{text} is no JSON")


def _message(answer: JsonValue, text: str) -> str:
    """Return what a service says went wrong, wherever its kind of service puts it."""
    if isinstance(answer, dict):
        for key in ("detail", "error", "message"):
            said = answer.get(key)
            if isinstance(said, dict):
                said = said.get("message") or said.get("detail") or json.dumps(said)
            elif isinstance(said, list):
                said = "; ".join(map(_validation_message, said))
            if said:
                return _shorten(str(said))
    title = re.search(r"<(title|h1)[^>]*>(.*?)</\1>", text, re.DOTALL | re.IGNORECASE)
    if title or re.match(r"\s*<(!doctype|html)", text, re.IGNORECASE):
        return f"a web page, {_shorten(title.group(2) if title else text)!r}"
    return _shorten(text) or "nothing"


def _validation_message(problem: JsonValue) -> str:
    if not isinstance(problem, dict):
        return str(problem)
    where = problem.get("loc")
    field = f"{where[-1]}: " if isinstance(where, list) and where else ""
    return f"{field}{problem.get('msg') or problem}"


def _code(answer: JsonValue) -> str | None:
    if not isinstance(answer, dict):
        return None
    error = answer.get("error")
    code = error.get("code") if isinstance(error, dict) else answer.get("code")
    return code if isinstance(code, str) else None


def _shorten(text: str) -> str:
    return " ".join(text.split())[:_MESSAGE_CHARS]


def _retry_after(response: httpx.Response) -> float:
    value = response.headers.get("Retry-After", "")
    with suppress(ValueError):
        return max(0.0, float(value))
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    return 0.0
