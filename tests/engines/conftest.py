"""A small network of every kind of layer, in a file, and a compiled-model cache of its own."""

from pathlib import Path

import numpy as np
import pytest
import torch

from exporter import operators_once as operators_once
from u2net.export import export_onnx
from u2net.export.calibrate import calibrate
from u2net.network import RSUSpec, U2Net, U2NetSpec
from u2net.weights.card import Card
from u2net.weights.catalog import Model, read_card

SPEC = U2NetSpec(
    encoders=(RSUSpec(3, mid=4, out=8), RSUSpec(2, mid=4, out=8, dilated=True)),
    decoders=(RSUSpec(3, mid=4, out=8),),
)
CARD = Card(name="small", size_hw=(64, 48))


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "u2net" / "compiled"


@pytest.fixture(scope="session")
def net() -> U2Net:
    """Channel 0 of an inner block is 200 everywhere, and the next layer takes that away again."""
    torch.manual_seed(0)
    made = U2Net(SPEC)
    made(torch.rand(4, 3, 64, 48) * 3 - 1)
    made.eval()
    inner, outer = made.decoders[0].decoders[1], made.decoders[0].decoders[0]
    with torch.no_grad():
        inner.norm.bias[0] += 200
        outer.conv.bias -= outer.conv.weight[:, 0].sum(dim=(1, 2)) * 200
    return made


@pytest.fixture(scope="session")
def plain(net: U2Net, tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = tmp_path_factory.mktemp("plain") / "small.onnx"
    export_onnx(net, CARD, path)
    return Model(name="small", path=path, data=path.read_bytes(), card=CARD)


@pytest.fixture(scope="session")
def calibrated(plain: Model, tmp_path_factory: pytest.TempPathFactory) -> Model:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("calibrated")))
        data = calibrate(plain.data, photos())
    return Model(name="small", path=plain.path, data=data, card=read_card(data))


@pytest.fixture(scope="session")
def batch() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((3, 3, 64, 48)).astype(np.float32)


def photos() -> list[np.ndarray]:
    random = np.random.default_rng(1)
    coarse = random.integers(0, 256, (12, 8, 6, 3), dtype=np.uint8)
    return [np.kron(picture, np.ones((8, 8, 1), np.uint8)) for picture in coarse]
