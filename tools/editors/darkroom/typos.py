"""Slips of the pen: words that are nearly one of the vocabulary."""

from collections.abc import Iterator

from editthinker.tools.editors.darkroom.words import known_words, lookalikes, spellings, typos

_LEAST, _MOST = 5, 24
"""Letters of the shortest and the longest word that may be a slip."""


def corrected(word: str) -> str | None:
    """Return the word that was meant, one slip away from a word; None if it is no slip.

    A slip is a letter too many, too few, another or two changed round, after the first letter. Only
    the long words of `words.toml` that are easily got wrong are guessed at, and words in their own
    right are left alone.
    """
    if word in typos():
        return typos()[word]
    if not _LEAST <= len(word) <= _MOST or word.endswith("'s"):
        return None
    if word in lookalikes() or word in known_words():
        return None
    meant = spellings().intersection(_slips(word))
    return min(meant) if len(meant) == 1 else None


def _slips(word: str) -> Iterator[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    for at in range(1, len(word) + 1):
        head, tail = word[:at], word[at:]
        for letter in letters:
            yield head + letter + tail
            if tail:
                yield head + letter + tail[1:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
