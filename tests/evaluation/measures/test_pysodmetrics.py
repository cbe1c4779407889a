"""Every measure against PySODMetrics, called as its readme says, on any pictures."""

import warnings

import cv2
import numpy as np
import py_sod_metrics as sod
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from u2net.evaluation.measures.pysodmetrics import sod_figures

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=12)
MAPS = {
    "any": st.integers(0, 255),
    "binary": st.sampled_from([0, 255]),
    "few": st.sampled_from([0, 3, 128, 255]),
}
PAIRS = st.tuples(SHAPES, st.sampled_from(sorted(MAPS))).flatmap(
    lambda given: st.tuples(
        hnp.arrays(np.uint8, given[0], elements=MAPS[given[1]]), hnp.arrays(bool, given[0])
    )
)


def theirs(saliency, truth):
    """What PySODMetrics says of one picture; its S-measure may be NaN."""
    handlers = {
        "f": sod.FmeasureHandler(with_dynamic=True, with_adaptive=True),
        "precision": sod.PrecisionHandler(with_dynamic=True, with_adaptive=False),
        "recall": sod.RecallHandler(with_dynamic=True, with_adaptive=False),
    }
    f, mae, weighted = sod.FmeasureV2(handlers), sod.MAE(), sod.WeightedFmeasure()
    s, e = sod.Smeasure(), sod.Emeasure()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the mean of no pixels
        for metric in (f, mae, weighted, s, e):
            metric.step(saliency, truth * np.uint8(255))
    curves = {f"{name}_curve": handler.dynamic_results[0] for name, handler in handlers.items()}
    return curves | {
        "mae": mae.maes[0],
        "adaptive_f": handlers["f"].adaptive_results[0],
        "weighted_f": weighted.weighted_fms[0],
        "s_measure": s.sms[0],
        "e_curve": e.changeable_ems[0],
        "adaptive_e": e.adaptive_ems[0],
    }


def check(saliency, truth):
    found, expected = sod_figures(saliency, truth), theirs(saliency, truth)
    if np.isnan(expected["s_measure"]):  # a quarter without pixels
        assert 0 <= found["s_measure"] <= 1
        expected["s_measure"] = found["s_measure"]
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=0, atol=1e-9, err_msg=name)


@settings(max_examples=300)
@given(PAIRS)
def test_every_measure_of_any_picture_is_theirs(pair):
    check(*pair)


@settings(max_examples=50)
@given(PAIRS, st.sampled_from([0, 1, 77, 255]), st.booleans())
def test_empty_and_full_truths_and_flat_maps_score_as_theirs(pair, level, full):
    saliency, truth = pair
    flat = np.full_like(saliency, level)
    check(flat, truth)
    for plane in (saliency, flat):
        check(plane, np.full_like(truth, full))


@settings(max_examples=50)
@given(
    SHAPES.flatmap(
        lambda shape: st.tuples(
            hnp.arrays(np.float64, shape, elements=st.floats(0, 255)), hnp.arrays(bool, shape)
        )
    )
)
def test_soft_maps_score_as_theirs(pair):
    saliency, truth = pair
    assume(saliency.max() == saliency.min() or np.ptp(saliency) > 1e-9)
    check(saliency, truth)


@pytest.fixture(params=[1, 2], ids=["one thread", "two threads"])
def threads(request):
    """OpenCV computes distances by other code when it may use threads."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(request.param)
    yield
    cv2.setNumThreads(before)


@pytest.mark.parametrize("kind", ["grid", "discs", "noise", "corners"])
def test_the_nearest_of_equally_near_pixels_is_theirs(threads, kind):
    rng = np.random.default_rng(3)
    truth = np.zeros((220, 260), bool)
    if kind == "grid":
        truth[::5, ::4] = True
    elif kind == "noise":
        truth = rng.random(truth.shape) < 0.05
    elif kind == "corners":
        truth[[0, 0, -1, -1], [0, -1, 0, -1]] = True
    else:
        y, x = np.mgrid[:220, :260]
        for centre in ((40, 60), (41, 140), (150, 30), (160, 220)):
            truth |= np.hypot(y - centre[0], x - centre[1]) < 25
    check(rng.integers(0, 256, truth.shape).astype(np.uint8), truth)


@pytest.mark.parametrize("shape", [(3, 6500), (6500, 3), (9, 2049)])
def test_long_pictures_score_as_theirs(threads, shape):
    rng = np.random.default_rng(5)
    truth = rng.random(shape) < 0.003
    check(rng.integers(0, 256, shape).astype(np.uint8), truth)
