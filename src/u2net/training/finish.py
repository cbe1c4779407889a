"""A finished run -> curves and the model file."""

import re
from collections.abc import Sequence
from pathlib import Path

from u2net import __version__
from u2net.files import atomic
from u2net.network import load_checkpoint
from u2net.training.callbacks.metrics import read
from u2net.training.recipe import Recipe
from u2net.training.record import Start, that_trained
from u2net.weights.card import EXTRA_MEAN, EXTRA_STD, IMAGENET_MEAN, IMAGENET_STD, Card

LOSS = re.compile(r"(l|encoder|decoder)\d+")
"""A column with the loss of one map, or of one block."""


def export(checkpoint: Path, target: Path) -> Card:
    """Write the weights that a checkpoint exports as an ONNX file with its card, which returns."""
    from u2net.export import export_onnx
    from u2net.export.cards import carried

    card = carried(checkpoint) or Card(name=checkpoint.resolve().parents[1].name)
    export_onnx(load_checkpoint(checkpoint), card, target)
    return card


def card_of(recipe: Recipe, name: str, starts: Sequence[Start]) -> Card:
    """What travels with the weights of a run, whose starts name all that it was taught by."""
    trained = that_trained(starts)
    seen = [data for start in trained for data in start.data]
    taught = sorted({data.name for data in seen if data.kind == "soft"})
    labelled = sorted({data.name for data in seen if data.kind == "pairs"})
    words = [f"ground truth of {', '.join(labelled)}"] if labelled else []
    if taught:
        words.append(f"soft maps of another network for {', '.join(taught)}")
    if photos := sorted({data.name for data in seen if data.kind == "photos"}):
        words.append(f"photos alone of {', '.join(photos)}")
    if recipe.teacher:
        words.append(f"features and maps of {Path(recipe.teacher).name} as targets")
    if any(start.composites for start in trained):
        words.append("composites of cut-outs and backgrounds")
    begun = f", from the weights of {Path(recipe.init).name}" if recipe.init else ", from scratch"
    return Card(
        name=name,
        size_hw=(recipe.val_size, recipe.val_size),
        mean=IMAGENET_MEAN + (EXTRA_MEAN,) * len(recipe.extra),
        std=IMAGENET_STD + (EXTRA_STD,) * len(recipe.extra),
        extra=recipe.extra,
        task=recipe.task,
        classes=recipe.classes,
        source=f"u2net {__version__}, recipe {recipe.name}{begun}",
        licence=recipe.licence,
        training_data="; ".join(words),
    )


def draw_curves(metrics: Path, picture: Path) -> None:
    """Draw the losses of all maps, and the scores, over the steps, if there are any rows."""
    rows = read(metrics)
    if not rows:
        return
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4), layout="constrained")
    losses, *scores = figure.subplots(1, 3)
    for column in (column for column in rows[0] if LOSS.fullmatch(column)):
        dash = "-" if column.startswith("l") else ":"
        losses.plot(*series(rows, column), dash, label=column, linewidth=0.8)
    losses.set(xlabel="step", ylabel="loss by map and block")
    losses.legend(fontsize="small")
    # Each at its own scale: at one from 0 to 1 nothing would seem to move.
    shown = {"iou": "mean IoU", "dice": "mean Dice"}
    if "val_max_f" in rows[0]:
        shown = {"max_f": "max F", "mae": "MAE"}
    for axes, (measure, label) in zip(scores, shown.items(), strict=True):
        for column in (
            column for column in rows[0] if column.startswith("val") and column.endswith(measure)
        ):
            axes.plot(*series(rows, column), marker=".", label=column.removesuffix(f"_{measure}"))
        axes.set(xlabel="step", ylabel=label)
        axes.grid(alpha=0.3)
    with atomic(picture) as temporary:
        figure.savefig(temporary, dpi=120)


def series(rows: list[dict[str, str]], column: str) -> tuple[list[int], list[float]]:
    """Steps and values of the rows that have one."""
    filled = [row for row in rows if row[column]]
    return [int(row["step"]) for row in filled], [float(row[column]) for row in filled]
