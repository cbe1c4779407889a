"""What tests let processes of their own do: spawned ones import it from here."""

import os
import resource
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from u2net.errors import OutputError
from u2net.training.recipe import Recipe
from u2net.training.run import fit


def fill_up_run(recipe: Recipe, pairs: Path, folder: Path) -> None:
    fit([str(pairs)], replace(recipe, steps=3), folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
    with pytest.raises(OutputError, match="cannot be written"):
        fit([str(pairs)], recipe, folder, resume=True)


def die_writing() -> None:
    """Let the fourth file be the last: the recipe, last.ckpt, a best one, and last.ckpt again."""
    plain, calls = os.fsync, []

    def sync(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        plain(descriptor)

    os.fsync = sync  # type: ignore[assignment]
