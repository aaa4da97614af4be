"""What may be asked: the check that every instruction passes before it reaches a model."""

from editthinker.tools.errors import ConfigError

MAX_CHARACTERS = 4000
"""Longest instruction or prompt; it is kept once per attempt in every checkpoint."""


def check_instruction(text: str) -> str:
    """Return an instruction without surrounding white space.

    Any language and any marks such as braces or tags pass unchanged: prompts are substituted in one
    pass and pages escape what they show.

    Raises:
        ConfigError: if it is empty, longer than `MAX_CHARACTERS`, or has control characters.
    """
    stripped = text.strip()
    if not stripped:
        raise ConfigError("the instruction is empty; say what to change, such as 'make it warmer'")
    if len(stripped) > MAX_CHARACTERS:
        raise ConfigError(
            f"the instruction has {len(stripped):,} characters; the limit is {MAX_CHARACTERS:,}"
        )
    for place, character in enumerate(stripped):
        if not character.isprintable() and character not in "\n\r\t\u200c\u200d\ufe0f":
            raise ConfigError(
                f"the instruction has the control character {character!r} at position {place}; "
                "remove it"
            )
    return stripped
