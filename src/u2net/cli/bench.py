"""`u2net bench`: the speed of this machine, engine by engine."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from u2net.cli import options

if TYPE_CHECKING:
    from u2net.machine.turns import Timing


@click.command(name="bench")
@options.model
@click.option(
    "--photo",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Photo that is brought to each size.  [default: one in the package]",
)
@click.option("--rounds", type=click.IntRange(1), default=10, show_default=True)
@click.option(
    "--megapixels",
    type=click.FloatRange(0.01, 200),
    multiple=True,
    help="Size of the photo; may be given several times.  [default: 0.1, 1, 6 and 24]",
)
@options.as_json
def command(
    model: str, photo: Path | None, rounds: int, megapixels: tuple[float, ...], as_json: bool
) -> int:
    """Measure the network on every engine and precision, and each step from JPEG to PNG.

    Ratios are to the first line, the baseline: ONNX Runtime in fp32 where it is installed. What
    else runs on the machine is measured too; benchmarks/ compares with other tools.
    """
    from u2net.cli.messages import say
    from u2net.machine import bench
    from u2net.machine.doctor import processor
    from u2net.pictures.source import photo_of
    from u2net.weights.catalog import find_model

    found, picture = find_model(model), photo_of(photo or bench.PHOTO).rgb
    say("the network on every engine")
    networks = bench.network(found, rounds)
    lines = {}
    for size in megapixels or bench.MEGAPIXELS:
        say(f"{size:g} megapixels, step by step")
        lines[f"{size:g}"] = bench.steps(found, picture, size, rounds)
    if as_json:
        click.echo(json.dumps(document(model, networks, lines) | {"processor": processor()}))
    else:
        click.echo(f"{model} on {processor()}\n{table(networks, lines)}")
    return 0


def document(
    model: str, networks: "list[Timing]", lines: "dict[str, list[Timing]]"
) -> dict[str, Any]:
    """All figures, in seconds."""
    return {
        "model": model,
        "network": {
            t.name: {"median": t.seconds, "best": t.best, "ratio": t.ratio(networks[0])}
            for t in networks
        },
        "megapixels": {
            size: {t.name: {"median": t.seconds, "best": t.best} for t in timings}
            for size, timings in lines.items()
        },
    }


def table(networks: "list[Timing]", lines: "dict[str, list[Timing]]") -> str:
    """For people: milliseconds."""
    rows = [f"{'network':26}{'median ms':>10}{'best':>8}{'ratio':>8}"]
    rows += [
        f"{t.name:26}{t.seconds * 1e3:10.1f}{t.best * 1e3:8.1f}{t.ratio(networks[0]):7.2f}×"
        for t in networks
    ]
    names = [timing.name for timing in next(iter(lines.values()))]
    rows += ["", f"{'megapixels':12}" + "".join(f"{name:>10}" for name in names)]
    rows += [
        f"{size:12}" + "".join(f"{timing.seconds * 1e3:10.1f}" for timing in timings)
        for size, timings in lines.items()
    ]
    return "\n".join(rows)
