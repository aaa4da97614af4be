"""Laws of edits on a region, on a drawn disc whose true edge is known, and on photos."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from editthinker.tools.editors.base import EditRequest
from editthinker.tools.editors.darkroom import backdrop, moving
from editthinker.tools.editors.darkroom.cutout import cut_out
from editthinker.tools.editors.darkroom.dye import dye
from editthinker.tools.editors.darkroom.editor import Darkroom
from editthinker.tools.editors.darkroom.focus import blur
from editthinker.tools.editors.darkroom.grounding import ground
from editthinker.tools.editors.darkroom.light import Work, lightness, luminance, to_lab, to_linear
from editthinker.tools.editors.darkroom.matte import dilated, eroded, feather, mixed
from editthinker.tools.editors.darkroom.moving import Shift
from editthinker.tools.editors.darkroom.recipe import Step
from editthinker.tools.editors.darkroom.removal import remove
from editthinker.tools.editors.darkroom.target import BACKGROUND, SUBJECT
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.images import Picture, Pixels

PHOTOS = Path(__file__).parents[4] / "tools" / "photos"
Floats = NDArray[np.float32]

RED, BLUE = np.array([0.75, 0.15, 0.12]), np.array([0.2, 0.35, 0.6])
SIDE = 200


def disc(radius: float = 45, x: int = 100) -> Floats:
    """Draw the true share of a disc in each pixel."""
    fine = np.zeros((SIDE * 4, SIDE * 4), np.uint8)
    cv2.circle(fine, (x * 4, 400), int(radius * 4), 255, -1)
    share = cv2.resize(fine, (SIDE, SIDE), interpolation=cv2.INTER_AREA) / 255
    return np.asarray(cv2.GaussianBlur(share, (0, 0), 0.7), np.float32)


def scene(share: Floats, texture: float = 0.0) -> Floats:
    """Lay a red disc on blue, with a weave on it."""
    y, x = np.mgrid[:SIDE, :SIDE]
    weave = texture * np.sin(x / 3.0) * np.sin(y / 2.0)
    red = RED * (1 + weave[..., None])
    return np.asarray(np.clip(share[..., None] * (red - BLUE) + BLUE, 0, 1), np.float32)


def rough(share: Floats) -> Floats:
    """Return a mask as a segmenter gives it: a little too wide, and softer than the edge is."""
    return np.asarray(cv2.GaussianBlur(dilated(share, 1), (0, 0), 1.2), np.float32)


def bits(pixels: Floats) -> Pixels:
    return np.asarray(np.rint(pixels * 255), np.uint8)


def work(pixels: Floats, mask: Floats, amount: float = 0.8) -> Work:
    return Work(pixels, Step("blur", amount), mask)


EDITS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "dye": lambda p, m: dye(p, m, "green"),
    "dye white": lambda p, m: dye(p, m, "white"),
    "blur": lambda p, m: mixed(p, blur(work(p, m)), m),
    "replace": lambda p, m: backdrop.replace(p, 1 - m, backdrop.plain(p.shape, "white"), "it"),
}


@pytest.mark.parametrize("name", EDITS)
def test_nothing_beyond_mask_and_feather_changes(name: str) -> None:
    share = disc()
    pixels, mask = scene(share, 0.1), rough(share)
    changed = EDITS[name](pixels, mask)
    beyond = dilated(mask, feather(mask.shape)) == 0
    assert (bits(changed) == bits(pixels))[beyond].all()
    assert (bits(changed) != bits(pixels))[mask > 0.99].any()


def test_nothing_beyond_the_hole_changes() -> None:
    pixels, mask = scene(disc(), 0.1), rough(disc())
    filled = remove(pixels, mask, "the disc")
    assert (filled.pixels == pixels)[filled.hole == 0].all()
    assert dilated(mask, 20)[filled.hole > 0].min() > 0.1


def test_nothing_beyond_both_places_changes_when_a_thing_moves() -> None:
    share = disc(25, 60)
    pixels, mask = scene(share, 0.1), rough(share)
    filled, shift = remove(pixels, mask, "the disc"), Shift(70, 0)
    after = moving.moved(pixels, filled.pixels, mask, shift)
    beyond = (filled.hole == 0) & (dilated(moving.shifted(mask, shift), 2) == 0)
    assert (after == pixels)[beyond].all()
    assert np.abs(after[100, 130] - pixels[100, 60]).max() < 0.02
    assert np.abs(after[100, 60] - BLUE).max() < 0.1


def slopes(pixels: Floats) -> Floats:
    light = lightness(luminance(to_linear(pixels)))
    return np.stack([cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1)])


@pytest.mark.parametrize("colour", ["green", "blue", "yellow", "purple", "white", "black", "grey"])
def test_a_new_colour_keeps_the_texture(colour: str) -> None:
    share = disc()
    before = scene(share, 0.15)
    after = dye(before, rough(share), colour)
    core = eroded(np.asarray(share > 0.99, np.float32), 4) > 0
    old, new = slopes(before)[:, core].ravel(), slopes(after)[:, core].ravel()
    assert np.corrcoef(old, new)[0, 1] > 0.9
    assert 0.4 < new.std() / old.std() < 1.6


@pytest.mark.parametrize(
    ("colour", "least", "most"), [("white", 80, 100), ("black", 0, 20), ("grey", 45, 65)]
)
def test_black_white_and_grey_have_their_lightness_and_no_hue(
    colour: str, least: float, most: float
) -> None:
    share = disc()
    lab = to_lab(dye(scene(share, 0.1), rough(share), colour))[share > 0.99]
    assert least < np.median(lab[:, 0]) < most
    assert np.hypot(lab[:, 1], lab[:, 2]).max() < 4


def off_the_line(pixels: Floats, inside: Floats, outside: Floats) -> Floats:
    """Return how far colours are from every mixture of two, as a halo's would be."""
    way = outside - inside
    along = np.clip((pixels - inside) @ way / (way @ way), 0, 1)
    return np.linalg.norm(pixels - (inside + along[..., None] * way), axis=2)


