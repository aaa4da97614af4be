import asyncio
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from editthinker.tools.editors.base import Editor, EditRequest, EditResult
from editthinker.tools.editors.darkroom.colour import recolour
from editthinker.tools.editors.darkroom.editor import Darkroom
from editthinker.tools.editors.darkroom.geometry import find_lean
from editthinker.tools.editors.darkroom.light import Work
from editthinker.tools.editors.darkroom.matte import dilated, feather
from editthinker.tools.editors.darkroom.recipe import OPERATIONS, SIGNED, Operation, Step
from editthinker.tools.editors.darkroom.region import find_subject, region_masks
from editthinker.tools.editors.darkroom.target import BACKGROUND, PHOTO, SUBJECT, Target
from editthinker.tools.errors import EditRefusedError, MediaError
from editthinker.tools.images import Picture, Pixels

PHOTOS = Path(__file__).parents[4] / "tools" / "photos"
Floats = NDArray[np.float32]


def photo(name: str) -> Picture:
    return Picture.from_bytes((PHOTOS / f"{name}.jpg").read_bytes())


def edit(
    picture: Picture, prompt: str, *, seed: int = 0, mask: Picture | None = None
) -> EditResult:
    return asyncio.run(Darkroom().edit(EditRequest((picture,), prompt, seed, mask)))


def edited(name: str, prompt: str) -> Pixels:
    return Picture.from_bytes(edit(photo(name), prompt).image).pixels


def lab(pixels: Pixels) -> Floats:
    scaled = np.ascontiguousarray(pixels[..., :3], np.float32) / np.float32(255)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2Lab), np.float32)


def light(pixels: Pixels) -> Floats:
    return lab(pixels)[..., 0]


def chroma(pixels: Pixels) -> Floats:
    return np.hypot(lab(pixels)[..., 1], lab(pixels)[..., 2])


def shift(name: str, prompt: str, channel: int) -> float:
    change = lab(edited(name, prompt)) - lab(photo(name).pixels)
    return float(change[..., channel].mean())


def near(value: float, within: float) -> object:
    return pytest.approx(value, rel=within)


ORDINARY = ["astronaut", "coffee", "temple"]


@pytest.mark.parametrize("name", ORDINARY)
@pytest.mark.parametrize(
    ("prompt", "channel", "goal"),
    [
        ("brighten by 25%", 0, 10),
        ("darken by 25%", 0, -10),
        ("warmer", 2, 12),
        ("cooler by 25%", 2, -6),
        ("tint it towards magenta", 1, 10),
        ("green tint", 1, -10),
    ],
)
def test_moves_a_mean_as_far_as_asked(name: str, prompt: str, channel: int, goal: float) -> None:
    assert shift(name, prompt, channel) == near(goal, 0.2)


@pytest.mark.parametrize("name", ORDINARY)
def test_brightening_keeps_hue_and_leaves_black_and_white(name: str) -> None:
    before, after = lab(photo(name).pixels), lab(edited(name, "brighten by 20%"))
    vivid = (np.hypot(*np.moveaxis(before[..., 1:], -1, 0)) > 25) & (after[..., 0] < 85)
    angle = [np.arctan2(x[..., 2], x[..., 1])[vivid] for x in (before, after)]
    turned = np.degrees(np.abs(np.angle(np.exp(1j * (angle[1] - angle[0])))))
    assert np.median(turned) < 6
    assert (after[..., 0] >= 99.5).mean() < (before[..., 0] >= 97).mean() + 0.02


@pytest.mark.parametrize(
    ("prompt", "factor"), [("20% more contrast", 1.2), ("40% less contrast", 0.6)]
)
def test_contrast_scales_the_spread_of_lightness(prompt: str, factor: float) -> None:
    before, after = light(photo("cat").pixels), light(edited("cat", prompt))
    assert after.std() / before.std() == near(factor, 0.08)


