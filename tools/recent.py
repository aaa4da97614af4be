"""A small memory of what was used last."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """The values used last, up to a number of bytes; the newest is always kept.

    Args:
        max_bytes: Forget the oldest values above this.
        size: Tells the bytes of a value.
    """

    def __init__(self, max_bytes: int, size: Callable[[V], int]) -> None:
        self._max_bytes = max_bytes
        self._size = size
        self._values: OrderedDict[str, V] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, name: str) -> V | None:
        """Return a value, now the newest, or None."""
        with self._lock:
            if name in self._values:
                self._values.move_to_end(name)
            return self._values.get(name)

    def put(self, name: str, value: V) -> None:
        """Remember a value as the newest."""
        with self._lock:
            if name in self._values:
                self._bytes -= self._size(self._values.pop(name))
            self._values[name] = value
            self._bytes += self._size(value)
            while len(self._values) > 1 and self._bytes > self._max_bytes:
                self._bytes -= self._size(self._values.popitem(last=False)[1])
