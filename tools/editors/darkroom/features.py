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

_OVALS = {
    "eye": (0.22, 0.12),
    "mouth": (0.4, 0.18),
    "nose": (0.22, 0.26),
    "smile": (0.45, 0.26),
}
"""Half the width and height of a feature, in distances between the eyes."""

_ALIKE = 3.0
"""How many usual differences a colour may be off that of the face."""

_FEWEST, _REDDER = 40, 4.0
"""Pixels of a mouth in which teeth can be seen, and by how much redder, in a*, lips are."""

_COLOURED, _PALER = 8.0, 0.22
"""Chroma of skin by which teeth can be told from it, and by what share they have less."""

_MOUTH, _BRIDGE = 96, 11
"""Height of an enlarged mouth, and what is thinner in it than any tooth, in pixels."""


def find_features_named(pixels: Pixels, name: str) -> list[Part]:
    """Return skin or features of the faces in `(H, W, 3) uint8` pixels; empty where none is."""
    faces = find_features(pixels) or []
    if name == "skin":
        masks = [_skin(pixels, face) for face in faces]
    elif name == "teeth":
        masks = [_teeth(pixels, face) for face in faces]
    else:
        masks = [mask for face in faces for mask in _ovals(pixels.shape[:2], face, name)]
    return [part_of(mask) for mask in masks if mask.max() > 0.5]


def _ovals(shape: tuple[int, ...], face: Face, name: str) -> list[Floats]:
    name = "mouth" if name == "lips" else name
    apart = max(dist(*face.eyes), 4.0)
    across, down = (half * apart for half in _OVALS[name])
    lean = np.arctan2(face.eyes[1][1] - face.eyes[0][1], abs(face.eyes[1][0] - face.eyes[0][0]))
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    places = {"eye": face.eyes, "nose": (face.nose,)}
    points = places.get(name, (face.mouth,))
    masks = []
    for x, y in points:
        along = (columns - x) * np.cos(lean) + (rows - y) * np.sin(lean)
        beside = (rows - y) * np.cos(lean) - (columns - x) * np.sin(lean)
        off = np.hypot(along / across, beside / down)
        masks.append(floats(np.interp(off, [0.8, 1.1], [1, 0])))
    return masks


def _teeth(pixels: Pixels, face: Face) -> Floats:
    """Return what is bright and not red between the lips; nothing where a mouth is closed."""
    (mouth,) = _ovals(pixels.shape[:2], face, "smile")
    nothing = np.zeros_like(mouth)
    if (mouth > 0.5).sum() < _FEWEST:
        return nothing
    left, top, right, bottom = part_of(mouth).box
    rows, columns = slice(top, bottom), slice(left, right)
    # Small mouths are enlarged, so that lips and teeth are several pixels thick.
    size = (_MOUTH * (right - left) // (bottom - top), _MOUTH)
    near = cv2.resize(floats(pixels[rows, columns] / np.float32(255)), size)
    inside = cv2.resize(mouth[rows, columns], size) > 0.5
    found = _between_lips(to_lab(floats(near)), inside, _usual(pixels, face))
    shown = cv2.resize(floats(found), (right - left, bottom - top), interpolation=cv2.INTER_AREA)
    nothing[rows, columns] = shown
    return nothing


def _usual(pixels: Pixels, face: Face) -> Floats:
    """Return the usual colour of a face, CIELAB."""
    left, top, right, bottom = face.box
    part = pixels[max(0, top) : bottom, max(0, left) : right]
    return floats(np.median(to_lab(floats(part / np.float32(255))).reshape(-1, 3), axis=0))


def _between_lips(lab: Floats, inside: np.ndarray, skin: Floats) -> np.ndarray:
    """Return the teeth in an enlarged mouth, `_MOUTH` pixels high, which are paler than skin."""
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    if np.hypot(*skin[1:]) < _COLOURED:
        return np.zeros_like(inside)
    white = 1 - chroma / float(np.hypot(*skin[1:]))
    bright = inside & (white > _PALER) & (lab[..., 0] > 0.6 * skin[0])
    # A shine on the lip joins teeth and skin by a bridge.
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_BRIDGE, _BRIDGE))
    apart = cv2.erode(bright.astype(np.uint8), shape)
    _, labels = cv2.connectedComponents(apart, connectivity=4)
    _, x = np.nonzero(apart)
    # Teeth lie in the middle.
    worth = np.bincount(labels[apart > 0], 0.5 - np.abs(x / lab.shape[1] - 0.5))
    if not len(worth) or worth.max() <= 0:
        return np.zeros_like(inside)
    core = (labels == int(np.argmax(worth))).astype(np.uint8)
    teeth = bright & (cv2.dilate(core, shape) > 0)
    redder = np.median(lab[inside & ~bright][:, 1]) - np.median(lab[teeth][:, 1])
    share = teeth.sum() / inside.sum()
    return teeth if redder > _REDDER and 0.02 < share < 0.4 else np.zeros_like(inside)


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
