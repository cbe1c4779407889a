"""A small network that has every kind of layer, and what it is exported to."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from exporter import operators_once as operators_once
from u2net.export import Proof, export_onnx
from u2net.network import RSUSpec, U2Net, U2NetSpec
from u2net.weights.card import Card

SMALL = U2NetSpec(
    encoders=(RSUSpec(3, mid=2, out=4), RSUSpec(2, mid=2, out=4, dilated=True)),
    decoders=(RSUSpec(2, mid=2, out=4),),
)
LEAST = U2NetSpec(encoders=(RSUSpec(2, mid=2, out=2),), decoders=())


@pytest.fixture
def least() -> U2Net:
    """One block, where what matters is the file and not what is in it."""
    torch.manual_seed(0)
    return U2Net(LEAST).eval()


@pytest.fixture(scope="session")
def card() -> Card:
    return Card(name="smallest", size_hw=(48, 64), licence="none", scores={"set": {"max_f": 0.5}})


@pytest.fixture(scope="session")
def net() -> U2Net:
    """Its norms have something to fold: they saw a batch."""
    torch.manual_seed(0)
    made = U2Net(SMALL)
    made(torch.rand(4, 3, 40, 40) * 3 - 1)
    return made.eval()


@pytest.fixture(scope="session")
def exported(net: U2Net, card: Card, tmp_path_factory) -> tuple[Path, Proof]:
    path = tmp_path_factory.mktemp("export") / "net.onnx"
    return path, export_onnx(net, card, path)


@pytest.fixture(scope="session")
def halved(net: U2Net, card: Card, tmp_path_factory) -> tuple[Path, Proof]:
    path = tmp_path_factory.mktemp("export") / "half.onnx"
    return path, export_onnx(net, card, path, precision="fp16")


@pytest.fixture(scope="session")
def saliency() -> Callable[[U2Net, np.ndarray], np.ndarray]:
    def run(net: U2Net, batch: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return net(torch.from_numpy(batch))[0].sigmoid().numpy()

    return run
