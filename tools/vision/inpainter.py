"""Filling a hole in a photo with what could be behind: MI-GAN, or patches without the pack."""

import cv2
import numpy as np

from editthinker.tools.images import Pixels
from editthinker.tools.vision.masks import Mask
from editthinker.tools.vision.patchwork import fill_with_patches
from editthinker.tools.vision.sessions import has_models, open_session

_REACH = 3.0
"""Radius that Telea looks around a pixel, in pixels."""

_NARROW = 5.0
"""Depth up to which a hole is closed by Telea's method; in a deeper one it leaves streaks."""


def inpaint(pixels: Pixels, mask: Mask) -> Pixels:
    """Fill in the pixels whose mask is over a half; the others stay as they are.

    Args:
        pixels: `(H, W, 3) uint8`.
        mask: `(H, W)` in [0, 1]; dilate it first, so that no rim of the old thing is left.
    """
    hole = mask > 0.5
    if not hole.any():
        return pixels
    filled = _migan(pixels, hole) if fills_with_model() else _continued(pixels, hole)
    return np.asarray(np.where(hole[..., None], filled, pixels), np.uint8)


def fills_with_model() -> bool:
    """Whether MI-GAN fills holes here; else it is patches, and Telea's method in narrow holes."""
    return has_models("migan")


def _migan(pixels: Pixels, hole: np.ndarray) -> Pixels:
    keep = np.where(hole, 0, 255).astype(np.uint8)
    image = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])
    found = open_session("migan").run(["result"], {"image": image, "mask": keep[None, None]})[0]
    return np.asarray(found[0].transpose(1, 2, 0), np.uint8)


def _continued(pixels: Pixels, hole: np.ndarray) -> Pixels:
    deep = cv2.distanceTransform(np.pad(hole, 1).astype(np.uint8), cv2.DIST_L2, 5).max()
    filled = fill_with_patches(pixels, hole) if deep > _NARROW else None
    return _telea(pixels, hole) if filled is None else filled


def _telea(pixels: Pixels, hole: np.ndarray) -> Pixels:
    flat = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    filled = cv2.inpaint(flat, hole.astype(np.uint8), _REACH, cv2.INPAINT_TELEA)
    return np.asarray(cv2.cvtColor(filled, cv2.COLOR_BGR2RGB), np.uint8)
