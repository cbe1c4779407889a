"""Properties of the S-measure; its figures are held to PySODMetrics' beside."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from u2net.evaluation.measures.structure import s_measure, similarity

PAIRS = hnp.array_shapes(min_dims=2, max_dims=2, max_side=9).flatmap(
    lambda shape: st.tuples(
        hnp.arrays(np.float64, shape, elements=st.integers(0, 255).map(lambda n: n / 255)),
        hnp.arrays(bool, shape),
    )
)


@given(PAIRS)
def test_s_measure_is_between_0_and_1(pair):
    assert 0 <= s_measure(*pair) <= 1 + 1e-9


@given(hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)))
def test_the_truth_itself_scores_1(truth):
    quarters = s_measure(truth.astype(np.float64), truth)
    assert quarters == pytest.approx(1, abs=1e-6) or min(truth.shape) == 1


@given(PAIRS)
def test_similarity_is_wangs_formula_from_whole_planes(pair):
    saliency, truth = pair
    if truth.size < 2 or np.ptp(saliency) == 0 or np.ptp(truth.astype(int)) == 0:
        return
    x, y = saliency.ravel(), truth.ravel().astype(np.float64)
    matrix = np.cov(x, y)
    luminance = 2 * x.mean() * y.mean() / (x.mean() ** 2 + y.mean() ** 2)
    contrast = 2 * matrix[0, 1] / (matrix[0, 0] + matrix[1, 1])
    assert similarity(saliency, truth) == pytest.approx(luminance * contrast, abs=1e-9)
