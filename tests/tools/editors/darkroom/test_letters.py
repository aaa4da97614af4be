"""The letters of a text alone, without the ground between them."""

import numpy as np
from PIL import Image, ImageDraw

from editthinker.tools.editors.darkroom.letters import letters_in
from editthinker.tools.editors.darkroom.typeface import font


def test_letters_are_told_from_the_ground_between_them() -> None:
    image = Image.new("RGB", (320, 160), (215, 220, 222))
    ImageDraw.Draw(image).text((60, 50), "MARKET", (40, 45, 50), font(48))
    pixels = np.array(image)
    mask = np.zeros((160, 320), np.float32)
    mask[48:108, 50:270] = 1
    letters = letters_in(pixels, mask)
    dark = pixels[..., 0] < 80
    assert letters[dark].mean() > 0.9
    assert letters[(mask > 0) & (pixels[..., 0] > 210)].mean() < 0.15


def test_where_no_letters_are_told_all_that_was_meant_is_kept() -> None:
    plain = np.full((160, 320, 3), 200, np.uint8)
    mask = np.zeros((160, 320), np.float32)
    mask[48:108, 50:270] = 1
    assert (letters_in(plain, mask) >= mask).all()
