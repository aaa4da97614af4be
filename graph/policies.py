"""How each kind of node is retried and timed out, as data."""

from dataclasses import dataclass

from langgraph.types import CachePolicy, RetryPolicy, TimeoutPolicy, TracePolicy

from editthinker.graph.state import EditInput, EditTask
from editthinker.tools.errors import TransientError


@dataclass(frozen=True, kw_only=True)
class Policies:
    """Limits of the nodes that call models; seconds."""

    edit_timeout_s: float = 900.0
    """One call of an editor."""
    think_timeout_s: float = 300.0
    """The thinker's look at one turn, all candidates together."""
    attempts: int = 3
    """Calls of a node in all, where it fails with a `TransientError`."""
    first_wait_s: float = 0.5
    """Wait before the second call; doubles, with jitter."""

    @property
    def retry(self) -> RetryPolicy:
        """Retry what may pass."""
        return RetryPolicy(
            initial_interval=self.first_wait_s,
            max_attempts=self.attempts,
            retry_on=TransientError,
        )

    @property
    def edit_timeout(self) -> TimeoutPolicy:
        """Time limit of an editor node."""
        return TimeoutPolicy(run_timeout=self.edit_timeout_s)

    @property
    def think_timeout(self) -> TimeoutPolicy:
        """Time limit of a thinker node."""
        return TimeoutPolicy(run_timeout=self.think_timeout_s)


def task_key(task: EditTask) -> str:
    """Name an edit by everything that decides it; what a cache is keyed by."""
    return repr(sorted(task.items()))


EDIT_CACHE = CachePolicy(key_func=task_key)
"""The same task makes the same image; in force only where the graph is compiled with a cache."""


def _without_image(given: EditInput) -> dict[str, object]:
    return {**given, "image": "...", **({"mask": "..."} if given.get("mask") else {})}


INGEST_TRACE = TracePolicy(process_inputs=_without_image)
"""Keeps a data URI out of traces."""
