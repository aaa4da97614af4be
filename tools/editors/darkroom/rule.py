"""One rule of a grammar: what may be said, and how its order is put together."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from editthinker.tools.editors.darkroom.notation import Choice, Part, Slot, slots_of
from editthinker.tools.editors.darkroom.plurals import singular


@dataclass(frozen=True)
class Rule:
    """What may be said, and the order that it stands for."""

    said: str
    needs: tuple[frozenset[str], ...]
    """Words of which one of each set is said wherever the rule fits."""
    order: tuple[Part, ...]
    caught: Mapping[str, str]
    """The slot that each group of the pattern fills."""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern, made when it is first needed."""
        return re.compile(self.said, re.IGNORECASE)

    def may_fit(self, words: frozenset[str]) -> bool:
        """Return whether a text of these words has those that the rule needs."""
        return not any(words.isdisjoint(need) for need in self.needs)

    def put(self, found: re.Match[str]) -> str:
        """Return the order for what was found."""
        groups = found.groupdict(default="").items()
        slots = {self.caught[group]: said for group, said in groups if said}
        if slots.get("thing", "").lower().startswith(("my ", "our ")):
            slots["thing"] = "the " + slots["thing"].partition(" ")[2]
        if "plural" in slots:
            slots["plural"] = singular(slots["plural"].lower())
        order = _put_together(_filled_in(self.order, slots))
        parted = found.start() and not found.string[found.start() - 1].isspace()
        return f" {order}" if parted and order[:1] not in {"", ","} else order


def _filled_in(parts: Iterable[Part], slots: Mapping[str, str]) -> Iterator[str]:
    """Yield the words of an order; what is in brackets only where all its slots are filled."""
    for part in parts:
        if isinstance(part, Slot):
            yield slots.get(part.name, "")
        elif isinstance(part, Choice):
            (row,) = part.rows
            if all(slot.name in slots for slot in slots_of(part)):
                yield from _filled_in(row, slots)
        else:
            yield part.text


def _put_together(words: Iterable[str]) -> str:
    text = ""
    for word in filter(None, words):
        close = not text or text.endswith("“") or word.startswith((",", "”", "'s"))
        text += word if close else f" {word}"
    return text
