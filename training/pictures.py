"""Pictures of training data: decoded by a data loader, kept by content in a blob store."""

import asyncio
import hashlib
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from PIL import Image

from editthinker.tools.blobs import BlobStore
from editthinker.tools.errors import MediaError
from editthinker.tools.images import Picture
from editthinker.tools.ingest import ingest_image
from editthinker.tools.recent import Recent

CACHE_BYTES = 128 * 2**20
"""Encoded pictures kept in memory: a group of replies brings the same ones many times."""

AT_ONCE = 4
"""Pictures taken in side by side: few, so that the first is ready before the last was looked at."""


class Pictures:
    """Takes in pictures the way data sets give them: decoded, each copy an object of its own."""

    def __init__(self, blobs: BlobStore) -> None:
        self.blobs = blobs
        self._recent: Recent[Picture] = Recent(CACHE_BYTES, lambda picture: len(picture.data))
        self._encoding = Lock()
        self._gates: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
            WeakKeyDictionary()
        )

    async def take_in(self, image: Any) -> Picture:
        """Store an image and return it.

        Args:
            image: A Pillow image, the undecoded `{"bytes", "path"}` of `datasets`, or a picture.

        Raises:
            MediaError: if it is none of them.
        """
        gate = self._gates.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
        async with gate:
            return await asyncio.to_thread(self.take_in_now, image)

    def take_in_now(self, image: Any) -> Picture:
        """Do the same outside of an event loop."""
        if isinstance(image, Picture):
            if self._recent.get(image.ref["sha256"]) is None:
                self.blobs.put_image(image.data)
                self._recent.put(image.ref["sha256"], image)
            return image
        if isinstance(image, dict) and (image.get("bytes") or image.get("path")):
            ref = ingest_image(image.get("bytes") or image["path"], self.blobs).ref
            return self.blobs.get_image(ref)
        if not isinstance(image, Image.Image):
            raise MediaError(f"{repr(image)[:80]} is no picture; rows hold `images` (source, edit)")
        if image.mode != "RGB":
            image = image.convert("RGB")
        name = hashlib.sha256(repr(image.size).encode() + image.tobytes()).hexdigest()
        with self._encoding:  # the copies of a group come together; one encodes, the others find it
            known = self._recent.get(name)
            if known is None:
                known = Picture.from_pixels(np.asarray(image))
                self.blobs.put_image(known.data)
                self._recent.put(name, known)
        return known
