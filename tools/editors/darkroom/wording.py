"""Reads clauses about text that the photo shows: "replace the text 'SALE' with 'OPEN'"."""

from editthinker.tools.editors.darkroom.adjusting import Carry, Reading, things
from editthinker.tools.editors.darkroom.clauses import Clause
from editthinker.tools.editors.darkroom.recipe import Step
from editthinker.tools.editors.darkroom.target import Target
from editthinker.tools.editors.darkroom.words import Word

_INTO = frozenset({"to", "into", "with", "by", "for"})
"""Words in front of what something becomes."""

_REWORDS = frozenset(
    {"replace", "swap", "switch", "substitute", "exchange", "change", "edit", "alter", "modify"}
    | {"rename", "update", "turn", "correct", "fix"}
)

_WANTS = frozenset({"want", "want to", "would like", "i'd like", "should", "must", "needs", "need"})

_MOST_WORDS = 6
"""Of a text that stands without quotation marks."""


def read_rewording(clause: Clause, _: Carry) -> Reading | None:
    """Read "replace the text 'SALE' with 'OPEN'", "change the sign to say 'OPEN'"."""
    return _quoted(clause) or _said(clause) or _bare(clause) or _strange(clause)


def _quoted(clause: Clause) -> Reading | None:
    quotes = [str(word.meaning.value).strip() for word in clause.all("quote")]
    texts = [thing for thing in things(clause) if thing.kind == "text"]
    others = [thing for thing in things(clause) if thing.kind != "text"]
    says = _says(clause)
    verbs = clause.all("verb")
    wanted = says and any(word.text in _WANTS for word in clause.words)
    if not clause.only("quote", "region", *(["operation"] if says else [])) or not all(quotes):
        return None
    if not (verbs or wanted) or any(verb.meaning.value == "add" for verb in verbs):
        return None
    if any(thing.kind != "object" for thing in others) or len(others) > 1 or len(texts) > 1:
        return None
    joined = any(word.text in _INTO for word in clause.words[1:])
    if len(quotes) == 1 and (says or (texts and joined and not others)):
        return _reading(clause, texts[0] if texts else Target("text"), quotes[0])
    named = any(thing.name for thing in texts)
    if len(quotes) == 2 and joined and not named:  # "on the sign" tells only where it is
        return _reading(clause, Target("text", quotes[0]), quotes[1])
    if len(quotes) == 1 and joined and texts and texts[0].name:
        return _reading(clause, texts[0], quotes[0])
    return None


def _says(clause: Clause) -> bool:
    """Return whether something is to say another thing: "make the sign say 'OPEN'"."""
    words = clause.all("operation")
    return bool(words) and all(
        word.meaning.value == "text" and word.text in {"say", "read", "says", "reads"}
        for word in words
    )


def _said(clause: Clause) -> Reading | None:
    """Read "make the writing on the mug say HELLO"."""
    words = clause.words
    at = next((at for at, word in enumerate(words) if word.kind == "operation"), None)
    verbs = clause.all("verb")
    wishes = bool(verbs) or any(word.text in _WANTS for word in words)
    if at is None or clause.has("quote") or not wishes or at + 1 == len(words):
        return None
    before = Clause(words[: at + 1], clause.text, "")
    named = things(before)
    if not _says(before) or not before.only("region", "operation") or len(named) != 1:
        return None
    if named[0].kind not in {"text", "object"} or any(v.meaning.value == "add" for v in verbs):
        return None
    new = _written(clause, words[at + 1 :])
    target = named[0] if named[0].kind == "text" else Target("text")
    return _reading(clause, target, new) if new else None


def _bare(clause: Clause) -> Reading | None:
    """Read "replace the text SALE with OPEN", "remove the word SALE"."""
    words = clause.words
    first = next((at for at, word in enumerate(words) if _is_text(word)), None)
    if first is None or clause.has("quote") or not _single(words[first].text):
        return None
    before = Clause(words[:first], clause.text, "")
    rest = words[first + 1 :]
    joint = next((at for at, word in enumerate(rest) if word.text in _INTO), None)
    if not before.only("direction", "noun") or not rest:
        return None
    if joint is None:
        removes = [word.meaning.value for word in before.all("direction")] == ["off"]
        content = _written(clause, _without_place(rest))
        told = words[first].text in {"word", "words"} and content
        if not removes or not (told or content[:1].isupper()):
            return None
        step = Step("erase-text", region=Target("text", content), clause=clause.text)
        return Reading([step], Carry(steps=(step,), region=step.region))
    old, new = _written(clause, _without_place(rest[:joint])), _written(clause, rest[joint + 1 :])
    if not any(word.text in _REWORDS for word in before.words) or not new:
        return None
    if any(word.kind in {"operation", "direction", "percent"} for word in rest):
        return None  # "change the text to a brighter one"
    last = rest[joint + 1 :]
    if len(last) == 1 and last[0].kind == "colour" and not new.isupper():
        if not old.isupper():
            return None
        options: dict[str, str | float] = {"target": str(last[0].meaning.value)}
        step = Step("recolour", region=Target("text", old), options=options, clause=clause.text)
        return Reading([step], Carry(steps=(step,), region=step.region))
    if not old and not new.isupper():
        return None  # "change the text to bold"
    return _reading(clause, Target("text", old), new)


def _strange(clause: Clause) -> Reading | None:
    """Read "change github to gitlab": words that stand in no list are what is written."""
    words = tuple(word for word in clause.words if word.kind != "filler" or word.text in _INTO)
    joints = [at for at, word in enumerate(words) if word.text in _INTO]
    if len(joints) != 1 or not words or words[0].text not in _REWORDS:
        return None
    old, new = words[1 : joints[0]], words[joints[0] + 1 :]
    strange = all(word.kind == "unknown" and not word.definite for word in old + new)
    if not old or not new or not strange:
        return None
    before, after = _written(clause, old), _written(clause, new)
    return _reading(clause, Target("text", before), after) if before and after else None


def _without_place(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Take "from the mug" off the end."""
    last = words[-1].meaning.target if words else None
    placed = len(words) > 2 and words[-2].text in {"from", "on", "in", "off"} and last
    return words[:-2] if placed else words


def _is_text(word: Word) -> bool:
    target = word.meaning.target
    return target is not None and target.kind == "text" and not target.name and not target.place


def _single(said: str) -> bool:
    """Return whether "the word" was said and nothing more: no place, no sign it stands on."""
    return len(said.split()) == 1


def _written(clause: Clause, words: tuple[Word, ...]) -> str:
    """Return words as the user wrote them, empty where they can be no text."""
    if not words or len(words) > _MOST_WORDS:
        return ""
    start = clause.words[0].start
    return clause.text[words[0].start - start : words[-1].end - start]


def _reading(clause: Clause, old: Target, new: str) -> Reading:
    step = Step("replace-text", region=old, options={"content": new}, clause=clause.text)
    return Reading([step], Carry(steps=(step,), region=old))
