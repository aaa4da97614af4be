from typing import Any

import pytest

from editthinker.graph.choices import Choices
from editthinker.tools.editors.fake import FakeEditor
from editthinker.tools.errors import ConfigError


def test_an_option_goes_to_the_editor_that_it_names() -> None:
    choices = Choices(editor_options={"fake.delay_s": 2.0, "remote.steps": 9})
    editor: Any = choices.editor("fake")
    assert isinstance(editor, FakeEditor) and editor.delay_s == 2.0


def test_an_option_without_a_name_goes_to_every_editor() -> None:
    editor: Any = Choices(editor_options={"echo": True}).editor("fake")
    assert editor.echo


def test_an_option_that_an_editor_does_not_take_is_refused() -> None:
    with pytest.raises(ConfigError, match="'darkroom' does not take steps"):
        Choices(editor_options={"steps": 9}).editor("darkroom")


def test_an_endpoint_reaches_the_editors_behind_http() -> None:
    choices = Choices(endpoints=["http://127.0.0.1:1"])
    assert choices.editor("remote").name == "remote"
    with pytest.raises(ConfigError, match="EDITTHINKER_EDITOR_ENDPOINTS"):
        Choices().editor("remote")
