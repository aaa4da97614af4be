"""Filling a hole in a photo from around it: Telea's method."""

from dataclasses import dataclass

import cv2
import numpy as np

from editthinker.tools.images import Pixels
from editthinker.tools.vision.masks import Mask


@dataclass(frozen=True)
class Inpainted:
    """A photo with a hole filled."""

    pixels: Pixels
    """As given outside the hole."""
    by: str
    """What filled it: `MI-GAN` or `Telea`."""


def inpaint(pixels: Pixels, mask: Mask) -> Inpainted:
    """Fill where a mask, `(H, W)`, is over a half in `(H, W, 3) uint8` pixels.

    The mask is the hole as it is: whoever made it has filled and widened it.
    """
    hole = (mask > 0.5).astype(np.uint8)
    radius = max(3, round(0.01 * min(hole.shape)))
    filled = cv2.inpaint(np.ascontiguousarray(pixels), hole, radius, cv2.INPAINT_TELEA)
    return Inpainted(np.asarray(filled, np.uint8), "Telea")