@pytest.mark.parametrize("name", ["dye", "dye white", "replace"])
def test_an_edge_holds_only_mixtures_of_its_two_sides(name: str) -> None:
    share = disc()
    front = share if name != "replace" else 1 - share
    pixels = scene(share)
    after = EDITS[name](pixels, rough(front))
    off = off_the_line(after, after[100, 100], after[5, 5])
    # The old pixels beside the new colours would be off by 0.3 and more.
    assert off.max() < 0.12
    assert np.percentile(off[dilated(share, 6) > eroded(share, 6)], 90) < 0.05


def test_a_blurred_background_takes_no_colour_from_the_subject() -> None:
    share = disc()
    pixels, ground_mask = scene(share), rough(np.asarray(1 - share, np.float32))
    after = mixed(pixels, blur(work(pixels, ground_mask)), ground_mask)
    beyond = dilated(share, 3) == 0
    assert np.abs(after - BLUE)[beyond].max() < 0.02
    assert np.abs(after - pixels)[eroded(share, 3) > 0.99].max() < 0.02


def test_a_cutout_has_the_true_alpha_and_none_of_the_old_background() -> None:
    share = disc()
    cut = cut_out(scene(share), rough(share), "the disc")
    assert cut.shape == (SIDE, SIDE, 4)
    assert np.abs(cut[..., 3] - share).max() < 0.25
    assert np.abs(cut[..., 3] - share).mean() < 0.005
    seen = cut[..., 3] > 0.3
    assert np.abs(cut[seen][:, :3] - RED).max() < 0.12


def test_a_gradient_goes_from_one_colour_to_the_other() -> None:
    down = backdrop.gradient((50, 80, 3), "black", "white", "down")
    along = backdrop.gradient((50, 80, 3), "red", "blue", "right")
    assert down[0].max() < 0.05 and down[-1].min() > 0.95
    assert (np.diff(down.mean(axis=(1, 2))) > 0).all()
    assert along[:, 0].mean(axis=0) == pytest.approx([1, 0, 0], abs=0.02)
    assert along[:, -1].mean(axis=0) == pytest.approx([0, 0, 1], abs=0.02)


def test_another_picture_covers_the_whole_frame() -> None:
    tall = np.zeros((300, 100, 3), np.uint8)
    tall[100:200] = 255
    assert backdrop.picture((50, 80, 3), tall).shape == (50, 80, 3)
    assert backdrop.picture((50, 80, 3), tall).min() > 0.9


def test_a_moved_thing_stays_inside_the_frame() -> None:
    mask = disc(20, 150)
    shift = moving.shift_for(mask, "right", 0.5, "the disc")
    assert 0 < shift.x <= SIDE - 170
    assert shift.y == 0


@pytest.mark.parametrize(
    ("x", "direction", "why"), [(178, "right", "edge"), (190, "left", "cut off")]
)
def test_refuses_to_move_what_cannot_go_there(x: int, direction: str, why: str) -> None:
    with pytest.raises(EditRefusedError, match=why):
        moving.shift_for(disc(20, x), direction, 0.3, "the disc")


