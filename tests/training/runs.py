"""Runs of `u2net train` in processes of their own, and a comparison of what they leave."""

import csv
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import torch

from u2net.cli import main
from u2net.errors import TrainingError
from u2net.training.effects import check_effects
from u2net.training.recipe import Recipe, change

ENVIRONMENT = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "passive",
    "GLOO_SOCKET_IFNAME": "lo",  # ranks of a test are all on this machine
}
FORKS = multiprocessing.get_context("forkserver")
"""One process imports torch and Lightning, all others are forked from it in no time."""
FORKS.set_forkserver_preload(["u2net.training.run"])
SCRIPT = str(Path(sys.executable).with_name("u2net"))
TORCHRUN = ["--max-restarts", "3", "--monitor-interval", "0.1"]


def settings(recipe: Recipe) -> list[str]:
    """The `--set` arguments that make the recipe `smoke` this one, of the fields that act."""
    plain = change(recipe, [])
    names = [name for name in Recipe.__dataclass_fields__ if name != "name" and acts(plain, name)]
    pairs = [(name, getattr(plain, name)) for name in names]
    texts = [(name, as_text(value)) for name, value in pairs]
    return [part for name, text in texts for part in ("--set", f"{name}={text}")]


def acts(recipe: Recipe, name: str) -> bool:
    """Whether a field may be set."""
    try:
        check_effects(recipe, [name])
    except TrainingError:
        return False
    return True


def as_text(value: Any) -> str:
    """A value of a recipe as `--set` reads it."""
    if isinstance(value, dict):
        return ",".join(f"{key}:{one}" for key, one in value.items())
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def command(data: Path, recipe: Recipe, folder: Path, *more: str) -> list[str]:
    """The command line of a run."""
    return ["train", str(data), "--recipe", "smoke", *settings(recipe), "-o", str(folder), *more]


@dataclass
class Forked:
    """A process that runs the command line, and the file with what it says on stderr."""

    process: BaseProcess
    stderr: Path

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self) -> int | None:
        self.process.join()
        return self.process.exitcode

    def said(self) -> str:
        return self.stderr.read_text()


def fork(
    arguments: Sequence[str], stderr: Path, before: Callable[[], None] | None = None
) -> Forked:
    """Run the command line in a process and a session of its own; `before` prepares it."""
    process = FORKS.Process(target=run_command, args=(list(arguments), stderr, before))
    process.start()
    return Forked(process, stderr)


def run_command(arguments: list[str], stderr: Path, before: Callable[[], None] | None) -> None:
    os.setsid()
    # As in a process of its own: workers of a server would outlive a run that is killed.
    multiprocessing.set_start_method("fork", force=True)
    os.dup2(os.open(stderr, os.O_WRONLY | os.O_CREAT), 2)
    torch.set_num_threads(1)
    sys.argv = ["u2net", *arguments]
    if before:
        before()
    sys.exit(main())


def fork_torchrun(ranks: Sequence[str], arguments: Sequence[str], stderr: Path) -> Forked:
    """torchrun in a process of its own, whose ranks are forked from it and run the command line."""
    words = [*TORCHRUN, *ranks, "--run-path", "--start-method", "fork", SCRIPT, *arguments]
    process = FORKS.Process(target=run_torchrun, args=(words, stderr))
    process.start()
    return Forked(process, stderr)


def run_torchrun(words: list[str], stderr: Path) -> None:
    from torch.distributed.run import main

    os.environ.update(ENVIRONMENT)
    os.dup2(os.open(stderr, os.O_WRONLY | os.O_CREAT), 2)
    torch.set_num_threads(1)
    main(words)


def start_torchrun(
    ranks: Sequence[str], arguments: Sequence[str]
) -> "subprocess.CompletedProcess[str]":
    """torchrun as a user calls it: it and its ranks import everything themselves."""
    words = [*TORCHRUN, *ranks, "--no-python", SCRIPT, *arguments]
    command = [sys.executable, "-m", "torch.distributed.run", *words]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)


def wait_for_step(folder: Path, step: int, process: Forked) -> None:
    """Until the run has logged `step`."""
    metrics = folder / "metrics.csv"
    while process.poll() is None:
        if metrics.exists() and any(row["step"] == str(step) for row in rows(folder)):
            return
        time.sleep(0.005)
    raise AssertionError(process.said())


def rows(folder: Path) -> list[dict[str, str]]:
    """The rows of the metrics, without what the clock decides."""
    with (folder / "metrics.csv").open() as file:
        return [
            {k: v for k, v in row.items() if k != "pictures_per_second"}
            for row in csv.DictReader(file)
        ]


def state(folder: Path) -> dict[str, Any]:
    """Everything in the last checkpoint that decides how the run would go on."""
    checkpoint = torch.load(folder / "checkpoints/last.ckpt", weights_only=True)
    names = ["state_dict", "current_model_state", "averaging_state", "optimizer_states",
             "lr_schedulers", "global_step", "torch_rng", "guard"]  # fmt: skip
    return {name: checkpoint[name] for name in names}


def assert_same(first: Any, second: Any, where: str = "") -> None:
    """Equal to the last bit."""
    if isinstance(first, torch.Tensor):
        assert torch.equal(first, second), where
    elif isinstance(first, dict):
        assert first.keys() == second.keys(), where
        for key in first:
            assert_same(first[key], second[key], f"{where}.{key}")
    elif isinstance(first, (list, tuple)):
        assert len(first) == len(second), where
        for index, (one, other) in enumerate(zip(first, second, strict=True)):
            assert_same(one, other, f"{where}.{index}")
    else:
        assert first == second, where
