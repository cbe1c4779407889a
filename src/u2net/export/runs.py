"""Run folder -> the checkpoint in it that is exported."""

import re
from pathlib import Path

from u2net.errors import UnfitModelError
from u2net.files import is_folder

FOLDER = "checkpoints"
LAST = "last.ckpt"
BEST = re.compile(r"best-step=(\d+)-val_(max_f|mae|iou)=([\d.]+)\.ckpt")
"""The name of a checkpoint that was kept as best: its step, the measure, and its score."""


def weights_in(model: Path) -> Path:
    """The checkpoint itself, or the best one in a run folder, or its last where none is best.

    Raises `UnfitModelError` for a folder that is no run.
    """
    folder = model / FOLDER
    if is_folder(folder):
        return best_of(folder) or folder / LAST
    if is_folder(model):
        raise UnfitModelError(f"{model}: is a folder, and no run; name a checkpoint or a run")
    return model


def best_of(folder: Path) -> Path | None:
    """The best checkpoint that was kept, by the measure that the newest one goes by; None for none.

    Where a run went on with another measure, the figures of both cannot be compared.
    """
    kept = {path: match for path in folder.iterdir() if (match := BEST.match(path.name))}
    if not kept:
        return None
    measure = kept[max(kept, key=lambda path: path.stat().st_mtime_ns)][2]
    scores = {path: float(match[3]) for path, match in kept.items() if match[2] == measure}
    choose = min if measure == "mae" else max
    return choose(scores, key=lambda path: (scores[path], path.name))
