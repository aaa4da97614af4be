"""What a failed call of a chat model means."""

import httpx

from editthinker.tools.errors import ThinkerError, TransientThinkerError

RETRY_STATUS = frozenset({408, 409, 425, 429})
"""Client errors that may pass; every server error may."""

_CONNECTION = {"APIConnectionError", "APITimeoutError"}
_MESSAGE_CHARS = 300
_HINTS = {
    401: "; check the API key in the environment",
    403: "; check the API key in the environment",
    404: "; check the base URL and the model name, which must be the one that the server serves",
}


def as_thinker_error(exc: Exception, name: str) -> ThinkerError:
    """Turn what a chat model's client raised into our own error.

    The client has retried what is worth retrying by then. Any client is understood that gives its
    errors a `status_code`, as OpenAI's and most others do. A reply that is no chat completion
    (no JSON, no choices) counts as transient: a proxy's error page, or a server going down.
    """
    text = " ".join(str(exc).split())[:_MESSAGE_CHARS] or type(exc).__name__
    status = getattr(exc, "status_code", None)
    if isinstance(status, int):
        message = f"{name} answered HTTP {status}: {text}{_HINTS.get(status, '')}"
        retry = status in RETRY_STATUS or status >= 500
        return TransientThinkerError(message) if retry else ThinkerError(message)
    names = {each.__name__ for each in type(exc).__mro__}
    if isinstance(exc, ConnectionError | httpx.TransportError) or names & _CONNECTION:
        url = getattr(getattr(exc, "request", None), "url", None)
        where = f" at {url}" if url else ""
        return TransientThinkerError(f"{name}{where} did not answer: {_root_cause(exc)}")
    if isinstance(exc, IndexError):
        text = "it holds no choices"
    return TransientThinkerError(f"{name} sent no proper reply: {text}")


def _root_cause(exc: BaseException) -> str:
    """Return the message of the deepest error that has one: clients wrap theirs several times."""
    text = str(exc)
    while below := exc.__cause__ or exc.__context__:
        exc, text = below, str(below) or text
    return text[:_MESSAGE_CHARS] or type(exc).__name__
