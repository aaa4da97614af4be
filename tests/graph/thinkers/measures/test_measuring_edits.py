"""Every measure against edits made by hand, on real photos."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from editthinker.graph.thinkers.measures.assessment import UNFINISHED, UNSURE, Assessment, assess
from editthinker.graph.thinkers.measures.finding import credit
from editthinker.graph.thinkers.measures.lab import to_lab
from editthinker.tools.editors.darkroom.light import from_lab
from editthinker.tools.editors.darkroom.recipe import Operation, Recipe, Step
from editthinker.tools.editors.darkroom.region import region_masks
from editthinker.tools.editors.darkroom.target import BACKGROUND, SUBJECT
from editthinker.tools.images import Pixels

Edit = Callable[[Pixels, float], Pixels]
PHOTOS = Path(__file__).parents[4] / "tools" / "photos"
COLOURFUL = ("astronaut", "cat", "hopper")


@cache
def photo(name: str) -> Pixels:
    return np.asarray(Image.open(PHOTOS / f"{name}.jpg").convert("RGB"))


def judge(source: Pixels, edited: Pixels, *steps: Step, keep: tuple[str, ...] = ()) -> Assessment:
    return assess(source, edited, Recipe(steps, keep))


def stored(rgb: np.ndarray) -> Pixels:
    return np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)


def in_lab(pixels: Pixels, scale: list[float], shift: list[float]) -> Pixels:
    lab = to_lab(pixels) * np.array(scale, np.float32) + np.array(shift, np.float32)
    return stored(from_lab(lab.astype(np.float32)))


def brighter(pixels: Pixels, amount: float) -> Pixels:
    return stored((pixels / 255) ** (1 - amount if amount > 0 else 1 - 1.6 * amount))


def contrasty(pixels: Pixels, amount: float) -> Pixels:
    light = to_lab(pixels)[..., 0]
    lab = to_lab(pixels)
    lab[..., 0] = np.clip(light.mean() + (light - light.mean()) * (1 + amount), 0, 100)
    return stored(from_lab(lab))


def colourful(pixels: Pixels, amount: float) -> Pixels:
    return in_lab(pixels, [1, 1 + 1.3 * amount, 1 + 1.3 * amount], [0, 0, 0])


def warmer(pixels: Pixels, amount: float) -> Pixels:
    return in_lab(pixels, [1, 1, 1], [0, 0, 24 * amount])


def tinted(pixels: Pixels, amount: float) -> Pixels:
    return in_lab(pixels, [1, 1, 1], [0, 20 * amount, 0])


def blurred(pixels: Pixels, amount: float) -> Pixels:
    sigma = 0.024 * amount * min(pixels.shape[:2])
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma))


def sharpened(pixels: Pixels, amount: float) -> Pixels:
    soft = cv2.GaussianBlur(pixels.astype(np.float32), (0, 0), 1.5)
    return np.clip(pixels + 2 * amount * (pixels - soft), 0, 255).astype(np.uint8)


def grainy(pixels: Pixels, amount: float) -> Pixels:
    grains = np.random.default_rng(0).normal(0, 35 * amount, pixels.shape[:2])
    return np.clip(pixels + grains[..., None], 0, 255).astype(np.uint8)


def darkened_corners(pixels: Pixels, amount: float) -> Pixels:
    height, width = pixels.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    fall = np.clip(np.hypot(x, y) / np.sqrt(2) * 1.6 - 0.6, 0, 1) ** 1.2
    return (pixels * (1 - np.minimum(1.1 * amount, 1) * fall)[..., None]).astype(np.uint8)


GRADED: dict[Operation, Edit] = {
    "brightness": brighter,
    "contrast": contrasty,
    "saturation": colourful,
    "warmth": warmer,
    "tint": tinted,
    "blur": blurred,
    "sharpen": sharpened,
    "grain": grainy,
    "vignette": darkened_corners,
}
SIGNED: list[Operation] = ["brightness", "contrast", "saturation", "warmth", "tint"]


@pytest.mark.parametrize("name", COLOURFUL)
@pytest.mark.parametrize("operation", GRADED)
def test_right_amount_beats_half_and_half_beats_nothing(operation: Operation, name: str) -> None:
    source, step = photo(name), Step(operation, 0.5)
    right, half = (judge(source, GRADED[operation](source, k), step) for k in (0.5, 0.22))
    none = judge(source, source, step)
    assert right.semantic >= 8
    assert right.semantic > half.semantic > none.semantic
    assert 2 < half.semantic < 8
    assert none.semantic == 0
    assert right.quality >= 7


@pytest.mark.parametrize("name", COLOURFUL)
@pytest.mark.parametrize("operation", SIGNED)
def test_wrong_direction_is_no_better_than_nothing(operation: Operation, name: str) -> None:
    source = photo(name)
    assert judge(source, GRADED[operation](source, -0.4), Step(operation, 0.5)).semantic == 0
    assert judge(source, GRADED[operation](source, 0.4), Step(operation, -0.5)).semantic == 0


@pytest.mark.parametrize("name", COLOURFUL)
@pytest.mark.parametrize("operation", ["brightness", "warmth", "tint", "blur", "vignette"])
def test_too_much_loses_to_enough(operation: Operation, name: str) -> None:
    source, step = photo(name), Step(operation, 0.25)
    enough, much = (judge(source, GRADED[operation](source, k), step) for k in (0.25, 0.8))
    assert much.semantic < enough.semantic


def test_a_grey_photo_has_no_colour_to_strengthen() -> None:
    source = photo("camera")
    verdict = judge(source, colourful(source, 0.5), Step("saturation", 0.5))
    assert verdict.semantic == 0
    assert "room" in verdict.reasoning


@pytest.mark.parametrize("name", COLOURFUL)
def test_each_of_two_steps_is_found_beside_the_other(name: str) -> None:
    source = photo(name)
    both = (Step("contrast", 0.3), Step("warmth", 0.5))
    whole = judge(source, warmer(contrasty(source, 0.3), 0.5), *both)
    part = judge(source, warmer(source, 0.5), *both)
    assert [finding.done >= 0.8 for finding in whole.findings] == [True, True]
    assert [finding.done >= 0.8 for finding in part.findings] == [False, True]
    assert whole.semantic >= 8 > part.semantic


def black_and_white(pixels: Pixels, _: float = 0) -> Pixels:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB))


def sepia(pixels: Pixels, _: float = 0) -> Pixels:
    weights = np.array([[0.393, 0.349, 0.272], [0.769, 0.686, 0.534], [0.189, 0.168, 0.131]])
    return np.clip(pixels @ weights * 0.9, 0, 255).astype(np.uint8)


def posterized(pixels: Pixels, _: float = 0) -> Pixels:
    return (np.round(pixels / 255 * 4) / 4 * 255).astype(np.uint8)


def sketched(pixels: Pixels, _: float = 0) -> Pixels:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    lines = cv2.divide(grey, cv2.GaussianBlur(grey, (0, 0), 8), scale=250)
    return np.asarray(cv2.cvtColor(lines, cv2.COLOR_GRAY2RGB))


def painted(pixels: Pixels, _: float = 0) -> Pixels:
    for _ in range(3):
        pixels = np.asarray(cv2.bilateralFilter(pixels, 9, 60, 5))
    return pixels


STYLES: dict[Operation, Edit] = {
    "black-and-white": black_and_white,
    "sepia": sepia,
    "posterize": posterized,
    "sketch": sketched,
    "watercolour": painted,
}


@pytest.mark.parametrize("name", ["cat", "hopper", "coffee"])
@pytest.mark.parametrize("operation", STYLES)
def test_a_look_is_told_from_every_other_look(operation: Operation, name: str) -> None:
    source = photo(name)
    for other, edit in STYLES.items():
        verdict = judge(source, edit(source, 0), Step(operation))
        if other == operation:
            assert verdict.semantic >= 7.5, verdict.reasoning
            assert verdict.quality >= 8, verdict.reasoning
        elif {other, operation} != {"sketch", "black-and-white"}:  # a sketch has no colours
            assert verdict.semantic < 5, f"{other}: {verdict.reasoning}"
    assert judge(source, source, Step(operation)).semantic <= 2


def turned(pixels: Pixels, degrees: float) -> Pixels:
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC))


@pytest.mark.parametrize("name", ["astronaut", "galaxies", "rocket"])
def test_quarter_turns_are_told_apart(name: str) -> None:
    source = photo(name)
    step = Step("rotate", options={"degrees": 90.0})
    for times, score in ((-1, 10.0), (1, 0.0), (2, 0.0), (0, 0.0)):
        assert judge(source, np.rot90(source, times).copy(), step).semantic == score


@settings(max_examples=5)
@given(degrees=st.floats(-40, 40).filter(lambda angle: abs(angle) > 4))
def test_a_free_turn_is_measured_to_a_degree(degrees: float) -> None:
    source = photo("coffee")
    step = Step("rotate", options={"degrees": degrees})
    assert judge(source, turned(source, degrees), step).semantic >= 9
    assert judge(source, turned(source, degrees / 2), step).semantic < 7
    assert judge(source, turned(source, -degrees), step).semantic == 0


@pytest.mark.parametrize("name", ["astronaut", "flower", "temple"])
def test_mirroring_knows_its_axis_and_survives_other_steps(name: str) -> None:
    source = photo(name)
    flip = Step("flip", options={"axis": "horizontal"})
    mirrored, upside_down = source[:, ::-1].copy(), source[::-1].copy()
    assert judge(source, mirrored, flip).semantic == 10
    assert judge(source, upside_down, flip).semantic == 0
    assert judge(source, brighter(mirrored, 0.5), flip, Step("brightness", 0.5)).semantic >= 8
    quarter = Step("rotate", options={"degrees": 90.0})
    assert judge(source, np.rot90(mirrored, -1).copy(), flip, quarter).semantic == 10
    assert judge(source, np.rot90(source, -1).copy(), flip, quarter).semantic == 5


@pytest.mark.parametrize("name", ["cat", "temple", "hopper"])
def test_a_crop_is_a_part_and_not_a_squeeze(name: str) -> None:
    source = photo(name)
    side = min(source.shape[:2])
    square = Step("crop", options={"ratio": 1.0})
    part = source[:side, :side].copy()
    squeezed = np.asarray(cv2.resize(source, (side, side)))
    assert judge(source, part, square).semantic == 10
    assert judge(source, squeezed, square).semantic == 0
    assert judge(source, source, square).semantic == 0


def test_a_border_needs_its_colour_and_leaves_the_inside_alone() -> None:
    source = photo("temple")
    step = Step("border", options={"colour": "white"})

    def framed(pixels: Pixels, colour: tuple[int, int, int]) -> Pixels:
        sides = (20, 20, 20, 20)
        return np.asarray(cv2.copyMakeBorder(pixels, *sides, cv2.BORDER_CONSTANT, value=colour))

    assert judge(source, framed(source, (255, 255, 255)), step).semantic == 10
    assert judge(source, framed(source, (200, 0, 0)), step).semantic < 5
    assert judge(source, framed(brighter(source, 0.5), (255, 255, 255)), step).semantic < 8
    assert judge(source, source, step).semantic == 0


def lettered(pixels: Pixels, colour: str, height: float) -> Pixels:
    image = Image.fromarray(pixels)
    place = (pixels.shape[1] / 2, pixels.shape[0] * height)
    font = ImageFont.load_default(int(0.08 * min(pixels.shape[:2])))
    ImageDraw.Draw(image).text(place, "Hello world", fill=colour, font=font, anchor="mb")
    return np.asarray(image)


@pytest.mark.parametrize("name", ["cat", "rocket", "hopper"])
def test_text_needs_its_place_and_colour(name: str) -> None:
    source = photo(name)
    options = {"content": "Hello world", "position": "bottom", "colour": "white"}
    step = Step("text", options=options)
    right = judge(source, lettered(source, "white", 0.95), step)
    assert right.semantic == 10
    assert "not read" in right.reasoning
    assert judge(source, lettered(source, "white", 0.2), step).semantic <= 3
    assert judge(source, lettered(source, "red", 0.95), step).semantic < 6
    assert judge(source, source, step).semantic == 0
    bright = judge(source, brighter(source, 0.5), step, Step("brightness", 0.5))
    assert bright.semantic <= UNFINISHED


def test_recolouring_is_measured_on_the_named_colour_only() -> None:
    source = photo("astronaut")
    step = Step("recolour", options={"source": "orange", "target": "green"})
    hsv = cv2.cvtColor(source, cv2.COLOR_RGB2HSV)
    suit = (hsv[..., 1] > 60) & (hsv[..., 0] > 3) & (hsv[..., 0] < 24)
    green = hsv.copy()
    green[suit, 0] = 60
    everything = hsv.copy()
    everything[..., 0] = (everything[..., 0].astype(int) + 52) % 180

    def back(plane: np.ndarray) -> Pixels:
        return np.asarray(cv2.cvtColor(plane, cv2.COLOR_HSV2RGB))

    assert judge(source, back(green), step).semantic >= 8
    assert judge(source, back(everything), step).semantic < 7
    assert judge(source, source, step).semantic == 0


def test_hue_turns_are_signed() -> None:
    source = photo("hopper")
    lab = to_lab(source)
    angle = np.radians(60)
    a, b = lab[..., 1].copy(), lab[..., 2].copy()
    lab[..., 1], lab[..., 2] = (
        a * np.cos(angle) - b * np.sin(angle),
        a * np.sin(angle) + b * np.cos(angle),
    )
    turned_hues = stored(from_lab(lab))
    assert judge(source, turned_hues, Step("hue", options={"degrees": 60.0})).semantic >= 8
    assert judge(source, turned_hues, Step("hue", options={"degrees": -60.0})).semantic == 0


def test_noise_is_taken_out_or_was_never_there() -> None:
    clean = photo("rocket")
    noisy = grainy(clean, 0.3)
    step = Step("denoise")
    smooth = np.asarray(cv2.fastNlMeansDenoisingColored(noisy, None, 12, 12, 5, 15))
    assert judge(noisy, smooth, step).semantic >= 8
    assert judge(noisy, noisy, step).semantic == 0
    assert "hardly any noise" in judge(clean, clean, step).reasoning


def test_what_nobody_asked_for_costs_score() -> None:
    source = photo("hopper")
    step = Step("contrast", 0.3)
    clean = judge(source, contrasty(source, 0.3), step)
    for spoilt in (
        warmer(contrasty(source, 0.3), 0.8),
        contrasty(source, 0.3)[:, ::-1].copy(),
        contrasty(photo("flower"), 0.3),
        np.asarray(cv2.resize(contrasty(source, 0.3), (427, 427))),
    ):
        assert judge(source, spoilt, step).semantic < min(8, clean.semantic)
    covered = contrasty(source, 0.3)
    covered[150:300, 200:400] = (30, 120, 40)
    assert judge(source, covered, step).semantic < 8


def test_damage_costs_quality_and_never_what_was_asked() -> None:
    source = photo("temple")
    step = Step("warmth", 0.5)
    clean = judge(source, warmer(source, 0.5), step)
    assert clean.quality >= 9
    blown = np.clip(warmer(source, 0.5).astype(int) + 60, 0, 255).astype(np.uint8)
    for spoilt in (
        blown,
        blurred(warmer(source, 0.5), 0.3),
        grainy(warmer(source, 0.5), 0.4),
        posterized(warmer(source, 0.5)),
        sharpened(warmer(source, 0.5), 2.0),
        np.asarray(cv2.resize(warmer(source, 0.5), None, fx=0.4, fy=0.4)),
    ):
        assert judge(source, spoilt, step).quality < min(8, clean.quality)
    assert judge(source, grainy(source, 0.5), Step("grain")).quality >= 8
    assert judge(source, blurred(source, 0.5), Step("blur")).quality >= 8


def test_keeping_the_colours_is_stricter_than_silence() -> None:
    source = photo("cat")
    step = Step("brightness", 0.5)
    tinged = warmer(brighter(source, 0.5), 0.3)
    assert (
        judge(source, tinged, step, keep=("colours",)).semantic
        < judge(source, tinged, step).semantic
    )


def test_unmeasured_clauses_cap_the_score_and_are_named() -> None:
    source = photo("cat")
    recipe = Recipe((Step("warmth", 0.5),), unknown=("add a hat",))
    verdict = assess(source, warmer(source, 0.5), recipe)
    assert verdict.semantic == UNSURE
    assert "add a hat" in verdict.reasoning


@given(ratio=st.floats(-10, 10), amount=st.sampled_from(["brighter", "by 20%"]))
def test_credit_peaks_at_the_wanted_change(ratio: float, amount: str) -> None:
    step = Step("brightness", 0.5, clause=amount)
    assert 0 <= credit(ratio, step) <= credit(1.0, step) == 1
    if ratio <= 0:
        assert credit(ratio, step) == 0


def test_figures_in_the_words_leave_less_room() -> None:
    plain, exact = Step("warmth", 0.3, clause="warmer"), Step("warmth", 0.3, clause="30% warmer")
    for ratio in (0.65, 1.5, 2.0):
        assert credit(ratio, exact) < credit(ratio, plain)


def test_alpha_and_other_sizes_are_measured_all_the_same() -> None:
    source = photo("coffee")
    edited = np.asarray(cv2.resize(warmer(source, 0.5), (900, 600)))
    opaque = np.dstack([edited, np.full(edited.shape[:2], 255, np.uint8)])
    assert judge(source, opaque, Step("warmth", 0.5)).semantic >= 8


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (17, 16)])
def test_tiny_pictures_do_not_break_anything(size: tuple[int, int]) -> None:
    tiny = np.full((*size, 3), 90, np.uint8)
    for operation in (*GRADED, *STYLES, "denoise", "straighten"):
        verdict = judge(tiny, tiny, Step(operation))
        assert 0 <= verdict.semantic <= 10
        assert 0 <= verdict.quality <= 10


def test_what_is_to_be_kept_is_no_part_of_a_step() -> None:
    source = photo("hopper")
    subject = region_masks(source)[SUBJECT][..., None]
    inside = source + subject * (brighter(source, 0.5).astype(np.float32) - source)
    step = Step("brightness", 0.5)
    kept = judge(source, np.rint(inside).astype(np.uint8), step, keep=("background",))
    everywhere = judge(source, brighter(source, 0.5), step, keep=("background",))
    assert kept.semantic >= 8 > everywhere.semantic
    assert kept.findings[0].step is step


def test_a_step_for_one_region_must_not_reach_the_other() -> None:
    source = photo("flower")
    background = region_masks(source)[BACKGROUND][..., None]
    for operation, edit in (("blur", blurred), ("brightness", brighter)):
        step = Step(operation, 0.5, region=BACKGROUND)
        there = source + background * (edit(source, 0.5).astype(np.float32) - source)
        assert judge(source, np.rint(there).astype(np.uint8), step).semantic >= 7.5
        assert judge(source, edit(source, 0.5), step).semantic < 7.5


def test_steps_that_do_alike_share_their_sum() -> None:
    source = photo("cat")
    steps = (Step("brightness", 0.25), Step("shadows", 0.5))
    lifted = brighter(source, 0.5)
    assert all(
        finding.ratio and finding.ratio > 0 for finding in judge(source, lifted, *steps).findings
    )
