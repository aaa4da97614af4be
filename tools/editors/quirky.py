"""A simulation of an editor with habits that can be learnt, to train thinkers on."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

import numpy as np

from editthinker.tools.editors.base import Capabilities, Editor, EditRequest, EditResult
from editthinker.tools.editors.darkroom.clauses import split
from editthinker.tools.editors.darkroom.editor import Darkroom
from editthinker.tools.editors.darkroom.parse import parse
from editthinker.tools.editors.darkroom.recipe import Recipe, Step
from editthinker.tools.editors.refusals import refuse_unsupported
from editthinker.tools.images import Picture, Pixels

STRENGTHS = (0.4, 1.0, 1.8)
"""What an amount is multiplied by; which one counts depends on the photo and the operation."""

SEED_SPREAD = 0.15
"""How far a seed moves a strength, as a share of it."""

DEAF_TO = "and"
"""The connector whose clause is dropped; `then`, commas and semicolons work."""

UNKNOWN_WORDS = frozenset({"saturate", "desaturate", "darken", "raise"})
"""Words that hide their clause; `more colourful`, `less colourful`, `darker`, `increase` work."""

STRIPED_SHARE = 0.5
"""Share of the photos whose edits come out with stripes, unless the prompt says what to keep."""

_STRIPE = 12
_PERIOD = 4


@dataclass
class QuirkyEditor:
    """A simulation: the darkroom with habits of its own, the same in every call.

    Real editors have such habits and tell nobody; a thinker can only learn them from what comes
    out. The same photo, prompt and seed make the same edit. The quirks:

    - Strength: an amount is multiplied by one of `STRENGTHS`, fixed for each photo and operation.
      Another seed moves it by up to `SEED_SPREAD`.
    - Dropped clauses: a clause joined by `and` is not carried out. Other connectors work.
    - Unknown words: a clause with one of `UNKNOWN_WORDS` is not carried out. Synonyms work.
    - Stripes: edits of `STRIPED_SHARE` of the photos get visible stripes, unless the prompt says
      that something is to be kept, as in `keep the details`.

    Nothing of it is in the notes; `details["simulated_quirks"]` names it, for studies.

    Attributes:
        inner: The editor that does the work.
    """

    inner: Editor = field(default_factory=Darkroom)
    name: str = "quirky"
    capabilities: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        self.capabilities = replace(self.inner.capabilities, simulation=True, supports_seed=True)

    async def edit(self, request: EditRequest) -> EditResult:
        """Edit with the inner editor, by what this one makes of the prompt.

        Raises:
            EditRefusedError: if the inner editor understands nothing of the prompt either.
        """
        refuse_unsupported(self.name, self.capabilities, request)
        picture = request.images[0]
        read, quirks = _read(request.prompt)
        recipe = parse(read)
        if recipe.steps:
            said = ", ".join(step.sentence() for step in _scaled(recipe, request))
            kept = replace(recipe, steps=()).sentence()
            prompt = ", ".join(part for part in (said, kept) if part)
            result = await self.inner.edit(replace(request, prompt=prompt))
            image, cost_usd = result.image, result.cost_usd
        elif quirks:  # everything was dropped: an editor gives the picture back as it is
            image, cost_usd = picture.data, 0.0
        else:
            return await self.inner.edit(request)
        if recipe.steps and not recipe.keep and _is_striped(picture):
            image = Picture.from_pixels(_with_stripes(Picture.from_bytes(image).pixels)).data
            quirks.append("stripes")
        return EditResult(image, cost_usd=cost_usd, details={"simulated_quirks": [*quirks]})


def _read(prompt: str) -> tuple[str, list[str]]:
    """Return what is left of a prompt, and what was done to it."""
    kept, quirks = [], []
    for clause in split(prompt):
        if clause.joined_by == DEAF_TO:
            quirks.append("dropped clause")
        elif UNKNOWN_WORDS & set(re.findall(r"\w+", clause.text.lower())):
            quirks.append("unknown word")
        else:
            kept.append(clause.text)
    return ", ".join(kept) if quirks else prompt, quirks


def _scaled(recipe: Recipe, request: EditRequest) -> Sequence[Step]:
    photo = request.images[0].ref["sha256"]
    steps = []
    for step in recipe.steps:
        strength = _chance(photo, step.operation).choice(STRENGTHS)
        draw = _chance(photo, step.operation, str(request.seed)).uniform(-1, 1)
        amount = step.amount * strength * (1 + SEED_SPREAD * draw)
        steps.append(replace(step, amount=round(max(-1.0, min(1.0, amount)), 4)))
    return steps


def _is_striped(picture: Picture) -> bool:
    return _chance(picture.ref["sha256"], "stripes").random() < STRIPED_SHARE


def _chance(*of: str) -> random.Random:
    return random.Random(sha256("\n".join(of).encode()).digest())


def _with_stripes(pixels: Pixels) -> Pixels:
    rows = np.arange(pixels.shape[0]) % _PERIOD < _PERIOD // 2
    change = np.where(rows, _STRIPE, -_STRIPE)[:, None, None]
    striped = pixels.astype(np.int16)
    striped[..., :3] += change
    return np.clip(striped, 0, 255).astype(np.uint8)
