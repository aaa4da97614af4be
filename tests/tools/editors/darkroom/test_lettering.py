"""Text in a photo: erased without a trace, and written again in its place, size and colour."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from editthinker.tools.editors.darkroom.lettering import erase, read_lines, rewrite
from editthinker.tools.editors.darkroom.typeface import font
from editthinker.tools.errors import EditRefusedError

Floats = NDArray[np.float32]

INK = (0.7, 0.08, 0.1)
WIDTH, HEIGHT = 420, 240


def wall() -> Floats:
    """Draw a wall with light from one side."""
    light = np.linspace(0.8, 1.05, WIDTH, dtype=np.float32)[None, :, None]
    return np.asarray(np.clip(np.array([0.85, 0.82, 0.7]) * light, 0, 1), np.float32).repeat(
        HEIGHT, axis=0
    )


def sign(content: str, size: int = 44, at: tuple[int, int] = (120, 100)) -> tuple[Floats, Floats]:
    """Write on the wall; return the photo and the mask of a box around the text."""
    letters, box = Image.new("L", (WIDTH, HEIGHT)), Image.new("L", (WIDTH, HEIGHT))
    ImageDraw.Draw(letters).text(at, content, 255, font(size), anchor="ls")
    left, top, right, bottom = letters.getbbox() or (0, 0, 0, 0)
    ImageDraw.Draw(box).rectangle((left - 5, top - 5, right + 5, bottom + 5), fill=255)
    share = np.asarray(letters, np.float32)[..., None] / 255
    pixels = wall() + share * (np.array(INK, np.float32) - wall())
    return np.asarray(pixels, np.float32), np.asarray(box, np.float32) / 255


def inked(pixels: Floats) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of what is inked."""
    rows, columns = np.nonzero(pixels[..., 1] < 0.4)
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


def replaced(old: str, new: str, at: tuple[int, int] = (120, 100)) -> tuple[Floats, Floats]:
    before, mask = sign(old, at=at)
    lines = read_lines(before, mask)
    return before, rewrite(erase(before, lines), lines[0], old, new)


def test_erasing_leaves_the_wall() -> None:
    before, mask = sign("SALE")
    after = erase(before, read_lines(before, mask))
    assert np.abs(after - wall()).max() < 0.02
    assert (after == before)[mask == 0].all()


def test_new_words_keep_place_size_and_colour() -> None:
    before, after = replaced("SALE", "MILK")
    old, new = inked(before), inked(after)
    assert (old[0] + old[2]) / 2 == pytest.approx((new[0] + new[2]) / 2, abs=3)
    assert old[3] == pytest.approx(new[3], abs=2)
    assert old[3] - old[1] == pytest.approx(new[3] - new[1], abs=3)
    core = after[..., 1] < 0.12
    assert core.sum() > 50
    assert np.median(after[core], axis=0) == pytest.approx(INK, abs=0.05)


def test_new_words_look_like_words_drawn_there() -> None:
    left = 120 + (font(44).getlength("SALE") - font(44).getlength("MILK")) / 2
    drawn, _ = sign("MILK", at=(round(left), 100))
    _, after = replaced("SALE", "MILK")
    ink = [(pixels[..., 1] < 0.5).astype(float).ravel() for pixels in (drawn, after)]
    assert np.corrcoef(*ink)[0, 1] > 0.75


def test_longer_words_grow_into_the_plain_wall() -> None:
    before, after = replaced("SALE", "OPEN NOW")
    old, new = inked(before), inked(after)
    assert new[2] - new[0] > 1.4 * (old[2] - old[0])
    assert new[3] - new[1] == pytest.approx(old[3] - old[1], abs=4)


def test_words_never_leave_the_photo() -> None:
    _, after = replaced("SALE", "A VERY LONG SENTENCE INDEED", at=(20, 100))
    left, _, right, _ = inked(after)
    assert left > 0
    assert right < WIDTH - 1


def test_leaning_text_stays_leaning() -> None:
    before, mask = sign("LEANING TEXT", size=30, at=(90, 130))
    turned = [
        np.asarray(Image.fromarray(np.uint8(plane * 255)).rotate(12, fillcolor=fill), np.float32)
        / 255
        for plane, fill in ((before, (200, 195, 170)), (mask, 0))
    ]
    lines = read_lines(turned[0], turned[1])
    after = rewrite(erase(turned[0], lines), lines[0], "LEANING TEXT", "OTHER WORDS")
    rows, columns = np.nonzero(after[..., 1] < 0.4)
    slope = np.polyfit(columns, rows, 1)[0]
    assert np.degrees(np.arctan(-slope)) == pytest.approx(12, abs=4)


def test_each_line_is_a_line() -> None:
    upper, upper_mask = sign("ONE", at=(100, 70))
    lower, lower_mask = sign("TWO", at=(100, 170))
    both, mask = np.minimum(upper, lower), np.maximum(upper_mask, lower_mask)
    assert len(read_lines(both, mask)) == 2


def test_refuses_letters_that_the_font_lacks() -> None:
    with pytest.raises(EditRefusedError, match="更"):
        replaced("SALE", "更")
