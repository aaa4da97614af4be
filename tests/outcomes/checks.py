"""Whether a wish came true, measured against masks drawn by hand.

Nothing of the darkroom or the observer is asked, except the reader for words. Each check returns a
sentence that says what is wrong, empty when nothing is.
"""

from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np
from drawn import Mask, Pixels, drawn, has_drawn, photo

from editthinker.tools.vision.reader import read_text

_HUES = {
    "red": (0, 55),
    "orange": (30, 92),
    "yellow": (66, 112),
    "green": (95, 185),
    "blue": (215, 318),
    "purple": (285, 348),
    "pink": (315, 400),
}
"""CIELAB hue angles, in degrees, that a person would call by the name."""

_PLAIN = {
    "white": (100, 0, 0),
    "black": (0, 0, 0),
    "grey": (54, 0, 0),
    "green": (46, -52, 50),
    "lightblue": (84, -11, -11),
}
"""CIELAB of plain backgrounds."""


def check(wish: Mapping[str, Any], edited: Pixels) -> str:
    """Return what is wrong with an edit; empty where the wish came true."""
    options = {k: v for k, v in wish.items() if k not in ("photo", "say", "check")}
    return _CHECKS[wish["check"]](wish["photo"], edited, **options)


def _lab(pixels: Pixels) -> Mask:
    opaque = np.ascontiguousarray(pixels[..., :3]).astype(np.float32) / 255
    return np.asarray(cv2.cvtColor(opaque, cv2.COLOR_RGB2LAB))


def _chroma(lab: Mask) -> Mask:
    return np.hypot(lab[..., 1], lab[..., 2])


def _hue_in(lab: Mask, name: str) -> Mask:
    low, high = _HUES[name]
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360
    inside = (hue >= low) & (hue <= high) | (hue + 360 >= low) & (hue + 360 <= high)
    return np.asarray(inside & (_chroma(lab) > 9), np.float32)


def _grown(mask: Mask, share: float) -> Mask:
    size = 2 * round(abs(share) * min(mask.shape)) + 1
    change = cv2.dilate if share > 0 else cv2.erode
    return np.asarray(change(mask, np.ones((size, size), np.uint8)), np.float32)


def _inside(name: str, thing: str, of: str = "") -> Mask:
    """Return the pixels that surely belong to a thing, without its rim."""
    if not thing:
        return np.ones(photo(name).shape[:2], np.float32)
    mask = _grown(drawn(name, thing), -0.01) > 0.9
    if of:
        lab = _lab(photo(name))
        mask = mask & (_hue_in(lab, of) > 0) & (_chroma(lab) > 22)
    return mask.astype(np.float32)


def _outside(name: str, thing: str) -> Mask:
    """Return the pixels that surely do not belong to a thing."""
    outside = _grown(drawn(name, thing), 0.04) < 0.1
    if thing == "flower" and name == "flower":
        outside &= _grown(drawn(name, "lower"), 0.04) < 0.1
    if thing == "sky" and has_drawn(name, "doubt"):
        outside &= drawn(name, "doubt") < 0.1
    return outside.astype(np.float32)


def _mean(plane: Mask, mask: Mask) -> float:
    return float((plane * mask).sum() / max(float(mask.sum()), 1))


def _same_size(name: str, edited: Pixels) -> str:
    there = photo(name).shape[:2]
    return "" if edited.shape[:2] == there else f"size {edited.shape[:2]} instead of {there}"


def _strayed(name: str, edited: Pixels, thing: str, of: str = "", most: float = 0.12) -> str:
    """Say when too much of what is no part of the thing changed."""
    outside = _outside(name, thing)
    before, after = _lab(photo(name)), _lab(edited)
    if of:  # other things of that colour may have been meant as well
        outside = outside * (1 - _hue_in(before, of))
    off = np.linalg.norm(after - before, axis=2)
    share = _mean((off > 6).astype(np.float32), outside)
    return f"{share:.0%} of the rest changed" if share > most else ""


def recoloured(name: str, edited: Pixels, thing: str, of: str, to: str, spare: str = "") -> str:
    mask, before, after = _inside(name, thing, of), _lab(photo(name)), _lab(edited)
    share = _mean(_hue_in(after, to), mask)
    if share < 0.6:
        return f"only {share:.0%} is {to}"
    light = [lab[..., 0][mask > 0] for lab in (before, after)]
    if light[0].std() > 4 and np.corrcoef(*light)[0, 1] < 0.4:
        return "light and shade are gone"
    if spare and _kept(name, edited, spare) < 0.7:
        return f"the {spare} changed too"
    return _strayed(name, edited, thing, of)


def chroma(
    name: str, edited: Pixels, low: float, high: float, thing: str = "", of: str = ""
) -> str:
    mask = _inside(name, thing, of)
    ratio = _mean(_chroma(_lab(edited)), mask) / _mean(_chroma(_lab(photo(name))), mask)
    wrong = "" if low <= ratio <= high else f"colourfulness times {ratio:.2f}"
    return wrong or (_strayed(name, edited, thing, of, 0.3) if thing else "")


