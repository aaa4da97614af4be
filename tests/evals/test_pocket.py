"""The pocket benchmark measures what was asked, where, and how much."""

from functools import cache

import numpy as np
import pytest

from editthinker.evals.benchmarks.base import Evidence, Sample
from editthinker.evals.benchmarks.pocket import Pocket
from editthinker.tools.images import Picture, Pixels


@cache
def samples() -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for sample in Pocket().load(None):
        found.setdefault(sample.instruction, []).append(sample)
    return found


def source(sample: Sample) -> Picture:
    return Picture.from_bytes(sample.images[0].read())


def score(instruction: str, edit: "Edit") -> dict[str, float]:
    sample = samples()[instruction][0]
    before = source(sample)
    after = edit(before.pixels.astype(np.float32))
    edited = Picture.from_pixels(np.clip(after, 0, 255).astype(np.uint8))
    return Pocket().measure(sample, Evidence((before,), edited))


class Edit:
    """Adds and multiplies."""

    def __init__(self, gain: float = 1.0, offset: tuple[float, float, float] = (0, 0, 0)) -> None:
        self.gain, self.offset = gain, offset

    def __call__(self, pixels: Pixels) -> Pixels:
        return pixels * self.gain + np.array(self.offset)  # type: ignore[no-any-return]


class Turn:
    """Turns the picture."""

    def __init__(self, quarters: int) -> None:
        self.quarters = quarters

    def __call__(self, pixels: Pixels) -> Pixels:
        return np.rot90(pixels, self.quarters)


def test_there_are_about_300_samples_with_keys_of_their_own() -> None:
    everything = [sample for group in samples().values() for sample in group]
    assert 280 <= len(everything) <= 320
    assert len({sample.key for sample in everything}) == len(everything)
    assert sum(Pocket.sizes.values()) == len(everything)
    assert len(Pocket.sizes) >= 8


def test_no_edit_is_no_success() -> None:
    worst = []
    for group in samples().values():
        for sample in group[:1]:
            before = source(sample)
            worst.append(Pocket().measure(sample, Evidence((before,), before))["semantics"])
    assert np.mean(worst) < 1
    assert max(worst) < 4


@pytest.mark.parametrize("gain", [1.25, 1.4])
def test_brighter_within_the_band_is_full_success(gain: float) -> None:
    assert score("make it brighter", Edit(gain))["semantics"] > 8.5


def test_the_wrong_way_or_far_too_much_is_none() -> None:
    assert score("make it brighter", Edit(0.7))["semantics"] == 0
    too_much = score("slightly brighten the photo", Edit(3))
    assert too_much["semantics"] < 5
    assert too_much["quality"] < 8


def test_an_unasked_change_costs_preservation() -> None:
    tinted = score("make it brighter", Edit(1.3, (60, 0, -60)))
    assert tinted["semantics"] < 3 < score("make it brighter", Edit(1.3))["semantics"]


def test_a_turn_has_a_direction() -> None:
    assert score("rotate it 90 degrees clockwise", Turn(-1))["semantics"] == pytest.approx(10)
    assert score("rotate it 90 degrees clockwise", Turn(1))["semantics"] < 2


def test_the_place_of_an_edit_counts() -> None:
    assert score("blur the background", Edit(1.0))["semantics"] == 0
    assert score("darken the background", Edit(0.6))["semantics"] < 3


def test_another_size_of_the_same_shape_is_no_fault() -> None:
    half = score("make it brighter", lambda pixels: Edit(1.3)(pixels)[::2, ::2])  # type: ignore[arg-type]
    assert half["semantics"] > 6


def test_targets_are_not_in_the_words() -> None:
    for group in samples().values():
        for sample in group:
            assert not any(str(n) in sample.instruction for n in (27, 0.15, 1.25))
            assert sample.hidden.targets
