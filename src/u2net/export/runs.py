"""Run folder -> the checkpoint in it that is exported."""

import re
from pathlib import Path

FOLDER = "checkpoints"
LAST = "last.ckpt"
BEST = re.compile(r"best-step=(\d+)-val_max_f=([\d.]+)\.ckpt")
"""The name of a checkpoint that was kept as best: its step and its max F."""


def weights_in(model: Path) -> Path:
    """The checkpoint itself, or the best one in a run folder, or its last where none is best."""
    folder = model / FOLDER
    return (best_of(folder) or folder / LAST) if folder.is_dir() else model


def best_of(folder: Path) -> Path | None:
    """The kept checkpoint of highest max F; None where nothing was validated."""
    kept = [
        (float(match[2]), path) for path in folder.iterdir() if (match := BEST.match(path.name))
    ]
    return max(kept)[1] if kept else None
