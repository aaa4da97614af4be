"""The gist of an instruction in free words: "i've never liked that lampshade, what about teal?".

Used where not every clause could be read. Sentence by sentence, what can be read stays as it is;
of the rest, the wishes are told by a few words (`islands`) and put as plain orders, and what only
tells a story is left out. A clause that asks for something else stays, and is unknown.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from editthinker.tools.editors.darkroom.chunk import JOINTS, POINTS, Chunk, is_a, listed
from editthinker.tools.editors.darkroom.clauses import Clause, split
from editthinker.tools.editors.darkroom.islands import isolation, orders_in
from editthinker.tools.editors.darkroom.phrases import phrase
from editthinker.tools.editors.darkroom.quoting import masked, unmasked
from editthinker.tools.editors.darkroom.recipe import DYEING, Recipe
from editthinker.tools.editors.darkroom.remarks import leaves, tells
from editthinker.tools.editors.darkroom.target import BACKGROUND, PHOTO, Target
from editthinker.tools.editors.darkroom.words import Meaning, Word

_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")

_LISTS = frozenset({"and", "&", ",", "plus", "as well as", "or"})

_PREDICATES = (
    *("colour", "operation", "direction", "quote", "gradient", "clear", "scene", "look", "act"),
)
"""Kinds of words that say what is to become of a thing."""

Read = Callable[[str], Recipe]


@dataclass
class Gist:
    """An instruction in plain orders."""

    read: Read
    orders: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """What would help against what is only complained about."""
    asides: list[Clause] = field(default_factory=list)
    """What asks for nothing, if something else does."""
    topic: tuple[Target, ...] = ()
    dyes: bool = False
    """Whether an order gives something a colour."""

    def text(self, instruction: str) -> str:
        """Return the instruction in plain orders; empty where it asks for nothing that is known."""
        quoted, quotes = masked(instruction)
        for sentence in _SENTENCE.split(quoted):
            if said := unmasked(sentence, quotes).strip():
                self._take(said)
        orders = self.orders or self.complaints[-1:]
        for clause in self.asides:
            if self.orders:
                self._drop(clause)
            else:
                orders = [*orders, clause.text]
        return ". ".join(dict.fromkeys(orders))

    def _take(self, sentence: str) -> None:
        chunks = list(_chunks(sentence))
        if not chunks:
            return
        every = tuple(word for clause in split(sentence) for word in clause.words)
        alone = isolation(Chunk(every, sentence))
        if alone and self._reads(alone) and not self._reads(sentence):
            self.orders.append(alone)
            self.notes.append(f"Read {sentence!r} as {alone!r}.")
            return
        points = bool(self.topic) and any(
            _points(word) for words, _ in chunks for word in words.words
        )
        if not points and self._reads(sentence):
            told = all(tells for _, tells in chunks)
            (self.complaints if told else self.orders).append(sentence.rstrip(".!?;"))
            for clause, _ in chunks:
                self._speak_of(Chunk(clause.words, clause.text))
            return
        for clause, told in chunks:
            self._take_part(clause, told)

    def _take_part(self, clause: Clause, told: bool) -> None:
        chunk = Chunk(clause.words, clause.text, self.topic)
        plain = _pointed(clause, self.topic)
        if leaves(clause) and self.orders:
            self._drop(clause)
        elif told:
            if self._reads(plain):
                self.complaints.append(plain)
            elif chunk.found("complaint"):
                self._complain(chunk)
            self._drop(clause)
        elif phrase("begun").match(clause.text):
            self.asides.append(clause)  # "making a poster here, could you write ..."
        elif self._reads(plain):
            self.orders.append(plain)
        elif clause.only("colour", "direction") and self.dyes:
            self.orders.append(clause.text)  # "make the sky pink and purple"
        elif order := self._order(chunk):
            self.orders.append(order)
            self.notes.append(f"Read {clause.text!r} as {order!r}.")
        elif clause.joined_by == "keep" and is_a(clause.words[0], "excepting"):
            self.orders.append(clause.text)
        elif clause.joined_by == "keep" and not chunk.found("beyond"):
            kept = chunk.things()
            if kept:
                self.orders.append(f"keep {listed(kept)} unchanged")
            else:
                self._drop(clause)
        elif chunk.found("complaint") and not clause.orders:
            self._complain(chunk)
            self._drop(clause)
        elif _states(chunk, clause):
            self._drop(clause)
        elif not (clause.orders or chunk.found("asks") or chunk.found("beyond") or _brings(chunk)):
            self.asides.append(clause)
        else:
            self.orders.append(clause.text)
        self._speak_of(chunk)

    def _order(self, chunk: Chunk) -> str:
        return next((order for order in orders_in(chunk) if self._reads(order)), "")

    def _complain(self, chunk: Chunk) -> None:
        named = chunk.named()
        if named and all(target.kind in {"object", "text"} for target in named):
            self.complaints.append(f"remove {listed(named)}")

    def _drop(self, clause: Clause) -> None:
        self.notes.append(f"Left {clause.text!r} out of account.")

    def _speak_of(self, chunk: Chunk) -> None:
        if chunk.things():
            named = chunk.named()
            self.topic = named or ((BACKGROUND,) if chunk.found("behind-it") else ())

    def _reads(self, text: str) -> bool:
        recipe = self.read(text)
        read = bool(recipe.steps) and not recipe.unknown
        self.dyes |= read and any(step.operation in DYEING for step in recipe.steps)
        return read


def gist(instruction: str, read: Read) -> tuple[str, list[str]]:
    """Return an instruction in plain orders, and what was left out or put otherwise.

    Args:
        instruction: What the user wrote.
        read: Reads plain orders.
    """
    found = Gist(read)
    return found.text(instruction), found.notes


def _chunks(sentence: str) -> Iterator[tuple[Clause, bool]]:
    """Return the parts of a sentence that may hold one wish each, and whether they only tell."""
    waiting: Clause | None = None
    for clause in split(sentence):
        if waiting and clause.joined_by in _LISTS and _goes_on(clause):
            clause = _joined(waiting, clause, sentence)
        elif waiting:
            yield waiting, _tells(waiting)
        waiting = (
            clause if _opens(clause) or clause.only("region", "direction", "quantifier") else None
        )
        if waiting is None:
            yield clause, _tells(clause)
    if waiting:
        yield waiting, _tells(waiting)


def _tells(clause: Clause) -> bool:
    """Whether a clause tells how something is."""
    return tells(clause) and not phrase("asks").search(clause.text)


def _opens(clause: Clause) -> bool:
    """Whether a clause ends with a thing and says nothing of it yet: "I want the cup"."""
    return bool(clause.words) and clause.words[-1].kind == "region" and not clause.has(*_PREDICATES)


def _goes_on(clause: Clause) -> bool:
    """Whether a clause goes on with another thing: "and the saucer in navy"."""
    first = next((word for word in clause.words if word.kind not in {"filler", "quantifier"}), None)
    return bool(first and first.kind == "region" and first.meaning.target != PHOTO)


def _joined(first: Clause, second: Clause, sentence: str) -> Clause:
    joint = Word("and", Meaning("break"), first.words[-1].end, second.words[0].start)
    text = sentence[first.words[0].start : second.words[-1].end]
    return replace(first, words=(*first.words, joint, *second.words), text=text)


def _points(word: Word) -> bool:
    last = word.text.rpartition(" ")[2]
    verb = word.meaning.order and last in {"it", "them"}  # "tint it"
    return verb or (word.text in POINTS and word.meaning.target == PHOTO)


def _pointed(clause: Clause, topic: tuple[Target, ...]) -> str:
    """Return a clause with what "it" stands for."""
    text, start = clause.text, clause.words[0].start
    if topic and len(clause.text) == clause.words[-1].end - start:
        for at, word in reversed(list(enumerate(clause.words))):
            if _points(word) and (at == 0 or clause.words[at - 1].text not in JOINTS):
                verb = word.text.rpartition(" ")[0] if word.meaning.order else ""
                named = f"{verb} {listed(topic)}".strip()
                text = text[: word.start - start] + named + text[word.end - start :]
    return text


def _brings(chunk: Chunk) -> bool:
    """Whether a clause may ask for something new, or leaves something out of a wish."""
    asks = ("negation", "keep", "side", "vertical-place", "direction", "act", "colour", "number")
    bare = all(word.kind == "unknown" for word in chunk.words)  # "juggle" may be an order
    return bool(chunk.found("bringing")) or chunk.has(*asks) or bare


def _states(chunk: Chunk, clause: Clause) -> bool:
    """Whether a clause only tells something, and orders nothing."""
    if clause.only("colour", "percent", "degree", "number"):
        return True
    if chunk.found("asks"):
        return False
    if chunk.found("states"):
        return True
    first = next((word for word in clause.words if word.kind != "filler"), None)
    return first is None or (first.kind == "region" and not chunk.found("ought"))
