"""A finished run -> curves and the model file."""

from importlib.metadata import version
from pathlib import Path

from u2net.files import atomic
from u2net.network import load_checkpoint
from u2net.training.callbacks.checkpoints import step_of
from u2net.training.callbacks.metrics import read
from u2net.training.data.sources import Source
from u2net.training.recipe import Recipe
from u2net.weights.card import Card


def export(checkpoint: Path, card: Card, target: Path) -> None:
    """Write the averaged weights of `checkpoint` as an ONNX file with `card` inside."""
    from u2net.export import export_onnx

    export_onnx(load_checkpoint(checkpoint), card, target)


def scores_at(metrics: Path, checkpoint: Path) -> dict[str, float] | None:
    """The scores that a checkpoint had when it was kept as one of the best."""
    step = step_of(checkpoint)
    for row in read(metrics):
        if row["val_max_f"] and int(row["step"]) == step:
            return {"max_f": float(row["val_max_f"]), "mae": float(row["val_mae"])}
    return None


def card_of(
    recipe: Recipe, name: str, sources: list[Source], scores: dict[str, float] | None = None
) -> Card:
    """What travels with the model of a run."""
    taught = sorted({s.name for s in sources if s.kind == "soft"})
    labelled = sorted({s.name for s in sources if s.kind == "pairs"})
    data = [f"ground truth of {', '.join(labelled)}"] if labelled else []
    if taught:
        data.append(f"soft maps of another network for {', '.join(taught)}")
    if recipe.composites:
        data.append("composites of cut-outs and backgrounds")
    start = f", from the weights of {Path(recipe.init).name}" if recipe.init else ", from scratch"
    pictures = f", {recipe.val_pictures} pictures" if recipe.val_pictures else ""
    return Card(
        name=name,
        size_hw=(recipe.val_size, recipe.val_size),
        source=f"u2net {version('u2net')}, recipe {recipe.name}{start}",
        licence=recipe.licence,
        training_data="; ".join(data),
        scores={f"{Path(recipe.val).name}{pictures} (paper)": scores} if scores else {},
    )


def draw_curves(metrics: Path, picture: Path) -> None:
    """Draw the losses of all maps, and the scores, over the steps, if there are any rows."""
    rows = read(metrics)
    if not rows:
        return
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4), layout="constrained")
    losses, *scores = figure.subplots(1, 3)
    for column in [f"l{level}" for level in range(7)]:
        losses.plot(*series(rows, column), label=column, linewidth=0.8)
    losses.set(xlabel="step", ylabel="loss by map")
    losses.legend(fontsize="small")
    # Each at its own scale: at one from 0 to 1 nothing would seem to move.
    for axes, column, label in zip(scores, ("val_max_f", "val_mae"), ("max F", "MAE"), strict=True):
        axes.plot(*series(rows, column), marker=".")
        axes.set(xlabel="step", ylabel=label)
        axes.grid(alpha=0.3)
    with atomic(picture) as temporary:
        figure.savefig(temporary, dpi=120)


def series(rows: list[dict[str, str]], column: str) -> tuple[list[int], list[float]]:
    """Steps and values of the rows that have one."""
    filled = [row for row in rows if row[column]]
    return [int(row["step"]) for row in filled], [float(row[column]) for row in filled]
