"""The models in memory: each is loaded once per process, at its first use."""

from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from os import cpu_count
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from editthinker.tools.models import model_path

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

THREADS = min(4, cpu_count() or 1)
"""Most threads that one model uses."""

_LOADING = Lock()

L = TypeVar("L")


def has_models(*names: str) -> bool:
    """Whether the files of a pack's models are there, and ONNX Runtime to run them."""
    return find_spec("onnxruntime") is not None and all(model_path(name) for name in names)


def open_session(name: str) -> "InferenceSession":
    """Return the session of a model that `has_models`."""
    return load_once(_load_session, name)


def load_once(load: Callable[[Path], L], name: str) -> L:
    """Return what a cached loader makes of a model's file; two callers do not load it twice."""
    path = model_path(name)
    assert path is not None
    with _LOADING:
        return load(path)


@lru_cache(maxsize=8)
def _load_session(path: Path) -> "InferenceSession":
    return start_session(str(path))


def start_session(model: str | bytes) -> "InferenceSession":
    """Start ONNX Runtime on a model's file or its bytes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    # Without its arena, ONNX Runtime gives memory back after a call instead of keeping the peak.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
