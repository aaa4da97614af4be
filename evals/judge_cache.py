"""Replies of judges by content: the same question about the same images is asked once."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from pydantic import JsonValue


@dataclass(frozen=True)
class CachedReply:
    """A reply and what it took."""

    text: str
    tokens: tuple[tuple[str, dict[str, float]], ...] = ()
    """Tokens with the log-probabilities of alternatives, where they were asked for."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0


class JudgeCache:
    """Replies in a folder, one small file each; in memory while they are under way."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, asyncio.Future[CachedReply]] = {}

    async def get(
        self, question: Mapping[str, JsonValue], ask: Callable[[], Awaitable[CachedReply]]
    ) -> tuple[CachedReply, bool]:
        """Return the reply to a question, and whether it had to be asked now.

        Args:
            question: Everything that decides the reply, images by content.
            ask: Asks the judge; what it raises is raised here and not kept.
        """
        key = hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()
        if running := self._running.get(key):
            return await asyncio.shield(running), False
        path = self._folder / key[:2] / f"{key}.json"
        if known := await asyncio.to_thread(_read, path):
            return known, False
        # Another task may have begun while the disk was read.
        if running := self._running.get(key):
            return await asyncio.shield(running), False
        running = asyncio.ensure_future(ask())
        self._running[key] = running
        try:
            reply = await running
            await asyncio.to_thread(_write, path, reply)
        finally:
            self._running.pop(key, None)
        return reply, True


def _read(path: Path) -> CachedReply | None:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        values["tokens"] = tuple((text, dict(tops)) for text, tops in values["tokens"])
        return CachedReply(**values)
    except (OSError, ValueError, TypeError, KeyError):
        return None  # a damaged entry is as good as none


def _write(path: Path, reply: CachedReply) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".new-{uuid4().hex}")
    fresh.write_text(json.dumps(asdict(reply)), encoding="utf-8")
    fresh.replace(path)
