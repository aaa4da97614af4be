"""Reading a thinker's reply, kindly and honestly.

A reply comes as tags (`<think>`, `<score>`, `<answer>`), as a JSON object, or as something near
either. What a person would read without doubt is read, and every mend is recorded. The rest is a
`ReplyParseError` whose message tells the model what is missing.

An instruction, or a text in a picture, may hold anything: `</answer>`, a whole JSON verdict. Where
a reply holds several verdicts, the strictest one counts, so that an echo of such a text can never
turn a bad edit into a good one. An unreadable verdict beside a readable one refuses the reply.
"""

import html
import json
import re
from dataclasses import dataclass, replace

from pydantic import JsonValue

from editthinker.graph.instruction import MAX_CHARACTERS
from editthinker.graph.thinkers.base import Plan, Thought, Usage
from editthinker.graph.thinkers.objects import FoundObject, find_objects
from editthinker.graph.thinkers.scores import (
    Scores,
    named_scores,
    read_score,
    read_score_text,
)
from editthinker.graph.thinkers.tags import (
    blank_out,
    labelled_sections,
    split_thinking,
    tag_blocks,
    to_tags,
)
from editthinker.tools.errors import ReplyParseError
from editthinker.tools.plain import printable_text

MAX_REPLY_CHARS = 100_000
"""Longer replies are refused unread."""

_NOTHING = {"", "none", "null", "n/a", "na", "nil", "empty", "undefined"}
_SATISFIED = ("satisfied", "is_satisfied")
_REASONING = ("reasoning", "reason", "think", "thinking", "thought", "explanation", "critique")
_PROMPT = (
    "refined_prompt",
    "new_rewritten_prompt",
    "rewritten_prompt",
    "new_prompt",
    "next_prompt",
    "refined_instruction",
    "rewritten",
    "answer",
    "prompt",
)
_VERDICT_KEYS = (*Scores._fields, *_SATISFIED, *_PROMPT[:-1])
_SCORE_KEYS = {*Scores._fields, *_REASONING}
_JUDGING_KEYS = {*Scores._fields, *_SATISFIED}
_ENVELOPES = ("score", "scores", "evaluation", "result", "verdict", "output", "response")
_CHAT_MARKS = re.compile(r"^\s*<\|\w+\|>(?:assistant\b)?|(?:<\|\w+\|>\s*)+$")
_UNREAD_KEY = re.compile(r"""["'](?:semantic|is_satisfied|satisfied)["']\s*:""", re.IGNORECASE)
_WRAPPED = re.compile(r"(\"\"\"|\*\*|[\"“`])((?:(?!\1).)+)(?:\1|”)", re.DOTALL)
_CUT_END = re.compile(
    r"(?:[,;:(&+-]|\b(?:an?|and|or|the|to|of|in|on|at|with|without|for|from|by|but|as|so|that|"
    r"which|while|is|are|be|its|their|more|less|very|into|over|under|make|keep))$",
    re.IGNORECASE,
)


class UnreadableReplyError(ReplyParseError):
    """A reply that could not be read even after asking again.

    Attributes:
        raw: The last reply as it came.
        usage: What both replies cost.
    """

    def __init__(self, message: str, raw: str, usage: Usage) -> None:
        super().__init__(message)
        self.raw = raw
        self.usage = usage


@dataclass(frozen=True)
class _Verdict:
    """One complete statement about an edit."""

    scores: Scores | None
    satisfied: bool | None
    prompt: str | None
    reasoning: str = ""
    editor: str | None = None
    repairs: tuple[str, ...] = ()

    @property
    def leniency(self) -> tuple[bool, float]:
        return (self.satisfied is True, min(self.scores) if self.scores else 0.0)


