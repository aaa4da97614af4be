"""Every example runs, on a real photo with the embedded pair."""

import importlib.util
import shutil
from pathlib import Path
from typing import Any

import pytest
from dev_server import run_server

from editthinker.tools.images import Picture

pytestmark = pytest.mark.xdist_group("docs-server")

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs/examples"
SOURCE = ROOT / "tools/photos/cat.jpg"


def load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def photo(tmp_path: Path) -> str:
    return str(shutil.copy(SOURCE, tmp_path / "photo.jpg"))


def test_every_example_is_tested() -> None:
    tested = Path(__file__).read_text()
    for example in EXAMPLES.glob("*.py"):
        assert f'load("{example.stem}")' in tested
        assert len(example.read_text().splitlines()) < 100


async def test_custom_state(photo: str, tmp_path: Path, capsys: Any) -> None:
    out = await load("custom_state").main(photo, str(tmp_path / "blobs"))
    assert out["shop_photo"] != out["photo"]
    assert "edit_finished" in capsys.readouterr().out


async def test_batch(photo: str, tmp_path: Path) -> None:
    folder = tmp_path / "album"
    folder.mkdir()
    for name in ("one", "two"):
        shutil.copy(photo, folder / f"{name}.jpg")
    (folder / "notes.txt").write_text("no photo")
    out = await load("batch").main(str(folder), "make it warmer", str(tmp_path / "blobs"))
    assert [name for name, _, _ in out["done"]] == ["one", "two"]
    assert len(list((folder / "edited").iterdir())) == 2


async def test_supervisor(photo: str, tmp_path: Path) -> None:
    messages = await load("supervisor").main(photo, str(tmp_path / "blobs"))
    assert [m.type for m in messages] == ["human", "ai", "tool", "ai", "tool", "ai"]
    assert messages[2].text.startswith("New picture")
    assert messages[4].text.startswith("Picture the latest")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with run_server(tmp_path_factory.mktemp("docs"), EDITTHINKER_TOKENS="me:secret") as started:
        yield started


@pytest.mark.server
async def test_remote_graph(server: Any, photo: str) -> None:
    edited = await load("remote_graph").main(photo, server.url, "secret")
    assert Picture.from_bytes(edited.read_bytes()).ref["width"] == 451


@pytest.mark.server
async def test_mcp_client(server: Any, photo: str) -> None:
    pytest.importorskip("mcp")
    data = await load("mcp_client").main(photo, server.url, "secret")
    assert Picture.from_bytes(data).ref["width"] == 451
