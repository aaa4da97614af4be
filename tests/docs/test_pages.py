"""Every snippet and command of the pages is executed."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dev_server import run_server
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

pytestmark = pytest.mark.xdist_group("docs-server")

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```(\w+)( \w+)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = sorted(page.name for page in DOCS.glob("*.md"))


class Model(GenericFakeChatModel):
    def bind_tools(self, tools: Any, **options: Any) -> Any:
        return self


def blocks(page: str) -> list[tuple[str, str, str]]:
    found = BLOCK.findall((DOCS / page).read_text())
    return [(language, mark.strip(), code) for language, mark, code in found]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with run_server(tmp_path_factory.mktemp("pages")) as started:
        yield started


def run_command(code: str, folder: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "-ec", code],
        cwd=folder,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.server
@pytest.mark.parametrize("page", PAGES)
async def test_the_snippets_of_a_page_run(
    page: str, server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(ROOT / "tools/photos/cat.jpg", tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    script = [
        AIMessage(
            "",
            tool_calls=[
                {"name": "edit_photo", "args": {"instruction": "make it warmer"}, "id": "1"}
            ],
        ),
        AIMessage("Done."),
    ]
    names: dict[str, Any] = {"model": Model(messages=iter(script))}
    for language, mark, code in blocks(page):
        code = code.replace("http://127.0.0.1:2024", server.url)
        if language == "python":
            if mark == "agent":
                pytest.importorskip("langchain.agents")
            compiled = compile(code, page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            waiting = eval(compiled, names)
            if waiting is not None:
                await waiting
        elif language == "sh":
            run_command(code, tmp_path)
        else:
            assert language in ("mermaid", "text"), f"{page} has a block of {language}"


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", (DOCS / page).read_text()):
        assert target.startswith("http") or (DOCS / target).exists(), target
