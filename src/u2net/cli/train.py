"""`u2net train`: folders of pairs to a model."""

from pathlib import Path

import click


@click.command(name="train")
@click.argument("data", nargs=-1, required=True, metavar="DATA…")
@click.option(
    "--recipe",
    "name",
    required=True,
    metavar="NAME",
    help="paper, paper_lite, seed003, lite, finetune, distil_layers, distil_blocks, distil, "
    "multiclass, multilabel or smoke.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a field of the recipe; a wrong KEY lists them.",
)
@click.option(
    "-o",
    "output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("run"),
    show_default=True,
    help="Run folder.",
)
@click.option("--resume", is_flag=True, help="Go on with the run in the folder, if there is one.")
def command(
    data: tuple[str, ...], name: str, settings: tuple[str, ...], output: Path, resume: bool
) -> int:
    """Train on DATA: folders of pairs or list files; PATH:0.5 weighs one of several."""
    from u2net.errors import TrainingError, need

    need("train", "torch", "lightning", "filelock", purpose="u2net train")
    from u2net.training.recipe import change
    from u2net.training.recipes import RECIPES
    from u2net.training.run import train

    if name not in RECIPES:
        raise TrainingError(f"--recipe {name}: no such recipe; there are {', '.join(RECIPES)}")
    if train(data, change(RECIPES[name](), list(settings)), output, resume=resume):
        click.echo(output / "model.onnx")
    return 0