def test_refuses_to_remove_most_of_a_photo() -> None:
    with pytest.raises(EditRefusedError, match="takes up"):
        remove(scene(disc()), np.ones((SIDE, SIDE), np.float32), "the wall")


def photo(name: str) -> Picture:
    return Picture.from_bytes((PHOTOS / f"{name}.jpg").read_bytes())


def edited(name: str, prompt: str, *more: Picture) -> Pixels:
    request = EditRequest((photo(name), *more), prompt)
    return Picture.from_bytes(asyncio.run(Darkroom().edit(request)).image).pixels


SUBJECT_EDITS = [
    "darken the subject",
    "make the subject black and white",
    "sharpen the subject",
    "blur the subject",
    "warm up the subject",
    "posterize the subject",
    "add grain to the subject",
    "change the colour of the subject to purple",
]


@pytest.mark.parametrize("prompt", SUBJECT_EDITS)
def test_an_edit_of_the_subject_leaves_the_background_identical(prompt: str) -> None:
    before, after = photo("flower").pixels, edited("flower", prompt)
    mask = ground(SUBJECT, before).mask
    beyond = dilated(mask, feather(mask.shape)) == 0
    assert (before == after)[beyond].all()
    assert (before != after)[mask > 0.99].any(axis=-1).mean() > 0.5


@pytest.mark.parametrize(
    "prompt",
    ["blur the background", "replace the background with a gradient from pink to white"],
)
def test_an_edit_of_the_background_leaves_the_subject_identical(prompt: str) -> None:
    before, after = photo("flower").pixels, edited("flower", prompt)
    mask = ground(BACKGROUND, before).mask
    beyond = dilated(mask, feather(mask.shape)) == 0
    assert (before == after)[beyond].all()


def test_a_second_image_goes_behind_the_subject() -> None:
    temple = photo("temple")
    before, after = photo("flower").pixels, edited("flower", BEHIND, temple)
    mask = dilated(ground(SUBJECT, before).mask, feather(before.shape))
    expected = np.rint(backdrop.picture(before.shape, temple.pixels) * 255)
    assert np.abs(after - expected)[mask == 0].max() <= 1


def test_refuses_a_second_image_that_was_not_given() -> None:
    with pytest.raises(EditRefusedError, match="no image 2"):
        edited("flower", BEHIND)


BEHIND = "replace the background with image 2"


def test_a_cutout_keeps_size_and_place_and_is_opaque_where_the_subject_is() -> None:
    before, after = photo("flower").pixels, edited("flower", "cut out the subject")
    mask = ground(SUBJECT, before).mask
    assert after.shape == (*before.shape[:2], 4)
    assert np.abs(after[..., 3] / 255 - mask).mean() < 0.02
    assert (after[..., :3] == before)[eroded(mask, 4) >= 1].all()


def test_what_was_removed_is_no_hole_in_the_background() -> None:
    """A background that is blurred after its subject went is blurred there as well."""
    after = edited("flower", "remove the subject and make the background black and white")
    lab = to_lab(np.asarray(after, np.float32) / 255)
    assert np.percentile(np.hypot(lab[..., 1], lab[..., 2]), 99) < 3


@pytest.mark.parametrize(
    "prompt", ["make the subject blue", "cut out the subject", "duplicate the subject left by 20%"]
)
def test_the_same_words_make_the_same_picture(prompt: str) -> None:
    assert (edited("flower", prompt) == edited("flower", prompt)).all()


def test_bright_green_is_the_green_of_cloth_and_not_of_a_screen() -> None:
    pixels = np.full((60, 60, 3), (0.85, 0.4, 0.25), np.float32)
    pixels *= np.linspace(0.6, 1, 60, dtype=np.float32)[None, :, None]
    lab = to_lab(dye(pixels, np.ones((60, 60), np.float32), "lime"))
    assert np.hypot(lab[..., 1], lab[..., 2]).max() < 100
    assert lab[..., 0].max() < 80
    assert np.ptp(lab[30, :, 0]) > 15  # the shading is still there


def test_navy_is_no_strong_blue() -> None:
    pixels = np.full((60, 60, 3), (0.7, 0.2, 0.1), np.float32)
    lab = to_lab(dye(pixels, np.ones((60, 60), np.float32), "navy"))
    assert np.hypot(lab[..., 1], lab[..., 2]).mean() < 45
