"""HTML that is safe by construction: whatever is not markup already is escaped."""

import html
import re
from collections.abc import Iterable

# Controls that a browser drops or refuses, and those that reverse the text after them.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


class Html(str):
    """Finished markup; any other string is text."""

    __slots__ = ()


Child = str | None | Iterable["Child"]
"""What an element may hold: text, markup, nothing, or several of those."""


def tag(name: str, *children: Child, **attributes: str | float | bool | None) -> Html:
    """Make an element.

    Args:
        name: Its name, a literal of ours.
        *children: Its content; text is escaped.
        **attributes: Its attributes; values are escaped. `class_` is `class`, `aria_label` is
            `aria-label`. True leaves the value away, False and None the attribute.
    """
    given = "".join(
        f" {key.rstrip('_').replace('_', '-')}"
        + ("" if value is True else f'="{html.escape(_clean(str(value)))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Html(f"<{name}{given}>")
    return Html(f"<{name}{given}>{join(*children)}</{name}>")


def join(*children: Child) -> Html:
    """Put text and markup one after another, escaping the text."""
    parts: list[str] = []
    for child in children:
        if isinstance(child, Html):
            parts.append(child)
        elif isinstance(child, str):
            parts.append(html.escape(_clean(child)))
        elif child is not None:
            parts.append(join(*child))
    return Html("".join(parts))


def quoted(text: str, name: str = "bdi", class_: str | None = None) -> Html:
    """Show somebody else's words, whose direction of writing stays inside."""
    return tag(name, text, dir="auto", class_=class_)


_VOID = frozenset({"img", "input", "br", "meta", "link"})


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("�", text)
