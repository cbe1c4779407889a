"""The E-measure against its definition, pixel by pixel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from u2net.evaluation.measures.alignment import e_measure

PAIRS = hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=9).flatmap(
    lambda shape: st.tuples(hnp.arrays(bool, shape), hnp.arrays(bool, shape))
)


def scored(mask, truth):
    hits, alarms = (np.array([np.count_nonzero(mask & part)]) for part in (truth, ~truth))
    return float(e_measure(hits, alarms, np.count_nonzero(truth), truth.size)[0])


def by_definition(mask, truth):
    """Equations 2 to 5 of Fan et al. (2018): the enhanced alignment matrix, pixel by pixel."""
    if not truth.any():
        aligned = 1 - mask.astype(float)
    elif truth.all():
        aligned = mask.astype(float)
    else:
        ours, theirs = mask - mask.mean(), truth - truth.mean()
        aligned = (2 * ours * theirs / (ours**2 + theirs**2) + 1) ** 2 / 4
    return aligned.sum() / (truth.size - 1)


@given(PAIRS)
def test_e_measure_is_what_its_definition_says(pair):
    assert scored(*pair) == pytest.approx(by_definition(*pair), abs=1e-9)


@given(PAIRS)
def test_the_truth_itself_scores_highest(pair):
    mask, truth = pair
    assert scored(mask, truth) <= scored(truth, truth) + 1e-9
