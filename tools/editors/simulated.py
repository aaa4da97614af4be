"""A simulation of an unreliable editor, to study loops without a model server."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from editthinker.tools.editors.base import Capabilities, Editor, EditRequest, EditResult
from editthinker.tools.editors.darkroom.editor import Darkroom
from editthinker.tools.editors.darkroom.parse import parse
from editthinker.tools.editors.darkroom.recipe import Recipe, Step
from editthinker.tools.editors.darkroom.target import BACKGROUND, PHOTO, SUBJECT, Target
from editthinker.tools.editors.refusals import refuse_unsupported
from editthinker.tools.errors import ConfigError

_UNMEASURED = frozenset(
    {"flip", "crop", "straighten", "fill", "recolour", "black-and-white"}
    | {"remove", "cutout", "move", "duplicate", "erase-text", "replace-text", "isolate"}
)
"""Operations that are done or not, with no amount to miss."""

_OTHER_PLACE: Mapping[Target, Target] = {BACKGROUND: SUBJECT, PHOTO: BACKGROUND}
"""Where a spoilt edit lands; everything else ends up in the background."""
_OTHER_WAY = {"left": "right", "right": "left", "up": "down", "down": "up"}
_OTHER_COLOUR = {"blue": "green", "white": "grey", "black": "brown"}


@dataclass
class SimulatedEditor:
    """A simulation: passes prompts to another editor, most of them spoilt in a way editors fail.

    A clause is dropped, an edit lands in the wrong place or colour, is done by a third, or is
    overdone. The same image, prompt and seed fail alike; another prompt or seed draws again. The
    notes do not tell, as real editors do not; `details["simulated_failure"]` does, for studies.

    Attributes:
        inner: The editor that does the work.
        seed: Chooses the whole series of failures.
        failure_rate: Share of the calls that fail, in [0, 1].
    """

    inner: Editor = field(default_factory=Darkroom)
    seed: int = 0
    failure_rate: float = 0.7
    name: str = "simulated"
    capabilities: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        if not 0 <= self.failure_rate <= 1:
            raise ConfigError(f"failure_rate is {self.failure_rate}; it is a share, from 0 to 1")
        self.capabilities = replace(self.inner.capabilities, simulation=True, supports_seed=True)

    async def edit(self, request: EditRequest) -> EditResult:
        """Edit with the inner editor, by a prompt that may have been spoilt."""
        refuse_unsupported(self.name, self.capabilities, request)
        image = request.images[0].ref["sha256"]
        key = f"{self.seed}\n{image}\n{request.seed}\n{request.prompt}"
        chance = random.Random(sha256(key.encode("utf-8", "replace")).digest())
        recipe = parse(request.prompt)
        failure, spoilt = None, recipe
        if recipe.steps and chance.random() < self.failure_rate:
            failure, spoilt = _spoil(recipe, chance)
        if failure is None:
            result = await self.inner.edit(request)
            return replace(result, details={**result.details, "simulated_failure": None})
        prompt = ", ".join([spoilt.sentence(), *recipe.unknown])
        result = await self.inner.edit(replace(request, prompt=prompt))
        # The inner editor's notes speak of the spoilt prompt; those of the reading are the user's.
        details = {**result.details, "simulated_failure": failure}
        return replace(result, notes=recipe.notes, details=details)


def _spoil(recipe: Recipe, chance: random.Random) -> tuple[str | None, Recipe]:
    """Draw a way to fail that this recipe allows, and return its name and the spoilt recipe."""
    steps = recipe.steps
    options: list[tuple[str, Callable[[Step], Step | None]]] = [
        ("wrong place", _misplaced),
        ("under-edit", lambda step: _scaled(step, 1 / 3)),
        ("over-edit", lambda step: _scaled(step, 2.5)),
    ]
    if len(steps) > 1:
        options.append(("dropped clause", lambda step: None))
    for name, change in chance.sample(options, len(options)):
        at = chance.randrange(len(steps))
        changed = [*steps[:at], *(s for s in [change(steps[at])] if s), *steps[at + 1 :]]
        if tuple(changed) != steps:
            return name, replace(recipe, steps=tuple(changed))
    return None, recipe


def _misplaced(step: Step) -> Step:
    options = dict(step.options)
    match step.operation:
        case "text":
            options["position"] = "top" if "bottom" in str(options["position"]) else "bottom"
        case "fill" if "image" in options:
            return replace(step, options={"colour": "blue"})
        case "fill" | "border":
            options["colour"] = _OTHER_COLOUR.get(str(options["colour"]), "blue")
        case "recolour":
            target = str(options["target"])
            others = (_OTHER_COLOUR.get(target, "blue"), "green", "purple")
            taken = (target, options.get("source"))
            options["target"] = next(colour for colour in others if colour not in taken)
        case "flip":
            options["axis"] = "vertical" if options["axis"] == "horizontal" else "horizontal"
        case "rotate" | "hue":
            options["degrees"] = -float(options["degrees"])
        case "crop":
            options["ratio"] = round(1 / float(options["ratio"]), 4)
        case "move" | "duplicate":
            options["direction"] = _OTHER_WAY[str(options["direction"])]
        case "replace-text":
            options["content"] = f"{options['content']}s"
        case "remove":
            return replace(step, region=SUBJECT)
        case "straighten" | "cutout" | "isolate" | "erase-text":
            return step
        case _:
            return replace(step, region=_OTHER_PLACE.get(step.region, BACKGROUND))
    return replace(step, options=options)


def _scaled(step: Step, factor: float) -> Step:
    if step.operation in {"rotate", "hue"}:
        degrees = float(step.options["degrees"]) * min(factor, 1.6)
        turned = round(180 - (180 - degrees) % 360, 2)
        return replace(step, options={**step.options, "degrees": turned}) if turned else step
    if step.operation in _UNMEASURED:
        return step
    return replace(step, amount=round(max(-1.0, min(1.0, step.amount * factor)), 4))
