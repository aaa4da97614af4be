"""Text as people see it: without what is invisible, and without what steers a terminal."""

import unicodedata

_JOINERS = "\u200c\u200d"
"""Invisible characters with a meaning: they make and part letters and emoji."""


def plain_text(text: str) -> str:
    """Return a text with common spaces and without invisible characters, trimmed.

    Pasted text is full of both, and a model must not read what a person cannot see.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(map(_plain, lines)).strip()


def printable_text(text: str) -> str:
    """Return a plain text without control characters: one that no terminal obeys."""
    return "".join(c for c in plain_text(text) if not is_control(c)).strip()


def is_control(character: str) -> bool:
    """Whether a character steers a terminal, or is half of one, rather than standing for itself."""
    return unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t"


def _plain(character: str) -> str:
    if character.isspace() and character not in "\n\t":
        return " "
    invisible = unicodedata.category(character) == "Cf" and character not in _JOINERS
    return "" if invisible else character
