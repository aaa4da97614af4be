"""Sharpness and noise, at the finest size."""

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.finding import Finding, credit
from editthinker.graph.thinkers.measures.lab import Floats, deviation, mean
from editthinker.graph.thinkers.measures.scene import Scene
from editthinker.tools.editors.darkroom.recipe import Step
from editthinker.tools.editors.darkroom.target import PHOTO, Target

_BLURS = (0.0, 0.15, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0)
"""Blurs of the source that the edit is compared with, as shares of the wanted one."""


_STRONG, _AS_SHARP = 8.0, 0.9
"""L* by which a line stands out, and share of it that is left where nothing was blurred."""

_CLEAN = 0.3
"""Noise, in L*, that nobody sees."""


def detail(plane: Floats, weights: Floats, sizes: tuple[float, float]) -> float:
    """Return the mean strength of the detail of L* between two blurs, in pixels of sigma."""
    fine, coarse = (cv2.GaussianBlur(plane, (0, 0), sigma) if sigma else plane for sigma in sizes)
    return mean(np.asarray(np.abs(fine - coarse), np.float32), weights)


def detail_gain(scene: Scene, region: Target = PHOTO) -> float:
    """Return how much stronger fine detail is, beside detail that is a little coarser.

    Tone changes both alike; focus changes the fine one.
    """
    weights = inner(scene.fine_weights(region))
    fine, coarse = (
        detail(scene.fine_after, weights, sizes)
        / max(detail(scene.fine_before, weights, sizes), 0.05)
        for sizes in ((0.0, 1.0), (2.0, 6.0))
    )
    return fine / max(coarse, 0.1)


def flat_areas(scene: Scene, region: Target = PHOTO) -> Floats:
    """Return the smoothest 40 % of the source that is neither black nor white in the edit."""
    plane, weights = cv2.GaussianBlur(scene.fine_before, (0, 0), 2.0), scene.fine_weights(region)
    slope = np.hypot(cv2.Sobel(plane, cv2.CV_32F, 1, 0), cv2.Sobel(plane, cv2.CV_32F, 0, 1))
    shown = (scene.fine_after > 4) & (scene.fine_after < 97)
    weights = weights * shown
    if not (weights > 0.5).any():
        return np.asarray(weights, np.float32)
    edge = np.percentile(slope[weights > 0.5], 40)
    return np.asarray(weights * (slope <= edge), np.float32)


def noise(plane: Floats, weights: Floats) -> float:
    """Return the spread of L* at the finest size, edges and specks set aside."""
    rest = np.abs(plane - cv2.GaussianBlur(plane, (0, 0), 2.0))[weights > 0.5]
    return float(np.median(rest)) / 0.6745 if rest.size else 0.0


def inner(weights: Floats, rim: float = 0.0) -> Floats:
    """Return a mask without its rim, in pixels, where the neighbouring region bleeds in."""
    size = max(3, round(0.02 * min(weights.shape)), 2 * round(rim) + 1)
    solid = (weights > 0.9).astype(np.uint8)
    shrunk = cv2.erode(solid, np.ones((size, size), np.uint8), borderValue=1)
    return np.asarray(shrunk if shrunk.any() else solid, np.float32)