def test_one_stop_of_exposure_doubles_the_light_of_mid_tones() -> None:
    def linear(pixels: Pixels) -> Floats:
        return np.asarray((pixels / 255) ** 2.2, np.float32).mean(axis=2)

    before, after = linear(photo("cat").pixels), linear(edited("cat", "exposure up by one stop"))
    mid = (before > 0.05) & (before < 0.2)
    assert np.median(after[mid] / before[mid]) == near(2, 0.1)


@pytest.mark.parametrize(
    ("prompt", "goal"), [("lift the shadows", 15), ("deepen shadows by 20%", -6)]
)
def test_shadows_move_the_darkest_third_and_spare_the_brightest(prompt: str, goal: float) -> None:
    before, after = light(photo("temple").pixels), light(edited("temple", prompt))
    dark, bright = before <= np.percentile(before, 33), before >= np.percentile(before, 90)
    assert (after - before)[dark].mean() == near(goal, 0.25)
    assert abs((after - before)[bright].mean()) < 1.5


@pytest.mark.parametrize(
    ("prompt", "goal"), [("lower the highlights", -15), ("lift the highlights by 10%", 3)]
)
def test_highlights_move_the_brightest_third_and_spare_the_darkest(
    prompt: str, goal: float
) -> None:
    before, after = light(photo("cat").pixels), light(edited("cat", prompt))
    dark, bright = before <= np.percentile(before, 10), before >= np.percentile(before, 67)
    assert (after - before)[bright].mean() == near(goal, 0.25)
    assert abs((after - before)[dark].mean()) < 1.5


@pytest.mark.parametrize(
    ("prompt", "factor"), [("30% more saturation", 1.36), ("desaturate by 40%", 0.6)]
)
def test_saturation_scales_the_mean_chroma(prompt: str, factor: float) -> None:
    before, after = photo("coffee").pixels, edited("coffee", prompt)
    assert chroma(after).mean() / chroma(before).mean() == near(factor, 0.08)
    assert abs((light(after) - light(before)).mean()) < 1.5


@pytest.mark.parametrize(
    "prompt", ["make it black and white", "completely desaturate it", "pencil sketch"]
)
def test_nothing_coloured_is_left(prompt: str) -> None:
    assert chroma(edited("flower", prompt)).max() < 1.5


def test_the_hue_turns_by_the_angle() -> None:
    before, after = (
        lab(photo("coffee").pixels),
        lab(edited("coffee", "shift the hue by 40 degrees")),
    )
    vivid = chroma(photo("coffee").pixels) > 20
    angles = [np.arctan2(x[..., 2], x[..., 1])[vivid] for x in (before, after)]
    assert np.degrees(np.median(np.angle(np.exp(1j * (angles[1] - angles[0]))))) == near(40, 0.15)


def test_sepia_is_one_warm_hue() -> None:
    toned = lab(edited("astronaut", "make it sepia"))
    middle = (toned[..., 0] > 30) & (toned[..., 0] < 80)
    assert 10 < toned[middle][:, 2].mean() < 30
    hue = np.degrees(np.arctan2(toned[middle][:, 2], toned[middle][:, 1]))
    assert np.percentile(hue, 95) - np.percentile(hue, 5) < 12


