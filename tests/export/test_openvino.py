import numpy as np
import pytest

from u2net.engines.openvino import core
from u2net.errors import OutputError
from u2net.export import export_openvino
from u2net.weights.card import KEY, Card


def test_openvino_runs_its_own_format_with_the_card_inside(least, card, saliency, tmp_path):
    path = tmp_path / "net.xml"
    proof = export_openvino(least, card, path, precision="fp16")
    assert {file.name for file in tmp_path.iterdir()} == {"net.xml", "net.bin"}
    model = core().read_model(path)
    assert Card.from_json(model.get_rt_info([KEY]).astype(str)) == card
    run = core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    batch = np.random.default_rng(0).normal(0, 1, (2, 3, 31, 45)).astype(np.float32)
    difference = np.abs(run(batch)[0] - saliency(least, batch)).max()
    assert difference <= proof.difference + 2 * proof.rounding + 1e-5


def test_another_suffix_is_refused_at_once(least, card, tmp_path):
    with pytest.raises(OutputError, match="xml"):
        export_openvino(least, card, tmp_path / "net.onnx")
