"""Spoils edits in the ways that editors fail: the other thing, too much, half of it, untidily."""

import cv2
import numpy as np
from drawn import Mask, Pixels, drawn
from making import (
    Case,
    duplicate,
    erase,
    grown,
    isolate,
    make,
    mixed,
    move,
    plain,
    recolour,
    remove,
)
from PIL import Image, ImageDraw, ImageFont


def spoil(case: Case, kind: str) -> Pixels:
    """Carry a case out badly in one way."""
    if case.make in ("letter", "write"):
        return _spoilt_words(case, kind)
    if case.make in ("move", "duplicate"):
        return _spoilt_place(case, kind)
    if case.make in ("fill", "cutout"):
        return _spoilt_background(case, kind)
    mask = case.mask
    match kind:
        case "wrong object" if case.make == "isolate":
            return make(case, np.asarray(1 - mask, np.float32))
        case "wrong object":
            return make(case, case.other_mask)
        case "half-done":
            return make(case, _half(mask))
        case "leak" if case.make == "erase":
            return make(case, np.ones_like(mask))
        case "leak" if case.make == "recolour":  # the paint runs over the edge
            return recolour(case, grown(mask, 0.04), least=0.6)
        case "leak":
            return make(case, grown(mask, 0.05))
        case "artefacts":
            return _noisy(case, make(case, _blocky(mask)))
        case "ghost":
            return mixed(case.pixels, make(case), 0.55)
        case "smear":
            return _smeared(case)
        case "wrong colour":
            return make(case, to="green" if case.to != "green" else "blue")
        case "over-edit":
            return _over(case)
    raise ValueError(f"no such way to spoil an edit: {kind}")


def _half(mask: Mask) -> Mask:
    """Keep the left half of what a mask covers."""
    columns = np.cumsum(mask.sum(axis=0))
    middle = int(np.searchsorted(columns, columns[-1] / 2))
    kept = mask.copy()
    kept[:, middle:] = 0
    return kept


def _blocky(mask: Mask) -> Mask:
    """Make an outline of coarse squares, as from a mask that was found on a tiny picture."""
    side = max(8, round(0.06 * min(mask.shape)))
    height, width = mask.shape
    small = cv2.resize(
        mask, (max(2, width // side), max(2, height // side)), interpolation=cv2.INTER_AREA
    )
    return np.asarray(
        cv2.resize(
            (small > 0.25).astype(np.float32), (width, height), interpolation=cv2.INTER_NEAREST
        )
    )


def _noisy(case: Case, edited: Pixels) -> Pixels:
    """Add speckles to what the edit changed."""
    changed = (np.abs(edited.astype(int) - case.pixels).max(axis=2) > 6).astype(np.float32)
    grains = np.random.default_rng(7).normal(0, 14, edited.shape[:2])[..., None]
    return np.clip(edited + changed[..., None] * grains, 0, 255).astype(np.uint8)


def _smeared(case: Case) -> Pixels:
    """Fill the hole with streaks of what stands to its left."""
    hole = grown(case.mask, 0.012) > 0.02
    edited = case.pixels.copy()
    for row in np.nonzero(hole.any(axis=1))[0]:
        columns = np.nonzero(hole[row])[0]
        edited[row, columns] = case.pixels[row, max(0, columns.min() - 2)]
    return edited


def _over(case: Case) -> Pixels:
    match case.make:
        case "recolour":  # one flat bright paint, no light and shade
            return mixed(case.pixels, plain(case.to, case.pixels.shape), case.mask)
        case "saturation":
            return make(case, amount=-1.0)
        case "light":
            return make(case, amount=3.2 * case.amount)
        case "isolate":
            return isolate(case, np.zeros_like(case.mask))
    raise ValueError(f"{case.make} cannot be overdone")


def _spoilt_background(case: Case, kind: str) -> Pixels:
    mask = case.mask
    match kind:
        case "wrong object":
            return make(case, np.asarray(1 - mask, np.float32))
        case "lost part":
            gone = drawn(case.photo, case.part)
            if case.part == "flower":
                gone = _half(gone)
            return make(case, np.asarray(mask * (1 - gone), np.float32))
        case "half-done":
            middle = mask.shape[1] // 2
            kept = mask.copy()
            kept[:, middle:] = 1
            return make(case, kept)
        case "leak":
            return make(case, grown(mask, 0.045))
        case "artefacts":
            return make(case, _blocky(mask))
        case "wrong colour":
            return make(case, to="purple")
    raise ValueError(f"no such way to spoil a background: {kind}")


def _spoilt_place(case: Case, kind: str) -> Pixels:
    match kind:
        case "wrong way":
            return make(case, part=-1.0)
        case "half-done":
            return make(case, part=0.35)
        case "left behind":
            return duplicate(case, case.mask)
        case "ghost":
            return mixed(case.pixels, make(case), 0.45)
        case "artefacts":  # the whole box around the thing goes along
            mask = case.mask
            rows, columns = np.nonzero(grown(mask, 0.03) > 0.5)
            box = np.zeros_like(mask)
            box[rows.min() : rows.max(), columns.min() : columns.max()] = 1
            moved = move(case, box, keep=True)
            lifted = np.clip(moved.astype(int) + 18, 0, 255).astype(np.uint8)
            changed = np.abs(moved.astype(int) - case.pixels).max(axis=2) > 3
            pasted = np.where(changed[..., None], lifted, moved)
            if case.make == "duplicate":
                return pasted
            return mixed(pasted, remove(case, mask), grown(mask, 0.012))
    raise ValueError(f"no such way to spoil a move: {kind}")


def _spoilt_words(case: Case, kind: str) -> Pixels:
    match kind:
        case "wrong text":
            return make(case, content=case.wrong)
        case "wrong place":
            return make(case, at=90)
        case "wrong colour":
            return make(case, to="green")
        case "over-edit":
            return make(case, size=0.3)
        case "wrong object":
            image = Image.fromarray(erase(case, case.other_mask))
            font = ImageFont.load_default(22)
            ImageDraw.Draw(image).text((8, 60), case.content, fill=(40, 40, 40), font=font)
            return np.asarray(image)
        case "left behind":
            return make(case, clean=False)
        case "artefacts":
            box = grown(case.mask, 0.03) > 0.5
            patched = case.pixels.copy()
            patched[box] = 255
            image = Image.fromarray(patched)
            ImageDraw.Draw(image).text(
                (8, 12), case.content, fill=(200, 0, 0), font=ImageFont.load_default(14)
            )
            return np.asarray(image)
    raise ValueError(f"no such way to spoil words: {kind}")