def test_a_vignette_darkens_the_corners_and_not_the_middle() -> None:
    change = light(edited("temple", "add a vignette")) - light(photo("temple").pixels)
    height, width = change.shape
    assert change[:8, :8].mean() == near(-30, 0.2)
    assert change[height // 3 : -height // 3, width // 3 : -width // 3].max() == 0


def sharpness(pixels: Pixels) -> float:
    return float(cv2.Laplacian(light(pixels), cv2.CV_32F).std())


@pytest.mark.parametrize("name", ORDINARY)
def test_sharpening_and_blurring_move_sharpness_by_their_amount(name: str) -> None:
    figures = [
        sharpness(edited(name, prompt))
        for prompt in ("blur it", "blur it slightly", "darken by 1%", "sharpen slightly", "sharpen")
    ]
    assert figures == sorted(figures)
    assert figures[0] < 0.5 * figures[2] < 0.5 * figures[4] / 1.2


def test_denoising_undoes_most_of_the_grain() -> None:
    clean = photo("coffee")
    noisy = edit(clean, "add strong grain")
    mended = Picture.from_bytes(edit(Picture.from_bytes(noisy.image), "denoise by 70%").image)

    def error(pixels: Pixels) -> float:
        return float(np.sqrt(((light(pixels) - light(clean.pixels)) ** 2).mean()))

    assert error(mended.pixels) < 0.75 * error(Picture.from_bytes(noisy.image).pixels)


def test_grain_follows_the_seed_and_nothing_else_does() -> None:
    cat = photo("cat")
    assert edit(cat, "add grain", seed=1).image == edit(cat, "add grain", seed=1).image
    assert edit(cat, "add grain", seed=1).image != edit(cat, "add grain", seed=2).image
    assert edit(cat, "sketch", seed=1).image == edit(cat, "sketch", seed=2).image


def test_quarter_turns_and_flips_move_every_pixel_and_change_none() -> None:
    before = photo("temple").pixels
    assert (edited("temple", "rotate 90 degrees clockwise") == np.rot90(before, -1)).all()
    assert (edited("temple", "rotate left") == np.rot90(before)).all()
    assert (edited("temple", "turn it upside down") == np.rot90(before, 2)).all()
    assert (edited("temple", "mirror it") == before[:, ::-1]).all()
    assert (edited("temple", "flip it vertically") == before[::-1]).all()


def test_other_angles_keep_the_size_and_show_no_empty_corners() -> None:
    grey = Picture.from_pixels(np.full((200, 300, 3), 128, np.uint8))
    turned = Picture.from_bytes(edit(grey, "rotate 10 degrees").image).pixels
    assert turned.shape == (200, 300, 3)
    assert (turned == 128).all()


def test_turning_clockwise_turns_clockwise() -> None:
    pixels = np.zeros((201, 201, 3), np.uint8)
    pixels[95:106, 101:] = 255  # a bar from the middle to the right
    turned = Picture.from_bytes(edit(Picture.from_pixels(pixels), "rotate 20 degrees").image).pixels
    rows, columns = np.nonzero(turned[..., 0] > 128)
    angle = np.degrees(np.arctan2((rows - 100).mean(), (columns - 100).mean()))
    assert angle == near(20, 0.05)


@pytest.mark.parametrize(
    ("prompt", "ratio"), [("crop to 16:9", 16 / 9), ("make it square", 1), ("crop to 4 by 5", 0.8)]
)
def test_a_crop_has_its_ratio_and_holds_the_subject(prompt: str, ratio: float) -> None:
    before, after = photo("flower").pixels, edited("flower", prompt)
    height, width = after.shape[:2]
    assert width / height == near(ratio, 0.01)
    assert height == before.shape[0] or width == before.shape[1]
    assert find_subject(before).mask.sum() == near(float(find_subject(after).mask.sum()), 0.35)


@pytest.mark.parametrize("angle", [4, -3])
def test_straighten_levels_a_tilted_photo(angle: int) -> None:
    y, x = np.mgrid[:300, :400]
    scene = np.where((y // 60) % 2 == (x // 80) % 2, 60, 200)
    level = Picture.from_pixels(np.repeat(scene[..., None], 3, axis=2).astype(np.uint8))
    tilted = Picture.from_bytes(edit(level, f"rotate by {angle} degrees").image)
    before = find_lean(tilted.pixels.astype(np.float32) / np.float32(255))
    mended = Picture.from_bytes(edit(tilted, "straighten it").image).pixels
    after = find_lean(mended.astype(np.float32) / np.float32(255))
    assert before is not None and after is not None
    assert before == near(angle, 0.15)
    assert abs(after) < 0.4


def test_straighten_refuses_a_photo_without_lines() -> None:
    with pytest.raises(EditRefusedError, match="no horizon"):
        edit(photo("galaxies"), "straighten it")


def test_a_border_surrounds_the_untouched_picture() -> None:
    before, after = photo("cat").pixels, edited("cat", "add a navy border")
    width = round(min(before.shape[:2]) * 0.05)
    assert (after[width:-width, width:-width] == before).all()
    assert (after[:width].reshape(-1, 3) == (0, 0, 128)).all()


def test_posterizing_leaves_few_tones() -> None:
    before, after = photo("flower").pixels, edited("flower", "posterize it a lot")
    assert len(np.unique(np.rint(light(after)))) < len(np.unique(np.rint(light(before)))) / 2


def test_a_watercolour_loses_texture_and_keeps_colour() -> None:
    before, after = photo("cat").pixels, edited("cat", "watercolour")
    assert chroma(after).mean() > 0.9 * chroma(before).mean()
    small = [cv2.resize(light(p), (24, 16), interpolation=cv2.INTER_AREA) for p in (before, after)]
    assert np.corrcoef(small[0].ravel(), small[1].ravel())[0, 1] > 0.9


def test_a_sketch_is_dark_lines_on_white_paper() -> None:
    drawn = light(edited("hopper", "turn it into a pencil sketch"))
    assert np.percentile(drawn, 60) > 80
    assert np.percentile(drawn, 2) < 50


@pytest.mark.parametrize(
    ("place", "rows", "columns"),
    [
        ("top left", (0, 0.3), (0, 0.6)),
        ("bottom right", (0.7, 1), (0.4, 1)),
        ("centre", (0.3, 0.7), (0.2, 0.8)),
    ],
)
def test_text_lies_where_asked_in_its_colour(
    place: str, rows: tuple[float, float], columns: tuple[float, float]
) -> None:
    before, after = (
        photo("coffee").pixels,
        edited("coffee", f"write 'HELLO' at the {place} in yellow"),
    )
    height, width = before.shape[:2]
    changed = (before != after).any(axis=2)
    y, x = np.nonzero(changed)
    assert rows[0] <= y.min() / height and y.max() / height <= rows[1]
    assert columns[0] <= x.min() / width and x.max() / width <= columns[1]
    assert (after[changed] == (255, 255, 0)).all(axis=1).sum() > 200


def test_long_text_is_made_to_fit() -> None:
    before = photo("cat").pixels
    after = edited("cat", f"write '{'wide words ' * 12}' at the bottom")
    changed = np.nonzero((before != after).any(axis=2))[1]
    assert changed.min() > 0
    assert changed.max() < before.shape[1] - 1


def test_refuses_a_character_that_the_font_lacks() -> None:
    with pytest.raises(EditRefusedError, match="更"):
        edit(photo("cat"), "write '更亮' at the top")


@pytest.mark.parametrize(
    "prompt", ["blur the background", "darken the background", "make the background white"]
)
def test_a_background_step_leaves_the_subject_alone(prompt: str) -> None:
    before, after = photo("flower").pixels, edited("flower", prompt)
    masks = region_masks(before)
    beyond = dilated(masks[BACKGROUND], feather(before.shape))
    assert (before == after)[beyond == 0].all()
    assert (before != after).any(axis=2)[masks[BACKGROUND] > 0.9].mean() > 0.8


def test_a_subject_step_leaves_the_background_alone() -> None:
    before, after = photo("flower").pixels, edited("flower", "brighten the subject")
    masks = region_masks(before)
    assert (before == after)[masks[SUBJECT] == 0].all()
    assert (light(after) - light(before))[masks[SUBJECT] == 1].mean() == near(20, 0.25)


@pytest.mark.parametrize("prompt", ["warmer", "add a vignette", "add grain", "watercolour"])
def test_what_is_to_be_kept_limits_the_other_steps(prompt: str) -> None:
    before, after = photo("flower").pixels, edited("flower", f"{prompt}, keep the background")
    masks = region_masks(before)
    assert (before == after)[masks[SUBJECT] == 0].all()


def test_keeping_the_colours_changes_lightness_only() -> None:
    before = lab(photo("temple").pixels)
    after = lab(edited("temple", "brighten by 20%, keep the colours"))
    assert np.median(np.abs(after - before)[..., 1:]) < 1
    assert (after - before)[..., 0].mean() == near(8, 0.2)


def test_the_subject_of_plain_photos_is_found() -> None:
    for name, share in (("flower", 0.2), ("coffee", 0.45), ("temple", 0.25)):
        subject = find_subject(photo(name).pixels)
        assert subject.clear
        assert subject.mask.mean() == near(share, 0.35)


def test_says_when_it_cannot_tell_the_subject() -> None:
    result = edit(photo("galaxies"), "blur the background")
    assert any("oval" in note for note in result.notes)


@pytest.mark.parametrize(
    ("name", "prompt", "hue"),
    [
        ("coffee", "change the red to blue", 306),
        ("flower", "turn the orange flower purple", 328),
        ("temple", "change the blue to green", 136),
    ],
)
def test_recolouring_turns_the_named_colour_and_spares_others(
    name: str, prompt: str, hue: float
) -> None:
    before, after = photo(name).pixels, edited(name, prompt)
    changed = np.linalg.norm(lab(after) - lab(before), axis=2) > 20
    new = np.degrees(np.arctan2(lab(after)[changed][:, 2], lab(after)[changed][:, 1]))
    assert 0.02 < changed.mean() < 0.6
    assert np.median(np.abs((new - hue + 180) % 360 - 180)) < 15
    assert np.corrcoef(light(before)[changed], light(after)[changed])[0, 1] > 0.5


def test_refuses_to_recolour_what_is_not_there() -> None:
    with pytest.raises(EditRefusedError, match="nothing purple"):
        edit(photo("cat"), "change the purple to blue")


def test_refuses_in_one_sentence_naming_what_it_cannot_and_what_it_can() -> None:
    with pytest.raises(EditRefusedError) as caught:
        edit(photo("cat"), "make him smile")
    message = str(caught.value)
    assert "'make him smile'" in message
    assert "contrast" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "prompt", ["", "   ", "please", "keep the background", "\x00\x07", "{}", "x" * 10_000]
)
def test_refuses_prompts_without_an_edit(prompt: str) -> None:
    with pytest.raises(EditRefusedError) as caught:
        edit(photo("cat"), prompt)
    assert len(str(caught.value)) < 1000


def test_does_what_it_understands_and_says_the_rest() -> None:
    result = edit(photo("cat"), "make it brighter and change the background to a beach")
    assert any("change the background to a beach" in note for note in result.notes)
    assert result.image == edit(photo("cat"), "make it brighter").image


def test_what_cannot_be_done_does_not_stop_the_rest() -> None:
    result = edit(photo("cat"), "make it brighter, change the purple to blue")
    assert any("nothing purple" in note for note in result.notes)


OBJECTS = {"remove", "cutout", "move", "duplicate", "erase-text", "replace-text", "isolate"}


def sample(operation: Operation) -> Step:
    options: dict[str, str | float] = {
        "degrees": 30.0, "axis": "horizontal", "ratio": 1.5, "colour": "white",
        "source": "red", "target": "blue", "content": "HI", "position": "top",
    }  # fmt: skip
    region = BACKGROUND if operation == "fill" else PHOTO
    if operation in OBJECTS:
        region = Target("text") if "text" in operation else SUBJECT
    if operation == "isolate":
        region = Target("colour", "red")
    if operation in {"fill", "border"}:
        options = {"colour": "white"}
    if operation in {"move", "duplicate"}:
        options = {"direction": "left"}
    return Step(operation, -0.4 if operation in SIGNED else 0.4, region, options)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 1, 4), (3, 500, 3), (40, 30, 4)])
