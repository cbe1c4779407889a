"""IoU, Dice, balanced error, precision and recall against PySODMetrics."""

from dataclasses import asdict

import numpy as np
import py_sod_metrics as sod
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from u2net.evaluation.measures.overlap import overlap

PAIRS = hnp.array_shapes(min_dims=2, max_dims=2, max_side=9).flatmap(
    lambda shape: st.tuples(hnp.arrays(bool, shape), hnp.arrays(bool, shape))
)
HANDLERS = {
    "iou": sod.IOUHandler,
    "dice": sod.DICEHandler,
    "ber": sod.BERHandler,
    "precision": sod.PrecisionHandler,
    "recall": sod.RecallHandler,
}


@given(PAIRS)
def test_every_measure_is_theirs_empty_and_full_planes_too(pair):
    mask, truth = pair
    handlers = {name: make(False, False, with_binary=True) for name, make in HANDLERS.items()}
    sod.FmeasureV2(handlers).step(mask.astype(np.float64), truth, normalize=False)
    expected = {name: float(handler.binary_results[0]) for name, handler in handlers.items()}
    assert asdict(overlap(mask, truth)) == pytest.approx(expected, abs=1e-12)


@given(PAIRS)
def test_dice_follows_from_iou(pair):
    found = overlap(*pair)
    assert found.dice == pytest.approx(2 * found.iou / (1 + found.iou))
    assert 0 <= found.iou <= min(found.precision, found.recall) + 1e-12 <= 1 + 1e-12
