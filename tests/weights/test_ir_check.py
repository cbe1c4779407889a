"""OpenVINO's format is let pass as we write it, and refused in any other shape."""

import re
from pathlib import Path

import numpy as np
import pytest

from u2net.engines import load_engine
from u2net.errors import EngineError, UnfitModelError, UnknownModelError
from u2net.weights import ir
from u2net.weights.card import Card
from u2net.weights.catalog import Model, find_model
from u2net.weights.ir_check import check_ir

torch = pytest.importorskip("torch")

CARD = Card(name="small", size_hw=(32, 48))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from u2net.export import export_onnx, export_openvino
    from u2net.network import RSUSpec, U2Net, U2NetSpec

    torch.manual_seed(0)
    block = RSUSpec(2, mid=2, out=2)
    net = U2Net(U2NetSpec(encoders=(block, block), decoders=(block,))).eval()
    path = tmp_path_factory.mktemp("ir")
    export_onnx(net, CARD, path / "small.onnx")
    export_openvino(net, CARD, path / "small.xml")
    return path


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    return find_model(str(folder / "small.xml"))


def test_openvinos_format_is_a_model_like_any_other(folder, model):
    assert model.card == CARD
    batch = np.random.default_rng(0).standard_normal((2, 3, 32, 48)).astype(np.float32)
    maps = load_engine(model.data, model.card)(batch)
    onnx = find_model(str(folder / "small.onnx"))
    wanted = load_engine(onnx.data, onnx.card, engine="openvino")(batch)
    assert np.abs(maps - wanted).max() < 1e-5


def test_other_engines_say_that_they_cannot_read_it(model):
    with pytest.raises(EngineError, match="use openvino"):
        load_engine(model.data, model.card, engine="onnxruntime")


def test_without_its_weights_the_file_is_no_model(folder, tmp_path):
    (tmp_path / "a.xml").write_bytes((folder / "small.xml").read_bytes())
    with pytest.raises(UnknownModelError, match=r"a\.bin: no such model"):
        find_model(str(tmp_path / "a.xml"))


def test_what_was_joined_is_parted_again():
    assert ir.parted(ir.joined(b"<net/>", b"\0\1")) == (b"<net/>", b"\0\1")


def refusal(xml: bytes, weights: bytes) -> str:
    with pytest.raises(UnfitModelError) as caught:
        check_ir(ir.joined(xml, weights))
    assert "\n" not in str(caught.value)
    return str(caught.value)


CHANGES = {
    "another network": (rb'type="ReLU"', b'type="TensorIterator"', "TensorIterator"),
    "an operator of a library": (rb'version="opset1"', b'version="extension"', "extension"),
    "values beyond the file": (rb'offset="\d+"', b'offset="999999"', "inside the file"),
    "values before the file": (rb'offset="\d+"', b'offset="-8"', "inside the file"),
    "more values than bytes": (rb'shape="1, ', b'shape="9, ', "inside the file"),
    "a shape without an end": (rb'shape="1, ', b'shape="-1, ', "inside the file"),
    "an unknown type": (rb'element_type="f32"', b'element_type="string"', "unknown type"),
    "an impossible size": (rb"<dim>2</dim>", b"<dim>99999999999</dim>", "impossible size"),
    "a size that is none": (rb"<dim>2</dim>", b"<dim>many</dim>", "damaged"),
    "an edge to nowhere": (rb'to-layer="\d+"', b'to-layer="nowhere"', "leads nowhere"),
    "a network inside": (rb"<output>", b"<body/><output>", "holds 'body'"),
    "entities": (rb"<net ", b"<!DOCTYPE net><net ", "entities"),
    "no end": (rb"</net>", b"", "damaged"),
    "another root": (rb"(<|</)net", rb"\1cat", "no network"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_we_never_write_is_refused(change, folder):
    old, new, reason = CHANGES[change]
    xml = (folder / "small.xml").read_bytes()
    changed = re.sub(old, new, xml, count=0 if change == "another root" else 1)
    assert changed != xml
    assert reason in refusal(changed, (folder / "small.bin").read_bytes())


def test_a_layer_that_reads_itself_is_refused(folder):
    xml = (folder / "small.xml").read_bytes()
    first = re.search(rb'<edge from-layer="(\d+)" from-port="\d+" to-layer="(\d+)"', xml)
    assert first
    back = (
        b'<edge from-layer="%s" from-port="9" to-layer="%s" to-port="9" />' % first.groups()[::-1]
    )
    changed = xml.replace(b"<edges>", b"<edges>" + back)
    assert "reads what it makes" in refusal(changed, (folder / "small.bin").read_bytes())


def test_weights_that_are_cut_off_are_refused(folder):
    weights = (folder / "small.bin").read_bytes()
    assert "inside the file" in refusal((folder / "small.xml").read_bytes(), weights[:-1])


@pytest.mark.parametrize("data", [b"", ir.MARK, ir.MARK + b"\xff" * 8, ir.joined(b"", b"")])
def test_any_other_bytes_are_refused(data):
    with pytest.raises(UnfitModelError):
        check_ir(data)
