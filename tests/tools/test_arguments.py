import pytest

from editthinker.tools.arguments import read_pairs
from editthinker.tools.errors import ConfigError


def test_options_are_json_where_they_can_be() -> None:
    given = ["steps=20", "model=/a/b", "compile=true", "negative_prompt=a=b"]
    expected = {"steps": 20, "model": "/a/b", "compile": True, "negative_prompt": "a=b"}
    assert read_pairs("--set", given) == expected


@pytest.mark.parametrize("pair", ["steps", "=20", ""])
def test_what_is_no_pair_is_refused_with_its_flag(pair: str) -> None:
    with pytest.raises(ConfigError, match=f"--set {pair!r}: write NAME=VALUE"):
        read_pairs("--set", [pair])