def parse_reply(text: str) -> Thought:
    """Read a thinker's reply in either protocol.

    Args:
        text: The reply as it came, whole: one cut at a token limit may end anywhere.

    Returns:
        A thought with `raw` and `repairs`. `refined_prompt` is None only when the reply says that
        it is satisfied; scores are None only for a verdict in words alone.

    Raises:
        ReplyParseError: if the scores or the next prompt cannot be read without guessing.
    """
    body, repairs = _prepare(text)
    thinking = split_thinking(body)
    if not thinking.rest.strip() and re.search(r"(?:</answer>|\})$", thinking.text, re.IGNORECASE):
        thinking = replace(thinking, rest=thinking.text)
        repairs.append("a verdict inside the thinking")
    verdicts = _tag_verdicts(thinking.rest)
    verdicts += _object_verdicts(thinking.rest, beside=True)
    verdicts = verdicts or _labelled_verdicts(thinking.rest)
    verdicts = verdicts or _object_verdicts(thinking.rest, beside=False)
    if not verdicts:
        raise ReplyParseError(
            "the reply breaks off before its scores and its next prompt"
            if thinking.open_ended
            else "the reply holds neither scores nor a next prompt"
        )
    # Thinking that was never closed and ends in mid sentence was cut: its verdict is a quotation.
    if thinking.open_ended and not re.search(r"(?:>|[}\])`\"'.!?])\s*$", body):
        raise ReplyParseError("the reply breaks off inside its thinking")
    verdict = min(verdicts, key=lambda each: each.leniency)
    if any(replace(each, repairs=()) != replace(verdict, repairs=()) for each in verdicts):
        repairs.append(f"{len(verdicts)} verdicts; the strictest counts")
    semantic, quality = verdict.scores or (None, None)
    return Thought(
        semantic=semantic,
        quality=quality,
        reasoning=_clean(verdict.reasoning or thinking.text),
        refined_prompt=verdict.prompt,
        satisfied=verdict.satisfied,
        editor=verdict.editor,
        raw=text,
        repairs=tuple(dict.fromkeys([*repairs, *thinking.repairs, *verdict.repairs])),
    )


def parse_plan(text: str) -> Plan:
    """Read a reply that holds a prompt and no scores.

    Raises:
        ReplyParseError: if there is no prompt.
    """
    body, _ = _prepare(text)
    thinking = split_thinking(body)
    for block in tag_blocks(thinking.rest, "answer"):
        prompt, _ = _read_answer(block.text, block.closed or not block.last)
        return Plan(prompt, _clean(thinking.text), text)
    for found in find_objects(thinking.rest):
        values = _normal(found.values)
        if (prompt_ := _first(values, _PROMPT)) is not None:
            reasoning = _first(values, _REASONING)
            return Plan(_read_prompt(prompt_), _clean(str(reasoning or thinking.text)), text)
    sections = labelled_sections(thinking.rest)
    if "answer" in sections:
        return Plan(_read_prompt(sections["answer"]), _clean(sections.get("think", "")), text)
    raise ReplyParseError("the reply holds no prompt")


def _prepare(text: str) -> tuple[str, list[str]]:
    if len(text) > MAX_REPLY_CHARS:
        raise ReplyParseError(
            f"the reply has {len(text)} characters; at most {MAX_REPLY_CHARS} are read"
        )
    body, repairs = _CHAT_MARKS.sub("", text.removeprefix("\ufeff")).strip(), []
    if not body:
        raise ReplyParseError("the reply is empty")
    if body[0] == body[-1] == '"':
        try:
            inner = json.loads(body, strict=False)
        except ValueError:
            inner = body
        if isinstance(inner, str) and re.search(r"[<{]", inner) and inner != body:
            body, repairs = inner, ["a reply inside a JSON string"]
    if not re.search(r"<[^<>]*(?:score|answer)", body, re.IGNORECASE) and "&lt;" in body:
        body = html.unescape(body)
        repairs.append("escaped tags")
    tagged = to_tags(body)
    if tagged != body:
        repairs.append("tags in other brackets")
    return tagged, repairs