def _reached(scene: Scene) -> Floats:
    """Return where a blur is to be seen, or would not be, since nothing there is sharp."""
    near = cv2.morphologyEx(scene.changed, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    plane = scene.before[..., 0]
    detail = cv2.blur(np.abs(plane - cv2.GaussianBlur(plane, (0, 0), 1.5)), (9, 9))
    both = np.maximum(near, (detail < 0.8).astype(np.float32))
    closed = cv2.morphologyEx(both, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    return np.asarray(closed * (1 - _kept_bars(scene)), np.float32)


def _kept_bars(scene: Scene) -> Floats:
    """Return strong thin lines that stayed as sharp as they were: they belong to the subject."""
    start, end = (
        np.abs(lab[..., 0] - cv2.GaussianBlur(lab[..., 0], (0, 0), 2.0))
        for lab in (scene.before, scene.after)
    )
    kept = ((start > _STRONG) & (end > _AS_SHARP * start)).astype(np.uint8)
    return np.asarray(cv2.dilate(kept, np.ones((5, 5), np.uint8)), np.float32)


def measure_blur(scene: Scene, step: Step) -> Finding:
    """Find the blur of the source that leaves as much detail as the edit has."""
    wanted = max(0.024 * step.amount * min(scene.fine_before.shape), 0.3)
    weights, reached = scene.fine_weights(step.region), 1.0
    if step.region != PHOTO:
        near = scene.enlarged(_reached(scene))
        reached = mean(near, weights)
        if reached > 0.4:
            weights = np.asarray(weights * (near > 0.5), np.float32)
    # Of something small the rim would leave nothing.
    weights = inner(weights, min(3 * wanted, 0.1 * float(weights.sum()) ** 0.5))
    factor = max(1, int(wanted / 3))  # a wide blur shows as well on fewer pixels

    def strength(plane: Floats, sigma: float) -> float:
        if sigma > 0:
            plane = np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32)
        spread = np.hypot(cv2.Sobel(plane, cv2.CV_32F, 1, 0), cv2.Sobel(plane, cv2.CV_32F, 0, 1))
        return mean(spread, small_weights) / max(deviation(plane, small_weights), 0.5)

    size = (scene.fine_before.shape[1] // factor, scene.fine_before.shape[0] // factor)
    before, after, small_weights = (
        np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)
        for plane in (scene.fine_before, scene.fine_after, weights)
    )
    curve = [strength(before, share * wanted / factor) for share in _BLURS]
    found = strength(after, 0.0)
    ratio = float(np.interp(-found, [-value for value in curve], _BLURS))
    done = credit(ratio, step) * float(np.interp(reached, [0.25, 0.75], [0, 1]))
    where = "" if step.region == PHOTO else f" of {step.region.phrase()}"
    return Finding(
        step,
        done,
        f"Blur{where}: {ratio * wanted:.1f} of {wanted:.1f} pixels wanted{_verdict(ratio, done)}.",
        ratio,
    )


def measure_sharpen(scene: Scene, step: Step) -> Finding:
    """Measure the gain of the finest detail."""
    wanted = 1.2 * step.amount
    gain = detail_gain(scene, step.region) - 1
    ratio = gain / wanted
    done = credit(ratio, step)
    return Finding(
        step,
        done,
        f"Fine detail {gain:+.0%} of {wanted:+.0%} wanted{_verdict(ratio, done)}.",
        ratio,
    )


def measure_denoise(scene: Scene, step: Step) -> Finding:
    """Measure the fall of noise in smooth areas."""
    areas = flat_areas(scene, step.region)
    start, end = noise(scene.fine_before, areas), noise(scene.fine_after, areas)
    if start < _CLEAN:
        done = 1.0 if end < 1.2 * _CLEAN else 0.0
        return Finding(step, done, f"The photo has hardly any noise ({start:.1f} L*).")
    wanted = 1 - max(0.25, 1 - step.amount, _CLEAN / start)
    fall = 1 - end / start
    ratio = fall / max(wanted, 0.1)
    # Cleaner than asked is no fault by itself; lost detail is damage and counted there.
    done = credit(min(ratio, 1.0), step)
    return Finding(
        step,
        done,
        f"Noise in smooth areas fell by {fall:.0%} of {wanted:.0%} wanted{_verdict(ratio, done)}.",
        ratio,
    )


def measure_grain(scene: Scene, step: Step) -> Finding:
    """Measure the noise that was added to smooth areas."""
    areas = flat_areas(scene, step.region)
    middle = areas * ((scene.fine_before > 20) & (scene.fine_before < 80))
    if middle.sum() > 0.1 * areas.sum():  # film shows its grain in the mid-tones
        areas = np.asarray(middle, np.float32)
    start, end = noise(scene.fine_before, areas), noise(scene.fine_after, areas)
    wanted = 14 * step.amount
    added = float(np.sqrt(max(end**2 - start**2, 0.0)))
    ratio = added / wanted
    done = credit(ratio, step)
    return Finding(
        step,
        done,
        f"Grain of {added:.1f} L*, {wanted:.1f} wanted{_verdict(ratio, done)}.",
        ratio,
    )


def _verdict(ratio: float, done: float) -> str:
    if done >= 0.8:
        return ", done"
    return ", too little" if ratio < 1 else ", too much"
