"""Things of a kind that lie spread over a plain ground: coins on a table, stars in the sky."""

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab
from editthinker.tools.images import Pixels
from editthinker.tools.vision.masks import Part, clean, enlarge, fill_holes, part_of, shrunk, split
from editthinker.tools.vision.proposals import propose

_SIDE = 400
"""Longest side on which they are told apart, in pixels."""

_FEWEST = 5
"""Things below which it may be chance that they look alike."""

_OFF = 3.0
"""How many times larger or smaller than most of them a thing may be."""

_ROUND = 0.7
"""Roundness of what SAM 2 takes for one of them."""


def find_spread(pixels: Pixels) -> list[Part]:
    """Return things of one size, each apart from the others; empty where a photo has none."""
    small = shrunk(pixels, _SIDE)
    lab = floats(cv2.GaussianBlur(to_lab(floats(small / np.float32(255))), (0, 0), 1))
    off = _unlike(lab)
    grey = np.asarray(np.clip(off * 3, 0, 255), np.uint8)
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    mask = fill_holes(clean(floats(grey > level), 0.006), 0.05)
    inside = [part for part in split(mask, 0.001, 0.02) if _free(part, mask.shape)]
    if not inside:
        return []
    usual = float(np.median([part.area for part in inside]))
    alike = [part for part in inside if usual / _OFF < part.area < usual * _OFF]
    total = sum(part.area for part in inside)
    if len(alike) < _FEWEST or sum(part.area for part in alike) < 0.7 * total:
        return []
    return [part_of(enlarge(fill_holes(part.mask, 0.05), pixels)) for part in alike]


def find_whole_spread(pixels: Pixels) -> list[Part]:
    """Return the same things, each as whole as SAM 2 sees it, and those that are faint."""
    parts = find_spread(pixels)
    if not parts:
        return []
    usual = float(np.median([part.area for part in parts])) / (pixels.shape[0] * pixels.shape[1])
    whole = [
        one.part(pixels)
        for one in propose(pixels)
        if usual / _OFF < one.area < usual * _OFF and one.roundness > _ROUND
    ]
    whole = [part for part in whole if not _holds_another(part, whole)]
    rest = [part for part in parts if not any(_shares(part, other) for other in whole)]
    return sorted([*whole, *rest], key=lambda part: -part.area)


def _shares(part: Part, other: Part) -> bool:
    """Whether a part lies in another one by more than a third."""
    return float((part.mask * other.mask).sum()) > 0.35 * part.area


def _holds_another(part: Part, others: list[Part]) -> bool:
    """Whether a part is only a piece of a larger one."""
    return any(other.area > part.area and _shares(part, other) for other in others)


def _unlike(lab: Floats) -> Floats:
    """Return how far each pixel is from the ground, which is even over wide distances."""
    size = max(lab.shape[:2]) // 3 | 1
    ground = np.dstack([_even(lab[..., channel], size) for channel in range(3)])
    return floats(np.linalg.norm(lab - ground, axis=2))


def _even(plane: Floats, size: int) -> Floats:
    scaled = np.asarray(np.clip(plane + (0 if plane.min() >= 0 else 128), 0, 255), np.uint8)
    shift = 0 if plane.min() >= 0 else 128
    return floats(cv2.medianBlur(scaled, min(size, 255))) - np.float32(shift)


def _free(part: Part, shape: tuple[int, ...]) -> bool:
    """Whether a thing is compact and lies inside the frame."""
    left, top, right, bottom = part.box
    filled = part.area / max((right - left) * (bottom - top), 1)
    return filled > 0.5 and left > 0 and top > 0 and right < shape[1] and bottom < shape[0]
