"""Checkpoints of one network are averaged, weight by weight."""

from pathlib import Path

import pytest
import torch

from u2net.errors import UnfitModelError
from u2net.network import U3, RSUSpec, U2Net, U2NetSpec, average, save_checkpoint

SPEC = U2NetSpec(encoders=(RSUSpec(3, mid=4, out=8),) * 2, decoders=(RSUSpec(3, mid=4, out=8),))


def saved(path: Path, seed: int, spec: U2NetSpec = SPEC) -> Path:
    torch.manual_seed(seed)
    save_checkpoint(U2Net(spec), path)
    return path


def test_every_weight_is_the_sum_of_its_shares(tmp_path: Path) -> None:
    one, two = (saved(tmp_path / f"{seed}.safetensors", seed) for seed in (1, 2))
    mean = average({one: 0.75, two: 0.25}).state_dict()
    parts = [average({path: 1.0}).state_dict() for path in (one, two)]
    for key, value in mean.items():
        expected = 0.75 * parts[0][key] + 0.25 * parts[1][key]
        assert torch.allclose(value.double(), expected.double(), atol=1e-6)


def test_different_networks_are_not_averaged(tmp_path: Path) -> None:
    one, two = saved(tmp_path / "a.safetensors", 1), saved(tmp_path / "b.safetensors", 1, U3)
    with pytest.raises(UnfitModelError, match="another network"):
        average({one: 0.5, two: 0.5})


def test_shares_add_up_to_one(tmp_path: Path) -> None:
    one = saved(tmp_path / "a.safetensors", 1)
    with pytest.raises(ValueError, match="add up to 1"):
        average({one: 0.5})