def _tag_verdicts(text: str) -> list[_Verdict]:
    scores = [
        block for block in tag_blocks(text, "score") if block.closed or re.search(r"\d", block.text)
    ]
    answers = tag_blocks(text, "answer")
    if not scores and not answers:
        return []
    if not answers:
        raise ReplyParseError("the <answer> with the next prompt is missing")
    verdicts = []
    for score in scores:
        complete = score.closed or not score.last
        read, repairs = read_score_text(score.text, complete)
        if not score.closed:
            repairs = (*repairs, "a missing </score>")
        answer = next((each for each in answers if each.start >= score.end), answers[-1])
        verdicts.append((read, repairs, answer))
    if not scores:
        read, repairs = _scores_outside_tags(blank_out(text, "answer"))
        verdicts.append((read, repairs, answers[-1]))
    found = []
    for read, repairs, answer in verdicts:
        prompt, mends = _read_answer(answer.text, answer.closed or not answer.last)
        if not answer.closed:
            mends = (*mends, "a missing </answer>")
        if len(answers) > max(1, len(scores)):
            mends = (*mends, f"{len(answers)} answers; the one after the scores counts")
        found.append(_Verdict(read, None, prompt, repairs=(*repairs, *mends)))
    return found


def _scores_outside_tags(text: str) -> tuple[Scores, tuple[str, ...]]:
    try:
        read, repairs = read_score_text(text)
    except ReplyParseError as exc:
        if "missing" not in str(exc):
            raise
        raise ReplyParseError(f"the <score> block is missing or incomplete: {exc}") from exc
    return read, ("scores outside a <score> block", *repairs)


def _read_answer(text: str, complete: bool) -> tuple[str, tuple[str, ...]]:
    """Read the inside of an `<answer>` block."""
    if not complete and _CUT_END.search(text.strip()):
        raise ReplyParseError("the reply breaks off inside the <answer>")
    fenced = re.fullmatch(r"\s*```\w*\n?(.*?)(?:```)?\s*", text, re.DOTALL)
    inner = fenced[1] if fenced else text
    repairs = ("a code fence in the answer",) if fenced else ()
    if inner.strip().startswith("{"):
        for found in find_objects(inner):
            prompt = _first(_normal(found.values), _PROMPT)
            return _read_prompt(prompt), (*repairs, "an object in the answer")
    return _read_prompt(inner), repairs


def _object_verdicts(text: str, beside: bool) -> list[_Verdict]:
    """Read the objects outside of score blocks.

    Args:
        text: The reply without its thinking.
        beside: Whether to leave out objects of scores alone or a prompt alone, which beside tags
            and labels are no verdict of their own.
    """
    text = blank_out(text, "score")
    outside = text
    groups: list[tuple[dict[str, JsonValue], list[FoundObject]]] = []
    for each in find_objects(text):
        values = _normal(each.values)
        if not any(name in values for name in _VERDICT_KEYS):
            continue
        outside = outside.replace(text[each.start : each.end], "", 1)
        if groups and not groups[-1][0].keys() & values.keys():
            groups[-1][0].update(values)
            groups[-1][1].append(each)
        else:
            groups.append((values, [each]))
    if _UNREAD_KEY.search(outside):
        raise ReplyParseError("the reply holds a JSON object that cannot be read")
    around = ("text around the JSON",) if outside.strip() else ()
    return [
        _object_verdict(values, objects, around)
        for values, objects in groups
        if not (beside and (values.keys() <= _SCORE_KEYS or not values.keys() & _JUDGING_KEYS))
    ]


