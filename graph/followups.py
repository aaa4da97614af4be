"""What a short remark in a chat means: which picture it is about, and what to do to it."""

import re
from dataclasses import dataclass
from typing import Literal

Which = int | Literal["previous"] | None
"""A picture of the chat: 0 is the photo, n the n-th edit; `previous` what the shown one was made
from; None the one shown last."""

_ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
_KIND = r"(?:edit|picture|image|version|photo|result|one|try|attempt)"
_PICTURE = (
    r"(?:the\s+|my\s+|your\s+)?(?:"
    rf"(?P<original>original|source|unedited|start|beginning)(?:\s+{_KIND})?"
    rf"|(?P<previous>previous|earlier|one before|last but one)(?:\s+{_KIND})?"
    rf"|(?P<ordinal>{'|'.join(_ORDINALS)}|\d+(?:st|nd|rd|th))(?:\s+{_KIND})?"
    rf"|{_KIND}\s*(?:no\.?|number|\#)?\s*(?P<number>\d+)"
    r"|(?:no\.?|number|\#)\s*(?P<bare>\d+)"
    r")"
)
_REST = r"(?P<rest>(?:\s*[,.;:!]|\s+(?:and|but|then|please)\b).*)?$"
"""What may follow a named picture: "the second window" names none."""
_POLITE = r"^(?:(?:ok(?:ay)?|please|no|actually|hm+|sorry|now|and|then|wait)\b[\s,.!]*)*"
_BACK = re.compile(
    _POLITE
    + r"(?:(?:(?:let'?s\s+)?(?:go|switch|get|change|turn)\s+)?back\s+to|return\s+to|revert\s+to|"
    r"(?:i\s+)?(?:prefer|want|like|take|use|choose|pick|start\s+(?:again\s+)?from|continue\s+from))"
    rf"\s+{_PICTURE}(?:\s+(?:again|better|instead))*{_REST}",
    re.IGNORECASE | re.DOTALL,
)
_UNDO = re.compile(
    _POLITE + r"(?:undo|revert|go\s+back|take\s+(?:that|it)\s+back)"
    rf"(?:\s+(?:that|this|it|the\s+last\s+(?:one|edit|change|step)))?{_REST}",
    re.IGNORECASE | re.DOTALL,
)
_LEAD = re.compile(r"^[\s,.;:!-]*(?:(?:and|but|then|now|also|please)\b[\s,.!]*)*", re.IGNORECASE)


@dataclass(frozen=True)
class Remark:
    """What a remark asks for."""

    which: Which
    """The picture to go on from."""
    instruction: str
    """What to change in it; empty if it is only to be shown."""


def read_remark(text: str) -> Remark:
    """Read a remark such as "now a bit warmer" or "go back to the second one and crop it".

    What names no picture is an instruction for the one shown last.
    """
    text = text.strip()
    if back := _BACK.match(text):
        return Remark(_named(back), _LEAD.sub("", back["rest"] or ""))
    if undo := _UNDO.match(text):
        return Remark("previous", _LEAD.sub("", undo["rest"] or ""))
    return Remark(None, _LEAD.sub("", text))


def _named(found: re.Match[str]) -> Which:
    if found["original"]:
        return 0
    if found["previous"]:
        return "previous"
    if ordinal := found["ordinal"]:
        if ordinal.lower() in _ORDINALS:
            return _ORDINALS.index(ordinal.lower()) + 1
        return int(re.sub(r"\D", "", ordinal))
    return int(found["number"] or found["bare"])
