"""Reads clauses about text that the photo shows: "replace the text 'SALE' with 'OPEN'"."""

from editthinker.tools.editors.darkroom.adjusting import Carry, Reading, things
from editthinker.tools.editors.darkroom.clauses import Clause
from editthinker.tools.editors.darkroom.recipe import Step
from editthinker.tools.editors.darkroom.target import Target

_INTO = frozenset({"to", "into", "with", "by", "for"})
"""Words in front of what something becomes."""


def read_rewording(clause: Clause, _: Carry) -> Reading | None:
    """Read "replace the text 'SALE' with 'OPEN'", "change 'SALE' to 'OPEN'"."""
    quotes = [str(word.meaning.value).strip() for word in clause.all("quote")]
    named = things(clause)
    if not clause.only("quote", "region") or not clause.has("verb") or not all(quotes):
        return None
    last = clause.words[-1]
    joined = any(word.text in _INTO for word in clause.words)
    if last.kind != "quote" or not joined:
        return None
    if len(named) == 1 and named[0].kind == "text" and len(quotes) == 1:
        old = named[0]
    elif not named and len(quotes) == 2:
        old = Target("text", quotes[0])
    else:
        return None
    options = {"content": quotes[-1]}
    step = Step("replace-text", region=old, options=options, clause=clause.text)
    return Reading([step], Carry(steps=(step,), region=old))
