"""Comparing two models."""

import numpy as np
import pytest

from u2net.errors import EvaluationError
from u2net.evaluation.comparison import compare, drawn
from u2net.evaluation.measures.vector import figures, measure


@pytest.fixture(scope="module")
def vectors(pictures):
    """Stem -> vector, of twenty pictures."""
    rng = np.random.default_rng(1)
    found = {}
    for number in range(20):
        saliency, truth = pictures[number % len(pictures)]
        noisy = saliency * 0.9 + rng.uniform(0, 10, saliency.shape)
        found[f"{number:02}"] = measure(noisy.astype(np.uint8), truth)[0]
    return found


@pytest.fixture(scope="module")
def worse(pictures):
    """The same pictures with half of each map cut away."""
    found = {}
    for number in range(20):
        saliency, truth = pictures[number % len(pictures)]
        cut = saliency.copy()
        cut[:, 40:] = 0
        found[f"{number:02}"] = measure(cut, truth)[0]
    return found


def test_a_model_is_within_noise_of_itself(vectors):
    found = compare(vectors, vectors, "paper")
    assert {d.verdict for d in found.differences} == {"within noise"}
    assert {d.difference for d in found.differences} == {0}


@pytest.mark.parametrize("protocol", ["paper", "pysodmetrics"])
def test_a_model_that_lost_half_of_each_object_is_worse_by_more_than_noise(
    vectors, worse, protocol
):
    found = {d.measure: d for d in compare(worse, vectors, protocol).differences}
    assert found["max_f"].high < 0
    assert found["weighted_f"].verdict == "more than noise"
    assert all(d.low <= d.difference <= d.high for d in found.values())


def test_figures_are_those_of_the_whole_set(vectors, worse):
    found = compare(vectors, worse, "paper")
    whole = figures(np.sum(list(vectors.values()), axis=0), "paper")
    assert {d.measure: d.ours for d in found.differences} == pytest.approx(
        {d.measure: whole[d.measure] for d in found.differences}
    )


def test_the_interval_of_a_mean_is_that_of_the_textbook(vectors):
    rows = np.stack(list(vectors.values()))
    alone = [figures(row, "paper")["mae"] for row in rows]
    spread = drawn(rows, "paper")[:, 1].std()
    assert spread == pytest.approx(np.std(alone) / np.sqrt(len(alone)), rel=0.1)


def test_the_same_maps_give_the_same_interval(vectors, worse):
    assert compare(vectors, worse, "paper") == compare(vectors, worse, "paper")


def test_pictures_farthest_apart_come_first(vectors, worse):
    gaps = [abs(gap) for _, gap in compare(vectors, worse, "paper").apart]
    assert gaps == sorted(gaps, reverse=True)


def test_only_common_pictures_are_compared(vectors):
    part = {stem: vectors[stem] for stem in sorted(vectors)[:5]}
    assert compare(vectors, part, "paper").images == 5
    with pytest.raises(EvaluationError, match="too few"):
        compare(vectors, {}, "paper")
