"""The paper protocol against a transcription of the authors' tool."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from u2net.evaluation.measures.paper import PaperProtocol

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=12)
LEVELS = st.one_of(st.sampled_from([0, 1, 127, 128, 129, 254, 255]), st.integers(0, 255))
PAIRS = SHAPES.flatmap(
    lambda shape: st.tuples(
        hnp.arrays(np.uint8, shape, elements=LEVELS), hnp.arrays(np.uint8, shape, elements=LEVELS)
    )
)


def by_the_tool(pictures):
    """max F, mean F and MAE, step by step as the authors' `measures.py` goes."""
    precisions, recalls, errors = [], [], []
    for saliency, truth in pictures:
        truth1, map1 = (a / (float(a.max()) + 1e-8) for a in (truth, saliency))
        errors.append(np.abs(map1 - truth1).sum() / (truth.size + 1e-8))
        inside, outside = map1[truth1 * 255 > 128] * 255.0, map1[truth1 * 255 <= 128] * 255.0
        hits = np.cumsum(np.flipud(np.histogram(inside, bins=np.arange(0, 256))[0]))
        alarms = np.cumsum(np.flipud(np.histogram(outside, bins=np.arange(0, 256))[0]))
        precisions.append(hits / (hits + alarms + 1e-8))
        recalls.append(hits / (inside.size + 1e-8))
    count = len(errors) + 1e-8
    precision, recall = sum(precisions) / count, sum(recalls) / count
    f = 1.3 * precision * recall / (0.3 * precision + recall + 1e-8)
    return f.max(), f.mean(), sum(errors) / count


def scored(pictures):
    protocol = PaperProtocol()
    for saliency, truth in pictures:
        protocol.update(saliency, truth)
    return protocol


@given(st.lists(PAIRS, min_size=1, max_size=4))
def test_agrees_with_the_authors_tool_on_any_8_bit_pictures(pictures):
    result = scored(pictures).result()
    found = result.max_f, result.mean_f, result.mae
    assert found == pytest.approx(by_the_tool(pictures), abs=1e-12)


@given(
    SHAPES.flatmap(
        lambda shape: st.tuples(
            hnp.arrays(np.float64, shape, elements=st.floats(0, 1)), hnp.arrays(bool, shape)
        )
    )
)
def test_agrees_with_the_authors_tool_on_soft_maps(pair):
    result = scored([pair]).result()
    assert (result.max_f, result.mean_f, result.mae) == pytest.approx(
        by_the_tool([pair]), abs=1e-12
    )


@given(PAIRS, PAIRS)
def test_merged_halves_equal_the_whole(first, second):
    whole, half = scored([first, second]), scored([first])
    half.merge(pickle.loads(pickle.dumps(scored([second]))))
    assert half.images == 2
    np.testing.assert_allclose(half.state, whole.state, atol=1e-12)


@given(PAIRS)
def test_a_summed_state_is_as_good_as_the_pictures(pair):
    one = scored([pair])
    summed = PaperProtocol(one.state + one.state).result()
    assert summed.max_f == pytest.approx(one.result().max_f, abs=1e-7)


def test_the_truth_itself_is_a_perfect_map():
    truth = np.zeros((8, 8), bool)
    truth[2:5, 3:7] = True
    result = scored([(truth * np.uint8(255), truth)]).result()
    assert (result.max_f, result.mae) == pytest.approx((1, 0), abs=1e-7)


def test_truth_of_0_and_1_scores_as_truth_of_0_and_255():
    rng = np.random.default_rng(0)
    saliency, truth = rng.integers(0, 256, (9, 7)), rng.integers(0, 2, (9, 7))
    one, other = scored([(saliency, truth)]).result(), scored([(saliency, truth * 255)]).result()
    assert (one.max_f, one.mae) == pytest.approx((other.max_f, other.mae), abs=1e-7)


@pytest.mark.parametrize("level", [0, 255])
def test_flat_truth_has_a_score(level):
    truth = np.full((4, 4), level, np.uint8)
    result = scored([(truth, truth)]).result()
    assert (result.max_f, result.mae) == pytest.approx((level / 255, 0), abs=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.5])
def test_a_value_that_is_no_saliency_is_refused(bad):
    saliency = np.array([[0.0, bad]])
    with pytest.raises(ValueError, match="below 0 or not finite"):
        PaperProtocol().update(saliency, np.array([[0, 1]]))


def test_planes_of_two_sizes_are_refused():
    with pytest.raises(ValueError, match="one size"):
        PaperProtocol().update(np.zeros((2, 3)), np.zeros((3, 2)))


def test_no_picture_is_no_score():
    with pytest.raises(ValueError, match="no picture"):
        PaperProtocol().result()
