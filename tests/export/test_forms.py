"""Files for other engines: fixed shapes, older operators, other outputs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from u2net.errors import UnfitModelError
from u2net.export import Form, export_onnx, export_openvino
from u2net.export.onnx import LOGITS_KEY
from u2net.export.opsets import lower
from u2net.network import U2Net
from u2net.weights.card import Card
from u2net.weights.onnx_file import read_metadata

SIZE = (45, 64)
"""One side odd, so that halving rounds up."""

Made = tuple[Path, Form]


def batch_of(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 1, shape).astype(np.float32)


def maps_of(net: U2Net, batch: np.ndarray, form: Form) -> list[np.ndarray]:
    with torch.no_grad():
        maps = net(torch.from_numpy(batch))
    return [(m if form.logits else m.sigmoid()).numpy() for m in maps]


def in_onnxruntime(path: Path, batch: np.ndarray) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"image": batch}), strict=True))


def in_opencv(path: Path, batch: np.ndarray) -> dict[str, np.ndarray]:
    net = cv2.dnn.readNetFromONNX(str(path))
    names = [output.name for output in onnx.load(path).graph.output]
    net.setInput(batch)
    return dict(zip(names, net.forward(names), strict=True))


@pytest.fixture(scope="module", params=[18, 11], ids=lambda opset: f"opset {opset}")
def fixed(request, net: U2Net, card: Card, tmp_path_factory) -> Made:
    form = Form(size_hw=SIZE, opset=request.param, outputs="all", logits=request.param == 11)
    path = tmp_path_factory.mktemp("fixed") / "net.onnx"
    export_onnx(net, replace(card, size_hw=SIZE), path, form=form)
    return path, form


@pytest.mark.parametrize("run", [in_onnxruntime, in_opencv])
def test_other_engines_read_a_file_of_fixed_size(fixed: Made, net: U2Net, run: Callable):
    path, form = fixed
    batch = batch_of(1, 3, *SIZE)
    wanted = maps_of(net, batch, form)
    found = run(path, batch)
    name = "logits" if form.logits else "saliency"
    assert list(found) == [name, f"{name}_1", f"{name}_2"]
    for one, other in zip(found.values(), wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-4)


def test_every_shape_of_a_file_of_fixed_size_is_a_constant(fixed: Made):
    model = onnx.load(fixed[0])
    assert not {node.op_type for node in model.graph.node} & {"Shape", "Slice", "Gather", "Cast"}
    inferred = onnx.shape_inference.infer_shapes(model).graph
    values = [*inferred.input, *inferred.output, *inferred.value_info]
    assert len(values) > 30
    assert all(d.dim_value > 0 for value in values for d in value.type.tensor_type.shape.dim)


@pytest.mark.parametrize("opset", [11, 14])
def test_older_operators_say_the_same_at_any_size(net: U2Net, exported, opset: int, tmp_path):
    model = onnx.load(exported[0])
    lower(model, opset)
    onnx.save(model, tmp_path / "net.onnx")
    assert [(o.domain, o.version) for o in model.opset_import] == [("", opset)]
    assert model.ir_version <= (6 if opset == 11 else 7)
    for size in ((1, 48, 64), (2, 97, 131), (1, 1, 50)):
        batch = batch_of(size[0], 3, *size[1:])
        found = in_onnxruntime(tmp_path / "net.onnx", batch)["saliency"]
        np.testing.assert_allclose(found, maps_of(net, batch, Form())[0], rtol=0, atol=1e-5)


def test_what_an_old_opset_has_not_is_one_line(exported):
    model = onnx.load(exported[0])
    model.graph.node.append(onnx.helper.make_node("Gelu", ["image"], ["unread"]))
    with pytest.raises(UnfitModelError, match="cannot be said in opset 13") as caught:
        lower(model, 13)
    assert "\n" not in str(caught.value)


def test_a_file_of_logits_is_not_taken_for_one_of_saliency(fixed: Made):
    path, form = fixed
    keys = read_metadata(path.read_bytes()).keys()
    assert (LOGITS_KEY in keys, "u2net.card" in keys) == (form.logits, not form.logits)


def test_openvino_takes_the_same_forms(least: U2Net, card: Card, tmp_path):
    from u2net.engines.openvino import core

    form = Form(size_hw=SIZE, outputs="all")
    export_openvino(least, replace(card, size_hw=SIZE), tmp_path / "net.xml", form=form)
    model = core().read_model(tmp_path / "net.xml")
    assert [list(end.shape) for end in (*model.inputs, *model.outputs)] == [
        [1, 3, *SIZE],
        [1, 1, *SIZE],
        [1, 1, *SIZE],
    ]


def test_a_card_of_another_size_is_refused(least: U2Net, card: Card, tmp_path):
    with pytest.raises(UnfitModelError, match="its card says"):
        export_onnx(least, card, tmp_path / "net.onnx", form=Form(size_hw=SIZE))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [{"opset": 10}, {"opset": 19}, {"size_hw": (0, 3)}])
def test_a_form_that_no_graph_has_is_refused(wrong: dict[str, object]):
    with pytest.raises(ValueError, match=r"opset|pixels"):
        Form(**wrong)
