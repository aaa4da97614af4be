"""How the pocket benchmark measures an edit against its hidden target.

Written apart from the observer, with measures of its own, so that a thinker cannot grade itself.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from editthinker.evals.benchmarks.pocket_tasks import Check
from editthinker.tools.errors import JudgeError
from editthinker.tools.images import Pixels

Floats = NDArray[np.float32]
Box = tuple[float, float, float, float]

WHOLE: tuple[Box, ...] = ((0.0, 0.0, 1.0, 1.0),)
INSIDE: tuple[Box, ...] = ((0.15, 0.15, 0.85, 0.85),)

TOLERANCES = {"light": 4.0, "chroma": 0.35, "hue": 8.0, "sharpness": 0.7}
"""What may change unasked without a loss: mean L*, log of the chroma, mean a* and b*, log of the
Laplacian's variance. Twice as much is half kept, four times as much is not kept at all."""


@dataclass(frozen=True)
class Look:
    """An image and what is measured of it."""

    pixels: Pixels

    @cached_property
    def lab(self) -> Floats:
        """CIE Lab, `(H, W, 3)`; L* in [0, 100]."""
        rgb = np.ascontiguousarray(self.pixels[..., :3]).astype(np.float32) / 255
        return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB), dtype=np.float32)

    @cached_property
    def chroma(self) -> Floats:
        """Distance from grey."""
        return np.hypot(self.lab[..., 1], self.lab[..., 2])

    @cached_property
    def hue(self) -> Floats:
        """Angle in the a*b* plane, in degrees from 0 to 360."""
        angle = np.degrees(np.arctan2(self.lab[..., 2], self.lab[..., 1]))
        return np.asarray(angle % 360, dtype=np.float32)

    @cached_property
    def edges(self) -> Floats:
        """Laplacian of L*."""
        return np.asarray(cv2.Laplacian(self.lab[..., 0], cv2.CV_32F), dtype=np.float32)

    def cut(self, values: Floats, boxes: Sequence[Box]) -> Floats:
        """Return the values inside some boxes, flat."""
        height, width = values.shape[:2]
        parts = []
        for left, top, right, bottom in boxes:
            rows = slice(int(top * height), max(int(bottom * height), int(top * height) + 1))
            columns = slice(int(left * width), max(int(right * width), int(left * width) + 1))
            parts.append(values[rows, columns].reshape(-1, *values.shape[2:]))
        return np.concatenate(parts)


def measure_change(what: str, before: Look, after: Look, boxes: Sequence[Box]) -> float:
    """Return a change: a difference of means, or a factor for contrast, chroma and detail."""

    def mean(look: Look, at: int) -> float:
        return float(look.cut(look.lab[..., at], boxes).mean())

    def ratio(read: Callable[[Look], float], floor: float) -> float:
        return max(read(after), floor) / max(read(before), floor)

    if what == "light":
        return mean(after, 0) - mean(before, 0)
    if what == "warmth":
        return mean(after, 2) - mean(before, 2)
    if what == "contrast":
        return ratio(lambda look: float(look.cut(look.lab[..., 0], boxes).std()), 1.0)
    if what == "chroma":
        return ratio(lambda look: float(look.cut(look.chroma, boxes).mean()), 1.0)
    if what == "detail":
        return ratio(lambda look: float(look.cut(look.edges, boxes).var()), 0.02)
    if what == "noise":
        return math.sqrt(max(0.0, _noise(after) ** 2 - _noise(before) ** 2))
    raise JudgeError(f"the pocket benchmark measures no {what!r}")


def in_band(value: float, low: float, high: float) -> float:
    """Score a value against a band: 1 inside, falling to 0 at no change and at 2.5 times too much.

    A band above 0 that holds factors (its change is around 1) is measured by logarithm.
    """
    if low < 0:
        return in_band(-value, -high, -low)
    if value < low:
        return max(0.0, value / low)
    return max(0.0, 1 - (value / high - 1) / 1.5) if value > high else 1.0


def factor_in_band(value: float, low: float, high: float) -> float:
    """Score a factor against a band of factors, by their logarithms."""
    change, least, most = math.log(value), math.log(low), math.log(high)
    if most <= 0:
        return in_band(-change, -most, -least)
    return in_band(change, least, most)


FACTORS = frozenset({"contrast", "chroma", "detail"})


def check(target: Check, before: Look, after: Look, boxes: Mapping[str, Sequence[Box]]) -> float:
    """Score one clause in [0, 1]."""
    given: dict[str, Any] = dict(target)
    kind = given["kind"]
    if kind == "shift":
        where = {"photo": WHOLE, "inside": INSIDE, **boxes}[given["where"]]
        value = measure_change(given["what"], before, after, where)
        score = factor_in_band if given["what"] in FACTORS else in_band
        return score(value, given["low"], given["high"])
    return _KINDS[kind](given, before, after, boxes)


