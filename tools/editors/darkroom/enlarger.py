"""The enlarger: where the steps of a recipe are carried out on one photo."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from editthinker.tools.editors.base import EditRequest
from editthinker.tools.editors.darkroom import (
    backdrop,
    colour,
    focus,
    geometry,
    grading,
    lettering,
    moving,
    scenes,
    style,
    tone,
)
from editthinker.tools.editors.darkroom.colours import rgb_of
from editthinker.tools.editors.darkroom.cutout import cut_out, together
from editthinker.tools.editors.darkroom.letters import known_lines
from editthinker.tools.editors.darkroom.light import Floats, Work, floats, from_lab, to_lab
from editthinker.tools.editors.darkroom.lines import read_lines
from editthinker.tools.editors.darkroom.manner import manner_of
from editthinker.tools.editors.darkroom.matte import mixed
from editthinker.tools.editors.darkroom.recipe import REDRAWING, Operation, Recipe, Step
from editthinker.tools.editors.darkroom.region import find_subject
from editthinker.tools.editors.darkroom.removal import Filled, remove
from editthinker.tools.editors.darkroom.scope import INKED, Scope
from editthinker.tools.editors.darkroom.strips import Known
from editthinker.tools.editors.darkroom.target import Target
from editthinker.tools.editors.darkroom.text import write
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.images import Pixels

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
    "wash": grading.wash,
    "white-balance": grading.white_balance,
    "invert": grading.invert,
    "black-and-white": colour.black_and_white,
    "isolate": colour.black_and_white,
    "sepia": colour.sepia,
    "vignette": tone.vignette,
    "sharpen": focus.sharpen,
    "blur": focus.blur,
    "denoise": focus.denoise,
    "grain": focus.grain,
    "posterize": style.posterize,
    "sketch": style.sketch,
    "watercolour": style.watercolour,
    "oil": style.oil,
    "cartoon": style.cartoon,
    "pixelate": style.pixelate,
}
"""Operations that change pixels where they are."""

_ORDER: tuple[frozenset[Operation], ...] = (
    frozenset({"remove", "erase-text", "replace-text"}),
    frozenset({"recolour", "denoise"}),
    frozenset({"white-balance"}),
    frozenset({"brightness", "exposure"}),
    frozenset({"contrast", "shadows", "highlights"}),
    frozenset({"saturation", "warmth", "tint", "hue"}),
    REDRAWING,
    frozenset({"black-and-white", "isolate", "sepia", "blur", "sharpen"}),
    frozenset({"wash", "invert"}),
    frozenset({"cutout"}),
    frozenset({"fill"}),
    frozenset({"move", "duplicate"}),
    frozenset({"rotate", "flip", "crop", "straighten"}),
    frozenset({"vignette", "grain"}),
    frozenset({"border"}),
    frozenset({"text"}),
)
"""What comes after what, whatever the order of the words."""

_LAST_UNFRAMED = 11
"""The place in `_ORDER` up to which masks fit the picture, since the frame is not set yet."""


@dataclass
class Enlarger:
    """One edit while it is being made."""

    request: EditRequest
    recipe: Recipe
    notes: list[str] = field(default_factory=list)
    """Sentences for the thinker and the record."""

    def __post_init__(self) -> None:
        self.notes += self.recipe.notes
        self._scope = Scope(self.request, self.recipe, self.note)

    def develop(self) -> Pixels:
        """Carry out all steps and return `(H, W, 3 or 4) uint8`.

        Raises:
            EditRefusedError: if no step could be carried out.
        """
        source = self.request.images[0].pixels
        picture = floats(source / np.float32(255))
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
        result = np.asarray(cv2.convertScaleAbs(np.maximum(picture, 0), alpha=255), np.uint8)
        result = result.reshape(picture.shape)
        return self._scope.within_mask(source, result)

    def note(self, sentence: str) -> None:
        """Say something once."""
        if sentence and sentence not in self.notes:
            self.notes.append(sentence)

    def _stage(self, step: Step) -> int:
        """Return when a step has its turn."""
        place = next(i for i, group in enumerate(_ORDER) if step.operation in group)
        masked = step.operation in _ADJUST and self._scope.limits(step)
        return min(place, _LAST_UNFRAMED) if masked else place

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
                manner = manner_of(self.request.prompt)
                self.note(manner.note)
                return write(picture, step, manner)
            case "fill":
                return self._fill(step, picture)
            case "cutout":
                return self._cut_out(step, picture)
            case "move" | "duplicate":
                return self._displace(step, picture)
        pixels = np.ascontiguousarray(picture[..., :3])
        match step.operation:
            case "remove":
                changed = self._removed(step, pixels).pixels
            case "erase-text" | "replace-text":
                changed = self._lettered(step, pixels)
            case "recolour":
                changed = self._recoloured(step, pixels)
            case _:
                changed = self._adjusted(step, pixels)
        return _with_alpha(changed, picture)

    def _cut_out(self, step: Step, picture: Floats) -> Floats:
        """Cut out everything that is to be, when the first of it has its turn."""
        every = [other for other in self.recipe.steps if other.operation == "cutout"]
        if step is not every[0]:
            return picture
        mask = together([self._scope.find(other.region) for other in every])
        return cut_out(picture, mask, " and ".join(other.region.phrase() for other in every))

    def _adjusted(self, step: Step, pixels: Floats) -> Floats:
        mask = self._scope.mask(step)
        changed = _ADJUST[step.operation](Work(pixels, step, mask, self.request.seed))
        changed = self._with_kept_colours(pixels, changed)
        if mask is not None and step.region.kind == "text" and step.operation in INKED:
            lines = read_lines(pixels, self._scope.find(step.region), self._known(mask))
            if any(line.even for line in lines):
                return lettering.shifted(pixels, changed, lines)
        return changed if mask is None else mixed(pixels, changed, mask)

    def _recoloured(self, step: Step, pixels: Floats) -> Floats:
        if step.region.kind == "text":
            mask = self._scope.find(step.region)
            lines = read_lines(pixels, mask, self._known(mask))
            ink = floats(np.array(rgb_of(str(step.options["target"]))) / 255)
            return self._with_kept_colours(pixels, lettering.recoloured(pixels, lines, ink))
        changed = colour.recolour(Work(pixels, step, self._scope.mask(step)))
        return self._with_kept_colours(pixels, changed)

    def _removed(self, step: Step, pixels: Floats) -> Filled:
        mask, what = self._scope.find(step.region), step.region.phrase()
        wide = step.operation == "remove" and step.amount > 0.5
        filled = remove(pixels, mask, what, rim=step.region.kind != "marked", wide=wide)
        self._scope.forget(filled.hole)
        self.note(filled.note)
        return filled

    def _known(self, mask: Floats) -> list[Known]:
        return known_lines(np.ascontiguousarray(self.request.images[0].pixels[..., :3]), mask)

    def _lettered(self, step: Step, pixels: Floats) -> Floats:
        region = step.region
        if step.operation == "erase-text" and region == Target("text"):
            region = replace(region, place="largest")  # "the line of text" is one
            self.note("Took the largest line of text.")
        mask = self._scope.find(region)
        lines = read_lines(pixels, mask, self._known(mask))
        erased = lettering.erase(pixels, lines)
        if step.operation == "erase-text":
            return erased
        named = region.name if region.kind == "text" else ""
        content = str(step.options["content"])
        if named and region.place == "all":  # the same words in several places
            parts = [content] * len(lines)
        else:
            parts = lettering.broken_over(content, lines, every=bool(named))
        for line, part in zip(lines, parts, strict=True):
            if part:
                erased = lettering.rewrite(erased, line, line.words or named, part)
        return erased

    def _fill(self, step: Step, picture: Floats) -> Floats:
        mask = self._scope.mask(step)
        mask = self._scope.find(step.region) if mask is None else mask
        options, shape = step.options, picture.shape
        if "image" in options:
            number = int(options["image"])
            if number > len(self.request.images):
                raise EditRefusedError(
                    f"there is no image {number}; give it as a second image, or name a colour"
                )
            behind = backdrop.picture(shape, self.request.images[number - 1].pixels)
        elif "scene" in options:
            behind = scenes.draw(str(options["scene"]), shape, str(options.get("colour", "")))
        elif "end" in options:
            ends = str(options["colour"]), str(options["end"])
            behind = backdrop.gradient(shape, *ends, str(options["direction"]), mask)
        else:
            behind = backdrop.plain(shape, str(options["colour"]))
        pixels = np.ascontiguousarray(picture[..., :3])
        what = step.region.phrase()
        filled = backdrop.replace(pixels, floats(1 - mask), behind, what)
        filled = _with_alpha(filled, picture)
        if filled.shape[2] == 4:
            filled[..., 3] = np.maximum(filled[..., 3], mask)
        return filled

    def _displace(self, step: Step, picture: Floats) -> Floats:
        mask, what = self._scope.find(step.region), step.region.phrase()
        shift = moving.shift_for(mask, str(step.options["direction"]), step.amount, what)
        pixels = np.ascontiguousarray(picture[..., :3])
        if step.operation == "move":
            behind = self._removed(step, pixels).pixels
            changed = moving.moved(pixels, behind, mask, shift)
        else:
            changed = moving.duplicated(pixels, mask, shift)
        result = _with_alpha(changed, picture)
        if picture.shape[2] == 4:
            alpha = picture[..., 3]
            kept = alpha * (1 - mask) if step.operation == "move" else alpha
            result[..., 3] = np.maximum(kept, moving.shifted(floats(alpha * mask), shift))
        return result

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
            self.note("The size was to be kept, but another step changes it.")


def _with_alpha(pixels: Floats, picture: Floats) -> Floats:
    pixels = floats(np.clip(pixels, 0, 1))
    return floats(np.dstack([pixels, picture[..., 3:]])) if picture.shape[2] == 4 else pixels
