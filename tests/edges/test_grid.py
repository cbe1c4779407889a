"""Cells: means of pixels, and back without a seam."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from u2net.edges.grid import grown, shrunk, step_for
from u2net.edges.strips import strips

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=40)
STEPS = st.sampled_from([1, 2, 4, 8])


@settings(deadline=None)
@given(SHAPES, STEPS, st.booleans(), st.integers(0, 99))
def test_a_cell_is_the_mean_of_its_pixels_as_far_as_there_are_any(
    shape: tuple[int, int], step: int, coloured: bool, seed: int
) -> None:
    pixels = np.random.default_rng(seed).random((*shape, 3) if coloured else shape, np.float32)
    cells = shrunk(pixels, step)
    assert cells.shape[:2] == tuple(-(-side // step) for side in shape)
    for row, column in np.ndindex(cells.shape[:2]):
        there = pixels[row * step : (row + 1) * step, column * step : (column + 1) * step]
        low, high = there.min(axis=(0, 1)), there.max(axis=(0, 1))
        assert (low <= cells[row, column] + 1e-6).all()
        assert (cells[row, column] <= high + 1e-6).all()
        if there.shape[:2] == (step, step):
            np.testing.assert_allclose(cells[row, column], there.mean(axis=(0, 1)), atol=1e-6)


@settings(deadline=None)
@given(SHAPES, STEPS, st.booleans(), st.data())
def test_a_part_enlarged_is_that_part_of_the_whole_enlarged(
    shape: tuple[int, int], step: int, coloured: bool, data: st.DataObject
) -> None:
    several = (*shape, 3) if coloured else shape
    cells = np.random.default_rng(0).uniform(0, 255, several).astype(np.float32)
    height, width = (side * step for side in shape)
    whole = grown(cells, step, (slice(0, height), slice(0, width)))
    ends = [sorted(data.draw(st.tuples(*[st.integers(0, side)] * 2))) for side in shape]
    inside = tuple(slice(first * step, (last + 1) * step) for first, last in ends)
    inside = tuple(
        slice(s.start, min(s.stop, end)) for s, end in zip(inside, (height, width), strict=True)
    )
    if all(s.start < s.stop for s in inside):
        assert (grown(cells, step, inside) == whole[inside]).all()


def test_an_even_slope_stays_one() -> None:
    cells = np.arange(10, dtype=np.float32)[None].repeat(3, 0)
    line = grown(cells, 4, (slice(4, 8), slice(0, 40)))[0]
    assert np.diff(line[2:-2]) == pytest.approx(0.25)
    assert line[5] == pytest.approx(0.875)  # a cell's value is that of its middle


def test_cells_are_as_wide_as_those_of_the_map_or_nearly() -> None:
    assert step_for((2000, 3000), (320, 320)) == 8
    assert step_for((300, 400), (320, 320)) == 1
    assert step_for((1, 1), (320, 320)) == 1
    assert step_for((4000, 6000), (320, 320)) == 16


@settings(deadline=None)
@given(SHAPES.flatmap(lambda shape: hnp.arrays(bool, shape)), STEPS, st.sampled_from([8, 16, 128]))
def test_strips_hold_every_cell_that_matters_and_its_neighbours_once(
    cells: np.ndarray, step: int, lines: int
) -> None:
    height, width = (side * step - step // 2 for side in cells.shape)
    seen = np.zeros((height, width), int)
    for inside in strips(cells, step, (height, width), lines=lines):
        assert inside[0].start % step == inside[1].start % step == 0
        seen[inside] += 1
    near = np.zeros(np.add(cells.shape, 2), bool)
    for down in range(3):
        for across in range(3):
            near[down : down + cells.shape[0], across : across + cells.shape[1]] |= cells
    wanted = near[1:-1, 1:-1].repeat(step, 0).repeat(step, 1)[:height, :width]
    assert seen.max(initial=0) <= 1
    assert seen[wanted].all()
