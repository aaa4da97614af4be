"""What is said to a thinking model: messages, and the form of the reply.

The source image always comes first, so that a server with a prefix cache has seen its tokens
before, from the second call on.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from pydantic import JsonValue

from editthinker.graph.thinkers.base import PastAttempt, PlanRequest, Requirement, ThinkRequest
from editthinker.graph.thinkers.checklist import describe_checklist
from editthinker.graph.thinkers.pictures import THUMBNAIL_PIXELS, data_uri, show_difference
from editthinker.graph.thinkers.prompts import fill, load_prompt
from editthinker.tools.images import Picture

History = Literal["none", "text", "thumbnails"]
"""How much of earlier attempts the model sees."""

Schema = dict[str, JsonValue]
"""A JSON schema with a `title`."""

Part = dict[str, Any]
"""A part of a message, in the shape of OpenAI's API."""

_REASONING_CHARS = 400
_PLAN_FORMS = {
    "tags": "Reply with your considerations in <think></think>, then the instruction in "
    "<answer></answer>, and nothing else.",
    "json": 'Reply with one JSON object: {"reasoning": "your considerations", '
    '"prompt": "the instruction"}.',
}


class Ask(NamedTuple):
    """One question to a model."""

    messages: list[BaseMessage]
    schema: Schema | None
    """Form of the reply; None where the wording alone asks for it."""


class Wording(Protocol):
    """Puts requests into messages."""

    def think(self, request: ThinkRequest, checklist: Sequence[Requirement] = ()) -> Ask:
        """Ask for scores and the next prompt."""
        ...

    def plan(self, request: PlanRequest) -> Ask:
        """Ask for a prompt from the source alone."""
        ...


class TagsWording:
    """The `tags` protocol of EditThinker-8B: one message of source, edit and text.

    Args:
        template: A template of the user's in place of our own; see `prompts.read_template`. With
            it, a plan is asked for as the released models know it: the source in both places and
            an empty previous prompt.
        history: How much of earlier attempts to show.
        difference: Whether to show as a third picture what the edit changed. The released models
            were not trained on one.
    """

    def __init__(
        self, template: str | None = None, history: History = "none", difference: bool = False
    ) -> None:
        self._template = template
        self._history = history
        self._difference = difference

    def think(self, request: ThinkRequest, checklist: Sequence[Requirement] = ()) -> Ask:
        """Ask for scores and the next prompt."""
        text = fill(
            self._template or load_prompt("tags"),
            {"original_instruction": request.instruction, "rewritten_prompt": request.prompt},
        )
        if not self._template:
            text += _notes(request.notes)
        content = [
            picture_part(request.source),
            picture_part(request.edited),
            *self._difference_parts(request.source, request.edited),
            text_part(text),
            *_history_parts(request.history, self._history),
        ]
        return Ask([_message(content)], None)

    def plan(self, request: PlanRequest) -> Ask:
        """Ask for a prompt from the source alone."""
        if not self._template:
            content = [picture_part(request.source), text_part(_plan_text(request, "tags"))]
            return Ask([_message(content)], None)
        text = fill(
            self._template,
            {"original_instruction": request.instruction, "rewritten_prompt": request.prompt},
        )
        picture = picture_part(request.source)
        difference = self._difference_parts(request.source, request.source)
        content = [picture, picture, *difference, text_part(text + _refusal(request))]
        return Ask([_message(content)], None)

    def _difference_parts(self, source: Picture, edited: Picture) -> list[Part]:
        return [picture_part(show_difference(source, edited))] if self._difference else []


