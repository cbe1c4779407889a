"""Our network computes what the networks of others compute, in evaluation and in training."""

import copy
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from u2net.network import load_checkpoint

NETWORKS = ["u2net", "u2netp", "seed_u2net_full", "seed_u2net_lite"]
SIZES = [(64, 64), (97, 131)]
ROUNDING = {"eval": 1e-5, "train": 5e-4}
"""Of the goldens, which are float32: in training the bottom divides by the deviation of two
pictures of 2×2, and what their processor rounded grows."""


@pytest.fixture(scope="module", params=NETWORKS)
def loaded(request: pytest.FixtureRequest, shared: Path, tmp_path_factory):
    path = tmp_path_factory.mktemp("golden") / f"{request.param}.pth"
    torch.save(golden_state(shared / "golden" / f"{request.param}_keys.txt"), path)
    return request.param, load_checkpoint(path)


@pytest.mark.parametrize("mode", ["eval", pytest.param("train", marks=pytest.mark.slow)])
@pytest.mark.parametrize("size", SIZES)
def test_maps_are_those_of_the_original(loaded, shared: Path, mode: str, size: tuple[int, int]):
    name, net = loaded
    seed = name.startswith("seed_")
    file = shared / "golden" / ("seed_forward.npz" if seed else "official_forward.npz")
    case = f"{name.removeprefix('seed_')}_{mode}_{size[0]}x{size[1]}"
    wanted = torch.from_numpy(np.load(file)[case])
    if seed and mode == "train":  # stored as logits; compared after the sigmoid, as all others
        wanted = wanted.sigmoid()
    # Training mode moves the running statistics, which the other cases need as they are.
    net = copy.deepcopy(net).train() if mode == "train" else net
    # Without rounding of our own, so that every processor finds the same.
    with torch.no_grad():
        found = torch.stack(net.double()(golden_input(*size).double())).sigmoid().float()
    if seed and mode == "eval":  # the fused map alone is stored
        found = found[0]
    torch.testing.assert_close(found, wanted, rtol=0, atol=ROUNDING[mode])
    assert (found - wanted).abs().mean() < ROUNDING[mode] / 10


def golden_state(keys: Path) -> dict[str, Tensor]:
    """Weights that follow from the names in `keys`, a file of one `name [shape]` a line."""
    lines = (line.split(" ", 1) for line in keys.read_text().splitlines())
    shapes = {key: tuple(int(n) for n in text.strip("[]").split(",") if n) for key, text in lines}
    return {key: torch.from_numpy(np.asarray(_filled(key, shape))) for key, shape in shapes.items()}


def golden_input(height: int, width: int) -> Tensor:
    rng = np.random.default_rng(height * 1000 + width)
    return torch.from_numpy(rng.normal(0, 1, (2, 3, height, width)).astype(np.float32))


def _filled(key: str, shape: tuple[int, ...]) -> np.ndarray:
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    if key.endswith("num_batches_tracked"):
        return np.zeros(shape, np.int64)
    if key.endswith("running_var") or ".bn_s1.weight" in key or ".bn.weight" in key:
        return rng.uniform(0.5, 1.5, shape).astype(np.float32)
    if key.endswith(("running_mean", "bias")):
        return rng.normal(0, 0.1, shape).astype(np.float32)
    fan = int(np.prod(shape[1:]))
    return rng.normal(0, (1.2 / fan) ** 0.5, shape).astype(np.float32)
