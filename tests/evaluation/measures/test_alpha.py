"""The errors of alpha against their definitions, pixel by pixel."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from u2net.evaluation.measures.alpha import BAND, alpha_errors, band
from u2net.evaluation.measures.connectivity import connectivity_errors
from u2net.evaluation.measures.gradient import gradient_errors

LEVELS = st.one_of(st.integers(0, 255), st.sampled_from([0, 255, 51, 128]))
SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=10)
PAIRS = SHAPES.flatmap(lambda shape: st.tuples(*[hnp.arrays(np.uint8, shape, elements=LEVELS)] * 2))


def unit(plane):
    return plane.astype(np.float32) / np.float32(255)


def slope_by_definition(alpha, y, x):
    """The length of the convolution with the two-dimensional filters, each of unit energy."""
    sigma, reach = 1.4, 4
    steps = [(u, v) for u in range(-reach, reach + 1) for v in range(-reach, reach + 1)]
    gauss = {(u, v): math.exp(-(u * u + v * v) / (2 * sigma**2)) for u, v in steps}
    total = []
    for axis in (0, 1):
        kernel = {step: -step[axis] * gauss[step] for step in steps}
        energy = math.sqrt(sum(value**2 for value in kernel.values()))
        height, width = alpha.shape
        total.append(
            sum(
                value
                / energy
                * alpha[min(max(y - u, 0), height - 1), min(max(x - v, 0), width - 1)]
                for (u, v), value in kernel.items()
            )
        )
    return math.hypot(*total)


def largest_by_definition(area):
    """The largest set of pixels that are connected by their sides; of equal ones the topmost."""
    left, best = set(map(tuple, np.argwhere(area).tolist())), set()
    for start in sorted(left):
        if start not in left:
            continue
        part, front = {start}, [start]
        left.discard(start)
        while front:
            y, x = front.pop()
            for step in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if step in left:
                    left.discard(step)
                    part.add(step)
                    front.append(step)
        best = part if len(part) > len(best) else best
    return best


def connectivity_by_definition(alpha, truth):
    level = np.full(alpha.shape, -1.0)
    for n in range(1, 11):
        both = (alpha >= np.float32(n / 10)) & (truth >= np.float32(n / 10))
        omega = largest_by_definition(both)
        for at in np.ndindex(alpha.shape):
            if level[at] == -1 and at not in omega:
                level[at] = (n - 1) / 10
    level[level == -1] = 1
    phi = [1 - (d := plane - level) * (d >= 0.15 - 1e-7) for plane in (alpha, truth)]
    return abs(phi[0] - phi[1])


@given(PAIRS)
def test_gradient_errors_are_what_their_definition_says(pair):
    alpha, truth = map(unit, pair)
    y, x = (side // 2 for side in alpha.shape)
    expected = (slope_by_definition(alpha, y, x) - slope_by_definition(truth, y, x)) ** 2
    assert gradient_errors(alpha, truth)[y, x] == pytest.approx(expected, abs=1e-5)


@given(PAIRS)
def test_connectivity_errors_are_what_their_definition_says(pair):
    alpha, truth = map(unit, pair)
    expected = connectivity_by_definition(alpha, truth)
    np.testing.assert_allclose(connectivity_errors(alpha, truth), expected, atol=1e-6)


@given(SHAPES.flatmap(lambda shape: hnp.arrays(np.uint8, (2, *shape, 4), elements=LEVELS)))
def test_sums_means_and_colours_are_what_their_definitions_say(pair):
    ours, truth = pair
    found, unsure = alpha_errors(ours, truth, coloured=True), band(truth[..., 3])
    sad = mse = colour = weight = mixed = mixed_weight = inside = 0.0
    for at in zip(*np.nonzero(unsure), strict=True):
        (*rgb, alpha), (*true_rgb, true) = ours[at].tolist(), truth[at].tolist()
        sad += abs(alpha - true) / 255
        mse += (alpha - true) ** 2 / 255**2
        inside += 1
        if alpha:
            error = sum(abs(a - b) for a, b in zip(rgb, true_rgb, strict=True)) / 765
            weight += true / 255
            colour += true / 255 * error
            if true < 255:
                mixed_weight += true / 255
                mixed += true / 255 * error
    assert found.band_sad == pytest.approx(sad / 1000, abs=1e-8)
    assert found.band_mse == pytest.approx(mse / inside if inside else 0, abs=1e-6)
    for ours_of, sum_of, weights in (
        (found.band_colour, colour, weight),
        (found.mixed_colour, mixed, mixed_weight),
    ):
        expected = pytest.approx(sum_of / weights, abs=1e-5) if weights else None
        assert ours_of == expected
    apart = unit(ours[..., 3]).astype(float) - unit(truth[..., 3])
    assert found.sad == pytest.approx(abs(apart).sum() / 1000, abs=1e-6)
    assert found.mse == pytest.approx((apart**2).mean(), abs=1e-6)


@given(SHAPES.flatmap(lambda shape: hnp.arrays(np.uint8, shape, elements=LEVELS)))
def test_the_band_reaches_as_far_from_every_edge(alpha):
    reach = max(1, round(BAND * math.hypot(*alpha.shape)))
    height, width = alpha.shape
    edges = []
    for y, x in np.ndindex(alpha.shape):
        near = alpha[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2]
        if near.max() > 0 and near.min() < 255:
            edges.append((y, x))
    expected = [
        [any(math.dist((y, x), edge) <= reach for edge in edges) for x in range(width)]
        for y in range(height)
    ]
    assert (band(alpha) == np.array(expected)).all()


def test_the_truth_itself_has_no_errors(pictures):
    for soft, _ in pictures:
        rgba = np.dstack([soft, soft, soft, soft])
        found = alpha_errors(rgba, rgba, coloured=True)
        assert (found.sad, found.mse, found.connectivity, found.band_colour) == (0, 0, 0, 0)
        assert found.gradient == pytest.approx(0, abs=1e-12)


def test_a_hole_apart_from_the_object_costs_connectivity(pictures):
    _, truth = pictures[0]
    speck = truth.copy()
    speck[0, 0] = 255
    speck = np.dstack([truth, truth, truth, speck])
    rgba = np.dstack([truth, truth, truth, truth])
    assert alpha_errors(speck, rgba, coloured=False).connectivity == pytest.approx(1 / 1000)
