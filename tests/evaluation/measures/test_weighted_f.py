"""The weighted F against its definition, pixel by pixel."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from u2net.evaluation.measures.weighted_f import weighted_f

PAIRS = hnp.array_shapes(min_dims=2, max_dims=2, max_side=9).flatmap(
    lambda shape: st.tuples(
        hnp.arrays(np.float64, shape, elements=st.floats(0, 1)), hnp.arrays(bool, shape)
    )
)


def by_definition(error, truth):
    """The formulas of Margolin et al. (2014), section 4, as loops."""
    height, width = truth.shape
    inside = [(x, y) for y in range(height) for x in range(width) if truth[y, x]]
    if not inside:
        return 0.0
    spread, distance = error.copy(), np.zeros(truth.shape)
    for y in range(height):
        for x in range(width):
            length, near_x, near_y = min((math.dist((x, y), p), *p) for p in inside)
            spread[y, x], distance[y, x] = error[near_y, near_x], length
    kernel = {
        (dy, dx): math.exp(-(dx * dx + dy * dy) / 50) for dy in range(-3, 4) for dx in range(-3, 4)
    }
    total, weighted = sum(kernel.values()), np.empty(truth.shape)
    for y in range(height):
        for x in range(width):
            smooth = sum(
                weight / total * spread[y + dy, x + dx]
                for (dy, dx), weight in kernel.items()
                if 0 <= y + dy < height and 0 <= x + dx < width
            )
            importance = 2 - 0.5 ** (distance[y, x] / 5)
            weighted[y, x] = min(error[y, x], smooth) if truth[y, x] else error[y, x] * importance
    hit = len(inside) - weighted[truth].sum()
    recall, precision = hit / len(inside), hit / max(hit + weighted[~truth].sum(), 1e-300)
    return 2 * recall * precision / (recall + precision) if recall + precision else 0.0


@settings(max_examples=80)
@given(PAIRS)
def test_weighted_f_is_what_its_definition_says(pair):
    assert weighted_f(*pair) == pytest.approx(by_definition(*pair), abs=1e-9)


@given(PAIRS, st.floats(0, 1))
def test_less_error_everywhere_scores_no_lower(pair, factor):
    error, truth = pair
    assert weighted_f(error * factor, truth) >= weighted_f(error, truth) - 1e-9


def test_a_false_alarm_far_from_the_object_weighs_more_than_one_beside_it():
    truth = np.zeros((60, 60), bool)
    truth[5:15, 5:15] = True
    beside, far = np.zeros((2, 60, 60))
    beside[5:15, 15], far[5:15, 55] = 1, 1
    assert weighted_f(far, truth) < weighted_f(beside, truth) < 1
