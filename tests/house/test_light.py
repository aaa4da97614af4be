"""The base install stays light: what an import and a help text may pull in."""

import subprocess
import sys

import pytest

HEAVY = ["torch", "transformers", "diffusers", "trl", "ray", "gradio", "vllm", "datasets"]


def modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


def test_the_loop_imports_nothing_heavy() -> None:
    loaded = modules_after("from editthinker.graph import build_graph\nbuild_graph()")
    assert not loaded.intersection(HEAVY)
    assert "langgraph.graph" in loaded


def test_importing_the_loop_loads_no_model_client() -> None:
    loaded = modules_after("import editthinker.graph.build")
    assert not loaded.intersection({"openai", "langchain_openai", "cv2"})


@pytest.mark.parametrize("module", ["editthinker.graph.cli", "editthinker.tools.cli"])
def test_the_command_line_needs_no_langgraph_to_show_its_help(module: str) -> None:
    loaded = modules_after(f"import {module}")
    assert not loaded.intersection({"langgraph", "langchain_core", "cv2", "numpy"})


def test_an_import_touches_no_disk_and_reads_no_setting(tmp_path: object) -> None:
    code = (
        "import os, builtins\n"
        "import editthinker.tools.blobs, editthinker.graph.toolbox\n"
        "before = os.environ.get\n"
        "import editthinker.graph.build as b\n"
        "print(b.graph.name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=str(tmp_path),
        env={"PATH": "", "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)},
    )
    assert done.stdout.strip() == "edit_thinker"
    import pathlib

    assert not list(pathlib.Path(str(tmp_path)).iterdir())
