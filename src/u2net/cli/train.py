"""`u2net train`: a folder of pairs to a model."""

from pathlib import Path

import click


@click.command(name="train")
@click.argument("data", nargs=-1, required=True, metavar="DATA…")
@click.option("--recipe", "name", required=True, help="Named recipe: paper, paper_lite, seed003, lite, finetune, smoke.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change a field of the recipe.")
@click.option("-o", "output", type=click.Path(path_type=Path), default=Path("run"), help="Run folder.")
@click.option("--resume", is_flag=True, help="Go on with the run in the folder.")
def command(data: tuple[str, ...], name: str, settings: tuple[str, ...], output: Path, resume: bool) -> int:
    """Train on DATA (folders of pairs, list files; PATH:0.5 weighs one), or go on with a run."""
    from u2net.errors import TrainingError
    from u2net.training.recipe import change
    from u2net.training.recipes import RECIPES
    from u2net.training.run import train

    if name not in RECIPES:
        raise TrainingError(f"--recipe {name}: no such recipe; there are {', '.join(RECIPES)}")
    click.echo(train(data, change(RECIPES[name](), list(settings)), output, resume=resume))
    return 0
