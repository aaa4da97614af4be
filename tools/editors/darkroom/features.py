"""Skin and the features of a face: eyes, lips, nose."""

from math import dist

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.light import Floats, floats, to_lab
from editthinker.tools.images import Pixels
from editthinker.tools.vision.faces import Face, find_features
from editthinker.tools.vision.masks import Part, clean, part_of

FEATURES = frozenset({"skin", "eye", "lips", "mouth", "teeth", "nose"})
"""What is found on a face only."""

_OVALS = {"eye": (0.22, 0.12), "mouth": (0.4, 0.18), "nose": (0.22, 0.26)}
"""Half the width and height of a feature, in distances between the eyes."""

_ALIKE = 3.0
"""How many usual differences a colour may be off that of the face."""


def find_features_named(pixels: Pixels, name: str) -> list[Part]:
    """Return skin or features of the faces in `(H, W, 3) uint8` pixels; empty where none is."""
    faces = find_features(pixels) or []
    if name == "skin":
        masks = [_skin(pixels, face) for face in faces]
    else:
        masks = [mask for face in faces for mask in _ovals(pixels.shape[:2], face, name)]
    return [part_of(mask) for mask in masks if mask.max() > 0.5]


def _ovals(shape: tuple[int, ...], face: Face, name: str) -> list[Floats]:
    name = "mouth" if name in {"lips", "teeth"} else name
    apart = max(dist(*face.eyes), 4.0)
    across, down = (half * apart for half in _OVALS[name])
    lean = np.arctan2(face.eyes[1][1] - face.eyes[0][1], abs(face.eyes[1][0] - face.eyes[0][0]))
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    points = face.eyes if name == "eye" else (getattr(face, name),)
    masks = []
    for x, y in points:
        along = (columns - x) * np.cos(lean) + (rows - y) * np.sin(lean)
        beside = (rows - y) * np.cos(lean) - (columns - x) * np.sin(lean)
        off = np.hypot(along / across, beside / down)
        masks.append(floats(np.interp(off, [0.8, 1.1], [1, 0])))
    return masks


def _skin(pixels: Pixels, face: Face) -> Floats:
    """Return what has the colours of a face, on it and joined to it."""
    height, width = pixels.shape[:2]
    lab = cv2.GaussianBlur(to_lab(floats(pixels / np.float32(255))), (0, 0), 1)
    left, top, right, bottom = face.box
    across, down = right - left, bottom - top
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    middle = ((left + right) / 2, (top + bottom) / 2)
    off = np.hypot((columns - middle[0]) / across * 2, (rows - middle[1]) / down * 2)
    own = lab[off < 0.6]
    usual = np.median(own, axis=0)
    spread = np.maximum(1.5 * np.median(np.abs(own - usual), axis=0), (12, 3, 3))
    unlike = np.abs(lab - usual) / spread / np.array((1.6, 1, 1), np.float32)
    likely = np.interp(unlike.max(axis=2), [0.75 * _ALIKE, _ALIKE], [1, 0])
    # The neck lies below; hair and what stands behind often have a colour near that of skin.
    near = np.interp(off, [1.15, 1.3], [1, 0])
    beneath = (rows > bottom) & (np.abs(columns - middle[0]) < 1.6 * across)
    reach = np.maximum(near, beneath & (rows < bottom + 0.7 * down))
    skin = clean(floats(likely * reach), 0.004)
    _, labels = cv2.connectedComponents((skin > 0.3).astype(np.uint8))
    skin[~np.isin(labels, labels[(off < 0.6) & (labels > 0)])] = 0
    return floats(cv2.GaussianBlur(skin, (0, 0), 1))
