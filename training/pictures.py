"""Pictures of training data: decoded by a data loader, kept by content in a blob store."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from editthinker.tools.blobs import BlobStore
from editthinker.tools.errors import MediaError
from editthinker.tools.images import Picture
from editthinker.tools.ingest import ingest_image
from editthinker.tools.recent import Recent

CACHE_BYTES = 128 * 2**20
"""Encoded pictures kept in memory: a group of replies brings the same ones many times."""


class Pictures:
    """Takes in pictures the way data sets give them."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._recent: Recent[Picture] = Recent(CACHE_BYTES, lambda picture: len(picture.data))

    def take_in(self, images: Sequence[Any]) -> tuple[Picture, ...]:
        """Store images and return them.

        Args:
            images: Each a Pillow image, or the undecoded `{"bytes", "path"}` of `datasets`.

        Raises:
            MediaError: if one is neither.
        """
        return tuple(self._one(image) for image in images)

    def _one(self, image: Any) -> Picture:
        if isinstance(image, dict) and (image.get("bytes") or image.get("path")):
            ref = ingest_image(image.get("bytes") or image["path"], self._blobs).ref
            return self._blobs.get_image(ref)
        if not isinstance(image, Image.Image):
            raise MediaError(f"{repr(image)[:80]} is no picture; rows hold `images` (source, edit)")
        pixels = np.asarray(image.convert("RGB"))
        name = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()
        known = self._recent.get(name)
        if known is None:
            data = Picture.from_pixels(pixels).data
            known = self._blobs.get_image(self._blobs.put_image(data))
            self._recent.put(name, known)
        return known
