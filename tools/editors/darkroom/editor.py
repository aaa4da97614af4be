"""The darkroom: an editor without a model, for what classical photo tools do well."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from pydantic import JsonValue

from editthinker.tools.editors.base import Capabilities, EditRequest, EditResult
from editthinker.tools.editors.darkroom import colour, focus, geometry, style, tone
from editthinker.tools.editors.darkroom.colours import rgb_of
from editthinker.tools.editors.darkroom.light import Floats, Work, floats, from_lab, to_lab
from editthinker.tools.editors.darkroom.parse import parse
from editthinker.tools.editors.darkroom.recipe import Operation, Recipe, Step
from editthinker.tools.editors.darkroom.region import Subject, find_subject
from editthinker.tools.editors.darkroom.target import BACKGROUND, PHOTO, SUBJECT, Target
from editthinker.tools.editors.darkroom.text import write
from editthinker.tools.editors.refusals import refuse_unsupported
from editthinker.tools.errors import EditRefusedError, MediaError
from editthinker.tools.images import Picture, Pixels

_ABILITIES = (
    "it changes tone (brightness, contrast, shadows), colour (saturation, warmth, hue, black and "
    "white, one named colour into another), focus (sharpen, blur, denoise, grain), frame (rotate, "
    "flip, crop, straighten, border), style (vignette, sepia, posterize, pencil sketch, "
    "watercolour), text in quotation marks, and the background (blur, darken, one plain colour)"
)

_ADJUST: Mapping[Operation, Callable[[Work], Floats]] = {
    "brightness": tone.brightness,
    "exposure": tone.exposure,
    "contrast": tone.contrast,
    "shadows": tone.shadows,
    "highlights": tone.highlights,
    "saturation": colour.saturation,
    "warmth": colour.warmth,
    "tint": colour.tint,
    "hue": colour.hue,
    "black-and-white": colour.black_and_white,
    "sepia": colour.sepia,
    "vignette": tone.vignette,
    "sharpen": focus.sharpen,
    "blur": focus.blur,
    "denoise": focus.denoise,
    "grain": focus.grain,
    "posterize": style.posterize,
    "sketch": style.sketch,
    "watercolour": style.watercolour,
    "recolour": colour.recolour,
}
"""Operations that change pixels where they are."""

_ORDER: tuple[frozenset[Operation], ...] = (
    frozenset({"remove", "move", "duplicate", "erase-text", "replace-text", "cutout"}),
    frozenset({"recolour", "denoise", "isolate"}),
    frozenset({"brightness", "exposure", "contrast", "shadows", "highlights"}),
    frozenset({"saturation", "warmth", "tint", "hue"}),
    frozenset({"posterize", "sketch", "watercolour"}),
    frozenset({"black-and-white", "sepia", "blur", "sharpen", "fill"}),
    frozenset({"rotate", "flip", "crop", "straighten"}),
    frozenset({"vignette", "grain"}),
    frozenset({"border"}),
    frozenset({"text"}),
)
"""What comes after what, whatever the order of the words."""

_LAST_UNFRAMED = 5
"""The place in `_ORDER` up to which masks fit the picture, since the frame is not set yet."""


class Darkroom:
    """Carries out plain English on the CPU and refuses what it does not understand.

    The seed matters to `grain` only, so `supports_seed` is False: another seed makes no other edit.
    Steps run in the order of a darkroom (tone, colour, style, frame, vignette, border, text) and
    not of the words, so that a border is not blurred and a vignette fits the crop.
    """

    name = "darkroom"
    capabilities = Capabilities(supports_mask=True)

    async def edit(self, request: EditRequest) -> EditResult:
        """Read the prompt and carry it out; the result is PNG, with alpha where the input has it.

        Raises:
            EditRefusedError: if nothing of the prompt was understood, or nothing could be done.
        """
        refuse_unsupported(self.name, self.capabilities, request)
        return await asyncio.to_thread(_edit, request)


def _edit(request: EditRequest) -> EditResult:
    recipe = parse(request.prompt)
    if not recipe.steps:
        raise EditRefusedError(_refusal(request.prompt, recipe))
    darkroom = _Enlarger(request, recipe)
    pixels = darkroom.develop()
    details: dict[str, JsonValue] = {"recipe": as_json(recipe)}
    return EditResult(Picture.from_pixels(pixels).data, tuple(darkroom.notes), details=details)


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
        return f"the darkroom does not understand {_listed(recipe.unknown)}; {_ABILITIES}"
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


@dataclass
class _Enlarger:
    """One edit while it is being made."""

    request: EditRequest
    recipe: Recipe
    notes: list[str] = field(default_factory=list)

    def develop(self) -> Pixels:
        """Carry out all steps and return `(H, W, 3 or 4) uint8`."""
        source = self.request.images[0].pixels
        picture = floats(source / np.float32(255))
        self.notes += self.recipe.notes
        if self.recipe.unknown:
            self.notes.append(f"Did not understand {_listed(self.recipe.unknown)}; left it out.")
        failures: list[str] = []
        steps = sorted(self.recipe.steps, key=self._stage)
        for done, step in enumerate(steps):
            try:
                picture = self._carry_out(step, picture)
            except EditRefusedError as exc:
                failures.append(f"Could not {step.sentence()}: {exc}.")
            self.request.on_step(done + 1, len(steps))
        if len(failures) == len(steps):
            raise EditRefusedError(" ".join(failures))
        self.notes += failures
        result = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
        return self._within_mask(source, result)

    def _carry_out(self, step: Step, picture: Floats) -> Floats:
        match step.operation:
            case "rotate":
                self._warn_of_size()
                return geometry.rotate(picture, float(step.options["degrees"]))
            case "flip":
                return geometry.flip(picture, str(step.options["axis"]))
            case "crop":
                self._warn_of_size()
                subject = find_subject(np.rint(picture[..., :3] * 255).astype(np.uint8)).mask
                return geometry.crop(picture, float(step.options["ratio"]), subject)
            case "straighten":
                return geometry.straighten(picture)
            case "border":
                self._warn_of_size()
                share, colour_name = 0.1 * step.amount, str(step.options["colour"])
                return geometry.border(picture, share, colour_name)
            case "text":
                return write(picture, step)
            case "fill":
                return self._fill(step, picture)
        if step.operation not in _ADJUST or (
            step.operation == "recolour" and "source" not in step.options
        ):
            raise EditRefusedError("the darkroom has no such operation")
        return self._adjust(step, picture)

    def _adjust(self, step: Step, picture: Floats) -> Floats:
        mask = self._mask(step)
        pixels = np.ascontiguousarray(picture[..., :3])
        changed = _ADJUST[step.operation](Work(pixels, step, mask, self.request.seed))
        changed = self._with_kept_colours(pixels, changed)
        if mask is not None:
            changed = floats(pixels + mask[..., None] * (changed - pixels))
        return _with_alpha(changed, picture)

    def _fill(self, step: Step, picture: Floats) -> Floats:
        if "image" in step.options or "end" in step.options:
            raise EditRefusedError("it can fill with one plain colour only")
        mask = self._region(step.region)
        colour_value = np.array(rgb_of(str(step.options["colour"])), np.float32) / 255
        pixels = picture[..., :3]
        filled = _with_alpha(floats(pixels + mask[..., None] * (colour_value - pixels)), picture)
        if filled.shape[2] == 4:
            filled[..., 3] = np.maximum(filled[..., 3], mask)
        return filled

    def _mask(self, step: Step) -> Floats | None:
        """Return where a step applies; what is to be kept limits steps on the whole photo."""
        if step.region != PHOTO:
            if step.region.kind in self.recipe.keep or step.region in self.recipe.spared:
                what = step.region.phrase()
                self._note(f"{step.clause!r} changes {what}, which was to be kept.")
            return self._region(step.region)
        kept = {"background", "subject"} & set(self.recipe.keep)
        if len(kept) != 1:
            return None
        return self._region(SUBJECT if "background" in kept else BACKGROUND)

    def _stage(self, step: Step) -> int:
        """Return when a step has its turn."""
        masked = step.region != PHOTO or bool({"background", "subject"} & set(self.recipe.keep))
        place = next(i for i, group in enumerate(_ORDER) if step.operation in group)
        return min(place, _LAST_UNFRAMED) if masked and step.operation in _ADJUST else place

    def _region(self, region: Target) -> Floats:
        if region not in (BACKGROUND, SUBJECT):
            raise EditRefusedError(f"it cannot find {region.phrase()} in a photo")
        if not self._subject.clear:
            self._note(
                "Could not tell the subject from the background; took an oval in the middle."
            )
        mask = self._subject.mask
        return mask if region == SUBJECT else floats(1 - mask)

    @cached_property
    def _subject(self) -> Subject:
        pixels = self.request.images[0].pixels
        if pixels.shape[2] == 4 and (pixels[..., 3] < 128).mean() > 0.01:
            return Subject(floats(pixels[..., 3] / np.float32(255)), clear=True)
        return find_subject(np.ascontiguousarray(pixels[..., :3]))

    def _with_kept_colours(self, before: Floats, after: Floats) -> Floats:
        keeps = {"colours", "brightness"} & set(self.recipe.keep)
        if not keeps:
            return after
        old, new = to_lab(before), to_lab(np.clip(after, 0, 1).astype(np.float32))
        if "colours" in keeps:
            new[..., 1:] = old[..., 1:]
        if "brightness" in keeps:
            new[..., 0] += old[..., 0].mean() - new[..., 0].mean()
        return from_lab(new)

    def _warn_of_size(self) -> None:
        if "size" in self.recipe.keep:
            self._note("The size was to be kept, but another step changes it.")

    def _note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)

    def _within_mask(self, source: Pixels, result: Pixels) -> Pixels:
        """Leave the pixels outside the request's mask as they were."""
        if self.request.mask is None:
            return result
        mask = self.request.mask.pixels[..., :3].mean(axis=2).astype(np.float32)[..., None] / 255
        if mask.shape[:2] != source.shape[:2]:
            raise MediaError(
                f"the mask is {mask.shape[1]} x {mask.shape[0]} pixels, the photo "
                f"{source.shape[1]} x {source.shape[0]}; they must be of one size"
            )
        if result.shape != source.shape:
            self._note("The mask was left out, because the edit changes the size of the photo.")
            return result
        blended = source + mask * (result.astype(np.float32) - source)
        return np.asarray(np.rint(blended), np.uint8)


def _with_alpha(pixels: Floats, picture: Floats) -> Floats:
    pixels = floats(np.clip(pixels, 0, 1))
    return floats(np.dstack([pixels, picture[..., 3:]])) if picture.shape[2] == 4 else pixels