def test_no_operation_fails_on_odd_pictures(operation: Operation, shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    picture = Picture.from_pixels(pixels)
    try:
        result = edit(picture, sample(operation).sentence())
    except EditRefusedError:
        assert operation in {"straighten", "text", "recolour", *OBJECTS}
    else:
        assert Picture.from_bytes(result.image).pixels.shape[2] == shape[2]


def test_a_very_wide_picture_is_edited() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 2000, 3), np.uint8)
    prompt = "brighter, more contrast, blur the background, vignette, watercolour, rotate 5 degrees"
    edit(Picture.from_pixels(pixels), prompt)


def test_alpha_is_kept_and_moves_with_the_picture() -> None:
    pixels = np.dstack([photo("cat").pixels, np.full((300, 451), 255, np.uint8)])
    pixels[:100, :200, 3] = 0
    picture = Picture.from_pixels(pixels)
    tone = Picture.from_bytes(edit(picture, "brighter, add a vignette and grain").image).pixels
    turned = Picture.from_bytes(edit(picture, "rotate left").image).pixels
    assert (tone[..., 3] == pixels[..., 3]).all()
    assert (turned[..., 3] == np.rot90(pixels[..., 3])).all()


def test_a_mask_limits_the_edit() -> None:
    cat = photo("cat")
    mask = np.zeros((*cat.pixels.shape[:2], 3), np.uint8)
    mask[:, :200] = 255
    result = edit(cat, "much brighter", mask=Picture.from_pixels(mask))
    changed = (Picture.from_bytes(result.image).pixels != cat.pixels).any(axis=2)
    assert changed[:, :200].mean() > 0.9
    assert not changed[:, 200:].any()


