"""Giving a region another colour, as if the thing had been made in it.

Light and shade, texture and highlights stay: the hue is replaced, chroma follows that of the
original, and lightness moves along a curve that keeps its order.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.colours import lab_of, paler
from editthinker.tools.editors.darkroom.light import Floats, floats, from_lab, to_lab
from editthinker.tools.editors.darkroom.matte import foreground, refined

_GREY = 10.0
"""Chroma below which a colour is grey."""


_BLACK = 35.0
"""Lightness up to which what is much lighter is of another stuff."""

_BLUE, _YELLOW, _TURNED = -30.0, (62.0, 112.0), 0.56
"""Hue in degrees below which CIELAB turns pale blues to purple; hues that look green in the shade,
and by how much they turn for each L less."""

_BROWN = (38.0, 85.0, 45.0)
"""Hues in degrees of browns, and the lightness up to which they are no orange."""

_STRONG, _LARGE = 20.0, 0.2
"""Chroma of paint, and the share of a thing from which it is of that colour, and not grey."""

_PAINT, _GREEN, _DARK = 88.0, 66.0, 20.0
"""Chroma of the strongest paints, the lightness of green ones, and that of the darkest."""


@dataclass(frozen=True)
class _Look:
    """The colour that most of a region has."""

    light: float
    a: float
    b: float
    chroma: float
    part: bool
    """Whether only a part of the region has it, and the rest is grey."""


def dye(pixels: Floats, mask: Floats, colour: str, own: Floats | None = None) -> Floats:
    """Turn a region of `(H, W, 3)` sRGB into a named colour.

    What has clearly another colour than most of the region (tyres of a car, the print on a shirt)
    keeps it.

    Args:
        pixels: The photo.
        mask: The region, `(H, W)` in [0, 1].
        colour: What it becomes.
        own: The part of it whose colour is told; None where most of it tells.
    """
    mask = refined(pixels, mask)
    front = foreground(pixels, mask)
    lab = to_lab(front)
    look = _look(lab, mask if own is None else own)
    goal = _in_paint(lab_of(colour), look)
    painted = from_lab(_painted(lab, look, goal))
    share = mask * _belongs(lab, mask, look)
    # An edge pixel is part region, part background: only the region's part changes.
    return floats(np.clip(pixels + share[..., None] * (painted - front), 0, 1))


def _in_paint(goal: Floats, look: _Look) -> Floats:
    """Return a colour as cloth or paint can have it: screens show greens that nothing has."""
    vivid, angle = (
        float(np.hypot(goal[1], goal[2])),
        float(np.degrees(np.arctan2(goal[2], goal[1]))),
    )
    most = max(_PAINT, 1.1 * look.chroma)
    if goal[0] < _DARK:  # navy is not a strong blue in the shade
        most = 25 + 1.1 * float(goal[0])
    light = float(goal[0])
    if vivid > most and 105 < angle < 170:
        light = min(light, _GREEN)
    if vivid <= most:
        return goal
    shades = paler(goal, floats(np.linspace(0, 1, 64)))
    shade = shades[int(np.argmin(np.abs(np.hypot(shades[:, 1], shades[:, 2]) - most)))]
    return floats([light, shade[1], shade[2]])


def _look(lab: Floats, mask: Floats) -> _Look:
    """Find the commonest hue and chroma, and the middle lightness of what has it."""
    chosen = lab[mask > 0.8] if (mask > 0.8).any() else lab[mask >= mask.max()]
    counts, a_edges, b_edges = np.histogram2d(
        chosen[:, 1], chosen[:, 2], bins=64, range=[[-110, 110], [-110, 110]]
    )
    counts = np.asarray(cv2.GaussianBlur(counts, (0, 0), 1.5), np.float64)
    i, j = np.unravel_index(int(counts.argmax()), counts.shape)
    peak = np.array([a_edges[i] + a_edges[i + 1], b_edges[j] + b_edges[j + 1]]) / 2
    strong = chosen[np.hypot(chosen[:, 1], chosen[:, 2]) > _STRONG]
    if np.hypot(*peak) < _GREY and _LARGE < len(strong) / len(chosen) < 1:
        paint = np.median(strong[:, 1:], axis=0)
        alike = strong[np.hypot(*(strong[:, 1:] - paint).T) < 0.6 * np.hypot(*paint)]
        if len(alike) > 0.7 * len(strong):
            return _look_of(alike, floats(paint), True)  # a car is of its paint, not of its windows
    return _look_of(chosen, floats(peak), False)


def _look_of(chosen: Floats, peak: Floats, part: bool) -> _Look:
    near = chosen[np.hypot(*(chosen[:, 1:] - peak).T) < 18]
    middle = np.median(near if len(near) else chosen, axis=0)
    light, a, b = (float(value) for value in middle)
    return _Look(light, a, b, float(np.hypot(a, b)), part)


def _belongs(lab: Floats, mask: Floats, look: _Look) -> Floats:
    """Return how much each pixel is of the region's own colour; 1 everywhere if it has many."""
    a, b = (cv2.GaussianBlur(lab[..., i], (0, 0), 1.2) for i in (1, 2))
    chroma = np.hypot(a, b)
    if look.chroma < _GREY:
        own = np.interp(chroma - look.chroma, [18, 30], [1, 0])
        if look.light < _BLACK:  # the white shirt under a black jacket
            own = own * np.interp(lab[..., 0] - look.light, [38, 52], [1, 0])
    else:
        along = (a * look.a + b * look.b) / look.chroma
        across = np.abs(a * look.b - b * look.a) / look.chroma
        turned = np.degrees(np.arctan2(across, along))
        own = np.interp(turned, [38, 58], [1, 0])
        # Grey has no hue: highlights and shadows of the thing, unless it is vivid all over.
        grey = 0 if look.part else np.interp(chroma, [3, 8], [0.35, 1])
        own = np.where(chroma < 0.25 * look.chroma, grey, own)
    soft = floats(cv2.GaussianBlur(floats(own), (0, 0), 0.8))
    share = float((soft * mask).sum() / max(float(mask.sum()), 1e-6))
    return soft if share > 0.6 or look.part else np.ones_like(soft)


