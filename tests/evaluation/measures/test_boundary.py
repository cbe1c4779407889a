"""Boundary measures against their definitions, pixel by pixel."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from u2net.evaluation.measures.boundary import boundary_iou, relaxed_boundary_f


@st.composite
def planes(draw):
    """Two planes of one size with shapes in them, not only noise."""
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=2, max_side=14))
    both = []
    for _ in range(2):
        plane = draw(hnp.arrays(bool, shape)) if draw(st.booleans()) else np.zeros(shape, bool)
        for _ in range(draw(st.integers(0, 2))):
            top, left = (draw(st.integers(0, side - 1)) for side in shape)
            plane[top : top + draw(st.integers(1, 9)), left : left + draw(st.integers(1, 9))] ^= (
                True
            )
        both.append(plane)
    return both


def boundary_pixels(plane):
    """Foreground with a background pixel among its neighbours inside the picture."""
    return {
        (y, x)
        for y, x in zip(*np.nonzero(plane), strict=True)
        if not plane[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].all()
    }


def relaxed_by_definition(mask, truth):
    ours, theirs = boundary_pixels(mask), boundary_pixels(truth)
    if not ours or not theirs:
        return 1.0 if (mask == truth).all() else 0.0
    precision = sum(any(math.dist(p, q) <= 3 for q in theirs) for p in ours) / len(ours)
    recall = sum(any(math.dist(p, q) <= 3 for q in ours) for p in theirs) / len(theirs)
    return 1.3 * precision * recall / (0.3 * precision + recall) if precision + recall else 0.0


def band_by_definition(plane):
    depth = max(1, round(0.02 * math.hypot(*plane.shape)))
    wide = np.pad(plane, depth)
    return {
        (y, x)
        for y, x in zip(*np.nonzero(plane), strict=True)
        if not wide[y : y + 2 * depth + 1, x : x + 2 * depth + 1].all()
    }


@given(planes())
def test_relaxed_boundary_f_is_what_its_definition_says(pair):
    assert relaxed_boundary_f(*pair) == pytest.approx(relaxed_by_definition(*pair), abs=1e-12)


@given(planes())
def test_boundary_iou_is_what_its_definition_says(pair):
    ours, theirs = map(band_by_definition, pair)
    expected = len(ours & theirs) / len(ours | theirs) if ours | theirs else 1.0
    assert boundary_iou(*pair) == pytest.approx(expected, abs=1e-12)


def test_boundary_iou_of_a_wide_picture_has_a_deep_band():
    mask, truth = np.zeros((2, 90, 140), bool)
    mask[20:70, 30:100], truth[24:80, 30:96] = True, True
    ours, theirs = map(band_by_definition, (mask, truth))
    assert boundary_iou(mask, truth) == pytest.approx(len(ours & theirs) / len(ours | theirs))


@pytest.mark.parametrize(("offset", "score"), [(0, 1), (3, 1), (20, 0)])
def test_three_pixels_off_is_forgiven_and_more_is_not(offset, score):
    mask, truth = np.zeros((2, 60, 60), bool)
    truth[10:20, 10:20] = True
    mask[10:20, 10 + offset : 20 + offset] = True
    assert relaxed_boundary_f(mask, truth) == score


@pytest.mark.parametrize("measure", [relaxed_boundary_f, boundary_iou])
@pytest.mark.parametrize("level", [False, True])
def test_flat_planes_score_1_when_equal_and_0_when_not(measure, level):
    flat = np.full((12, 12), level)
    other = np.zeros((12, 12), bool)
    other[5, 5] = True
    assert measure(flat, flat) == 1
    assert measure(other, flat) == 0
