"""The darkroom: an editor for what photo tools and small models do well on a CPU."""

import asyncio

from pydantic import JsonValue

from editthinker.tools.editors.base import Capabilities, EditRequest, EditResult
from editthinker.tools.editors.darkroom.enlarger import Enlarger
from editthinker.tools.editors.darkroom.parse import parse
from editthinker.tools.editors.darkroom.recipe import Recipe
from editthinker.tools.editors.refusals import refuse_unsupported
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.images import Picture

_ABILITIES = (
    "it changes tone (brightness, contrast, shadows), colour (saturation, warmth, hue, black and "
    "white), focus (sharpen, blur, denoise, grain), frame (rotate, flip, crop, straighten, "
    "border), style (vignette, sepia, posterize, sketch, watercolour, oil, cartoon, pixels) and "
    "text, everywhere or on one thing (the subject, the background, the sky, the red car, the left "
    "face), and it recolours, removes, moves, duplicates or cuts out a thing, and replaces the "
    "background"
)


class Darkroom:
    """Carries out plain English on the CPU and refuses what it does not understand.

    The seed matters to `grain` only, so `supports_seed` is False: another seed makes no other edit.
    Steps run in the order of a darkroom (`editthinker.tools.editors.darkroom.enlarger`) and not of
    the words, so that a border is not blurred and a vignette fits the crop.
    """

    name = "darkroom"
    capabilities = Capabilities(supports_mask=True, max_images=2)

    async def edit(self, request: EditRequest) -> EditResult:
        """Read the prompt and carry it out; the result is PNG, with alpha where the input has it.

        A second image is what to put behind the subject. Cutting out makes alpha, too.

        Raises:
            EditRefusedError: if nothing of the prompt was understood, or nothing could be done.
        """
        refuse_unsupported(self.name, self.capabilities, request)
        return await asyncio.to_thread(_edit, request)


def _edit(request: EditRequest) -> EditResult:
    recipe = parse(request.prompt)
    if not recipe.steps:
        raise EditRefusedError(_refusal(request.prompt, recipe))
    enlarger = Enlarger(request, recipe)
    if recipe.unknown:
        enlarger.note(f"Did not understand {_listed(recipe.unknown)}; left it out.")
    pixels = enlarger.develop()
    details: dict[str, JsonValue] = {"recipe": as_json(recipe)}
    return EditResult(Picture.from_pixels(pixels).data, tuple(enlarger.notes), details=details)


def as_json(recipe: Recipe) -> JsonValue:
    """Return a recipe as JSON, for the record."""
    return {
        "sentence": recipe.sentence(),
        "steps": [
            {
                "operation": step.operation,
                "amount": step.amount,
                "region": step.region.phrase(),
                "options": dict(step.options),
                "clause": step.clause[:500],
            }
            for step in recipe.steps
        ],
        "keep": list(recipe.keep),
        "unknown": [clause[:500] for clause in recipe.unknown[:50]],
    }


def _refusal(prompt: str, recipe: Recipe) -> str:
    if recipe.unknown:
        words = ", ".join(repr(word[:30]) for word in recipe.strange[:4])
        strange = f" (it has no word for {words})" if words else ""
        return f"the darkroom does not understand {_listed(recipe.unknown)}{strange}; {_ABILITIES}"
    if recipe.keep:
        return f"{_shortened(prompt)!r} only says what to keep, not what to change; {_ABILITIES}"
    return f"{_shortened(prompt)!r} names nothing that the darkroom could do; {_ABILITIES}"


def _listed(clauses: tuple[str, ...]) -> str:
    shown = [repr(_shortened(clause)) for clause in clauses[:4]]
    more = [f"{len(clauses) - 4} more"] if len(clauses) > 4 else []
    return " and ".join(shown + more)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 120 else f"{line[:117]}..."
