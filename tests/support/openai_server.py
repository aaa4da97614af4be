"""A small OpenAI-compatible server on loopback that misbehaves on request."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]

TAGS = (
    "<think>The clouds stayed white.</think>\n"
    '<score>{"semantic": 5, "quality": 8}</score>\n'
    "<answer>Turn the whole sky orange, clouds included.</answer>"
)
VERDICT: Body = {
    "reasoning": "The clouds stayed white.",
    "semantic": 5,
    "quality": 8,
    "satisfied": False,
    "refined_prompt": "Turn the whole sky orange, clouds included.",
}
PLAN_TAGS = "<think>A sky.</think><answer>Turn the sky orange.</answer>"


@dataclass(frozen=True)
class Reply:
    """A chat completion, or part of one."""

    text: str
    finish_reason: str = "stop"
    logprobs: Body | None = None
    cached_tokens: int = 0


@dataclass(frozen=True)
class Status:
    """An HTTP error."""

    code: int
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = "no"


@dataclass(frozen=True)
class Raw:
    """Bytes in place of a completion."""

    data: bytes
    content_type: str = "application/json"


@dataclass(frozen=True)
class Cut:
    """A connection that breaks in the middle of the body."""


@dataclass(frozen=True)
class Silence:
    """No answer until the server is closed."""


Turn = Reply | Status | Raw | Cut | Silence


@dataclass(frozen=True)
class Call:
    """What a client sent, and when (seconds of the monotonic clock)."""

    body: Body
    headers: dict[str, str]
    at: float

    @property
    def parts(self) -> list[Body]:
        """Content of the last message."""
        content = self.body["messages"][-1]["content"]
        return [{"type": "text", "text": content}] if isinstance(content, str) else content

    @property
    def text(self) -> str:
        return "\n".join(part["text"] for part in self.parts if part["type"] == "text")

    @property
    def images(self) -> list[str]:
        return [part["image_url"]["url"] for part in self.parts if part["type"] == "image_url"]


def sensible(body: Body) -> Reply:
    """Answer like a model that does what it is asked."""
    schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
    text = json.dumps(body["messages"])
    if schema is None:
        return Reply(TAGS if "rewritten_prompt" in text or "<score>" in text else PLAN_TAGS)
    if schema["title"] == "plan":
        return Reply(json.dumps({"reasoning": "A sky.", "prompt": "Turn the sky orange."}))
    if schema["title"] == "checklist":
        wanted = [{"text": "the sky is orange", "keep": False}, {"text": "the sea", "keep": True}]
        return Reply(json.dumps({"requirements": wanted}))
    verdict = dict(VERDICT)
    if "checklist" in schema["properties"]:
        region = [0, 0, 1000, 400]
        verdict["checklist"] = [
            {"number": 1, "status": "partly", "note": "white clouds", "region": region},
            {"number": 2, "status": "done", "note": "", "region": None},
        ]
    return Reply(json.dumps(verdict))


class OpenAIServer:
    """Serves `/v1/chat/completions` until the `with` block ends.

    `script` holds what to do in the next calls; when it is empty, `brain` answers.
    """

    def __init__(self, *script: Turn, brain: Callable[[Body], Turn] = sensible) -> None:
        self.script = list(script)
        self.brain = brain
        self.calls: list[Call] = []
        self.most_at_once = 0
        self._now = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def __enter__(self) -> "OpenAIServer":
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                outer._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, http: BaseHTTPRequestHandler) -> None:
        body = json.loads(http.rfile.read(int(http.headers["Content-Length"])))
        with self._lock:
            self.calls.append(Call(body, dict(http.headers), time.monotonic()))
            turn = self.script.pop(0) if self.script else self.brain(body)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            self._send(http, turn, body)
        finally:
            with self._lock:
                self._now -= 1

    def _send(self, http: BaseHTTPRequestHandler, turn: Turn, body: Body) -> None:
        if isinstance(turn, Silence):
            self._closing.wait(20)
            http.close_connection = True
            return
        if isinstance(turn, Status):
            data = json.dumps({"error": {"message": turn.message, "code": turn.code}}).encode()
            self._write(http, turn.code, data, "application/json", turn.headers)
        elif isinstance(turn, Raw):
            self._write(http, 200, turn.data, turn.content_type, {})
        elif isinstance(turn, Reply):
            data = json.dumps(completion(turn, body)).encode()
            self._write(http, 200, data, "application/json", {})
        else:
            http.send_response(200)
            http.send_header("Content-Type", "application/json")
            http.send_header("Content-Length", "1000")
            http.end_headers()
            http.wfile.write(b'{"id": "x", "cho')
            http.close_connection = True

    @staticmethod
    def _write(
        http: BaseHTTPRequestHandler,
        code: int,
        data: bytes,
        content_type: str,
        headers: Mapping[str, str],
    ) -> None:
        http.send_response(code)
        http.send_header("Content-Type", content_type)
        http.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            http.send_header(name, value)
        http.end_headers()
        http.wfile.write(data)


def completion(reply: Reply, body: Body) -> Body:
    """Wrap a reply the way OpenAI's API does; 1000 tokens in, 100 out."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": reply.text},
                "finish_reason": reply.finish_reason,
                "logprobs": reply.logprobs,
            }
        ],
        "usage": {
            "prompt_tokens": 1000,
            "completion_tokens": 100,
            "total_tokens": 1100,
            "prompt_tokens_details": {"cached_tokens": reply.cached_tokens},
        },
    }
