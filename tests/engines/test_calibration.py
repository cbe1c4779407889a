"""Fewer bits, the same maps."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from u2net.engines import load_engine
from u2net.engines.calibration import KEY, Calibration, int8_kind, read_calibration
from u2net.engines.openvino import OpenVinoDevice
from u2net.engines.quantise import correct, quantise, reach_of, sources
from u2net.errors import EngineError, UnfitModelError
from u2net.export.calibrate import (
    best_range,
    calibrate,
    round_bf16,
    round_to,
    round_weights,
    with_calibration,
)
from u2net.machine.cores import int8_weight_bits
from u2net.weights.card import Card

numbers = st.floats(-1e4, 1e4, width=32)


@given(arrays(np.float32, st.integers(1, 200), elements=numbers))
def test_bfloat16_is_rounded_as_torch_rounds_it(values):
    expected = torch.from_numpy(values.copy()).bfloat16().float().numpy()
    assert np.array_equal(round_bf16(values), expected)


@given(arrays(np.float32, st.integers(2, 200), elements=numbers))
def test_a_range_holds_zero_exactly(values):
    low, high = best_range(values)
    assert low <= 0 <= high
    assert low < high
    assert round_to((low, high))(np.zeros(1, np.float32)) == 0


def test_rare_values_are_cut_off_so_that_the_others_are_finer():
    values = np.abs(np.random.default_rng(0).standard_normal(100_000)).astype(np.float32)
    assert best_range(np.append(values, np.float32(20)))[1] < 19


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_a_calibrated_network_keeps_its_maps(precision, calibrated, batch):
    if precision not in OpenVinoDevice("cpu").precisions():
        pytest.skip(f"this processor has no {precision}")
    exact = load_engine(calibrated.data, calibrated.card, precision="fp32")(batch)
    engine = load_engine(calibrated.data, calibrated.card, precision=precision)
    assert engine.precision == precision
    assert np.abs(engine(batch) - exact).mean() < 0.02


@pytest.mark.parametrize("bits", [8, 7])
def test_the_graph_in_int8_gives_the_maps_of_the_plain_one_on_any_processor(
    bits, calibrated, batch
):
    # Without VNNI 8 bits of weights are never chosen, for sums may saturate; here they do not.
    device, calibration = OpenVinoDevice("cpu"), read_calibration(calibrated.data)
    maps = []
    for lower in (False, True):
        graph = device.graph(calibrated.data, calibrated.card)
        if lower:
            quantise(graph, calibration, bits)
            correct(graph, calibration, int8_kind(bits))
        compiled = device.core.compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        maps.append(np.concatenate([compiled([picture[None]])[0] for picture in batch]))
    assert np.abs(maps[1] - maps[0]).mean() < 0.01
    assert (maps[1] != maps[0]).any()


@pytest.mark.parametrize("scale", [0.0, 1e-6, 1.0, 300.0])
def test_weights_of_7_bits_overflow_no_sum_of_two_products(scale):
    weights = scale * np.random.default_rng(0).standard_normal((4, 8, 3, 3)).astype(np.float32)
    steps = np.rint(weights / (reach_of(weights, 7) / 127))
    assert 255 * 2 * np.abs(steps).max() <= np.iinfo(np.int16).max
    assert np.abs(round_weights(weights, 7) - weights).max() <= reach_of(weights, 7).max() / 254


def test_a_file_without_corrections_for_this_processor_runs_in_another_precision(calibrated):
    found = read_calibration(calibrated.data)
    both = [int8_kind(bits) for bits in (8, 7)]
    assert set(both) <= found.corrections.keys()
    if not int8_weight_bits():
        pytest.skip("this processor has no int8")
    kept = {kind: found.corrections[kind] for kind in found.corrections if kind not in both}
    card = replace(calibrated.card, precisions=("fp32", "int8"))
    poor = with_calibration(calibrated.data, card, replace(found, corrections=kept))
    assert load_engine(poor, card).precision == "fp32"
    with pytest.raises(EngineError, match="not calibrated for int8 on such a processor"):
        load_engine(poor, card, precision="int8")


def test_weights_of_more_bits_than_the_processor_sums_are_refused(calibrated):
    with pytest.raises(EngineError, match="sums no int8 by weights of 9 bits"):
        load_engine(calibrated.data, calibrated.card, bits=9)


def test_calibration_leaves_fp32_as_it_was(plain, calibrated, batch):
    before, after = (
        load_engine(model.data, model.card, engine="openvino", precision="fp32")(batch)
        for model in (plain, calibrated)
    )
    assert np.array_equal(before, after)


def test_too_few_photos_are_refused(plain):
    with pytest.raises(UnfitModelError, match="too few"):
        calibrate(plain.data, [np.zeros((9, 9, 3), np.uint8)] * 5)


def test_a_calibration_of_another_network_is_refused(calibrated):
    if "int8" not in OpenVinoDevice("cpu").precisions():
        pytest.skip("this processor has no int8")
    found = read_calibration(calibrated.data)
    other = Calibration(ranges={"x" + k: v for k, v in found.ranges.items()}, corrections={})
    card = Card(name="small", size_hw=calibrated.card.size_hw)
    device = OpenVinoDevice("cpu")
    with pytest.raises(UnfitModelError, match="does not fit"):
        device.load(calibrated.data, card, precision="int8", calibration=other, bits=7, threads=1)


@pytest.mark.parametrize("channels", [0, 1, 1000])
def test_corrections_for_another_number_of_channels_are_refused(calibrated, channels):
    found = read_calibration(calibrated.data)
    layers = {name: [1.0] * channels for name in found.corrections["bf16"]}
    other = Calibration(ranges=found.ranges, corrections={"bf16": layers})
    device = OpenVinoDevice("cpu")
    with pytest.raises(UnfitModelError, match="does not fit"):
        correct(device.graph(calibrated.data, calibrated.card), other, "bf16")


RANGES = '{"ranges": {"a": %s}, "corrections": {}}'
CORRECTIONS = '{"ranges": {}, "corrections": %s}'


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", '{"ranges": 3, "corrections": {}}', "[" * 200_000),
        *(RANGES % ends for ends in ("[NaN, 1]", "[0, 1e400]", "[1, 2]", "[0, 0]", "[0]", "1")),
        RANGES % f"[0, {10**400}]",
        *(CORRECTIONS % kept for kept in ("[1]", '{"int8": [1]}', '{"int8": {"a": [NaN]}}')),
        *(CORRECTIONS % kept for kept in ('{"int8": {"a": 3}}', '{"int8": {"a": ["b"]}}')),
    ],
)
def test_a_damaged_calibration_is_refused(text, onnx_file):
    with pytest.raises(UnfitModelError):
        read_calibration(onnx_file({KEY: text}))


def test_values_that_are_joined_over_and_over_are_found_once_and_at_once():
    import openvino.opset13 as op

    first = op.parameter([1, 2, 4, 4], np.float32)
    value = first.output(0)
    for _ in range(60):  # by every way there are 2 to the power of 60
        value = op.concat([value, op.max_pool(value, *_POOL).output(0)], 0).output(0)
    (found,) = sources(value)
    assert found.get_node().get_friendly_name() == first.get_friendly_name()


_POOL = ([1, 1], [1, 1], [0, 0], [0, 0], [1, 1])
