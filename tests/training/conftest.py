"""A recipe that trains in a second."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from exporter import operators_once as operators_once
from u2net.network import RSUSpec, U2Net, U2NetSpec, save_checkpoint
from u2net.network.specs import spec_to_json
from u2net.training.recipe import Recipe
from u2net.training.recipes import smoke

torch.set_num_threads(1)  # as the processes that tests start: equal threads, equal bits

SMALL = U2NetSpec(
    encoders=(RSUSpec(2, mid=2, out=4), RSUSpec(2, mid=2, out=4, dilated=True)),
    decoders=(RSUSpec(2, mid=2, out=4),),
)


LEARNER = U2NetSpec(
    encoders=(RSUSpec(3, mid=8, out=16), RSUSpec(2, mid=8, out=16, dilated=True)),
    decoders=(RSUSpec(2, mid=8, out=16),),
)


@pytest.fixture
def learner(tmp_path: Path) -> str:
    """The file of a network that learns drawn shapes in thirty steps, and is small to export."""
    (tmp_path / "learner.json").write_text(spec_to_json(LEARNER))
    return str(tmp_path / "learner.json")


@pytest.fixture
def quick(tmp_path: Path) -> Recipe:
    """Twelve steps of the toy network on 32² pictures, float32, without validation."""
    return replace(
        smoke(),
        size=32,
        batch=4,
        steps=12,
        val_size=32,
        val_every=4,
        checkpoint_every=3,
        sheet_every=0,
        log_every=1,
        precision="fp32",
        cache=str(tmp_path / "cache"),
    )


@pytest.fixture
def smaller(quick: Recipe, tmp_path: Path) -> Recipe:
    """The same from a network of two levels, which is exported in less time."""
    torch.manual_seed(0)
    save_checkpoint(U2Net(SMALL), tmp_path / "small.safetensors")
    return replace(quick, network="init", init=str(tmp_path / "small.safetensors"))
