"""Looks that redraw the photo: posterized, sketch, watercolour, oil, cartoon, pixels."""

import cv2
import numpy as np

from editthinker.graph.thinkers.measures.finding import Finding
from editthinker.graph.thinkers.measures.lab import Floats, chroma, mean
from editthinker.graph.thinkers.measures.scene import Scene
from editthinker.tools.editors.darkroom.recipe import Step
from editthinker.tools.images import Pixels


def flatness(pixels: Pixels) -> float:
    """Return the share of each channel that lies in its eight commonest tones, in [0, 1]."""
    shares = []
    for channel in range(3):
        plane = pixels[::2, ::2, channel] if pixels.size > 10**6 else pixels[..., channel]
        counts = np.bincount(plane.ravel(), minlength=256).astype(np.float64)
        held = 0.0
        for _ in range(8):
            top = int(counts.argmax())
            near = slice(max(0, top - 1), top + 2)
            held += float(counts[near].sum())
            counts[near] = 0
        shares.append(held / plane.size)
    return float(np.mean(shares))


def measure_posterize(scene: Scene, step: Step) -> Finding:
    """Check that few tones are left."""
    start, end = flatness(scene.source), flatness(scene.edited)
    done = float(np.clip((end - start) / max(0.85 - start, 0.1), 0, 1))
    verdict = "done" if done >= 0.8 else "not flat enough"
    return Finding(step, done, f"Posterized, {verdict}: {end:.0%} of the tones in eight levels.")


def measure_sketch(scene: Scene, step: Step) -> Finding:
    """Check for dark lines on pale paper where the photo has its edges."""
    colour = mean(chroma(scene.after), scene.weights())
    lines = scene.alignment.likeness
    paper = mean(scene.fine_after, _dark_plains(scene.fine_before, scene.fine_weights()))
    grey = float(np.interp(colour, [4, 12], [1, 0]))
    pale = float(np.interp(paper, [35, 62], [0, 1]))
    drawn = float(np.interp(lines, [0.05, 0.3], [0, 1]))
    done = grey * pale * drawn
    verdict = "done" if done >= 0.8 else "not there yet"
    return Finding(
        step,
        done,
        f"Pencil sketch, {verdict}: dark areas are paper of L* {paper:.0f} now, colourfulness "
        f"{colour:.0f}, lines agree with the photo's edges by {max(lines, 0):.0%}.",
        # Pressed harder, dark areas only get darker.
        2 - pale if pale < min(drawn, 1.0) else None,
    )


def measure_watercolour(scene: Scene, step: Step) -> Finding:
    """Check that fine texture has run together while outlines and colours stay.

    New texture, such as rough paper, does not count as the photo's own.
    """
    texture, outlines, colour = _washed(scene, step)
    steps = flatness(scene.edited) - flatness(scene.source)  # washes of paint run, they do not step
    done = (
        float(np.interp(texture, [0.65, 0.92], [1, 0]))
        * float(np.interp(outlines, [0.25, 0.45], [0, 1]))
        * float(np.interp(colour, [0.4, 0.75], [0, 1]))
        * float(np.interp(steps, [0.35, 0.6], [1, 0.3]))
    )
    verdict = "done" if done >= 0.8 else "not there yet"
    return Finding(
        step,
        done,
        f"Watercolour, {verdict}: {max(texture, 0):.0%} of the fine texture and "
        f"{max(outlines, 0):.0%} of the outlines are left.",
    )


def measure_oil(scene: Scene, step: Step) -> Finding:
    """Check that fine texture has given way to strokes while outlines and colours stay."""
    texture, outlines, colour = _washed(scene, step)
    done = (
        float(np.interp(texture, [0.6, 0.9], [1, 0]))
        * float(np.interp(outlines, [0.15, 0.36], [0, 1]))
        * float(np.interp(colour, [0.4, 0.75], [0, 1]))
    )
    verdict = "done" if done >= 0.8 else "not there yet"
    return Finding(
        step,
        done,
        f"Oil painting, {verdict}: {max(texture, 0):.0%} of the fine texture and "
        f"{max(outlines, 0):.0%} of the outlines are left.",
    )