def lighter(name: str, edited: Pixels, low: float, high: float, thing: str = "") -> str:
    mask = _inside(name, thing)
    change = _mean(_lab(edited)[..., 0] - _lab(photo(name))[..., 0], mask)
    wrong = "" if low <= change <= high else f"L* {change:+.1f}"
    # A face may stand for the whole person.
    return wrong or (
        _strayed(name, edited, "subject" if thing == "face" else thing) if thing else ""
    )


def lighter_rest(name: str, edited: Pixels, thing: str, low: float, high: float) -> str:
    outside, inside = _outside(name, thing), _inside(name, thing)
    off = _lab(edited)[..., 0] - _lab(photo(name))[..., 0]
    change, kept = _mean(off, outside), _mean(np.abs(off), inside)
    if not low <= change <= high:
        return f"L* of the rest {change:+.1f}"
    return f"the subject changed by {kept:.1f} L*" if kept > 3 else ""


def _detail(pixels: Pixels, mask: Mask) -> float:
    plane = _lab(pixels)[..., 0]
    return _mean(np.abs(plane - cv2.GaussianBlur(plane, (0, 0), 1.5)), mask)


def blurred(name: str, edited: Pixels, thing: str) -> str:
    left = _detail(edited, _inside(name, thing)) / _detail(photo(name), _inside(name, thing))
    return f"{left:.0%} of the detail is left" if left > 0.6 else _strayed(name, edited, thing)


def blurred_rest(name: str, edited: Pixels, thing: str) -> str:
    outside, inside = _outside(name, thing), _inside(name, thing)
    left = _detail(edited, outside) / _detail(photo(name), outside)
    kept = _detail(edited, inside) / _detail(photo(name), inside)
    if left > 0.65:
        return f"{left:.0%} of the detail of the rest is left"
    return f"the subject kept {kept:.0%} of its detail" if kept < 0.85 else ""


def sharper(name: str, edited: Pixels, thing: str) -> str:
    gain = _detail(edited, _inside(name, thing)) / _detail(photo(name), _inside(name, thing))
    return "" if gain > 1.1 else f"detail times {gain:.2f}"


def rougher(name: str, edited: Pixels) -> str:
    gain = _detail(edited, _inside(name, "")) / _detail(photo(name), _inside(name, ""))
    return "" if gain > 1.1 else f"detail times {gain:.2f}"


def isolated(name: str, edited: Pixels, thing: str, of: str = "") -> str:
    before, after = _chroma(_lab(photo(name))), _chroma(_lab(edited))
    held = _mean(after, _inside(name, thing, of)) / _mean(before, _inside(name, thing, of))
    left = _mean(after, _outside(name, thing)) / _mean(before, _outside(name, thing))
    if held < 0.75:
        return f"the thing kept {held:.0%} of its colour"
    return f"the rest kept {left:.0%} of its colour" if left > 0.25 else ""


def _kept(name: str, edited: Pixels, thing: str) -> float:
    off = np.linalg.norm(_lab(edited) - _lab(photo(name)), axis=2)
    return _mean((off < 6).astype(np.float32), _inside(name, thing))


def backed(name: str, edited: Pixels, thing: str, to: str) -> str:
    off = np.linalg.norm(_lab(edited) - np.array(_PLAIN[to], np.float32), axis=2)
    share, kept = (
        _mean((off < 28).astype(np.float32), _outside(name, thing)),
        _kept(name, edited, thing),
    )
    if share < 0.8:
        return f"{share:.0%} of the background is {to}"
    return f"{kept:.0%} of the subject was kept" if kept < 0.85 else ""


def changed_rest(name: str, edited: Pixels, thing: str) -> str:
    off = np.linalg.norm(_lab(edited) - _lab(photo(name)), axis=2)
    share = _mean((off > 8).astype(np.float32), _outside(name, thing))
    kept = _kept(name, edited, thing)
    if share < 0.8:
        return f"{share:.0%} of the background changed"
    return f"{kept:.0%} of the subject was kept" if kept < 0.85 else ""


def cut_out(name: str, edited: Pixels, thing: str) -> str:
    if edited.shape[2] < 4:
        return "nothing is transparent"
    alpha = edited[..., 3].astype(np.float32) / 255
    inside, outside = _mean(alpha, _inside(name, thing)), _mean(alpha, _outside(name, thing))
    if inside < 0.88:
        return f"only {inside:.0%} of the subject is there"
    return f"{outside:.0%} of the background is left" if outside > 0.12 else ""


