"""The models themselves, on photos; `make test-pack` pulls them first."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from editthinker.tools.editors.darkroom.grounding import ground
from editthinker.tools.editors.darkroom.region import find_subject
from editthinker.tools.editors.darkroom.target import Target
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.vision.detector import find_objects
from editthinker.tools.vision.faces import find_faces
from editthinker.tools.vision.inpainter import inpaint
from editthinker.tools.vision.reader import read_text
from editthinker.tools.vision.segmenter import segment

PHOTOS = Path(__file__).parents[3] / "tools" / "photos"

pytestmark = [pytest.mark.pack, pytest.mark.xdist_group("pack")]


def photo(name: str) -> np.ndarray:
    return np.array(Image.open(PHOTOS / f"{name}.jpg").convert("RGB"))


def share(mask: np.ndarray, box: tuple[int, int, int, int]) -> float:
    left, top, right, bottom = box
    return float(mask[top:bottom, left:right].sum() / mask.sum())


def test_things_are_recognised_by_name() -> None:
    named = {name: find_objects(photo(name)) or [] for name in ("cat", "coffee", "camera")}
    assert {name: things[0].name for name, things in named.items()} == {
        "cat": "cat",
        "coffee": "cup",
        "camera": "person",
    }


def test_faces_are_found_and_walls_are_not_taken_for_them() -> None:
    ((left, top, right, bottom), _), *others = find_faces(photo("astronaut")) or []
    assert others == []
    assert left < 225 < right
    assert top < 110 < bottom
    assert find_faces(photo("temple")) == []


def test_text_is_read_where_it_stands() -> None:
    pixels = photo("coffee")
    cv2.putText(pixels, "FRESH COFFEE", (30, 60), cv2.FONT_HERSHEY_DUPLEX, 1.2, (255,) * 3, 2)
    (line,) = [line for line in read_text(pixels) or [] if "COFFEE" in line.text.upper()]
    assert line.corners[0][0] < 60
    assert line.corners[2][0] > 250
    mask = ground(Target("text", "coffee"), pixels).mask
    assert mask[45, 260] > 0.5
    assert mask[45, 50] < 0.1
    with pytest.raises(EditRefusedError, match="it reads 'FRESH COFFEE"):
        ground(Target("text", "SALE"), pixels)


def test_a_thing_that_is_seen_faintly_is_found_where_it_lies() -> None:
    found = ground(Target("object", "spoon"), photo("coffee"))
    assert share(found.mask, (300, 60, 440, 345)) > 0.9
    assert found.note.startswith("Not sure that it is a spoon")
    with pytest.raises(EditRefusedError, match="there is no car"):
        ground(Target("object", "car"), photo("temple"))


def test_skin_and_features_are_found_on_faces_only() -> None:
    pixels = photo("hopper")
    skin = ground(Target("object", "skin"), pixels).mask
    assert share(skin, (150, 125, 375, 410)) > 0.95
    eyes = ground(Target("object", "eye", "all"), pixels)
    assert eyes.count == 2
    with pytest.raises(EditRefusedError, match="cannot find the eye"):
        ground(Target("object", "eye"), photo("flower"))


def test_what_text_stands_on_is_found_by_the_text() -> None:
    tag = ground(Target("object", "name tag"), photo("hopper")).mask
    assert share(tag, (70, 470, 180, 530)) > 0.9


def test_a_removed_rocket_leaves_the_sky_and_nothing_else_changes() -> None:
    pixels = photo("rocket")
    segment_ = segment(pixels, box=(300, 120, 350, 427))
    assert segment_.by == "SAM 2"
    assert share(segment_.mask, (295, 115, 355, 427)) > 0.97
    hole = cv2.dilate(segment_.mask, np.ones((15, 15), np.uint8))
    filled = inpaint(pixels, hole)
    assert (filled[hole <= 0.5] == pixels[hole <= 0.5]).all()
    body = filled[160:360, 315:330].mean()
    assert abs(body - pixels[160:360, 270:290].mean()) < 15


def test_words_find_things_that_colour_and_place_do_not() -> None:
    cat = ground(Target("object", "cat"), photo("cat"))
    assert (cat.mask[100:250, 80:300] > 0.9).mean() > 0.95
    assert cat.mask[150:, 430:].mean() < 0.1
    with pytest.raises(EditRefusedError, match="no dog in this photo; it shows cat"):
        ground(Target("object", "dog"), photo("cat"))
    assert find_subject(photo("rocket")).clear


def test_the_whole_pack_stays_under_2_gb() -> None:
    """In a process of its own, so that nothing else counts."""
    code = """
