"""Files of networks that tell classes apart."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from u2net.engines import load_engine
from u2net.errors import UnfitModelError
from u2net.export import Form, export_onnx
from u2net.export.opsets import lower
from u2net.network import RSUSpec, U2Net, U2NetSpec
from u2net.weights.card import Card
from u2net.weights.catalog import find_model

SPEC = U2NetSpec(encoders=(RSUSpec(2, mid=2, out=4),), decoders=())
NAMES = ("a", "b", "c")


def card(task: str = "multiclass", classes: tuple[str, ...] = NAMES) -> Card:
    return Card(name="classes", size_hw=(32, 48), task=task, classes=classes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def three() -> U2Net:
    torch.manual_seed(0)
    made = U2Net(SPEC, outputs=3)
    made(torch.rand(4, 3, 24, 24) * 3 - 1)
    return made.eval()


@pytest.fixture(scope="module", params=["multiclass", "multilabel"])
def task(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def exported(task: str, three: U2Net, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the task, of any size, in the newest opset."""
    path = tmp_path_factory.mktemp(task) / "net.onnx"
    assert export_onnx(three, card(task), path).difference < 1e-5
    return path


def in_opset(opset: int, task: str, three: U2Net, exported: Path, path: Path) -> Path:
    """The file of `task` in that opset; the oldest one for a fixed size."""
    if opset == 11:
        form = Form(opset=opset, size_hw=(32, 48))
        assert export_onnx(three, card(task), path, form=form).difference < 1e-5
    else:
        model = onnx.load(exported)
        lower(model, opset)
        onnx.save(model, path)
    return path


@pytest.mark.parametrize("opset", [11, 13, 18])
def test_probabilities_are_those_of_the_task_in_every_opset(
    task: str, opset: int, three: U2Net, exported: Path, tmp_path: Path
) -> None:
    path = in_opset(opset, task, three, exported, tmp_path / "net.onnx")
    batch = np.random.default_rng(0).normal(0, 1, (1, 3, 32, 48)).astype(np.float32)
    found = onnxruntime.InferenceSession(path).run(None, {"image": batch})[0]
    with torch.no_grad():
        logits = three(torch.from_numpy(batch))[0]
    wanted = logits.softmax(dim=1) if task == "multiclass" else logits.sigmoid()
    np.testing.assert_allclose(found, wanted.numpy(), rtol=0, atol=1e-5)
    if opset != 13:
        return
    for name in ("openvino", "onnxruntime"):
        engine = load_engine(path.read_bytes(), card(task), engine=name, precision="fp32")
        np.testing.assert_allclose(engine(batch), found, rtol=0, atol=1e-4)
        assert engine(batch[:0]).shape == (0, 3, 32, 48)


def test_logits_are_proved_by_their_softmax(three: U2Net, tmp_path: Path) -> None:
    assert (
        export_onnx(three, card(), tmp_path / "net.onnx", form=Form(logits=True)).difference < 1e-5
    )


@pytest.mark.parametrize("task", ["multiclass"], indirect=True)
def test_a_card_of_other_classes_than_maps_is_refused(
    three: U2Net, exported: Path, tmp_path: Path
) -> None:
    with pytest.raises(UnfitModelError, match="3 maps come out, its card names 2 classes"):
        export_onnx(three, card(classes=("a", "b")), tmp_path / "net.onnx")
    data = find_model(str(exported)).data
    with pytest.raises(UnfitModelError, match="one map for each of 2 classes"):
        load_engine(data, card(classes=("a", "b")), engine="onnxruntime", precision="fp32")
