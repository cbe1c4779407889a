"""What tests let processes of their own do: spawned ones import it from here."""

import os
import resource
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.distributed as dist

from u2net.errors import OutputError
from u2net.training.ranks.sync_norm import synchronise
from u2net.training.recipe import Recipe
from u2net.training.run import fit


def fill_up_run(recipe: Recipe, pairs: Path, folder: Path) -> None:
    fit([str(pairs)], replace(recipe, steps=3), folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
    with pytest.raises(OutputError, match="cannot be written"):
        fit([str(pairs)], recipe, folder, resume=True)


def die_writing() -> None:
    """Die while the eighth file is written: recipe, record, the columns of the metrics, last.ckpt,
    more columns for the scores, a best one, last.ckpt, and now last.ckpt again."""
    plain, calls = os.fsync, []

    def sync(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 8:
            os.kill(os.getpid(), signal.SIGKILL)
        plain(descriptor)

    os.fsync = sync  # type: ignore[assignment]


def normalise_half(rank: int, store: Path, inputs: torch.Tensor, weights: torch.Tensor) -> None:
    """One of two ranks: batch norm of its half, forward and backward; all it gives into a file."""
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    norm = synchronise(torch.nn.Sequential(torch.nn.BatchNorm2d(inputs.shape[1]).double()))[0]  # type: ignore[index]
    half = inputs.chunk(2)[rank].clone().requires_grad_()
    out = norm(half)
    (out * weights.chunk(2)[rank]).sum().backward()
    grads = [parameter.grad for parameter in norm.parameters()]
    torch.save(
        {"out": out.detach(), "input": half.grad, "grads": grads, "state": norm.state_dict()},
        store.with_name(f"rank{rank}.pt"),
    )
    dist.destroy_process_group()