def measure_cartoon(scene: Scene, step: Step) -> Finding:
    """Check for areas of one tone, and lines darker than the photo is along its edges."""
    slope, weights = _outline(scene.fine_before), scene.fine_weights(step.region)
    edges = np.asarray(weights * (slope > np.percentile(slope, 90)), np.float32)
    darker = mean(scene.fine_before - scene.fine_after, edges)
    darker -= mean(scene.fine_before - scene.fine_after, weights)
    start, end = (_plain(plane, weights) for plane in (scene.fine_before, scene.fine_after))
    # Where a photo is rough all over, lines between the areas take much of the room.
    goal = min(0.6, 0.45 + 0.5 * start)
    flat = float(np.clip((end - start) / max(goal - start, 0.1), 0, 1))
    done = flat * float(np.interp(darker, [0.3, 1.5], [0, 1]))
    verdict = "done" if done >= 0.8 else "not there yet"
    return Finding(
        step,
        done,
        f"Cartoon, {verdict}: {end:.0%} of it is flat, edges are darker by {darker:.1f} L*.",
    )


def _plain(plane: Floats, weights: Floats) -> float:
    """Return the share of an area where the tone does not change from pixel to pixel."""
    slope = np.hypot(cv2.Sobel(plane, cv2.CV_32F, 1, 0), cv2.Sobel(plane, cv2.CV_32F, 0, 1)) / 8
    return mean(np.asarray(slope < 0.35, np.float32), weights)


def measure_pixelate(scene: Scene, step: Step) -> Finding:
    """Check that neighbouring pixels are equal nearly everywhere while the picture stays."""
    weights = scene.weights(step.region) > 0.5
    size = weights.shape[::-1]
    equal = [
        cv2.resize(_still(pixels), size, interpolation=cv2.INTER_AREA)[weights].mean()
        for pixels in (scene.source, scene.edited)
    ]
    start, end = (float(share) for share in equal)
    done = float(np.clip((end - start) / max(0.8 - start, 0.1), 0, 1))
    verdict = "done" if done >= 0.8 else "not blocky enough"
    return Finding(step, done, f"Pixelated, {verdict}: {end:.0%} of the pixels equal the next.")


def _still(pixels: Pixels) -> Floats:
    """Return where a pixel equals both its right and its lower neighbour, `(H, W)` of 0 and 1."""
    colours = pixels[..., :3].astype(np.int16)
    right = np.abs(np.diff(colours, axis=1, append=colours[:, -1:])).max(axis=2)
    below = np.abs(np.diff(colours, axis=0, append=colours[-1:])).max(axis=2)
    return np.asarray(np.maximum(right, below) <= 1, np.float32)


def _washed(scene: Scene, step: Step) -> tuple[float, float, float]:
    """Return the shares of fine texture, outlines and colour that are left."""
    slope, weights = _outline(scene.fine_before), scene.fine_weights(step.region)
    low, high, top = np.percentile(slope, [25, 85, 93])
    calm, edges = weights * ((slope >= low) & (slope < high)), weights * (slope > top)
    start = mean(chroma(scene.before), scene.weights())
    return (
        _survival(scene, np.asarray(calm, np.float32), 0.5, 2.0),
        _survival(scene, np.asarray(edges, np.float32), 1.5, 5.0),
        mean(chroma(scene.after), scene.weights()) / start if start > 3 else 1.0,
    )


def _survival(scene: Scene, weights: Floats, fine: float, coarse: float) -> float:
    """Return the share of the source's detail between two blurs that the edit still has."""
    before, after = (
        cv2.GaussianBlur(plane, (0, 0), fine) - cv2.GaussianBlur(plane, (0, 0), coarse)
        for plane in (scene.fine_before, scene.fine_after)
    )
    return mean(before * after, weights) / max(mean(before * before, weights), 1e-3)


def _dark_plains(plane: Floats, weights: Floats) -> Floats:
    """Return the darker half of the photo without its edges: on paper these become pale."""
    slope = _outline(plane)
    plain = (slope <= np.percentile(slope, 70)) & (plane <= np.median(plane))
    return np.asarray(weights * plain, np.float32)


def _outline(plane: Floats) -> Floats:
    smooth = cv2.GaussianBlur(plane, (0, 0), 1.0)
    slope = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    return np.asarray(cv2.GaussianBlur(np.sqrt(slope), (0, 0), 2.0), np.float32)
