"""Source and edited picture laid over each other, in the sizes that measurements need."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.alignment import Alignment, align
from editthinker.graph.thinkers.measures.border import Border, find_border
from editthinker.graph.thinkers.measures.lab import Floats, lightness, shrink, to_lab
from editthinker.graph.thinkers.measures.rendition import RENDERED, render
from editthinker.graph.thinkers.measures.sight import Sight, behind, look, marked
from editthinker.graph.thinkers.measures.traces import changed_area, same_drawing, solid
from editthinker.tools.editors.darkroom.recipe import Operation, Recipe, Step
from editthinker.tools.editors.darkroom.target import BACKGROUND, MARKED, PHOTO, SUBJECT, Target
from editthinker.tools.images import Pixels

FINE_SIDE = 1024
"""Longest side for sharpness, noise and clipping, in pixels."""

COARSE_SIDE = 256
"""Longest side for tone and colour, in pixels."""


@dataclass(frozen=True)
class Scene:
    """One edit, ready to be measured; the source is moved to where it lies in the edit."""

    recipe: Recipe
    size_before: tuple[int, int]
    """Of the source, `(width, height)`."""
    size_after: tuple[int, int]
    """Of the edited picture, a border included, `(width, height)`."""
    border: Border
    alignment: Alignment
    source: Pixels
    """At most `FINE_SIDE` long."""
    edited: Pixels
    """Same size as `source`, without a border."""
    shared: Floats
    """1 where both pictures have content that is to be compared, else 0; size of `source`."""
    regions: Mapping[Target, Floats]
    """Soft masks in [0, 1]; size of `source`."""
    sights: Mapping[Target, Sight] = field(default_factory=dict)
    """What the observer sees of each target, size of `before`; what it cannot tell is missing."""
    alpha: Floats | None = None
    """Opacity of the edit in [0, 1], size of `before`; None for an opaque picture."""

    @cached_property
    def before(self) -> Floats:
        """Source as CIELAB, at most `COARSE_SIDE` long."""
        return to_lab(shrink(self.source, COARSE_SIDE))

    @cached_property
    def after(self) -> Floats:
        """Edited picture as CIELAB, size of `before`."""
        return to_lab(shrink(self.edited, COARSE_SIDE))

    @cached_property
    def ideal(self) -> Floats:
        """What all the steps together should give, as CIELAB, size of `before`."""
        return self.without(None)

    @cached_property
    def changed(self) -> Floats:
        """Where the edit differs from what steps on the whole photo explain; size of `before`."""
        steps = self.recipe.steps
        overall = tuple(s for s in steps if s.region == PHOTO and s.operation in RENDERED)
        expected = render(self.before, overall, self._coarse_regions) if overall else self.before
        return changed_area(expected, self.after) * self._coarse_shared

    @cached_property
    def drawing(self) -> Floats:
        """Where fine detail is what it was, in [0, 1], NaN where there is none; as `before`."""
        height, width = self.before.shape[:2]
        same = same_drawing(self.fine_before, self.fine_after)
        return np.asarray(
            cv2.resize(same, (width, height), interpolation=cv2.INTER_NEAREST), np.float32
        )

    def without(self, step: Step | None) -> Floats:
        """Return the rendition of all steps but one."""
        steps = tuple(s for s in self.recipe.steps if s is not step)
        return render(self.before, steps, self._coarse_regions)

    def only(self, step: Step) -> Floats:
        """Return the rendition of one step by itself."""
        return render(self.before, (step,), self._coarse_regions)

    def weights(self, region: Target = PHOTO) -> Floats:
        """Return the comparable part of a region, size of `before`."""
        return self._coarse_regions[region] * self._coarse_shared

    def also(self, step: Step, *operations: Operation) -> bool:
        """Return whether one of some operations is asked of the same region, or of the photo."""
        return any(
            other.operation in operations and other.region in (step.region, PHOTO)
            for other in self.recipe.steps
        )

    def fine_weights(self, region: Target = PHOTO) -> Floats:
        """Return the comparable part of a region, size of `source`."""
        return self.regions[region] * self.shared

    @cached_property
    def fine_before(self) -> Floats:
        """L* of the source."""
        return lightness(self.source)

    @cached_property
    def fine_after(self) -> Floats:
        """L* of the edited picture."""
        return lightness(self.edited)

    def region_for(self, sight: Sight | None) -> Floats:
        """Return where a target is to be measured, size of `source`.

        Without a sight to be trusted that is what changed: then the right place is not checked.
        """
        if sight is not None and sight.ink is not None and sight.ink.sum() > 20:
            return sight.ink
        if sight is not None and sight.trust >= 0.2 and sight.must.sum() > 8:
            mask = sight.must
        else:
            close = np.ones((11, 11), np.uint8)
            mask = np.asarray(
                cv2.morphologyEx(solid(self.changed), cv2.MORPH_CLOSE, close), np.float32
            )
            if not 0.001 < mask.mean() < 0.9:
                return self.regions[PHOTO]
        return self.enlarged(mask)

    def enlarged(self, mask: Floats) -> Floats:
        """Return a mask of the size of `before` in the size of `source`."""
        height, width = self.source.shape[:2]
        return np.asarray(cv2.resize(mask, (width, height)), np.float32)

    def hiding(self, covered: Floats) -> "Scene":
        """Return the scene with the pixels of `covered` left out of comparisons."""
        return replace(self, shared=self.shared * (1 - covered))

    @cached_property
    def _coarse_regions(self) -> dict[Target, Floats]:
        return {name: self._coarse(mask) for name, mask in self.regions.items()}

    @cached_property
    def _coarse_shared(self) -> Floats:
        return (self._coarse(self.shared) > 0.95).astype(np.float32)

    def _coarse(self, plane: Floats) -> Floats:
        height, width = self.before.shape[:2]
        return np.asarray(
            cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA), np.float32
        )


def lay_over(source: Pixels, edited: Pixels, recipe: Recipe, mark: Pixels | None = None) -> Scene:
    """Register two `(H, W, 3 or 4) uint8` pictures and prepare them for measuring.

    What the user marked, of the size of the source and white, is where marked things are.
    """
    alpha = _alpha(edited)
    source, edited = shrink(_opaque(source), 2 * FINE_SIDE), _opaque(edited)
    sizes = (source.shape[1], source.shape[0]), (edited.shape[1], edited.shape[0])
    framed = any(step.operation == "border" for step in recipe.steps)
    border = find_border(edited) if framed else Border()
    inner = shrink(border.inside(edited), FINE_SIDE)
    alignment = align(source, inner, recipe)
    height, width = inner.shape[:2]

    def moved(plane: Floats) -> Floats:
        return _warp(plane, alignment, (width, height))

    aligned = np.rint(moved(source.astype(np.float32))).astype(np.uint8)
    scene = Scene(
        recipe=recipe,
        size_before=sizes[0],
        size_after=sizes[1],
        border=border,
        alignment=alignment,
        source=aligned,
        edited=inner,
        shared=(moved(np.ones(source.shape[:2], np.float32)) > 0.99).astype(np.float32),
        regions={PHOTO: np.ones((height, width), np.float32)},
    )
    targets = _named(recipe)
    if not targets and alpha is None:
        return scene
    seen = {target: look(target, aligned, scene.before) for target in targets - {BACKGROUND}}
    if BACKGROUND in targets:
        seen[BACKGROUND] = behind(seen[SUBJECT])
    if mark is not None and MARKED in targets:
        size = (source.shape[1], source.shape[0])
        drawn = _resized(mark[..., :3].mean(axis=2).astype(np.float32) / 255, size)
        seen[MARKED] = marked(scene._coarse(moved(drawn)))
    settled = {
        target: sight.settled(scene.changed) for target, sight in seen.items() if sight is not None
    }
    sights = {target: sight for target, sight in settled.items() if sight is not None}
    masks = {target: scene.region_for(sights.get(target)) for target in targets}
    if alpha is not None:
        alpha = scene._coarse(_resized(alpha, (width, height)))
    return replace(scene, sights=sights, alpha=alpha, regions={**scene.regions, **masks})


def _warp(plane: Floats, alignment: Alignment, size: tuple[int, int]) -> Floats:
    """Move a plane of the source to where it lies in the edited picture."""
    matrix = alignment.matrix
    if (plane.shape[1], plane.shape[0]) == size and np.allclose(matrix, np.eye(3), atol=1e-6):
        return plane
    factor = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))
    if factor < 0.9:  # warping does not average down, so do that first
        wide, high = plane.shape[1], plane.shape[0]
        plane = np.asarray(
            cv2.resize(plane, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.float32
        )
        matrix = matrix @ np.diag([wide / plane.shape[1], high / plane.shape[0], 1])
    return np.asarray(cv2.warpAffine(plane, matrix[:2], size), np.float32)


def _named(recipe: Recipe) -> set[Target]:
    """Return everything that the recipe names, except the photo as such."""
    named = {step.region for step in recipe.steps} | set(recipe.spared)
    named |= {
        Target("colour", str(step.options["source"]), "all")
        for step in recipe.steps
        if "source" in step.options
    }
    # Each of the two is told by the other.
    if named & {BACKGROUND, SUBJECT} or {"background", "subject"} & set(recipe.keep):
        named |= {BACKGROUND, SUBJECT}
    return named - {PHOTO}


def _alpha(pixels: Pixels) -> Floats | None:
    if pixels.shape[2] == 3 or pixels[..., 3].min() == 255:
        return None
    return np.asarray(pixels[..., 3] / np.float32(255), np.float32)


def _resized(plane: Floats, size: tuple[int, int]) -> Floats:
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)


def _opaque(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:].astype(np.float32) / 255
    return np.asarray(pixels[..., :3] * alpha + 255 * (1 - alpha), np.uint8)