def gone(name: str, edited: Pixels, thing: str, part: str = "") -> str:
    """Check that other colours or other detail stand there, such as the surroundings have."""
    mask, before, after = _inside(name, thing), _lab(photo(name)), _lab(edited)
    off = np.linalg.norm(after - before, axis=2)
    touched = _mean((off > 6).astype(np.float32), mask)
    if touched < 0.6:
        return f"{touched:.0%} of it changed"
    if part and _mean((off > 6).astype(np.float32), drawn(name, part)) < 0.6:
        return f"the {part} still stands there"
    around = _grown(drawn(name, thing), 0.1) - _grown(drawn(name, thing), 0.03)
    colours = before[around > 0.5][:: max(1, int(around.sum()) // 400)]
    samples = after[mask > 0][:: max(1, int(mask.sum()) // 800)]
    near = np.linalg.norm(samples[:, None] - colours[None], axis=2).min(axis=1)
    strange = float((near > 14).mean())
    if strange > 0.3:
        return f"{strange:.0%} of the filling has colours that are not around it"
    plane = [lab[..., 0] - cv2.GaussianBlur(lab[..., 0], (0, 0), 4) for lab in (before, after)]
    likeness = float(np.corrcoef(plane[0][mask > 0], plane[1][mask > 0])[0, 1])
    if likeness > 0.5:
        return "its drawing still shows"
    return _strayed(name, edited, thing, most=0.15)


def shifted(name: str, edited: Pixels, thing: str, by: float) -> str:
    problem = gone(name, edited, thing)
    if problem and "rest changed" not in problem:
        return problem
    return copied(name, edited, thing, by)


def copied(name: str, edited: Pixels, thing: str, by: float = 0) -> str:
    """Look for the thing beside its place, or at one distance of it."""
    mask, width = _inside(name, thing), photo(name).shape[1]
    before, after = _lab(photo(name)), _lab(edited)
    if not by and _kept(name, edited, thing) < 0.8:
        return "the first one did not stay"
    best = 0.0
    shares = np.linspace(by - 0.04, by + 0.04, 17) if by else np.linspace(-0.8, 0.8, 161)
    for share in shares:
        if abs(share) < 0.05:
            continue
        matrix = np.array([[1, 0, share * width], [0, 1, 0]], np.float32)
        there = cv2.warpAffine(mask, matrix, mask.shape[::-1], flags=cv2.INTER_NEAREST)
        come = cv2.warpAffine(before, matrix, mask.shape[::-1])
        if there.sum() < 0.4 * mask.sum():
            continue
        off = np.linalg.norm(after - come, axis=2)
        best = max(best, _mean((off < 8).astype(np.float32), there))
    return "" if best > 0.55 else f"{best:.0%} of it can be found at a new place"


def reads(name: str, edited: Pixels, words: str = "", without: str = "", still: str = "") -> str:
    lines = read_text(np.ascontiguousarray(edited[..., :3]))
    if lines is None:
        return "there is no reader here"
    text = "".join("".join(line.text.lower().split()) for line in lines)
    for wanted in filter(None, (words, still)):
        if "".join(wanted.lower().split()) not in text:
            return f"{wanted!r} cannot be read: {text[:40]!r}"
    return f"{without!r} can still be read" if without and without.lower() in text else ""


def contrast(name: str, edited: Pixels, low: float, high: float) -> str:
    gain = float(_lab(edited)[..., 0].std() / _lab(photo(name))[..., 0].std())
    return "" if low <= gain <= high else f"contrast times {gain:.2f}"


def warmer(name: str, edited: Pixels, low: float, high: float) -> str:
    change = float((_lab(edited)[..., 2] - _lab(photo(name))[..., 2]).mean())
    return "" if low <= change <= high else f"b* {change:+.1f}"


def grey(name: str, edited: Pixels, light: float = 0) -> str:
    lab = _lab(edited)
    left, level = float(_chroma(lab).mean()), float(lab[..., 0].mean())
    if left > 4:
        return f"colourfulness {left:.0f} is left"
    return f"L* is {level:.0f}" if level < light else ""


def sepia(name: str, edited: Pixels) -> str:
    lab = _lab(edited)
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
    toned = float(((hue > 45) & (hue < 100) | (_chroma(lab) < 5)).mean())
    return "" if toned > 0.9 and lab[..., 2].mean() > 5 else f"{toned:.0%} is brown"


def changed(name: str, edited: Pixels) -> str:
    if problem := _same_size(name, edited):
        return problem
    off = np.linalg.norm(_lab(edited) - _lab(photo(name)), axis=2).mean()
    return "" if off > 2 else f"it changed by {off:.1f}"


def turned(name: str, edited: Pixels) -> str:
    return _alike(np.rot90(photo(name), -1), edited)


def mirrored(name: str, edited: Pixels) -> str:
    return _alike(photo(name)[:, ::-1], edited)


def _alike(wanted: Pixels, edited: Pixels) -> str:
    if wanted.shape[:2] != edited.shape[:2]:
        return f"size {edited.shape[:2]}"
    off = float(np.abs(wanted.astype(int) - edited[..., :3]).mean())
    return "" if off < 3 else f"off by {off:.0f} levels"


_CHECKS: Mapping[str, Callable[..., str]] = {
    function.__name__: function
    for function in (
        recoloured, chroma, lighter, lighter_rest, blurred, blurred_rest, sharper, rougher,
        isolated, backed, changed_rest, cut_out, gone, shifted, copied, reads, contrast, warmer,
        grey, sepia, changed, turned, mirrored,
    )
}  # fmt: skip
