"""The outline of what a box holds or a point lies on: SAM 2 tiny, or GrabCut without the pack."""

import hashlib
from dataclasses import dataclass
from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.tools.images import Pixels
from editthinker.tools.recent import Recent
from editthinker.tools.vision.masks import (
    Box,
    Mask,
    clean,
    enlarge,
    fill_holes,
    fit_to_edges,
    shrunk,
)
from editthinker.tools.vision.sessions import has_models, open_session

_SIDE = 320
"""Longest side on which GrabCut works, in pixels."""

_SQUARE = 1024
"""Width and height of what SAM 2 sees."""

LOW = 256
"""Width and height of the masks that it returns."""

_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_SPREAD = np.array([0.229, 0.224, 0.225], np.float32)

_EMBEDDING_BYTES = 64 * 2**20
"""Embeddings kept, 16 MB each: the turns of a loop ask about the same photo."""

Embedding = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Segment:
    """One outlined thing."""

    mask: Mask
    by: str
    """What found it: `SAM 2` or `GrabCut`."""


def segment(
    pixels: Pixels, *, box: Box | None = None, point: tuple[int, int] | None = None
) -> Segment:
    """Outline the thing in a box or under a point of `(H, W, 3) uint8` pixels.

    Args:
        pixels: The photo.
        box: Left, top, right, bottom; the thing fills it.
        point: Column and row of a pixel of the thing; with a box, one that is in it for sure.
    """
    if outlines_with_model():
        return Segment(_sam(pixels, box, point), "SAM 2")
    return Segment(_grab_cut(pixels, box, point), "GrabCut")


def outlines_with_model() -> bool:
    """Whether SAM 2 outlines things here; else it is GrabCut."""
    return has_models("sam2-encoder", "sam2-decoder")


_EMBEDDINGS: Recent[Embedding] = Recent(
    _EMBEDDING_BYTES, lambda parts: sum(part.nbytes for part in parts.values())
)

_ENCODING = Lock()
"""One photo at a time: an encoding uses all threads and 600 MB."""


def _sam(pixels: Pixels, box: Box | None, point: tuple[int, int] | None) -> Mask:
    height, width = pixels.shape[:2]
    tries = [point]
    if box is not None and point is None:
        # The middle of a box mostly belongs to the thing: a cup is found with its coffee.
        tries.append(((box[0] + box[2]) // 2, (box[1] + box[3]) // 2))
    proposed = [_proposals(pixels, box, at) for at in tries]
    masks = np.concatenate([masks for masks, _ in proposed])
    scores = np.concatenate([scores for _, scores in proposed])
    scale = np.array([LOW / width, LOW / height], np.float32)
    logits = masks[_best(masks, scores, box, scale)]
    fine = _enlarged(logits, (width, height))
    found = _main(np.asarray(fine > 0, np.float32), box, point)
    soft = np.asarray(1 / (1 + np.exp(-2 * fine)), np.float32)
    # What a box holds is one thing: the coffee belongs to the cup.
    largest = 0.005 if box is None else 0.35 * float(found.mean())
    return fill_holes(_edged(soft, found, pixels), largest)


def _enlarged(logits: Mask, size: tuple[int, int]) -> Mask:
    # Before the threshold: the other way round, the outline would be a staircase.
    fine = cv2.resize(np.clip(logits, -8, 8), size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine, np.float32)


def finely(logits: Mask, pixels: Pixels) -> Mask:
    """Return the mask in a photo for logits of SAM 2, with everything that they hold."""
    fine = _enlarged(logits, (pixels.shape[1], pixels.shape[0]))
    soft = np.asarray(1 / (1 + np.exp(-2 * fine)), np.float32)
    return fill_holes(_edged(soft, np.asarray(fine > 0, np.float32), pixels), 0.002)


def guesses(
    pixels: Pixels, *, box: Box | None = None, point: tuple[int, int] | None = None
) -> tuple[Mask, Mask]:
    """Return what SAM 2 takes a thing for, and how good it thinks each guess.

    Args:
        pixels: `(H, W, 3) uint8`.
        box: Left, top, right, bottom.
        point: Column and row.

    Returns:
        Logits, `(3, 256, 256)`: a detail, a part, the whole; and a score in [0, 1] for each.
    """
    return _proposals(pixels, box, point)


def _proposals(pixels: Pixels, box: Box | None, point: tuple[int, int] | None) -> tuple[Mask, Mask]:
    """Return SAM 2's masks, `(3, 256, 256)` logits, and how good it thinks each is."""
    height, width = pixels.shape[:2]
    prompts: list[tuple[float, float, int]] = []
    if box is not None:
        prompts += [(box[0], box[1], 2), (box[2], box[3], 3)]
    if point is not None:
        prompts.append((point[0], point[1], 1))
    scale = np.array([_SQUARE / width, _SQUARE / height], np.float32)
    where = np.array([prompt[:2] for prompt in prompts], np.float32) * scale
    masks, scores = open_session("sam2-decoder").run(
        ["masks", "iou_predictions"],
        {
            **embed(pixels),
            "point_coords": where[None],
            "point_labels": np.array([[prompt[2] for prompt in prompts]], np.float32),
            "mask_input": np.zeros((1, 1, LOW, LOW), np.float32),
            "has_mask_input": np.zeros(1, np.float32),
        },
    )
    return np.asarray(masks[0], np.float32), np.asarray(scores[0], np.float32)


def _best(masks: Mask, scores: Mask, box: Box | None, scale: Mask) -> int:
    """Return which of SAM 2's proposals to take: of those that fill the box, the likeliest."""
    if box is None:
        return int(np.argmax(scores))
    corners = np.array(box, np.float32) * np.tile(scale, 2)
    fits = []
    for mask in masks:
        rows, columns = np.nonzero((mask > 0).any(axis=1))[0], np.nonzero((mask > 0).any(axis=0))[0]
        if not len(rows):
            fits.append(-1.0)
            continue
        own = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float32)
        fits.append(_overlap(own, corners))
    return int(np.argmax(scores + np.array(fits)))


def _overlap(one: Mask, other: Mask) -> float:
    """Return intersection over union of two boxes."""
    inner = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    both = float(np.prod(np.maximum(inner, 0)))
    areas = float(np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]))
    return both / max(areas - both, 1.0)


