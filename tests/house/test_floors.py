"""Imports point down, and the packages that ship are the packages that are there."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOORS = ["tools", "graph", "evals", "training"]
"""From the ground up."""


def imported_floors(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        for name in names:
            parts = name.split(".")
            if parts[0] == "editthinker" and len(parts) > 1:
                yield parts[1]


def arrows_up(floor: str, source: str) -> set[str]:
    allowed = FLOORS[: FLOORS.index(floor) + 1]
    return set(imported_floors(source)) - set(allowed)


@pytest.mark.parametrize("floor", FLOORS)
def test_imports_point_down(floor: str) -> None:
    wrong = {
        str(path.relative_to(ROOT)): up
        for path in (ROOT / floor).rglob("*.py")
        if (up := arrows_up(floor, path.read_text(encoding="utf-8")))
    }
    assert not wrong


@pytest.mark.parametrize(
    "line",
    [
        "from editthinker.graph.build import build_graph",
        "import editthinker.graph.state as s",
        "def f():\n    from editthinker import graph",
    ],
)
def test_an_arrow_that_points_up_is_seen(line: str) -> None:
    assert arrows_up("tools", line) == {"graph"}
    assert not arrows_up("evals", line)


def test_packages_on_disk_are_the_packages_that_ship() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    on_disk = {
        "editthinker." + ".".join(path.parent.relative_to(ROOT).parts)
        for floor in FLOORS
        for path in (ROOT / floor).rglob("__init__.py")
    }
    assert set(settings["packages"]) == on_disk


def test_every_module_lies_in_a_package() -> None:
    homeless = [
        str(path.relative_to(ROOT))
        for floor in FLOORS
        for path in (ROOT / floor).rglob("*.py")
        if not (path.parent / "__init__.py").exists()
    ]
    assert not homeless


def test_the_links_for_type_checkers_lead_to_the_floors() -> None:
    links = ROOT / ".typing" / "editthinker"
    assert {link.name for link in links.iterdir()} == set(FLOORS)
    assert all((links / floor).resolve() == ROOT / floor for floor in FLOORS)


def test_no_tracked_text_names_an_index_or_a_machine() -> None:
    for name in ("constraints.txt", "pyproject.toml", "Makefile"):
        text = (ROOT / name).read_text()
        assert "://" not in text and "/home/" not in text, name
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text().splitlines()
