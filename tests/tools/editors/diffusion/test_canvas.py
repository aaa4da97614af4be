import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from editthinker.tools.editors.diffusion.canvas import SizePolicy, fit_canvas

SIDES = st.tuples(st.integers(8, 6000), st.integers(8, 6000)).filter(
    lambda size: max(size) <= 4 * min(size)
)
POLICIES = st.builds(
    SizePolicy,
    area=st.sampled_from([512 * 512, 1024 * 1024, 1328 * 1328]),
    multiple=st.sampled_from([8, 16, 32]),
    enlarges=st.booleans(),
    rounding=st.sampled_from(["nearest", "up"]),
)


@given(SIDES, POLICIES)
def test_a_canvas_suits_the_model_and_keeps_the_shape(
    source: tuple[int, int], policy: SizePolicy
) -> None:
    canvas = fit_canvas(source, policy)
    assert all(side % policy.multiple == 0 for side in canvas.size)
    assert all(canvas.inner[i] <= canvas.size[i] for i in (0, 1))
    scales = [canvas.inner[i] / source[i] for i in (0, 1)]
    assert abs(scales[0] - scales[1]) <= 1 / min(source)
    if min(source) >= 64:
        assert all(canvas.size[i] - canvas.inner[i] <= 4 * policy.multiple for i in (0, 1))


@given(SIDES)
def test_a_source_that_is_not_enlarged_keeps_its_pixels(source: tuple[int, int]) -> None:
    policy = SizePolicy(enlarges=False)
    canvas = fit_canvas(source, policy)
    if source[0] * source[1] <= policy.area:
        assert canvas.inner == source
        assert all(canvas.size[i] - source[i] < 16 for i in (0, 1))
    else:
        assert canvas.size[0] * canvas.size[1] < 1.2 * policy.area


@given(st.tuples(st.integers(1, 6000), st.integers(1, 6000)))
def test_what_is_too_narrow_for_the_model_is_padded(source: tuple[int, int]) -> None:
    canvas = fit_canvas(source, SizePolicy(enlarges=False, least_side=64, most_ratio=8))
    assert min(canvas.size) >= 64
    assert max(canvas.size) <= 8 * min(canvas.size)
    assert all(canvas.inner[i] <= canvas.size[i] for i in (0, 1))


def test_there_and_back_is_the_same_picture() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (50, 70, 3), np.uint8)
    canvas = fit_canvas((70, 50), SizePolicy(enlarges=False))
    placed = canvas.place(pixels)
    assert placed.size == canvas.size == (80, 64)
    assert (np.asarray(placed)[50:, :70] == pixels[49]).all()
    assert np.array_equal(np.asarray(canvas.take_back(placed)), pixels)


def test_scaled_there_and_back_nothing_moves() -> None:
    pixels = np.zeros((300, 400, 3), np.uint8)
    pixels[100:200, 100:200] = 255
    canvas = fit_canvas((400, 300), SizePolicy(area=512 * 512, multiple=32))
    back = np.asarray(canvas.take_back(canvas.place(pixels)))
    assert back.shape == pixels.shape
    assert np.abs(back.astype(int) - pixels).mean() < 2
