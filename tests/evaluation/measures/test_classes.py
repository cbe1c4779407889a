"""IoU and Dice of classes against torchmetrics."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchmetrics.functional.classification import (
    multiclass_f1_score,
    multiclass_jaccard_index,
    multilabel_f1_score,
    multilabel_jaccard_index,
)

from u2net.evaluation.measures.classes import ClassScores

NAMES = ("a", "b", "c", "d")
seeds = st.integers(0, 2**32)


def some_numbers(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three pictures, found and true, of some of the classes; some pixels count for nothing."""
    rng = np.random.default_rng(seed)
    among = rng.permutation(4)[: rng.integers(1, 5)]
    found, truth = rng.choice(among, (2, 3, 5, 7)).astype(np.uint8)
    return found, np.where(rng.random(truth.shape) < 0.2, 255, truth).astype(np.uint8)


def scored(found: np.ndarray, truth: np.ndarray, task: str) -> ClassScores:
    scores = ClassScores(NAMES, task)  # type: ignore[arg-type]
    for one in zip(found, truth, strict=True):
        scores.update(*one)
    return scores


@given(seeds)
def test_of_exclusive_classes_they_are_those_of_torchmetrics(seed: int) -> None:
    found, truth = some_numbers(seed)
    ours = scored(found, truth, "multiclass").result()
    theirs = torch.from_numpy(found).long(), torch.from_numpy(truth).long()
    for name, of in (("iou", multiclass_jaccard_index), ("dice", multiclass_f1_score)):
        each = of(*theirs, 4, average="none", ignore_index=255, validate_args=False)
        counted = {n: float(v) for n, v in zip(NAMES, each, strict=True) if f"{name} {n}" in ours}
        for one, value in counted.items():
            assert ours[f"{name} {one}"] == pytest.approx(value, abs=1e-6)
        mean = of(*theirs, 4, average="macro", ignore_index=255, validate_args=False)
        assert ours[name] == pytest.approx(float(mean), abs=1e-6)


@given(seeds)
def test_of_overlapping_classes_too(seed: int) -> None:
    rng = np.random.default_rng(seed)
    found = rng.random((3, 5, 7, 4)) < 0.5
    truth = rng.choice(np.array([0, 127, 128, 255], np.uint8), found.shape)
    ours = scored(found, truth, "multilabel").result()
    flat = [torch.from_numpy(p.reshape(-1, 4)).int() for p in (found, truth >= 128)]
    for name, of in (("iou", multilabel_jaccard_index), ("dice", multilabel_f1_score)):
        each = of(*flat, 4, average="none", validate_args=False)
        assert [ours[f"{name} {n}"] for n in NAMES] == pytest.approx(each.tolist(), abs=1e-6)
        assert ours[name] == pytest.approx(float(each.mean()), abs=1e-6)


def test_a_class_that_is_nowhere_has_no_figure_and_one_that_is_missed_has_zero() -> None:
    found = np.zeros((1, 4, 4), np.uint8)
    truth = found.copy()
    truth[0, 0] = 1
    result = scored(found, truth, "multiclass").result()
    assert result == {
        "iou": (12 / 16) / 2, "dice": (24 / 28) / 2,
        "iou a": 12 / 16, "dice a": 24 / 28, "iou b": 0.0, "dice b": 0.0,
    }  # fmt: skip


@given(seeds)
def test_the_sum_of_states_is_the_score_of_all(seed: int) -> None:
    found, truth = some_numbers(seed)
    parts = [scored(found[:1], truth[:1], "multiclass"), scored(found[1:], truth[1:], "multiclass")]
    summed = ClassScores(NAMES, "multiclass", state=parts[0].state + parts[1].state)
    assert summed.result() == scored(found, truth, "multiclass").result()
