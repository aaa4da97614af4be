"""Which editors the conformance suite runs against."""

from collections.abc import AsyncIterator

import pytest
from conformance_subject import BEHIND_HTTP, LOCAL, TINY, Subject

from editthinker.tools.editors.base import EDITORS, Editor
from editthinker.tools.errors import ConfigError


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--editor", action="append", help="Run the suite against this editor only.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "subject" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--editor", default=None)
        tiny = [pytest.param(name, marks=pytest.mark.tiny_real) for name in TINY]
        metafunc.parametrize("subject", chosen or [*LOCAL, *BEHIND_HTTP, *tiny])


@pytest.fixture(name="opener")
def make_subject(subject: str) -> Subject:
    if subject in TINY:
        pytest.importorskip("torch")
        pytest.importorskip("diffusers")
    if subject not in BEHIND_HTTP:
        try:
            EDITORS.load(subject)
        except ConfigError as exc:
            pytest.skip(str(exc))
    return Subject(subject)


@pytest.fixture
async def editor(opener: Subject) -> AsyncIterator[Editor]:
    async with opener.open() as editor:
        yield editor
