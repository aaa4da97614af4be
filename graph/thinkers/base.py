"""What a thinker is: something that looks at an edit, scores it and says what to try next."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from editthinker.tools.images import Picture
from editthinker.tools.registry import Registry


@dataclass(frozen=True)
class Usage:
    """What a call of a model cost."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cost_usd + other.cost_usd,
        )


Status = Literal["done", "partly", "not"]
"""How far a requirement is met."""


class Region(NamedTuple):
    """A box in an image, in fractions of its width and height."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Requirement:
    """One thing that a result can be checked for."""

    text: str
    keep: bool = False
    """Whether it is about what must stay as it is."""
    status: Status | None = None
    """None until an edit was judged against it."""
    note: str = ""
    """What the thinker saw."""
    region: Region | None = None
    """Where in the edit, if a place can be named."""


@dataclass(frozen=True)
class PastAttempt:
    """An earlier edit of the same loop, for thinkers that look back."""

    turn: int
    prompt: str
    image: Picture | None
    semantic: float | None
    quality: float | None
    reasoning: str
    error: str | None


@dataclass(frozen=True)
class PlanRequest:
    """Ask for a prompt before, or instead of, looking at an edit."""

    source: Picture
    instruction: str
    """The user's own words."""
    prompt: str = ""
    """The prompt that an editor refused; empty before the first edit."""
    refusal: str = ""
    """The editor's reason for refusing `prompt`; empty before the first edit."""


@dataclass(frozen=True)
class Plan:
    """A prompt for the editor."""

    prompt: str
    reasoning: str = ""
    raw: str = ""
    """The model's reply as it came."""
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True)
class ThinkRequest:
    """Ask what an edit is worth and what to try next."""

    source: Picture
    edited: Picture
    instruction: str
    """The user's own words: what the edit is measured against."""
    prompt: str
    """What the editor was told to make `edited`."""
    turn: int = 1
    mask: Picture | None = None
    """White where the user allowed the edit; None for everywhere."""
    notes: tuple[str, ...] = ()
    """What the editor said about its work."""
    editors: tuple[str, ...] = ()
    """Editors that the next turn may use."""
    history: tuple[PastAttempt, ...] = ()
    """Earlier attempts, oldest first."""
    checklist: tuple[Requirement, ...] = ()
    """The list of an earlier turn, for thinkers that work with one; empty before the first."""


@dataclass(frozen=True)
class Thought:
    """A thinker's view of one edit."""

    semantic: float | None
    """Instruction followed and the rest preserved, in [0, 10]; None where none is given."""
    quality: float | None
    """Naturalness, absence of artefacts, in [0, 10]; None where none is given."""
    reasoning: str
    refined_prompt: str | None
    """The next prompt; None when the thinker has nothing to add."""
    satisfied: bool | None = None
    """The thinker's own verdict, where its protocol has one."""
    editor: str | None = None
    """The editor to use next, where the thinker asks for one of `ThinkRequest.editors`."""
    raw: str = ""
    """The model's reply as it came."""
    usage: Usage = field(default_factory=Usage)
    repairs: tuple[str, ...] = ()
    """What the parser had to mend to read the reply."""
    checklist: tuple[Requirement, ...] = ()
    """The marked list, from thinkers that work with one; give it to the next `ThinkRequest`."""
    scoring: str = "stated"
    """Where the scores come from: stated, expected (from token probabilities), checklist, mean."""


@runtime_checkable
class Thinker(Protocol):
    """Critiques an edit and rewrites the instruction.

    Implementations are cheap to construct; both methods may run concurrently with themselves.
    """

    name: str

    async def think(self, request: ThinkRequest) -> Thought:
        """Score an edit and refine its prompt.

        Raises:
            ReplyParseError: if the reply cannot be read, even after asking again.
            TransientThinkerError: if trying again may help.
            ThinkerError: for any other failure.
        """
        ...

    async def plan(self, request: PlanRequest) -> Plan:
        """Write a prompt from the source image alone; same errors as `think`."""
        ...


THINKERS: Registry[Thinker] = Registry(
    kind="thinker",
    group="editthinker.thinkers",
    builtin={
        "chat": "editthinker.graph.thinkers.endpoints:chat",
        "editthinker-8b": "editthinker.graph.thinkers.endpoints:editthinker_8b",
        "editthinker-8b-kontext": "editthinker.graph.thinkers.endpoints:editthinker_8b_kontext",
        "gpt-4.1": "editthinker.graph.thinkers.endpoints:gpt_4_1",
        "local": "editthinker.graph.thinkers.local:local [local]",
        "observer": "editthinker.graph.thinkers.observer:Observer",
        "scripted": "editthinker.graph.thinkers.scripted:ScriptedThinker",
    },
)
"""Thinkers that can be chosen by name."""