def test_a_mask_of_another_size_is_an_error() -> None:
    with pytest.raises(MediaError, match="mask"):
        edit(photo("cat"), "brighter", mask=Picture.from_pixels(np.zeros((5, 5, 3), np.uint8)))


@pytest.mark.parametrize(
    "prompt", ["brighter", "blur the background", "watercolour", "crop to 1:1"]
)
def test_the_same_request_makes_the_same_bytes(prompt: str) -> None:
    assert edit(photo("temple"), prompt).image == edit(photo("temple"), prompt).image


def test_the_record_holds_the_recipe_and_steps_are_reported() -> None:
    seen: list[tuple[int, int]] = []
    step: Callable[[int, int], None] = lambda done, of: seen.append((done, of))  # noqa: E731
    request = EditRequest((photo("cat"),), "warmer and sharper", on_step=step)
    result = asyncio.run(Darkroom().edit(request))
    assert seen == [(1, 2), (2, 2)]
    assert isinstance(result.details["recipe"], dict)
    assert (
        result.details["recipe"]["sentence"] == "warm up the photo by 50%, sharpen the photo by 50%"
    )


def test_it_is_an_editor() -> None:
    assert isinstance(Darkroom(), Editor)


def test_contrast_burns_out_no_pale_sky() -> None:
    before, after = (
        light(pixels)
        for pixels in (photo("temple").pixels, edited("temple", "increase the contrast by 80%"))
    )
    assert ((after > 99) & (before <= 99)).mean() < 0.08
    assert after.std() > before.std() + 5


