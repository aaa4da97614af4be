"""What changed from one prompt to the next, word by word."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal

from editthinker.graph.page.markup import Html, join, tag

MAX_WORDS = 3000
"""Longer prompts are not compared: matching takes time with the square of the length."""

MIN_COMMON = 0.3
"""Share of words in common under which a prompt counts as rewritten, not as changed."""

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|\w+(?:['’.]\w+)*|[^\w\s]")
_PIECE = re.compile(rf"{_WORD.pattern}|\s+")


def diff_prompts(old: str, new: str) -> Html | None:
    """Mark what was taken out and put in; None if too little is left of the old prompt."""
    before, after = _PIECE.findall(old), _PIECE.findall(new)
    if max(len(before), len(after)) > MAX_WORDS:
        return None
    words = SequenceMatcher(None, _WORD.findall(old), _WORD.findall(new), autojunk=False)
    if words.ratio() < MIN_COMMON:
        return None
    return join(
        (_marked("del", gone), " " if gone and come else None, _marked("ins", come), kept)
        for gone, come, kept in _changes(before, after)
    )


def _marked(name: Literal["del", "ins"], text: str) -> Html:
    """Mark words, but not the space around them."""
    if not (words := text.strip()):
        return join(text)
    left, right = text.split(words, 1)
    return join(left, tag(name, words), right)


def _changes(before: list[str], after: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield what goes, what comes and what stays after it.

    A space between two changed words counts as changed, so that a phrase is marked as one.
    """
    gone = come = ""
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        old, new = "".join(before[i:j]), "".join(after[k:m])
        if kind != "equal" or (not new.strip() and (gone or come) and m < len(after)):
            gone, come = gone + old, come + new
        else:
            yield gone, come, new
            gone = come = ""
    yield gone, come, ""
