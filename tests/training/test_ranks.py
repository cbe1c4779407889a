"""Two ranks on this machine, as torchrun starts them."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import onnxruntime
import pytest
import runs
import torch

from u2net.training.norm import RanksNorm, synchronise
from u2net.training.recipe import Recipe
from u2net.training.run import fit

STEPS = 26


@pytest.fixture
def recipe(quick: Recipe) -> Recipe:
    """Batch 2 on two ranks is batch 4 on one; in float32 rounding alone parts such runs soon."""
    return replace(quick, batch=2, steps=STEPS, checkpoint_every=5, clip=1.0, precision="fp64")


def torchrun(pairs: Path, recipe: Recipe, folder: Path) -> "subprocess.Popen[str]":
    """Two ranks of `u2net train`."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    more = ["--max-restarts", "3", "--monitor-interval", "0.1", "--no-python", runs.SCRIPT]
    return runs.start([*launcher, *more, *runs.command(pairs, recipe, folder)])


def children(process: "subprocess.Popen[str]") -> list[int]:
    """The processes that it started."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(pid) for pid in listed.split()]


def test_two_ranks_learn_as_one_with_twice_the_batch(
    recipe: Recipe, pairs: Path, tmp_path: Path
) -> None:
    process = torchrun(pairs, recipe, tmp_path / "two")
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    fit([str(pairs)], replace(recipe, batch=4), tmp_path / "one")
    one, two = (runs.rows(tmp_path / name) for name in ("one", "two"))
    assert [row["step"] for row in two] == [str(step) for step in range(1, STEPS + 1)]
    for alone, together in zip(one, two, strict=True):
        for column in ("loss", "l0", "l1", "l2", "l3"):
            assert float(alone[column]) == pytest.approx(float(together[column]), abs=1e-4)
    session = onnxruntime.InferenceSession(tmp_path / "two/model.onnx")
    assert session.get_inputs()[0].shape[1] == 3


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the ranks through /proc")
def test_a_killed_rank_is_restarted_and_the_run_ends(
    recipe: Recipe, pairs: Path, tmp_path: Path
) -> None:
    process = torchrun(pairs, recipe, tmp_path / "two")
    runs.wait_for_step(tmp_path / "two", 12, process)
    os.kill(max(children(process)), signal.SIGKILL)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert f"step {STEPS}/{STEPS}" in said


def test_the_norm_over_ranks_is_plain_batch_norm_when_there_is_one(tmp_path: Path) -> None:
    plain = torch.nn.Sequential(torch.nn.BatchNorm2d(3))
    synced = synchronise(torch.nn.Sequential(torch.nn.BatchNorm2d(3)))
    assert type(synced[0]) is RanksNorm  # type: ignore[index]
    assert synced.state_dict().keys() == plain.state_dict().keys()
    x = torch.randn(2, 3, 4, 5)
    torch.testing.assert_close(plain(x), synced(x))
