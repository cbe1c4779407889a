from collections import Counter
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from u2net.engines.openvino import core
from u2net.errors import UnfitModelError
from u2net.export import export_onnx
from u2net.export.draft import draft
from u2net.export.proof import TOLERANCE, maps_by, prove
from u2net.export.trace import Form
from u2net.network import U2Net, fold
from u2net.weights.card import Card
from u2net.weights.catalog import read_card

SIZES = [(1, 48, 64), (2, 97, 131), (3, 33, 64), (1, 1, 1), (1, 50, 1), (5, 2, 3)]


def in_onnxruntime(path: Path):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda batch: session.run(["saliency"], {"image": batch})[0]


def in_openvino(path: Path):
    compiled = core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda batch: compiled({"image": batch})["saliency"]


@pytest.mark.parametrize("engine", [in_onnxruntime, in_openvino])
def test_any_batch_height_and_width_give_what_the_network_gives(net, exported, saliency, engine):
    run = engine(exported[0])
    for size in SIZES:
        batch = np.random.default_rng(0).normal(0, 1, (size[0], 3, *size[1:])).astype(np.float32)
        np.testing.assert_allclose(run(batch), saliency(net, batch), rtol=0, atol=1e-5)


@pytest.mark.slow
def test_a_network_of_patches_runs_at_any_size_too(least, card, saliency, tmp_path):
    net = U2Net(replace(least.spec, patch=4)).eval()
    export_onnx(net, card, tmp_path / "net.onnx")
    for engine in (in_onnxruntime, in_openvino):
        run = engine(tmp_path / "net.onnx")
        for size in SIZES:
            batch = np.random.default_rng(0).normal(0, 1, (size[0], 3, *size[1:]))
            batch = batch.astype(np.float32)
            np.testing.assert_allclose(run(batch), saliency(net, batch), rtol=0, atol=1e-5)


def test_the_graph_is_nothing_but_the_network(exported):
    model = onnx.load(exported[0])
    onnx.checker.check_model(model, full_check=True)
    kinds = Counter(node.op_type for node in model.graph.node)
    work = {"Conv", "Relu", "MaxPool", "Resize", "Concat", "Add", "Sigmoid"}
    sizes = {"Shape", "Div", "Reshape", "Squeeze", "Slice", "Gather", "Unsqueeze", "Cast"}
    assert set(kinds) <= work | sizes
    assert kinds["Sigmoid"] == 1
    assert model.opset_import[0].version >= 17


def test_input_and_output_are_named_and_of_any_size(exported):
    graph = onnx.load(exported[0]).graph
    axes = {
        value.name: [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in (*graph.input, *graph.output)
    }
    assert axes == {
        "image": ["batch", 3, "height", "width"],
        "saliency": ["batch", 1, "height", "width"],
    }


def test_the_file_carries_its_card_and_no_path_of_this_machine(exported, card):
    data = exported[0].read_bytes()
    assert read_card(data) == card
    assert str(Path(__file__).parents[2]).encode() not in data


def test_half_the_bytes_hold_the_rounded_weights(net, halved, saliency):
    path, proof = halved
    stored = {t.name: t for t in onnx.load(path).graph.initializer}
    assert {t.data_type for t in stored.values() if len(t.dims) == 4} == {onnx.TensorProto.FLOAT16}
    rounded = fold(net)
    for weight in rounded.parameters():
        weight.data = weight.data.half().float() if weight.ndim > 1 else weight.data
    batch = np.random.default_rng(0).normal(0, 1, (1, 3, 48, 64)).astype(np.float32)
    for run in (in_onnxruntime(path), in_openvino(path)):
        np.testing.assert_allclose(run(batch), saliency(rounded, batch), rtol=0, atol=1e-5)
    assert 0 < proof.rounding < 1e-2


def test_exact_storage_rounds_nothing(exported):
    assert exported[1].rounding == 0
    assert exported[1].difference < 1e-5


def test_the_network_stays_as_it_was(least, card, tmp_path):
    trained = U2Net(least.spec, inputs=4, outputs=2).train()
    before = {key: value.clone() for key, value in trained.state_dict().items()}
    four = replace(card, mean=(0.5,) * 4, std=(1.0,) * 4)
    export_onnx(trained, four, tmp_path / "net.onnx")
    assert trained.training
    assert all(torch.equal(value, before[key]) for key, value in trained.state_dict().items())
    found = in_onnxruntime(tmp_path / "net.onnx")(np.zeros((1, 4, 20, 30), np.float32))
    assert found.shape == (1, 2, 20, 30)


def test_a_file_may_round_as_float32_does_where_the_network_amplifies_it(least, card):
    least.fuse.weight.data.mul_(1e5)
    made = draft(least, card, "fp32", Form())
    in_float64 = maps_by(deepcopy(least).double(), "saliency")

    def run(batch):
        return in_float64(batch.astype(np.float64))

    assert prove(run, made).difference > TOLERANCE
    with pytest.raises(UnfitModelError, match="differs from the network by"):
        prove(lambda batch: [maps * 0.9 for maps in run(batch)], made)


def refused(net: U2Net, card: Card, folder: Path, **options: str) -> str:
    with pytest.raises(UnfitModelError) as caught:
        export_onnx(net, card, folder / "net.onnx", **options)
    assert list(folder.iterdir()) == []
    return str(caught.value)


def test_a_network_that_diverged_is_refused_and_nothing_written(least, card, tmp_path):
    least.fuse.bias.data.fill_(float("nan"))
    assert "nan" in refused(least, card, tmp_path)


def test_weights_beyond_float16_are_refused(least, card, tmp_path):
    least.fuse.weight.data.fill_(1e6)
    assert "fp32" in refused(least, card, tmp_path, precision="fp16")


def test_a_card_for_other_channels_is_refused(least, card, tmp_path):
    grey = replace(card, mean=(0.5,), std=(1.0,))
    assert "3 channels go in" in refused(least, grey, tmp_path)
