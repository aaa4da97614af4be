import sys
from pathlib import Path

import pytest

from editthinker.tools.editors.base import EDITORS, Editor
from editthinker.tools.errors import ConfigError
from editthinker.tools.registry import Registry

REGISTRY: Registry[object] = Registry(
    "editor",
    "editthinker.test_plugins",
    {
        "darkroom": "fractions:Fraction",
        "qwen-image-edit": "no_such_package_here:Editor [diffusers]",
        "bare": "no_such_package_here:Editor",
        "gone": "fractions:NoSuchName",
    },
)


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry[object]:
    info = tmp_path / "sketchy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sketchy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[editthinker.test_plugins]\n"
        "sketchy = sketchy_for_test:Sketchy\n"
        "needy = no_such_package_here:Needy [gpu]\n"
        "darkroom = sketchy_for_test:Sketchy\n"
    )
    (tmp_path / "sketchy_for_test.py").write_text("class Sketchy:\n    kind = 'plug-in'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "sketchy_for_test", raising=False)
    return Registry(REGISTRY.kind, REGISTRY.group, REGISTRY.builtin)


def test_loads_a_built_in() -> None:
    assert REGISTRY.load("darkroom")(1, 2) == 0.5


def test_lists_names_without_importing() -> None:
    assert REGISTRY.names() == ["bare", "darkroom", "gone", "qwen-image-edit"]
    assert "no_such_package_here" not in sys.modules


@pytest.mark.parametrize("typed", ["qwen-edit", "qwen_image_edit", "Qwen-Image-Edit"])
def test_suggests_the_nearest_name(typed: str) -> None:
    with pytest.raises(
        ConfigError, match=f"unknown editor '{typed}'; did you mean 'qwen-image-edit'"
    ):
        REGISTRY.load(typed)


def test_lists_what_is_known_when_nothing_is_near() -> None:
    with pytest.raises(ConfigError, match="known: bare, darkroom, gone, qwen-image-edit"):
        REGISTRY.check("zzzzzz")


def test_a_long_name_gives_a_short_message() -> None:
    with pytest.raises(ConfigError) as caught:
        REGISTRY.check("x" * 100_000)
    assert len(str(caught.value)) < 300


def test_says_which_extra_is_missing() -> None:
    with pytest.raises(ConfigError, match=r"'no_such_package_here'.*install 'editthinker\[diff"):
        REGISTRY.load("qwen-image-edit")


def test_says_what_to_install_when_no_extra_is_named() -> None:
    with pytest.raises(ConfigError, match=r"not installed .*; pip install 'editthinker'$"):
        REGISTRY.load("bare")


def test_says_so_when_the_package_lacks_what_it_promised() -> None:
    with pytest.raises(ConfigError, match=r"'gone' cannot be loaded from 'fractions:NoSuchName'"):
        REGISTRY.load("gone")


def test_loads_a_plug_in_by_its_entry_point(plugins: Registry[object]) -> None:
    assert "sketchy" in plugins.names()
    assert plugins.load("sketchy").__name__ == "Sketchy"


def test_a_plug_in_cannot_replace_a_built_in(plugins: Registry[object]) -> None:
    assert plugins.load("darkroom").__name__ == "Fraction"


def test_names_the_package_of_a_plug_in_that_lacks_an_extra(plugins: Registry[object]) -> None:
    with pytest.raises(ConfigError, match=r"pip install 'sketchy\[gpu\]'"):
        plugins.load("needy")


@pytest.mark.parametrize("name", ["fake"])
def test_built_in_editors_load(name: str) -> None:
    assert isinstance(EDITORS.load(name)(), Editor)


def test_describes_every_name_also_where_something_is_missing() -> None:
    registry = Registry[object](
        "editor",
        "no.such.group",
        {"good": "editthinker.tools.registry:Registry", "bad": "no_such_package:Editor [gpu]"},
    )
    bad, good = registry.describe()
    assert bad.split()[0] == "bad" and "pip install 'editthinker[gpu]'" in bad
    assert good.split(maxsplit=1) == ["good", "What can be chosen by name."]
