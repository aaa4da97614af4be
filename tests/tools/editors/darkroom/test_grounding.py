"""From words to regions with OpenCV alone, on a drawn scene whose things are known."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from editthinker.tools.editors.darkroom.colour_things import matching
from editthinker.tools.editors.darkroom.grounding import ground, mark_of
from editthinker.tools.editors.darkroom.light import to_lab
from editthinker.tools.editors.darkroom.target import BACKGROUND, MARKED, PHOTO, SUBJECT, Target
from editthinker.tools.editors.darkroom.typeface import font
from editthinker.tools.errors import EditRefusedError

PHOTOS = Path(__file__).parents[4] / "tools" / "photos"


def photo(name: str) -> np.ndarray:
    return np.array(Image.open(PHOTOS / f"{name}.jpg").convert("RGB"))


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    """Return a blue sky over a meadow, with two red balls and a smaller yellow one."""
    pixels = np.zeros((300, 400, 3), np.float64)
    pixels[:150] = (120, 170, 230)
    pixels[150:] = (70, 120, 50)
    noise = np.random.default_rng(0)
    pixels[150:] += noise.normal(0, 22, (150, 400, 1))
    cv2.circle(pixels, (90, 210), 45, (200, 35, 35), -1)
    cv2.circle(pixels, (310, 215), 30, (200, 35, 35), -1)
    cv2.circle(pixels, (200, 230), 20, (235, 210, 40), -1)
    return np.clip(pixels + noise.normal(0, 3, pixels.shape), 0, 255).astype(np.uint8)


def centre(mask: np.ndarray) -> tuple[float, float]:
    y, x = np.nonzero(mask > 0.5)
    return float(x.mean()), float(y.mean())


def test_the_whole_photo_and_its_halves(scene: np.ndarray) -> None:
    assert (ground(PHOTO, scene).mask == 1).all()
    left = ground(Target("photo", place="left"), scene).mask
    assert (left[:, :150] == 1).all()
    assert (left[:, 250:] == 0).all()


def test_of_several_things_the_largest_is_taken_and_the_others_are_named(scene: np.ndarray) -> None:
    found = ground(Target("colour", "red"), scene)
    assert centre(found.mask) == pytest.approx((90, 210), abs=3)
    assert found.count == 2
    assert found.note.startswith("Two things fit 'the red thing'; took the largest")
    assert "'the right red thing'" in found.note
    assert "'all the red things'" in found.note


def test_a_place_picks_one_and_leaves_no_doubt(scene: np.ndarray) -> None:
    right = ground(Target("colour", "red", "right"), scene)
    assert centre(right.mask) == pytest.approx((310, 215), abs=3)
    assert right.note == ""
    every = ground(Target("colour", "red", "all"), scene)
    assert every.mask[210, 90] == every.mask[215, 310] == 1


def test_a_colour_that_is_not_there_is_refused_with_those_that_are(scene: np.ndarray) -> None:
    with pytest.raises(EditRefusedError, match=r"no purple thing in this photo; it has .*green"):
        ground(Target("colour", "purple"), scene)


def test_sky_and_ground_meet_at_the_horizon(scene: np.ndarray) -> None:
    sky, land = ground(Target("sky"), scene).mask, ground(Target("ground"), scene).mask
    assert sky[:140].mean() > 0.97
    assert sky[160:].mean() < 0.02
    assert land[:140].mean() < 0.02
    assert land[270:].mean() > 0.9


def test_a_photo_without_sky_says_so() -> None:
    with pytest.raises(EditRefusedError, match="no sky"):
        ground(Target("sky"), photo("coffee"))


def test_the_sky_of_real_photos_is_found_and_leaves_the_building_out() -> None:
    sky = ground(Target("sky"), photo("temple")).mask
    assert sky[:60, 400:].mean() > 0.97
    assert sky[150:330, 150:250].mean() < 0.05
    night = ground(Target("sky"), photo("rocket")).mask
    assert night[20:200, 360:420].mean() > 0.9
    assert night[200:380, 316:330].mean() < 0.1


def test_the_sky_ends_at_the_skyline_and_not_in_the_lake() -> None:
    sky = ground(Target("sky"), photo("temple")).mask
    lake = (slice(225, 285), slice(360, 500))
    assert sky[lake].mean() < 0.02


def test_a_place_picks_among_things_that_only_look_alike() -> None:
    pixels = photo("flower")
    upper = ground(Target("object", "dahlia", "top"), pixels).mask
    lower = ground(Target("object", "dahlia", "bottom"), pixels).mask
    assert centre(upper)[1] < 0.6 * len(pixels) < 0.85 * len(pixels) < centre(lower)[1]


def test_things_spread_over_a_plain_ground_are_told_apart_and_counted() -> None:
    pixels = photo("coins")
    found = ground(Target("object", "coin"), pixels)
    assert found.count > 20
    assert "things fit 'the coin'" in found.note
    corner = ground(Target("object", "coin", "top right"), pixels).mask
    assert centre(corner)[0] > 0.8 * pixels.shape[1]
    assert centre(corner)[1] < 0.2 * pixels.shape[0]
    assert 0.002 < corner.mean() < 0.02


def test_what_is_in_the_background_is_not_the_main_thing() -> None:
    with pytest.raises(EditRefusedError, match="no dahlia in the background of this photo"):
        ground(Target("object", "dahlia", behind=True), photo("flower")[:380])


def test_a_corner_is_where_two_halves_meet(scene: np.ndarray) -> None:
    mask = ground(Target("photo", place="bottom right"), scene).mask
    assert mask[-20:, -20:].min() == 1
    assert max(mask[:100, -20:].max(), mask[-20:, :100].max()) == 0


def test_a_place_where_the_only_thing_does_not_lie_is_refused() -> None:
    pixels = photo("flower")[:360].copy()
    pixels = np.concatenate([pixels[:, :60][:, ::-1]] * 8 + [pixels], axis=1)
    with pytest.raises(EditRefusedError, match="does not lie on the left"):
        ground(Target("object", "dahlia", "left"), pixels)


def test_flecks_that_verge_on_a_colour_do_not_go_by_it() -> None:
    pixels = photo("coffee")
    red = matching(to_lab(np.float32(pixels / 255)), "red")
    wood = (slice(0, 130), slice(0, 90))
    assert red[wood].mean() < 0.01
    assert red[250:300, 120:180].mean() > 0.8


def test_subject_and_background_make_the_whole(scene: np.ndarray) -> None:
    pixels = photo("flower")
    subject, background = ground(SUBJECT, pixels).mask, ground(BACKGROUND, pixels).mask
    np.testing.assert_allclose(subject + background, 1, atol=1e-6)
    assert subject[150:280, 240:380].mean() > 0.95


def test_a_mark_is_what_the_user_marked(scene: np.ndarray) -> None:
    picture = np.zeros((*scene.shape[:2], 3), np.uint8)
    picture[50:100, 50:100] = 255
    assert (ground(MARKED, scene, mark_of(picture)).mask == picture[..., 0] / 255).all()
    with pytest.raises(EditRefusedError, match="--box, --point or --mask"):
        ground(MARKED, scene)
    with pytest.raises(EditRefusedError, match="400 x 300; they must be of one size"):
        ground(MARKED, scene, np.ones((10, 20), np.float32))
    with pytest.raises(EditRefusedError, match="black everywhere"):
        ground(MARKED, scene, np.zeros(scene.shape[:2], np.float32))


def test_a_name_without_a_model_means_the_subject_and_says_so() -> None:
    found = ground(Target("object", "flower"), photo("flower"))
    assert found.note.startswith("Cannot recognise a flower; took the main thing in the photo.")
    assert (found.mask == ground(SUBJECT, photo("flower")).mask).all()


def test_a_colour_helps_where_a_name_is_unknown(scene: np.ndarray) -> None:
    found = ground(Target("object", "balloon", colour="yellow"), scene)
    assert centre(found.mask) == pytest.approx((200, 230), abs=3)
    assert "went by the colour yellow" in found.note


def test_a_part_of_a_thing_is_never_guessed_to_be_the_subject() -> None:
    with pytest.raises(EditRefusedError, match="cannot find the glasses"):
        ground(Target("object", "glasses"), photo("hopper"))


def test_grass_goes_by_its_colour(scene: np.ndarray) -> None:
    found = ground(Target("object", "grass"), scene)
    assert found.mask[280, 20] > 0.5
    assert found.mask[210, 90] < 0.1
    assert found.note == "Took what is green for the grass."


def test_where_nothing_looks_like_text_the_command_that_gets_a_reader_is_named(
    scene: np.ndarray,
) -> None:
    with pytest.raises(EditRefusedError, match=r"looks like text; .*editthinker models pull"):
        ground(Target("text"), scene)


def test_a_row_of_letters_is_found_without_being_read(scene: np.ndarray) -> None:
    sign = Image.fromarray(scene)
    ImageDraw.Draw(sign).text((120, 40), "MARKET", "white", font(44))
    found = ground(Target("text", "MARKET"), np.array(sign))
    assert centre(found.mask) == pytest.approx((210, 64), abs=20)
    assert found.mask[:150].sum() == found.mask.sum()
    assert "not read" in found.note


def test_of_two_unread_lines_words_cannot_pick_one(scene: np.ndarray) -> None:
    sign = Image.fromarray(scene)
    for y, words in ((10, "MARKET"), (80, "SUNDAY")):
        ImageDraw.Draw(sign).text((120, y), words, "white", font(44))
    pixels = np.array(sign)
    with pytest.raises(EditRefusedError, match="cannot tell which of 2 lines of text says"):
        ground(Target("text", "MARKET"), pixels)
    assert centre(ground(Target("text", "MARKET", "top"), pixels).mask)[1] < 70


def test_a_large_face_is_guessed_and_said_to_be() -> None:
    found = ground(Target("face"), photo("hopper"))
    assert found.mask[200:280, 220:290].mean() > 0.95
    assert found.note.startswith("Guessed a face by skin and eyes")


def test_a_face_is_not_seen_in_everything(scene: np.ndarray) -> None:
    for pixels in (scene, photo("coffee"), photo("cat")):
        with pytest.raises(EditRefusedError, match=r"surely a face; .*editthinker models pull"):
            ground(Target("face"), pixels)


def test_the_same_question_is_answered_once(scene: np.ndarray) -> None:
    target = Target("colour", "yellow")
    assert ground(target, scene).mask is ground(target, scene.copy()).mask


def test_a_transparent_photo_has_its_opaque_part_as_subject() -> None:
    pixels = np.full((60, 60, 4), 200, np.uint8)
    pixels[..., 3] = 0
    pixels[20:40, 20:40, 3] = 255
    assert (ground(SUBJECT, pixels).mask == pixels[..., 3] / 255).all()


def test_a_small_thing_that_is_not_recognised_is_not_taken_for_the_main_thing() -> None:
    with pytest.raises(EditRefusedError, match="cannot find the key in this photo; mark it"):
        ground(Target("object", "key"), photo("flower"))


def test_sky_shows_through_arches_too() -> None:
    pixels = photo("abbey")
    height, width = pixels.shape[:2]
    sky = ground(Target("sky"), pixels).mask
    assert sky[round(0.85 * height), round(0.85 * width)] > 0.9
    assert sky[round(0.9 * height), round(0.3 * width)] < 0.1
