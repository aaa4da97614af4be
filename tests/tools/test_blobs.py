import hashlib
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import numpy as np
import pytest

from editthinker.tools.blobs import BlobStore
from editthinker.tools.errors import ConfigError, MediaError
from editthinker.tools.images import Picture

SHA256 = hashlib.sha256(b"bytes").hexdigest()
PNG = Picture.from_pixels(np.zeros((9, 8, 3), np.uint8)).data


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture(params=["folder", "file://", "memory://"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    if request.param == "folder":
        return BlobStore(tmp_path / "blobs")
    if request.param == "file://":
        return BlobStore(f"file://{tmp_path}/blobs")
    return BlobStore(f"memory://{tmp_path}")


def test_gives_back_what_was_stored(store: BlobStore) -> None:
    assert store.put(b"bytes") == SHA256
    assert store.put(b"bytes") == SHA256
    assert store.get(SHA256) == b"bytes"


def test_stores_an_image_as_it_came(store: BlobStore) -> None:
    ref = store.put_image(PNG)
    assert ref == Picture.from_bytes(PNG).ref
    assert store.get_image(ref).data == PNG


def test_says_what_is_missing(store: BlobStore) -> None:
    with pytest.raises(MediaError, match=rf"{SHA256[:12]} is not in the blob store .*ingest it"):
        store.get(SHA256)


def test_touches_nothing_before_the_first_write(tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "deep" / "blobs")
    with pytest.raises(MediaError):
        store.get(SHA256)
    assert not list(tmp_path.iterdir())
    store.put(b"bytes")
    assert files(tmp_path) == [tmp_path / "deep" / "blobs" / SHA256[:2] / SHA256]


def test_takes_its_folder_from_the_environment(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("EDITTHINKER_BLOBS", str(tmp_path))
    assert BlobStore().url == str(tmp_path)
    assert BlobStore("elsewhere").url == "elsewhere"


def test_keeps_its_folder_when_the_process_moves(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = BlobStore("blobs")
    store.put(b"bytes")
    monkeypatch.chdir("/")
    assert store.get(SHA256) == b"bytes"


@pytest.mark.parametrize("left", [b"", b"byt", b"bytez"])
def test_finds_damage(store: BlobStore, left: bytes) -> None:
    store.put(b"bytes")
    with fsspec.open(f"{store.url}/{SHA256[:2]}/{SHA256}", "wb") as file:
        file.write(left)
    with pytest.raises(MediaError, match=f"damaged; delete {SHA256[:2]}/{SHA256}"):
        store.get(SHA256)


def test_writes_again_what_a_power_cut_left_short(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    store.put(b"bytes")
    files(tmp_path)[0].write_bytes(b"")
    store.put(b"bytes")
    assert store.get(SHA256) == b"bytes"


def test_tells_a_damaged_image_from_a_blob_that_is_none(tmp_path: Path) -> None:
    ref = BlobStore(tmp_path).put_image(PNG)
    files(tmp_path)[0].write_bytes(b"<html>")
    store = BlobStore(tmp_path)
    with pytest.raises(MediaError, match="damaged"):
        store.get_image(ref)
    with pytest.raises(MediaError, match="not PNG or JPEG or WEBP"):
        store.get_image({**ref, "sha256": store.put(b"<html>")})


@pytest.mark.parametrize(
    "name", ["", "../" * 21 + "x", SHA256.upper(), SHA256 + "\n", "z" * 64, 7, None, ["a"] * 64]
)
def test_refuses_names_that_are_no_hash(tmp_path: Path, name: object) -> None:
    with pytest.raises(MediaError, match="not a SHA-256"):
        BlobStore(tmp_path).get(name)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "forged",
    [{"width": 1}, {"media_type": "image/jpeg"}, {"extra": 1}, {"height": None}],
)
def test_refuses_a_reference_that_lies(tmp_path: Path, forged: dict) -> None:
    store = BlobStore(tmp_path)
    with pytest.raises(MediaError, match="does not match"):
        store.get_image({**store.put_image(PNG), **forged})  # type: ignore[typeddict-item]


@pytest.mark.parametrize("forged", [None, "cat.jpg", {}, {"width": 1}, [SHA256]])
def test_refuses_what_is_no_reference(tmp_path: Path, forged: object) -> None:
    with pytest.raises(MediaError, match="not an image reference"):
        BlobStore(tmp_path).get_image(forged)  # type: ignore[arg-type]


def test_refuses_to_store_what_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(MediaError):
        BlobStore(tmp_path).put_image(b"<html>")
    assert not files(tmp_path)


def test_writers_of_the_same_bytes_do_not_disturb_each_other(tmp_path: Path) -> None:
    data = os.urandom(300_000)
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda _: BlobStore(tmp_path).put(data), range(32)))
    assert [path.name for path in files(tmp_path)] == list(names)
    assert BlobStore(tmp_path).get(names.pop()) == data


def test_files_have_the_rights_that_the_umask_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        BlobStore(tmp_path).put(b"bytes")
    finally:
        os.umask(before)
    assert stat.S_IMODE(files(tmp_path)[0].stat().st_mode) == 0o640


def test_leaves_no_rest_when_a_write_fails(tmp_path: Path) -> None:
    (tmp_path / SHA256[:2] / SHA256).mkdir(parents=True)
    with pytest.raises(
        ConfigError, match=r"cannot write .*: Is a directory; set EDITTHINKER_BLOBS"
    ):
        BlobStore(tmp_path).put(b"bytes")
    assert not files(tmp_path)


def test_says_what_to_set_when_its_place_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = BlobStore(tmp_path / "file")
    with pytest.raises(ConfigError, match="set EDITTHINKER_BLOBS to a folder you can write"):
        store.put(b"bytes")
    with pytest.raises(ConfigError, match="Not a directory; point EDITTHINKER_BLOBS"):
        store.get(SHA256)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_says_what_to_set_when_its_folder_is_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigError, match="Permission denied; set EDITTHINKER_BLOBS"):
        BlobStore(tmp_path).put(b"bytes")


@pytest.mark.parametrize("url", ["nosuch://bucket/blobs", "simplecache::nosuch://x"])
def test_refuses_a_url_that_nothing_serves(url: str) -> None:
    with pytest.raises(ConfigError, match=r"as a blob store .*; name a folder, or install"):
        BlobStore(url).put(b"bytes")