def kept(
    free: Sequence[str], before: Look, after: Look, boxes: Mapping[str, Sequence[Box]]
) -> float:
    """Score in [0, 1] how far what was not asked for stayed as it was."""
    if "all" in free:
        return 1.0
    if "background" in free or "subject" in free:
        held = boxes["subject" if "background" in free else "background"]
        return _same_size(before, after) * min(
            _held(abs(measure_change("light", before, after, held)), TOLERANCES["light"]),
            _held(
                abs(math.log(measure_change("chroma", before, after, held))), TOLERANCES["chroma"]
            ),
            _held(
                abs(math.log(measure_change("detail", before, after, held))),
                TOLERANCES["sharpness"],
            ),
        )
    if "text" in free:
        return _same_size(before, after) * _held(100 * _changed(before, after).mean(), 10.0)
    scores = [] if "frame" in free else [_same_size(before, after)]
    if "light" not in free:
        change = abs(measure_change("light", before, after, WHOLE))
        scores.append(_held(change, TOLERANCES["light"]))
    if "chroma" not in free:
        factor = measure_change("chroma", before, after, WHOLE)
        scores.append(_held(abs(math.log(factor)), TOLERANCES["chroma"]))
    if "hue" not in free:
        drift = max(
            abs(float(after.lab[..., i].mean() - before.lab[..., i].mean())) for i in (1, 2)
        )
        scores.append(_held(drift, TOLERANCES["hue"]))
    if "sharpness" not in free:
        factor = measure_change("detail", before, after, WHOLE)
        scores.append(_held(abs(math.log(factor)), TOLERANCES["sharpness"]))
    return min(scores, default=1.0)


def clean(before: Look, after: Look) -> float:
    """Score in [0, 1] how little of the image was lost to pure black and white."""

    def lost(look: Look) -> float:
        light = look.lab[..., 0]
        return float(((light < 1) | (light > 99)).mean())

    return max(0.0, 1 - max(0.0, lost(after) - lost(before)) / 0.4)


def _held(change: float, tolerance: float) -> float:
    over = max(0.0, change / tolerance - 1)
    return max(0.0, 1 - over / 2 if over < 1 else 1 - (0.5 + (over - 1) / 4))


def _same_size(before: Look, after: Look) -> float:
    """Editors may work at another size, but not in another shape."""
    ours, theirs = (look.pixels.shape[1] / look.pixels.shape[0] for look in (before, after))
    return 1.0 if abs(math.log(ours / theirs)) < 0.03 else 0.0


def _fitted(look: Look, model: Look) -> Look:
    height, width = model.pixels.shape[:2]
    if look.pixels.shape[:2] == (height, width):
        return look
    resized = cv2.resize(look.pixels[..., :3], (width, height), interpolation=cv2.INTER_AREA)
    return Look(np.asarray(resized, dtype=np.uint8))


def _noise(look: Look) -> float:
    light = look.lab[..., 0]
    smooth = cv2.GaussianBlur(light, (0, 0), 1.0)
    return float(np.median(np.abs(light - smooth)) * 1.4826)


def _changed(before: Look, after: Look) -> NDArray[np.bool_]:
    difference = np.linalg.norm(_fitted(after, before).lab - before.lab, axis=2)
    return np.asarray(difference > 15)


def _recolour(given: Mapping[str, Any], before: Look, after: Look, boxes: Any) -> float:
    low, high = given["source"]
    asked = (before.chroma > 30) & (before.hue >= low) & (before.hue <= high)
    fitted = _fitted(after, before)
    start, end = given["target"]
    done = (fitted.hue >= start) & (fitted.hue <= end) & (fitted.chroma > 10)
    success = min(1.0, float(done[asked].mean()) / 0.7)
    apart = np.minimum(
        np.abs(before.hue - (low + high) / 2), 360 - np.abs(before.hue - (low + high) / 2)
    )
    others = (apart > (high - low) / 2 + 30) | (before.chroma < 10)
    drift = float(np.linalg.norm(fitted.lab - before.lab, axis=2)[others].mean())
    return min(success, _held(drift, 4.0))


def _mono(given: Mapping[str, Any], before: Look, after: Look, boxes: Any) -> float:
    return in_band(1 / max(float(np.percentile(after.chroma, 95)), 0.2), 1 / 4, 5)


def _sepia(given: Mapping[str, Any], before: Look, after: Look, boxes: Any) -> float:
    tinted = after.chroma > 4
    a, b = (float(after.lab[..., at].mean()) for at in (1, 2))
    brown = 45 <= math.degrees(math.atan2(b, a)) <= 100 and 5 <= math.hypot(a, b) <= 45
    one_hue = float(np.std(after.hue[tinted])) < 14 if tinted.any() else False
    return (brown + one_hue) / 2


def _sketch(given: Mapping[str, Any], before: Look, after: Look, boxes: Any) -> float:
    pale = min(1.0, float(after.lab[..., 0].mean()) / 75)
    grey = _mono(given, before, after, boxes)
    lines = _outline_match(before, after)
    return min(pale, grey, lines)