@pytest.mark.parametrize("prompt", ["blur everything except the bee", "blur all but the dog"])
def test_nothing_is_edited_where_what_is_excepted_is_not_there(prompt: str) -> None:
    blank = Picture.from_pixels(np.full((60, 80, 3), 128, np.uint8))
    with pytest.raises(EditRefusedError, match="Could not blur"):
        edit(blank, prompt)


def test_a_thing_on_another_that_nothing_recognises_is_refused() -> None:
    with pytest.raises(EditRefusedError, match="cannot find the bee"):
        edit(photo("flower"), "remove the bee from the flower")


def test_what_a_vessel_holds_keeps_its_colour() -> None:
    coffee = np.full((120, 160, 3), 90, np.uint8)
    cv2.circle(coffee, (80, 60), 50, (180, 30, 20), -1)
    cv2.circle(coffee, (80, 60), 38, (240, 238, 235), -1)
    cv2.circle(coffee, (80, 60), 25, (170, 100, 40), -1)
    mask = np.zeros((120, 160), np.float32)
    cv2.circle(mask, (80, 60), 50, 1, -1)
    options = {"target": "green"}
    step = Step("recolour", region=Target("object", "cup"), options=options)
    pixels = np.asarray(coffee / np.float32(255), np.float32)
    changed = recolour(Work(pixels, step, mask))
    assert np.abs(changed - pixels)[50:70, 65:95].max() < 0.02
    assert (lab(np.rint(changed * 255).astype(np.uint8))[58:62, 34:38, 1] < -20).all()
