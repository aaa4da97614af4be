"""Blocks of a tagged reply: `<think>`, `<score>`, `<answer>`, and near misses of them."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from editthinker.tools.errors import ReplyParseError

MAX_TAGS = 400
"""Replies with more tags than this are refused."""

_NAMES = {"t": "think", "s": "score", "a": "answer"}
_TAG = re.compile(
    r"<\s*(?P<slash>[/\\]{0,2})\s*(?P<name>think(?:ing)?|scores?|answers?)\b[^<>\n]{0,60}>",
    re.IGNORECASE,
)
_OTHER_BRACKETS = re.compile(r"\[(/?\s*(?:think|score|answer))\]", re.IGNORECASE)
_LABEL = re.compile(
    r"^[ \t>#*_`\d.)•-]*(?P<name>think(?:ing)?|reasoning|analysis|scores?|semantics?(?: score)?|"
    r"quality(?: score)?|(?:is[ _])?satisfied|answer|"
    r"(?:refined|rewritten|next|new|improved)[ _](?:prompt|instruction))"
    r"[ \t*_`\"]*(?::|：|=|$)[ \t*_`]*",
    re.IGNORECASE | re.MULTILINE,
)


class Block(NamedTuple):
    """The inside of one tag, and where it lies."""

    text: str
    start: int
    end: int
    closed: bool
    last: bool
    """Whether the reply ends inside it."""


@dataclass(frozen=True)
class Thinking:
    """A reply, split at its thinking."""

    text: str
    rest: str
    open_ended: bool = False
    """Whether the thinking was opened and never closed."""
    repairs: tuple[str, ...] = ()


class _Tag(NamedTuple):
    name: str
    closes: bool
    start: int
    end: int


def to_tags(text: str) -> str:
    """Rewrite `[score]` and its like as `<score>`, if there are no proper tags."""
    proper = {tag.name for tag in _tags(text)} & {"score", "answer"}
    return text if proper else _OTHER_BRACKETS.sub(r"<\1>", text)


def split_thinking(text: str) -> Thinking:
    """Take the thinking out of a reply.

    Thinking ends at the first `</think>`; whatever follows may still be an echo of it, which is why
    the caller takes the strictest verdict. Thinking that never ends stops at the first block or
    object. Thinking whose tag does not open the reply may be an echo itself: it stays in the rest.

    Raises:
        ReplyParseError: if the reply holds more than `MAX_TAGS` tags.
    """
    every = _tags(text)
    if len(every) > MAX_TAGS:
        raise ReplyParseError(f"the reply holds {len(every)} tags; at most {MAX_TAGS} are read")
    tags = [tag for tag in every if tag.name == "think"]
    opening = next((tag for tag in tags if not tag.closes), None)
    start = opening.end if opening else 0
    closing = next((tag for tag in tags if tag.closes and tag.start >= start), None)
    end = closing.start if closing else _first_block(text, start)
    thought = text[start:end].strip()
    if not opening:
        return Thinking(thought, text, repairs=("a missing <think>",) if closing else ())
    leads = not re.sub(r"```\w*", "", text[: opening.start]).strip()
    rest = text[closing.end if closing else end :] if leads else text
    return Thinking(thought, rest, not closing, () if closing else ("a missing </think>",))


def _first_block(text: str, start: int) -> int:
    """Where the first block, object or label after `start` begins."""
    tags = [tag.start for tag in _tags(text) if tag.name != "think"]
    others = [match.start() for match in re.finditer(r"```\w*\s*\{|\{", text)]
    labels = [match.start() for match in _LABEL.finditer(text)]
    return min((at for at in [*tags, *others, *labels] if at >= start), default=len(text))


def tag_blocks(text: str, name: str) -> list[Block]:
    """Return the blocks of one tag.

    A block ends at its first closing tag that is not quoted (`"</answer>`), or else at the last one
    before the next block opens. A second opening tag with nothing behind it counts as the missing
    closing one.
    """
    tags = _tags(text)
    blocks: list[Block] = []
    for index, tag in enumerate(tags):
        if tag.name != name or tag.closes or (blocks and tag.start < blocks[-1].end):
            continue
        later = tags[index + 1 :]
        limit = next((each.start for each in later if not each.closes), len(text))
        closings = [each for each in later if each.closes and each.start < limit]
        own = [each for each in closings if each.name == name]
        if own:
            ends = [each for each in later if each.closes and each.name == name]
            end = next((each for each in ends if not _is_quoted(text, tag.end, each)), own[-1])
            blocks.append(Block(text[tag.end : end.start], tag.start, end.end, True, False))
            continue
        end_at = min((each.start for each in closings), default=limit)
        inner = text[tag.end : end_at]
        if inner.strip():
            blocks.append(Block(inner, tag.start, end_at, False, end_at == len(text)))
        elif not blocks or blocks[-1].closed:
            blocks.append(Block("", tag.start, end_at, False, end_at == len(text)))
    return [block for block in blocks if block.text.strip() or block.closed]


def _is_quoted(text: str, start: int, tag: _Tag) -> bool:
    """Whether a tag stands in quotation marks that opened after `start`."""
    before, after = text[start : tag.start], text[tag.end :]
    touches = before.rstrip().endswith('"') or after.lstrip().startswith('"')
    return touches and before.count('"') % 2 == 1


def blank_out(text: str, name: str) -> str:
    """Replace the closed blocks of one tag by spaces."""
    for block in tag_blocks(text, name):
        if block.closed:
            text = text[: block.start] + " " * (block.end - block.start) + text[block.end :]
    return text


def labelled_sections(text: str) -> dict[str, str]:
    """Read `Score: ...`, `Answer: ...` at line starts.

    Raises:
        ReplyParseError: if a label stands twice with different texts.
    """
    matches = list(_LABEL.finditer(text))
    sections: dict[str, str] = {}
    for match, following in zip(matches, [*matches[1:], None], strict=False):
        name = _section(match["name"].lower())
        content = text[match.end() : following.start() if following else len(text)].strip(" \t\n*_")
        if name != "think" and sections.get(name, content) != content:
            raise ReplyParseError(f"the {name} stands twice with different texts")
        sections[name] = content
    return sections


def _section(label: str) -> str:
    if label.startswith(("think", "reason", "anal")):
        return "think"
    for name in ("semantic", "quality", "satisfied", "score"):
        if name in label:
            return name
    return "answer"


def _tags(text: str) -> list[_Tag]:
    return [
        _Tag(_NAMES[match["name"][0].lower()], bool(match["slash"]), match.start(), match.end())
        for match in _TAG.finditer(text)
    ]
