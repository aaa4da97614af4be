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

Curve = Callable[[Floats], Floats]


def brightness(work: Work) -> Floats:
    """Move the mean of L by 40 times the amount; black and white stay where they are."""
    light = _light(work)
    goal = float(np.clip(light + 40 * work.step.amount, 0, 100).mean())

    def curve(strength: float) -> Curve:
        if strength >= 0:
            return lambda x: floats(100 - 100 * (1 - x / 100) ** (1 + strength))
        return lambda x: floats(100 * (x / 100) ** (1 - strength))

    strength = solve(lambda s: float(curve(s)(light).mean()), goal, -5, 5)
    return relight(work.pixels, curve(strength))


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
        floor = 0.15 * light
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
