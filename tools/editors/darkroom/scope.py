"""Where the steps of one edit apply: what words name, what is to be kept, what is masked."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from editthinker.tools.editors.base import EditRequest
from editthinker.tools.editors.darkroom.grounding import Grounded, ground, mark_of
from editthinker.tools.editors.darkroom.kinds import belongs
from editthinker.tools.editors.darkroom.letters import letters_in
from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.editors.darkroom.likeness import with_remains
from editthinker.tools.editors.darkroom.matte import spread
from editthinker.tools.editors.darkroom.recipe import Operation, Recipe, Step
from editthinker.tools.editors.darkroom.region import find_subject
from editthinker.tools.editors.darkroom.resting import find_rest
from editthinker.tools.editors.darkroom.target import BACKGROUND, PHOTO, SUBJECT, Target
from editthinker.tools.errors import EditRefusedError, MediaError
from editthinker.tools.images import Pixels

_AMONG = 0.1
"""Share of a guess at most that may lie in the background from which it is kept."""

INKED: frozenset[Operation] = frozenset(
    {
        *("brightness", "exposure", "contrast", "shadows", "highlights"),
        *("saturation", "warmth", "tint", "hue", "wash", "sepia", "black-and-white", "invert"),
    }
)
"""Changes of tone and colour: of text, they are about its letters and not what these stand on."""


class Scope:
    """The masks of one edit; all are those of the photo as it was given.

    Args:
        request: The edit.
        recipe: What it asks for.
        note: Takes a sentence about what was guessed.
    """

    def __init__(self, request: EditRequest, recipe: Recipe, note: Callable[[str], None]) -> None:
        self._request = request
        self._recipe = recipe
        self._note = note
        self._gone: Floats | None = None

    def limits(self, step: Step) -> bool:
        """Whether a step applies to a part of the photo only."""
        kept = {"background", "subject"} & set(self._recipe.keep)
        return step.region != PHOTO or len(kept) == 1 or bool(self._recipe.spared)

    def find(self, target: Target, *, sure: bool = False) -> Floats:
        """Return where a target is, `(H, W)` in [0, 1].

        Args:
            target: What to find.
            sure: Whether a guess at it is not good enough.

        Raises:
            EditRefusedError: if it is not there.
        """
        mask = self._request.mask
        mark = None if mask is None else mark_of(mask.pixels)
        grounded = ground(target, self._request.images[0].pixels, mark)
        if sure and grounded.guessed:
            raise EditRefusedError(f"cannot recognise {target.phrase()}")
        self._note(grounded.note)
        if grounded.guessed:  # "the cup and saucer": two names are two things
            for other in dict.fromkeys(step.region for step in self._recipe.steps):
                if other.kind == "object" and other.name != target.name:
                    grounded = self._apart(grounded, other)
        return grounded.mask if self._gone is None else _without(grounded.mask, self._gone)

    def _apart(self, guess: Grounded, other: Target) -> Grounded:
        """Leave another thing out of a guess, where that one was recognised."""
        try:
            known = ground(other, self._request.images[0].pixels)
        except EditRefusedError:
            return guess
        rest = floats(guess.mask * (1 - known.mask))
        if known.guessed or rest.sum() < 0.2 * guess.mask.sum():
            return guess
        pixels = self._pixels()
        others = floats(find_subject(pixels).mask * (1 - known.mask))
        return replace(guess, mask=with_remains(pixels, rest, others))

    def forget(self, hole: Floats) -> None:
        """Note that a thing is gone: what lay around it is there now."""
        self._gone = hole if self._gone is None else np.maximum(self._gone, hole)

    def mask(self, step: Step) -> Floats | None:
        """Return where a step applies, None for everywhere.

        What is to be kept limits steps on the whole photo; things that are to be kept limit all.

        Raises:
            EditRefusedError: if the step's region is not there.
        """
        mask = self._named(step)
        for spared in self._recipe.spared:
            if spared == step.region:
                continue
            excepted = spared in self._recipe.excepted
            try:
                free = floats(1 - self._spared(spared, step, sure=not excepted))
            except EditRefusedError as exc:
                if excepted:  # the whole photo was not meant
                    raise
                kept = self._instead(spared, step)
                if kept is None:
                    self._note(f"Could not keep {spared.phrase()}: {exc}.")
                    continue
                free = floats(1 - kept)
            mask = free if mask is None else floats(mask * free)
        return mask

    def _instead(self, target: Target, step: Step) -> Floats | None:
        """Return what may be a thing that nothing here knows, where a background is replaced.

        That is the main thing, or what it rests on if the name is one of such things.
        """
        pixels = np.ascontiguousarray(self._request.images[0].pixels[..., :3])
        subject = find_subject(pixels)
        if step.region != BACKGROUND or target.kind != "object" or not subject.clear:
            return None
        if not belongs(target.name, "rests"):
            guess = self._on_background(target, pixels)
            if guess is not None:
                return guess
            self._note(f"Cannot tell {target.phrase()}; took the main thing in the photo.")
            return subject.mask
        below = find_rest(pixels, subject.mask)
        if below is not None:
            self._note(f"Took what the main thing in the photo rests on for {target.phrase()}.")
        return below

    def _on_background(self, target: Target, pixels: Pixels) -> Floats | None:
        """Return a guess at a thing that is no background, whatever it is."""
        try:
            guess, behind = ground(target, pixels).mask, ground(BACKGROUND, pixels).mask
        except EditRefusedError:
            return None
        return guess if (guess * behind).sum() < _AMONG * guess.sum() else None

    def _spared(self, target: Target, step: Step, *, sure: bool) -> Floats:
        """Return where a thing is that keeps what it is; of text on what gets a colour, letters."""
        if target.kind != "text" or step.operation != "recolour":
            return self.find(target, sure=sure)
        every = target if target.place or target.name else replace(target, place="all")
        return letters_in(self._pixels(), self.find(every, sure=sure))

    def _pixels(self) -> Pixels:
        return np.ascontiguousarray(self._request.images[0].pixels[..., :3])

    def _named(self, step: Step) -> Floats | None:
        if step.region != PHOTO:
            if step.region.kind in self._recipe.keep or step.region in self._recipe.spared:
                what = step.region.phrase()
                self._note(f"{step.clause!r} changes {what}, which was to be kept.")
            found = self.find(step.region)
            if step.region.kind == "text" and step.operation in INKED:
                found = letters_in(self._pixels(), found)
            return floats(1 - found) if step.operation == "isolate" else found
        kept = {"background", "subject"} & set(self._recipe.keep)
        if len(kept) != 1:
            return None
        return self.find(SUBJECT if "background" in kept else BACKGROUND)

    def within_mask(self, source: Pixels, result: Pixels) -> Pixels:
        """Leave the pixels outside the request's mask as they were."""
        if self._request.mask is None:
            return result
        mask = mark_of(self._request.mask.pixels)[..., None]
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


def _without(mask: Floats, gone: Floats) -> Floats:
    """Continue a mask into where a thing was taken out."""
    thick = cv2.distanceTransform((gone > 0.01).astype(np.uint8), cv2.DIST_L2, 3).max()
    planes = np.repeat(mask[..., None], 3, axis=2)
    around = spread(planes, floats(gone < 0.01), round(float(thick) / 3) + 2)[..., 0]
    return floats(np.where(gone < 0.01, mask, np.interp(around, [0.35, 0.65], [0, 1])))
