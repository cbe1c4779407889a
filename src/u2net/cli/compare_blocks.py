"""`u2net compare-blocks`: the paper's comparison of blocks, by cost and by what they learn."""

import json
from pathlib import Path

import click

from u2net.cli import options
from u2net.cli.messages import say


@click.command(name="compare-blocks")
@click.argument("data", nargs=-1, required=True, metavar="DATA…")
@click.option(
    "--outer",
    type=click.Choice(["full", "lite", "tiny"]),
    default="lite",
    show_default=True,
    help="Whose outer U is filled with the blocks.",
)
@click.option(
    "--val",
    default="0.2",
    show_default=True,
    help="Data set to score on, or the share of DATA to hold out.",
)
@click.option("--steps", type=click.IntRange(0), default=400, show_default=True, help="0: none.")
@click.option("--size", type=click.IntRange(16), default=128, show_default=True, help="Pixels.")
@click.option("--batch", type=click.IntRange(2), default=8, show_default=True)
@click.option("--seeds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--rounds", type=click.IntRange(0), default=5, show_default=True, help="Of timing.")
@click.option(
    "-o",
    "output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("blocks"),
    show_default=True,
    help="Folder for blocks.md, blocks.png, blocks.json, and a run folder for each training.",
)
@options.as_json
def command(
    data: tuple[str, ...],
    outer: str,
    val: str,
    steps: int,
    size: int,
    batch: int,
    seeds: int,
    rounds: int,
    output: Path,
    as_json: bool,
) -> int:
    """Compare plain, residual, dense, inception and U-blocks in one outer U, and U's of U's.

    Counts parameters, multiply-adds and activations; times a training step and an inference; trains
    every network alike on DATA, with every seed. What a folder holds already is not trained again.
    """
    from u2net.errors import need

    need("train", "torch", "lightning", "matplotlib", purpose="u2net compare-blocks")
    from u2net.files import check_folder, write
    from u2net.network.named import SPECS
    from u2net.training.comparison import report
    from u2net.training.comparison.contenders import networks
    from u2net.training.comparison.trials import Trial, timed, trained

    check_folder(output)
    contenders = networks(SPECS[outer])
    blocks, costs = report.block_costs(), report.network_costs(contenders)
    say(f"{len(contenders)} networks: a training step and an inference, {rounds} times each")
    seconds = timed(contenders, size=size, batch=batch, rounds=rounds) if rounds else {}
    trial = Trial(data=data, val=val, size=size, batch=batch, steps=steps, seeds=seeds)
    scores = trained(contenders, trial, output, say) if steps else {}
    found = report.Found(blocks=blocks, networks=costs, seconds=seconds, scores=scores)
    table = report.markdown(found)
    document = json.dumps(found.to_json(), ensure_ascii=False, indent=2)
    write(output / "blocks.md", table.encode())
    write(output / "blocks.json", document.encode())
    report.draw(found, output / "blocks.png")
    click.echo(document if as_json else table)
    return 0
