"""The content-addressed store that holds the bytes of every image.

A blob's name is the SHA-256 of its bytes, so that writing twice is harmless, nothing is ever
overwritten, and a read can be verified. The store is a folder or any fsspec URL.
"""

import hashlib
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs
from platformdirs import user_cache_path

from editthinker.tools.errors import ConfigError, MediaError
from editthinker.tools.images import ImageRef, Picture
from editthinker.tools.recent import Recent

CACHE_BYTES = 64 * 2**20
"""Encoded images kept in memory: an edit is read by the thinker as soon as it is made."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


class BlobStore:
    """Bytes by their SHA-256, in a folder or behind an fsspec URL.

    Args:
        url: A folder, or an fsspec URL such as `memory://blobs` or `s3://bucket/blobs`. By default
            the folder in the environment variable `EDITTHINKER_BLOBS`, else one in the user's
            cache folder. It is made at the first write; nothing is touched before that.
    """

    def __init__(self, url: str | os.PathLike[str] | None = None) -> None:
        self._url = url
        self._recent: Recent[Picture] = Recent(CACHE_BYTES, lambda picture: len(picture.data))

    @cached_property
    def url(self) -> str:
        """Where the blobs are."""
        chosen = self._url or os.environ.get("EDITTHINKER_BLOBS")
        return str(chosen or user_cache_path("editthinker") / "blobs")

    @cached_property
    def _files(self) -> "_Files":
        if not re.search("://|::", self.url):
            return _Folder(Path(self.url).absolute())
        try:
            system, root = url_to_fs(self.url)
        except (ImportError, ValueError) as exc:
            raise ConfigError(
                f"cannot use {self.url!r} as a blob store ({exc}); name a folder, or install what "
                "the URL needs"
            ) from exc
        return _Folder(Path(root)) if "file" in system.protocol else _Remote(system, root)

    def put(self, data: bytes) -> str:
        """Store bytes, atomically, and return their SHA-256.

        Raises:
            ConfigError: if the store cannot be written.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        self._write(sha256, data)
        return sha256

    def get(self, sha256: str) -> bytes:
        """Read bytes and check them against their name.

        Raises:
            MediaError: if the name is not a SHA-256, there is no such blob, or it is damaged.
            ConfigError: if the store cannot be read.
        """
        data = self._read(sha256)
        self._verify(sha256, hashlib.sha256(data).hexdigest())
        return data

    def put_image(self, data: bytes) -> ImageRef:
        """Store an encoded PNG, JPEG or WebP image as it is and return its reference.

        Raises:
            MediaError: if the bytes are no such image.
            ConfigError: if the store cannot be written.
        """
        picture = Picture.from_bytes(data)
        self._write(picture.ref["sha256"], data)
        self._recent.put(picture.ref["sha256"], picture)
        return picture.ref

    def get_image(self, ref: ImageRef) -> Picture:
        """Read an image by its reference; what the reference says is checked against the bytes.

        Raises:
            MediaError: if it is missing or damaged, or if the reference is forged.
            ConfigError: if the store cannot be read.
        """
        if not isinstance(ref, dict) or "sha256" not in ref:
            raise MediaError(f"{repr(ref)[:200]} is not an image reference; ingest the image first")
        recent = self._recent.get(str(ref["sha256"]))
        if recent and recent.ref == ref:
            return recent
        data = self._read(ref["sha256"])
        try:
            picture = Picture.from_bytes(data)
        except MediaError:
            self.get(ref["sha256"])  # tells damage from a blob that is no image
            raise
        self._verify(ref["sha256"], picture.ref["sha256"])
        if picture.ref != ref:
            raise MediaError(
                f"image reference {repr(ref)[:200]} does not match the stored image {picture.ref}"
            )
        self._recent.put(ref["sha256"], picture)
        return picture

    def _read(self, sha256: str) -> bytes:
        if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
            raise MediaError(f"{repr(sha256)[:80]} is not a SHA-256 of 64 hexadecimal digits")
        files = self._files
        try:
            return files.read(_place(sha256))
        except FileNotFoundError as exc:
            raise MediaError(
                f"image {sha256[:12]} is not in the blob store {self.url}; ingest it again, or "
                "point EDITTHINKER_BLOBS at the store that holds it"
            ) from exc
        except Exception as exc:  # every fsspec driver has errors of its own
            raise ConfigError(
                f"cannot read the blob store {self.url}: {_reason(exc)}; point EDITTHINKER_BLOBS "
                "at a folder you can read and write"
            ) from exc

    def _write(self, sha256: str, data: bytes) -> None:
        files = self._files
        try:
            files.write(_place(sha256), data)
        except Exception as exc:  # every fsspec driver has errors of its own
            raise ConfigError(
                f"cannot write to the blob store {self.url}: {_reason(exc)}; set EDITTHINKER_BLOBS "
                "to a folder you can write"
            ) from exc

    def _verify(self, sha256: str, found: str) -> None:
        if found != sha256:
            raise MediaError(
                f"image {sha256[:12]} is damaged; delete {_place(sha256)} in the blob store "
                f"{self.url} and ingest it again"
            )


class _Files(Protocol):
    def read(self, place: str) -> bytes: ...

    def write(self, place: str, data: bytes) -> None:
        """Write atomically, unless it is there; another size is what a power cut leaves behind."""


@dataclass(frozen=True)
class _Folder:
    root: Path

    def read(self, place: str) -> bytes:
        return (self.root / place).read_bytes()

    def write(self, place: str, data: bytes) -> None:
        path = self.root / place
        if path.is_file() and path.stat().st_size == len(data):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".new-{uuid4().hex}")
        try:
            new.write_bytes(data)
            new.replace(path)
        except BaseException:
            with suppress(OSError):
                new.unlink()
            raise


@dataclass(frozen=True)
class _Remote:
    system: AbstractFileSystem
    root: str

    def read(self, place: str) -> bytes:
        return bytes(self.system.cat_file(f"{self.root}/{place}"))

    def write(self, place: str, data: bytes) -> None:
        path = f"{self.root}/{place}"
        with suppress(FileNotFoundError):
            if self.system.size(path) == len(data):
                return
        self.system.pipe_file(path, data)


def _place(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def _reason(exc: Exception) -> str:
    return (isinstance(exc, OSError) and exc.strerror) or str(exc) or type(exc).__name__