import json, sys
from pathlib import Path
import numpy as np
from PIL import Image
from editthinker.tools.vision.detector import find_objects
from editthinker.tools.vision.faces import find_faces
from editthinker.tools.vision.inpainter import inpaint
from editthinker.tools.vision.reader import read_text
from editthinker.tools.vision.segmenter import segment
image = Image.open(sys.argv[1]).convert("RGB").resize((1180, 850))
pixels = np.array(image)
find_objects(pixels), find_faces(pixels), read_text(pixels)
inpaint(pixels, segment(pixels, point=(600, 400)).mask)
# `ru_maxrss` would count what the process was forked from.
status = Path("/proc/self/status").read_text()
print(json.dumps(int(status.split("VmHWM:")[1].split()[0]) / 1024))
"""
    command = [sys.executable, "-c", code, str(PHOTOS / "coffee.jpg")]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(run.stdout.splitlines()[-1]) < 2048


def test_a_cup_has_its_handle_and_foot_and_not_the_spoon_beside_it() -> None:
    mask = ground(Target("object", "cup"), photo("coffee")).mask
    assert mask[245:295, 205:230].mean() > 0.8  # the handle
    assert mask[255:275, 275:310].mean() > 0.8  # the foot
    assert mask[255:300, 335:390].mean() < 0.1  # the spoon


def test_what_belongs_to_somebody_is_subject_and_what_only_looks_alike_is_not() -> None:
    subject = find_subject(photo("astronaut")).mask
    assert subject[360:480, 320:480].mean() > 0.95  # the helmet, its white rim too
    assert subject[290:330, 430:510].mean() < 0.05  # a black stand behind it
    saucer = find_subject(photo("coffee")).mask
    assert saucer[250:330, 100:500].mean() > 0.7


def test_a_tripod_before_somebody_is_no_background() -> None:
    pixels = photo("camera")
    background = ground(Target("background"), pixels).mask
    assert background[255:300, 290:297].mean() < 0.1
    assert background[145:180, 270:320].mean() < 0.2
    assert background[250:300, 420:500].mean() > 0.95
    assert ground(Target("subject"), pixels).mask[255:300, 290:297].mean() < 0.1


def test_teeth_are_what_is_pale_between_the_lips_of_an_open_mouth() -> None:
    teeth = ground(Target("object", "teeth"), photo("astronaut")).mask
    assert share(teeth, (207, 140, 238, 151)) > 0.9
    assert teeth[144:148, 215:230].mean() > 0.8
    with pytest.raises(EditRefusedError, match="cannot find the teeth"):
        ground(Target("object", "teeth"), photo("hopper"))


def test_a_lamp_stands_on_something_and_a_shade_does_not() -> None:
    pixels = photo("mug")
    lamp, shade = (ground(Target("object", name), pixels).mask for name in ("lamp", "lampshade"))
    assert lamp[105:135, 235:245].mean() > 0.9
    assert shade[105:135, 235:245].mean() < 0.1
    assert lamp[150:].mean() < 0.01


def test_a_hat_is_not_taken_for_hair() -> None:
    hair = ground(Target("object", "hair"), photo("astronaut")).mask
    assert hair[20:55, 190:260].mean() > 0.9
    assert ground(Target("object", "hair"), photo("camera")).mask.mean() > 0.01
    with pytest.raises(EditRefusedError, match="cannot find the hair"):
        ground(Target("object", "hair"), photo("hopper"))
    assert ground(Target("object", "hat"), photo("hopper")).mask[60:130, 200:330].mean() > 0.8