class JsonWording:
    """The `json` protocol: rules in a system message, a reply that follows a schema."""

    def __init__(self, history: History = "none") -> None:
        self._history = history

    def think(self, request: ThinkRequest, checklist: Sequence[Requirement] = ()) -> Ask:
        """Ask for scores and the next prompt."""
        text = fill(
            load_prompt("json_request"),
            {"original_instruction": request.instruction, "rewritten_prompt": request.prompt},
        )
        text += _notes(request.notes)
        properties: Schema = {**_THOUGHT}
        if len(request.editors) > 1:
            text += (
                f"\nThe editors at hand are {', '.join(request.editors)}. If another than the last "
                'one suits the next try better, name it in the key "editor"; otherwise null.'
            )
            choices: list[JsonValue] = [*request.editors, None]
            properties["editor"] = {"type": ["string", "null"], "enum": choices}
        if checklist:
            values = {"checklist": describe_checklist(checklist)}
            text += "\n\n" + fill(load_prompt("checklist_mark"), values)
            properties["checklist"] = _MARKS
        content = [
            picture_part(request.source),
            picture_part(request.edited),
            text_part(text),
            *_history_parts(request.history, self._history),
        ]
        messages = [SystemMessage(load_prompt("json")), _message(content)]
        return Ask(messages, _schema("thought", properties))

    def plan(self, request: PlanRequest) -> Ask:
        """Ask for a prompt from the source alone."""
        content = [picture_part(request.source), text_part(_plan_text(request, "json"))]
        properties: Schema = {"reasoning": {"type": "string"}, "prompt": {"type": "string"}}
        return Ask([_message(content)], _schema("plan", properties))


def ask_checklist(source: Picture, instruction: str) -> Ask:
    """Ask to split an instruction into requirements."""
    text = fill(load_prompt("checklist_split"), {"original_instruction": instruction})
    properties: Schema = {"text": {"type": "string"}, "keep": {"type": "boolean"}}
    items: Schema = {"type": "array", "items": _object(properties)}
    return Ask(
        [_message([picture_part(source), text_part(text)])],
        _schema("checklist", {"requirements": items}),
    )


def picture_part(picture: Picture, max_pixels: int | None = None) -> Part:
    """Return a picture as part of a message."""
    uri = data_uri(picture, max_pixels) if max_pixels else data_uri(picture)
    return {"type": "image_url", "image_url": {"url": uri}}


def text_part(text: str) -> Part:
    """Return a text as part of a message."""
    return {"type": "text", "text": text}


def _message(parts: Sequence[Part]) -> HumanMessage:
    return HumanMessage(content=list(parts))


def _plan_text(request: PlanRequest, protocol: Literal["tags", "json"]) -> str:
    values = {
        "original_instruction": request.instruction,
        "reply_form": _refusal(request) + _PLAN_FORMS[protocol],
    }
    return fill(load_prompt("plan"), values)


def _refusal(request: PlanRequest) -> str:
    if not request.refusal:
        return ""
    values = {"rewritten_prompt": request.prompt, "refusal": request.refusal}
    return "\n" + fill(load_prompt("refused"), values) + "\n\n"


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    return "\nThe editor remarked:\n" + "\n".join(f"- {note}" for note in notes)


def _history_parts(past: Sequence[PastAttempt], history: History) -> list[Part]:
    if history == "none" or not past:
        return []
    parts = [text_part("Earlier tries, oldest first, to learn from and not to repeat:")]
    for attempt in past:
        parts.append(text_part(_past_text(attempt)))
        if history == "thumbnails" and attempt.image:
            parts.append(picture_part(attempt.image, THUMBNAIL_PIXELS))
    return parts


def _past_text(past: PastAttempt) -> str:
    lines = [f"Try {past.turn}:", ">>>", past.prompt, "<<<"]
    if past.semantic is not None and past.quality is not None:
        lines.append(f"semantic {past.semantic:g}, quality {past.quality:g}")
    if past.reasoning:
        lines.append(past.reasoning[:_REASONING_CHARS])
    if past.error:
        lines.append(f"It failed: {past.error[:_REASONING_CHARS]}")
    return "\n".join(lines)


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _schema(title: str, properties: Schema) -> Schema:
    return {"title": title, **_object(properties)}


_THOUGHT: Schema = {
    "reasoning": {"type": "string"},
    "semantic": {"type": "number", "minimum": 0, "maximum": 10},
    "quality": {"type": "number", "minimum": 0, "maximum": 10},
    "satisfied": {"type": "boolean"},
    "refined_prompt": {"type": "string"},
}
_MARKS: Schema = {
    "type": "array",
    "items": _object(
        {
            "number": {"type": "integer"},
            "status": {"type": "string", "enum": ["done", "partly", "not"]},
            "note": {"type": "string"},
            "region": {"type": ["array", "null"], "items": {"type": "number"}},
        }
    ),
}
