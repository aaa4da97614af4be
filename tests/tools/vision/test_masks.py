import numpy as np

from editthinker.tools.vision.masks import enlarge, fill_holes, first, fit_to_edges, part_of, split


def square(size: int, *boxes: tuple[int, int, int, int]) -> np.ndarray:
    mask = np.zeros((size, size), np.float32)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = 1
    return mask


def test_regions_come_largest_first_and_specks_not_at_all() -> None:
    parts = split(square(100, (5, 5, 30, 30), (40, 40, 90, 90), (95, 2, 96, 3)))
    assert [part.box for part in parts] == [(40, 40, 90, 90), (5, 5, 30, 30)]
    assert split(square(100)) == []


def test_a_place_picks_its_part() -> None:
    parts = split(square(100, (5, 60, 25, 80), (40, 5, 80, 45), (85, 80, 97, 92)), relative=0)
    boxes = {place: first(parts, place).box[0] for place in ("left", "right", "top", "bottom")}
    assert boxes == {"left": 5, "right": 85, "top": 40, "bottom": 85}
    assert first(parts, "smallest").box[0] == 85
    assert first(parts, "largest").box[0] == 40


def test_holes_are_filled_but_bays_and_large_holes_are_not() -> None:
    ring = square(100, (20, 20, 80, 80)) - square(100, (40, 40, 50, 50))
    assert fill_holes(ring)[45, 45] == 1
    assert fill_holes(ring, largest=0.005)[45, 45] == 0
    bay = square(100, (20, 20, 80, 80)) - square(100, (40, 40, 50, 80))
    assert (fill_holes(bay) == bay).all()


def test_a_rough_mask_follows_the_edge_of_the_photo_nearby_only() -> None:
    pixels = np.full((200, 200, 3), 40, np.uint8)
    pixels[:, 100:] = 200
    rough = square(200, (103, 0, 200, 200))
    fitted = fit_to_edges(rough, pixels, 6)
    assert fitted[100, 101] > 0.5
    assert fitted[100, 97] < 0.2
    assert (fitted[:, :80] == 0).all()
    assert (fitted[:, 120:] == 1).all()


def test_an_enlarged_mask_is_empty_far_from_the_rough_one() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    mask = enlarge(square(75, (20, 20, 50, 50))[:, :], pixels[:300, :300])
    assert mask.shape == (300, 300)
    assert mask[120, 120] == 1
    assert (mask[:60] == 0).all()


def test_a_part_knows_its_box_area_and_centre() -> None:
    part = part_of(square(100, (10, 20, 30, 40)))
    assert (part.box, part.area) == ((10, 20, 30, 40), 400)
    assert abs(part.centre[0] - 0.195) < 1e-3
