"""Reuse of what a loop encodes again and again: its source image and its prompts.

A loop edits the same source in every turn, and every candidate of a turn has the same prompt. What
`_encode_vae_image` and `encode_prompt` of a pipeline return depends on their arguments alone (the
latent is the mode of its distribution, so the generator has no part in it); it is kept by the
content of these arguments, so the image that is made is the same, bit for bit.
"""

import hashlib
import inspect
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from diffusers import DiffusionPipeline
from PIL import Image

ENCODERS = ("encode_prompt", "_encode_vae_image")
"""Methods of pipelines that are remembered where they exist."""


class Remembered:
    """The last results of a method, by the content of its arguments.

    Args:
        method: Bound method of a pipeline.
        size: How many results to keep.
    """

    def __init__(self, method: Callable[..., Any], size: int) -> None:
        self._method = method
        self._signature = inspect.signature(method)
        self._size = size
        self._results: OrderedDict[bytes, Any] = OrderedDict()
        self.hits = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the method returns."""
        given = self._signature.bind(*args, **kwargs).arguments
        digest = hashlib.sha256()
        for name, value in sorted(given.items()):
            if name != "generator":
                digest.update(name.encode())
                _add(digest, value)
        key = digest.digest()
        if key in self._results:
            self.hits += 1
        else:
            self._results[key] = self._method(*args, **kwargs)
            while len(self._results) > self._size:
                self._results.popitem(last=False)
        self._results.move_to_end(key)
        return self._results[key]


def remember_encodings(pipeline: DiffusionPipeline, size: int) -> list[Remembered]:
    """Let a pipeline keep its last encodings; return what was put in place."""
    put = []
    for name in ENCODERS:
        if size and hasattr(pipeline, name):
            remembered = Remembered(getattr(pipeline, name), size)
            setattr(pipeline, name, remembered)
            put.append(remembered)
    return put


def _add(digest: Any, value: object) -> None:
    if isinstance(value, torch.Tensor):
        array = value.detach().cpu().contiguous().view(torch.uint8).numpy()
        digest.update(f"{value.dtype}{tuple(value.shape)}".encode() + array.tobytes())
    elif isinstance(value, Image.Image):
        digest.update(f"{value.mode}{value.size}".encode() + value.tobytes())
    elif isinstance(value, np.ndarray):
        digest.update(f"{value.dtype}{value.shape}".encode() + value.tobytes())
    elif isinstance(value, list | tuple):
        digest.update(f"[{len(value)}]".encode())
        for item in value:
            _add(digest, item)
    else:
        digest.update(repr(value).encode())
