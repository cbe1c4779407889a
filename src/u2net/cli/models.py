"""`u2net models`: which networks there are, what a network file says of itself; fetching one."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from u2net.cli import options
from u2net.cli.progress import of_bytes

if TYPE_CHECKING:
    from u2net.weights.catalog import Model
    from u2net.weights.inventory import Entry
    from u2net.weights.published import Published


@click.group(name="models", invoke_without_command=True)
@options.as_json
@click.pass_context
def command(context: click.Context, as_json: bool) -> int:
    """Name the models, show the card of one, or fetch one that others published."""
    return 0 if context.invoked_subcommand else print_list(as_json)


@command.command(name="list")
@options.as_json
def list_(as_json: bool) -> int:
    """Name the models: inside the package, published by others, in the folder of models."""
    return print_list(as_json)


@command.command()
@click.argument("model")
@options.as_json
def show(model: str, as_json: bool) -> int:
    """Print the card of MODEL: a name, an ONNX file or a run folder."""
    from u2net.weights.catalog import find_model
    from u2net.weights.inventory import entries

    published = next((one for one in entries() if one.published and one.name == model), None)
    about = tabled(published) if published else described(find_model(model))
    if as_json:
        click.echo(json.dumps(about, ensure_ascii=False))
        return 0
    for name, value in about.items():
        click.echo(f"{name.replace('_', ' '):<14} {readable(value)}")
    return 0


@command.command()
@click.argument("model", required=False)
@options.as_json
def verify(model: str | None, as_json: bool) -> int:
    """Run MODEL, or every model that is on this machine by name, once."""
    from u2net.weights.inventory import here

    found = [verified(name) for name in ([model] if model else here())]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return 0
    for one in found:
        click.echo(f"{one['name']}: runs on {one['engine']} in {one['precision']}, {one['sha256']}")
    return 0


@command.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
@click.option("--from", "address", metavar="ADDRESS", help="Another place that has the same file.")
@options.quiet
@options.as_json
def download(names: tuple[str, ...], address: str | None, quiet: bool, as_json: bool) -> int:
    """Fetch the published models of these names, unless they are here, and print where they are.

    What comes is used only when its SHA-256 is right. A download that was broken off goes on.
    """
    from u2net.weights.published import named

    wanted = [named(name) for name in names]
    if address and len(wanted) > 1:
        raise click.UsageError("--from names the place of one file: fetch one at a time")
    found = {one.name: fetched(one, address, quiet) for one in wanted}
    if as_json:
        click.echo(json.dumps([{"name": name, "file": file} for name, file in found.items()]))
    else:
        for file in found.values():
            click.echo(file)
    return 0


@command.command()
@click.argument("network")
def spec(network: str) -> int:
    """Print the configuration table of NETWORK as JSON: full, lite, swift, tiny, u3, a checkpoint,
    or a file of such JSON, which is checked."""
    from u2net.network import load_checkpoint
    from u2net.network.named import SPECS, SUFFIX, spec_of
    from u2net.network.specs import spec_to_json

    known = network in SPECS or network.endswith(SUFFIX)
    click.echo(spec_to_json(spec_of(network) if known else load_checkpoint(network).spec))
    return 0


def print_list(as_json: bool) -> int:
    """Print all models, one a line."""
    from u2net.weights.inventory import entries

    found = entries()
    if as_json:
        click.echo(json.dumps([tabled(one) for one in found], ensure_ascii=False))
        return 0
    for one in found:
        click.echo(f"{one.name:<16} {one.size_bytes / 1e6:>7.1f} MB  {told(one)}")
    return 0


def told(entry: "Entry") -> str:
    """What matters of a model, in a line."""
    if (one := entry.published) and not entry.path:
        return f"not here: u2net models download {entry.name}" if one.sha256 else one.how_to_get
    if entry.card is None:
        return f"{entry.path}, which has no card"
    return readable(entry.card.scores) if entry.kind == "embedded" else str(entry.path)


def tabled(entry: "Entry") -> dict[str, Any]:
    """All that is known of a model, whether it is here or not."""
    card = asdict(entry.card) if entry.card else {"name": entry.name}
    about = {
        "kind": entry.kind,
        "file": str(entry.path) if entry.path else None,
        "bytes": entry.size_bytes,
    }
    if one := entry.published:
        about |= {"address": one.address, "sha256": one.sha256, "remark": one.remark}
    return card | about


def fetched(one: "Published", address: str | None, quiet: bool) -> str:
    """The path of the file, with a bar while it comes."""
    from u2net.weights.download import download

    with of_bytes(one.size_bytes, quiet=quiet) as (watch, line):
        return str(download(one, address=address, watch=watch, say=line))


def described(model: "Model") -> dict[str, Any]:
    """The card of `model` and what its file says by itself."""
    return asdict(model.card) | {"file": str(model.path), "bytes": len(model.data)}


def verified(name: str) -> dict[str, str]:
    """What was found when the model `name` was run. Raises `U2NetError` when it cannot be."""
    from hashlib import sha256

    import numpy as np

    from u2net.remover import Remover
    from u2net.weights.catalog import find_model

    remover = Remover(name)
    remover.mask(np.zeros((64, 64, 3), np.uint8))
    engine = remover.load().engine
    return {
        "name": name,
        "sha256": sha256(find_model(name).data).hexdigest(),
        "engine": engine.name,
        "precision": engine.precision,
    }


def readable(value: object) -> str:
    """`value` as a person writes it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {readable(one)}" for name, one in value.items())
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value))
    return str(value)
