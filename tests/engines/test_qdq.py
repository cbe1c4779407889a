"""ONNX Runtime in 8 bits: the same maps, and no convolution left out."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from u2net.engines import load_engine
from u2net.engines import onnxruntime as engine
from u2net.engines.calibration import Calibration, read_calibration
from u2net.engines.qdq import in_8_bits
from u2net.errors import EngineError, UnfitModelError
from u2net.machine.cores import int8_weight_bits
from u2net.pictures.source import photo_of
from u2net.preprocess import to_input
from u2net.weights.catalog import Model, find_model

CAT = Path(__file__).parents[2] / "examples" / "cat.jpg"


def rewritten(model: Model, calibration: Calibration | None = None) -> bytes:
    found = calibration or read_calibration(model.data)
    assert found
    return in_8_bits(model.data, model.card, found)


def run(data: bytes, batch: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"image": one[None]})[0] for one in batch])


def test_a_calibrated_network_keeps_its_maps_on_any_processor(calibrated, batch):
    exact = load_engine(calibrated.data, calibrated.card, precision="fp32")(batch)
    maps = run(rewritten(calibrated), batch)
    assert np.abs(maps - exact).mean() < 0.02
    assert (maps != exact).any()


def test_every_convolution_but_the_last_runs_in_8_bits(calibrated, tmp_path):
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    options.log_severity_level = 4
    data = rewritten(calibrated)
    onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    kinds = Counter(node.op_type for node in onnx.load(tmp_path / "optimised.onnx").graph.node)
    wanted = sum(node.op_type == "Conv" for node in onnx.load_from_string(data).graph.node)
    assert kinds["QLinearConv"] == wanted - 1
    assert kinds["Conv"] + kinds["FusedConv"] == 1


def test_the_embedded_model_runs_in_8_bits_on_both_engines():
    if not int8_weight_bits():
        pytest.skip("this processor has no int8")
    model = find_model("lite")
    assert "int8" in model.card.precisions
    batch = to_input(photo_of(CAT).rgb, model.card)[None]
    exact = load_engine(model.data, model.card, precision="fp32")(batch)
    for name in ("openvino", "onnxruntime"):
        engine = load_engine(model.data, model.card, engine=name)
        assert engine.precision == "int8"
        assert np.abs(engine(batch) - exact).mean() < 0.01


def test_a_calibration_of_another_network_is_refused(calibrated):
    found = read_calibration(calibrated.data)
    other = {f"x{name}": ends for name, ends in found.ranges.items()}
    with pytest.raises(UnfitModelError, match="does not fit"):
        rewritten(calibrated, replace(found, ranges=other))
    wrong = {name: [*values, 1.0] for name, values in found.corrections["int8"].items()}
    with pytest.raises(UnfitModelError, match="does not fit"):
        rewritten(calibrated, replace(found, corrections={"int8": wrong}))


def test_a_convolution_without_bias_is_refused_by_name(calibrated):
    graph = onnx.load_from_string(calibrated.data)
    conv = next(node for node in graph.graph.node if node.op_type == "Conv")
    del conv.input[2]
    with pytest.raises(UnfitModelError, match=f"at '{conv.name}'"):
        rewritten(replace(calibrated, data=graph.SerializeToString()))


def test_a_network_of_another_kind_is_refused(onnx_file, calibrated):
    with pytest.raises(UnfitModelError, match="of 1 axes"):
        in_8_bits(onnx_file({}), calibrated.card, read_calibration(calibrated.data))


def test_without_the_package_onnx_there_is_no_int8_and_auto_goes_on(calibrated, monkeypatch):
    monkeypatch.setattr(engine, "find_spec", lambda name: None)
    card = replace(calibrated.card, precisions=("fp32", "int8"))
    ready = load_engine(calibrated.data, card, engine="onnxruntime")
    assert ready.precision == "fp32"
    with pytest.raises(EngineError, match="has no int8"):
        load_engine(calibrated.data, card, engine="onnxruntime", precision="int8")