def _edged(soft: Mask, found: Mask, pixels: Pixels) -> Mask:
    """Fit a mask of SAM 2 to the photo's edges, within the few pixels that it left open."""
    near = max(2, round(max(found.shape) / LOW))
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * near + 1, 2 * near + 1))
    fitted = fit_to_edges(np.where(cv2.dilate(found, shape) > 0, soft, 0), pixels, near)
    inside, outside = cv2.erode(found, shape) > 0.5, cv2.dilate(found, shape) < 0.5
    return np.asarray(np.where(inside, 1, np.where(outside, 0, fitted)), np.float32)


def _main(found: Mask, box: Box | None, point: tuple[int, int] | None) -> Mask:
    """Drop specks: keep what the point is on, or what is large."""
    kept = _connected(clean(found, 0.003), box, point, (1.0, 1.0))
    return kept if kept.any() else found


def embed(pixels: Pixels) -> Embedding:
    """Return what SAM 2's decoder needs to know of a photo; seconds at first, then remembered."""
    name = hashlib.sha256(np.ascontiguousarray(pixels).data).hexdigest() + f"{pixels.shape}"
    embedding = _EMBEDDINGS.get(name)
    if embedding is None:
        with _ENCODING:
            embedding = _EMBEDDINGS.get(name)
            if embedding is None:
                embedding = _encode(pixels)
                _EMBEDDINGS.put(name, embedding)
    return embedding


def _encode(pixels: Pixels) -> Embedding:
    smaller = max(pixels.shape[:2]) > _SQUARE
    method = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    square = cv2.resize(pixels, (_SQUARE, _SQUARE), interpolation=method)
    light = (square.astype(np.float32) / 255 - _MEAN) / _SPREAD
    image = np.ascontiguousarray(light.transpose(2, 0, 1)[None], np.float32)
    names = ["high_res_feats_0", "high_res_feats_1", "image_embed"]
    found = open_session("sam2-encoder").run(names, {"image": image})
    return dict(zip(names, found, strict=True))


def _grab_cut(pixels: Pixels, box: Box | None, point: tuple[int, int] | None) -> Mask:
    small = shrunk(pixels, _SIDE)
    height, width = small.shape[:2]
    scale = width / pixels.shape[1], height / pixels.shape[0]
    cut = np.full((height, width), cv2.GC_BGD, np.uint8)
    if box is not None:
        left, top = int(box[0] * scale[0]), int(box[1] * scale[1])
        right, bottom = (int(np.ceil(box[i] * scale[i - 2])) for i in (2, 3))
        cut[top:bottom, left:right] = cv2.GC_PR_FGD
        if not (cut == cv2.GC_BGD).any():  # GrabCut needs to see some of what it is not
            cut[:1] = cut[:, :1] = cut[:, -1:] = cv2.GC_BGD
    elif point is not None:
        cut = _around(small, (int(point[0] * scale[0]), int(point[1] * scale[1])))
    if point is not None:
        radius = max(1, round(0.012 * max(height, width)))
        centre = (int(point[0] * scale[0]), int(point[1] * scale[1]))
        cv2.circle(cut, centre, radius, cv2.GC_FGD, -1)
    if not (cut == cv2.GC_PR_FGD).any():
        return enlarge(np.asarray(cut == cv2.GC_FGD, np.float32), pixels)
    cv2.setRNGSeed(0)
    models = (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.grabCut(small, cut, (0, 0, 0, 0), *models, 4, cv2.GC_INIT_WITH_MASK)
    found = np.asarray((cut == cv2.GC_FGD) | (cut == cv2.GC_PR_FGD), np.float32)
    return enlarge(fill_holes(_connected(clean(found), box, point, scale), 0.02), pixels)


def _around(small: Pixels, point: tuple[int, int]) -> np.ndarray:
    """Take for likely what has the colours around a point, and is joined to it."""
    height, width = small.shape[:2]
    lab = cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 1.5), cv2.COLOR_RGB2Lab)
    flooded = np.zeros((height + 2, width + 2), np.uint8)
    x, y = min(point[0], width - 1), min(point[1], height - 1)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (255 << 8)
    cv2.floodFill(lab, flooded, (x, y), 0, (40, 14, 14), (40, 14, 14), flags)
    like = flooded[1:-1, 1:-1] > 0
    near = cv2.dilate(like.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    cut = np.where(near, cv2.GC_PR_BGD, cv2.GC_BGD).astype(np.uint8)
    cut[like] = cv2.GC_PR_FGD
    return cut


def _connected(
    found: Mask, box: Box | None, point: tuple[int, int] | None, scale: tuple[float, float]
) -> Mask:
    """Keep the region under the point, or the largest ones in the box."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((found > 0.5).astype(np.uint8))
    if count < 2:
        return found
    areas = stats[1:, cv2.CC_STAT_AREA]
    if point is not None and box is None:
        height, width = labels.shape
        here = labels[
            min(int(point[1] * scale[1]), height - 1), min(int(point[0] * scale[0]), width - 1)
        ]
        if here:
            return np.asarray(labels == here, np.float32)
    keep = [i + 1 for i, area in enumerate(areas) if area >= 0.15 * areas.max()]
    return np.asarray(np.isin(labels, keep), np.float32)
