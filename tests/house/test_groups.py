"""Tests that must not run side by side do not."""

import os

import pytest


@pytest.mark.xdist_group("house")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one process runs all")
def test_a_group_is_honoured_by_the_runner(request: pytest.FixtureRequest) -> None:
    # pytest-xdist sends tests to workers by this suffix; without it they run side by side.
    assert request.node.nodeid.endswith("@house")
