"""Results of an earlier, stopped run of the experiment, in a folder that is our own."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def kept(path: Path, make: Callable[[], T]) -> T:
    """Return what lies under a path, or make it and put it there."""
    if path.exists():
        found: T = pickle.loads(path.read_bytes())
        return found
    made = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(pickle.dumps(made))
    unfinished.replace(path)
    return made
