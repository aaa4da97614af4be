"""What may be asked: the check that every instruction passes before it reaches a model."""

from editthinker.tools.errors import ConfigError
from editthinker.tools.plain import is_control, plain_text

MAX_CHARACTERS = 4000
"""Longest instruction or prompt; it is kept once per attempt in every checkpoint."""


def check_instruction(text: str) -> str:
    """Return an instruction as people read it: see `plain_text`.

    Any language and any marks such as braces or tags pass unchanged: prompts are substituted in one
    pass and pages escape what they show.

    Raises:
        ConfigError: if it is empty, longer than `MAX_CHARACTERS`, or has control characters.
    """
    plain = plain_text(text)
    if not plain:
        raise ConfigError("the instruction is empty; say what to change, such as 'make it warmer'")
    if len(plain) > MAX_CHARACTERS:
        raise ConfigError(
            f"the instruction has {len(plain):,} characters; the limit is {MAX_CHARACTERS:,}"
        )
    for place, character in enumerate(plain):
        if is_control(character):
            raise ConfigError(
                f"the instruction has the control character {character!r} at position {place}; "
                "remove it"
            )
    return plain
