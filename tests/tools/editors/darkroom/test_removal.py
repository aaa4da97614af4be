"""The holes that things leave, on drawn photos."""

import cv2
import numpy as np

from editthinker.tools.editors.darkroom.light import Floats, floats
from editthinker.tools.editors.darkroom.removal import remove


def slope() -> Floats:
    """Return a dark ground that grows lighter to the right, with grain."""
    light = np.linspace(0.2, 0.35, 300)[None, :, None] * np.ones((200, 300, 3))
    return floats(np.clip(light + np.random.default_rng(0).normal(0, 0.01, light.shape), 0, 1))


def disc(at: tuple[int, int], radius: int) -> Floats:
    mask = np.zeros((200, 300), np.float32)
    cv2.circle(mask, at, radius, 1, -1)
    return floats(mask)


def test_an_even_slope_of_light_goes_on_where_a_thing_was() -> None:
    ground, mask = slope(), disc((150, 100), 30)
    photo = floats(np.where(mask[..., None] > 0.5, 0.9, ground))
    filled = remove(photo, mask, "the coin")
    assert np.abs(cv2.blur(filled.pixels, (9, 9)) - cv2.blur(ground, (9, 9))).max() < 0.03
    assert filled.note == ""


def test_what_a_thin_frame_surrounds_stays() -> None:
    ground = slope()
    mask = floats(disc((150, 100), 60) - disc((150, 100), 54))
    inner = disc((150, 100), 30)
    photo = floats(np.where(mask[..., None] > 0.5, 0.9, ground))
    photo = floats(np.where(inner[..., None] > 0.5, (0.8, 0.2, 0.2), photo))
    filled = remove(photo, mask, "the frame")
    assert (filled.hole[inner > 0.5] == 0).all()
    assert (filled.pixels[inner > 0.5] == photo[inner > 0.5]).all()


def test_what_belongs_to_a_thing_is_smaller_than_it() -> None:
    mask = disc((150, 100), 20)
    photo = floats(np.where(disc((150, 100), 70)[..., None] > 0.5, 0.8, slope()))
    filled = remove(photo, mask, "the coin", wide=True)
    assert filled.hole.sum() < 5 * mask.sum()


def test_a_hole_in_a_sky_is_filled_without_a_seam() -> None:
    rows = np.linspace(0, 1, 300, dtype=np.float32)[:, None]
    light = np.broadcast_to(0.25 + 0.5 * rows**3, (300, 400))
    pixels = np.dstack([0.7 * light, 0.85 * light, light]).astype(np.float32)
    mask = np.zeros((300, 400), np.float32)
    mask[:, 40:110] = 1
    tower = pixels.copy()
    tower[:, 40:110] *= 0.3
    filled = cv2.blur(remove(tower, mask, "the tower").pixels, (3, 3))
    assert np.abs(np.diff(filled, axis=1)).max() < 0.02
    assert np.abs(filled - pixels).mean() < 0.005
