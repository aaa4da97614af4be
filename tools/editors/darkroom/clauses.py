"""An instruction as clauses of words with a meaning, before anybody asks what it wants."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest

from editthinker.tools.editors.darkroom.purpose import without_purpose
from editthinker.tools.editors.darkroom.quoting import QUOTES
from editthinker.tools.editors.darkroom.things import name_things
from editthinker.tools.editors.darkroom.typos import corrected
from editthinker.tools.editors.darkroom.words import (
    ARTICLES,
    DETERMINERS,
    Meaning,
    Word,
    longest_phrase,
    vocabulary,
)

_TOKEN = re.compile(
    "|".join(
        [
            *(
                rf"(?<!\w){a}(?P<quote{i}>[^\n]{{1,300}}?){b}(?!\w)"
                for i, (a, b) in enumerate(QUOTES)
            ),
            r"(?P<ratio>[0-9]{1,5}(?:\.[0-9]{1,6})?\s?[:x×/]\s?[0-9]{1,5}(?:\.[0-9]{1,6})?)(?![\w:])",
            r"(?P<number>(?:(?<![\w-])[+-])?(?!(?:1[0-9])?[0-9]0['’]?s\b)"
            r"[0-9]{1,7}(?:\.[0-9]{1,7})?)",
            r"(?P<word>(?:1[0-9])?[0-9]0['’]?s\b|[^\W\d_]+(?:['’][^\W\d_]+)*|[%°&])",
            r"(?P<stop>[,;.!?\n:—])",
        ]
    )
)

_UNKNOWN = Meaning("unknown")

_NOUNS = frozenset({"region", "thing"})

_INTO = frozenset({"to", "into", "with", "for"})

_PARTICLES = frozenset({"out", "away", "off"})

_WAYS = frozenset({"up", "down"})
"""Particles that say which way by themselves, after a verb that says so too: "turn it down"."""


@dataclass(frozen=True)
class Clause:
    """Words between two breaks."""

    words: tuple[Word, ...]
    text: str
    """As the user wrote it."""
    joined_by: str
    """The break before it: `and`, `,` ...; empty for the first."""
    notes: tuple[str, ...] = ()
    """Sentences about words that were left out of account."""

    def all(self, *kinds: str) -> list[Word]:
        """Return the words of these kinds, in order."""
        return [word for word in self.words if word.kind in kinds]

    def has(self, *kinds: str) -> bool:
        """Return whether there is a word of one of these kinds."""
        return any(word.kind in kinds for word in self.words)

    def only(self, *kinds: str) -> bool:
        """Return whether all its words are of these kinds, or carry no meaning."""
        allowed = {*kinds, "filler", "verb", "owner"}
        if self.has("look", "operation", "scene"):
            allowed.add("aspect")
        return all(word.kind in allowed for word in self.words)

    def part(self, first: int, end: int) -> "Clause":
        """Return the words from `first` to before `end` as a clause of its own."""
        words = self.words[first:end]
        start = self.words[0].start
        text = self.text[words[0].start - start : words[-1].end - start]
        return Clause(words, text, "and" if first else self.joined_by)

    @property
    def orders(self) -> bool:
        """Whether it has a verb of its own."""
        return any(word.meaning.order for word in self.words)


def split(text: str) -> list[Clause]:
    """Read `text` as clauses; a word that is not in the vocabulary has the kind `unknown`."""
    clauses: list[Clause] = []
    words: list[Word] = []
    joined_by = ""

    def close(following: str) -> None:
        nonlocal joined_by
        kept, why = without_purpose(words, follows=bool(clauses))
        if kept:
            span = text[words[0].start : words[-1].end]
            named, notes = name_things(kept)
            slips = tuple(f"Read '{w.misspelt}' as '{w.text}'." for w in words if w.misspelt)
            reason = (f"Took '{why}' for the reason.",) if why else ()
            clauses.append(Clause(named, span, joined_by, slips + reason + notes))
            words.clear()
            joined_by = following
        elif why:
            words.clear()
            joined_by = following
        elif following != "and" or not joined_by:
            joined_by = following

    read = list(_measures(list(_phrases(_particles(list(_tokens(text)))))))
    for word, following in zip_longest(read, read[1:]):
        if word.text == ":" and following and following.kind == "quote":
            continue  # "add the text at the top: 'HELLO'"
        if word.kind == "break":
            close(word.text)
            continue
        if word.kind == "keep":
            close("keep")
        if word.text == "so" and following and _begins_an_order(following):
            close(",")  # "I want to share it so brighten it up"
        words.append(word)
    close("")
    return clauses


def _begins_an_order(word: Word) -> bool:
    """Return whether a word is a verb: not the "it is level" that has the horizon levelled."""
    verb = vocabulary().get((word.text.partition(" ")[0],))
    return word.meaning.order and verb is not None and verb.order


def _tokens(text: str) -> Iterator[Word]:
    definite = False
    for match in _TOKEN.finditer(text):
        kind, written = str(match.lastgroup), str(match.group(str(match.lastgroup)))
        if kind.startswith("quote"):
            yield Word(written, Meaning("quote", written), match.start(), match.end())
        elif kind == "ratio":
            width, height = (float(part) for part in re.split("[:x×/]", written))
            if width and height:
                ratio = Meaning("ratio", round(width / height, 4))
                yield Word(written, ratio, match.start(), match.end())
        elif kind == "number":
            signed = -1 if written[0] == "-" else 1 if written[0] == "+" else 0
            meaning = Meaning("number", abs(float(written)), signed)
            yield Word(written, meaning, match.start(), match.end())
        elif kind == "stop":
            yield Word(written, Meaning("break"), match.start(), match.end())
        else:
            lower = written.lower().replace("’", "'")
            meant = corrected(lower)
            misspelt, lower = (written, meant) if meant else ("", lower)
            if lower in ARTICLES:
                definite = lower == "the"
                continue
            owner, _, ending = lower.partition("'")
            thing = vocabulary().get((owner,))
            if ending in {"s", ""} and owner != lower and thing and thing.target:
                yield Word(owner, _UNKNOWN, match.start(), match.end() - 2, definite=definite)
                yield Word("'s", Meaning("owner"), match.end() - 2, match.end())
            else:
                start, end = match.span()
                yield Word(lower, _UNKNOWN, start, end, definite=definite, misspelt=misspelt)
        definite = kind == "word" and lower in DETERMINERS


def _phrases(tokens: list[Word]) -> Iterator[Word]:
    """Put words together to the longest phrases that mean something."""
    known, at = vocabulary(), 0
    while at < len(tokens):
        size = _run(tokens, at)
        while size > 1 and tuple(t.text for t in tokens[at : at + size]) not in known:
            size -= 1
        part = tokens[at : at + max(size, 1)]
        meaning = known.get(tuple(t.text for t in part)) if size else None
        text = " ".join(token.text for token in part)
        first = part[0]
        if meaning and meaning.kind == "colour" and first.definite and len(part) > 1:
            alone = known.get((first.text,))
            named = _is_noun(tokens[at + len(part) :])
            # "make the sky blue" is not about sky blue, but "the sky blue car" is
            if alone and alone.target and not named:
                part, meaning, text = part[:1], alone, first.text
        yield replace(first, text=text, meaning=meaning or first.meaning, end=part[-1].end)
        at += len(part)


def _is_noun(tokens: list[Word]) -> bool:
    """Return whether a thing follows, or what something becomes."""
    if tokens and tokens[0].text in _INTO:
        return True
    starts = (tuple(t.text for t in tokens[:size]) for size in range(1, longest_phrase() + 1))
    return any(m.kind in _NOUNS for start in starts if (m := vocabulary().get(start)))


def _particles(tokens: list[Word]) -> list[Word]:
    """Put the two halves of "cut the flower out" together."""
    known, joined = vocabulary(), list(tokens)
    for at, token in enumerate(tokens):
        following = tokens[at + 1].text if at + 1 < len(tokens) else ""
        if token.text not in _PARTICLES | _WAYS or following == "of":
            continue
        if at and (tokens[at - 1].text, token.text) in known:
            continue  # "stands out"
        for verb in range(at - 2, max(at - 8, -1), -1):
            if tokens[verb].kind != "unknown":
                break
            meaning = known.get((tokens[verb].text, token.text))
            if token.text in _WAYS and (tokens[verb].text,) in known:
                continue
            if meaning and meaning.order:
                joined[verb] = replace(tokens[verb], meaning=meaning)
                joined[at] = replace(token, meaning=Meaning("filler"))
                break
    return joined


def _run(tokens: list[Word], at: int) -> int:
    """Return how many plain words follow each other, as far as a phrase may reach."""
    size = 0
    while (
        size < longest_phrase() and at + size < len(tokens) and tokens[at + size].kind == "unknown"
    ):
        size += 1
    return size


def _measures(words: list[Word]) -> Iterator[Word]:
    """Join numbers with their units, and two numbers to a ratio."""
    at = 0
    while at < len(words):
        word, rest = words[at], words[at + 1 : at + 3]
        if word.kind == "number" and rest and rest[0].text.split()[:1] == ["bit"]:
            yield replace(word, meaning=Meaning("filler"), end=rest[0].end)  # "8-bit pixel art"
            at += 2
        elif word.kind == "number" and rest and rest[0].kind == "unit":
            meaning = Meaning(str(rest[0].meaning.value), word.meaning.value, word.meaning.sign)
            yield Word(word.text, meaning, word.start, rest[0].end)
            at += 2
        elif word.kind == "number" and len(rest) == 2 and _is_ratio(rest):
            ratio = round(float(word.meaning.value) / float(rest[1].meaning.value), 4)
            yield Word(word.text, Meaning("ratio", ratio), word.start, rest[1].end)
            at += 3
        else:
            yield word
            at += 1


def _is_ratio(rest: list[Word]) -> bool:
    return rest[0].text in {"by", "x"} and rest[1].kind == "number" and rest[1].meaning.value != 0