def _object_verdict(
    values: dict[str, JsonValue], objects: list[FoundObject], around: tuple[str, ...]
) -> _Verdict:
    repairs = [*around, *(mend for each in objects for mend in each.repairs)]
    if len(objects) > 1:
        repairs.append(f"{len(objects)} JSON objects put together")
    cut = next((each.unfinished for each in objects if each.unfinished), "")
    try:
        satisfied, mends = _read_satisfied(_first(values, _SATISFIED))
        repairs += mends
        scores = None
        if "semantic" in values or "quality" in values or satisfied is None:
            semantic, quality = (read_score(values.get(name), name) for name in Scores._fields)
            repairs += [*semantic.repairs, *quality.repairs]
            scores = Scores(semantic.value, quality.value)
        raw = _first(values, _PROMPT)
        blank = raw is None or (isinstance(raw, str) and raw.strip(" .").lower() in _NOTHING)
        prompt = None if satisfied and blank else _read_prompt(raw)
    except ReplyParseError as exc:
        if cut:
            raise ReplyParseError(f"the reply breaks off in {cut!r}: {exc}") from exc
        raise
    if cut:
        repairs.append(f"an end missing in {cut!r}")
    reasoning = _first(values, _REASONING)
    text = reasoning if isinstance(reasoning, str) else json.dumps(reasoning) if reasoning else ""
    editor = values.get("editor")
    return _Verdict(
        scores, satisfied, prompt, text, editor if isinstance(editor, str) else None, tuple(repairs)
    )


def _labelled_verdicts(text: str) -> list[_Verdict]:
    sections = labelled_sections(text)
    if "answer" not in sections:
        return []
    stated = sections.get("score", "")
    stated += "".join(f"\n{name}: {sections[name]}" for name in Scores._fields if name in sections)
    scores, repairs = read_score_text(stated)
    satisfied, _ = _read_satisfied(sections.get("satisfied"))
    prompt = _read_prompt(sections["answer"])
    repairs = ("labels for tags", *repairs)
    return [_Verdict(scores, satisfied, prompt, sections.get("think", ""), repairs=repairs)]


def _normal(values: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Bring the keys of an object to one spelling and open its envelopes."""
    normal: dict[str, JsonValue] = {}
    for key, value in values.items():
        name = re.sub(r"[\s-]+", "_", key.strip().lower())
        if name in _ENVELOPES and isinstance(value, dict):
            pairs = _normal(value)
        else:
            pairs = named_scores({key: value}) or {name: value}
        for each, inner in pairs.items():
            if each in normal and repr(normal[each]) != repr(inner):
                raise ReplyParseError(f"the key {each[:40]!r} stands twice with different values")
            normal[each] = inner
    return normal


def _first(values: dict[str, JsonValue], names: tuple[str, ...]) -> JsonValue:
    return next((values[name] for name in names if values.get(name) is not None), None)


def _read_satisfied(value: JsonValue) -> tuple[bool | None, list[str]]:
    if value is None or isinstance(value, bool):
        return value, []
    word = value.strip().lower() if isinstance(value, str) else None
    if word in ("true", "yes", "false", "no"):
        return word in ("true", "yes"), ["a verdict as text"]
    raise ReplyParseError(f"satisfied is {str(value)[:40]!r}, not true or false")


def _read_prompt(value: JsonValue) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        value = " ".join(map(str, value))
    if value is None:
        raise ReplyParseError("the next prompt is missing")
    if not isinstance(value, str):
        raise ReplyParseError(f"the next prompt is {type(value).__name__}, not text")
    prompt = _clean(value)
    if wrapped := _WRAPPED.fullmatch(prompt):
        prompt = wrapped[2].strip()
    if prompt.lower().strip(" .") in _NOTHING or not any(map(str.isalnum, prompt)):
        raise ReplyParseError("the next prompt is empty")
    if len(prompt) > MAX_CHARACTERS:
        raise ReplyParseError(
            f"the next prompt has {len(prompt)} characters; at most {MAX_CHARACTERS} are sent"
        )
    return prompt


def _clean(text: str) -> str:
    """Return what people can read; half a surrogate pair, which no file can hold, is marked."""
    return printable_text(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
