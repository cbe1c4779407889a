"""The figures that deep-learning-for-image-processing prints, on the same maps as ours."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from u2net.evaluation.score import evaluate


def theirs(maps: list[np.ndarray], truths: list[np.ndarray]) -> tuple[float, float]:
    """MAE and maxF1 by their formulas: 255 bins of the map, precision and recall averaged over the
    pictures, and the highest F of the averages."""
    errors, curves = [], []
    for levels, mask in zip(maps, truths, strict=True):
        found, true = (torch.from_numpy(p / 255).float() for p in (levels, mask))
        errors.append(float((found - true).abs().mean()))
        foreground = true > 0.5
        right, wrong = (
            torch.histc(found[part], 255, 0, 1).flip(0).cumsum(0)
            for part in (foreground, ~foreground)
        )
        curves.append((right / (right + wrong + 1e-4), right / (foreground.sum() + 1e-4)))
    precision, recall = (torch.stack(curve).mean(0) for curve in zip(*curves, strict=True))
    f = 1.3 * precision * recall / (0.3 * precision + recall + 1e-8)
    return float(np.mean(errors)), float(f.max())


@given(st.integers(0, 2**32))
def test_mae_and_max_f_are_theirs_on_maps_that_reach_white(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truths = [np.uint8(255) * (rng.random((30, 40)) < rng.uniform(0.1, 0.9)) for _ in range(3)]
    maps = []
    for truth in truths:
        near = np.abs(truth.astype(int) - rng.integers(0, 200, truth.shape)).astype(np.uint8)
        near.flat[0] = 255
        maps.append(near)
    mae, max_f = theirs(maps, truths)
    ours = evaluate(zip(maps, truths, strict=True), "paper").metrics
    assert ours["mae"] == pytest.approx(mae, abs=1e-6)
    assert ours["max_f"] == pytest.approx(max_f, abs=1e-3)
