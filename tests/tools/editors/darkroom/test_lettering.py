"""Text in a photo: erased without a trace, and written again in its place, size and colour."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from editthinker.tools.editors.base import EditRequest
from editthinker.tools.editors.darkroom.editor import Darkroom
from editthinker.tools.editors.darkroom.lettering import (
    broken_over,
    erase,
    recoloured,
    rewrite,
    shifted,
)
from editthinker.tools.editors.darkroom.line_ends import up_to_ends
from editthinker.tools.editors.darkroom.lines import Line, read_lines
from editthinker.tools.editors.darkroom.matte import dilated
from editthinker.tools.editors.darkroom.strips import Known
from editthinker.tools.editors.darkroom.typeface import font
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.images import Picture
from editthinker.tools.vision.reader import read_near, read_text

PHOTOS = Path(__file__).parents[4] / "tools" / "photos"

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


def two_lines() -> tuple[Floats, list[Known], list[Floats]]:
    """Write two lines close below each other; return the photo, their boxes and their ink."""
    pixels, known, inks = wall(), [], []
    for content, size, at in (("github", 60, (100, 110)), ("SOCIAL", 22, (128, 132))):
        letters = Image.new("L", (WIDTH, HEIGHT))
        ImageDraw.Draw(letters).text(at, content, 255, font(size), anchor="ls")
        left, top, right, bottom = letters.getbbox() or (0, 0, 0, 0)
        box = [(left - 2, top - 2), (right + 2, top - 2), (right + 2, bottom + 2)]
        known.append(Known(content, np.asarray([*box, (left - 2, bottom + 2)], np.float32)))
        share = np.asarray(letters, np.float32)[..., None] / 255
        pixels = np.asarray(pixels + share * (np.array(INK, np.float32) - pixels), np.float32)
        inks.append(np.asarray(share[..., 0], np.float32))
    return pixels, known, inks


def masked(known: Known) -> Floats:
    left, top = known.corners.min(axis=0) - 5
    right, bottom = known.corners.max(axis=0) + 5
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    mask[int(top) : int(bottom), int(left) : int(right)] = 1
    return mask


def test_erasing_a_line_leaves_the_descenders_of_the_line_above() -> None:
    pixels, known, inks = two_lines()
    after = erase(pixels, read_lines(pixels, masked(known[1]), known))
    assert np.abs(after - pixels)[inks[0] > 0.9].max() < 0.02
    assert np.abs(after - wall())[(inks[1] > 0.5) & (inks[0] < 0.01)].max() < 0.08


def test_words_in_a_line_leave_the_others() -> None:
    before, _ = sign("RED AND BLUE", size=30, at=(60, 100))
    left, top, right, bottom = inked(before)
    corners = np.asarray([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
    whole = font(30).getlength("RED AND BLUE")
    start, end = (
        left + font(30).getlength(part) / whole * (right - left) for part in ("RED ", "RED AND")
    )
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    mask[top - 4 : bottom + 4, int(start) : int(end)] = 1
    (line,) = read_lines(before, mask, [Known("RED AND BLUE", corners)])
    after = erase(before, [line])
    assert (after[:, : int(start) - 3] == before[:, : int(start) - 3]).all()
    assert (after[:, int(end) + 5 :] == before[:, int(end) + 5 :]).all()
    assert (after[:, int(start) + 2 : int(end) - 2, 1] > 0.6).all()


def test_words_get_another_colour_and_the_ground_between_them_stays() -> None:
    before, mask = sign("SALE", size=60, at=(90, 110))
    blue = np.array([0.1, 0.2, 0.8], np.float32)
    after = recoloured(before, read_lines(before, mask), blue)
    assert np.median(after[before[..., 1] < 0.15], axis=0) == pytest.approx(blue, abs=0.06)
    letters = np.asarray(np.abs(before - wall()).max(axis=2) > 0.01, np.float32)
    assert np.abs(after - before)[dilated(letters, 2) == 0].max() < 0.05


def test_a_heading_keeps_the_left_edge_that_it_shares_with_the_lines_below() -> None:
    pixels, known = wall(), []
    for content, size, at in (("A Heading", 40, (30, 60)), ("and its text below", 20, (30, 110))):
        letters = Image.new("L", (WIDTH, HEIGHT))
        ImageDraw.Draw(letters).text(at, content, 255, font(size), anchor="ls")
        left, top, right, bottom = letters.getbbox() or (0, 0, 0, 0)
        box = [(left, top), (right, top), (right, bottom), (left, bottom)]
        known.append(Known(content, np.asarray(box, np.float32)))
        share = np.asarray(letters, np.float32)[..., None] / 255
        pixels = np.asarray(pixels + share * (np.array(INK, np.float32) - pixels), np.float32)
    lines = read_lines(pixels, masked(known[0]), known[:])
    after = rewrite(erase(pixels, lines), lines[0], "A Heading", "Title")
    assert inked(after[:70])[0] == pytest.approx(inked(pixels[:70])[0], abs=4)


def test_bold_words_are_replaced_by_bold_ones() -> None:
    def inked_share(stroke: int) -> float:
        letters = Image.new("L", (WIDTH, HEIGHT))
        ImageDraw.Draw(letters).text(
            (90, 110), "SALE", 255, font(60), anchor="ls", stroke_width=stroke
        )
        left, top, right, bottom = letters.getbbox() or (0, 0, 0, 0)
        share = np.asarray(letters, np.float32)[..., None] / 255
        pixels = np.asarray(wall() + share * (np.array(INK, np.float32) - wall()), np.float32)
        box = [(left, top), (right, top), (right, bottom), (left, bottom)]
        known = [Known("SALE", np.asarray(box, np.float32))]
        lines = read_lines(pixels, masked(known[0]), known)
        after = rewrite(erase(pixels, lines), lines[0], "SALE", "SALE")
        return float((after[..., 1] < 0.4).mean()) / float((pixels[..., 1] < 0.4).mean())

    assert inked_share(0) == pytest.approx(1, abs=0.15)
    assert inked_share(3) == pytest.approx(1, abs=0.2)


def lines_of(widths: list[int]) -> list[Line]:
    """Draw lines of text of some widths below each other."""
    pixels, known = wall(), []
    for i, width in enumerate(widths):
        top = 10 + 50 * i
        pixels[top : top + 20, 20 : 20 + width : 4] = INK
        box = [(20, top), (20 + width, top), (20 + width, top + 20), (20, top + 20)]
        known.append(Known("x" * (width // 10), np.asarray(box, np.float32)))
    mask = np.max([masked(one) for one in known], axis=0)
    return read_lines(pixels, mask, known)


@pytest.mark.parametrize(
    ("content", "widths", "parts"),
    [
        ("zero emissions", [70, 130], ["zero", "emissions"]),
        ("electric", [70, 130], ["", "electric"]),  # where there is room for it
        ("one two three four", [100, 100], ["one two", "three four"]),
        ("a b c", [50], ["a b c"]),
    ],
)
def test_new_words_take_as_many_lines_as_there_were(
    content: str, widths: list[int], parts: list[str]
) -> None:
    assert broken_over(content, lines_of(widths), every=True) == parts


def test_new_words_for_a_whole_page_begin_at_its_top_on_as_few_lines_as_will_do() -> None:
    page = lines_of([290, 380, 380, 380])
    assert broken_over("HELLO WORLD", page, every=False) == ["HELLO WORLD", "", "", ""]


def test_lighter_letters_are_lighter_up_to_their_edges() -> None:
    before, mask = sign("SALE", size=60, at=(90, 110))
    after = shifted(before, np.sqrt(before), read_lines(before, mask))
    assert (after >= before - 0.01).all()
    assert np.median(after[before[..., 1] < 0.1], axis=0) == pytest.approx(np.sqrt(INK), abs=0.05)
    assert (after[..., 1] < np.sqrt(0.08) - 0.05).mean() < 0.001


def test_strong_letters_are_told_from_a_ground_with_an_edge() -> None:
    letters = Image.new("L", (WIDTH, HEIGHT))
    ImageDraw.Draw(letters).text((90, 110), "ELECTRIC", 255, font(40), anchor="ls")
    left, top, right, bottom = letters.getbbox() or (0, 0, 0, 0)
    ground = np.zeros((HEIGHT, WIDTH, 3), np.float32) + np.array([0.05, 0.35, 0.65], np.float32)
    ground[:, ::9] += 0.1  # reflections
    slope = np.arange(HEIGHT)[:, None] > 104 - 0.05 * np.arange(WIDTH)[None]
    ground[slope] = (0.3, 0.42, 0.55)
    share = np.asarray(letters, np.float32)[..., None] / 255
    pixels = np.asarray(ground + share * (1 - ground), np.float32)
    box = [(left, top), (right, top), (right, bottom), (left, bottom)]
    known = [Known("ELECTRIC", np.asarray(box, np.float32))]
    (line,) = read_lines(pixels, masked(known[0]), known)
    assert line.even
    assert line.colour.min() > 0.85


def test_signs_at_the_end_of_a_line_belong_to_it_and_other_things_do_not() -> None:
    pixels, _ = sign(">>> markers = 1", size=24, at=(60, 100))
    pixels[60:140, 330:380] = 0.2  # a dark thing, taller than the letters
    left, top, right, bottom = inked(pixels[:, :320])
    start = left + round(font(24).getlength(">>> "))
    box = [(start, top), (right, top), (right, bottom), (start, bottom)]
    (line,) = up_to_ends(pixels, [Known("markers = 1", np.asarray(box, np.float32))])
    assert line.corners[:, 0].min() == pytest.approx(left, abs=3)
    assert line.corners[:, 0].max() == pytest.approx(right, abs=3)


def test_darker_text_is_darker_letters_and_the_paper_between_them_stays() -> None:
    before, mask = sign("SALE", size=60, at=(90, 110))
    picture = Picture.from_pixels(np.rint(before * 255).astype(np.uint8))
    marked = np.asarray(np.rint(mask * 255), np.uint8)[..., None].repeat(3, axis=2)
    request = EditRequest(
        (picture,), "make the text darker by 80%", mask=Picture.from_pixels(marked)
    )
    after = Picture.from_bytes(asyncio.run(Darkroom().edit(request)).image).pixels / 255
    ink = before[..., 1] < 0.15
    assert after[ink].mean() < before[ink].mean() - 0.05
    letters = np.asarray(np.abs(before - wall()).max(axis=2) > 0.01, np.float32)
    assert np.abs(after - before)[dilated(letters, 3) == 0].max() < 0.02


@pytest.mark.pack
def test_words_over_two_lines_are_replaced_line_by_line() -> None:
    pixels = np.full((400, 900, 3), (20, 90, 170), np.uint8)
    image = Image.fromarray(pixels)
    for text, top in (("cero", 120), ("emisiones", 180)):
        ImageDraw.Draw(image).text((200, top), text, (245, 245, 245), font(60))
    photo = Picture.from_pixels(np.asarray(image))
    request = EditRequest((photo,), 'replace "zero emisiones" with "clean driving"')
    edit = asyncio.run(Darkroom().edit(request))
    read = [line.text.lower() for line in read_text(Picture.from_bytes(edit.image).pixels) or []]
    assert read == ["clean", "driving"]
    assert any("cero emisiones" in note for note in edit.notes)


@pytest.mark.pack
def test_letters_that_are_small_in_the_photo_are_found_before_refusing() -> None:
    image = Image.open(PHOTOS / "abbey.jpg").convert("RGB").resize((1280, 960))
    ImageDraw.Draw(image).rectangle((1000, 620, 1200, 720), fill=(225, 225, 220))
    ImageDraw.Draw(image).text((1100, 670), "POLICE", (30, 30, 40), font(12), anchor="mm")
    photo = Picture.from_pixels(np.asarray(image))
    assert read_text(photo.pixels) == []
    request = EditRequest((photo,), 'change "POLICE" to "SHERIFF"')
    after = Picture.from_bytes(asyncio.run(Darkroom().edit(request)).image).pixels
    assert [line.text for line in read_near(after, (1000, 620, 1200, 720)) or []] == ["SHERIFF"]
    with pytest.raises(EditRefusedError, match="not in this photo"):
        asyncio.run(Darkroom().edit(EditRequest((photo,), 'change "BAKERY" to "CAFE"')))


def page(instruction: str) -> tuple[Picture, Picture]:
    photo = Picture.from_bytes((PHOTOS / "page.jpg").read_bytes())
    edit = asyncio.run(Darkroom().edit(EditRequest((photo,), instruction)))
    return photo, Picture.from_bytes(edit.image)


@pytest.mark.pack
def test_the_bottom_line_goes_whole_and_alone() -> None:
    before, after = page("erase the line of text at the bottom")
    code = np.asarray(after.pixels[160:178, 12:120], np.float32)
    assert np.percentile(code, 1) > 60  # `>>> markers` was as dark as 45
    assert (after.pixels[:140] == before.pixels[:140]).all()


@pytest.mark.pack
def test_the_text_of_a_page_is_all_of_it() -> None:
    after = page("make the letters blue")[1]
    blue = (after.pixels[..., 2].astype(int) - after.pixels[..., 0]) > 60
    for top, bottom in ((8, 36), (46, 66), (64, 86), (82, 104), (98, 124), (120, 140), (168, 190)):
        assert blue[top:bottom].mean() > 0.01


@pytest.mark.pack
def test_words_on_a_mug_are_replaced_without_harm_to_those_below() -> None:
    photo = Picture.from_bytes((PHOTOS / "mug.jpg").read_bytes())
    request = EditRequest((photo,), 'replace the text "github" with "coffee"')
    after = Picture.from_bytes(asyncio.run(Darkroom().edit(request)).image).pixels
    read = " ".join(line.text.lower() for line in read_text(after) or [])
    assert "coffee" in read
    assert "social coding" in read
    assert "github" not in read