def _outline_match(before: Look, after: Look) -> float:
    """Correlate coarse edges; half is taken for a full match."""

    def outline(look: Look) -> Floats:
        small = cv2.resize(look.lab[..., 0], (64, 64), interpolation=cv2.INTER_AREA)
        x, y = cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1)
        return np.hypot(x, y).ravel()

    return min(1.0, max(0.0, float(np.corrcoef(outline(before), outline(after))[0, 1])) / 0.5)


def _levels(given: Mapping[str, Any], before: Look, after: Look, boxes: Any) -> float:
    def most(look: Look) -> float:
        """Share of pixels whose colour is one of the 256 commonest."""
        packed = (look.pixels[..., :3].astype(np.uint32) * [65536, 256, 1]).sum(2)
        counts = np.sort(np.unique(packed, return_counts=True)[1])[::-1]
        return float(counts[:256].sum() / counts.sum())

    return min(1.0, most(after) / 0.9) if most(after) > most(before) else 0.0


def _vignette(given: Mapping[str, Any], before: Look, after: Look, boxes: Any) -> float:
    corners = (
        (0.0, 0.0, 0.12, 0.12),
        (0.88, 0.0, 1.0, 0.12),
        (0.0, 0.88, 0.12, 1.0),
        (0.88, 0.88, 1.0, 1.0),
    )
    middle = ((0.35, 0.35, 0.65, 0.65),)
    factor = [
        max(float(after.cut(after.lab[..., 0], place).mean()), 0.1)
        / max(float(before.cut(before.lab[..., 0], place).mean()), 1.0)
        for place in (corners, middle)
    ]
    return in_band(1 - factor[0] / factor[1], 0.15, 0.85)


def _border(given: Mapping[str, Any], before: Look, after: Look, boxes: Any) -> float:
    light = after.lab[..., 0]
    rim = np.concatenate(
        [light[:3].ravel(), light[-3:].ravel(), light[:, :3].ravel(), light[:, -3:].ravel()]
    )
    right = float((np.abs(rim - given["light"]) < 12).mean())
    return max(0.0, (right - 0.5) / 0.45) if right < 0.95 else 1.0


def _turned(given: Mapping[str, Any], before: Look, after: Look, boxes: Any) -> float:
    turns: Mapping[str, Callable[[Pixels], Any]] = {
        "clockwise": lambda p: np.rot90(p, -1),
        "counterclockwise": lambda p: np.rot90(p),
        "mirrored": lambda p: p[:, ::-1],
        "upside down": lambda p: p[::-1],
    }
    expected = Look(np.ascontiguousarray(turns[given["turn"]](before.pixels)))
    if not _same_size(expected, after):
        return 0.0
    ours, theirs = expected.lab[..., 0], _fitted(after, expected).lab[..., 0]
    match = float(np.corrcoef(ours.ravel(), theirs.ravel())[0, 1])
    return max(0.0, match - 0.8) / 0.2


def _ratio(given: Mapping[str, Any], before: Look, after: Look, boxes: Any) -> float:
    height, width = after.pixels.shape[:2]
    ratio = float(given["ratio"])
    shape = 1.0 if abs(math.log(width / height / ratio)) < 0.02 else 0.0
    whole = before.pixels.shape[0] * before.pixels.shape[1]
    return float(shape * min(1.0, height * width / whole / 0.4))


def _text(given: Mapping[str, Any], before: Look, after: Look, boxes: Any) -> float:
    """Score place, size and colour; the letters themselves are not read."""
    changed = _changed(before, after)
    rows, columns = np.nonzero(changed)
    share = len(rows) / changed.size
    if not 0.0005 < share < 0.2:
        return 0.0
    y, x = float(np.median(rows)) / changed.shape[0], float(np.median(columns)) / changed.shape[1]
    vertical, horizontal = given["place"].split()
    there = (y < 0.4 if vertical == "top" else y > 0.6) + (
        x < 0.5 if horizontal == "left" else x > 0.5
    )
    light = _fitted(after, before).lab[..., 0][changed]
    coloured = float((np.abs(light - given["light"]) < 25).mean())
    return float(there / 2 * min(1.0, coloured / 0.35))


def _filled(given: Mapping[str, Any], before: Look, after: Look, boxes: Mapping[str, Any]) -> float:
    fitted = _fitted(after, before)
    lab = fitted.cut(fitted.lab, boxes["background"])
    distance = np.linalg.norm(lab - [given["light"], 0, 0], axis=-1)
    return float((distance < 15).mean())


_KINDS: Mapping[str, Callable[[Mapping[str, Any], Look, Look, Any], float]] = {
    "recolour": _recolour,
    "mono": _mono,
    "sepia": _sepia,
    "sketch": _sketch,
    "levels": _levels,
    "vignette": _vignette,
    "border": _border,
    "turned": _turned,
    "ratio": _ratio,
    "text": _text,
    "filled": _filled,
}