def _painted(lab: Floats, look: _Look, goal: Floats) -> Floats:
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    vivid = float(np.hypot(goal[1], goal[2]))
    if vivid < _GREY:
        strength, far = np.ones_like(chroma), 0.88
    elif look.chroma < _GREY:
        strength, far = np.full_like(chroma, 0.85), 0.7
    else:
        # Shine and deep shade have less colour than the rest, and shall have.
        strength, far = np.clip(chroma / look.chroma, 0, 1.25), 0.75
        strength = np.where(strength > 1, 1 + 0.5 * (strength - 1), strength)
    if goal[0] > 70:
        far = 0.88  # a dull pink is mauve, a dull yellow olive
    light = _moved(lab[..., 0], look.light, float(goal[0]), far)
    if _BROWN[0] < np.degrees(np.arctan2(goal[2], goal[1])) < _BROWN[1] and goal[0] < _BROWN[2]:
        # A brown in the light is tan, not orange.
        strength = strength * np.interp(light - goal[0], [5, 35], [1, 0.6])
    hue = _hue(light, strength, goal)
    return floats(
        np.dstack([light, strength * vivid * np.cos(hue), strength * vivid * np.sin(hue)])
    )


def _hue(light: Floats, strength: Floats, goal: Floats) -> Floats:
    """Return hue angles in radians, as the eye sees them: of pale blue, and of shaded yellow."""
    angle = float(np.degrees(np.arctan2(goal[2], goal[1])))
    if angle < _BLUE:
        shares = floats(np.linspace(0.05, 1, 32))
        shades = paler(goal, shares)
        return floats(np.interp(strength, shares, np.arctan2(shades[:, 2], shades[:, 1])))
    yellow = _YELLOW[0] < angle < _YELLOW[1] and np.hypot(goal[1], goal[2]) > _GREY
    turned = np.clip(_TURNED * (float(goal[0]) - light), 0, 35) if yellow else np.zeros_like(light)
    return floats(np.radians(angle - turned))


def _moved(light: Floats, middle: float, goal: float, far: float) -> Floats:
    """Move L so that its middle goes most of the way to the goal.

    Black stays black and white white, but no contrast grows by more than half: noise in a black
    coat would show in a white one.
    """
    goal = float(np.clip(middle + far * (goal - middle), 10, 94))
    below = np.clip(goal / max(middle, 1), 0.5, 1.5)
    above = np.clip((100 - goal) / max(100 - middle, 1), 0.5, 1.5)
    moved = goal + (light - middle) * np.where(light < middle, below, above)
    return floats(np.clip(moved, 0, 100))
