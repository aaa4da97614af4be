"""Arguments of the form `NAME=VALUE`, as every command takes its options."""

import json
from collections.abc import Sequence

from pydantic import JsonValue

from editthinker.tools.errors import ConfigError


def read_pairs(option: str, pairs: Sequence[str]) -> dict[str, JsonValue]:
    """Read `NAME=VALUE`; a value that is JSON is read as such, any other is text.

    Args:
        option: The flag they came with, for the message.
        pairs: What stood behind it.

    Raises:
        ConfigError: naming the flag and the argument that is no pair.
    """
    read: dict[str, JsonValue] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise ConfigError(f"{option} {pair!r}: write NAME=VALUE")
        try:
            read[name.strip()] = json.loads(value)
        except ValueError:
            read[name.strip()] = value
    return read
