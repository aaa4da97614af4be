import numpy as np
import pytest

from editthinker.tools.editors.darkroom.parse import parse
from editthinker.tools.editors.darkroom.rows import pick
from editthinker.tools.editors.darkroom.target import Target
from editthinker.tools.errors import EditRefusedError
from editthinker.tools.vision.masks import Part, part_of


def spots() -> list[Part]:
    """Two rows of three spots, a little uneven, in no order."""
    parts = []
    for x, y in [(50, 12), (10, 10), (30, 8), (30, 40), (52, 43), (11, 41)]:
        mask = np.zeros((60, 64), np.float32)
        mask[y : y + 8, x : x + 8] = 1
        parts.append(part_of(mask))
    return parts


def left(part: Part) -> int:
    return part.box[0]


@pytest.mark.parametrize(
    ("row", "number", "lefts"),
    [(1, 2, [30]), (1, -1, [50]), (-1, 1, [11]), (2, -2, [30]), (-1, 0, [11, 30, 52])],
)
def test_picks_by_row_and_number_from_the_left(row: int, number: int, lefts: list[int]) -> None:
    found = pick(spots(), Target("object", "coin", row=row, number=number))
    assert [left(part) for part in found] == lefts


@pytest.mark.parametrize(("row", "number"), [(3, 1), (1, 4), (0, -9)])
def test_refuses_a_row_or_a_number_that_is_not_there(row: int, number: int) -> None:
    with pytest.raises(EditRefusedError):
        pick(spots(), Target("object", "coin", row=row, number=number))


@pytest.mark.parametrize("number", [1, 2, 5, -1, -2, -4])
@pytest.mark.parametrize("row", [1, 2, 3, -1])
def test_a_target_in_a_row_reads_its_own_phrase(row: int, number: int) -> None:
    target = Target("object", "coin", row=row, number=number)
    (step,) = parse(f"remove {target.phrase()}").steps
    assert step.region == target


@pytest.mark.parametrize("number", [1, 3, -1, -2])
def test_a_number_without_a_row_is_counted_from_a_side(number: int) -> None:
    target = Target("object", "person", number=number)
    (step,) = parse(f"remove {target.phrase()}").steps
    assert step.region == target


def test_the_last_without_a_row_or_a_side_is_not_guessed() -> None:
    assert parse("remove the last coin").unknown
    assert parse("remove the second coin").unknown
