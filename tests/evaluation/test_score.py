"""Scores of a set: equality with PySODMetrics, and what is defined at the edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from u2net.errors import EvaluationError
from u2net.evaluation import PaperProtocol, evaluate
from u2net.evaluation.score import Tally
from u2net.evaluation.workers import Outcome


def test_every_figure_of_pysodmetrics_is_reproduced(pictures, directly):
    found, expected = evaluate(pictures, protocol="pysodmetrics").metrics, directly(pictures)
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-12)


def test_the_paper_protocol_changes_f_and_mae_and_nothing_else(pictures):
    paper = evaluate(pictures).metrics
    other = evaluate(pictures, protocol="pysodmetrics").metrics
    protocol = PaperProtocol()
    for pair in pictures:
        protocol.update(*pair)
    expected = protocol.result()
    assert paper["max_f"] == pytest.approx(expected.max_f, abs=1e-12)
    assert paper["mae"] == pytest.approx(expected.mae, abs=1e-12)
    changed = {name for name in paper if paper[name] != other[name]}
    assert changed == {"max_f", "mean_f", "mae"}


@settings(max_examples=50)
@given(
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=9).flatmap(
        lambda shape: st.tuples(
            hnp.arrays(np.uint8, shape),
            hnp.arrays(np.uint8, shape, elements=st.sampled_from([0, 255])),
        )
    )
)
def test_every_figure_of_every_picture_is_between_0_and_1(pair):
    metrics = evaluate([pair]).metrics
    assert all(-1e-9 <= value <= 1 + 1e-6 for name, value in metrics.items() if name[0] != "e")
    assert all(np.isfinite(value) for value in metrics.values())


def test_the_truth_itself_scores_full_marks(pictures):
    metrics = evaluate([(truth, truth) for _, truth in pictures]).metrics
    assert [metrics.pop(name) for name in ("mae", "ber")] == pytest.approx([0, 0], abs=1e-6)
    assert [metrics.pop(name) for name in ("mean_f", "e_measure_mean")] == pytest.approx(
        [1, 1], abs=0.01
    )
    assert list(metrics.values()) == pytest.approx([1] * len(metrics), abs=1e-3)


@pytest.mark.parametrize(
    ("form", "note"),
    [
        (lambda truth: truth > 0, None),
        (lambda truth: truth // 255, "read as 0 and 255"),
        (lambda truth: truth.astype(np.uint16) * 257, None),
        (lambda truth: truth / 255, None),
        (lambda truth: truth // 255 * np.uint8(38), "read as 0 and 255"),
    ],
    ids=["bool", "0 and 1", "16 bits", "floats", "dark palette"],
)
def test_a_truth_scores_the_same_in_every_form(pictures, form, note):
    plain = evaluate(pictures, protocol="pysodmetrics")
    other = evaluate([(m, form(t)) for m, t in pictures], protocol="pysodmetrics")
    assert other.metrics == plain.metrics
    assert any(note in found for found in other.notes) if note else not other.notes


@pytest.mark.parametrize(
    "form",
    [
        lambda m: m.astype(np.uint16) * 257,
        lambda m: m / 255,
        lambda m: m.astype(float),
        lambda m: m.astype(int),
    ],
    ids=["16 bits", "0…1", "floats 0…255", "integers"],
)
def test_a_map_scores_the_same_in_every_form(pictures, form):
    plain, other = evaluate(pictures).metrics, evaluate([(form(m), t) for m, t in pictures]).metrics
    assert other == pytest.approx(plain, abs=1e-6)


def test_a_map_of_another_size_is_resized_and_said_so(pictures):
    large = [(m.repeat(2, 0).repeat(2, 1), t) for m, t in pictures]
    scores = evaluate(large)
    assert scores.notes == {"map resized to the truth's size": len(pictures)}
    assert scores.metrics["max_f"] == pytest.approx(evaluate(pictures).metrics["max_f"], abs=0.01)


def test_a_truth_without_foreground_is_scored_and_said_so():
    empty, flat = np.zeros((8, 9), np.uint8), np.full((8, 9), 255, np.uint8)
    right, wrong = evaluate([(empty, empty)]), evaluate([(flat, empty)])
    assert right.notes == {"truth without foreground": 1}
    assert (right.metrics["mae"], wrong.metrics["mae"]) == pytest.approx((0, 1), abs=1e-6)
    assert (right.metrics["max_f"], right.metrics["weighted_f"]) == (0, 0)
    assert (right.metrics["relaxed_boundary_f"], wrong.metrics["relaxed_boundary_f"]) == (1, 0)


def test_a_truth_without_background_is_scored():
    full, soft = np.full((8, 9), 255, np.uint8), np.full((8, 9), 100, np.uint8)
    soft[0, 0], soft[0, 1] = 0, 255
    right, wrong = evaluate([(full, full)]).metrics, evaluate([(soft, full)]).metrics
    assert (right["max_f"], right["s_measure"], right["relaxed_boundary_f"]) == pytest.approx(
        (1, 1, 1), abs=1e-6
    )
    assert wrong["s_measure"] == pytest.approx(1 - wrong["mae"], abs=1e-6)
    assert wrong["relaxed_boundary_f"] == 0


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.full((4, 4), np.nan), "not finite"),
        (np.full((4, 4), -1.0), "below 0"),
        (np.full((4, 4), 300.0), "0…255 was expected"),
        (np.full((4, 4), 70000), "0…65535 was expected"),
        (np.zeros((4, 4, 3)), "no plane"),
        (np.zeros((0, 4)), "no plane"),
        (np.zeros((4, 4), complex), "no plane"),
    ],
)
def test_what_is_no_map_is_refused_with_its_place(bad, message):
    truth = np.eye(4, dtype=bool)
    with pytest.raises(EvaluationError, match=f"pair 1: .*{message}"):
        evaluate([(truth, truth), (bad, truth)])


def test_no_pair_is_no_score():
    with pytest.raises(EvaluationError, match="there are no pairs"):
        evaluate([])


def test_an_unknown_protocol_is_a_callers_mistake():
    with pytest.raises(ValueError, match="paper, pysodmetrics"):
        evaluate([], protocol="mean")


def test_a_set_in_which_everything_failed_is_no_score():
    tally = Tally("paper")
    tally.add(Outcome(stem="lost", reason="no map"))
    with pytest.raises(EvaluationError, match="lost no map"):
        tally.scores()
