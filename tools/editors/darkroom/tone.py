"""How light a picture is: brightness, exposure, contrast, shadows, highlights, vignette.

An amount says how far a figure moves on this very photo, as `recipe` defines it. A curve that keeps
black black and white white cannot say that beforehand, so its strength is found on a sample of
the photo.
"""

from collections.abc import Callable

import numpy as np

from editthinker.tools.editors.darkroom.light import (
    Floats,
    Work,
    floats,
    from_lightness,
    lightness,
    luminance,
    relight,
    shade,
    solve,
    to_linear,
)

_BURNT = 0.06
"""Share of a photo that more contrast may burn out; a washed-out sky has room for less of it."""

_ROOM = (0.25, 0.65)
"""Shares of the way to white, or to black, that the weakest and the strongest brightening, or
darkening, may go."""

_STEEPEST = 2.2
"""Strength from which on a hump would turn tones around."""

_HUMPS = 2
"""Humps one after the other at most."""

_LEFT_IN_CORNERS = 0.3
"""Share of their light that a vignette leaves to the corners, so that dark ones keep a drawing."""

Curve = Callable[[Floats], Floats]


def brightness(work: Work) -> Floats:
    """Move the mean of L by 40 times the amount; black and white stay where they are.

    On a photo that is bright already there is less room to white, and less to black on a dark one:
    the mean goes at most `_ROOM` of the way to it. Brightening is a hump over the dark and the
    middle tones, so that steps near white stay as large as they were; darkening is the same on the
    negative.
    """
    light, amount = _light(work), work.step.amount
    middle = float(light.mean())
    room = 100 - middle if amount > 0 else middle
    most = float(np.interp(abs(amount), [0, 1], _ROOM)) * room
    goal = middle + float(np.clip(40 * amount, -most, most))

    def curve(strength: float) -> Curve:
        if strength >= 0:
            return lambda x: 100 * _humped(floats(x / 100), strength)
        return lambda x: 100 - 100 * _humped(floats(1 - x / 100), -strength)

    limit = _HUMPS * _STEEPEST
    strength = solve(lambda s: float(curve(s)(light).mean()), goal, -limit, limit)
    return relight(work.pixels, curve(strength))


def _humped(light: Floats, strength: float) -> Floats:
    """Lift light in [0, 1], most at 40 % and nothing at both ends, with a slope of 1 at white.

    What one hump cannot do without turning tones around, as on a night sky, several do in turn.
    """
    while strength > 0:
        step = np.float32(min(strength, _STEEPEST))
        light = floats(light + step * light * np.maximum(1 - light, 0) ** 1.5)
        strength -= _STEEPEST
    return light


def exposure(work: Work) -> Floats:
    """Multiply light by two stops times the amount, with a soft shoulder below white."""
    factor = np.float32(2 ** (2 * work.step.amount))
    knee = np.float32(0.6)

    def curve(light: Floats) -> Floats:
        y = from_lightness(light) * factor
        if factor > 1:
            over = np.maximum(y - knee, 0) / (1 - knee)
            y = np.where(y > knee, knee + (1 - knee) * np.tanh(over), y).astype(np.float32)
        return lightness(y)

    return relight(work.pixels, curve)


def contrast(work: Work) -> Floats:
    """Let the spread of L around its mean grow, or fall, by the share `amount`."""
    light = _light(work)
    middle, amount = float(light.mean()), work.step.amount
    if amount < 0:
        return relight(work.pixels, lambda x: middle + (x - middle) * np.float32(1 + amount))

    def curve(steepness: float) -> Curve:
        return lambda x: _sigmoid(x, middle, steepness)

    goal = float(np.clip(middle + (light - middle) * (1 + amount), 0, 100).std())
    steepness = solve(lambda s: float(curve(s)(light).std()), goal, 0.02, 6)
    if _burnt(light, curve(steepness)) > _BURNT:
        least = solve(lambda s: float(curve(s)(light).std()), _least(light, goal), 0.02, 6)
        gentle = solve(lambda s: _burnt(light, curve(s)), _BURNT, 0.02, 6)
        steepness = max(least, gentle)
    return relight(work.pixels, curve(steepness))


def _burnt(light: Floats, curve: Curve) -> float:
    """Return the share of a photo that a curve newly makes as good as white or black."""
    after = curve(light)
    return float(np.mean(((after > 99) & (light <= 99)) | ((after < 1) & (light >= 1))))


def _least(light: Floats, goal: float) -> float:
    """Return the spread of L that more contrast must give, whatever it burns."""
    start = float(light.std())
    return start + 0.75 * (goal - start)


def shadows(work: Work) -> Floats:
    """Move the mean L of the darkest third by 30 times the amount."""
    return relight(work.pixels, _shadow_curve(_light(work), work.step.amount))


def highlights(work: Work) -> Floats:
    """Move the mean L of the brightest third by 30 times the amount."""
    # What shadows are on a negative.
    curve = _shadow_curve(100 - _light(work), -work.step.amount)
    return relight(work.pixels, lambda light: 100 - curve(100 - light))


def vignette(work: Work) -> Floats:
    """Take 60 times the amount from L in the corners, nothing in the middle."""
    height, width = work.pixels.shape[:2]
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    out = np.clip((np.hypot(x, y) / np.sqrt(2) - 0.4) / 0.6, 0, 1)
    loss = (60 * work.step.amount * out * out * (3 - 2 * out)).astype(np.float32)

    def curve(light: Floats) -> Floats:
        floor = _LEFT_IN_CORNERS * light
        rest = light - loss - floor
        return floats(floor + (rest + np.sqrt(rest * rest + 0.2 * light)) / 2)

    shaded = shade(work.pixels, curve)
    return np.where(loss[..., None] > 0, shaded, work.pixels)


def _light(work: Work) -> Floats:
    return lightness(luminance(to_linear(work.sample())))


def _sigmoid(light: Floats, middle: float, steepness: float) -> Floats:
    """Return an S-curve over L through black, `middle` and white."""
    centre = np.float32(np.clip(middle, 15, 85) / 100)
    low, high = np.tanh(-steepness * centre), np.tanh(steepness * (1 - centre))
    s = np.tanh(np.float32(steepness) * (light / 100 - centre))
    below = s / -low * centre
    above = s / high * (1 - centre)
    return floats(100 * (centre + np.where(s < 0, below, above)))


def _shadow_curve(light: Floats, amount: float) -> Curve:
    """Return the curve that moves the darkest third of `light` by 30 times the amount.

    It leaves black, and all that is lighter than the darkest 90 %.
    """
    third = np.sort(light, axis=None)[: max(1, light.size // 3)]
    end = np.float32(np.clip(np.percentile(light, 90), 30, 100))
    goal = float(np.maximum(third + 30 * amount, 0.3 * third).mean())

    def curve(strength: float) -> Curve:
        return lambda x: x * (1 + np.float32(strength) * np.maximum(1 - x / end, 0) ** 2)

    return curve(solve(lambda s: float(curve(s)(third).mean()), goal, -0.9, 1.9))
