"""Checkpoints of deep-learning-for-image-processing go on here."""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import runs
import torch

from u2net.errors import DatasetError
from u2net.network import LITE, U2Net, lite, load_checkpoint
from u2net.network.dialects import modules_keys
from u2net.training.recipe import Recipe, change
from u2net.training.recipes import seed003
from u2net.training.run import fit


def written(net: U2Net, path: Path) -> Path:
    """What its `train.py` writes: names of its own, convolutions without bias, and the rest."""
    state = dict(net.state_dict())
    names = modules_keys(state)
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3)
    content = {
        "model": {names[k]: v for k, v in state.items() if not k.endswith("conv.bias")},
        "optimizer": optimiser.state_dict(),
        "lr_scheduler": {"last_epoch": 3, "lr_lambdas": [None]},
        "epoch": 3,
        "args": Namespace(data_path="./", lr=1e-3, amp=False, resume=""),
    }
    torch.save(content, path)
    return path


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    net = lite()
    for module in net.modules():
        # A norm stands behind every convolution there that has no bias.
        if isinstance(getattr(module, "norm", None), torch.nn.BatchNorm2d):
            torch.nn.init.zeros_(module.conv.bias)  # type: ignore[arg-type, union-attr]
    return written(net, tmp_path / "model_3.pth")


def test_a_checkpoint_of_its_training_loads_with_all_that_is_stored_beside(theirs: Path) -> None:
    net = load_checkpoint(theirs)
    assert net.spec == LITE
    stored = torch.load(theirs, weights_only=False)["model"]
    assert torch.equal(stored["out_conv.weight"], net.fuse.weight)


@pytest.mark.slow
def test_it_goes_on_under_its_recipe(
    theirs: Path, quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    # As `--set` would have it; small, for the test.
    small = ["size=32", "resize=40", "val_size=32", "batch=2", "steps=1", "workers=0", "ema=0"]
    small += ["precision=fp32", "warmup=0", "rate=1e-9", f"cache={quick.cache}"]
    recipe = change(seed003(), ["network=init", f"init={theirs}", *small])
    fit([str(pairs)], replace(recipe, checkpoint_every=1), tmp_path / "run")
    state = runs.state(tmp_path / "run")["state_dict"]
    torch.testing.assert_close(
        state["fuse.weight"], load_checkpoint(theirs).fuse.weight, rtol=0, atol=1e-6
    )


def test_its_folder_of_data_is_found_by_half(
    tmp_path: Path, make_pairs: Callable[..., Path], quick: Recipe
) -> None:
    for half in ("DUTS-TR", "DUTS-TE"):
        make_pairs(tmp_path / "data" / half, count=2, layout=(f"{half}-Image", f"{half}-Mask"))
    recipe = replace(quick, steps=1, batch=2, val=(str(tmp_path / "data/DUTS-TE"),), val_every=1)
    fit([str(tmp_path / "data/DUTS-TR")], recipe, tmp_path / "run")
    assert runs.rows(tmp_path / "run")[-1]["val_max_f"]
    with pytest.raises(DatasetError, match=r"several data sets \(DUTS-TE, DUTS-TR\)"):
        fit([str(tmp_path / "data")], recipe, tmp_path / "other")
